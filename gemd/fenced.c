/* SPDX-License-Identifier: MIT */
#include "gemd/fenced.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

/* What a batch needs, and has already. */
struct need {
    struct gtt_fence_claim claim;
    unsigned all, more; /* registers; those that it has not */
};

static struct need add_up(struct gtt_fences *fences, struct bo *const *bos,
                          const struct validator_buffer *buffers, uint32_t count)
{
    struct need need = {0};
    for (uint32_t i = 0; i < count; i++) {
        const struct gtt_node *node = &bos[i]->node;
        if (node->fence != GTT_FENCE_NONE) {
            need.claim.own |= 1u << node->fence;
        }
        if ((buffers[i].used & VALIDATOR_FENCED) != 0) {
            need.all++;
            need.more += !gtt_fence_keep(fences, node, &need.claim);
        }
    }
    return need;
}

/* Whether it could ever have so many. */
static int check_hard(const struct gtt_fences *fences, const struct quota *quota, unsigned all,
                      char text[GEMD_TEXT_MAX])
{
    if (all > fences->count) {
        snprintf(text, GEMD_TEXT_MAX,
                 "%u buffers in tiles need a fence register each, there are %u", all,
                 fences->count);
        return -ENOSPC;
    }
    if (quota->limits == NULL) {
        return 0;
    }
    uint64_t own = quota->limits->session[LIMIT_FENCE_REGISTERS].hard;
    uint64_t users = quota->limits->uid[LIMIT_FENCE_REGISTERS].hard;
    if (all > own || all > users) {
        snprintf(text, GEMD_TEXT_MAX,
                 "fence_registers: its buffers in tiles need %u, the session may have %" PRIu64
                 ", its user %" PRIu64,
                 all, own, users);
        return -EDQUOT;
    }
    return 0;
}

/* Gives idle registers of the session, then of its user, back until 'more' fit. */
static bool make_room(struct gtt_fences *fences, struct quota *quota,
                      const struct gtt_fence_claim *claim, unsigned more, char *text)
{
    while (!quota_has_room(quota, LIMIT_FENCE_REGISTERS, more, text)) {
        if (!gtt_fence_drop_of(fences, &quota->owner, claim) &&
            !gtt_fence_drop_of(fences, &quota->account->owner, claim)) {
            return false;
        }
    }
    return true;
}

static int take_all(struct gtt_fences *fences, struct bo *const *bos,
                    const struct validator_buffer *buffers, uint32_t count,
                    struct gtt_fence_claim *claim)
{
    for (uint32_t i = 0; i < count; i++) {
        if ((buffers[i].used & VALIDATOR_FENCED) != 0 &&
            gtt_fence_take(fences, &bos[i]->node, claim) != 0) {
            return -EAGAIN;
        }
    }
    return 0;
}

int fenced_take(struct gtt *gtt, struct quota *quota, struct bo *const *bos,
                const struct validator_buffer *buffers, uint32_t count, char text[GEMD_TEXT_MAX])
{
    struct gtt_fences *fences = &gtt->fences;
    struct need need = add_up(fences, bos, buffers, count);
    if (need.more == 0) {
        return 0;
    }
    int error = check_hard(fences, quota, need.all, text);
    if (error != 0) {
        return error;
    }
    if (!make_room(fences, quota, &need.claim, need.more, text)) {
        return -EBUSY;
    }
    error = take_all(fences, bos, buffers, count, &need.claim);
    if (error != 0) {
        snprintf(
            text, GEMD_TEXT_MAX,
            "%u buffers in tiles need a fence register each, of %u others keep too many in use",
            need.all, fences->count);
    }
    return error;
}

int fenced_take_frame(struct gtt *gtt, struct bo *bo)
{
    struct gtt_fence_claim claim = {0};
    unsigned more = bo->node.fence == GTT_FENCE_NONE;
    if (bo->quota != NULL && !make_room(&gtt->fences, bo->quota, &claim, more, NULL)) {
        return -ENOSPC;
    }
    return gtt_fence_take(&gtt->fences, &bo->node, &claim) == 0 ? 0 : -ENOSPC;
}
