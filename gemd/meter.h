/* SPDX-License-Identifier: MIT */
/*
 * What a session has had, measured, and what its next batch will take, estimated. Times:
 * nanoseconds. Costs: the validator's estimates, pixels.
 */
#ifndef GEMD_METER_H
#define GEMD_METER_H

#include <stdbool.h>
#include <stdint.h>

/* Of the preamble and the flush around each batch, pixels. */
#define METER_BATCH_COST 4096u
#define METER_RATE_UNIT  1024u

struct meter {
    uint64_t gpu_ns;      /* executing its batches */
    uint64_t validate_ns; /* copying, binding and checking them */
    uint64_t batches;     /* that the GPU has passed */
    uint64_t waits;       /* times that the next batch had to wait for its turn */
    uint64_t wait_ns;
    uint64_t waits_since; /* 0: it does not wait now */
    uint64_t rate;        /* ns for METER_RATE_UNIT pixels, a moving average */
    uint64_t usual_cost;  /* of a batch: the greatest one lately */
};

void meter_init(struct meter *meter);

/* How long a batch of that cost will take. */
uint64_t meter_estimate(const struct meter *meter, uint64_t cost);

/* A batch of that cost goes to the GPU. */
void meter_emitted(struct meter *meter, uint64_t cost, uint64_t now);

/* The GPU has passed it, after 'ns' of execution. */
void meter_passed(struct meter *meter, uint64_t cost, uint64_t ns);

void meter_waits(struct meter *meter, uint64_t now);

#endif
