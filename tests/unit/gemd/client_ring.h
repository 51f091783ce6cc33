/* SPDX-License-Identifier: MIT */
/* What a client can do to its ring behind libgemd's back: it is the client's own to write. */
#ifndef TESTS_UNIT_GEMD_CLIENT_RING_H
#define TESTS_UNIT_GEMD_CLIENT_RING_H

#include <stdint.h>

#include "proto/gemd.h"

/* Waits until the daemon has read all of the ring; where the next record begins. */
uint64_t client_ring_await_read(const struct gemd_session *session);

/* The SUBMIT record there names a buffer that there is not, now. */
void client_ring_take_back(const struct gemd_session *session, uint64_t at);

#endif
