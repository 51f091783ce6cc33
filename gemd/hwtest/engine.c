/* SPDX-License-Identifier: MIT */
#include "gemd/hwtest/engine.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "gemd/hwtest/item.h"
#include "hw/gen3/regs.h"

#define INTERRUPTS  (INT_USER | INT_PIPE_A_EVENT | INT_MASTER_ERROR)
#define ERRORS      (ERROR_PAGE_TABLE | ERROR_MEMORY_REFRESH | ERROR_INSTRUCTION)
#define RUN_DWORDS  256u
#define SPIN_NS     300000u /* looked at without sleep for so long */
#define STEP_NS     50000u
#define RESET_MS    5000u /* gen3.md B.9 says 50; the model ends its command first */
#define DRAIN_LOOKS 64u
#define RESETS_MAX  3u

/* The blitter's copy (doc/gen3.md D, J.1): all 32 bits, raster operation "source". */
#define XY_SRC_COPY_BLT (2u << 29 | 0x53u << 22 | 3u << 20 | 6u)
#define BLT_32_BITS     (3u << 24)
#define ROP_SOURCE      (0xccu << 16)
#define ROW_BYTES       256u
#define ROWS_OF_PAGE    (HW_PAGE_SIZE / ROW_BYTES)

static struct hw_device *device_of(const struct hwtest *test)
{
    return test->dev;
}

static uint32_t status_place(struct hwtest *test)
{
    const struct bench *bench = &test->bench;
    return test->dev->identity.needs_physical
               ? (uint32_t)hw_dma_bus_address(bench->dev, &bench->dma,
                                              (size_t)PAGE_STATUS * HW_PAGE_SIZE)
               : bench_address(bench, PAGE_STATUS);
}

static bool fail(struct hwtest *test, const char *what)
{
    struct hw_device *dev = device_of(test);
    snprintf(test->engine.reason, sizeof(test->engine.reason),
             "%s: head 0x%x of 0x%x, CTL 0x%x, ACTHD 0x%08x, IPEHR 0x%08x", what,
             hw_read(dev, PRB0_HEAD), hw_read(dev, PRB0_TAIL), hw_read(dev, PRB0_CTL),
             hw_read(dev, ACTHD), hw_read(dev, IPEHR));
    test->engine.has_failed = true;
    return false;
}

static void clear_events(struct hw_device *dev)
{
    hw_write(dev, PIPESTAT_A, 0xffffu);
    hw_write(dev, PGTBL_ER, hw_read(dev, PGTBL_ER));
    hw_write(dev, EIR, hw_read(dev, EIR));
    /* IIR is double buffered (B.3). */
    hw_write(dev, IIR, ~0u);
    hw_write(dev, IIR, ~0u);
}

static bool try_again(struct hwtest *test)
{
    uint64_t ns;
    return test->engine.resets++ < RESETS_MAX && engine_reset(test, &ns) == 0;
}

bool engine_need(struct hwtest *test)
{
    struct hw_device *dev = device_of(test);
    struct engine *engine = &test->engine;
    if (engine->is_running) {
        return true;
    }
    if (engine->has_failed && !try_again(test)) {
        return false;
    }
    bench_reset_entries(&test->bench);
    bench_set_entry(&test->bench, PAGE_STATUS, PAGE_STATUS, true);
    bench_flush_entries(&test->bench);
    memset(bench_words(&test->bench, PAGE_STATUS), 0, HW_PAGE_SIZE);
    hw_write(dev, IER, 0);
    hw_write(dev, IMR, ~0u);
    engine->hws_pga = hw_read(dev, HWS_PGA);
    hw_write(dev, HWS_PGA, status_place(test));
    (void)hw_read(dev, HWS_PGA);
    hw_write(dev, HWSTAM, ~INT_USER);
    gpu_ring_init(&engine->ring, dev, bench_words(&test->bench, PAGE_RING),
                  RING_PAGES * HW_PAGE_SIZE, bench_address(&test->bench, PAGE_RING));
    if (gpu_ring_start(&engine->ring) != 0) {
        return fail(test, "the ring does not come up");
    }
    clear_events(dev);
    hw_write(dev, EMR, ~ERRORS);
    hw_write(dev, IMR, ~INTERRUPTS);
    hw_write(dev, IER, INTERRUPTS);
    hw_irq_unmask(dev);
    engine->is_running = true;
    return true;
}

void engine_stop(struct hwtest *test)
{
    struct hw_device *dev = device_of(test);
    if (!test->engine.is_running) {
        return;
    }
    hw_write(dev, IER, 0);
    hw_write(dev, IMR, ~0u);
    gpu_ring_stop(&test->engine.ring);
    hw_write(dev, HWS_PGA, test->engine.hws_pga);
    test->engine.is_running = false;
}

