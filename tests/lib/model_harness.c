/* SPDX-License-Identifier: MIT */
#include "tests/lib/model_harness.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hw/gen3/regs.h"
#include "tests/lib/chipset.h"

#define PAGE_SHIFT 12

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

static void require(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "model harness: %s\n", what);
        abort();
    }
}

static void keep_line(void *data, const char *line)
{
    struct model_harness *h = data;

    pthread_mutex_lock(&log_lock);
    snprintf(h->log[h->log_count % 8], sizeof(h->log[0]), "%s", line);
    h->log_count++;
    pthread_mutex_unlock(&log_lock);
}

static uint64_t read_clock(void *data)
{
    struct model_harness *h = data;

    return __atomic_load_n(&h->now, __ATOMIC_ACQUIRE);
}

static void enable_gtt(struct model_harness *h)
{
    if (h->dev->identity.has_gtt_enable) {
        hw_write(h->dev, PGTBL_CTL, hw_read(h->dev, PGTBL_CTL) | PGTBL_CTL_ENABLE);
    }
}

static void init(struct model_harness *h, const char *chipset, const char *memory, bool test_clock,
                 bool lent_thread)
{
    *h = (struct model_harness){
        .test_clock = test_clock, .lent_thread = lent_thread, .now = 1000000000};
    const struct model_options options = {
        .chipset = chipset != NULL ? chipset : test_chipset,
        .memory = memory,
        .log = keep_line,
        .log_data = h,
        .clock = test_clock ? read_clock : NULL,
        .clock_data = h,
        .lent_thread = lent_thread,
    };
    h->dev = model_create(&options);
    require(h->dev != NULL, "model_create");
    enable_gtt(h);
    h->ring = harness_bind(h, HARNESS_RING, HARNESS_RING_SIZE);
    h->status = harness_bind(h, HARNESS_STATUS_PAGE, HW_PAGE_SIZE);
    h->status_place = HARNESS_STATUS_PAGE;
    if (h->dev->identity.needs_physical) {
        h->status_place = (uint32_t)hw_dma_bus_address(h->dev, &h->dma[h->dma_count - 1], 0);
    }
    harness_start_ring(h);
}

void harness_init(struct model_harness *h, const char *chipset)
{
    init(h, chipset, NULL, false, false);
}

void harness_init_clock(struct model_harness *h, const char *chipset)
{
    init(h, chipset, NULL, true, false);
}

void harness_init_memory(struct model_harness *h, const char *memory)
{
    init(h, NULL, memory, true, false);
}

void harness_init_lent(struct model_harness *h, const char *chipset)
{
    init(h, chipset, NULL, true, true);
}

void harness_finish(struct model_harness *h)
{
    hw_write(h->dev, PRB0_CTL, 0);
    model_wait_idle(h->dev);
    for (uint32_t i = 0; i < h->dev->identity.gtt_entries; i++) {
        hw_gtt_write(h->dev, i, 0);
    }
    for (size_t i = 0; i < h->dma_count; i++) {
        hw_dma_release(h->dev, &h->dma[i]);
    }
    hw_device_destroy(h->dev);
}

static bool has_wide_tiles(const struct model_harness *h, enum gen3_tiling tiling)
{
    return tiling == GEN3_TILED_Y && h->dev->identity.fence_count == 8;
}

uint32_t harness_tile_width(const struct model_harness *h, enum gen3_tiling tiling)
{
    return has_wide_tiles(h, tiling) ? 512 : gen3_tile_width(tiling);
}

uint64_t harness_tile_offset(const struct model_harness *h, enum gen3_tiling tiling, uint32_t pitch,
                             uint32_t x, uint32_t y)
{
    if (!has_wide_tiles(h, tiling)) {
        return gen3_tile_offset(tiling, pitch, x, y);
    }
    uint64_t tile = (uint64_t)(y / 8) * (pitch / 512) + x / 512;
    return tile * 4096 + x % 512 / 16 * 128 + y % 8 * 16 + x % 16;
}

