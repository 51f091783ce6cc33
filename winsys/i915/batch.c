/* SPDX-License-Identifier: MIT */
/*
 * Batches: commands in plain memory, with the list of buffers and relocations beside them. A flush
 * copies all three into the session's ring, where the daemon checks them.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "i915/i915_batchbuffer.h"
#include "util/log.h"
#include "util/os_time.h"
#include "util/u_math.h"

#include "winsys/i915/winsys.h"

#define MI_NOOP             0u
#define MI_BATCH_BUFFER_END (0x0au << 23)

#define BATCH_END_BYTES   8u    /* kept free for MI_BATCH_BUFFER_END and a MI_NOOP */
#define BATCH_SLACK_BYTES 4096u /* behind the end: the driver's own size checks are asserts */

#define FRAMES_IN_FLIGHT 2
#define WAITS_MAX        8

struct batch {
    struct i915_winsys_batchbuffer base;
    struct gemd_reloc *relocs;
    struct gemd_bo **buffers;
    struct i915_winsys_buffer **held; /* whose those are, a reference each */
    uint32_t reloc_count, buffer_count;
    uint64_t buffer_bytes;                      /* of all buffers */
    int error;                                  /* why it cannot be submitted; 0 */
    uint32_t losses;                            /* of the session, that the context knows of */
    uint64_t frames[FRAMES_IN_FLIGHT];          /* seqnos of the last frames' ends, oldest first */
    struct pipe_fence_handle *waits[WAITS_MAX]; /* that the next submission waits for */
    uint32_t wait_count;
    uint64_t elsewhere; /* the last seqno that drew into what others know; 0: waited for */
};

static const uint8_t use_of_usage[] = {
    [I915_USAGE_RENDER] = GEMD_USE_READ | GEMD_USE_WRITE,
    [I915_USAGE_SAMPLER] = GEMD_USE_READ,
    [I915_USAGE_2D_TARGET] = GEMD_USE_READ | GEMD_USE_WRITE,
    [I915_USAGE_2D_SOURCE] = GEMD_USE_READ,
    [I915_USAGE_VERTEX] = GEMD_USE_READ,
};

static _Thread_local struct i915_winsys_buffer *flush_only_for;

void batch_flush_only_for(struct i915_winsys_buffer *buffer)
{
    flush_only_for = buffer;
}

static struct batch *batch_of(struct i915_winsys_batchbuffer *base)
{
    return (struct batch *)base;
}

static void batch_reset(struct batch *batch)
{
    for (uint32_t i = 0; i < batch->buffer_count; i++) {
        buffer_unref(winsys_of(batch->base.iws), batch->held[i]);
    }
    batch->base.ptr = batch->base.map;
    batch->base.size = winsys_of(batch->base.iws)->batch_bytes - BATCH_END_BYTES;
    batch->base.relocs = 0;
    batch->reloc_count = 0;
    batch->buffer_count = 0;
    batch->buffer_bytes = 0;
    batch->error = 0;
}

static void forget_wait(struct batch *batch, uint32_t i)
{
    struct i915_winsys *iws = batch->base.iws;

    iws->fence_reference(iws, &batch->waits[i], batch->waits[--batch->wait_count]);
    iws->fence_reference(iws, &batch->waits[batch->wait_count], NULL);
}

static void batch_destroy(struct i915_winsys_batchbuffer *base)
{
    struct batch *batch = batch_of(base);

    while (batch->wait_count > 0) {
        forget_wait(batch, 0);
    }
    batch_reset(batch);
    free(batch->held);
    free(batch->buffers);
    free(batch->relocs);
    free(batch->base.map);
    free(batch);
}

static struct i915_winsys_batchbuffer *batch_create(struct i915_winsys *base)
{
    const struct winsys *winsys = winsys_of(base);
    struct batch *batch = calloc(1, sizeof(*batch));

