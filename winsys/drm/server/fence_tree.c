/* SPDX-License-Identifier: MIT */
/* Fences that are made of others: pairs, and timelines. */
#include "winsys/drm/server/fence_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

pthread_mutex_t fence_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- lives ---- */

struct drm_fence *drm_fence_ref(struct drm_fence *fence)
{
    __atomic_add_fetch(&fence->references, 1, __ATOMIC_RELAXED);
    return fence;
}

static void free_leaf(struct drm_fence *fence)
{
    if (fence->fd >= 0) {
        close(fence->fd);
    }
    if (fence->write_end >= 0) {
        close(fence->write_end);
    }
    free(fence);
}

/*
 * Without the lock, and with it alike: nobody else knows a fence whose last reference goes. What is
 * long is long along b, so the stack stays small: a is a leaf, or a pair of leaves.
 */
void drm_fence_unref(struct drm_fence *fence)
{
    while (fence != NULL && __atomic_sub_fetch(&fence->references, 1, __ATOMIC_ACQ_REL) == 0) {
        struct drm_fence *next = fence->b;
        if (fence->a != NULL) {
            drm_fence_unref(fence->a);
        }
        free_leaf(fence);
        fence = next;
    }
}

/* ---- walks ---- */

int fence_each_leaf(struct drm_fence *fence, int (*visit)(struct drm_fence *leaf, void *data),
                    void *data)
{
    int result = 0;

    while (fence != NULL && result == 0) {
        if (fence->kind == FENCE_LEAF) {
            return visit(fence, data);
        }
        result = fence_each_leaf(fence->a, visit, data);
        fence = fence->b;
    }
    return result;
}

/* The first failure of those that have come stays; -EAGAIN: one has not. */
static int look(struct drm_fence *leaf, void *data)
{
    int *worst = data;
    const int status = fence_leaf_status(leaf);

    if (status == 0) {
        return -EAGAIN;
    }
    *worst = status < 0 && *worst > 0 ? status : *worst;
    return 0;
}

int fence_status(struct drm_fence *fence)
{
    int worst = 1;

    return fence_each_leaf(fence, look, &worst) == 0 ? worst : 0;
}

/* ---- pairs ---- */

static bool covers(struct drm_fence *kept, const struct drm_fence *leaf)
{
    for (; kept != NULL; kept = kept->kind == FENCE_PAIR ? kept->b : NULL) {
        struct drm_fence *other = kept->kind == FENCE_PAIR ? kept->a : kept;
        if (other->is_of_gpu && leaf->is_of_gpu && other->context == leaf->context &&
            other->seqno >= leaf->seqno) {
            return true;
        }
    }
    return false;
}

/* Only those that have not come. */
static int keep(struct drm_fence *leaf, void *data)
{
    struct drm_fence **kept = data;

    if (fence_leaf_status(leaf) != 0 || covers(*kept, leaf)) {
        return 0;
    }
    if (*kept == NULL) {
        *kept = drm_fence_ref(leaf);
        return 0;
    }
    struct drm_fence *pair = fence_new(FENCE_PAIR);
    if (pair == NULL) {
        return -ENOMEM;
    }
    pair->a = drm_fence_ref(leaf);
    pair->b = *kept;
    *kept = pair;
    return 0;
}

int drm_fence_merge(struct drm_fence *a, struct drm_fence *b, struct drm_fence **merged)
{
    *merged = NULL;
    pthread_mutex_lock(&fence_lock);
    int result = fence_each_leaf(a, keep, merged);
    if (result == 0) {
        result = fence_each_leaf(b, keep, merged);
    }
    pthread_mutex_unlock(&fence_lock);
    if (result == 0 && *merged == NULL) {
        *merged = drm_fence_done();
        result = *merged == NULL ? -ENOMEM : 0;
    }
    if (result < 0) {
        drm_fence_unref(*merged);
        *merged = NULL;
    }
    return result;
}

/* ---- timelines ---- */

