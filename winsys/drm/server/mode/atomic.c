/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/atomic.h"

#include <errno.h>
#include <unistd.h>

#include "winsys/drm/server/mode/check.h"
#include "winsys/drm/server/mode/commit.h"
#include "winsys/drm/server/mode/screen.h"
#include "winsys/drm/server/sync_file.h"

#ifndef DRM_MODE_ATOMIC_FLAGS
#define DRM_MODE_ATOMIC_FLAGS                                                                      \
    (DRM_MODE_PAGE_FLIP_EVENT | DRM_MODE_PAGE_FLIP_ASYNC | DRM_MODE_ATOMIC_TEST_ONLY |             \
     DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_ATOMIC_ALLOW_MODESET)
#endif

static int check_request(const struct drm_file *file, const struct drm_mode_atomic *request)
{
    const uint32_t contradiction = DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_PAGE_FLIP_EVENT;
    return file->atomic == 0 || (request->flags & ~(uint32_t)DRM_MODE_ATOMIC_FLAGS) != 0 ||
                   request->reserved != 0 || (request->flags & DRM_MODE_PAGE_FLIP_ASYNC) != 0 ||
                   (request->flags & contradiction) == contradiction
               ? -EINVAL
               : 0;
}

/* Objects, how many properties each, and those in a row; the first that is wrong tells. */
static int change_all(struct property_change *change, const struct drm_call *call)
{
    const uint32_t *objects = call->arrays[0].bytes, *counts = call->arrays[1].bytes;
    const uint32_t *ids = call->arrays[2].bytes;
    const uint64_t *values = call->arrays[3].bytes;
    const uint32_t total = call->arrays[2].count < call->arrays[3].count ? call->arrays[2].count
                                                                         : call->arrays[3].count;
    uint32_t at = 0;
    for (uint32_t i = 0; i < call->arrays[0].count; i++) {
        if (property_find_object(change->screen, objects[i], DRM_MODE_OBJECT_ANY) != 0) {
            return -ENOENT; /* also one without properties */
        }
        for (uint32_t k = 0; k < counts[i]; k++, at++) {
            int result =
                at < total ? property_change(change, objects[i], ids[at], values[at]) : -EFAULT;
            if (result != 0) {
                return result;
            }
        }
    }
    return 0;
}

/* A fence for the program, which is done when the commit is. */
static int make_out_fence(struct drm_file *file, struct drm_call *call, struct drm_fence **fence)
{
    int result = drm_fence_create("drm", "CRTC", fence);
    if (result != 0) {
        return result;
    }
    const int fd = drm_sync_file_open(file->server, *fence);
    if (fd < 0) {
        drm_fence_unref(*fence);
        *fence = NULL;
        return fd;
    }
    call->fd_out = fd;
    return 0;
}

static int commit(struct drm_file *file, struct drm_call *call, struct property_change *change)
{
    const struct drm_mode_atomic *request = call->argument;
    const bool wants_event = (request->flags & DRM_MODE_PAGE_FLIP_EVENT) != 0;
    struct drm_fence *done = NULL;
    int result = change->wants_out_fence ? make_out_fence(file, call, &done) : 0;
    if (result != 0) {
        return result;
    }
    result =
        commit_state(change->screen, change->next,
                     &(struct commit){.parts = change->parts,
                                      .nonblock = (request->flags & DRM_MODE_ATOMIC_NONBLOCK) != 0,
                                      .file = wants_event ? file->id : 0,
                                      .user_data = request->user_data,
                                      .before = change->in_fence,
                                      .channel = call->channel,
                                      .done = done});
    drm_fence_unref(done);
    if (result != 0 && call->fd_out >= 0) {
        close(call->fd_out);
        call->fd_out = -1;
    }
    return result;
}

static int check(const struct drm_mode_atomic *request, const struct property_change *change)
{
    const bool wants_event = (request->flags & DRM_MODE_PAGE_FLIP_EVENT) != 0;
    const bool is_test = (request->flags & DRM_MODE_ATOMIC_TEST_ONLY) != 0;
    if (wants_event &&
        !change_concerns_crtc(&change->screen->crtc.state, change->next, change->parts)) {
        return -EINVAL; /* there is nobody who would send it */
    }
    return state_check(change->screen, change->next,
                       &(struct state_change){
                           .parts = change->parts,
                           .allow_modeset = (request->flags & DRM_MODE_ATOMIC_ALLOW_MODESET) != 0,
                           .wants_event = wants_event || (change->wants_out_fence && !is_test)});
}

int atomic_request(struct drm_file *file, struct drm_call *call)
{
    const struct drm_mode_atomic *request = call->argument;
    struct drm_screen *screen = screen_of(file);
    struct mode_state next;
    struct property_change change = {.screen = screen, .next = &next, .fence_fd = call->fd_in};
    int result = check_request(file, request);
    if (result != 0) {
        return result;
    }
    pthread_mutex_lock(&screen->lock);
    state_copy(&next, &screen->crtc.state);
    result = change_all(&change, call);
    result = result == 0 ? check(request, &change) : result;
    if (result == 0 && (request->flags & DRM_MODE_ATOMIC_TEST_ONLY) == 0) {
        result = commit(file, call, &change);
    }
    state_drop(screen, &next);
    drm_fence_unref(change.in_fence);
    pthread_mutex_unlock(&screen->lock);
    return result;
}
