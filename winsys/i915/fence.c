/* SPDX-License-Identifier: MIT */
/* Fences: a counted reference to a seqno of the session. Asking one costs a load. */

#include <stdlib.h>

#include "util/u_inlines.h"

#include "winsys/i915/winsys.h"

struct pipe_fence_handle *fence_create(uint64_t seqno)
{
    struct pipe_fence_handle *fence = calloc(1, sizeof(*fence));

    if (fence != NULL) {
        pipe_reference_init(&fence->reference, 1);
        fence->seqno = seqno;
    }
    return fence;
}

static void fence_reference(struct i915_winsys *base, struct pipe_fence_handle **ptr,
                            struct pipe_fence_handle *fence)
{
    struct pipe_fence_handle *old = *ptr;

    if (pipe_reference(old != NULL ? &old->reference : NULL,
                       fence != NULL ? &fence->reference : NULL)) {
        free(old);
    }
    *ptr = fence;
}

/* 1: passed. No fence has passed already: there was no memory for one, and its work was queued. */
static int fence_signalled(struct i915_winsys *base, struct pipe_fence_handle *fence)
{
    return fence == NULL || gemd_seqno_passed(winsys_of(base)->session, fence->seqno);
}

/* 1 always: without a deadline a wait ends when the work does, or the session. */
static int fence_finish(struct i915_winsys *base, struct pipe_fence_handle *fence)
{
    if (fence != NULL) {
        (void)gemd_seqno_wait(winsys_of(base)->session, fence->seqno, GEMD_FOREVER);
    }
    return 1;
}

void fence_init_functions(struct i915_winsys *base)
{
    base->fence_reference = fence_reference;
    base->fence_signalled = fence_signalled;
    base->fence_finish = fence_finish;
}
