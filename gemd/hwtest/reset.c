/* SPDX-License-Identifier: MIT */
/* What may take the machine along: a reset, an access to a page that is not there, a suspend. */
#include <errno.h>
#include <string.h>

#include "gemd/found.h"
#include "gemd/hwtest/item.h"
#include "gemd/hwtest/register_table.h"
#include "hw/gen3/regs.h"

#define RESET_NS_MAX 50000000u /* gen3.md B.9 */
#define WAKE_SECONDS "+20"
#define FENCE_TRIED  7u

/* The ring again, with two NOOPs. */
static bool runs_again(struct hwtest *test)
{
    static const uint32_t two[] = {MI_NOOP, MI_NOOP};
    if (!engine_need(test)) {
        return false;
    }
    engine_put(test, two, 2);
    return engine_run(test);
}

static uint32_t count_entries(struct hwtest *test)
{
    const struct bench *bench = &test->bench;
    uint32_t lost = 0;
    for (uint32_t i = 0; i < BENCH_PAGES; i++) {
        bool is_status = i == PAGE_STATUS;
        lost += hw_gtt_read(bench->dev, bench->first + i) != bench_entry(bench, i, is_status);
    }
    return lost;
}

static void compare(struct hwtest *test, const struct register_snapshot *before)
{
    struct register_snapshot after;
    unsigned survived;
    register_snapshot_take(&after, test->dev);
    unsigned changed = register_snapshot_compare(test, before, &after, &survived);
    hwtest_note(test, "registers_changed", "%u", changed);
    hwtest_note(test, "registers_kept", "%u that were not zero", survived);
    hwtest_note(test, "entries_lost", "%u of %u", count_entries(test), BENCH_PAGES);
}

enum hwtest_result test_reset(struct hwtest *test)
{
    struct register_snapshot before;
    struct found screen;
    uint64_t ns = 0;
    if (!engine_need(test)) {
        return hwtest_conclude(test, HWTEST_FAILED, "before it: %s", test->engine.reason);
    }
    uint32_t found = hw_read(test->dev, FENCE(FENCE_TRIED));
    found_save(&screen, test->dev);
    hw_write(test->dev, FENCE(FENCE_TRIED), bench_address(&test->bench, PAGE_TILES) | FENCE_VALID);
    register_snapshot_take(&before, test->dev);
    int error = engine_reset(test, &ns);
    hwtest_note(test, "ns", "%llu", (unsigned long long)ns);
    hwtest_note(test, "gdrst", "0x%02x", hw_config_read(test->dev, CONFIG_GDRST, 1));
    compare(test, &before);
    hw_write(test->dev, FENCE(FENCE_TRIED), found);
    found_restore(&screen, test->dev);
    if (error != 0) {
        return hwtest_conclude(test, HWTEST_FAILED, "the GPU does not come back from a reset");
    }
    if (!runs_again(test)) {
        return hwtest_conclude(test, HWTEST_FAILED, "after it: %s", test->engine.reason);
    }
    if (test->judges_time && ns > RESET_NS_MAX) {
        return hwtest_conclude(test, HWTEST_DIFFERS, "it took %llu ms",
                               (unsigned long long)ns / 1000000);
    }
    return hwtest_conclude(test, HWTEST_OK, "it took %llu us, and the ring runs again",
                           (unsigned long long)ns / 1000);
}

/* ---- a page that is not there ---- */

static enum hwtest_result judge_fault(struct hwtest *test, bool went_on, uint32_t pgtbl_er)
{
    if (!went_on) {
        return hwtest_conclude(test, HWTEST_DIFFERS, "the ring stands, PGTBL_ER 0x%08x", pgtbl_er);
    }
    if ((pgtbl_er & PGTBL_ER_LC_PTE) == 0) {
        return hwtest_conclude(test, HWTEST_DIFFERS, "PGTBL_ER 0x%08x does not have bit 24",
                               pgtbl_er);
    }
    return hwtest_conclude(test, HWTEST_OK, "the ring went on, PGTBL_ER 0x%08x", pgtbl_er);
}

enum hwtest_result test_page_fault(struct hwtest *test)
{
    const struct bench *bench = &test->bench;
    uint64_t ns;
    if (!engine_need(test)) {
        return hwtest_conclude(test, HWTEST_FAILED, "before it: %s", test->engine.reason);
    }
    bench_fill(bench, PAGE_TARGET, 1, 0x900);
    bench_flush(bench, PAGE_TARGET, 1);
    hw_gtt_write(bench->dev, bench->first + PAGE_WINDOW, 0);
    bench_flush_entries(bench);
    engine_put_copy(test, PAGE_TARGET, PAGE_WINDOW, 1);
    bool went_on = engine_run(test);
    uint32_t pgtbl_er = hw_read(test->dev, PGTBL_ER);
    hwtest_note(test, "pgtbl_er", "0x%08x", pgtbl_er);
    hwtest_note(test, "eir", "0x%08x", hw_read(test->dev, EIR));
    hwtest_note(test, "esr", "0x%08x", hw_read(test->dev, ESR));
    hwtest_note(test, "iir", "0x%08x", hw_read(test->dev, IIR));
    bench_flush_lines(bench, PAGE_TARGET, 1);
    hwtest_note(test, "read", "0x%08x where 0x%08x was", bench_words(bench, PAGE_TARGET)[0],
                bench_pattern(0x900, 0));
    bench_set_entry(bench, PAGE_WINDOW, PAGE_WINDOW, false);
    bench_flush_entries(bench);
    enum hwtest_result result = judge_fault(test, went_on, pgtbl_er);
    if (engine_reset(test, &ns) != 0) {
        return hwtest_conclude(test, HWTEST_FAILED, "it does not come back from the reset after");
    }
    return result;
}

/* ---- suspend ---- */

static int write_file(struct hwtest *test, const char *path, const char *text)
{
    char place[256];
    snprintf(place, sizeof(place), "%s%s", test->options->root, path);
    FILE *file = fopen(place, "we");
    if (file == NULL) {
        return -errno;
    }
    int error = fputs(text, file) < 0 ? -EIO : 0;
    if (fclose(file) != 0) {
        error = -errno;
    }
    return error;
}

static int sleep_and_wake(struct hwtest *test)
{
    int error = write_file(test, "/sys/class/rtc/rtc0/wakealarm", "0");
    error = error == 0 ? write_file(test, "/sys/class/rtc/rtc0/wakealarm", WAKE_SECONDS) : error;
    return error == 0 ? write_file(test, "/sys/power/state", "mem") : error;
}

enum hwtest_result test_suspend(struct hwtest *test)
{
    struct register_snapshot before;
    if (!test->options->has_files) {
        return hwtest_conclude(test, HWTEST_SKIPPED, "the device is not on this machine's bus");
    }
    if (!engine_need(test)) {
        return hwtest_conclude(test, HWTEST_FAILED, "before it: %s", test->engine.reason);
    }
    engine_drain(test);
    register_snapshot_take(&before, test->dev);
    engine_stop(test);
    int error = sleep_and_wake(test);
    if (error != 0) {
        return hwtest_conclude(test, HWTEST_SKIPPED, "the machine does not sleep: %s",
                               strerror(-error));
    }
    compare(test, &before);
    if (!runs_again(test)) {
        return hwtest_conclude(test, HWTEST_FAILED, "after it: %s", test->engine.reason);
    }
    return hwtest_conclude(test, HWTEST_OK, "the ring runs again");
}
