/* SPDX-License-Identifier: MIT */
/* User interrupts: how late, whether the store before them is there, and whether any is lost. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gemd/hwtest/item.h"
#include "hw/gen3/regs.h"

#define INTERRUPTS 200u
#define LOST_MAX   8u /* enough is known then */
#define BURSTS     50u
#define BURST      20u

/* Upper ends in microseconds; the last bucket has none. */
static const uint32_t ends_us[] = {10, 20, 50, 100, 200, 500, 1000, 2000, 5000};
#define BUCKETS (sizeof(ends_us) / sizeof(ends_us[0]) + 1)

static void note_histogram(struct hwtest *test, const uint32_t counts[BUCKETS])
{
    char key[32];
    for (unsigned i = 0; i < BUCKETS; i++) {
        if (i + 1 < BUCKETS) {
            snprintf(key, sizeof(key), "below_%u_us", ends_us[i]);
        } else {
            snprintf(key, sizeof(key), "later");
        }
        hwtest_note(test, key, "%u", counts[i]);
    }
}

/* What the descriptor is: a uio device, a timer that polls, the model's eventfd. */
static void note_source(struct hwtest *test)
{
    char link[64], name[128];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", hw_irq_fd(test->dev));
    ssize_t length = readlink(link, name, sizeof(name) - 1);
    hwtest_note(test, "by", "%.*s", length > 0 ? (int)length : 1, length > 0 ? name : "?");
}

static void put_interrupt(struct hwtest *test, uint32_t value)
{
    engine_put_one(test, MI_FLUSH);
    engine_put_store(test, value);
    engine_put_one(test, MI_USER_INTERRUPT);
}

/* Until one of the user's comes; false: none within the time. */
static bool await_user(struct hwtest *test, uint64_t *when)
{
    /* Where times are not the hardware's, others may have the processor meanwhile. */
    const uint64_t patience = test->judges_time ? 100000000 : 2000000000;
    uint64_t end = hwtest_now(test) + patience;
    for (uint64_t now = end - patience; now < end; now = hwtest_now(test)) {
        uint32_t iir = engine_take(test, end - now, when);
        if ((iir & INT_USER) != 0) {
            return true;
        }
    }
    return false;
}

struct tally {
    uint32_t counts[BUCKETS];
    uint32_t asked, lost, early;
    uint64_t least, most, sum;
};

static void count_latency(struct tally *tally, uint64_t ns)
{
    unsigned i = 0;
    while (i + 1 < BUCKETS && ns >= ends_us[i] * UINT64_C(1000)) {
        i++;
    }
    tally->counts[i]++;
    tally->sum += ns;
    tally->least = tally->least == 0 || ns < tally->least ? ns : tally->least;
    tally->most = ns > tally->most ? ns : tally->most;
}

static bool run_one(struct hwtest *test, uint32_t value, struct tally *tally)
{
    uint64_t when = 0;
    put_interrupt(test, value);
    tally->asked++;
    uint64_t began = hwtest_now(test);
    engine_go(test);
    if (await_user(test, &when)) {
        tally->early += engine_stored(test) != value;
        count_latency(tally, when - began);
    } else {
        tally->lost++;
    }
    return engine_wait(test);
}

enum hwtest_result test_interrupts(struct hwtest *test)
{
    struct tally tally = {.lost = 0};
    if (!engine_need(test)) {
        return hwtest_conclude(test, HWTEST_FAILED, "%s", test->engine.reason);
    }
    note_source(test);
    engine_drain(test);
    for (uint32_t i = 0; i < INTERRUPTS && tally.lost < LOST_MAX; i++) {
        if (!run_one(test, 0x10000 + i, &tally)) {
            return hwtest_conclude(test, HWTEST_FAILED, "%s", test->engine.reason);
        }
    }
    uint32_t came = tally.asked - tally.lost;
    note_histogram(test, tally.counts);
    hwtest_note(
        test, "latency_ns", "least %llu mean %llu most %llu", (unsigned long long)tally.least,
        (unsigned long long)(came > 0 ? tally.sum / came : 0), (unsigned long long)tally.most);
    hwtest_note(test, "lost", "%u", tally.lost);
    hwtest_note(test, "before_their_store", "%u", tally.early);
    if (tally.lost > 0) {
        return hwtest_conclude(test, HWTEST_FAILED, "%u of %u interrupts never came", tally.lost,
                               tally.asked);
    }
    return hwtest_judge_count(test, tally.early, tally.asked,
                              "interrupts came before the store ahead of them");
}

/* Many at once may come as one; none may come after the last one's store and be lost. */
enum hwtest_result test_bursts(struct hwtest *test)
{
    uint32_t lost = 0, taken = 0, done = 0;
    if (!engine_need(test)) {
        return hwtest_conclude(test, HWTEST_FAILED, "%s", test->engine.reason);
    }
    engine_drain(test);
    for (uint32_t i = 0; i < BURSTS && lost < LOST_MAX; i++, done++) {
        uint32_t last = 0;
        for (uint32_t j = 0; j < BURST; j++) {
            last = 0x20000 + i * BURST + j;
            put_interrupt(test, last);
        }
        engine_go(test);
        uint64_t when;
        bool is_there = false;
        while (!is_there && await_user(test, &when)) {
            taken++;
            is_there = engine_stored(test) == last;
        }
        lost += !is_there;
        if (!engine_wait(test)) {
            return hwtest_conclude(test, HWTEST_FAILED, "%s", test->engine.reason);
        }
        engine_drain(test);
    }
    hwtest_note(test, "asked", "%u", done * BURST);
    hwtest_note(test, "taken", "%u", taken);
    return hwtest_conclude(test, lost == 0 ? HWTEST_OK : HWTEST_FAILED,
                           "the last interrupt of %u of %u bursts was lost", lost, done);
}
