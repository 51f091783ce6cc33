/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/flip.h"

#include <errno.h>
#include <stdlib.h>

#include "winsys/drm/server/mode/screen.h"

#define NS_PER_S 1000000000

static void tell(struct drm_screen *screen, const struct flip_wait *wait, uint64_t sequence,
                 int64_t time_ns)
{
    const struct drm_event_vblank event = {
        .base = {.type = DRM_EVENT_FLIP_COMPLETE, .length = sizeof(event)},
        .user_data = wait->user_data,
        .tv_sec = (uint32_t)(time_ns / NS_PER_S),
        .tv_usec = (uint32_t)(time_ns % NS_PER_S / 1000),
        .sequence = (uint32_t)sequence,
        .crtc_id = MODE_ID_CRTC,
    };
    if (wait->wants_event) {
        screen_send(screen, wait->file, &event, sizeof(event));
    }
}

/* Takes out those up to a frame; in the order in which they were asked for. */
static struct flip_wait *take(struct drm_screen *screen, uint64_t serial)
{
    struct flip_wait *taken = NULL, **end = &taken;
    pthread_mutex_lock(&screen->event_lock);
    while (screen->flips != NULL && screen->flips->serial <= serial) {
        *end = screen->flips;
        screen->flips = screen->flips->next;
        end = &(*end)->next;
        *end = NULL;
    }
    pthread_mutex_unlock(&screen->event_lock);
    return taken;
}

static void finish(struct drm_screen *screen, uint64_t serial, uint64_t sequence, int64_t time_ns)
{
    for (struct flip_wait *wait = take(screen, serial), *next; wait != NULL; wait = next) {
        next = wait->next;
        tell(screen, wait, sequence, time_ns);
        free(wait);
    }
}

void flip_came(struct drm_screen *screen, const struct gemd_msg_flip_event *event)
{
    struct gemd_vblank now = {.sequence = event->sequence, .time_ns = (int64_t)event->time_ns};
    if (event->sequence == 0) {
        (void)gemd_vblank_now(screen->session, &now); /* dropped: as of now */
    }
    finish(screen, event->serial, now.sequence, now.time_ns);
}

void flip_finish_all(struct drm_screen *screen)
{
    struct gemd_vblank now = {0};
    (void)gemd_vblank_now(screen->session, &now);
    finish(screen, UINT64_MAX, now.sequence, now.time_ns);
}

static void append(struct drm_screen *screen, struct flip_wait *wait)
{
    pthread_mutex_lock(&screen->event_lock);
    struct flip_wait **end = &screen->flips;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = wait;
    pthread_mutex_unlock(&screen->event_lock);
}

static void withdraw(struct drm_screen *screen, struct flip_wait *wait)
{
    pthread_mutex_lock(&screen->event_lock);
    struct flip_wait **link = &screen->flips;
    while (*link != NULL && *link != wait) {
        link = &(*link)->next;
    }
    if (*link == wait) {
        *link = wait->next;
    }
    pthread_mutex_unlock(&screen->event_lock);
    free(wait);
}

/* The event may come before gemd_window_flip() returns: who waits is there before. */
static int flip(struct drm_screen *screen, struct framebuffer *fb, struct flip_wait *wait)
{
    struct crtc *crtc = &screen->crtc;
    uint64_t serial;
    int result = framebuffer_wait_before(fb, screen->session);
    if (result != 0) {
        free(wait);
        return result;
    }
    wait->serial = crtc->serial + 1;
    append(screen, wait);
    result = gemd_window_flip(crtc->window, fb->bo, fb->offset, fb->pitch, 0, 0, &serial);
    if (result != 0) {
        withdraw(screen, wait);
        return result;
    }
    crtc->serial = serial;
    framebuffer_unref(crtc->fb);
    crtc->fb = framebuffer_ref(fb);
    return 0;
}

static int flip_locked(struct drm_file *file, const struct drm_mode_crtc_page_flip_target *request)
{
    struct drm_screen *screen = screen_of(file);
    const struct crtc *crtc = &screen->crtc;
    if (crtc->fb == NULL) {
        return -EBUSY;
    }
    struct framebuffer *fb = framebuffer_find(screen, request->fb_id);
    if (fb == NULL) {
        return -ENOENT;
    }
    if (crtc_check_viewport(&crtc->mode, fb, crtc->x, crtc->y) != 0) {
        return -ENOSPC;
    }
    if (fb->format != crtc->fb->format || !crtc_is_active(screen) || crtc->x != 0 || crtc->y != 0) {
        return -EINVAL;
    }
    struct flip_wait *wait = calloc(1, sizeof(*wait));
    if (wait == NULL) {
        return -ENOMEM;
    }
    wait->file = file->id;
    wait->user_data = request->user_data;
    wait->wants_event = request->flags & DRM_MODE_PAGE_FLIP_EVENT;
    return flip(screen, fb, wait);
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
