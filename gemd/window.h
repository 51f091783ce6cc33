/* SPDX-License-Identifier: MIT */
/*
 * One window: the frames that a client has presented in it, and its part of the status page.
 *
 * The display (display.h) moves windows along: after each present, when the GPU has passed a batch
 * of the session, and at each vblank. A visible window's frames go to the plane; a hidden window's
 * frames take their turns at the same pace and are shown when it comes back.
 */
#ifndef GEMD_WINDOW_H
#define GEMD_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/clock.h"
#include "gemd/frame.h"
#include "gemd/list.h"
#include "gemd/palette.h"
#include "gemd/scanout.h"
#include "gemd/window_cursor.h"
#include "proto/protocol.h"

#define WINDOW_QUEUE_MAX 32 /* frames that wait, at most; fewer than dropped_bits has bits */
#define WINDOW_FLIPS_MAX (WINDOW_QUEUE_MAX + 2)

struct window;

/* What became of a frame. */
struct flip {
    uint64_t serial;
    enum gemd_flip_state state;
    uint64_t vblank, time_ns; /* when it went up; 0: it did not */
};

struct window_events {
    /* For frames whose client wants to hear of it. Must not end a session. */
    void (*flipped)(void *data, struct window *window, const struct flip *flip);
    /*
     * A frame that takes its cursor along is about to be written to the plane; then it is, or was
     * left out, and the cursor has changed. For a visible window.
     */
    void (*cursor_comes)(void *data, struct window *window);
    /* The cursor of a visible window is about to become what waited. NULL: no matter. */
    void (*cursor_leaves)(void *data, struct window *window);
    void (*cursor_came)(void *data, struct window *window);
    void *data;
};

struct window {
    struct list link; /* display.windows */
    void *owner;      /* the session */
    uint32_t slot;
    uint32_t width, height; /* pixels */
    struct gemd_status_window *status;
    const struct window_events *events;

    struct window_cursor cursor;
    struct palette palette; /* depth 0: it never had one */
    struct list queue;      /* frames that are not yet written to the plane, in order */
    unsigned queued;
    struct frame *pending; /* written, waits for its vblank; referenced */
    struct frame *latched; /* on the screen, or shown last; referenced */
    uint64_t latch_vblank; /* when it went up */
    uint64_t latch_time_ns;
    uint64_t retired; /* the session's seqno up to which all is drawn */
    uint64_t accepted, released, dropped_bits;
    uint64_t frames, drops;              /* shown and dropped so far */
    struct flip flips[WINDOW_FLIPS_MAX]; /* to be told once the status page says the same */
    unsigned flip_count;
    bool visible;
    bool restore; /* 'latched' has to be written to the plane again */
    bool stuck;   /* its frame found no place in the GTT */
};

void window_init(struct window *window, uint32_t width, uint32_t height,
                 struct gemd_status_window *status, const struct window_events *events);
/* Lets go of its frames; those that the pipe still holds live on. */
void window_finish(struct window *window);

/* Takes over 'frame' with its reference: the newest of the window. False: the queue is full. */
bool window_accept(struct window *window, struct frame *frame);
/* The serial of the oldest frame whose turn is still to come; 0: there is none. */
uint64_t window_waiting(const struct window *window);
/* Counts a frame that cannot be shown as accepted and dropped. */
void window_refuse(struct window *window, uint64_t serial);

/* Moves the window along. */
void window_step(struct window *window, struct scanout *scanout, const struct clock *clock);

/* What scanout says about one of the window's frames. */
void window_latched(struct window *window, struct scanout *scanout, struct frame *frame,
                    uint64_t vblank, uint64_t now_ns);
void window_displaced(struct window *window, struct scanout *scanout, struct frame *frame,
                      uint64_t now_ns);

/*
 * Writes all of it to the status page and wakes waiters, if anything changed, and tells of flips.
 */
void window_publish(struct window *window, const struct scanout *scanout);

#endif
