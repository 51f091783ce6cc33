/* SPDX-License-Identifier: MIT */
#include "proto/client/bo_cache.h"

#include "proto/client/bo.h"

static bool may_be_kept(const struct gemd_session *session, const struct gemd_bo *bo)
{
    return bo->arena != NULL && bo->size <= BO_CACHE_BUFFER_BYTES && bo->shown_in == NULL &&
           bo->tiling == GEMD_TILING_NONE && bo->unneeded_tail == 0 &&
           !__atomic_load_n(&session->is_limited, __ATOMIC_RELAXED);
}

/* Tells the daemon that it may have the buffer; without a free place it may not. */
static void offer(struct gemd_session *session, struct gemd_bo *bo)
{
    struct bo_cache *cache = &session->cache;
    bo->kept_place = 0;
    if (cache->places != UINT64_MAX) {
        unsigned place = (unsigned)__builtin_ctzll(~cache->places);
        cache->places |= UINT64_C(1) << place;
        bo->kept_place = place + 1;
        __atomic_store_n(&session->ring->kept[place], bo->handle, __ATOMIC_SEQ_CST);
    }
}

/* Takes it back; false: the daemon was first. */
static bool withdraw(struct gemd_session *session, struct gemd_bo *bo)
{
    if (bo->kept_place == 0) {
        return true;
    }
    unsigned place = bo->kept_place - 1;
    session->cache.places &= ~(UINT64_C(1) << place);
    bo->kept_place = 0;
    __atomic_store_n(&session->ring->kept[place], 0, __ATOMIC_SEQ_CST);
    return __atomic_load_n(&session->status->kept_lost[place], __ATOMIC_SEQ_CST) != bo->handle;
}

bool bo_cache_put(struct gemd_session *session, struct gemd_bo *bo, int64_t now)
{
    struct bo_cache *cache = &session->cache;
    if (!may_be_kept(session, bo)) {
        return false;
    }
    bo->cached_ns = now;
    bo->next = NULL;
    *(cache->first != NULL ? &cache->last->next : &cache->first) = bo;
    cache->last = bo;
    cache->count++;
    cache->bytes += bo->size;
    offer(session, bo);
    return true;
}

/* Takes out the one that 'before' comes before; NULL: the first. */
static struct gemd_bo *take_after(struct bo_cache *cache, struct gemd_bo *before)
{
    struct gemd_bo **link = before != NULL ? &before->next : &cache->first;
    struct gemd_bo *bo = *link;
    *link = bo->next;
    cache->last = cache->last == bo ? before : cache->last;
    cache->count--;
    cache->bytes -= bo->size;
    bo->next = NULL;
    return bo;
}

struct gemd_bo *bo_cache_take(struct gemd_session *session, uint64_t size)
{
    struct bo_cache *cache = &session->cache;
    struct gemd_bo *before = NULL;
    if (session_gone(session)) {
        return NULL; /* the daemon does not know it any more */
    }
    for (struct gemd_bo *bo = cache->first, *next; bo != NULL; bo = next) {
        next = bo->next;
        if (bo->size != size || !seqno_retired(session, bo->last_use)) {
            before = bo;
            continue;
        }
        bo = take_after(cache, before);
        if (withdraw(session, bo)) {
            return bo;
        }
        bo->next = cache->lost;
        cache->lost = bo;
    }
    return NULL;
}

static struct gemd_bo *take_lost(struct bo_cache *cache)
{
    struct gemd_bo *bo = cache->lost;
    if (bo != NULL) {
        cache->lost = bo->next;
        bo->next = NULL;
    }
    return bo;
}

/* The oldest one, to be closed, whoever has it. */
static struct gemd_bo *take_first(struct gemd_session *session)
{
    struct gemd_bo *bo = take_after(&session->cache, NULL);
    (void)withdraw(session, bo);
    return bo;
}

struct gemd_bo *bo_cache_trim(struct gemd_session *session, int64_t now)
{
    struct bo_cache *cache = &session->cache;
    bool too_many = cache->count > BO_CACHE_COUNT || cache->bytes > BO_CACHE_BYTES ||
                    __atomic_load_n(&session->is_limited, __ATOMIC_RELAXED);
    if (cache->lost != NULL) {
        return take_lost(cache);
    }
    if (cache->first == NULL || (!too_many && now - cache->first->cached_ns < BO_CACHE_NS)) {
        return NULL;
    }
    return take_first(session);
}

struct gemd_bo *bo_cache_pop(struct gemd_session *session)
{
    struct bo_cache *cache = &session->cache;
    return cache->first != NULL ? take_first(session) : take_lost(cache);
}