    if (batch == NULL) {
        return NULL;
    }
    batch->base.iws = base;
    batch->losses = gemd_session_losses(winsys->session);
    batch->base.map = calloc(1, winsys->batch_bytes + BATCH_SLACK_BYTES);
    batch->relocs = calloc(winsys->max_relocs, sizeof(*batch->relocs));
    batch->buffers = calloc(winsys->max_buffers, sizeof(struct gemd_bo *));
    batch->held = calloc(winsys->max_buffers, sizeof(struct i915_winsys_buffer *));
    if (batch->base.map == NULL || batch->relocs == NULL || batch->buffers == NULL ||
        batch->held == NULL) {
        batch_destroy(&batch->base);
        return NULL;
    }
    batch_reset(batch);
    return &batch->base;
}

/* The buffer's index in the list, or -1. */
static int64_t batch_find(const struct batch *batch, struct i915_winsys_buffer *buffer)
{
    /* Another context's batch may have moved the hint, and an import may share the object. */
    uint32_t hint = atomic_load_explicit(&buffer->slot, memory_order_relaxed);

    if (hint < batch->buffer_count && batch->buffers[hint] == buffer->bo) {
        return hint;
    }
    for (uint32_t i = 0; i < batch->buffer_count; i++) {
        if (batch->buffers[i] == buffer->bo) {
            atomic_store_explicit(&buffer->slot, i, memory_order_relaxed);
            return i;
        }
    }
    return -1;
}

static int64_t batch_add(struct batch *batch, struct i915_winsys_buffer *buffer)
{
    const int64_t found = batch_find(batch, buffer);

    if (found >= 0) {
        return found;
    }
    if (batch->buffer_count == winsys_of(batch->base.iws)->max_buffers) {
        return -E2BIG;
    }
    const uint32_t slot = batch->buffer_count++;
    buffer_ref(buffer);
    batch->held[slot] = buffer;
    batch->buffers[slot] = buffer->bo;
    batch->buffer_bytes += gemd_bo_size(buffer->bo);
    atomic_store_explicit(&buffer->slot, slot, memory_order_relaxed);
    return slot;
}

/*
 * Whether commands that use these buffers still go into this batch; if not, the driver flushes and
 * starts anew. It emits at most one relocation for each buffer that it names here.
 */
static bool batch_validate_buffers(struct i915_winsys_batchbuffer *base,
                                   struct i915_winsys_buffer **buffers, int count)
{
    const struct batch *batch = batch_of(base);
    const struct winsys *winsys = winsys_of(base->iws);
    uint64_t bytes = batch->buffer_bytes;
    uint64_t listed = batch->buffer_count;

    for (int i = 0; i < count; i++) {
        if (buffers[i] != NULL && batch_find(batch, buffers[i]) < 0) {
            bytes += gemd_bo_size(buffers[i]->bo);
            listed++;
        }
    }
    return bytes <= winsys->max_buffer_bytes && listed <= winsys->max_buffers &&
           batch->reloc_count + (uint64_t)count <= winsys->max_relocs;
}

static int batch_add_reloc(struct batch *batch, struct i915_winsys_buffer *buffer,
                           enum i915_winsys_buffer_usage usage, unsigned offset)
{
    if (buffer == NULL) {
        return -ENOMEM;
    }
    if ((size_t)usage >= ARRAY_SIZE(use_of_usage) || use_of_usage[usage] == 0) {
        return -EINVAL;
    }
    if (batch->reloc_count == winsys_of(batch->base.iws)->max_relocs) {
        return -E2BIG;
    }
    const int64_t slot = batch_add(batch, buffer);
    if (slot < 0) {
        return (int)slot;
    }
    batch->relocs[batch->reloc_count++] = (struct gemd_reloc){
        .dword = (uint32_t)((batch->base.ptr - batch->base.map) / 4),
        .buffer = (uint32_t)slot,
        .delta = buffer->offset + offset,
        .use = use_of_usage[usage],
    };
    batch->base.relocs++;
    return 0;
}

