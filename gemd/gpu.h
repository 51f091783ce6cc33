/* SPDX-License-Identifier: MIT */
/*
 * The GPU as the daemon runs it: page table, status page, ring, batch area, interrupts, reset.
 *
 * Knows nothing of sessions: it emits batches that lie in its own area, numbers them with 32-bit
 * seqnos and says how far the GPU has come.
 */
#ifndef GEMD_GPU_H
#define GEMD_GPU_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/batch_area.h"
#include "gemd/gtt.h"
#include "gemd/gpu_ring.h"
#include "hw/device.h"

#define GPU_RING_BYTES   (128u * 1024u)
#define GPU_AREA_BYTES   (8u * 1024u * 1024u)
#define GPU_BATCH_DWORDS 12u   /* of the ring, for each batch */
#define GPU_BATCHES_MAX  2048u /* an empty ring holds so many: all in flight can run again */

/* What an interrupt brought, told by gpu_interrupt(); all of them may be NULL. */
struct gpu_events {
    void (*batches)(void *data); /* the GPU has passed at least one more batch */
    void (*vblank)(void *data);
    void (*error)(void *data, uint32_t eir); /* bits of EIR */
    void (*hotplug)(void *data);             /* a monitor was plugged in or out */
    void *data;
};

/* A piece of memory that the daemon itself keeps bound. */
struct gpu_memory {
    struct hw_dma dma;
    struct gtt_node node;
};

struct gpu {
    struct hw_device *dev;
    struct gpu_events events;
    struct gtt gtt;
    struct gpu_ring ring;
    struct batch_area area;
    struct gpu_memory status; /* hardware status page */
    struct gpu_memory ring_memory;
    struct gpu_memory preamble; /* commands of preamble_write() */
    struct gpu_memory dummy;    /* what the preamble's addresses name: a page of nobody */
    struct gpu_memory batches;  /* 'area' says which part is whose */
    uint32_t seqno;             /* of the newest emitted batch */
    uint32_t pgtbl_er;          /* of the last page-table error */
    unsigned pipe;              /* whose vblanks count: 0 is A, 1 is B */
    bool vblank_enabled;
    uint64_t resets;
    uint64_t underruns; /* frames during which the pipe found its FIFO empty */
};

/* What the GPU was doing, for the log. */
struct gpu_position {
    uint32_t acthd, ipehr, ipeir, eir, esr, pgtbl_er, instdone, head, tail;
};

/* Takes the device over; 0 or a negative errno. The device stays the caller's. */
int gpu_init(struct gpu *gpu, struct hw_device *dev, const struct gpu_events *events);
/* Stops the GPU: nothing it reads or writes changes any more. */
void gpu_stop(struct gpu *gpu);
/* Stops the GPU and lets go of all memory. Clients' memory must be unbound by now. */
void gpu_finish(struct gpu *gpu);

/* Room in the ring for one more batch. */
bool gpu_has_room(struct gpu *gpu);

/*
 * Emits safe state, the batch at 'offset' of the area (skipped when 'empty'), and its seqno, which
 * is returned. gpu_has_room() must have said so. The GPU starts at gpu_kick().
 */
uint32_t gpu_emit(struct gpu *gpu, uint32_t offset, bool empty);
void gpu_kick(struct gpu *gpu);

/* The words of a batch are there for the GPU, however it reads memory; before it is kicked. */
void gpu_flush_batch(struct gpu *gpu, uint32_t offset, uint32_t bytes);

/* The last seqno that the GPU has passed. */
uint32_t gpu_passed(const struct gpu *gpu);

/* The last seqno whose batch the GPU has begun, passed or not; exact once the GPU is reset. */
uint32_t gpu_begun(const struct gpu *gpu);

static inline bool gpu_seqno_passed(uint32_t passed, uint32_t seqno)
{
    return (int32_t)(passed - seqno) >= 0;
}

/* The CPU's view of the batch area. */
static inline uint32_t *gpu_batch_words(const struct gpu *gpu, uint32_t offset)
{
    return (uint32_t *)(void *)((uint8_t *)gpu->batches.dma.cpu + offset);
}

/* Another pipe's vblanks are to count; while they do not interrupt. */
void gpu_set_pipe(struct gpu *gpu, unsigned pipe);

/* Whether vblanks interrupt; survives a reset. */
void gpu_enable_vblank(struct gpu *gpu, bool enable);

/* To be called when irq_fd is readable: acknowledges, tells events, unmasks. */
void gpu_interrupt(struct gpu *gpu);

/*
 * The GPU begins no batch any more; one that it is in goes on. gpu_resume(), or a reset, ends that.
 */
void gpu_halt(struct gpu *gpu);
void gpu_resume(struct gpu *gpu);

void gpu_get_position(struct gpu *gpu, struct gpu_position *position);

/*
 * Stops the GPU, which may lose registers and page table then; gpu_resume_memory() and gpu_reset()
 * bring it back. 0 or -ENOMEM.
 */
int gpu_suspend(struct gpu *gpu);
void gpu_resume_memory(struct gpu *gpu);

/*
 * Resets the GPU and brings it up again with an empty ring; batches that had not passed are
 * forgotten, the display is off. -EIO: it does not come back.
 */
int gpu_reset(struct gpu *gpu);

#endif
