/* SPDX-License-Identifier: MIT */
/*
 * Two MiB of memory and as much of the page table, at the end of what aperture and fence registers
 * reach: far from what the firmware shows. Pages are numbered from 0; page i of the table names
 * page i of the memory, uncached, unless an item says otherwise.
 */
#ifndef GEMD_HWTEST_BENCH_H
#define GEMD_HWTEST_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/device.h"

#define BENCH_PAGES  512u
#define BENCH_BYTES  (BENCH_PAGES * HW_PAGE_SIZE)
#define PAGE_DWORDS  (HW_PAGE_SIZE / 4u)
#define LINE_DWORDS  16u
#define BUFFER_PAGES 16u
#define BUFFER_BYTES (BUFFER_PAGES * HW_PAGE_SIZE)

/* Which page is for what. */
enum bench_page {
    PAGE_TILES = 0, /* a MiB, as a fence register covers */
    TILE_PAGES = 256,
    PAGE_RING = 256,
    RING_PAGES = 4,
    PAGE_STATUS = 260,
    PAGE_PREAMBLE = 261,
    PAGE_BATCH = 262,
    PAGE_DUMMY = 263,
    PAGE_FIRST = 264, /* two pages and an entry that names one or the other */
    PAGE_SECOND = 265,
    PAGE_WINDOW = 266,
    PAGE_SOURCE = 272,
    PAGE_TARGET = 288,
};

struct bench {
    struct hw_device *dev;
    struct hw_dma dma;
    uint32_t first;  /* entry */
    uint32_t *found; /* what was in the table */
    uint32_t pgtbl_ctl;
};

/* 0, -EINVAL (the page table is too small), -ENOMEM. */
__attribute__((warn_unused_result)) int bench_init(struct bench *bench, struct hw_device *dev);
/* The table is as it was found. */
void bench_finish(struct bench *bench);

/* All entries name their own pages, uncached; the table is switched on. */
void bench_reset_entries(const struct bench *bench);
/* One entry; nothing is flushed. */
void bench_set_entry(const struct bench *bench, uint32_t page, uint32_t memory, bool is_snooped);
uint32_t bench_entry(const struct bench *bench, uint32_t memory, bool is_snooped);
/* What was written to the table counts from here on, as it is assumed. */
void bench_flush_entries(const struct bench *bench);

static inline uint32_t *bench_words(const struct bench *bench, uint32_t page)
{
    return (uint32_t *)(void *)((uint8_t *)bench->dma.cpu + (uint64_t)page * HW_PAGE_SIZE);
}

static inline uint32_t bench_address(const struct bench *bench, uint32_t page)
{
    return (bench->first + page) * HW_PAGE_SIZE;
}

/* Pages are as memory has them, for the GPU and for the processor. */
static inline void bench_flush_lines(const struct bench *bench, uint32_t page, uint32_t pages)
{
    hw_memory_flush(bench->dev, &bench->dma, (size_t)page * HW_PAGE_SIZE,
                    (size_t)pages * HW_PAGE_SIZE);
}

/* The whole of it, posted writes of the aperture counted. */
void bench_flush(const struct bench *bench, uint32_t page, uint32_t pages);

/* No two neighbours are alike, nor two seeds. */
static inline uint32_t bench_pattern(uint32_t seed, uint32_t dword)
{
    return (seed * 0x10001u + dword) * 0x9e3779b1u;
}

void bench_fill(const struct bench *bench, uint32_t page, uint32_t pages, uint32_t seed);
/* How many lines of 64 bytes are not of the pattern. */
uint32_t bench_count_stale(const struct bench *bench, uint32_t page, uint32_t pages, uint32_t seed);

#endif
