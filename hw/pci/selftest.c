/* SPDX-License-Identifier: MIT */
#include "hw/pci/selftest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "hw/gen3/regs.h"
#include "hw/pci/swizzle.h"

#define BENCH_BYTES (1u << 20) /* the least that a fence register covers, and so aligned */
#define BENCH_PAGES (BENCH_BYTES / HW_PAGE_SIZE)
#define PAGE_DWORDS (HW_PAGE_SIZE / 4)
#define PROBE_DWORDS                                                                               \
    64u                 /* of a page that are looked at: each may be a trap in a virtual machine   \
                         */
#define FENCE_USED   7u /* which all chips have */
#define RING_PAGE    1u /* of the bench */
#define TARGET_PAGE  2u
#define WAIT_STEP_NS 50000
#define WAIT_STEPS   20000 /* a second */

/* The blitter's plain rectangle (doc/gen3.md D): all 32 bits, raster operation "pattern". */
#define XY_COLOR_BLT  (2u << 29 | 0x50u << 22 | 3u << 20 | 4u)
#define BLT_32_BITS   (3u << 24)
#define ROP_PATTERN   (0xf0u << 16)
#define BLT_ROW_BYTES 256u
#define BLT_COLOUR    0x5a5ac3c3u

struct bench {
    struct hw_device *dev;
    struct hw_dma dma;
    uint32_t first; /* entry */
    char *reason;
};

__attribute__((format(printf, 2, 3))) static int fail(const struct bench *bench, const char *format,
                                                      ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(bench->reason, SELFTEST_REASON_MAX, format, args);
    va_end(args);
    return -EIO;
}

static uint32_t *words_of(const struct bench *bench, uint32_t page)
{
    return (uint32_t *)(void *)((uint8_t *)bench->dma.cpu + (size_t)page * HW_PAGE_SIZE);
}

static uint64_t place_of(const struct bench *bench, uint32_t page)
{
    return (uint64_t)(bench->first + page) * HW_PAGE_SIZE;
}

static uint32_t pattern(uint32_t seed, uint32_t dword)
{
    return (seed + dword) * 0x9e3779b1u;
}

/*
 * Writes leave the processor's combining buffers by the first flush, and are posted on the bus: a
 * read comes back when all before it have arrived.
 */
static void flush(const struct bench *bench)
{
    hw_chipset_flush(bench->dev);
    (void)hw_read(bench->dev, IER);
    hw_memory_flush(bench->dev, &bench->dma, 0, bench->dma.size);
    hw_chipset_flush(bench->dev);
}

/* ---- the page table ---- */

static void write_entries(const struct bench *bench)
{
    for (uint32_t i = 0; i < BENCH_PAGES; i++) {
        uint64_t bus = hw_dma_bus_address(bench->dev, &bench->dma, (size_t)i * HW_PAGE_SIZE);
        hw_gtt_write(bench->dev, bench->first + i,
                     ((uint32_t)bus & PTE_ADDRESS_MASK) |
                         ((uint32_t)(bus >> PTE_HIGH_SHIFT) & PTE_HIGH_MASK) | PTE_VALID);
    }
    (void)hw_gtt_read(bench->dev, bench->first + BENCH_PAGES - 1);
    hw_write(bench->dev, GFX_FLSH_CNTL, 0);
}

static int test_entries(const struct bench *bench)
{
    if (bench->dev->identity.has_gtt_enable) {
        uint32_t control = hw_read(bench->dev, PGTBL_CTL) | PGTBL_CTL_ENABLE;
        hw_write(bench->dev, PGTBL_CTL, control);
    }
    write_entries(bench);
    for (uint32_t i = 0; i < BENCH_PAGES; i++) {
        uint64_t bus = hw_dma_bus_address(bench->dev, &bench->dma, (size_t)i * HW_PAGE_SIZE);
        uint32_t entry = hw_gtt_read(bench->dev, bench->first + i);
        if ((entry & (PTE_ADDRESS_MASK | PTE_VALID)) !=
            (((uint32_t)bus & PTE_ADDRESS_MASK) | PTE_VALID)) {
            return fail(bench, "page table: entry %u reads 0x%08x, written for 0x%llx",
                        bench->first + i, entry, (unsigned long long)bus);
        }
    }
    return 0;
}

/* ---- the processor's writes, seen through the aperture, and the other way round ---- */

