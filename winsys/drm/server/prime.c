/* SPDX-License-Identifier: MIT */
/*
 * Buffers across files: as descriptors, which are the memory files themselves, and by name. Whoever
 * has the descriptor, in whatever process, has the same object.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#include <drm.h>
#include <linux/dma-buf.h>

#include "winsys/drm/server/gem.h"
#include "winsys/drm/server/view.h"

int gem_handle_to_fd(struct drm_file *file, struct drm_call *call)
{
    struct drm_prime_handle *prime = call->argument;
    if ((prime->flags & ~(uint32_t)(DRM_CLOEXEC | DRM_RDWR)) != 0) {
        return -EINVAL;
    }
    struct drm_object *object = drm_handle_object(file, prime->handle);
    if (object == NULL) {
        return -ENOENT;
    }
    view_await(object);
    pthread_mutex_lock(&object->lock);
    int result = view_push(object);
    if (result == 0) {
        object->is_exported = true;
        call->fd_out = fcntl(drm_object_memory(object)->fd, F_DUPFD_CLOEXEC, 0);
        result = call->fd_out < 0 ? -errno : 0;
    }
    pthread_mutex_unlock(&object->lock);
    drm_object_unref(object);
    return result;
}

int gem_fd_to_handle(struct drm_file *file, struct drm_call *call)
{
    struct drm_prime_handle *prime = call->argument;
    struct drm_object *object;
    if (call->fd_in < 0) {
        return -EBADF;
    }
    int result = drm_object_import(file->server, call->fd_in, &object);
    if (result == 0) {
        result = drm_handle_get(file, object, &prime->handle);
    }
    drm_object_unref(object);
    return result;
}

int gem_flink(struct drm_file *file, struct drm_call *call)
{
    struct drm_gem_flink *flink = call->argument;
    struct drm_object *object = drm_handle_object(file, flink->handle);
    if (object == NULL) {
        return -ENOENT;
    }
    flink->name = drm_object_name(object);
    drm_object_unref(object);
    return 0;
}

int gem_open_name(struct drm_file *file, struct drm_call *call)
{
    struct drm_gem_open *open = call->argument;
    struct drm_object *object = drm_object_named(file->server, open->name);
    if (object == NULL) {
        return -ENOENT;
    }
    int result = drm_handle_create(file, object, &open->handle);
    open->size = object->size;
    drm_object_unref(object);
    return result;
}

/* ---- ioctls of the descriptors ---- */

bool drm_gem_is_dmabuf(struct drm_server *server, int fd)
{
    struct drm_object *object = drm_object_of_file(server, fd);
    drm_object_unref(object);
    return object != NULL;
}

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

int drm_gem_dmabuf(struct drm_server *server, int fd, uint32_t request, void *argument,
                   uint32_t size)
{
    const struct dma_buf_sync *sync = argument;
    struct drm_object *object = drm_object_of_file(server, fd);
    int result = 0;
    if (object == NULL) {
        return -ENOTTY;
    }
    if (request != DMA_BUF_IOCTL_SYNC || size < sizeof(*sync)) {
        result = -ENOTTY;
    } else if ((sync->flags & ~(uint64_t)DMA_BUF_SYNC_VALID_FLAGS_MASK) != 0 ||
               (sync->flags & DMA_BUF_SYNC_RW) == 0) {
        result = -EINVAL;
    } else if ((sync->flags & DMA_BUF_SYNC_END) == 0) {
        result = sync_begins(object, (sync->flags & DMA_BUF_SYNC_WRITE) != 0);
    }
    drm_object_unref(object);
    return result;
}
