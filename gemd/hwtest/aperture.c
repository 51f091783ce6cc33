/* SPDX-License-Identifier: MIT */
/* The processor's two views of memory, its own and the aperture's: what passes, and how fast. */
#include <string.h>

#include "gemd/hwtest/item.h"
#include "hw/gen3/regs.h"

#define REPEATS       256u
#define SPEED_BYTES   ((uint64_t)TILE_PAGES * HW_PAGE_SIZE)
#define LINE_BYTES    64u
#define COMBINED_GAIN 3u /* how much faster whole lines must be than lonely stores */
#define FRAME_BYTES   (1024u * 768u * 4u)
#define FRAME_NS_MAX  1000000u
#define FRAMES        8u

enum flushes { ALL = 3, LINES = 2, CHIPSET = 1, NONE = 0 };

static void flush_as(const struct bench *bench, enum flushes flushes)
{
    if ((flushes & LINES) != 0) {
        bench_flush_lines(bench, PAGE_SOURCE, 1);
    }
    if ((flushes & CHIPSET) != 0) {
        hw_chipset_flush(bench->dev);
    }
}

/* How often a page that the processor wrote shows otherwise through the aperture. */
static uint32_t count_unseen(struct hwtest *test, enum flushes flushes, uint32_t seed)
{
    const struct bench *bench = &test->bench;
    uint32_t stale = 0;
    for (uint32_t i = 0; i < REPEATS; i++) {
        uint32_t dword = i * 61 % PAGE_DWORDS, seen = 0;
        bench_fill(bench, PAGE_SOURCE, 1, seed + i);
        flush_as(bench, flushes);
        stale += hw_aperture_read(bench->dev, bench_address(bench, PAGE_SOURCE) + dword * 4, &seen,
                                  4) != 0 ||
                 seen != bench_pattern(seed + i, dword);
    }
    bench_flush(bench, PAGE_SOURCE, 1);
    return stale;
}

enum hwtest_result test_cpu_to_aperture(struct hwtest *test)
{
    bench_reset_entries(&test->bench);
    uint32_t none = count_unseen(test, NONE, 0x1000);
    uint32_t chipset = count_unseen(test, CHIPSET, 0x2000);
    uint32_t lines = count_unseen(test, LINES, 0x3000);
    uint32_t all = count_unseen(test, ALL, 0x4000);
    hwtest_note(test, "stale_unflushed", "%u", none);
    hwtest_note(test, "stale_chipset_only", "%u", chipset);
    hwtest_note(test, "stale_clflush_only", "%u", lines);
    hwtest_note(test, "stale_flushed", "%u", all);
    return hwtest_judge_count(test, all, REPEATS, "pages showed otherwise in the aperture");
}

enum hwtest_result test_aperture_to_cpu(struct hwtest *test)
{
    const struct bench *bench = &test->bench;
    uint32_t stale = 0, stale_unflushed = 0;
    bench_reset_entries(bench);
    for (uint32_t i = 0; i < REPEATS; i++) {
        uint32_t dword = i * 61 % PAGE_DWORDS, value = bench_pattern(0x5000 + i, dword);
        const volatile uint32_t *word = bench_words(bench, PAGE_SOURCE) + dword;
        (void)*word; /* the processor has the line */
        if (hw_aperture_write(bench->dev, bench_address(bench, PAGE_SOURCE) + dword * 4, &value,
                              4) != 0) {
            return hwtest_conclude(test, HWTEST_FAILED, "the aperture cannot be written");
        }
        stale_unflushed += *word != value;
        bench_flush(bench, PAGE_SOURCE, 1);
        stale += *word != value;
    }
    hwtest_note(test, "stale_unflushed", "%u", stale_unflushed);
    hwtest_note(test, "stale_flushed", "%u", stale);
    return hwtest_judge_count(test, stale, REPEATS, "dwords of the aperture were not in memory");
}

/* ---- speed ---- */

/* Nanoseconds for a thousand stores of 8 bytes; 0: it failed. */
static uint64_t time_stores(struct hwtest *test, uint64_t stride)
{
    const struct bench *bench = &test->bench;
    uint64_t base = bench_address(bench, PAGE_TILES), stores = 0, value = 0x0123456789abcdef;
    uint64_t began = hwtest_now(test);
    for (uint64_t first = 0; first < stride; first += LINE_BYTES / 2) {
        for (uint64_t at = first; at < SPEED_BYTES; at += stride, stores++) {
            if (hw_aperture_write(bench->dev, base + at, &value, 8) != 0) {
                return 0;
            }
        }
    }
    hw_chipset_flush(bench->dev);
    (void)hw_read(bench->dev, IER);
    return (hwtest_now(test) - began) * 1000 / stores;
}

