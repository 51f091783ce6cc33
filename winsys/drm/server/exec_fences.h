/* SPDX-License-Identifier: MIT */
/* The fences that come with a batch: sync files, and sync objects of arrays and timelines. */
#ifndef GEMD_WINSYS_DRM_SERVER_EXEC_FENCES_H
#define GEMD_WINSYS_DRM_SERVER_EXEC_FENCES_H

#include "winsys/drm/server/file.h"
#include "winsys/drm/server/fence.h"

struct exec_fence {
    struct drm_syncobj *object; /* NULL: a sync file */
    struct drm_fence *before;   /* what the batch waits for; NULL */
    uint64_t point;             /* that it reaches, with is_signal; 0: the object's whole */
    bool is_signal;
};

struct exec_fences {
    struct exec_fence *list;
    uint32_t count, room;
};

/*
 * What the call names. -EINVAL, -ENOENT, -EFAULT, -E2BIG as Linux has them, in its order. Either
 * way exec_fences_clear().
 */
int exec_fences_collect(struct drm_file *file, struct drm_call *call, struct exec_fences *fences);
/* What the file's session submits next waits for them. */
int exec_fences_await(const struct exec_fences *fences, struct drm_file *file, int hangup);
/* Whether any is to be told of the batch's end. */
bool exec_fences_want(const struct exec_fences *fences);
/* Into their sync objects. */
int exec_fences_signal(const struct exec_fences *fences, struct drm_fence *fence);
void exec_fences_clear(struct exec_fences *fences);

#endif
