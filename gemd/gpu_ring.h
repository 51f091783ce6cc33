/* SPDX-License-Identifier: MIT */
/*
 * The ring buffer that feeds the GPU: the daemon writes commands, the GPU follows (gen3.md B.1).
 *
 * Usage: gpu_ring_begin() for a run of dwords that must not straddle the end, gpu_ring_emit() each,
 * gpu_ring_advance() to let the GPU see them. Units: bytes unless a name says dwords.
 */
#ifndef GEMD_GPU_RING_H
#define GEMD_GPU_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/device.h"

struct gpu_ring {
    struct hw_device *dev;
    uint8_t *base;
    uint32_t size;
    uint32_t gtt_address;
    uint32_t head;      /* as last read from the GPU */
    uint32_t tail;      /* next byte to write */
    uint32_t limit;     /* end of the run that gpu_ring_begin() granted */
    uint32_t submitted; /* the tail that the GPU knows */
};

/* The GPU's head is kept this far from the tail: they must not meet in one cache line. */
#define RING_GUARD 64u

void gpu_ring_init(struct gpu_ring *ring, struct hw_device *dev, void *base, uint32_t size,
                   uint32_t gtt_address);

/* Programs the ring registers with an empty ring. 0; -EIO: the ring does not come up. */
int gpu_ring_start(struct gpu_ring *ring);

/* Takes the ring from the GPU; what was not executed is lost. */
void gpu_ring_stop(struct gpu_ring *ring);

/*
 * Room for 'dwords' (an even number) without a wrap; pads with MI_NOOP up to the end of the buffer
 * where needed. False when the GPU is too far behind.
 */
bool gpu_ring_begin(struct gpu_ring *ring, uint32_t dwords);

static inline void gpu_ring_emit(struct gpu_ring *ring, uint32_t dword)
{
    *(uint32_t *)(void *)(ring->base + ring->tail) = dword;
    ring->tail += 4;
}

/* Ends the run that gpu_ring_begin() started; the rest of it becomes MI_NOOP. */
void gpu_ring_end(struct gpu_ring *ring);

/* Hands everything written so far to the GPU. */
void gpu_ring_advance(struct gpu_ring *ring);

#endif
