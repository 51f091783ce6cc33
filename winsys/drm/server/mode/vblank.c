/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/vblank.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "winsys/drm/server/mode/screen.h"

#define NS_PER_S 1000000000
#define WAIT_NS  3000000000 /* as Linux waits */

/* 0; -EINVAL: the pipe is off. */
static int read_now(struct drm_screen *screen, struct gemd_vblank *now)
{
    pthread_mutex_lock(&screen->lock);
    const bool active = crtc_is_active(screen);
    pthread_mutex_unlock(&screen->lock);
    int result = active ? gemd_vblank_now(screen->session, now) : -EINVAL;
    return result == -ENODATA ? -EINVAL : result;
}

static void tell(struct drm_screen *screen, const struct vblank_event *wait,
                 const struct gemd_vblank *when)
{
    if (wait->is_sequence) {
        const struct drm_event_crtc_sequence event = {
            .base = {.type = DRM_EVENT_CRTC_SEQUENCE, .length = sizeof(event)},
            .user_data = wait->user_data,
            .time_ns = when->time_ns,
            .sequence = when->sequence,
        };
        screen_send(screen, wait->file, &event, sizeof(event));
    } else {
        const struct drm_event_vblank event = {
            .base = {.type = DRM_EVENT_VBLANK, .length = sizeof(event)},
            .user_data = wait->user_data,
            .tv_sec = (uint32_t)(when->time_ns / NS_PER_S),
            .tv_usec = (uint32_t)(when->time_ns % NS_PER_S / 1000),
            .sequence = (uint32_t)when->sequence,
            .crtc_id = MODE_ID_CRTC,
        };
        screen_send(screen, wait->file, &event, sizeof(event));
    }
}

static struct vblank_event *take(struct drm_screen *screen, uint64_t cookie)
{
    pthread_mutex_lock(&screen->event_lock);
    struct vblank_event **link = &screen->vblanks;
    while (*link != NULL && (*link)->cookie != cookie) {
        link = &(*link)->next;
    }
    struct vblank_event *wait = *link;
    if (wait != NULL) {
        *link = wait->next;
    }
    pthread_mutex_unlock(&screen->event_lock);
    return wait;
}

/* When the pipe stops Linux tells all, too, with the number that there is. */
void vblank_came(struct drm_screen *screen, const struct gemd_msg_vblank_event *event)
{
    const struct gemd_vblank when = {.sequence = event->sequence,
                                     .time_ns = (int64_t)event->time_ns};
    struct vblank_event *wait = take(screen, event->cookie);
    if (wait != NULL) {
        tell(screen, wait, &when);
        free(wait);
    }
}

void vblank_drop_all(struct drm_screen *screen)
{
    pthread_mutex_lock(&screen->event_lock);
    for (struct vblank_event *wait = screen->vblanks, *next; wait != NULL; wait = next) {
        next = wait->next;
        free(wait);
    }
    screen->vblanks = NULL;
    pthread_mutex_unlock(&screen->event_lock);
}

/* Tells of number 'sequence', at once if it has passed. *told: the number for the answer. */
static int queue(struct drm_file *file, const struct vblank_event *what, uint64_t sequence,
                 const struct gemd_vblank *now, uint64_t *told)
{
    struct drm_screen *screen = screen_of(file);
    if (now->sequence >= sequence) {
        tell(screen, what, now);
        *told = now->sequence;
        return 0;
    }
    if (sequence - now->sequence > GEMD_VBLANK_AHEAD_MAX) {
        return -EINVAL;
    }
    struct vblank_event *wait = malloc(sizeof(*wait));
    if (wait == NULL) {
        return -ENOMEM;
    }
    *wait = *what;
    pthread_mutex_lock(&screen->event_lock);
    const uint64_t cookie = wait->cookie = ++screen->last_cookie;
    wait->next = screen->vblanks;
    screen->vblanks = wait;
    pthread_mutex_unlock(&screen->event_lock);
    *told = sequence;
    int result = gemd_vblank_request(screen->session, 0, sequence, cookie);
    if (result != 0) {
        free(take(screen, cookie));
    }
    return result;
}

/* ---- WAIT_VBLANK ---- */

