/* SPDX-License-Identifier: MIT */
/*
 * Fences: a counted reference to a seqno of the session, or to a descriptor (native_fence.c).
 * Asking the former costs a load.
 */

#include <stdlib.h>
#include <unistd.h>

#include "util/u_inlines.h"

#include "winsys/i915/winsys.h"

struct pipe_fence_handle *fence_create(uint64_t seqno)
{
    struct pipe_fence_handle *fence = calloc(1, sizeof(*fence));

    if (fence != NULL) {
        pipe_reference_init(&fence->reference, 1);
        fence->seqno = seqno;
        fence->fd = -1;
    }
    return fence;
}

static void fence_reference(struct i915_winsys *base, struct pipe_fence_handle **ptr,
                            struct pipe_fence_handle *fence)
{
    struct pipe_fence_handle *old = *ptr;

    if (pipe_reference(old != NULL ? &old->reference : NULL,
                       fence != NULL ? &fence->reference : NULL)) {
        if (old->fd >= 0) {
            close(old->fd);
        }
        free(old);
    }
    *ptr = fence;
}

bool fence_passed(struct winsys *winsys, const struct pipe_fence_handle *fence)
{
    return fence->fd >= 0 ? gemd_fence_wait(fence->fd, 0) == 0
                          : gemd_seqno_passed(winsys->session, fence->seqno);
}

bool fence_wait(struct winsys *winsys, const struct pipe_fence_handle *fence, int64_t deadline)
{
    if (fence->fd >= 0) {
        return gemd_fence_wait(fence->fd, deadline) == 0;
    }
    (void)gemd_seqno_wait(winsys->session, fence->seqno, deadline);
    return gemd_seqno_passed(winsys->session, fence->seqno);
}

/* 1: passed. No fence has passed already: there was no memory for one, and its work was queued. */
static int fence_signalled(struct i915_winsys *base, struct pipe_fence_handle *fence)
{
    return fence == NULL || fence_passed(winsys_of(base), fence);
}

/* 1 always: without a deadline a wait ends when the work does, or the session. */
static int fence_finish(struct i915_winsys *base, struct pipe_fence_handle *fence)
{
    if (fence != NULL) {
        (void)fence_wait(winsys_of(base), fence, GEMD_FOREVER);
    }
    return 1;
}

void fence_init_functions(struct i915_winsys *base)
{
    base->fence_reference = fence_reference;
    base->fence_signalled = fence_signalled;
    base->fence_finish = fence_finish;
}