unsigned harness_flip(const char *memory, bool walk_y, uint64_t bus)
{
    static const struct {
        const char *memory;
        uint32_t x, y;
    } rows[] = {
        {"symmetric", 1u << 9 | 1u << 10, 1u << 9},
        {"interleaved", 1u << 9 | 1u << 10, 1u << 9},
        {"interleaved-11", 1u << 9 | 1u << 10 | 1u << 11, 1u << 9 | 1u << 11},
        {"interleaved-17", 1u << 9 | 1u << 10 | 1u << 17, 1u << 9 | 1u << 17},
    };
    unsigned flip = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t bits = bus & (walk_y ? rows[i].y : rows[i].x);
        for (; strcmp(memory, rows[i].memory) == 0 && bits != 0; bits &= bits - 1) {
            flip ^= 1;
        }
    }
    return flip;
}

uint32_t harness_pte(uint64_t bus)
{
    return (uint32_t)(bus & PTE_ADDRESS_MASK) | (uint32_t)(bus >> PTE_HIGH_SHIFT & PTE_HIGH_MASK) |
           PTE_VALID;
}

void *harness_bind(struct model_harness *h, uint32_t address, size_t size)
{
    require(h->dma_count < HARNESS_DMA, "too many pieces of memory");
    struct hw_dma *dma = &h->dma[h->dma_count++];
    require(hw_dma_alloc(h->dev, size, dma) == 0, "hw_dma_alloc");
    for (size_t at = 0; at < size; at += HW_PAGE_SIZE) {
        hw_gtt_write(h->dev, (uint32_t)((address + at) >> PAGE_SHIFT),
                     harness_pte(hw_dma_bus_address(h->dev, dma, at)));
    }
    return dma->cpu;
}

void harness_start_ring(struct model_harness *h)
{
    h->tail = 0;
    hw_write(h->dev, PRB0_CTL, 0);
    hw_write(h->dev, HWS_PGA, h->status_place);
    hw_write(h->dev, PRB0_HEAD, 0);
    hw_write(h->dev, PRB0_TAIL, 0);
    hw_write(h->dev, PRB0_START, HARNESS_RING);
    hw_write(h->dev, PRB0_CTL, (HARNESS_RING_SIZE - HW_PAGE_SIZE) | RING_VALID);
}

static void put(struct model_harness *h, uint32_t word)
{
    h->ring[h->tail / 4] = word;
    h->tail = (h->tail + 4) % HARNESS_RING_SIZE;
}

void harness_submit(struct model_harness *h, const uint32_t *words, size_t count)
{
    require(count * 4 < HARNESS_RING_SIZE / 2, "more words than the ring takes");
    while (HARNESS_RING_SIZE - h->tail < count * 4 + 4) {
        put(h, MI_NOOP);
    }
    for (size_t i = 0; i < count; i++) {
        put(h, words[i]);
    }
    if (h->tail % 8 != 0) {
        put(h, MI_NOOP);
    }
    hw_chipset_flush(h->dev);
    hw_write(h->dev, PRB0_TAIL, h->tail);
}

void harness_run(struct model_harness *h, const uint32_t *words, size_t count)
{
    harness_submit(h, words, count);
    model_wait_idle(h->dev);
}

bool harness_stopped(struct model_harness *h)
{
    return (hw_read(h->dev, ESR) & (ERROR_INSTRUCTION | ERROR_PAGE_TABLE)) != 0;
}

static void await_reset(struct model_harness *h, uint32_t mask, uint32_t value)
{
    while ((hw_config_read(h->dev, CONFIG_GDRST, 1) & mask) != value) {
        if (h->lent_thread) {
            model_wait_idle(h->dev);
        }
        sched_yield();
    }
}

