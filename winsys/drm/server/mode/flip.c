/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/flip.h"

#include <errno.h>
#include <stdlib.h>

#include "winsys/drm/server/fence.h"
#include "winsys/drm/server/mode/check.h"
#include "winsys/drm/server/mode/commit.h"
#include "winsys/drm/server/mode/screen.h"

#define NS_PER_S 1000000000

/* ---- who waits ---- */

static void tell(struct drm_screen *screen, uint64_t file, uint64_t user_data,
                 struct drm_fence *fence, uint64_t sequence, int64_t time_ns)
{
    const struct drm_event_vblank event = {
        .base = {.type = DRM_EVENT_FLIP_COMPLETE, .length = sizeof(event)},
        .user_data = user_data,
        .tv_sec = (uint32_t)(time_ns / NS_PER_S),
        .tv_usec = (uint32_t)(time_ns % NS_PER_S / 1000),
        .sequence = (uint32_t)sequence,
        .crtc_id = MODE_ID_CRTC,
    };
    if (fence != NULL) {
        drm_fence_signal(fence, 1);
    }
    if (file != 0) {
        screen_send(screen, file, &event, sizeof(event));
    }
}

/* Takes out those up to a frame of a window, or all; in the order in which they were asked for. */
static struct flip_wait *take(struct drm_screen *screen, uint64_t slot, uint64_t serial)
{
    struct flip_wait *taken = NULL, **end = &taken;
    pthread_mutex_lock(&screen->event_lock);
    for (struct flip_wait **link = &screen->flips; *link != NULL;) {
        struct flip_wait *wait = *link;
        if (slot != UINT64_MAX && (wait->slot != slot || wait->serial > serial)) {
            link = &wait->next;
            continue;
        }
        *link = wait->next;
        wait->next = NULL;
        *end = wait;
        end = &wait->next;
    }
    pthread_mutex_unlock(&screen->event_lock);
    return taken;
}

static void drop(struct flip_wait *wait)
{
    drm_fence_unref(wait->fence);
    free(wait);
}

static void finish(struct drm_screen *screen, struct flip_wait *waits, uint64_t sequence,
                   int64_t time_ns)
{
    for (struct flip_wait *wait = waits, *next; wait != NULL; wait = next) {
        next = wait->next;
        tell(screen, wait->file, wait->user_data, wait->fence, sequence, time_ns);
        drop(wait);
    }
}

void flip_came(struct drm_screen *screen, const struct gemd_msg_flip_event *event)
{
    struct gemd_vblank now = {.sequence = event->sequence, .time_ns = (int64_t)event->time_ns};
    if (event->sequence == 0) {
        (void)gemd_vblank_now(screen->session, &now); /* dropped: as of now */
    }
    finish(screen, take(screen, event->window, event->serial), now.sequence, now.time_ns);
}

void flip_finish_all(struct drm_screen *screen)
{
    struct gemd_vblank now = {0};
    (void)gemd_vblank_now(screen->session, &now);
    finish(screen, take(screen, UINT64_MAX, 0), now.sequence, now.time_ns);
}

void flip_tell_now(struct drm_screen *screen, uint64_t file, uint64_t user_data,
                   struct drm_fence *fence)
{
    struct gemd_vblank now = {0};
    (void)gemd_vblank_now(screen->session, &now);
    tell(screen, file, user_data, fence, now.sequence, now.time_ns);
}

struct flip_wait *flip_expect(struct drm_screen *screen, uint64_t serial, uint64_t file,
                              uint64_t user_data, struct drm_fence *fence)
{
    struct flip_wait *wait = malloc(sizeof(*wait));
    if (wait == NULL) {
        return NULL;
    }
    *wait = (struct flip_wait){.slot = gemd_window_slot(screen->crtc.window),
                               .serial = serial,
                               .file = file,
                               .user_data = user_data,
                               .fence = fence != NULL ? drm_fence_ref(fence) : NULL};
    pthread_mutex_lock(&screen->event_lock);
    struct flip_wait **end = &screen->flips;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = wait;
    pthread_mutex_unlock(&screen->event_lock);
    return wait;
}

void flip_withdraw(struct drm_screen *screen, struct flip_wait *wait)
{
    pthread_mutex_lock(&screen->event_lock);
    struct flip_wait **link = &screen->flips;
    while (*link != NULL && *link != wait) {
        link = &(*link)->next;
    }
    const bool there = *link == wait; /* else it was told already, and freed */
    if (there) {
        *link = wait->next;
    }
    pthread_mutex_unlock(&screen->event_lock);
    if (there) {
        drop(wait);
    }
}

/* ---- PAGE_FLIP ---- */

static int change(struct drm_screen *screen, struct framebuffer *fb, struct mode_state *next)
{
    int result = plane_check_source(&next->primary, fb);
    if (result != 0) {
        return result;
    }
    if (fb->format != next->primary.fb->format) {
        return -EINVAL;
    }
    plane_state_set_fb(&next->primary, fb);
    next->primary.on_crtc = true;
    if (!next->active) {
        return -EINVAL;
    }
    return state_check(screen, next, &(struct state_change){.parts = STATE_CRTC | STATE_PRIMARY});
}

static int flip_locked(struct drm_file *file, const struct drm_mode_crtc_page_flip_target *request)
{
    struct drm_screen *screen = screen_of(file);
    const bool wants_event = (request->flags & DRM_MODE_PAGE_FLIP_EVENT) != 0;
    struct mode_state next;
    if (screen->crtc.state.primary.fb == NULL) {
        return -EBUSY;
    }
    struct framebuffer *fb = framebuffer_find(screen, request->fb_id);
    if (fb == NULL) {
        return -ENOENT;
    }
    state_copy(&next, &screen->crtc.state);
    int result = change(screen, fb, &next);
    if (result == 0) {
        result = commit_state(screen, &next,
                              &(struct commit){.parts = STATE_CRTC | STATE_PRIMARY,
                                               .nonblock = true,
                                               .file = wants_event ? file->id : 0,
                                               .user_data = request->user_data});
    }
    state_drop(screen, &next);
    return result;
}

int flip_request(struct drm_file *file, struct drm_call *call)
{
    const struct drm_mode_crtc_page_flip_target *request = call->argument;
    struct drm_screen *screen = screen_of(file);
    if ((request->flags & ~(uint32_t)DRM_MODE_PAGE_FLIP_FLAGS) != 0 ||
        (request->sequence != 0 && (request->flags & DRM_MODE_PAGE_FLIP_TARGET) == 0) ||
        (request->flags & DRM_MODE_PAGE_FLIP_TARGET) == DRM_MODE_PAGE_FLIP_TARGET ||
        (request->flags & DRM_MODE_PAGE_FLIP_ASYNC) != 0) {
        return -EINVAL;
    }
    if (request->crtc_id != MODE_ID_CRTC) {
        return -ENOENT;
    }
    if ((request->flags & DRM_MODE_PAGE_FLIP_TARGET) != 0) {
        return -EINVAL; /* i915 has no such flips */
    }
    pthread_mutex_lock(&screen->lock);
    int result = flip_locked(file, request);
    pthread_mutex_unlock(&screen->lock);
    return result;
}
