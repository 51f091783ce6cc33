/* SPDX-License-Identifier: MIT */
/* Ioctls of dma-bufs, and fences that programs put into them and take out. */
#include <errno.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <sys/ioctl.h>

#include "winsys/drm/server/objects.h"
#include "winsys/drm/server/sync_file.h"
#include "winsys/drm/server/view.h"

bool drm_gem_is_dmabuf(struct drm_server *server, int fd)
{
    struct drm_object *object = drm_object_of_file(server, fd);
    drm_object_unref(object);
    return object != NULL;
}

/* ---- fences from outside ---- */

/* lock of the objects is held. */
static void forget_done(struct drm_fence **fence)
{
    struct drm_fence *there = *fence;
    if (there != NULL && drm_fence_status(there) != 0) {
        __atomic_store_n(fence, NULL, __ATOMIC_RELAXED);
        drm_fence_unref(there);
    }
}

/* NULL is nothing to be waited for. The result has a reference. */
static int merge(struct drm_fence *a, struct drm_fence *b, struct drm_fence **merged)
{
    if (a != NULL && b != NULL) {
        return drm_fence_merge(a, b, merged);
    }
    a = a != NULL ? a : b;
    *merged = a != NULL ? drm_fence_ref(a) : NULL;
    return 0;
}

int drm_object_add_fence(struct drm_object *object, struct drm_fence *fence, bool write)
{
    struct drm_objects *objects = object->server->objects;
    struct drm_fence **there = write ? &object->writes : &object->reads, *merged;
    pthread_mutex_lock(&objects->lock);
    int result = merge(*there, fence, &merged);
    if (result == 0) {
        drm_fence_unref(*there);
        __atomic_store_n(there, merged, __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(&objects->lock);
    return result;
}

struct drm_fence *drm_object_fence(struct drm_object *object, bool all)
{
    struct drm_objects *objects = object->server->objects;
    struct drm_fence *fence = NULL;
    /* Few buffers have any: who has not heard of one that just comes is ahead of it. */
    if (__atomic_load_n(&object->writes, __ATOMIC_RELAXED) == NULL &&
        __atomic_load_n(&object->reads, __ATOMIC_RELAXED) == NULL) {
        return NULL;
    }
    pthread_mutex_lock(&objects->lock);
    forget_done(&object->writes);
    forget_done(&object->reads);
    if (merge(object->writes, all ? object->reads : NULL, &fence) != 0) {
        fence = object->writes != NULL ? drm_fence_ref(object->writes) : NULL; /* no memory */
    }
    pthread_mutex_unlock(&objects->lock);
    return fence;
}

static int import(struct drm_object *object, struct drm_descriptor_call *call)
{
    const struct dma_buf_import_sync_file *args = call->argument;
    if ((args->flags & ~(uint32_t)DMA_BUF_SYNC_RW) != 0 || (args->flags & DMA_BUF_SYNC_RW) == 0) {
        return -EINVAL;
    }
    struct drm_fence *fence = drm_sync_file_named(object->server, call->other);
    if (fence == NULL) {
        return -EINVAL;
    }
    int result = drm_object_add_fence(object, fence, (args->flags & DMA_BUF_SYNC_WRITE) != 0);
    drm_fence_unref(fence);
    return result;
}

/* ---- fences of what is being drawn ---- */

/* Takes the reference to 'fence', gives one to what it becomes. */
static int add_pending(struct drm_server *server, const struct drm_pending *pending,
                       struct drm_fence **fence)
{
    struct drm_file *file = drm_file_find(server, pending->file);
    struct drm_fence *one = NULL, *both = NULL;
    if (file == NULL) {
        drm_await_end();
        return -EAGAIN;
    }
    int result = drm_fence_of_seqno(file, pending->seqno, &one);
    drm_file_unref(file);
    if (result == 0) {
        result = merge(*fence, one, &both);
    }
    drm_fence_unref(one);
    if (result == 0) {
        drm_fence_unref(*fence);
        *fence = both;
    }
    return result;
}

/* All that is to be waited for, with a reference; -EAGAIN: look again. */
static int collect(struct drm_object *object, bool all, struct drm_fence **fence)
{
    struct drm_pending pending[DRM_FILES_MAX];
    const unsigned count = drm_object_pending(object, all, NULL, pending, 0);
    int result = 0;
    *fence = drm_object_fence(object, all);
    for (unsigned i = 0; i < count && result == 0; i++) {
        result = add_pending(object->server, &pending[i], fence);
    }
    if (result == 0 && *fence == NULL) {
        *fence = drm_fence_done();
        result = *fence != NULL ? 0 : -ENOMEM;
    }
    if (result != 0) {
        drm_fence_unref(*fence);
        *fence = NULL;
    }
    return result;
}

static int export(struct drm_object *object, struct drm_descriptor_call *call)
{
    const struct dma_buf_export_sync_file *args = call->argument;
    struct drm_fence *fence;
    int result;
    if ((args->flags & ~(uint32_t)DMA_BUF_SYNC_RW) != 0 || (args->flags & DMA_BUF_SYNC_RW) == 0) {
        return -EINVAL;
    }
    do {
        result = collect(object, (args->flags & DMA_BUF_SYNC_WRITE) != 0, &fence);
    } while (result == -EAGAIN);
    if (result == 0) {
        call->fd_out = drm_sync_file_open(object->server, fence);
        result = call->fd_out < 0 ? call->fd_out : 0;
    }
    drm_fence_unref(fence);
    return result;
}

/* ---- the CPU ---- */

static int sync_begins(struct drm_object *object, bool write)
{
    (void)drm_object_wait(object, write, GEMD_FOREVER);
    view_await(object);
    pthread_mutex_lock(&object->lock);
    int result = view_push(object);
    object->view_valid = object->view_valid && !write;
    pthread_mutex_unlock(&object->lock);
    return result;
}

static int sync_cpu(struct drm_object *object, struct drm_descriptor_call *call)
{
    const struct dma_buf_sync *args = call->argument;
    if ((args->flags & ~(uint64_t)DMA_BUF_SYNC_VALID_FLAGS_MASK) != 0 ||
        (args->flags & DMA_BUF_SYNC_RW) == 0) {
        return -EINVAL;
    }
    return (args->flags & DMA_BUF_SYNC_END) == 0
               ? sync_begins(object, (args->flags & DMA_BUF_SYNC_WRITE) != 0)
               : 0;
}

static const struct {
    uint32_t request;
    int (*handle)(struct drm_object *object, struct drm_descriptor_call *call);
} calls[] = {
    {(uint32_t)DMA_BUF_IOCTL_SYNC, sync_cpu},
    {(uint32_t)DMA_BUF_IOCTL_EXPORT_SYNC_FILE, export},
    {(uint32_t)DMA_BUF_IOCTL_IMPORT_SYNC_FILE, import},
};

int drm_gem_dmabuf(struct drm_server *server, struct drm_descriptor_call *call)
{
    struct drm_object *object = drm_object_of_file(server, call->fd);
    int result = -ENOTTY;
    for (size_t i = 0; object != NULL && i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (calls[i].request == call->request && call->size >= _IOC_SIZE(call->request)) {
            result = calls[i].handle(object, call);
        }
    }
    drm_object_unref(object);
    return result;
}