void engine_put(struct hwtest *test, const uint32_t *dwords, uint32_t count)
{
    struct gpu_ring *ring = &test->engine.ring;
    uint32_t even = (count + 1) & ~1u;
    if (!gpu_ring_begin(ring, even)) {
        /* Only the caller's own commands can be in the way. */
        engine_go(test);
        (void)engine_wait(test);
        if (!gpu_ring_begin(ring, even)) {
            return;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        gpu_ring_emit(ring, dwords[i]);
    }
    gpu_ring_end(ring);
}

void engine_put_one(struct hwtest *test, uint32_t dword)
{
    engine_put(test, &dword, 1);
}

void engine_put_store(struct hwtest *test, uint32_t value)
{
    const uint32_t dwords[] = {MI_STORE_DATA_INDEX, ENGINE_STORE, value};
    engine_put(test, dwords, 3);
}

void engine_put_copy(struct hwtest *test, uint32_t target, uint32_t source, uint32_t pages)
{
    const uint32_t dwords[] = {
        XY_SRC_COPY_BLT,
        BLT_32_BITS | ROP_SOURCE | ROW_BYTES,
        0,
        (pages * ROWS_OF_PAGE) << 16 | ROW_BYTES / 4,
        bench_address(&test->bench, target),
        0,
        ROW_BYTES,
        bench_address(&test->bench, source),
    };
    engine_put(test, dwords, 8);
    engine_put_one(test, MI_FLUSH);
}

void engine_stage(struct hwtest *test)
{
    bench_flush_lines(&test->bench, PAGE_RING, RING_PAGES);
    hw_chipset_flush(device_of(test));
}

void engine_kick(struct hwtest *test)
{
    gpu_ring_advance(&test->engine.ring);
}

void engine_go(struct hwtest *test)
{
    engine_stage(test);
    engine_kick(test);
}

bool engine_wait(struct hwtest *test)
{
    struct engine *engine = &test->engine;
    uint64_t began = hwtest_now(test);
    for (;;) {
        uint32_t head = hw_read(device_of(test), PRB0_HEAD) & RING_HEAD_MASK;
        uint64_t waited = hwtest_now(test) - began;
        if (head == engine->ring.submitted) {
            engine->ring.head = head;
            return true;
        }
        if (waited > ENGINE_WAIT_NS) {
            break;
        }
        if (waited > SPIN_NS) {
            hwtest_sleep(test, STEP_NS);
        }
    }
    fail(test, "the ring stands");
    engine_stop(test);
    return false;
}

bool engine_run(struct hwtest *test)
{
    engine_go(test);
    return engine_wait(test);
}

uint32_t engine_stored(const struct hwtest *test)
{
    uint8_t *page = (uint8_t *)bench_words(&test->bench, PAGE_STATUS);
    return atomic_load_explicit((_Atomic uint32_t *)(void *)(page + ENGINE_STORE),
                                memory_order_acquire);
}

uint32_t engine_take(struct hwtest *test, uint64_t ns, uint64_t *when_ns)
{
    struct hw_device *dev = device_of(test);
    uint64_t end = hwtest_now(test) + ns;
    for (uint64_t now = end - ns; now < end; now = hwtest_now(test)) {
        if (!test->clock->await(test->clock->data, hw_irq_fd(dev), end - now)) {
            break;
        }
        *when_ns = hwtest_now(test);
        if (!hw_irq_take(dev)) {
            continue;
        }
        uint32_t iir = hw_read(dev, IIR);
        if ((iir & INT_PIPE_A_EVENT) != 0) {
            uint32_t pipestat = hw_read(dev, PIPESTAT_A);
            hw_write(dev, PIPESTAT_A, pipestat & ~PIPESTAT_UNDERRUN);
        }
        if ((iir & INT_MASTER_ERROR) != 0) {
            hw_write(dev, PGTBL_ER, hw_read(dev, PGTBL_ER));
            hw_write(dev, EIR, hw_read(dev, EIR));
        }
        hw_write(dev, IIR, iir);
        hw_irq_unmask(dev);
        if (iir != 0) {
            return iir;
        }
    }
    return 0;
}

void engine_drain(struct hwtest *test)
{
    uint64_t when;
    for (unsigned i = 0; i < DRAIN_LOOKS && engine_take(test, 1000000, &when) != 0; i++) {
    }
}

static bool await_reset(struct hwtest *test, uint32_t mask, uint32_t value)
{
    uint64_t end = hwtest_now(test) + RESET_MS * UINT64_C(1000000);
    while ((hw_config_read(device_of(test), CONFIG_GDRST, 1) & mask) != value) {
        if (hwtest_now(test) > end) {
            return false;
        }
        hwtest_sleep(test, STEP_NS);
    }
    return true;
}

int engine_reset(struct hwtest *test, uint64_t *ns)
{
    struct hw_device *dev = device_of(test);
    engine_stop(test);
    test->engine.has_failed = false;
    hw_write(dev, MI_MODE, MASKED_SET(MI_MODE_STOP_RING));
    hw_write(dev, PRB0_CTL, 0);
    uint64_t began = hwtest_now(test);
    hw_config_write(dev, CONFIG_GDRST, 1, GDRST_ENABLE);
    bool is_done;
    if (dev->identity.has_held_reset) {
        is_done = await_reset(test, GDRST_STATUS, GDRST_STATUS);
        hw_config_write(dev, CONFIG_GDRST, 1, 0);
        is_done = await_reset(test, GDRST_STATUS, 0) && is_done;
    } else {
        is_done = await_reset(test, GDRST_ENABLE, 0);
    }
    *ns = hwtest_now(test) - began;
    return is_done ? 0 : -EIO;
}
