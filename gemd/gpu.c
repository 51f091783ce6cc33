/* SPDX-License-Identifier: MIT */
#include "gemd/gpu.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "gemd/preamble.h"
#include "gemd/tuning.h"
#include "hw/gen3/regs.h"

#define SEQNO_OFFSET     0x100u /* in the status page; dwords below 0x20 are the hardware's */
#define BEGUN_OFFSET     0x108u
#define INTERRUPTS       (INT_USER | INT_MASTER_ERROR | INT_DISPLAY_PORT)
#define ERRORS           (ERROR_PAGE_TABLE | ERROR_MEMORY_REFRESH | ERROR_INSTRUCTION)
#define HWSTAM_ONLY_USER (~INT_USER)
_Static_assert(GPU_BATCHES_MAX *GPU_BATCH_DWORDS * 4 <= GPU_RING_BYTES - RING_GUARD,
               "after a reset there is room for what was in flight");

#define RESET_STEP_NS 50000
#define RESET_STEPS   100000 /* 5 s: silicon takes 50 ms (B.9), the model ends its command first */

static int memory_init(struct gpu *gpu, struct gpu_memory *memory, size_t size,
                       enum gtt_cache cache)
{
    int error = hw_dma_alloc(gpu->dev, size, &memory->dma);
    if (error != 0) {
        return error;
    }
    gtt_node_init(&memory->node, &memory->dma, 0, size, false);
    memory->node.cache = cache;
    error = gtt_pin(&gpu->gtt, &memory->node, 1);
    if (error != 0) {
        hw_dma_release(gpu->dev, &memory->dma);
        memory->dma.cpu = NULL;
    }
    return error;
}

static void memory_finish(struct gpu *gpu, struct gpu_memory *memory)
{
    if (memory->dma.cpu == NULL) {
        return;
    }
    gtt_unpin(&gpu->gtt, &memory->node);
    gtt_unbind(&gpu->gtt, &memory->node);
    gtt_flush(&gpu->gtt);
    hw_dma_release(gpu->dev, &memory->dma);
    memory->dma.cpu = NULL;
}

static int init_memory(struct gpu *gpu)
{
    const struct {
        struct gpu_memory *memory;
        size_t size;
        enum gtt_cache cache;
    } pieces[] = {
        /* The page that everything dangling names comes first: address 0 is nobody's. */
        {&gpu->dummy, HW_PAGE_SIZE, GTT_UNCACHED},
        {&gpu->status, HW_PAGE_SIZE, GTT_SNOOPED},
        {&gpu->preamble, HW_PAGE_SIZE, GTT_UNCACHED},
        {&gpu->ring_memory, GPU_RING_BYTES, GTT_UNCACHED},
        {&gpu->batches, GPU_AREA_BYTES, GTT_UNCACHED},
    };
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        int error = memory_init(gpu, pieces[i].memory, pieces[i].size, pieces[i].cache);
        if (error != 0) {
            return error;
        }
    }
    gtt_flush(&gpu->gtt);
    return 0;
}

static uint32_t load_status(const struct gpu *gpu, uint32_t offset)
{
    uint8_t *page = gpu->status.dma.cpu;
    return atomic_load_explicit((_Atomic uint32_t *)(void *)(page + offset), memory_order_acquire);
}

static uint32_t pipe_event(const struct gpu *gpu)
{
    return gpu->pipe != 0 ? INT_PIPE_B_EVENT : INT_PIPE_A_EVENT;
}

static void write_pipestat(struct gpu *gpu, uint32_t status)
{
    hw_write(gpu->dev, PIPESTAT_A + gpu->pipe * PIPE_STRIDE,
             (gpu->vblank_enabled ? PIPESTAT_VBLANK_ENABLE : 0) |
                 (status & (PIPESTAT_UNDERRUN | 0xffffu)));
}

