/* SPDX-License-Identifier: MIT */
/*
 * Closed buffers that the daemon still knows: who wants one of the same size gets it, without a
 * record in the ring and without a call. Only small private ones, few, and for a short time. When
 * memory is short the daemon may take them (struct gemd_ring_header): those are only closed.
 */
#ifndef GEMD_CLIENT_BO_CACHE_H
#define GEMD_CLIENT_BO_CACHE_H

#include "proto/client/session.h"

#define BO_CACHE_BUFFER_BYTES (256u << 10) /* larger ones are seldom made again so soon */
#define BO_CACHE_BYTES        (2u << 20)   /* of all of them */
#define BO_CACHE_COUNT        GEMD_KEPT_MAX
#define BO_CACHE_NS           1000000000 /* and so long, of CLOCK_MONOTONIC */

/* lock is held, in all of these. */

/*
 * Keeps a buffer that nobody has a reference to; false: it is to be closed. It is out of all other
 * lists and holds no reference to the session.
 */
bool bo_cache_put(struct gemd_session *session, struct gemd_bo *bo, int64_t now);

/* A kept buffer of that size that the GPU is done with, out of the cache; NULL: there is none. */
struct gemd_bo *bo_cache_take(struct gemd_session *session, uint64_t size);

/* One that is lost, too much or too old by now, out of the cache, to be closed; NULL: there is
 * none. */
struct gemd_bo *bo_cache_trim(struct gemd_session *session, int64_t now);

/* Any one, out of the cache; NULL: it is empty. */
struct gemd_bo *bo_cache_pop(struct gemd_session *session);

#endif
