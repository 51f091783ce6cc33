/* SPDX-License-Identifier: MIT */
/* Waiting for fences: in a thread, in the event loop, and in the daemon. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <event2/event.h>

#include "winsys/drm/server/fence_tree.h"
#include "winsys/drm/server/object.h"

#define SECOND_NS 1000000000LL

/* ---- leaves with their descriptors ---- */

/* With fence_lock: the descriptor stays open until fence_give_back(). */
static struct drm_fence *borrow(struct drm_fence *leaf)
{
    leaf->pollers++;
    return drm_fence_ref(leaf);
}

static void give_back(struct drm_fence *leaf)
{
    pthread_mutex_lock(&fence_lock);
    leaf->pollers--;
    fence_close_unused(leaf);
    pthread_mutex_unlock(&fence_lock);
    drm_fence_unref(leaf);
}

/* ---- in a thread ---- */

static int make_room(struct drm_fence_poll *poll)
{
    if (poll->count < poll->room) {
        return 0;
    }
    const unsigned room = poll->room * 2 + 8;
    struct pollfd *fds = realloc(poll->fds, room * sizeof(*fds));
    poll->fds = fds != NULL ? fds : poll->fds;
    struct drm_fence **leaves = realloc(poll->leaves, room * sizeof(struct drm_fence *));
    poll->leaves = leaves != NULL ? leaves : poll->leaves;
    if (fds == NULL || leaves == NULL) {
        return -ENOMEM;
    }
    poll->room = room;
    return 0;
}

int drm_fence_poll_add_fd(struct drm_fence_poll *poll, int fd, short events)
{
    if (make_room(poll) != 0) {
        return -ENOMEM;
    }
    poll->fds[poll->count] = (struct pollfd){.fd = fd, .events = events};
    poll->leaves[poll->count++] = NULL;
    return 0;
}

static int add_leaf(struct drm_fence *leaf, void *data)
{
    struct drm_fence_poll *poll = data;

    if (fence_leaf_status(leaf) != 0) {
        return 0;
    }
    if (drm_fence_poll_add_fd(poll, leaf->fd, POLLIN) != 0) {
        return -ENOMEM;
    }
    poll->leaves[poll->count - 1] = borrow(leaf);
    return 0;
}

int drm_fence_poll_add(struct drm_fence_poll *poll, struct drm_fence *fence)
{
    pthread_mutex_lock(&fence_lock);
    const int result = fence_each_leaf(fence, add_leaf, poll);
    pthread_mutex_unlock(&fence_lock);
    return result;
}

int drm_fence_poll_wait(struct drm_fence_poll *poll, int64_t deadline)
{
    int ready;

    do {
        const int64_t now = deadline <= 0 || deadline == GEMD_FOREVER ? 0 : drm_now_ns();
        const int64_t left = deadline > now ? deadline - now : 0;
        const struct timespec timeout = {.tv_sec = left / SECOND_NS, .tv_nsec = left % SECOND_NS};
        ready = ppoll(poll->fds, poll->count, deadline == GEMD_FOREVER ? NULL : &timeout, NULL);
    } while (ready < 0 && errno == EINTR);
    return ready > 0 ? 0 : ready == 0 ? -ETIME : -errno;
}

void drm_fence_poll_clear(struct drm_fence_poll *poll)
{
    for (unsigned i = 0; i < poll->count; i++) {
        if (poll->leaves[i] != NULL) {
            give_back(poll->leaves[i]);
        }
    }
    free(poll->fds);
    free(poll->leaves);
    *poll = (struct drm_fence_poll){0};
}

/* One look at it after the other, until nothing of it is left. */
int drm_fence_wait(struct drm_fence *fence, int64_t deadline, int hangup)
{
    struct drm_fence_poll poll = {0};
    int result = 0;

    while (result == 0 && drm_fence_status(fence) == 0) {
        if (hangup >= 0) {
            result = drm_fence_poll_add_fd(&poll, hangup, 0);
        }
        if (result == 0) {
            result = drm_fence_poll_add(&poll, fence);
        }
        if (result == 0) {
            result = drm_fence_poll_wait(&poll, deadline);
        }
        if (result == 0 && hangup >= 0 && poll.fds[0].revents != 0) {
            result = -ECANCELED;
        }
        drm_fence_poll_clear(&poll);
    }
    return result;
}

/* ---- in the daemon ---- */

int drm_fence_wait_before(struct drm_fence *fence, struct gemd_session *session, int hangup)
{
    struct drm_fence_poll poll = {0};
    int result = drm_fence_poll_add(&poll, fence);

    for (unsigned i = 0; i < poll.count && result == 0; i++) {
        result = gemd_fence_wait_before(session, poll.fds[i].fd, GEMD_FOREVER);
    }
    drm_fence_poll_clear(&poll);
    return result == 0 || result == -EIO ? result : drm_fence_wait(fence, GEMD_FOREVER, hangup);
}

/* ---- in the event loop ---- */

struct drm_fence_watch {
    struct event_base *base;
    struct drm_fence *fence, *leaf; /* leaf: borrowed, NULL: all have come */
    struct event *event;
    void (*done)(void *data);
    void *data;
};

static int take_leaf(struct drm_fence *leaf, void *data)
{
    struct drm_fence_watch *watch = data;

    if (fence_leaf_status(leaf) != 0) {
        return 0;
    }
    watch->leaf = borrow(leaf);
    return 1;
}

static void leave_leaf(struct drm_fence_watch *watch)
{
    if (watch->event != NULL) {
        event_free(watch->event);
        watch->event = NULL;
    }
    if (watch->leaf != NULL) {
        give_back(watch->leaf);
        watch->leaf = NULL;
    }
}

void drm_fence_unwatch(struct drm_fence_watch *watch)
{
    leave_leaf(watch);
    drm_fence_unref(watch->fence);
    free(watch);
}

static void on_leaf(evutil_socket_t fd, short what, void *data);

/* On one leaf at a time: they are all waited for. */
static int watch_next(struct drm_fence_watch *watch)
{
    pthread_mutex_lock(&fence_lock);
    (void)fence_each_leaf(watch->fence, take_leaf, watch);
    pthread_mutex_unlock(&fence_lock);
    watch->event = watch->leaf != NULL
                       ? event_new(watch->base, watch->leaf->fd, EV_READ, on_leaf, watch)
                       : event_new(watch->base, -1, 0, on_leaf, watch);
    if (watch->event == NULL) {
        return -ENOMEM;
    }
    if (watch->leaf != NULL) {
        return event_add(watch->event, NULL);
    }
    event_active(watch->event, EV_TIMEOUT, 0);
    return 0;
}

static void on_leaf(evutil_socket_t fd, short what, void *data)
{
    struct drm_fence_watch *watch = data;
    void (*done)(void *) = watch->done;
    void *owner = watch->data;

    leave_leaf(watch);
    if (drm_fence_status(watch->fence) == 0 && watch_next(watch) == 0) {
        return;
    }
    drm_fence_unwatch(watch);
    done(owner);
}

struct drm_fence_watch *drm_fence_watch(struct drm_server *server, struct drm_fence *fence,
                                        void (*done)(void *data), void *data)
{
    struct drm_fence_watch *watch = calloc(1, sizeof(*watch));

    if (watch == NULL) {
        return NULL;
    }
    *watch = (struct drm_fence_watch){
        .base = server->base, .fence = drm_fence_ref(fence), .done = done, .data = data};
    if (watch_next(watch) != 0) {
        drm_fence_unwatch(watch);
        return NULL;
    }
    return watch;
}