/* Tiling needs no fence here: all buffers are linear. */
static int batch_reloc(struct i915_winsys_batchbuffer *base, struct i915_winsys_buffer *buffer,
                       enum i915_winsys_buffer_usage usage, unsigned offset, bool fenced)
{
    struct batch *batch = batch_of(base);
    const int error = batch_add_reloc(batch, buffer, usage, offset);

    /* The driver ignores what we return, and goes on with the command's other words. */
    if (error != 0 && batch->error == 0) {
        batch->error = error;
    }
    i915_winsys_batchbuffer_dword_unchecked(base, offset);
    return error;
}

static void batch_rename(struct batch *batch, uint32_t from, uint32_t to)
{
    for (uint32_t i = 0; i < batch->reloc_count; i++) {
        if (batch->relocs[i].buffer == from) {
            batch->relocs[i].buffer = to;
        }
    }
}

/* Slot i's buffer is in the list a second time: as what it was, and as what somebody imported. */
static void batch_drop_twin(struct batch *batch, uint32_t i, uint32_t twin)
{
    const uint32_t last = batch->buffer_count - 1;

    batch_rename(batch, i, twin);
    buffer_unref(winsys_of(batch->base.iws), batch->held[i]);
    if (i != last) {
        batch_rename(batch, last, i);
        batch->held[i] = batch->held[last];
        batch->buffers[i] = batch->buffers[last];
    }
    batch->buffer_count = last;
}

/* Buffers that got a memory file since they were listed are what they are now. */
static void batch_renew_buffers(struct batch *batch)
{
    for (uint32_t i = batch->buffer_count; i-- > 0;) {
        struct gemd_bo *bo = batch->held[i]->bo;
        uint32_t twin = 0;

        if (batch->buffers[i] == bo) {
            continue;
        }
        while (twin < batch->buffer_count && batch->buffers[twin] != bo) {
            twin++;
        }
        batch->buffers[i] = bo;
        if (twin < batch->buffer_count) {
            batch_drop_twin(batch, i, twin);
        }
    }
}

/* Whether it draws into what others know. Those are few, and so are the batches that have any. */
static bool batch_draws_elsewhere(const struct batch *batch)
{
    bool has_any = false;

    for (uint32_t i = 0; i < batch->buffer_count; i++) {
        has_any = has_any || batch->held[i]->is_elsewhere;
    }
    for (uint32_t i = 0; has_any && i < batch->reloc_count; i++) {
        const struct gemd_reloc *reloc = &batch->relocs[i];

        if ((reloc->use & GEMD_USE_WRITE) != 0 && batch->held[reloc->buffer]->is_elsewhere) {
            return true;
        }
    }
    return false;
}

static int batch_submit(struct batch *batch, uint64_t *seqno)
{
    struct i915_winsys_batchbuffer *base = &batch->base;

    i915_winsys_batchbuffer_dword_unchecked(base, MI_BATCH_BUFFER_END);
    if ((base->ptr - base->map) & 4) {
        i915_winsys_batchbuffer_dword_unchecked(base, MI_NOOP);
    }
    if (batch->error != 0) {
        return batch->error;
    }
    const uint32_t waits = batch->wait_count;
    while (batch->wait_count > 0) {
        native_fence_place(winsys_of(base->iws), batch->waits[0]);
        forget_wait(batch, 0);
    }
    pthread_rwlock_rdlock(&winsys_of(base->iws)->share_lock);
    batch_renew_buffers(batch);
    const struct gemd_submission submission = {
        .words = (const uint32_t *)(const void *)base->map,
        .word_count = (uint32_t)((base->ptr - base->map) / 4),
        .relocs = batch->relocs,
        .reloc_count = batch->reloc_count,
        .buffers = batch->buffers,
        .buffer_count = batch->buffer_count,
    };
    const int error = gemd_submit(winsys_of(base->iws)->session, &submission, seqno);
    pthread_rwlock_unlock(&winsys_of(base->iws)->share_lock);
    if (error == 0 && batch_draws_elsewhere(batch)) {
        batch->elsewhere = *seqno;
    }
    for (uint32_t i = 0; i < waits && error == 0; i++) {
        backlog_add(&winsys_of(base->iws)->waits, *seqno);
    }
    return error;
}

