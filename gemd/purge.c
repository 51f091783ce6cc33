/* SPDX-License-Identifier: MIT */
#include "gemd/purge.h"

#include <errno.h>

#include "gemd/chaos.h"
#include "gemd/kept.h"
#include "gemd/server.h"
#include "gemd/session.h"

void purge_init(struct purge *purge, uint64_t limit)
{
    *purge = (struct purge){.limit = limit};
    list_init(&purge->unneeded);
}

static void leave(struct purge *purge, struct bo *bo)
{
    if (!list_empty(&bo->unneeded_link)) {
        list_remove(&bo->unneeded_link);
        purge->bytes -= bo->size;
    }
}

static void give_back(struct bo *bo)
{
    if (!bo->arena->overlapped) {
        bo->given_back = true;
        bo->arena->given_back += bo->size;
        quota_give(bo->quota, LIMIT_BYTES, bo->size);
    }
}

/* Bytes that count again when it does. */
static uint64_t given_back(const struct bo *bo)
{
    return bo->given_back && !bo->arena->overlapped ? bo->size : 0;
}

/* Nobody but its handle has it: no batch on the GPU, and no frame, which is pinned only in its
 * turn. */
static bool is_idle(const struct bo *bo)
{
    return bo->refs == 1 && bo->node.pins == 0;
}

/* Drops an idle buffer's pages. */
static void drop(struct server *server, struct bo *bo)
{
    struct gtt *gtt = &server->gpu.gtt;
    struct purge *purge = &server->purge;
    gtt_unbind(gtt, &bo->node);
    gtt_flush(gtt);
    leave(purge, bo);
    if (!chaos_hits(CHAOS_DISCARD) &&
        hw_dma_discard(gtt->dev, &bo->arena->dma, (size_t)bo->offset, (size_t)bo->size) == 0) {
        bo->purged = true;
        purge->purged += bo->size;
        give_back(bo);
    }
}

static bool is_beyond(const struct quota *quota)
{
    const struct limits *limits = quota->limits;
    return limits != NULL &&
           (quota_used(quota, LIMIT_BYTES) > limits->session[LIMIT_BYTES].soft ||
            account_used(quota->account, LIMIT_BYTES) > limits->uid[LIMIT_BYTES].soft);
}

void purge_offer(struct session *session, struct bo *bo)
{
    struct purge *purge = &session->server->purge;
    if (bo->unneeded) {
        return;
    }
    bo->unneeded = true;
    list_append(&purge->unneeded, &bo->unneeded_link);
    purge->bytes += bo->size;
    purge_pressure(session);
    purge_trim(session->server);
}

int purge_take_back(struct session *session, struct bo *bo, bool *retained,
                    char text[GEMD_TEXT_MAX])
{
    if (given_back(bo) > 0 && !quota_has_room(session->quota, LIMIT_BYTES, bo->size, text)) {
        return -EDQUOT;
    }
    *retained = !bo->purged;
    purge_forget(session, bo);
    quota_notice(session, LIMIT_BYTES);
    return 0;
}

void purge_forget(struct session *session, struct bo *bo)
{
    quota_add(bo->quota, LIMIT_BYTES, given_back(bo));
    bo->arena->given_back -= given_back(bo);
    bo->given_back = false;
    kept_forget(session, bo);
    leave(&session->server->purge, bo);
    bo->unneeded = false;
    bo->purged = false;
}

void purge_trim(struct server *server)
{
    struct purge *purge = &server->purge;
    if (purge->bytes <= purge->limit || !hw_can_discard(server->gpu.gtt.dev)) {
        return;
    }
    list_for_each(bo, &purge->unneeded, struct bo, unneeded_link)
    {
        if (purge->bytes > purge->limit && is_idle(bo)) {
            drop(server, bo);
        }
    }
}

/* A buffer that its client keeps, but has closed. */
static bool drop_kept(struct session *session, unsigned *next)
{
    struct bo *bo = kept_claim(session, next);
    if (bo != NULL) {
        bo->unneeded = true;
        drop(session->server, bo);
    }
    return bo != NULL;
}

void purge_make_room(struct session *session, uint64_t bytes)
{
    if (!hw_can_discard(session->server->gpu.gtt.dev)) {
        return;
    }
    list_for_each(bo, &session->server->purge.unneeded, struct bo, unneeded_link)
    {
        if (quota_has_room(session->quota, LIMIT_BYTES, bytes, NULL)) {
            return;
        }
        if (bo->quota == session->quota && is_idle(bo)) {
            drop(session->server, bo);
        }
    }
    unsigned next = 0;
    while (!quota_has_room(session->quota, LIMIT_BYTES, bytes, NULL) && drop_kept(session, &next)) {
    }
}

void purge_pressure(struct session *session)
{
    struct purge *purge = &session->server->purge;
    if (!is_beyond(session->quota) || !hw_can_discard(session->server->gpu.gtt.dev)) {
        return;
    }
    list_for_each(bo, &purge->unneeded, struct bo, unneeded_link)
    {
        if (bo->quota == session->quota && is_idle(bo) && is_beyond(bo->quota)) {
            drop(session->server, bo);
        }
    }
    unsigned next = 0;
    while (is_beyond(session->quota) && drop_kept(session, &next)) {
    }
}
