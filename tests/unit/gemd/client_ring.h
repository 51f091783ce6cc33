/* SPDX-License-Identifier: MIT */
/*
 * What a client reads and writes without a call, and what it can do to its ring behind libgemd's
 * back: it is the client's own to write.
 */
#ifndef TESTS_UNIT_GEMD_CLIENT_RING_H
#define TESTS_UNIT_GEMD_CLIENT_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/gemd.h"

struct client_view {
    const struct gemd_status_page *status;
    struct gemd_ring_header *ring;
    int doorbell; /* the eventfd, which counts: the daemon never reads it */
};

struct client_view client_view(const struct gemd_session *session);

/* Whether the daemon sleeps, or is about to. */
static inline bool client_wants_doorbell(const struct client_view *view)
{
    return __atomic_load_n(&view->status->doorbell_wanted, __ATOMIC_SEQ_CST) != 0;
}

/* Waits until the daemon has read all of the ring; where the next record begins. */
uint64_t client_ring_await_read(const struct gemd_session *session);

/* The SUBMIT record there names a buffer that there is not, now. */
void client_ring_take_back(const struct gemd_session *session, uint64_t at);

#endif
