/* SPDX-License-Identifier: MIT */
#include "gemd/gpu_ring.h"

#include <errno.h>
#include <time.h>

#include "hw/gen3/regs.h"

#define POLL_STEP_NS 20000
#define POLL_STEPS   2500 /* 50 ms in all, the time that B.1 allows */

void gpu_ring_init(struct gpu_ring *ring, struct hw_device *dev, void *base, uint32_t size,
                   uint32_t gtt_address)
{
    *ring = (struct gpu_ring){.dev = dev, .base = base, .size = size, .gtt_address = gtt_address};
}

static bool poll_register(struct hw_device *dev, uint32_t reg, uint32_t mask, uint32_t value)
{
    struct timespec step = {.tv_nsec = POLL_STEP_NS};
    for (int i = 0; i < POLL_STEPS; i++) {
        if ((hw_read(dev, reg) & mask) == value) {
            return true;
        }
        nanosleep(&step, NULL);
    }
    return false;
}

int gpu_ring_start(struct gpu_ring *ring)
{
    gpu_ring_stop(ring);
    hw_write(ring->dev, PRB0_START, ring->gtt_address);
    hw_write(ring->dev, PRB0_CTL, (ring->size - HW_PAGE_SIZE) | RING_VALID);
    ring->head = 0;
    ring->tail = 0;
    ring->limit = 0;
    ring->submitted = 0;
    if (!poll_register(ring->dev, PRB0_CTL, RING_VALID, RING_VALID) ||
        !poll_register(ring->dev, PRB0_HEAD, RING_HEAD_MASK, 0)) {
        return -EIO;
    }
    hw_write(ring->dev, MI_MODE, MASKED_CLEAR(MI_MODE_STOP_RING));
    return 0;
}

void gpu_ring_stop(struct gpu_ring *ring)
{
    hw_write(ring->dev, MI_MODE, MASKED_SET(MI_MODE_STOP_RING));
    /* A hung streamer never says idle; the reset that follows does not need it to. */
    (void)hw_read(ring->dev, MI_MODE);
    hw_write(ring->dev, PRB0_CTL, 0);
    hw_write(ring->dev, PRB0_HEAD, 0);
    hw_write(ring->dev, PRB0_TAIL, 0);
    /* What is written to START before these have arrived may be lost. */
    (void)hw_read(ring->dev, PRB0_HEAD);
}

/* Free bytes from the tail on, up to the guard before the head. */
static uint32_t space(const struct gpu_ring *ring)
{
    uint32_t used = (ring->tail - ring->head) & (ring->size - 1);
    return ring->size - used - RING_GUARD;
}

static bool has_space(struct gpu_ring *ring, uint32_t bytes)
{
    if (space(ring) >= bytes) {
        return true;
    }
    ring->head = hw_read(ring->dev, PRB0_HEAD) & RING_HEAD_MASK;
    return space(ring) >= bytes;
}

bool gpu_ring_begin(struct gpu_ring *ring, uint32_t dwords)
{
    uint32_t bytes = dwords * 4;
    uint32_t to_end = ring->size - ring->tail;
    bool wraps = bytes > to_end;
    if (!has_space(ring, wraps ? bytes + to_end : bytes)) {
        return false;
    }
    if (wraps) {
        while (ring->tail < ring->size) {
            gpu_ring_emit(ring, MI_NOOP);
        }
        ring->tail = 0;
    }
    ring->limit = ring->tail + bytes;
    return true;
}

void gpu_ring_end(struct gpu_ring *ring)
{
    while (ring->tail < ring->limit) {
        gpu_ring_emit(ring, MI_NOOP);
    }
    ring->tail &= ring->size - 1;
}

void gpu_ring_advance(struct gpu_ring *ring)
{
    if (ring->tail == ring->submitted) {
        return;
    }
    ring->submitted = ring->tail;
    hw_write(ring->dev, PRB0_TAIL, ring->tail);
}
