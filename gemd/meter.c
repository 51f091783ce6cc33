/* SPDX-License-Identifier: MIT */
#include "gemd/meter.h"

/* Until there are measurements: 4 ns for a pixel, 16 us for an empty batch. */
#define RATE_FIRST (4u * METER_RATE_UNIT)
/* No estimate may be so long that it overflows, or so short that a session gets on for nothing. */
#define RATE_MAX      (1000000u * METER_RATE_UNIT)
#define COST_MAX      (1ull << 32)
#define RATE_WEIGHT   8u /* of what was, against the newest measurement */
#define RATE_GROWS    4u /* times what was, at most: one measurement may be of the machine's load */
#define USUAL_FORGETS 16u /* the greatest cost is forgotten by this part with each batch */

void meter_init(struct meter *meter)
{
    *meter = (struct meter){.rate = RATE_FIRST};
}

static uint64_t whole_cost(uint64_t cost)
{
    return (cost < COST_MAX ? cost : COST_MAX) + METER_BATCH_COST;
}

uint64_t meter_estimate(const struct meter *meter, uint64_t cost)
{
    return whole_cost(cost) * meter->rate / METER_RATE_UNIT;
}

void meter_emitted(struct meter *meter, uint64_t cost, uint64_t now)
{
    uint64_t usual = meter->usual_cost - meter->usual_cost / USUAL_FORGETS;
    meter->usual_cost = cost > usual ? cost : usual;
    if (meter->waits_since != 0) {
        meter->wait_ns += now - meter->waits_since;
        meter->waits_since = 0;
    }
}

void meter_passed(struct meter *meter, uint64_t cost, uint64_t ns)
{
    uint64_t bounded = ns < UINT64_MAX / (2 * METER_RATE_UNIT) ? ns : 0;
    uint64_t rate = bounded * METER_RATE_UNIT / whole_cost(cost) + 1;
    uint64_t most = (meter->rate + 1) * RATE_GROWS;
    rate = rate < most ? rate : most;
    rate = rate < RATE_MAX ? rate : RATE_MAX;
    meter->rate = (meter->rate * (RATE_WEIGHT - 1) + rate) / RATE_WEIGHT;
    meter->rate = meter->rate > 0 ? meter->rate : 1;
    meter->gpu_ns += ns;
    meter->batches++;
}

void meter_waits(struct meter *meter, uint64_t now)
{
    if (meter->waits_since == 0) {
        meter->waits_since = now;
        meter->waits++;
    }
}
