/* SPDX-License-Identifier: MIT */
/*
 * The live view: copies of what the pipe scans out, for sessions that watch it.
 *
 * What is seen from one vblank on is a picture. It is copied once it is on the screen, some lines
 * at a time between other work, and as a whole before the screen shows something else: so no
 * picture is lost that was on the screen at a vblank which the daemon has seen. A viewer has a few
 * slots for pictures, in a memory file that the daemon makes and it can only read; who has none
 * free loses pictures, is told how many, and gets the newest as soon as it gives a slot back.
 * Nobody waits for a viewer. Nothing is copied while nothing changes.
 *
 * What a client's processor draws into a frame that is on the screen nobody sees here, unless it
 * says so.
 */
#ifndef GEMD_MIRROR_H
#define GEMD_MIRROR_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "gemd/fence.h"
#include "gemd/list.h"
#include "proto/protocol.h"

#define MIRROR_VIEWERS_MAX 8u
#define MIRROR_BYTES_MAX   (64ull << 20) /* of one viewer's slots */

struct packet;
struct server;
struct session;
struct mirror_viewer;

struct mirror {
    struct server *server;
    struct event *work; /* the next lines */
    struct list viewers;
    unsigned viewer_count;

    uint32_t causes;  /* enum gemd_mirror_cause: of a picture that is still to be taken; 0: none */
    uint64_t due;     /* the vblank since which it is seen */
    uint64_t seen_ns; /* when that was noticed; 0: not yet */

    uint64_t number, vblank, time_ns; /* of the last picture */
    bool copying;
    bool on;      /* there is something to copy */
    uint32_t row; /* up to which it is */

    uint64_t copies, copied_bytes; /* pictures and bytes that went to viewers so far */
};

/* 0 or -ENOMEM. */
int mirror_init(struct mirror *mirror, struct server *server);
/* No session is left. */
void mirror_finish(struct mirror *mirror);

/* What is seen is about to change at 'vblank': what was there before is copied to its end. */
void mirror_settle(struct mirror *mirror, uint64_t vblank);

/* Something else is seen since 'vblank', or will be. */
void mirror_change(struct mirror *mirror, enum gemd_mirror_cause cause, uint64_t vblank);

/* A vblank has been counted. */
void mirror_vblank(struct mirror *mirror, uint64_t vblank);

/* The pipe began to run, or ended. Ends no session. */
void mirror_turned(struct mirror *mirror, bool on);

/* The GPU has passed a batch: it may have drawn into what is on the screen. */
void mirror_retired(struct mirror *mirror, const struct job *job);

/* The policy is another one: whoever may not see the screen any more is told so. */
void mirror_review(struct mirror *mirror);

/* The session ends. */
void mirror_leave(struct session *session);

/* Whether it may see the screen; else 'serial' is refused. */
bool mirror_admits(struct session *session, uint64_t serial);

/* WINDOW_DRAWN, of any client; MIRROR_START, _STOP, _LOOK, _RETURN */
void mirror_drawn_request(struct session *session, struct packet *packet);
void mirror_start_request(struct session *session, struct packet *packet);
void mirror_stop_request(struct session *session, struct packet *packet);
void mirror_look_request(struct session *session, struct packet *packet);
void mirror_return_request(struct session *session, struct packet *packet);

#endif
