/* SPDX-License-Identifier: MIT */
/*
 * Buffers across files: as descriptors, which are the memory files themselves, and by name. Whoever
 * has the descriptor, in whatever process, has the same object.
 */
#include <errno.h>
#include <fcntl.h>

#include <drm.h>

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
        __atomic_store_n(&object->is_exported, true, __ATOMIC_RELAXED);
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
