/* SPDX-License-Identifier: MIT */
/* What fences look like inside, for the files of fences only. */
#ifndef GEMD_WINSYS_DRM_SERVER_FENCE_TREE_H
#define GEMD_WINSYS_DRM_SERVER_FENCE_TREE_H

#include <pthread.h>

#include "winsys/drm/server/fence.h"

enum fence_kind {
    FENCE_LEAF,
    FENCE_PAIR,  /* of a and b */
    FENCE_CHAIN, /* of a, and of what was before it: b, or NULL */
};

struct drm_fence {
    enum fence_kind kind;
    unsigned references; /* atomic */

    /* LEAF; fence_lock, but for what never changes */
    int fd;           /* readable, or hung up, when it has come; -1: closed */
    int write_end;    /* of one that this process ends */
    unsigned pollers; /* who has the descriptor's number */
    int status;
    int64_t time_ns;
    bool is_kernels, is_of_gpu, is_pipe;
    char driver[DRM_FENCE_NAME_MAX], timeline[DRM_FENCE_NAME_MAX];
    uint64_t context, seqno; /* CHAIN: the timeline, and the point */

    /* PAIR, CHAIN. b of a chain is set to NULL or further back as they come; fence_lock */
    struct drm_fence *a, *b;
    uint64_t point_before; /* CHAIN */
};

/* A leaf lock: nothing else is taken with it. */
extern pthread_mutex_t fence_lock;

struct drm_fence *fence_new(enum fence_kind kind);
uint64_t fence_context(void);

/* With fence_lock. */
int fence_status(struct drm_fence *fence);
int fence_leaf_status(struct drm_fence *leaf);
/* The descriptor of one that has come, once nobody waits for it. */
void fence_close_unused(struct drm_fence *leaf);

/*
 * Calls 'visit' for each leaf, until that returns something else than 0, which is returned. With
 * fence_lock.
 */
int fence_each_leaf(struct drm_fence *fence, int (*visit)(struct drm_fence *leaf, void *data),
                    void *data);

#endif
