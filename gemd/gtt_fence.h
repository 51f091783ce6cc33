/* SPDX-License-Identifier: MIT */
/*
 * The fence registers: which bound nodes the blitter, the pipe and the aperture see in tiles.
 *
 * A node gets a register when something needs it, and keeps it until another needs it more or the
 * node leaves the GTT. A register never changes while the GPU or the pipe may use its node, which
 * is as long as the node is pinned; so nothing has to be counted, and what runs again after a reset
 * finds the registers that it had.
 */
#ifndef GEMD_GTT_FENCE_H
#define GEMD_GTT_FENCE_H

#include <stdbool.h>
#include <stdint.h>

#define GTT_FENCES_MAX 16u
#define GTT_FENCE_NONE (-1)

struct gtt;
struct gtt_node;
struct gtt_owner;
struct hw_device;

struct gtt_fences {
    struct hw_device *dev;
    unsigned count; /* that the chip has */
    struct {
        struct gtt_node *node; /* NULL: free */
        uint64_t used;         /* of 'clock': when it was last needed */
    } registers[GTT_FENCES_MAX];
    uint64_t clock;
    uint64_t steals; /* registers that were taken from a node for another */
};

/*
 * Somebody who is taking registers for several nodes at once, each of which it has pinned once.
 * Bits: registers.
 */
struct gtt_fence_claim {
    uint32_t keep; /* taken for it */
    uint32_t own;  /* of nodes that it has pinned, needed or not: one pin of theirs is its own */
};

void gtt_fences_init(struct gtt_fences *fences, struct hw_device *dev);

/* Writes all registers, after a reset or at start. */
void gtt_fences_restore(struct gtt_fences *fences);

/* Whether the node has a register; it becomes the most recently used one, and the claim's. */
bool gtt_fence_keep(struct gtt_fences *fences, const struct gtt_node *node,
                    struct gtt_fence_claim *claim);

/*
 * A register for a bound, tiled node that the caller has pinned once. -EBUSY: all registers, or the
 * node itself, are in use by work that has to pass first.
 */
int gtt_fence_take(struct gtt_fences *fences, struct gtt_node *node, struct gtt_fence_claim *claim);

/* Takes the node's register away, if it has one; nothing may be using it. */
void gtt_fence_drop(struct gtt_fences *fences, struct gtt_node *node);

/*
 * Takes away the least recently used register of the owner, or of the group when that is an owner's
 * group, which neither work nor the claim needs. False: there is none.
 */
bool gtt_fence_drop_of(struct gtt_fences *fences, const struct gtt_owner *owner,
                       const struct gtt_fence_claim *claim);

/* Registers that are some node's. */
unsigned gtt_fences_used(const struct gtt_fences *fences);

/* Whether the owner has more registers than a soft limit. */
bool gtt_fence_owner_is_greedy(const struct gtt_owner *owner);

#endif
