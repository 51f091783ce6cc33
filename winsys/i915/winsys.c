/* SPDX-License-Identifier: MIT */
/* The winsys itself: what the driver learns of the device, and limits of a batch. */

#include <stdlib.h>

#include "util/u_math.h"

#include "winsys/i915/winsys.h"

/*
 * Commands of one batch. The driver sends vertices in the batch, so a small one means many
 * submissions.
 */
#define BATCH_BYTES (128 * 1024)

/*
 * How long the daemon holds a session's work for a fence of somebody who may have forgotten it.
 * Others of the session wait as well (egl-backend/sync.c), so it is not without end.
 */
uint32_t winsys_wait_limit_ms = 10 * 1000;

static int winsys_aperture_size(struct i915_winsys *base)
{
    return (int)(gemd_session_info(winsys_of(base)->session)->aperture_bytes >> 20);
}

static void winsys_destroy(struct i915_winsys *base)
{
    struct winsys *winsys = winsys_of(base);

    backlog_finish(&winsys->exports);
    backlog_finish(&winsys->waits);
    vertex_pool_finish(&winsys->pool);
    pthread_rwlock_destroy(&winsys->share_lock);
    pthread_mutex_destroy(&winsys->tiles_lock);
    free(winsys);
}

struct i915_winsys *winsys_create(struct gemd_session *session)
{
    const struct gemd_info *info = gemd_session_info(session);
    struct winsys *winsys = calloc(1, sizeof(*winsys));

    if (winsys == NULL) {
        return NULL;
    }
    winsys->session = session;
    winsys->batch_bytes = MIN2(BATCH_BYTES, info->max_batch_words * 4ull & ~7ull);
    winsys->max_relocs = MIN2(info->max_relocs, (uint32_t)(winsys->batch_bytes / 8));
    winsys->max_buffers = MIN2(info->max_buffers, winsys->max_relocs);
    winsys->max_buffer_bytes = info->gtt_bytes;
    winsys->wait_limit_ns = winsys_wait_limit_ms * INT64_C(1000000);
    winsys->base.pci_id = info->pci_device;
    winsys->base.aperture_size = winsys_aperture_size;
    winsys->base.destroy = winsys_destroy;
    vertex_pool_init(&winsys->pool);
    pthread_rwlock_init(&winsys->share_lock, NULL);
    pthread_mutex_init(&winsys->tiles_lock, NULL);
    backlog_init(&winsys->exports, 96);
    backlog_init(&winsys->waits, 48);
    batch_init_functions(&winsys->base);
    buffer_init_functions(&winsys->base);
    fence_init_functions(&winsys->base);
    return &winsys->base;
}
