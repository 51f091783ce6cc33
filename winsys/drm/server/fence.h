/* SPDX-License-Identifier: MIT */
/*
 * Fences: work that is done some time, of the GPU or of the screen. What sync files show and sync
 * objects hold. A fence is a leaf, or is made of others: done when all of them are.
 *
 * Fences may be used by any thread, with a reference. No lock is needed, and none is taken that a
 * caller could hold.
 */
#ifndef GEMD_WINSYS_DRM_SERVER_FENCE_H
#define GEMD_WINSYS_DRM_SERVER_FENCE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

struct drm_fence;
struct drm_file;
struct drm_server;
struct gemd_session;

#define DRM_FENCE_NAME_MAX 32u

/* ---- leaves; each function gives a reference ---- */

/* Done already. NULL: no memory. */
struct drm_fence *drm_fence_done(void);
/*
 * What the file's session has submitted up to seqno. Ask soon: a session that is lost, or ends, has
 * its fences fail with -EIO. -ENOMEM, -EMFILE.
 */
int drm_fence_of_seqno(struct drm_file *file, uint64_t seqno, struct drm_fence **fence);
/* One that this process ends, by drm_fence_signal(). The names are what sync files tell. */
int drm_fence_create(const char *driver, const char *timeline, struct drm_fence **fence);
/* status: 1, or a negative errno. Only the first time counts. */
void drm_fence_signal(struct drm_fence *fence, int status);
/* A sync file of the kernel's own, which the fence has a copy of. -EINVAL: it is none. */
int drm_fence_of_descriptor(int fd, struct drm_fence **fence);
/*
 * A pipe's read end, which the fence has a copy of: a fence of the daemon's that another session
 * gave out (gemd_fence_export()), such as EGL's. It has come when there is something to read, and
 * failed when its other end is closed without. -EMFILE, -ENOMEM.
 */
int drm_fence_of_pipe(int fd, struct drm_fence **fence);

struct drm_fence *drm_fence_ref(struct drm_fence *fence);
void drm_fence_unref(struct drm_fence *fence); /* NULL is fine */

/* ---- of others ---- */

/* Done when both are. Neither reference is taken. -ENOMEM. */
int drm_fence_merge(struct drm_fence *a, struct drm_fence *b, struct drm_fence **merged);
/*
 * A timeline that goes on: 'point' is reached when 'fence' and all of 'before' (may be NULL) are
 * done. Neither reference is taken. A point that is not beyond the last one begins a timeline anew,
 * as in Linux. -ENOMEM.
 */
int drm_fence_chain(struct drm_fence *before, struct drm_fence *fence, uint64_t point,
                    struct drm_fence **chain);
/*
 * The part of a timeline that a point wants, 0: all of it. *part has a reference, or is NULL: that
 * is done long since. -EINVAL: the timeline does not go so far, or is none.
 */
int drm_fence_find(struct drm_fence *fence, uint64_t point, struct drm_fence **part);
/* How far a timeline has come, or (submitted) will come; 0 of what is none. NULL is fine. */
uint64_t drm_fence_point(struct drm_fence *fence, bool submitted);

/* ---- looking ---- */

/* 0: not yet, 1: done, or the errno that it failed with. */
int drm_fence_status(struct drm_fence *fence);

/* What a leaf tells of itself. */
struct drm_fence_info {
    char driver[DRM_FENCE_NAME_MAX], timeline[DRM_FENCE_NAME_MAX];
    int32_t status;
    int64_t time_ns; /* when it was seen to be done, CLOCK_MONOTONIC; 0: it is not */
    uint64_t context, seqno;
};

/* How many leaves it has; of the first 'room' of them, what they tell. */
unsigned drm_fence_tell(struct drm_fence *fence, struct drm_fence_info *infos, unsigned room);

/* ---- waiting ---- */

/*
 * What the session submits and presents from now on waits for it, in the daemon. 0, -EIO; at worst
 * (too many fences) waits here, unless 'hangup' does.
 */
int drm_fence_wait_before(struct drm_fence *fence, struct gemd_session *session, int hangup);
/* Waits here. 0; -ETIME; -ECANCELED: 'hangup' (a socket; -1: none) has lost its other end. */
int drm_fence_wait(struct drm_fence *fence, int64_t deadline, int hangup);

/* What several fences wait for: descriptors that become readable, with their leaves. */
struct drm_fence_poll {
    struct pollfd *fds;
    struct drm_fence **leaves; /* [i] of fds[i]; NULL: the caller's own descriptor */
    unsigned count, room;
};

/* Adds what is not done of a fence, or a descriptor. -ENOMEM. */
int drm_fence_poll_add(struct drm_fence_poll *poll, struct drm_fence *fence);
int drm_fence_poll_add_fd(struct drm_fence_poll *poll, int fd, short events);
/* Until one of them is ready. 0, -ETIME. deadline: CLOCK_MONOTONIC, GEMD_FOREVER. */
int drm_fence_poll_wait(struct drm_fence_poll *poll, int64_t deadline);
/* Forgets them all. */
void drm_fence_poll_clear(struct drm_fence_poll *poll);

struct drm_fence_watch;

/*
 * Calls 'done' once in the server's event loop, without locks, when the fence is done; then the
 * watch is gone. NULL: no memory.
 */
struct drm_fence_watch *drm_fence_watch(struct drm_server *server, struct drm_fence *fence,
                                        void (*done)(void *data), void *data);
/* Before that, in the event loop's thread, or when the loop no longer runs. */
void drm_fence_unwatch(struct drm_fence_watch *watch);

#endif