static int test_to_aperture(const struct bench *bench)
{
    uint32_t *words = words_of(bench, 0);
    for (uint32_t i = 0; i < PAGE_DWORDS; i++) {
        words[i] = pattern(1, i);
    }
    flush(bench);
    for (uint32_t i = 0; i < PROBE_DWORDS; i++) {
        uint32_t dword = i * (PAGE_DWORDS / PROBE_DWORDS), seen = 0;
        if (hw_aperture_read(bench->dev, place_of(bench, 0) + dword * 4, &seen, 4) != 0 ||
            seen != pattern(1, dword)) {
            return fail(bench,
                        "flush: the processor wrote 0x%08x to dword %u, the aperture shows 0x%08x",
                        pattern(1, dword), dword, seen);
        }
    }
    return 0;
}

static int test_from_aperture(const struct bench *bench)
{
    for (uint32_t i = 0; i < PROBE_DWORDS; i++) {
        uint32_t dword = i * (PAGE_DWORDS / PROBE_DWORDS), value = pattern(2, dword);
        if (hw_aperture_write(bench->dev, place_of(bench, 0) + dword * 4, &value, 4) != 0) {
            return fail(bench, "the aperture cannot be written at 0x%llx",
                        (unsigned long long)place_of(bench, 0) + dword * 4);
        }
    }
    flush(bench);
    const uint32_t *words = words_of(bench, 0);
    for (uint32_t i = 0; i < PROBE_DWORDS; i++) {
        uint32_t dword = i * (PAGE_DWORDS / PROBE_DWORDS);
        if (words[dword] != pattern(2, dword)) {
            return fail(bench,
                        "flush: the aperture wrote 0x%08x to dword %u, the processor sees 0x%08x",
                        pattern(2, dword), dword, words[dword]);
        }
    }
    return 0;
}

/* ---- tiles: rows of one tile are as lines are, so all that shows is the swizzling of bit 6 ----
 */

struct probe {
    uint64_t bus; /* of what was written at this offset */
    bool flipped; /* it was bit 6 that changed */
};

static int probe_swizzle(const struct bench *bench, uint32_t offset, struct probe *probe)
{
    uint32_t value = pattern(3, offset), page = offset / HW_PAGE_SIZE;
    uint32_t dword = offset % HW_PAGE_SIZE / 4;
    if (hw_aperture_write(bench->dev, place_of(bench, 0) + offset, &value, 4) != 0) {
        return fail(bench, "the aperture cannot be written through a fence register");
    }
    flush(bench);
    const uint32_t *words = words_of(bench, page);
    if (words[dword] != value && words[dword ^ 16u] != value) {
        return fail(bench, "tiles: what was written at 0x%x of an X tiled MiB is not there",
                    offset);
    }
    probe->flipped = words[dword] != value;
    probe->bus = hw_dma_bus_address(bench->dev, &bench->dma, offset);
    return 0;
}

static bool explains(uint32_t bits, const struct probe *probes, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bool flips = __builtin_parityll(probes[i].bus & bits) != 0;
        if (flips != probes[i].flipped) {
            return false;
        }
    }
    return true;
}

static int test_tiles(const struct bench *bench)
{
    static const uint32_t offsets[] = {0x00000, 0x00200, 0x00400, 0x00800, 0x00600, 0x00e00,
                                       0x01000, 0x20000, 0x20200, 0x21800, 0x40000, 0x80c00};
    static const uint32_t kinds[] = {0, 0x600, 0xe00, 0x20600};
    enum { PROBES = sizeof(offsets) / sizeof(offsets[0]) };
    struct probe probes[PROBES];
    uint32_t expected = pci_swizzle_of(bench->dev);
    memset(bench->dma.cpu, 0, bench->dma.size);
    flush(bench);
    /* One tile wide, one MiB. */
    hw_write(bench->dev, FENCE(FENCE_USED), (uint32_t)place_of(bench, 0) | FENCE_VALID);
    (void)hw_read(bench->dev, FENCE(FENCE_USED));
    int error = 0;
    for (unsigned i = 0; i < PROBES && error == 0; i++) {
        error = probe_swizzle(bench, offsets[i], &probes[i]);
    }
    hw_write(bench->dev, FENCE(FENCE_USED), 0);
    (void)hw_read(bench->dev, FENCE(FENCE_USED));
    if (error != 0 || explains(expected, probes, PROBES)) {
        return error;
    }
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (explains(kinds[i], probes, PROBES)) {
            return fail(bench, "swizzling: the memory controller says %s, memory shows %s",
                        pci_swizzle_name(expected), pci_swizzle_name(kinds[i]));
        }
    }
    return fail(bench, "swizzling: the memory controller says %s, memory shows none that is known",
                pci_swizzle_name(expected));
}