/* What HWS_PGA holds: where the status page is in memory, or in the GTT (A.6). */
static uint32_t status_place(struct gpu *gpu)
{
    return gpu->dev->identity.needs_physical
               ? (uint32_t)hw_dma_bus_address(gpu->dev, &gpu->status.dma, 0)
               : gtt_address(&gpu->status.node);
}

/* Registers that a reset clears. */
static int start(struct gpu *gpu)
{
    struct hw_device *dev = gpu->dev;
    hw_write(dev, IER, 0);
    hw_write(dev, IMR, ~0u);
    int error = gtt_enable(&gpu->gtt);
    if (error != 0) {
        return error;
    }
    gtt_fences_restore(&gpu->gtt.fences);
    tuning_apply(dev);
    hw_write(dev, HWS_PGA, status_place(gpu));
    (void)hw_read(dev, HWS_PGA);
    hw_write(dev, HWSTAM, HWSTAM_ONLY_USER);
    error = gpu_ring_start(&gpu->ring);
    if (error != 0) {
        return error;
    }
    hw_write(dev, EIR, hw_read(dev, EIR));
    hw_write(dev, EMR, ~ERRORS);
    write_pipestat(gpu, 0xffffu);
    /* IIR is double buffered (B.3). */
    hw_write(dev, IIR, ~0u);
    hw_write(dev, IIR, ~0u);
    hw_write(dev, IMR, ~(INTERRUPTS | pipe_event(gpu)));
    hw_write(dev, IER, INTERRUPTS | pipe_event(gpu));
    hw_irq_unmask(dev);
    return 0;
}

int gpu_init(struct gpu *gpu, struct hw_device *dev, const struct gpu_events *events)
{
    *gpu = (struct gpu){.dev = dev, .events = *events};
    gpu_ring_init(&gpu->ring, dev, NULL, 0, 0);
    int error = gtt_init(&gpu->gtt, dev);
    if (error != 0) {
        return error;
    }
    error = init_memory(gpu);
    if (error == 0) {
        preamble_write(gpu->preamble.dma.cpu, gtt_address(&gpu->dummy.node));
        hw_memory_flush(dev, &gpu->preamble.dma, 0, gpu->preamble.dma.size);
        batch_area_init(&gpu->area, GPU_AREA_BYTES);
        gpu_ring_init(&gpu->ring, dev, gpu->ring_memory.dma.cpu, GPU_RING_BYTES,
                      gtt_address(&gpu->ring_memory.node));
        error = start(gpu);
    }
    if (error != 0) {
        gpu_finish(gpu);
    }
    return error;
}

static int await_reset(struct gpu *gpu, uint32_t mask, uint32_t value)
{
    struct timespec step = {.tv_nsec = RESET_STEP_NS};
    for (int i = 0; (hw_config_read(gpu->dev, CONFIG_GDRST, 1) & mask) != value; i++) {
        if (i == RESET_STEPS) {
            return -EIO;
        }
        nanosleep(&step, NULL);
    }
    return 0;
}

/* Whatever the streamer was doing, it does nothing more after this. 0 or -EIO. */
static int reset_hardware(struct gpu *gpu)
{
    gpu_ring_stop(&gpu->ring);
    hw_config_write(gpu->dev, CONFIG_GDRST, 1, GDRST_ENABLE);
    if (!gpu->dev->identity.has_held_reset) {
        return await_reset(gpu, GDRST_ENABLE, 0);
    }
    int error = await_reset(gpu, GDRST_STATUS, GDRST_STATUS);
    hw_config_write(gpu->dev, CONFIG_GDRST, 1, 0);
    return error != 0 ? error : await_reset(gpu, GDRST_STATUS, 0);
}

void gpu_stop(struct gpu *gpu)
{
    if (gpu->dev == NULL) {
        return;
    }
    hw_write(gpu->dev, IER, 0);
    hw_write(gpu->dev, IMR, ~0u);
    (void)reset_hardware(gpu);
    hw_write(gpu->dev, HWS_PGA, 0);
}