void harness_reset_domain(struct model_harness *h, unsigned domain)
{
    hw_config_write(h->dev, CONFIG_GDRST, 1, GDRST_ENABLE | domain << GDRST_DOMAIN_SHIFT);
    if (h->dev->identity.has_held_reset) {
        await_reset(h, GDRST_STATUS, GDRST_STATUS);
        hw_config_write(h->dev, CONFIG_GDRST, 1, 0);
        await_reset(h, GDRST_STATUS, 0);
    } else {
        await_reset(h, GDRST_ENABLE, 0);
    }
}

void harness_reset(struct model_harness *h)
{
    harness_reset_domain(h, 0);
    enable_gtt(h);
}

bool harness_logged(struct model_harness *h, const char *text)
{
    bool found = false;

    pthread_mutex_lock(&log_lock);
    for (unsigned i = 0; i < 8; i++) {
        found = found || strstr(h->log[i], text) != NULL;
    }
    pthread_mutex_unlock(&log_lock);
    return found;
}

void harness_advance(struct model_harness *h, uint64_t ns)
{
    __atomic_fetch_add(&h->now, ns, __ATOMIC_RELEASE);
    model_clock_changed(h->dev);
}

void harness_mode(struct model_harness *h, unsigned pipe)
{
    /* 96 MHz * (5 * (5 + 2) + 5 + 2) / (2 + 2) / (4 * 10) = 25.2 MHz */
    static const struct {
        uint32_t reg;
        uint32_t value;
    } mode[] = {
        {HTOTAL_A, 799u << 16 | 639},  {HBLANK_A, 799u << 16 | 639},  {HSYNC_A, 751u << 16 | 655},
        {VTOTAL_A, 524u << 16 | 479},  {VBLANK_A, 524u << 16 | 479},  {VSYNC_A, 491u << 16 | 489},
        {PIPESRC_A, 639u << 16 | 479}, {PIPECONF_A, PIPECONF_ENABLE},
    };
    uint32_t dpll = DPLL_VCO_ENABLE | DPLL_VGA_DISABLE | 1u << 26;

    if (h->dev->identity.has_pineview_pll) {
        /* 96 MHz * (40 + 2) / 4 / (4 * 10) */
        hw_write(h->dev, pipe == 0 ? FPA0 : FPB0, 1u << (16 + 4) | 40u);
        hw_write(h->dev, pipe == 0 ? DPLL_A : DPLL_B, dpll | 1u << (15 + 3));
    } else {
        hw_write(h->dev, pipe == 0 ? FPA0 : FPB0, 2u << 16 | 5u << 8 | 5u);
        hw_write(h->dev, pipe == 0 ? DPLL_A : DPLL_B, dpll | 1u << (16 + 3));
    }
    for (size_t i = 0; i < sizeof(mode) / sizeof(mode[0]); i++) {
        hw_write(h->dev, mode[i].reg + pipe * PIPE_STRIDE, mode[i].value);
    }
}

void harness_small_mode(struct model_harness *h, unsigned pipe, uint32_t width, uint32_t height)
{
    const struct {
        uint32_t reg, value;
    } mode[] = {
        {PIPECONF_A, 0},
        {HTOTAL_A, (width + 99) << 16 | (width - 1)},
        {HBLANK_A, (width + 99) << 16 | (width - 1)},
        {HSYNC_A, (width + 59) << 16 | (width + 19)},
        {VTOTAL_A, (height + 19) << 16 | (height - 1)},
        {VBLANK_A, (height + 19) << 16 | (height - 1)},
        {VSYNC_A, (height + 9) << 16 | (height + 4)},
        {PIPESRC_A, (width - 1) << 16 | (height - 1)},
        {PIPECONF_A, PIPECONF_ENABLE},
    };

    harness_mode(h, pipe);
    for (size_t i = 0; i < sizeof(mode) / sizeof(mode[0]); i++) {
        hw_write(h->dev, mode[i].reg + pipe * PIPE_STRIDE, mode[i].value);
    }
}

bool harness_irq(struct model_harness *h)
{
    uint64_t count;

    return read(hw_irq_fd(h->dev), &count, sizeof(count)) == sizeof(count);
}