/* ---- the blitter, fed by the ring ---- */

static void stop_ring(const struct bench *bench)
{
    hw_write(bench->dev, PRB0_CTL, 0);
    hw_write(bench->dev, PRB0_HEAD, 0);
    hw_write(bench->dev, PRB0_TAIL, 0);
}

static int await_ring(const struct bench *bench, uint32_t tail)
{
    const struct timespec step = {.tv_nsec = WAIT_STEP_NS};
    for (unsigned i = 0; i < WAIT_STEPS; i++) {
        if ((hw_read(bench->dev, PRB0_HEAD) & RING_HEAD_MASK) == tail) {
            return 0;
        }
        nanosleep(&step, NULL);
    }
    return fail(bench, "ring: it stands at 0x%x of 0x%x, ACTHD 0x%08x, IPEHR 0x%08x",
                hw_read(bench->dev, PRB0_HEAD) & RING_HEAD_MASK, tail, hw_read(bench->dev, ACTHD),
                hw_read(bench->dev, IPEHR));
}

static int test_blitter(const struct bench *bench)
{
    const uint32_t commands[] = {
        XY_COLOR_BLT,
        BLT_32_BITS | ROP_PATTERN | BLT_ROW_BYTES,
        0,
        (HW_PAGE_SIZE / BLT_ROW_BYTES) << 16 | BLT_ROW_BYTES / 4,
        (uint32_t)place_of(bench, TARGET_PAGE),
        BLT_COLOUR,
        MI_FLUSH,
        MI_NOOP,
    };
    stop_ring(bench);
    memset(words_of(bench, TARGET_PAGE), 0, HW_PAGE_SIZE);
    memcpy(words_of(bench, RING_PAGE), commands, sizeof(commands));
    flush(bench);
    hw_write(bench->dev, PRB0_START, (uint32_t)place_of(bench, RING_PAGE));
    hw_write(bench->dev, PRB0_CTL, RING_VALID);
    hw_write(bench->dev, MI_MODE, MASKED_CLEAR(MI_MODE_STOP_RING));
    hw_write(bench->dev, PRB0_TAIL, sizeof(commands));
    int error = await_ring(bench, sizeof(commands));
    stop_ring(bench);
    if (error != 0) {
        return error;
    }
    flush(bench);
    const uint32_t *words = words_of(bench, TARGET_PAGE);
    for (uint32_t i = 0; i < PAGE_DWORDS; i++) {
        if (words[i] != BLT_COLOUR) {
            return fail(bench, "blitter: dword %u is 0x%08x, filled with 0x%08x", i, words[i],
                        BLT_COLOUR);
        }
    }
    return 0;
}

int pci_selftest(struct hw_device *dev, char reason[SELFTEST_REASON_MAX])
{
    static int (*const tests[])(const struct bench *) = {
        test_entries, test_to_aperture, test_from_aperture, test_tiles, test_blitter};
    uint64_t pages = dev->identity.aperture_size / HW_PAGE_SIZE;
    uint64_t entries = dev->identity.gtt_entries < pages ? dev->identity.gtt_entries : pages;
    /* Fence registers reach 256 MiB. */
    entries = entries < 65536 ? entries : 65536;
    struct bench bench = {.dev = dev, .reason = reason};
    if (entries < 2 * BENCH_PAGES) {
        snprintf(reason, SELFTEST_REASON_MAX, "the page table has %llu entries",
                 (unsigned long long)entries);
        return -EINVAL;
    }
    bench.first = (uint32_t)(entries / BENCH_PAGES - 1) * BENCH_PAGES;
    int error = hw_dma_alloc(dev, BENCH_BYTES, &bench.dma);
    if (error != 0) {
        snprintf(reason, SELFTEST_REASON_MAX, "no memory: %s", strerror(-error));
        return error;
    }
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]) && error == 0; i++) {
        error = tests[i](&bench);
    }
    for (uint32_t i = 0; i < BENCH_PAGES; i++) {
        hw_gtt_write(dev, bench.first + i, 0);
    }
    (void)hw_gtt_read(dev, bench.first + BENCH_PAGES - 1);
    hw_write(dev, GFX_FLSH_CNTL, 0);
    hw_dma_release(dev, &bench.dma);
    return error;
}