void gpu_finish(struct gpu *gpu)
{
    if (gpu->dev == NULL) {
        return;
    }
    gpu_stop(gpu);
    struct gpu_memory *pieces[] = {&gpu->batches, &gpu->ring_memory, &gpu->preamble, &gpu->status,
                                   &gpu->dummy};
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        memory_finish(gpu, pieces[i]);
    }
    gtt_finish(&gpu->gtt);
    gpu->dev = NULL;
}

bool gpu_has_room(struct gpu *gpu)
{
    return gpu_ring_begin(&gpu->ring, GPU_BATCH_DWORDS);
}

uint32_t gpu_emit(struct gpu *gpu, uint32_t offset, bool empty)
{
    struct gpu_ring *ring = &gpu->ring;
    uint32_t seqno = ++gpu->seqno;
    if (!empty) {
        gpu_ring_emit(ring, MI_BATCH_BUFFER_START | MI_BATCH_GTT);
        gpu_ring_emit(ring, gtt_address(&gpu->preamble.node));
        gpu_ring_emit(ring, MI_STORE_DATA_INDEX);
        gpu_ring_emit(ring, BEGUN_OFFSET);
        gpu_ring_emit(ring, seqno);
        gpu_ring_emit(ring, MI_BATCH_BUFFER_START | MI_BATCH_GTT);
        gpu_ring_emit(ring, (gtt_address(&gpu->batches.node) + offset) | MI_BATCH_NON_SECURE);
    }
    gpu_ring_emit(ring, MI_FLUSH | MI_FLUSH_MAP_CACHE);
    gpu_ring_emit(ring, MI_STORE_DATA_INDEX);
    gpu_ring_emit(ring, SEQNO_OFFSET);
    gpu_ring_emit(ring, seqno);
    gpu_ring_emit(ring, MI_USER_INTERRUPT);
    gpu_ring_end(ring);
    return seqno;
}

/* What was written to the ring since it was last advanced. */
static void flush_ring(struct gpu *gpu)
{
    const struct gpu_ring *ring = &gpu->ring;
    const struct hw_dma *dma = &gpu->ring_memory.dma;
    if (ring->tail >= ring->submitted) {
        hw_memory_flush(gpu->dev, dma, ring->submitted, ring->tail - ring->submitted);
    } else {
        hw_memory_flush(gpu->dev, dma, ring->submitted, ring->size - ring->submitted);
        hw_memory_flush(gpu->dev, dma, 0, ring->tail);
    }
}

void gpu_flush_batch(struct gpu *gpu, uint32_t offset, uint32_t bytes)
{
    hw_memory_flush(gpu->dev, &gpu->batches.dma, offset, bytes);
}

void gpu_kick(struct gpu *gpu)
{
    flush_ring(gpu);
    gtt_flush(&gpu->gtt);
    hw_chipset_flush(gpu->dev);
    gpu_ring_advance(&gpu->ring);
}

uint32_t gpu_passed(const struct gpu *gpu)
{
    return load_status(gpu, SEQNO_OFFSET);
}

uint32_t gpu_begun(const struct gpu *gpu)
{
    return load_status(gpu, BEGUN_OFFSET);
}

void gpu_set_pipe(struct gpu *gpu, unsigned pipe)
{
    gpu->pipe = pipe;
    write_pipestat(gpu, PIPESTAT_UNDERRUN | 0xffffu);
    hw_write(gpu->dev, IMR, ~(INTERRUPTS | pipe_event(gpu)));
    hw_write(gpu->dev, IER, INTERRUPTS | pipe_event(gpu));
}

void gpu_enable_vblank(struct gpu *gpu, bool enable)
{
    if (gpu->vblank_enabled != enable) {
        gpu->vblank_enabled = enable;
        tuning_wake_for_vblanks(gpu->dev, enable);
        write_pipestat(gpu, PIPESTAT_VBLANK | PIPESTAT_UNDERRUN); /* of a start: not counted */
    }
}

