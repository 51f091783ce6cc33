/* SPDX-License-Identifier: MIT */
/*
 * Slots for the private copies of batches: a circle of bytes that is given out and comes back in
 * the same order, as the GPU passes the batches. Units: bytes; slots are 64-byte aligned.
 */
#ifndef GEMD_BATCH_AREA_H
#define GEMD_BATCH_AREA_H

#include <stdbool.h>
#include <stdint.h>

#define BATCH_AREA_ALIGN 64u

struct batch_area {
    uint32_t size;
    uint32_t head; /* start of the oldest slot */
    uint32_t tail; /* end of the newest */
    uint32_t used; /* bytes from head to tail, with what was skipped at the end */
};

struct batch_slot {
    uint32_t offset; /* in the area */
    uint32_t taken;  /* bytes that come back with it, skipped ones included */
};

static inline void batch_area_init(struct batch_area *area, uint32_t size)
{
    *area = (struct batch_area){.size = size};
}

/* False when the oldest slots have not come back yet. bytes: at most half of the area. */
static inline bool batch_area_take(struct batch_area *area, uint32_t bytes, struct batch_slot *slot)
{
    uint32_t want = (bytes + BATCH_AREA_ALIGN - 1) & ~(BATCH_AREA_ALIGN - 1);
    uint32_t skip = want > area->size - area->tail ? area->size - area->tail : 0;
    if (want + skip > area->size - area->used) {
        return false;
    }
    slot->offset = skip != 0 ? 0 : area->tail;
    slot->taken = want + skip;
    area->tail = slot->offset + want == area->size ? 0 : slot->offset + want;
    area->used += slot->taken;
    return true;
}

/* The oldest slot comes back. */
static inline void batch_area_give(struct batch_area *area, const struct batch_slot *slot)
{
    area->head = (area->head + slot->taken) % area->size;
    area->used -= slot->taken;
}

/* Takes the newest slot back, unused: a batch that was refused. */
static inline void batch_area_cancel(struct batch_area *area, const struct batch_slot *slot)
{
    area->tail = (area->tail + area->size - slot->taken % area->size) % area->size;
    area->used -= slot->taken;
}

#endif
