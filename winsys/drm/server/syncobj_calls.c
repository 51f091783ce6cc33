/* SPDX-License-Identifier: MIT */
/* The ioctls of sync objects. */
#include <drm.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "winsys/drm/server/object.h"
#include "winsys/drm/server/sync_file.h"
#include "winsys/drm/server/syncobj.h"

/* ---- lives ---- */

static int do_create(struct drm_file *file, struct drm_call *call)
{
    struct drm_syncobj_create *create = call->argument;

    if ((create->flags & ~(uint32_t)DRM_SYNCOBJ_CREATE_SIGNALED) != 0) {
        return -EINVAL;
    }
    struct drm_syncobj *object = drm_syncobj_create();
    int result = object != NULL ? 0 : -ENOMEM;
    if (result == 0 && create->flags != 0) {
        result = drm_syncobj_signal(object);
    }
    if (result == 0) {
        result = drm_syncobj_handle(file, object, &create->handle);
    }
    drm_syncobj_unref(object);
    return result;
}

static int do_destroy(struct drm_file *file, struct drm_call *call)
{
    const struct drm_syncobj_destroy *destroy = call->argument;

    if (destroy->pad != 0) {
        return -EINVAL;
    }
    struct drm_syncobj *object = drm_syncobj_take(file, destroy->handle);
    drm_syncobj_unref(object);
    return object != NULL ? 0 : -EINVAL;
}

/* ---- descriptors ---- */

static int give(int fd, struct drm_call *call)
{
    call->fd_out = fd < 0 ? -1 : fd;
    return fd < 0 ? fd : 0;
}

static int export(struct drm_file *file, uint32_t handle, struct drm_call *call)
{
    struct drm_syncobj *object = drm_syncobj_find(file, handle);
    struct drm_fence *fence = object != NULL ? drm_syncobj_fence(object) : NULL;
    int result = object == NULL ? -ENOENT : fence == NULL ? -EINVAL : 0;

    if (result == 0) {
        result = give(drm_sync_file_open(file->server, fence), call);
    }
    drm_fence_unref(fence);
    drm_syncobj_unref(object);
    return result;
}

static int do_handle_to_fd(struct drm_file *file, struct drm_call *call)
{
    const struct drm_syncobj_handle *handle = call->argument;

    if (handle->pad != 0 ||
        (handle->flags & ~(uint32_t)DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE) != 0) {
        return -EINVAL;
    }
    if (handle->flags != 0) {
        return export(file, handle->handle, call);
    }
    struct drm_syncobj *object = drm_syncobj_find(file, handle->handle);
    if (object == NULL) {
        return -EINVAL;
    }
    const int result = give(drm_sync_file_open_object(file->server, object), call);
    drm_syncobj_unref(object);
    return result;
}

static int import(struct drm_file *file, uint32_t handle, int fd)
{
    struct drm_fence *fence;
    int result = drm_sync_file_fence(file->server, fd, &fence);

    if (result != 0) {
        return result;
    }
    struct drm_syncobj *object = drm_syncobj_find(file, handle);
    if (object != NULL) {
        drm_syncobj_replace(object, fence);
    }
    drm_fence_unref(fence);
    drm_syncobj_unref(object);
    return object != NULL ? 0 : -ENOENT;
}

static int do_fd_to_handle(struct drm_file *file, struct drm_call *call)
{
    struct drm_syncobj_handle *handle = call->argument;

    if (handle->pad != 0 ||
        (handle->flags & ~(uint32_t)DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE) != 0) {
        return -EINVAL;
    }
    if (handle->flags != 0) {
        return import(file, handle->handle, call->fd_in);
    }
    struct drm_syncobj *object = drm_sync_file_object(file->server, call->fd_in);
    if (object == NULL) {
        return -EINVAL;
    }
    const int result = drm_syncobj_handle(file, object, &handle->handle);
    drm_syncobj_unref(object);
    return result;
}

static int transfer(const struct drm_syncobj_transfer *transfer, struct drm_syncobj *to,
                    struct drm_syncobj *from, int hangup)
{
    struct drm_fence *fence, *flat;
    int result =
        drm_syncobj_await_fence(from, transfer->src_point, transfer->flags, hangup, &fence);

    if (result != 0) {
        return result;
    }
    if (transfer->dst_point == 0) {
        drm_syncobj_replace(to, fence);
    } else {
        result = drm_fence_merge(fence, NULL, &flat);
        if (result == 0) {
            result = drm_syncobj_add_point(to, flat, transfer->dst_point);
            drm_fence_unref(flat);
        }
    }
    drm_fence_unref(fence);
    return result;
}

static int do_transfer(struct drm_file *file, struct drm_call *call)
{
    const struct drm_syncobj_transfer *args = call->argument;

    if (args->pad != 0) {
        return -EINVAL;
    }
    struct drm_syncobj *to = drm_syncobj_find(file, args->dst_handle);
    struct drm_syncobj *from = drm_syncobj_find(file, args->src_handle);
    const int result =
        to != NULL && from != NULL ? transfer(args, to, from, call->channel) : -ENOENT;
    drm_syncobj_unref(to);
    drm_syncobj_unref(from);
    return result;
}

/* ---- several at once ---- */

static void put_all(struct drm_syncobj_wait_entry *entries, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        drm_syncobj_unref(entries[i].object);
    }
    free(entries);
}

