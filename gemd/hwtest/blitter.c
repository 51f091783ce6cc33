/* SPDX-License-Identifier: MIT */
/* What the blitter reads and writes beside the processor: flushes, snooped entries, the TLB. */
#include "gemd/hwtest/item.h"
#include "hw/gen3/regs.h"

#define REPEATS     32u
#define LINES       (BUFFER_BYTES / 64u)
#define KICKS       1000u /* each of one page: a flush that comes too late does so seldom */
#define PAGE_LINES  (HW_PAGE_SIZE / 64u)
#define TLB_REPEATS 200u

static enum hwtest_result stands(struct hwtest *test)
{
    return hwtest_conclude(test, HWTEST_FAILED, "%s", test->engine.reason);
}

static void set_entries(struct hwtest *test, uint32_t page, bool is_snooped)
{
    for (uint32_t i = 0; i < BUFFER_PAGES; i++) {
        bench_set_entry(&test->bench, page + i, page + i, is_snooped);
    }
    bench_flush_entries(&test->bench);
}

/* How the processor's writes get to the GPU, and the GPU's to the processor. */
struct way {
    bool flushes_source, flushes_chipset, flushes_target;
    uint32_t repeats, pages;
};

/* Fills, copies by the blitter, and counts lines that are not the copy; false: the ring stands. */
static bool count_copies(struct hwtest *test, const struct way *way, uint32_t seed, uint64_t *stale)
{
    const struct bench *bench = &test->bench;
    *stale = 0;
    for (uint32_t i = 0; i < way->repeats; i++) {
        /* The command is there before the data: what it reads has nobody else's flush. */
        engine_put_copy(test, PAGE_TARGET, PAGE_SOURCE, way->pages);
        engine_stage(test);
        bench_fill(bench, PAGE_SOURCE, way->pages, seed + i);
        if (way->flushes_source) {
            bench_flush_lines(bench, PAGE_SOURCE, way->pages);
        }
        if (way->flushes_chipset) {
            hw_chipset_flush(bench->dev);
        }
        engine_kick(test);
        if (!engine_wait(test)) {
            return false;
        }
        if (way->flushes_target) {
            bench_flush_lines(bench, PAGE_TARGET, way->pages);
        }
        *stale += bench_count_stale(bench, PAGE_TARGET, way->pages, seed + i);
    }
    /* Both are as memory has them, whatever was left out above. */
    bench_flush(bench, PAGE_SOURCE, way->pages);
    bench_flush(bench, PAGE_TARGET, way->pages);
    return true;
}

enum hwtest_result test_blit_flush(struct hwtest *test)
{
    static const struct way all = {true, true, true, KICKS, 1};
    static const struct way no_chipset = {true, false, true, REPEATS, BUFFER_PAGES};
    static const struct way no_lines = {false, true, true, REPEATS, BUFFER_PAGES};
    static const struct way no_target = {true, true, false, REPEATS, BUFFER_PAGES};
    uint64_t stale, without_chipset, without_lines, without_target;
    if (!engine_need(test)) {
        return stands(test);
    }
    set_entries(test, PAGE_SOURCE, false);
    set_entries(test, PAGE_TARGET, false);
    if (!count_copies(test, &all, 0x1000, &stale) ||
        !count_copies(test, &no_chipset, 0x200, &without_chipset) ||
        !count_copies(test, &no_lines, 0x300, &without_lines) ||
        !count_copies(test, &no_target, 0x400, &without_target)) {
        return stands(test);
    }
    hwtest_note(test, "lines_flushed", "%u", PAGE_LINES * KICKS);
    hwtest_note(test, "lines_unflushed", "%u", LINES * REPEATS);
    hwtest_note(test, "stale_flushed", "%llu", (unsigned long long)stale);
    hwtest_note(test, "stale_without_chipset_flush", "%llu", (unsigned long long)without_chipset);
    hwtest_note(test, "stale_without_clflush", "%llu", (unsigned long long)without_lines);
    hwtest_note(test, "stale_without_clflush_of_target", "%llu",
                (unsigned long long)without_target);
    return hwtest_judge_count(test, stale, (uint64_t)PAGE_LINES * KICKS,
                              "lines were not what the processor had written");
}

static enum hwtest_result test_snooped(struct hwtest *test, uint32_t page, const struct way *way,
                                       const char *what)
{
    uint64_t stale = 0;
    if (!engine_need(test)) {
        return stands(test);
    }
    set_entries(test, PAGE_SOURCE, page == PAGE_SOURCE);
    set_entries(test, PAGE_TARGET, page == PAGE_TARGET);
    bool is_done = count_copies(test, way, 0x500 + page, &stale);
    set_entries(test, page, false);
    if (!is_done) {
        return stands(test);
    }
    hwtest_note(test, "lines", "%u", LINES * REPEATS);
    hwtest_note(test, "stale", "%llu", (unsigned long long)stale);
    return hwtest_judge_count(test, stale, (uint64_t)LINES * REPEATS, what);
}

enum hwtest_result test_snooped_read(struct hwtest *test)
{
    static const struct way way = {false, true, true, REPEATS, BUFFER_PAGES};
    return test_snooped(test, PAGE_SOURCE, &way, "lines that the blitter read were stale");
}

enum hwtest_result test_snooped_write(struct hwtest *test)
{
    static const struct way way = {true, true, false, REPEATS, BUFFER_PAGES};
    return test_snooped(test, PAGE_TARGET, &way, "lines that the blitter wrote were not seen");
}

/* ---- the TLB ---- */

static void copy_window(struct hwtest *test)
{
    engine_put_copy(test, PAGE_TARGET, PAGE_WINDOW, 1);
}

/* The entry that the blitter reads through changes; false: the ring stands. */
static bool count_old_pages(struct hwtest *test, bool flushes, uint32_t *stale)
{
    const struct bench *bench = &test->bench;
    *stale = 0;
    for (uint32_t i = 0; i < TLB_REPEATS; i++) {
        bench_set_entry(bench, PAGE_WINDOW, i % 2 == 0 ? PAGE_FIRST : PAGE_SECOND, false);
        (void)hw_gtt_read(bench->dev, bench->first + PAGE_WINDOW);
        if (flushes) {
            hw_write(bench->dev, GFX_FLSH_CNTL, 0);
        }
        copy_window(test);
        if (!engine_run(test)) {
            return false;
        }
        bench_flush_lines(bench, PAGE_TARGET, 1);
        *stale += bench_count_stale(bench, PAGE_TARGET, 1, 0x600 + i % 2) != 0;
    }
    return true;
}

enum hwtest_result test_tlb(struct hwtest *test)
{
    const struct bench *bench = &test->bench;
    uint32_t stale = 0, unflushed = 0;
    if (!engine_need(test)) {
        return stands(test);
    }
    bench_fill(bench, PAGE_FIRST, 1, 0x600);
    bench_fill(bench, PAGE_SECOND, 1, 0x601);
    bench_flush(bench, PAGE_FIRST, 2);
    bool is_done = count_old_pages(test, false, &unflushed) && count_old_pages(test, true, &stale);
    bench_set_entry(bench, PAGE_WINDOW, PAGE_WINDOW, false);
    bench_flush_entries(bench);
    if (!is_done) {
        return stands(test);
    }
    hwtest_note(test, "old_page_unflushed", "%u", unflushed);
    hwtest_note(test, "old_page_flushed", "%u", stale);
    return hwtest_judge_count(test, stale, TLB_REPEATS,
                              "copies were of the old page after GFX_FLSH_CNTL");
}