/* Whether there are fences to wait for that have not come meanwhile. */
static bool batch_waits(struct batch *batch)
{
    for (uint32_t i = batch->wait_count; i-- > 0;) {
        if (fence_passed(winsys_of(batch->base.iws), batch->waits[i])) {
            forget_wait(batch, i);
        }
    }
    return batch->wait_count > 0;
}

/* A program that is never slowed down by a screen would fill the ring with frames. */
static void batch_throttle(struct batch *batch, uint64_t seqno)
{
    (void)gemd_seqno_wait(winsys_of(batch->base.iws)->session, batch->frames[0], GEMD_FOREVER);
    memmove(&batch->frames[0], &batch->frames[1], sizeof(batch->frames) - sizeof(batch->frames[0]));
    batch->frames[FRAMES_IN_FLIGHT - 1] = seqno;
}

static void batch_flush(struct i915_winsys_batchbuffer *base, struct pipe_fence_handle **fence,
                        enum i915_winsys_flush_flags flags)
{
    struct batch *batch = batch_of(base);
    uint64_t seqno = 0;
    int error = 0;

    if (flush_only_for != NULL && batch_find(batch, flush_only_for) < 0) {
        return;
    }
    /* A fence comes after those that are waited for, also when nothing was drawn between. */
    if (base->ptr != base->map || (fence != NULL && batch_waits(batch))) {
        error = batch_submit(batch, &seqno);
        /* A lost session has been told already, and shows in the reset status. */
        if (error != 0 && error != -EIO) {
            mesa_loge("gemd: a batch was dropped: %s", strerror(-error));
        }
    }
    if (seqno == 0) {
        seqno = gemd_last_seqno(winsys_of(base->iws)->session);
    }
    if (flags & I915_FLUSH_END_OF_FRAME) {
        batch_throttle(batch, seqno);
    }
    if (fence != NULL) {
        base->iws->fence_reference(base->iws, fence, NULL);
        *fence = fence_create(seqno);
    }
    batch_reset(batch);
}

void batch_complete_elsewhere(struct i915_winsys_batchbuffer *base)
{
    struct batch *batch = batch_of(base);

    if (batch->elsewhere != 0) {
        (void)gemd_seqno_wait(winsys_of(base->iws)->session, batch->elsewhere, GEMD_FOREVER);
        batch->elsewhere = 0;
    }
}

enum gemd_lost_reason batch_notes_loss(struct i915_winsys_batchbuffer *base)
{
    struct batch *batch = batch_of(base);
    struct gemd_session *session = winsys_of(base->iws)->session;
    const uint32_t losses = gemd_session_losses(session);
    const bool is_new = losses != batch->losses;

    batch->losses = losses;
    return is_new ? gemd_session_last_loss(session) : GEMD_LOST_NOT;
}

void batch_wait_for(struct i915_winsys_batchbuffer *base, struct pipe_fence_handle *fence)
{
    struct batch *batch = batch_of(base);

    if (!batch_waits(batch) || batch->wait_count < WAITS_MAX) {
        base->iws->fence_reference(base->iws, &batch->waits[batch->wait_count++], fence);
        return;
    }
    /* No room: what comes now waits here, and the rest in the daemon. */
    (void)fence_wait(winsys_of(base->iws), fence,
                     os_time_get_nano() + winsys_of(base->iws)->wait_limit_ns);
}

void batch_init_functions(struct i915_winsys *base)
{
    base->batchbuffer_create = batch_create;
    base->validate_buffers = batch_validate_buffers;
    base->batchbuffer_reloc = batch_reloc;
    base->batchbuffer_flush = batch_flush;
    base->batchbuffer_destroy = batch_destroy;
}
