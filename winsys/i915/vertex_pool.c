/* SPDX-License-Identifier: MIT */
#include "winsys/i915/winsys.h"

#define POOL_MAX_BYTES (16ull << 20)

void vertex_pool_init(struct vertex_pool *pool)
{
    pthread_mutex_init(&pool->lock, NULL);
    pool->oldest = NULL;
    pool->end = &pool->oldest;
    pool->bytes = 0;
}

void vertex_pool_finish(struct vertex_pool *pool)
{
    while (pool->oldest != NULL) {
        struct i915_winsys_buffer *buffer = pool->oldest;
        pool->oldest = buffer->next;
        buffer_free(buffer);
    }
    pthread_mutex_destroy(&pool->lock);
}

struct i915_winsys_buffer *vertex_pool_take(struct vertex_pool *pool, uint64_t size)
{
    struct i915_winsys_buffer *buffer = NULL;

    pthread_mutex_lock(&pool->lock);
    for (struct i915_winsys_buffer **link = &pool->oldest; *link != NULL; link = &(*link)->next) {
        if (gemd_bo_size((*link)->bo) != size) {
            continue;
        }
        /* Younger ones of this size are busy when the oldest is. */
        if (!gemd_bo_busy((*link)->bo, false)) {
            buffer = *link;
            *link = buffer->next;
            pool->end = buffer->next == NULL ? link : pool->end;
            pool->bytes -= size;
        }
        break;
    }
    pthread_mutex_unlock(&pool->lock);
    return buffer;
}

bool vertex_pool_give(struct vertex_pool *pool, struct i915_winsys_buffer *buffer)
{
    const uint64_t size = gemd_bo_size(buffer->bo);

    pthread_mutex_lock(&pool->lock);
    const bool room = size <= POOL_MAX_BYTES - pool->bytes;
    if (room) {
        buffer->next = NULL;
        *pool->end = buffer;
        pool->end = &buffer->next;
        pool->bytes += size;
    }
    pthread_mutex_unlock(&pool->lock);
    return room;
}
