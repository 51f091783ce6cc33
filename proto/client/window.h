/* SPDX-License-Identifier: MIT */
#ifndef GEMD_CLIENT_WINDOW_H
#define GEMD_CLIENT_WINDOW_H

#include "proto/client/session.h"

struct gemd_window {
    int references; /* atomic */
    int gone;       /* atomic: 1 once the screen shows nothing of it any more */
    struct gemd_session *session;
    const struct gemd_status_window *status; /* atomic; moves when the session comes back */
    uint32_t slot;                           /* session->lock */
    uint32_t width, height, stride_align;
    enum gemd_format format; /* session->lock: of the frames that follow */
    bool cursor_waits;       /* session->lock: for the next frame */
    uint64_t serial;         /* session->lock: of the last frame */
    uint64_t serial_base;    /* atomic: serials up to here are those of connections that are gone */
    struct gemd_window *next; /* session->lock: session.windows, until it is destroyed */
};

/* Makes it again on a new connection. Who calls holds socket_lock and lock. */
CODEC_CHECKED int window_recreate(struct gemd_window *window);

/*
 * The session's serial for a frame of the window in a slot, on this connection; 0: there is no such
 * window. No lock may be held.
 */
uint64_t window_serial(struct gemd_session *session, uint32_t slot, uint64_t serial);

/* Gives back one of a window's references: the caller's, and one of each buffer shown in it. */
void window_unref(struct gemd_window *window);

#endif
