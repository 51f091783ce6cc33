/* SPDX-License-Identifier: MIT */
#include "gemd/hwtest/bench.h"

#include <errno.h>
#include <stdlib.h>

#include "hw/gen3/regs.h"

#define FENCED_ENTRIES 65536u /* 256 MiB */

uint32_t bench_entry(const struct bench *bench, uint32_t memory, bool is_snooped)
{
    uint64_t bus = hw_dma_bus_address(bench->dev, &bench->dma, (size_t)memory * HW_PAGE_SIZE);
    return ((uint32_t)bus & PTE_ADDRESS_MASK) |
           ((uint32_t)(bus >> PTE_HIGH_SHIFT) & PTE_HIGH_MASK) | (is_snooped ? PTE_CACHED : 0) |
           PTE_VALID;
}

void bench_set_entry(const struct bench *bench, uint32_t page, uint32_t memory, bool is_snooped)
{
    hw_gtt_write(bench->dev, bench->first + page, bench_entry(bench, memory, is_snooped));
}

void bench_flush_entries(const struct bench *bench)
{
    (void)hw_gtt_read(bench->dev, bench->first + BENCH_PAGES - 1);
    hw_write(bench->dev, GFX_FLSH_CNTL, 0);
}

void bench_reset_entries(const struct bench *bench)
{
    if (bench->dev->identity.has_gtt_enable) {
        uint32_t control = hw_read(bench->dev, PGTBL_CTL);
        hw_write(bench->dev, PGTBL_CTL, control | PGTBL_CTL_ENABLE);
    }
    for (uint32_t i = 0; i < BENCH_PAGES; i++) {
        bench_set_entry(bench, i, i, false);
    }
    bench_flush_entries(bench);
}

int bench_init(struct bench *bench, struct hw_device *dev)
{
    uint64_t pages = dev->identity.aperture_size / HW_PAGE_SIZE;
    uint64_t entries = dev->identity.gtt_entries < pages ? dev->identity.gtt_entries : pages;
    entries = entries < FENCED_ENTRIES ? entries : FENCED_ENTRIES;
    *bench = (struct bench){.dev = dev};
    if (entries < 2 * BENCH_PAGES) {
        return -EINVAL;
    }
    bench->first = (uint32_t)(entries / BENCH_PAGES - 1) * BENCH_PAGES;
    bench->found = calloc(BENCH_PAGES, sizeof(bench->found[0]));
    if (bench->found == NULL) {
        return -ENOMEM;
    }
    int error = hw_dma_alloc(dev, BENCH_BYTES, &bench->dma);
    if (error != 0) {
        free(bench->found);
        bench->found = NULL;
        return error;
    }
    for (uint32_t i = 0; i < BENCH_PAGES; i++) {
        bench->found[i] = hw_gtt_read(dev, bench->first + i);
    }
    bench->pgtbl_ctl = hw_read(dev, PGTBL_CTL);
    return 0;
}

void bench_finish(struct bench *bench)
{
    if (bench->found == NULL) {
        return;
    }
    for (uint32_t i = 0; i < BENCH_PAGES; i++) {
        hw_gtt_write(bench->dev, bench->first + i, bench->found[i]);
    }
    bench_flush_entries(bench);
    if (bench->dev->identity.has_gtt_enable) {
        hw_write(bench->dev, PGTBL_CTL, bench->pgtbl_ctl);
    }
    hw_dma_release(bench->dev, &bench->dma);
    free(bench->found);
    bench->found = NULL;
}

/* Writes are posted on the bus: a read comes back when all before it have arrived. */
void bench_flush(const struct bench *bench, uint32_t page, uint32_t pages)
{
    hw_chipset_flush(bench->dev);
    (void)hw_read(bench->dev, IER);
    bench_flush_lines(bench, page, pages);
    hw_chipset_flush(bench->dev);
}

void bench_fill(const struct bench *bench, uint32_t page, uint32_t pages, uint32_t seed)
{
    uint32_t *words = bench_words(bench, page);
    for (uint32_t i = 0; i < pages * PAGE_DWORDS; i++) {
        words[i] = bench_pattern(seed, i);
    }
}

static bool is_of(const uint32_t *line, uint32_t dword, uint32_t seed)
{
    for (uint32_t i = 0; i < LINE_DWORDS; i++) {
        if (line[i] != bench_pattern(seed, dword + i)) {
            return false;
        }
    }
    return true;
}

uint32_t bench_count_stale(const struct bench *bench, uint32_t page, uint32_t pages, uint32_t seed)
{
    const uint32_t *words = bench_words(bench, page);
    uint32_t stale = 0;
    for (uint32_t i = 0; i < pages * PAGE_DWORDS; i += LINE_DWORDS) {
        stale += !is_of(words + i, i, seed);
    }
    return stale;
}