/* points: NULL, or as many. -EINVAL: none; -ENOENT: one is no handle. */
static int find_all(struct drm_file *file, const struct drm_call_array *handles,
                    const struct drm_call_array *points, struct drm_syncobj_wait_entry **entries)
{
    const uint32_t *numbers = handles->bytes, count = handles->count;

    if (count == 0) {
        return -EINVAL;
    }
    *entries = calloc(count, sizeof(**entries));
    if (*entries == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct drm_syncobj_wait_entry *entry = &(*entries)[i];
        entry->object = drm_syncobj_find(file, numbers[i]);
        if (entry->object == NULL) {
            put_all(*entries, i);
            return -ENOENT;
        }
        if (points != NULL) {
            entry->point = ((const uint64_t *)points->bytes)[i];
        }
    }
    return 0;
}

/* 0 looks only; what is past, too. */
static int wait_all(struct drm_file *file, struct drm_call *call,
                    const struct drm_call_array *points, uint32_t flags, int64_t deadline,
                    uint32_t *first)
{
    struct drm_syncobj_wait_entry *entries;
    uint32_t found;
    int result = find_all(file, &call->arrays[0], points, &entries);

    if (result != 0) {
        return result;
    }
    result =
        drm_syncobj_wait(entries, call->arrays[0].count, flags, deadline, call->channel, &found);
    put_all(entries, call->arrays[0].count);
    if (result == 0) {
        *first = found;
    }
    return result;
}

static int do_wait(struct drm_file *file, struct drm_call *call)
{
    struct drm_syncobj_wait *wait = call->argument;
    const uint32_t known = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL | DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT;

    if ((wait->flags & ~known) != 0) {
        return -EINVAL;
    }
    return wait_all(file, call, NULL, wait->flags, wait->timeout_nsec, &wait->first_signaled);
}

static int do_timeline_wait(struct drm_file *file, struct drm_call *call)
{
    struct drm_syncobj_timeline_wait *wait = call->argument;
    const uint32_t known = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL |
                           DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT |
                           DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE;

    if ((wait->flags & ~known) != 0) {
        return -EINVAL;
    }
    return wait_all(file, call, &call->arrays[1], wait->flags, wait->timeout_nsec,
                    &wait->first_signaled);
}

static int do_reset(struct drm_file *file, struct drm_call *call)
{
    const struct drm_syncobj_array *array = call->argument;
    struct drm_syncobj_wait_entry *entries;
    const int result = array->pad != 0 ? -EINVAL : find_all(file, &call->arrays[0], NULL, &entries);

    if (result != 0) {
        return result;
    }
    for (uint32_t i = 0; i < call->arrays[0].count; i++) {
        drm_syncobj_replace(entries[i].object, NULL);
    }
    put_all(entries, call->arrays[0].count);
    return 0;
}

static int do_signal(struct drm_file *file, struct drm_call *call)
{
    const struct drm_syncobj_array *array = call->argument;
    struct drm_syncobj_wait_entry *entries;
    int result = array->pad != 0 ? -EINVAL : find_all(file, &call->arrays[0], NULL, &entries);

    if (result != 0) {
        return result;
    }
    for (uint32_t i = 0; i < call->arrays[0].count && result == 0; i++) {
        result = drm_syncobj_signal(entries[i].object);
    }
    put_all(entries, call->arrays[0].count);
    return result;
}

static int do_timeline_signal(struct drm_file *file, struct drm_call *call)
{
    const struct drm_syncobj_timeline_array *array = call->argument;
    struct drm_syncobj_wait_entry *entries;
    int result =
        array->flags != 0 ? -EINVAL : find_all(file, &call->arrays[0], &call->arrays[1], &entries);

    if (result != 0) {
        return result;
    }
    struct drm_fence *done = drm_fence_done();
    result = done != NULL ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < call->arrays[0].count && result == 0; i++) {
        result = drm_syncobj_add_point(entries[i].object, done, entries[i].point);
    }
    drm_fence_unref(done);
    put_all(entries, call->arrays[0].count);
    return result;
}

static int do_query(struct drm_file *file, struct drm_call *call)
{
    const struct drm_syncobj_timeline_array *array = call->argument;
    const uint32_t submitted = DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED;
    struct drm_syncobj_wait_entry *entries;
    uint64_t *points = call->arrays[1].bytes;
    const int result = (array->flags & ~submitted) != 0
                           ? -EINVAL
                           : find_all(file, &call->arrays[0], NULL, &entries);

    if (result != 0) {
        return result;
    }
    for (uint32_t i = 0; i < call->arrays[0].count; i++) {
        struct drm_fence *fence = drm_syncobj_fence(entries[i].object);
        points[i] = drm_fence_point(fence, array->flags != 0);
        drm_fence_unref(fence);
    }
    call->arrays[1].used = call->arrays[0].count;
    put_all(entries, call->arrays[0].count);
    return 0;
}

#define ROW(name, handle)                                                                          \
    {                                                                                              \
        _IOC_NR(DRM_IOCTL_SYNCOBJ_##name), DRM_IOCTL_RENDER, (handle)                              \
    }

const struct drm_ioctl drm_syncobj_ioctls[] = {
    ROW(CREATE, do_create),
    ROW(DESTROY, do_destroy),
    ROW(HANDLE_TO_FD, do_handle_to_fd),
    ROW(FD_TO_HANDLE, do_fd_to_handle),
    ROW(TRANSFER, do_transfer),
    ROW(WAIT, do_wait),
    ROW(TIMELINE_WAIT, do_timeline_wait),
    ROW(RESET, do_reset),
    ROW(SIGNAL, do_signal),
    ROW(TIMELINE_SIGNAL, do_timeline_signal),
    ROW(QUERY, do_query),
    {0},
};