void gpu_interrupt(struct gpu *gpu)
{
    struct hw_device *dev = gpu->dev;
    if (!hw_irq_take(dev)) {
        return; /* taken already */
    }
    uint32_t iir = hw_read(dev, IIR);
    if (iir == 0) {
        hw_irq_unmask(dev); /* of somebody else on the line */
        return;
    }
    uint32_t hotplug = 0;
    uint32_t pipestat = 0;
    uint32_t eir = 0;
    /* The causes go before their summary in IIR (B.3). */
    if ((iir & INT_DISPLAY_PORT) != 0) {
        hotplug = hw_read(dev, PORT_HOTPLUG_STAT);
        hw_write(dev, PORT_HOTPLUG_STAT, hotplug);
    }
    if ((iir & pipe_event(gpu)) != 0) {
        pipestat = hw_read(dev, PIPESTAT_A + gpu->pipe * PIPE_STRIDE);
        write_pipestat(gpu, pipestat);
        gpu->underruns += (pipestat & PIPESTAT_UNDERRUN) != 0;
    }
    if ((iir & INT_MASTER_ERROR) != 0) {
        eir = hw_read(dev, EIR);
        if ((eir & ERROR_PAGE_TABLE) != 0) {
            /* The condition must go before its bit in EIR can. */
            gpu->pgtbl_er = hw_read(dev, PGTBL_ER);
            hw_write(dev, PGTBL_ER, gpu->pgtbl_er);
        }
        hw_write(dev, EIR, eir);
        uint32_t stuck = hw_read(dev, EIR);
        hw_write(dev, EMR, ~ERRORS | stuck);
    }
    hw_write(dev, IIR, iir);
    hw_irq_unmask(dev);

    if ((iir & INT_USER) != 0 && gpu->events.batches != NULL) {
        gpu->events.batches(gpu->events.data);
    }
    if ((pipestat & PIPESTAT_VBLANK) != 0 && gpu->events.vblank != NULL) {
        gpu->events.vblank(gpu->events.data);
    }
    if (eir != 0 && gpu->events.error != NULL) {
        gpu->events.error(gpu->events.data, eir);
    }
    if ((hotplug & HOTPLUG_CRT_EVENT) != 0 && gpu->events.hotplug != NULL) {
        gpu->events.hotplug(gpu->events.data);
    }
}

void gpu_halt(struct gpu *gpu)
{
    hw_write(gpu->dev, MI_MODE, MASKED_SET(MI_MODE_STOP_RING));
    (void)hw_read(gpu->dev, MI_MODE);
}

void gpu_resume(struct gpu *gpu)
{
    hw_write(gpu->dev, MI_MODE, MASKED_CLEAR(MI_MODE_STOP_RING));
}

void gpu_get_position(struct gpu *gpu, struct gpu_position *position)
{
    struct hw_device *dev = gpu->dev;
    *position = (struct gpu_position){
        .acthd = hw_read(dev, ACTHD),
        .ipehr = hw_read(dev, IPEHR),
        .ipeir = hw_read(dev, IPEIR),
        .eir = hw_read(dev, EIR),
        .esr = hw_read(dev, ESR),
        .pgtbl_er = hw_read(dev, PGTBL_ER),
        .instdone = hw_read(dev, INSTDONE),
        .head = hw_read(dev, PRB0_HEAD),
        .tail = hw_read(dev, PRB0_TAIL),
    };
}

int gpu_reset(struct gpu *gpu)
{
    gpu->resets++;
    int error = reset_hardware(gpu);
    if (error != 0) {
        return error;
    }
    gpu->gtt.dirty = true;
    gtt_flush(&gpu->gtt);
    return start(gpu);
}

int gpu_suspend(struct gpu *gpu)
{
    int error = gtt_suspend(&gpu->gtt);
    if (error == 0) {
        gpu_stop(gpu);
    }
    return error;
}

void gpu_resume_memory(struct gpu *gpu)
{
    gtt_resume(&gpu->gtt);
}
