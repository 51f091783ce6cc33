/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/exec_fences.h"

#include <errno.h>
#include <stdlib.h>

#include <i915_drm.h>

#include "winsys/drm/calls.h"
#include "winsys/drm/server/extension.h"
#include "winsys/drm/server/sync_file.h"
#include "winsys/drm/server/syncobj.h"

#define FENCES_IN (I915_EXEC_FENCE_IN | I915_EXEC_FENCE_SUBMIT)

/* A new one, the last; NULL: no memory. */
static struct exec_fence *add(struct exec_fences *fences)
{
    if (fences->count == fences->room) {
        const uint32_t room = fences->room * 2 + 8;
        struct exec_fence *list = realloc(fences->list, room * sizeof(*list));
        if (list == NULL) {
            return NULL;
        }
        fences->list = list;
        fences->room = room;
    }
    fences->list[fences->count] = (struct exec_fence){.object = NULL};
    return &fences->list[fences->count++];
}

/* ---- arrays ---- */

static int add_object(struct drm_file *file, const struct drm_i915_gem_exec_fence *named,
                      struct exec_fences *fences, struct exec_fence **fence)
{
    if ((named->flags & (uint32_t)__I915_EXEC_FENCE_UNKNOWN_FLAGS) != 0) {
        return -EINVAL;
    }
    *fence = add(fences);
    if (*fence == NULL) {
        return -ENOMEM;
    }
    (*fence)->object = drm_syncobj_find(file, named->handle);
    (*fence)->is_signal = (named->flags & I915_EXEC_FENCE_SIGNAL) != 0;
    return (*fence)->object != NULL ? 0 : -ENOENT;
}

static int add_array(struct drm_file *file, const struct drm_call_array *array,
                     struct exec_fences *fences)
{
    const struct drm_i915_gem_exec_fence *named = array->bytes;
    struct exec_fence *fence;
    int result = 0;

    for (uint32_t i = 0; i < array->count && result == 0; i++) {
        result = add_object(file, &named[i], fences, &fence);
        if (result == 0 && (named[i].flags & I915_EXEC_FENCE_WAIT) != 0) {
            fence->before = drm_syncobj_fence(fence->object);
            result = fence->before != NULL ? 0 : -EINVAL;
        }
    }
    return result;
}

/* ---- timelines ---- */

/*
 * As in Linux a fence that is named without any flag is waited for too, when there is one; one that
 * is only signalled waits for what its point was before.
 */
static int add_point(struct drm_file *file, const struct drm_i915_gem_exec_fence *named,
                     uint64_t point, struct exec_fences *fences)
{
    struct exec_fence *fence;
    int result = add_object(file, named, fences, &fence);

    if (result != 0) {
        return result;
    }
    struct drm_fence *whole = drm_syncobj_fence(fence->object);
    if (whole == NULL && named->flags != 0 && !fence->is_signal) {
        return -EINVAL;
    }
    if (whole != NULL) {
        result = drm_fence_find(whole, point, &fence->before);
        drm_fence_unref(whole);
    }
    if (result != 0 && !fence->is_signal) {
        return result;
    }
    fence->point = point;
    return point != 0 && fence->is_signal && (named->flags & I915_EXEC_FENCE_WAIT) != 0 ? -EINVAL
                                                                                        : 0;
}

struct timelines {
    struct drm_file *file;
    struct exec_fences *fences;
    const struct drm_call_array *named, *points;
    uint32_t at; /* in both */
};

static int add_timelines(const struct drm_call_link *link, void *data)
{
    struct timelines *lines = data;
    const struct drm_i915_gem_exec_fence *named = lines->named->bytes;
    const uint64_t *points = lines->points->bytes, count = link->body[0];
    int result = 0;

    if (count > lines->named->count - lines->at || count > lines->points->count - lines->at) {
        return -EFAULT; /* more than anybody has */
    }
    for (uint64_t i = 0; i < count && result == 0; i++, lines->at++) {
        result = add_point(lines->file, &named[lines->at], points[lines->at], lines->fences);
    }
    return result;
}

static int add_extensions(struct drm_file *file, struct drm_call *call, struct exec_fences *fences)
{
    const struct drm_i915_gem_execbuffer2 *args = call->argument;
    extension_handler *const handlers[] = {add_timelines};
    struct timelines lines = {
        .file = file, .fences = fences, .named = &call->arrays[4], .points = &call->arrays[5]};

    if ((args->flags & I915_EXEC_FENCE_ARRAY) != 0 || args->num_cliprects != 0) {
        return -EINVAL;
    }
    return extension_each(&call->arrays[3], handlers, 1, &lines);
}

/* ---- all of them ---- */

static int add_sync_file(struct drm_file *file, int fd, struct exec_fences *fences)
{
    struct exec_fence *fence = add(fences);

    return fence != NULL ? drm_sync_file_fence(file->server, fd, &fence->before) : -ENOMEM;
}

int exec_fences_collect(struct drm_file *file, struct drm_call *call, struct exec_fences *fences)
{
    const struct drm_i915_gem_execbuffer2 *args = call->argument;
    int result = 0;

    if ((args->flags & I915_EXEC_USE_EXTENSIONS) != 0) {
        result = add_extensions(file, call, fences);
    }
    if (result == 0 && (args->flags & I915_EXEC_FENCE_ARRAY) != 0) {
        result = add_array(file, &call->arrays[2], fences);
    }
    if (result == 0 && (args->flags & FENCES_IN) == FENCES_IN) {
        result = -EINVAL;
    }
    if (result == 0 && (args->flags & FENCES_IN) != 0) {
        result = add_sync_file(file, call->fd_in, fences);
    }
    return result;
}

int exec_fences_await(const struct exec_fences *fences, struct drm_file *file, int hangup)
{
    int result = 0;

    for (uint32_t i = 0; i < fences->count && result == 0; i++) {
        if (fences->list[i].before != NULL) {
            result = drm_fence_wait_before(fences->list[i].before, file->session, hangup);
        }
    }
    return result;
}

bool exec_fences_want(const struct exec_fences *fences)
{
    for (uint32_t i = 0; i < fences->count; i++) {
        if (fences->list[i].is_signal) {
            return true;
        }
    }
    return false;
}

int exec_fences_signal(const struct exec_fences *fences, struct drm_fence *fence)
{
    int result = 0;

    for (uint32_t i = 0; i < fences->count && result == 0; i++) {
        const struct exec_fence *to = &fences->list[i];
        if (to->is_signal && to->point != 0) {
            result = drm_syncobj_add_point(to->object, fence, to->point);
        } else if (to->is_signal) {
            drm_syncobj_replace(to->object, fence);
        }
    }
    return result;
}

void exec_fences_clear(struct exec_fences *fences)
{
    for (uint32_t i = 0; i < fences->count; i++) {
        drm_syncobj_unref(fences->list[i].object);
        drm_fence_unref(fences->list[i].before);
    }
    free(fences->list);
    *fences = (struct exec_fences){0};
}
