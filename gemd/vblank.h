/* SPDX-License-Identifier: MIT */
/*
 * Vblanks as clients see them: their numbers in status pages, waits that are answered, and what
 * becomes of those when the pipe stops. While it runs it is looked at now and then, in case its
 * interrupts get lost.
 */
#ifndef GEMD_VBLANK_H
#define GEMD_VBLANK_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "gemd/window.h"

#define VBLANK_LATE_NS  50000000u   /* without an interrupt: the pipe is looked at */
#define VBLANK_STILL_NS 2000000000u /* without a vblank: it does not count, waits end with -EIO */

struct server;
struct session;

struct vblank {
    struct server *server;
    struct event *tick;    /* while the pipe runs */
    struct event *deliver; /* answers waits that have failed, out of reach of what made them fail */
    uint64_t told;         /* the number that clients know */
    uint64_t last_ns;      /* when a vblank was last counted, or the pipe began to run */
    uint32_t changes;      /* as in the status pages: odd while the pipe runs */
    uint64_t polled;       /* vblanks that were seen without an interrupt */
};

/* 0 or -ENOMEM. */
int vblank_init(struct vblank *vblank, struct server *server);
void vblank_finish(struct vblank *vblank);

/* What a session's status page says of vblanks, when it is made. */
void vblank_introduce(const struct vblank *vblank, struct session *session);

/* A vblank was counted: tells all sessions. May end sessions. */
void vblank_came(struct vblank *vblank, uint64_t number, uint64_t time_ns);

/* The pipe began to run, or ended. Ends no session. */
void vblank_turned(struct vblank *vblank, bool on);

/* Tells a client what became of its frame. Ends no session. */
void vblank_flipped(const struct window *window, const struct flip *flip);

/* Looks for vblanks whose interrupts were lost, and for a pipe that stands still. By the tick. */
void vblank_look(struct vblank *vblank);

/* Waits of all sessions. */
uint64_t vblank_waiting(const struct vblank *vblank);

#endif
