/* SPDX-License-Identifier: MIT */
#include "gemd/purge.h"

#include "gemd/chaos.h"
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

/* Drops an idle buffer's pages, where the device can. */
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

bool purge_take_back(struct session *session, struct bo *bo)
{
    bool retained = !bo->purged;
    purge_forget(session, bo);
    return retained;
}

void purge_forget(struct session *session, struct bo *bo)
{
    leave(&session->server->purge, bo);
    bo->unneeded = false;
    bo->purged = false;
}

void purge_trim(struct server *server)
{
    struct purge *purge = &server->purge;
    if (purge->bytes <= purge->limit) {
        return;
    }
    list_for_each(bo, &purge->unneeded, struct bo, unneeded_link)
    {
        if (purge->bytes > purge->limit && bo->node.pins == 0) {
            drop(server, bo);
        }
    }
}

void purge_pressure(struct session *session)
{
    struct purge *purge = &session->server->purge;
    if (purge->bytes == 0 || !is_beyond(session->quota)) {
        return;
    }
    list_for_each(bo, &purge->unneeded, struct bo, unneeded_link)
    {
        if (bo->quota == session->quota && bo->node.pins == 0) {
            drop(session->server, bo);
        }
    }
}