static int check(const union drm_wait_vblank *wait)
{
    const uint32_t type = wait->request.type;
    const uint32_t known = (uint32_t)_DRM_VBLANK_TYPES_MASK | (uint32_t)_DRM_VBLANK_FLAGS_MASK |
                           (uint32_t)_DRM_VBLANK_HIGH_CRTC_MASK;
    const uint32_t high = type & (uint32_t)_DRM_VBLANK_HIGH_CRTC_MASK;
    if ((type & _DRM_VBLANK_SIGNAL) != 0 || (type & ~known) != 0) {
        return -EINVAL;
    }
    const uint32_t pipe = high != 0 ? high >> _DRM_VBLANK_HIGH_CRTC_SHIFT
                          : (type & _DRM_VBLANK_SECONDARY) != 0 ? 1
                                                                : 0;
    return pipe != 0 ? -EINVAL : 0;
}

/* 32 bits of a number, half their range around now. */
static uint64_t widen(uint32_t low, uint64_t now)
{
    return now + (uint64_t)(int64_t)(int32_t)(low - (uint32_t)now);
}

static uint64_t wanted(const union drm_wait_vblank *wait, uint64_t now)
{
    uint64_t sequence = (wait->request.type & _DRM_VBLANK_RELATIVE) != 0
                            ? now + wait->request.sequence
                            : widen(wait->request.sequence, now);
    return (wait->request.type & _DRM_VBLANK_NEXTONMISS) != 0 && now >= sequence ? now + 1
                                                                                 : sequence;
}

static int64_t deadline(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec + WAIT_NS;
}

static int sleep_until(struct drm_screen *screen, uint64_t sequence, struct gemd_vblank *now)
{
    int result = gemd_vblank_wait(screen->session, 0, sequence, deadline(), now);
    if (result == -ENODATA || result == -ECANCELED) {
        return 0; /* the pipe went off */
    }
    return result == -ETIME || result == -EINVAL ? -EBUSY : result;
}

int vblank_wait(struct drm_file *file, struct drm_call *call)
{
    union drm_wait_vblank *wait = call->argument;
    struct drm_screen *screen = screen_of(file);
    struct gemd_vblank now;
    int result = check(wait);
    result = result == 0 ? read_now(screen, &now) : result;
    if (result != 0) {
        return result;
    }
    const uint64_t sequence = wanted(wait, now.sequence);
    if ((wait->request.type & _DRM_VBLANK_EVENT) != 0) {
        const struct vblank_event what = {.file = file->id, .user_data = wait->request.signal};
        uint64_t told;
        result = queue(file, &what, sequence, &now, &told);
        if (result == 0) {
            wait->reply.sequence = (uint32_t)told;
        }
        return result;
    }
    if (now.sequence < sequence) {
        result = sleep_until(screen, sequence, &now);
    }
    wait->reply.sequence = (uint32_t)now.sequence;
    wait->reply.tval_sec = (long)(now.time_ns / NS_PER_S);
    wait->reply.tval_usec = (long)(now.time_ns % NS_PER_S / 1000);
    return result;
}

/* ---- sequences ---- */

int vblank_get_sequence(struct drm_file *file, struct drm_call *call)
{
    struct drm_crtc_get_sequence *get = call->argument;
    struct drm_screen *screen = screen_of(file);
    struct gemd_vblank now;
    if (get->crtc_id != MODE_ID_CRTC) {
        return -ENOENT;
    }
    int result = read_now(screen, &now);
    if (result == 0) {
        get->active = 1;
        get->sequence = now.sequence;
        get->sequence_ns = now.time_ns;
    }
    return result;
}

int vblank_queue_sequence(struct drm_file *file, struct drm_call *call)
{
    struct drm_crtc_queue_sequence *request = call->argument;
    struct drm_screen *screen = screen_of(file);
    struct gemd_vblank now;
    if (request->crtc_id != MODE_ID_CRTC) {
        return -ENOENT;
    }
    if ((request->flags &
         ~(uint32_t)(DRM_CRTC_SEQUENCE_RELATIVE | DRM_CRTC_SEQUENCE_NEXT_ON_MISS)) != 0) {
        return -EINVAL;
    }
    int result = read_now(screen, &now);
    if (result != 0) {
        return result;
    }
    uint64_t sequence = request->sequence;
    if ((request->flags & DRM_CRTC_SEQUENCE_RELATIVE) != 0) {
        sequence += now.sequence;
    }
    if ((request->flags & DRM_CRTC_SEQUENCE_NEXT_ON_MISS) != 0 && now.sequence >= sequence) {
        sequence = now.sequence + 1;
    }
    const struct vblank_event what = {
        .file = file->id, .user_data = request->user_data, .is_sequence = true};
    uint64_t told;
    result = queue(file, &what, sequence, &now, &told);
    if (result == 0) {
        request->sequence = told;
    }
    return result;
}
