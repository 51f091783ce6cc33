/* SPDX-License-Identifier: MIT */
/* A session's live view: what the socket brings of it. */
#ifndef GEMD_CLIENT_MIRROR_H
#define GEMD_CLIENT_MIRROR_H

#include <stdbool.h>

#include "proto/packet.h"

struct gemd_session;

/* Whether a packet belongs to a live view; then it has been taken. socket_lock is held. */
bool mirror_take(struct gemd_session *session, struct packet *packet);

#endif