static uint64_t time_loads(struct hwtest *test)
{
    const struct bench *bench = &test->bench;
    uint64_t base = bench_address(bench, PAGE_TILES), bytes = SPEED_BYTES / 16;
    uint8_t buffer[HW_PAGE_SIZE];
    uint64_t began = hwtest_now(test);
    for (uint64_t at = 0; at < bytes; at += sizeof(buffer)) {
        if (hw_aperture_read(bench->dev, base + at, buffer, sizeof(buffer)) != 0) {
            return 0;
        }
    }
    return (hwtest_now(test) - began) * 1000 / (bytes / 8);
}

enum hwtest_result test_aperture_speed(struct hwtest *test)
{
    bench_reset_entries(&test->bench);
    uint64_t whole = time_stores(test, 8), lonely = time_stores(test, LINE_BYTES);
    uint64_t load = time_loads(test);
    if (whole == 0 || lonely == 0) {
        return hwtest_conclude(test, HWTEST_FAILED, "the aperture cannot be written");
    }
    hwtest_note(test, "store_ps_of_whole_lines", "%llu", (unsigned long long)whole);
    hwtest_note(test, "store_ps_of_lonely_dwords", "%llu", (unsigned long long)lonely);
    hwtest_note(test, "load_ps", "%llu", (unsigned long long)load);
    hwtest_note(test, "write_mib_per_s", "%llu",
                (unsigned long long)(8u * UINT64_C(1000000000000) / whole >> 20));
    hwtest_note(test, "read_mib_per_s", "%llu",
                (unsigned long long)(load != 0 ? 8u * UINT64_C(1000000000000) / load >> 20 : 0));
    if (!test->judges_time) {
        return hwtest_conclude(test, HWTEST_SKIPPED, "measured, not judged: no silicon's times");
    }
    bool is_combined = lonely >= COMBINED_GAIN * whole;
    return hwtest_conclude(test, is_combined ? HWTEST_OK : HWTEST_DIFFERS,
                           "a store in a whole line takes %llu ps, alone in its line %llu ps: %s",
                           (unsigned long long)whole, (unsigned long long)lonely,
                           is_combined ? "combined" : "not combined");
}

enum hwtest_result test_clflush(struct hwtest *test)
{
    struct hw_device *dev = test->dev;
    struct hw_dma frame;
    if (dev->ops->memory_flush == NULL) {
        return hwtest_conclude(test, HWTEST_SKIPPED, "the device's memory is coherent");
    }
    int error = hw_dma_alloc(dev, FRAME_BYTES, &frame);
    if (error != 0) {
        return hwtest_conclude(test, HWTEST_SKIPPED, "no memory: %s", strerror(-error));
    }
    uint64_t dirty = 0, clean = 0;
    for (uint32_t i = 0; i < FRAMES; i++) {
        memset(frame.cpu, (int)i + 1, FRAME_BYTES);
        uint64_t began = hwtest_now(test);
        hw_memory_flush(dev, &frame, 0, FRAME_BYTES);
        uint64_t middle = hwtest_now(test);
        hw_memory_flush(dev, &frame, 0, FRAME_BYTES);
        dirty += middle - began;
        clean += hwtest_now(test) - middle;
    }
    hw_dma_release(dev, &frame);
    dirty /= FRAMES;
    clean /= FRAMES;
    hwtest_note(test, "page_ns_dirty", "%llu",
                (unsigned long long)dirty / (FRAME_BYTES / HW_PAGE_SIZE));
    hwtest_note(test, "frame_ns_dirty", "%llu", (unsigned long long)dirty);
    hwtest_note(test, "frame_ns_clean", "%llu", (unsigned long long)clean);
    if (!test->judges_time) {
        return hwtest_conclude(test, HWTEST_SKIPPED, "measured, not judged: no silicon's times");
    }
    return hwtest_conclude(test, dirty <= FRAME_NS_MAX ? HWTEST_OK : HWTEST_DIFFERS,
                           "a frame of 1024x768 takes %llu us", (unsigned long long)dirty / 1000);
}
