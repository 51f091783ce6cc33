/* SPDX-License-Identifier: MIT */
#include "gemd/gtt_fence.h"

#include <errno.h>

#include "gemd/gtt.h"
#include "hw/gen3/regs.h"

/* What a search for a register goes by. */
struct wanted {
    const struct gtt_owner *owner; /* it, or its group, has it; NULL: whoever */
    bool greedy;                   /* whoever has too many */
};

void gtt_fences_init(struct gtt_fences *fences, struct hw_device *dev)
{
    unsigned count = dev->identity.fence_count;
    *fences =
        (struct gtt_fences){.dev = dev, .count = count < GTT_FENCES_MAX ? count : GTT_FENCES_MAX};
}

/* The read forces the write out: what comes next sees the register. */
static void write_register(struct gtt_fences *fences, unsigned index)
{
    const struct gtt_node *node = fences->registers[index].node;
    uint32_t value = node != NULL ? node->fence_bits | gtt_address(node) : 0;
    hw_write(fences->dev, FENCE(index), value);
    (void)hw_read(fences->dev, FENCE(index));
}

void gtt_fences_restore(struct gtt_fences *fences)
{
    for (unsigned i = 0; i < fences->count; i++) {
        write_register(fences, i);
    }
}

static void count_one(const struct gtt_node *node, int64_t change)
{
    struct gtt_owner *owner = node->owner;
    if (owner != NULL) {
        owner->fences += (uint64_t)change;
        if (owner->group != NULL) {
            owner->group->fences += (uint64_t)change;
        }
    }
}

bool gtt_fence_keep(struct gtt_fences *fences, const struct gtt_node *node,
                    struct gtt_fence_claim *claim)
{
    if (node->fence == GTT_FENCE_NONE) {
        return false;
    }
    fences->registers[node->fence].used = ++fences->clock;
    claim->keep |= 1u << node->fence;
    return true;
}

bool gtt_fence_owner_is_greedy(const struct gtt_owner *owner)
{
    return (owner->fence_soft != NULL && owner->fences > *owner->fence_soft) ||
           (owner->group_fence_soft != NULL && owner->group->fences > *owner->group_fence_soft);
}

/* Nothing on the GPU or on the screen uses it, nor does who claims. */
static bool is_idle(const struct gtt_fences *fences, unsigned index,
                    const struct gtt_fence_claim *claim)
{
    uint32_t own = claim->own >> index & 1u;
    return (claim->keep >> index & 1u) == 0 && fences->registers[index].node->pins <= own;
}

static bool suits(const struct gtt_owner *owner, const struct wanted *wanted)
{
    if (wanted->greedy) {
        return owner != NULL && gtt_fence_owner_is_greedy(owner);
    }
    return wanted->owner == NULL ||
           (owner != NULL && (owner == wanted->owner || owner->group == wanted->owner));
}

static int find_idle(const struct gtt_fences *fences, const struct wanted *wanted,
                     const struct gtt_fence_claim *claim)
{
    int found = GTT_FENCE_NONE;
    for (unsigned i = 0; i < fences->count; i++) {
        const struct gtt_node *node = fences->registers[i].node;
        if (node != NULL && suits(node->owner, wanted) && is_idle(fences, i, claim) &&
            (found == GTT_FENCE_NONE ||
             fences->registers[i].used < fences->registers[found].used)) {
            found = (int)i;
        }
    }
    return found;
}

static int find_free(const struct gtt_fences *fences)
{
    for (unsigned i = 0; i < fences->count; i++) {
        if (fences->registers[i].node == NULL) {
            return (int)i;
        }
    }
    return GTT_FENCE_NONE;
}

/* A register that may be taken: a free one, of who has too many, or the least recently used. */
static int find(struct gtt_fences *fences, const struct gtt_fence_claim *claim)
{
    int found = find_free(fences);
    if (found != GTT_FENCE_NONE) {
        return found;
    }
    found = find_idle(fences, &(struct wanted){.greedy = true}, claim);
    if (found == GTT_FENCE_NONE) {
        found = find_idle(fences, &(struct wanted){0}, claim);
    }
    if (found != GTT_FENCE_NONE) {
        gtt_fence_drop(fences, fences->registers[found].node);
        fences->steals++;
    }
    return found;
}

int gtt_fence_take(struct gtt_fences *fences, struct gtt_node *node, struct gtt_fence_claim *claim)
{
    if (gtt_fence_keep(fences, node, claim)) {
        return 0;
    }
    /* Work that goes by the tiling bits of commands may be at it: not under its hands. */
    if (node->pins > 1) {
        return -EBUSY;
    }
    int index = find(fences, claim);
    if (index == GTT_FENCE_NONE) {
        return -EBUSY;
    }
    fences->registers[index].node = node;
    node->fence = (int8_t)index;
    count_one(node, 1);
    claim->own &= ~(1u << index);
    write_register(fences, (unsigned)index);
    (void)gtt_fence_keep(fences, node, claim);
    return 0;
}

void gtt_fence_drop(struct gtt_fences *fences, struct gtt_node *node)
{
    if (node->fence == GTT_FENCE_NONE) {
        return;
    }
    unsigned index = (unsigned)node->fence;
    fences->registers[index].node = NULL;
    node->fence = GTT_FENCE_NONE;
    count_one(node, -1);
    write_register(fences, index);
}

bool gtt_fence_drop_of(struct gtt_fences *fences, const struct gtt_owner *owner,
                       const struct gtt_fence_claim *claim)
{
    int found = find_idle(fences, &(struct wanted){.owner = owner}, claim);
    if (found == GTT_FENCE_NONE) {
        return false;
    }
    gtt_fence_drop(fences, fences->registers[found].node);
    return true;
}

unsigned gtt_fences_used(const struct gtt_fences *fences)
{
    unsigned used = 0;
    for (unsigned i = 0; i < fences->count; i++) {
        used += fences->registers[i].node != NULL;
    }
    return used;
}
