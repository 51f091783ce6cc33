/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/syncobj.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "winsys/drm/server/file.h"

struct drm_syncobj {
    unsigned references; /* atomic */
    pthread_mutex_t lock;
    struct drm_fence *fence; /* NULL: empty */
    struct drm_syncobj_listener *listeners;
};

struct drm_syncobj *drm_syncobj_create(void)
{
    struct drm_syncobj *object = calloc(1, sizeof(*object));

    if (object != NULL) {
        object->references = 1;
        pthread_mutex_init(&object->lock, NULL);
    }
    return object;
}

struct drm_syncobj *drm_syncobj_ref(struct drm_syncobj *object)
{
    __atomic_add_fetch(&object->references, 1, __ATOMIC_RELAXED);
    return object;
}

void drm_syncobj_unref(struct drm_syncobj *object)
{
    if (object != NULL && __atomic_sub_fetch(&object->references, 1, __ATOMIC_ACQ_REL) == 0) {
        drm_fence_unref(object->fence);
        pthread_mutex_destroy(&object->lock);
        free(object);
    }
}

/* ---- what is in it ---- */

struct drm_fence *drm_syncobj_fence(struct drm_syncobj *object)
{
    pthread_mutex_lock(&object->lock);
    struct drm_fence *fence = object->fence != NULL ? drm_fence_ref(object->fence) : NULL;
    pthread_mutex_unlock(&object->lock);
    return fence;
}

/* The lock is held; takes the reference. Returns what was there. */
static struct drm_fence *put(struct drm_syncobj *object, struct drm_fence *fence)
{
    struct drm_fence *old = object->fence;

    object->fence = fence;
    for (struct drm_syncobj_listener *at = object->listeners; at != NULL; at = at->next) {
        (void)eventfd_write(at->eventfd, 1);
    }
    return old;
}

void drm_syncobj_replace(struct drm_syncobj *object, struct drm_fence *fence)
{
    pthread_mutex_lock(&object->lock);
    struct drm_fence *old = put(object, fence != NULL ? drm_fence_ref(fence) : NULL);
    pthread_mutex_unlock(&object->lock);
    drm_fence_unref(old);
}

int drm_syncobj_signal(struct drm_syncobj *object)
{
    struct drm_fence *done = drm_fence_done();

    if (done == NULL) {
        return -ENOMEM;
    }
    drm_syncobj_replace(object, done);
    drm_fence_unref(done);
    return 0;
}

int drm_syncobj_add_point(struct drm_syncobj *object, struct drm_fence *fence, uint64_t point)
{
    struct drm_fence *chain, *old = NULL;

    pthread_mutex_lock(&object->lock);
    const int result = drm_fence_chain(object->fence, fence, point, &chain);
    if (result == 0) {
        old = put(object, chain);
    }
    pthread_mutex_unlock(&object->lock);
    drm_fence_unref(old);
    return result;
}

void drm_syncobj_listen(struct drm_syncobj *object, struct drm_syncobj_listener *listener)
{
    pthread_mutex_lock(&object->lock);
    listener->next = object->listeners;
    object->listeners = listener;
    pthread_mutex_unlock(&object->lock);
}

void drm_syncobj_unlisten(struct drm_syncobj *object, struct drm_syncobj_listener *listener)
{
    pthread_mutex_lock(&object->lock);
    for (struct drm_syncobj_listener **at = &object->listeners; *at != NULL; at = &(*at)->next) {
        if (*at == listener) {
            *at = listener->next;
            break;
        }
    }
    pthread_mutex_unlock(&object->lock);
}

unsigned drm_syncobj_listeners(struct drm_syncobj *object)
{
    unsigned count = 0;

    pthread_mutex_lock(&object->lock);
    for (struct drm_syncobj_listener *at = object->listeners; at != NULL; at = at->next) {
        count++;
    }
    pthread_mutex_unlock(&object->lock);
    return count;
}

/* ---- handles: drm_file.lock ---- */

static int grow(struct drm_file *file)
{
    const uint32_t room = file->syncobj_room == 0 ? 16 : file->syncobj_room * 2;
    struct drm_syncobj **objects = realloc(file->syncobjs, room * sizeof(struct drm_syncobj *));

    if (objects == NULL) {
        return -ENOMEM;
    }
    memset(objects + file->syncobj_room, 0,
           (room - file->syncobj_room) * sizeof(struct drm_syncobj *));
    file->syncobjs = objects;
    file->syncobj_room = room;
    return 0;
}

int drm_syncobj_handle(struct drm_file *file, struct drm_syncobj *object, uint32_t *handle)
{
    pthread_mutex_lock(&file->lock);
    uint32_t at = file->syncobj_low;
    while (at < file->syncobj_room && file->syncobjs[at] != NULL) {
        at++;
    }
    const int result = at < file->syncobj_room ? 0 : grow(file);
    if (result == 0) {
        file->syncobjs[at] = drm_syncobj_ref(object);
        file->syncobj_low = at + 1;
        *handle = at + 1;
    }
    pthread_mutex_unlock(&file->lock);
    return result;
}

struct drm_syncobj *drm_syncobj_find(struct drm_file *file, uint32_t handle)
{
    struct drm_syncobj *object = NULL;

    pthread_mutex_lock(&file->lock);
    if (handle != 0 && handle <= file->syncobj_room && file->syncobjs[handle - 1] != NULL) {
        object = drm_syncobj_ref(file->syncobjs[handle - 1]);
    }
    pthread_mutex_unlock(&file->lock);
    return object;
}

struct drm_syncobj *drm_syncobj_take(struct drm_file *file, uint32_t handle)
{
    struct drm_syncobj *object = NULL;

    pthread_mutex_lock(&file->lock);
    if (handle != 0 && handle <= file->syncobj_room) {
        object = file->syncobjs[handle - 1];
        file->syncobjs[handle - 1] = NULL;
        file->syncobj_low = handle - 1 < file->syncobj_low ? handle - 1 : file->syncobj_low;
    }
    pthread_mutex_unlock(&file->lock);
    return object;
}

void drm_syncobj_close(struct drm_file *file)
{
    for (uint32_t i = 0; i < file->syncobj_room; i++) {
        drm_syncobj_unref(file->syncobjs[i]);
    }
    free(file->syncobjs);
    file->syncobjs = NULL;
    file->syncobj_room = 0;
}
