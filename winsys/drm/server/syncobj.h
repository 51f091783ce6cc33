/* SPDX-License-Identifier: MIT */
/*
 * Sync objects: boxes for a fence, by handles of a file, that programs share by descriptors. A
 * timeline is one whose fence is a chain (fence.h).
 */
#ifndef GEMD_WINSYS_DRM_SERVER_SYNCOBJ_H
#define GEMD_WINSYS_DRM_SERVER_SYNCOBJ_H

#include <stdbool.h>
#include <stdint.h>

#include "winsys/drm/call.h"
#include "winsys/drm/server/fence.h"

struct drm_syncobj;

/* With a reference, empty. NULL: no memory. */
struct drm_syncobj *drm_syncobj_create(void);
struct drm_syncobj *drm_syncobj_ref(struct drm_syncobj *object);
void drm_syncobj_unref(struct drm_syncobj *object); /* NULL is fine */

/* What is in it, with a reference; NULL: nothing. */
struct drm_fence *drm_syncobj_fence(struct drm_syncobj *object);
/* Puts another one in, or (NULL) nothing; takes no reference of the caller's. */
void drm_syncobj_replace(struct drm_syncobj *object, struct drm_fence *fence);
/* A fence that is done. -ENOMEM. */
int drm_syncobj_signal(struct drm_syncobj *object);
/* The timeline goes on. -ENOMEM. */
int drm_syncobj_add_point(struct drm_syncobj *object, struct drm_fence *fence, uint64_t point);

/* ---- handles, the lowest free one first, from 1 ---- */

/* -ENOMEM. */
int drm_syncobj_handle(struct drm_file *file, struct drm_syncobj *object, uint32_t *handle);
/* With a reference; NULL: none. */
struct drm_syncobj *drm_syncobj_find(struct drm_file *file, uint32_t handle);
/* Takes it from the file, with its reference; NULL: none. */
struct drm_syncobj *drm_syncobj_take(struct drm_file *file, uint32_t handle);
/* All, at the file's end. */
void drm_syncobj_close(struct drm_file *file);

/* ---- waiting ---- */

struct drm_syncobj_wait_entry {
    struct drm_syncobj *object;
    uint64_t point; /* 0: what is in it */
    /* the wait's own */
    struct drm_fence *fence;
    bool is_there;
};

/*
 * For all or one of them, as flags (DRM_SYNCOBJ_WAIT_FLAGS_*) say. *first: one that is done.
 * hangup: as of drm_fence_wait(). -ETIME, -EINVAL: nothing is in one, -ECANCELED, -ENOMEM, -EMFILE.
 */
int drm_syncobj_wait(struct drm_syncobj_wait_entry *entries, uint32_t count, uint32_t flags,
                     int64_t deadline, int hangup, uint32_t *first);
/*
 * The fence of a point, waited for until there is one if flags say so (WAIT_FOR_SUBMIT). With a
 * reference. -EINVAL: there is none; -ETIME and others of drm_syncobj_wait().
 */
int drm_syncobj_await_fence(struct drm_syncobj *object, uint64_t point, uint32_t flags, int hangup,
                            struct drm_fence **fence);

/* An eventfd that is written to whenever something is put into the object. */
struct drm_syncobj_listener {
    struct drm_syncobj_listener *next;
    int eventfd;
};

void drm_syncobj_listen(struct drm_syncobj *object, struct drm_syncobj_listener *listener);
void drm_syncobj_unlisten(struct drm_syncobj *object, struct drm_syncobj_listener *listener);
/* How many there are: for tests. */
unsigned drm_syncobj_listeners(struct drm_syncobj *object);

#endif
