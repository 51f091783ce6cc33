/* SPDX-License-Identifier: MIT */
/* Waiting for what is in sync objects, and for anything to be put in. */
#include <drm.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "proto/gemd.h"
#include "winsys/drm/server/object.h"
#include "winsys/drm/server/syncobj.h"

#define SUBMIT_NS INT64_C(5000000000) /* as long as Linux waits for a fence to be put in */

struct wait {
    struct drm_syncobj_wait_entry *entries;
    uint32_t count, flags;
    int hangup;
    struct drm_syncobj_listener *listeners; /* of each entry; NULL: nobody needs to be woken */
    int eventfd;
    uint32_t done;  /* entries that are, as of the last look */
    uint32_t first; /* one of them; UINT32_MAX: none */
    bool all_there; /* none is empty */
};

static bool waits_for_submit(const struct wait *wait)
{
    return (wait->flags &
            (DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT | DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE)) != 0;
}

/* What is in it once it is there stays what is waited for, whatever is put in later. */
static void fetch(struct drm_syncobj_wait_entry *entry)
{
    struct drm_fence *fence = drm_syncobj_fence(entry->object);

    if (fence != NULL && drm_fence_find(fence, entry->point, &entry->fence) == 0) {
        entry->is_there = true;
    }
    drm_fence_unref(fence);
}

static bool is_done(const struct wait *wait, const struct drm_syncobj_wait_entry *entry)
{
    return (wait->flags & DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE) != 0 || entry->fence == NULL ||
           drm_fence_status(entry->fence) != 0;
}

static void look(struct wait *wait)
{
    wait->done = 0;
    wait->first = UINT32_MAX;
    wait->all_there = true;
    for (uint32_t i = 0; i < wait->count; i++) {
        struct drm_syncobj_wait_entry *entry = &wait->entries[i];
        if (!entry->is_there) {
            fetch(entry);
        }
        wait->all_there = wait->all_there && entry->is_there;
        if (entry->is_there && is_done(wait, entry)) {
            wait->first = wait->done == 0 ? i : wait->first;
            wait->done++;
        }
    }
}

static bool is_over(const struct wait *wait)
{
    return wait->done == wait->count ||
           (wait->done > 0 && (wait->flags & DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL) == 0);
}

/* From now on whoever puts something in wakes this thread. */
static int start_listening(struct wait *wait)
{
    wait->listeners = calloc(wait->count, sizeof(*wait->listeners));
    wait->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wait->listeners == NULL || wait->eventfd < 0) {
        const int error = wait->eventfd < 0 ? -errno : -ENOMEM;
        free(wait->listeners);
        wait->listeners = NULL;
        return error;
    }
    for (uint32_t i = 0; i < wait->count; i++) {
        wait->listeners[i].eventfd = wait->eventfd;
        drm_syncobj_listen(wait->entries[i].object, &wait->listeners[i]);
    }
    return 0;
}

static void leave(struct wait *wait)
{
    for (uint32_t i = 0; i < wait->count; i++) {
        if (wait->listeners != NULL) {
            drm_syncobj_unlisten(wait->entries[i].object, &wait->listeners[i]);
        }
        drm_fence_unref(wait->entries[i].fence);
        wait->entries[i].fence = NULL;
        wait->entries[i].is_there = false;
    }
    free(wait->listeners);
    if (wait->eventfd >= 0) {
        close(wait->eventfd);
    }
}

static int collect(struct wait *wait, struct drm_fence_poll *poll)
{
    int result = drm_fence_poll_add_fd(poll, wait->hangup, 0);

    if (result == 0) {
        result = drm_fence_poll_add_fd(poll, wait->all_there ? -1 : wait->eventfd, POLLIN);
    }
    for (uint32_t i = 0; i < wait->count && result == 0; i++) {
        if (wait->entries[i].fence != NULL) {
            result = drm_fence_poll_add(poll, wait->entries[i].fence);
        }
    }
    return result;
}

/* Until something may be otherwise. */
static int sleep_once(struct wait *wait, int64_t deadline)
{
    struct drm_fence_poll poll = {0};
    eventfd_t count;
    int result = collect(wait, &poll);

    if (result == 0) {
        result = drm_fence_poll_wait(&poll, deadline);
    }
    if (result == 0 && poll.fds[0].revents != 0) {
        result = -ECANCELED;
    }
    if (result == 0 && poll.fds[1].revents != 0) {
        (void)eventfd_read(wait->eventfd, &count);
    }
    drm_fence_poll_clear(&poll);
    return result;
}

static int run(struct wait *wait, int64_t deadline, uint32_t *first)
{
    int result = 0;

    look(wait);
    *first = wait->first;
    if (!wait->all_there && !waits_for_submit(wait)) {
        return -EINVAL;
    }
    if (!wait->all_there && !is_over(wait)) {
        result = start_listening(wait);
        look(wait);
    }
    while (result == 0 && !is_over(wait)) {
        result = sleep_once(wait, deadline);
        look(wait);
    }
    if (result != 0 && !(result == -ETIME && is_over(wait))) {
        return result;
    }
    if ((wait->flags & DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL) == 0) {
        *first = wait->first;
    }
    return 0;
}

int drm_syncobj_wait(struct drm_syncobj_wait_entry *entries, uint32_t count, uint32_t flags,
                     int64_t deadline, int hangup, uint32_t *first)
{
    struct wait wait = {
        .entries = entries, .count = count, .flags = flags, .hangup = hangup, .eventfd = -1};
    const int result = run(&wait, deadline, first);

    leave(&wait);
    return result;
}

/* The fence that is asked for, if it is there; NULL inside of *fence never is. */
static int find(struct drm_syncobj *object, uint64_t point, struct drm_fence **fence)
{
    struct drm_fence *whole = drm_syncobj_fence(object);
    int result = -EINVAL;

    *fence = NULL;
    if (whole != NULL) {
        result = drm_fence_find(whole, point, fence);
        drm_fence_unref(whole);
    }
    if (result == 0 && *fence == NULL) {
        *fence = drm_fence_done();
        result = *fence != NULL ? 0 : -ENOMEM;
    }
    return result;
}

int drm_syncobj_await_fence(struct drm_syncobj *object, uint64_t point, uint32_t flags, int hangup,
                            struct drm_fence **fence)
{
    const int64_t deadline = drm_now_ns() + SUBMIT_NS;
    int result = find(object, point, fence);

    while (result == -EINVAL && (flags & DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT) != 0) {
        struct drm_syncobj_wait_entry entry = {.object = object, .point = point};
        uint32_t first;
        result = drm_syncobj_wait(&entry, 1, DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE, deadline,
                                  hangup, &first);
        if (result != 0) {
            return result;
        }
        result = find(object, point, fence);
    }
    return result;
}
