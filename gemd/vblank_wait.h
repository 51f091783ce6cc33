/* SPDX-License-Identifier: MIT */
/*
 * A session's VBLANK_WAITs that have not been answered. Each gets one answer: when its vblank has
 * come, or when it cannot come any more. They count against LIMIT_VBLANK_WAITS and end with the
 * session.
 */
#ifndef GEMD_VBLANK_WAIT_H
#define GEMD_VBLANK_WAIT_H

#include <stdint.h>

#include "gemd/list.h"
#include "proto/packet.h"

struct session;

struct vblank_waits {
    struct list waiting; /* in order of their requests */
    unsigned count;
};

void vblank_waits_init(struct vblank_waits *waits);
/* Forgets them; nobody is left to be told. */
void vblank_waits_finish(struct session *session);

/* Answers VBLANK_WAIT, now or later. */
void vblank_wait_request(struct session *session, struct packet *packet);

/* Answers those whose vblank has come. May end the session. */
void vblank_waits_came(struct session *session, uint64_t vblank, uint64_t time_ns);

/*
 * Those of now will not come, for this reason, a negative errno. The answers are sent by
 * vblank_waits_deliver(), which may end the session.
 */
void vblank_waits_fail(struct session *session, int error, uint64_t vblank, uint64_t time_ns);
void vblank_waits_deliver(struct session *session);

#endif
