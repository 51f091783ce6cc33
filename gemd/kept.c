/* SPDX-License-Identifier: MIT */
#include "gemd/kept.h"

#include "gemd/session.h"

#define KEPT_MINOR 2 /* of the protocol */

static bool is_free(const struct bo *bo)
{
    return !bo->imported && !bo->exported && !bo->unneeded && bo->node.pins == 0 &&
           list_empty(&bo->shared);
}

/* Whether the client keeps it still, and nothing that it wrote before may name it. */
static bool is_kept(const struct session *session, unsigned place, uint32_t handle)
{
    const struct gemd_ring_header *ring = session->ring;
    return __atomic_load_n(&ring->kept[place], __ATOMIC_SEQ_CST) == handle &&
           __atomic_load_n(&ring->tail, __ATOMIC_SEQ_CST) == session->ring_head;
}

static struct bo *claim(struct session *session, unsigned place)
{
    const struct gemd_ring_header *ring = session->ring;
    uint32_t *lost = &session->status->kept_lost[place];
    uint32_t handle = __atomic_load_n(&ring->kept[place], __ATOMIC_SEQ_CST);
    struct bo *bo = handle != 0 ? handle_table_find(&session->buffers, handle) : NULL;
    if (bo == NULL || !is_free(bo)) {
        return NULL;
    }
    __atomic_store_n(lost, handle, __ATOMIC_SEQ_CST);
    if (!is_kept(session, place, handle)) {
        __atomic_store_n(lost, 0, __ATOMIC_SEQ_CST);
        return NULL;
    }
    bo->kept_place = place + 1;
    return bo;
}

struct bo *kept_claim(struct session *session, unsigned *next)
{
    struct bo *bo = NULL;
    if (session->minor < KEPT_MINOR || session->ring == NULL || session->status == NULL) {
        return NULL;
    }
    while (bo == NULL && *next < GEMD_KEPT_MAX) {
        bo = claim(session, (*next)++);
    }
    return bo;
}

void kept_forget(struct session *session, struct bo *bo)
{
    if (bo->kept_place == 0) {
        return;
    }
    uint32_t *lost = &session->status->kept_lost[bo->kept_place - 1];
    bo->kept_place = 0;
    /* By now the client may keep another one there, and that may be claimed, too. */
    if (__atomic_load_n(lost, __ATOMIC_RELAXED) == bo->handle) {
        __atomic_store_n(lost, 0, __ATOMIC_SEQ_CST);
    }
}
