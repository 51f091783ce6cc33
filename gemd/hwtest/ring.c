/* SPDX-License-Identifier: MIT */
/* The ring and what it writes to the status page. */
#include <string.h>

#include "gemd/hwtest/item.h"
#include "hw/gen3/regs.h"

#define KICKS       100u
#define NOOPS       2048u /* half the ring */
#define NOOP_ROUNDS 16u
#define STORES      512u
#define NOOP_NS_MAX 1000u /* hundreds of cycles: nothing that is idle takes so long */

static enum hwtest_result stands(struct hwtest *test)
{
    return hwtest_conclude(test, HWTEST_FAILED, "%s", test->engine.reason);
}

/* The mean of a write of TAIL to HEAD being there, for two NOOPs. */
static bool time_kick(struct hwtest *test, uint64_t *ns)
{
    static const uint32_t two[] = {MI_NOOP, MI_NOOP};
    *ns = 0;
    for (unsigned i = 0; i < KICKS; i++) {
        engine_put(test, two, 2);
        uint64_t began = hwtest_now(test);
        if (!engine_run(test)) {
            return false;
        }
        *ns += hwtest_now(test) - began;
    }
    *ns /= KICKS;
    return true;
}

static bool time_noops(struct hwtest *test, uint64_t *ps)
{
    static const uint32_t noops[128] = {MI_NOOP};
    uint64_t ns = 0;
    for (unsigned i = 0; i < NOOP_ROUNDS; i++) {
        for (unsigned j = 0; j < NOOPS / 128; j++) {
            engine_put(test, noops, 128);
        }
        uint64_t began = hwtest_now(test);
        if (!engine_run(test)) {
            return false;
        }
        ns += hwtest_now(test) - began;
    }
    *ps = ns * 1000 / ((uint64_t)NOOPS * NOOP_ROUNDS);
    return true;
}

enum hwtest_result test_ring(struct hwtest *test)
{
    uint64_t kick_ns = 0, noop_ps = 0;
    if (!engine_need(test) || !time_kick(test, &kick_ns) || !time_noops(test, &noop_ps)) {
        return stands(test);
    }
    hwtest_note(test, "kick_ns", "%llu", (unsigned long long)kick_ns);
    hwtest_note(test, "noop_ps", "%llu", (unsigned long long)noop_ps);
    hwtest_note(test, "head", "0x%08x", hw_read(test->dev, PRB0_HEAD));
    hwtest_note(test, "acthd", "0x%08x", hw_read(test->dev, ACTHD));
    if (test->judges_time && noop_ps > NOOP_NS_MAX * 1000) {
        return hwtest_conclude(test, HWTEST_DIFFERS, "a NOOP takes %llu ns",
                               (unsigned long long)noop_ps / 1000);
    }
    return hwtest_conclude(test, HWTEST_OK, "%u NOOPs passed, a kick takes %llu ns",
                           NOOPS * NOOP_ROUNDS + 2 * KICKS, (unsigned long long)kick_ns);
}

enum hwtest_result test_status_page(struct hwtest *test)
{
    uint32_t late = 0, lost = 0;
    if (!engine_need(test)) {
        return stands(test);
    }
    for (uint32_t i = 1; i <= STORES; i++) {
        engine_put_store(test, i);
        engine_put_one(test, MI_FLUSH);
        if (!engine_run(test)) {
            return stands(test);
        }
        if (engine_stored(test) != i) {
            late++;
            uint64_t end = hwtest_now(test) + 10000000;
            while (engine_stored(test) != i && hwtest_now(test) < end) {
                hwtest_sleep(test, 10000);
            }
            lost += engine_stored(test) != i;
        }
    }
    hwtest_note(test, "not_there_when_head_was", "%u", late);
    hwtest_note(test, "never_there", "%u", lost);
    if (lost > 0) {
        return hwtest_conclude(test, HWTEST_FAILED, "%u of %u stores never came", lost, STORES);
    }
    return hwtest_judge_count(test, late, STORES, "stores were later than MI_FLUSH behind them");
}
