/* SPDX-License-Identifier: MIT */
/* The page table: what its entries keep, and when they count for the aperture. */
#include "gemd/hwtest/item.h"
#include "hw/gen3/regs.h"

#define REPEATS 1000u
#define FIRST   0xf1f1f1f1u
#define SECOND  0x5e5e5e5eu

enum hwtest_result test_gtt_entries(struct hwtest *test)
{
    const struct bench *bench = &test->bench;
    uint32_t wrong = 0, different = 0;
    bench_reset_entries(bench);
    uint64_t began = hwtest_now(test);
    for (uint32_t i = 0; i < BENCH_PAGES; i++) {
        bench_set_entry(bench, i, i, true);
    }
    uint64_t written = hwtest_now(test);
    for (uint32_t i = 0; i < BENCH_PAGES; i++) {
        uint32_t bits = hw_gtt_read(bench->dev, bench->first + i) ^ bench_entry(bench, i, true);
        wrong += bits != 0;
        different |= bits;
    }
    uint64_t read = hwtest_now(test);
    for (uint32_t i = 0; i < BENCH_PAGES; i++) {
        bench_set_entry(bench, i, i, false);
        uint32_t bits = hw_gtt_read(bench->dev, bench->first + i) ^ bench_entry(bench, i, false);
        wrong += bits != 0;
        different |= bits;
    }
    bench_flush_entries(bench);
    hwtest_note(test, "found_there", "0x%08x", bench->found[0]);
    hwtest_note(test, "write_ns", "%llu", (unsigned long long)(written - began) / BENCH_PAGES);
    hwtest_note(test, "read_ns", "%llu", (unsigned long long)(read - written) / BENCH_PAGES);
    hwtest_note(test, "bits_that_differ", "0x%08x", different);
    return hwtest_conclude(test, wrong == 0 ? HWTEST_OK : HWTEST_FAILED,
                           "%u of %u entries read otherwise than they were written", wrong,
                           2 * BENCH_PAGES);
}

/* How an entry is made to count. */
enum order { AT_ONCE, READ_BACK, FLUSHED };

static void put_order(const struct bench *bench, enum order order)
{
    if (order >= READ_BACK) {
        (void)hw_gtt_read(bench->dev, bench->first + PAGE_WINDOW);
    }
    if (order >= FLUSHED) {
        hw_write(bench->dev, GFX_FLSH_CNTL, 0);
    }
}

/* An entry changes between two pages; what the aperture shows is of the one before. */
static uint32_t count_stale(struct hwtest *test, enum order order)
{
    const struct bench *bench = &test->bench;
    uint32_t stale = 0;
    for (uint32_t i = 0; i < REPEATS; i++) {
        uint32_t seen = 0, wanted = i % 2 == 0 ? FIRST : SECOND;
        bench_set_entry(bench, PAGE_WINDOW, i % 2 == 0 ? PAGE_FIRST : PAGE_SECOND, false);
        put_order(bench, order);
        /* Another line each time: none is left over in the processor. */
        uint32_t at = bench_address(bench, PAGE_WINDOW) + i % (HW_PAGE_SIZE / 64) * 64;
        stale += hw_aperture_read(bench->dev, at, &seen, 4) != 0 || seen != wanted;
    }
    return stale;
}

enum hwtest_result test_gtt_order(struct hwtest *test)
{
    const struct bench *bench = &test->bench;
    bench_reset_entries(bench);
    for (uint32_t i = 0; i < PAGE_DWORDS; i++) {
        bench_words(bench, PAGE_FIRST)[i] = FIRST;
        bench_words(bench, PAGE_SECOND)[i] = SECOND;
    }
    bench_flush(bench, PAGE_FIRST, 2);
    uint32_t at_once = count_stale(test, AT_ONCE);
    uint32_t read_back = count_stale(test, READ_BACK);
    uint32_t flushed = count_stale(test, FLUSHED);
    bench_reset_entries(bench);
    hwtest_note(test, "stale_at_once", "%u", at_once);
    hwtest_note(test, "stale_read_back", "%u", read_back);
    hwtest_note(test, "stale_flushed", "%u", flushed);
    return hwtest_judge_count(test, flushed, REPEATS,
                              "reads came from the old page after GFX_FLSH_CNTL");
}