static bool is_chain(const struct drm_fence *fence)
{
    return fence != NULL && fence->kind == FENCE_CHAIN;
}

/*
 * What is before a link; what has come already is left out, and forgotten. Timelines grow as
 * programs like, and only this keeps them short. With fence_lock.
 */
static struct drm_fence *before(struct drm_fence *chain)
{
    while (chain->b != NULL) {
        struct drm_fence *old = chain->b;
        if (fence_status(is_chain(old) ? old->a : old) == 0) {
            break;
        }
        chain->b = is_chain(old) && old->b != NULL ? drm_fence_ref(old->b) : NULL;
        drm_fence_unref(old);
    }
    return chain->b;
}

/* With fence_lock. */
static void forget_done(struct drm_fence *chain)
{
    while (is_chain(chain)) {
        chain = before(chain);
    }
}

int drm_fence_chain(struct drm_fence *old, struct drm_fence *fence, uint64_t point,
                    struct drm_fence **chain)
{
    struct drm_fence *made = fence_new(FENCE_CHAIN);

    *chain = made;
    if (made == NULL) {
        return -ENOMEM;
    }
    made->a = drm_fence_ref(fence);
    made->b = old != NULL ? drm_fence_ref(old) : NULL;
    made->seqno = point;
    if (is_chain(old) && point > old->seqno) {
        made->context = old->context;
        made->point_before = old->seqno;
    } else {
        made->context = fence_context();
        made->seqno = is_chain(old) && old->seqno > point ? old->seqno : point;
    }
    pthread_mutex_lock(&fence_lock);
    forget_done(made);
    pthread_mutex_unlock(&fence_lock);
    return 0;
}

int drm_fence_find(struct drm_fence *fence, uint64_t point, struct drm_fence **part)
{
    *part = NULL;
    if (point == 0) {
        *part = drm_fence_ref(fence);
        return 0;
    }
    if (!is_chain(fence) || fence->seqno < point) {
        return -EINVAL;
    }
    const uint64_t context = fence->context;
    pthread_mutex_lock(&fence_lock);
    while (is_chain(fence) && fence->context == context && fence->point_before >= point) {
        fence = before(fence);
    }
    *part = fence != NULL ? drm_fence_ref(fence) : NULL;
    pthread_mutex_unlock(&fence_lock);
    return 0;
}

uint64_t drm_fence_point(struct drm_fence *fence, bool submitted)
{
    if (!is_chain(fence) || submitted) {
        return is_chain(fence) ? fence->seqno : 0;
    }
    pthread_mutex_lock(&fence_lock);
    struct drm_fence *last = fence;
    for (struct drm_fence *at = fence; is_chain(at) && at->context == fence->context;
         at = before(at)) {
        last = at;
    }
    const uint64_t point = fence_status(last) != 0 ? last->seqno : last->point_before;
    pthread_mutex_unlock(&fence_lock);
    return point;
}

/* ---- what they tell ---- */

struct teller {
    struct drm_fence_info *infos;
    unsigned room, count;
};

static int tell(struct drm_fence *leaf, void *data)
{
    struct teller *teller = data;

    if (teller->count < teller->room) {
        struct drm_fence_info *info = &teller->infos[teller->count];
        *info = (struct drm_fence_info){.status = fence_leaf_status(leaf)};
        info->time_ns = leaf->time_ns;
        info->context = leaf->context;
        info->seqno = leaf->seqno;
        memcpy(info->driver, leaf->driver, sizeof(info->driver));
        memcpy(info->timeline, leaf->timeline, sizeof(info->timeline));
    }
    teller->count++;
    return 0;
}

unsigned drm_fence_tell(struct drm_fence *fence, struct drm_fence_info *infos, unsigned room)
{
    struct teller teller = {.infos = infos, .room = room};

    pthread_mutex_lock(&fence_lock);
    (void)fence_each_leaf(fence, tell, &teller);
    pthread_mutex_unlock(&fence_lock);
    return teller.count;
}
