/* SPDX-License-Identifier: MIT */
/*
 * The screen: a stack of windows of which the newest owns pipe A, at its own size.
 *
 * When the owner goes, the window below comes back with its last frame. Without any window the pipe
 * is off and no vblank interrupts.
 */
#ifndef GEMD_DISPLAY_H
#define GEMD_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/clock.h"
#include "gemd/connector.h"
#include "gemd/cursor.h"
#include "gemd/gpu.h"
#include "gemd/list.h"
#include "gemd/mode.h"
#include "gemd/scanout.h"
#include "gemd/window.h"

/*
 * A buffer that is shown stays in the GTT, and so does the one that follows it. Larger ones could
 * lock each other out; the largest screen needs 16 MiB.
 */
#define DISPLAY_BUFFER_MAX (64ull << 20)

struct display_events {
    /* A vblank has been counted. */
    void (*vblank)(void *data, uint64_t vblank, uint64_t time_ns);
    /* The pipe began to run, or ended. Must not end a session. */
    void (*turned)(void *data, bool on);
    /* As scanout_events says; the cursor, too. */
    void (*leaving)(void *data, uint64_t vblank);
    void (*changed)(void *data, enum gemd_mirror_cause cause, uint64_t vblank);
    /* As window_events says. */
    void (*flipped)(void *data, struct window *window, const struct flip *flip);
    void *data;
};

/* What is seen of a cursor. */
struct cursor_look {
    const struct window *owner; /* only compared */
    uint32_t images;
    int32_t x, y;
    bool on;
};

struct display {
    struct gpu *gpu;
    const struct clock *clock;
    struct display_events events;
    struct window_events window_events;
    struct scanout scanout;
    struct cursor cursor;
    struct cursor_look look; /* its, when that was told last */
    struct list windows;     /* the last one owns the screen */
    struct connector connector;
    struct panel panel;                 /* when the connector's state says so */
    struct mode mode;                   /* of a window without wishes */
    uint32_t asked_width, asked_height; /* 0: as the monitor likes it */
    uint64_t vblanks;                   /* counted by interrupts */
    uint64_t seen, seen_ns; /* the last vblank that anybody looked at, and when that was */
    uint64_t flips;         /* frames that went on screen */
    uint64_t drops;
};

struct display_present {
    uint64_t serial, seqno;
    uint32_t offset, stride, interval; /* bytes, bytes, vblanks */
    uint64_t target;                   /* the first vblank at which it may go up; 0: any */
    enum gemd_format format;
    bool mailbox, exclusive, event, cursor;
};

/*
 * width and height 0: the monitor's own. ask: looks for the monitor. found: a panel that it says
 * runs has the screen; NULL: none has. -EINVAL, -ERANGE: the size is none, which is logged.
 */
int display_init(struct display *display, struct gpu *gpu, const struct clock *clock,
                 uint32_t width, uint32_t height, bool ask, const struct found *found,
                 const struct display_events *events);
/* Turns the screen off. All windows must be gone. */
void display_finish(struct display *display);

/*
 * A window on top of all others; it is told to clients in 'status'. NULL with *error: -EINVAL (a
 * size beyond the pipe), -ERANGE, -ENOMEM, and the reason. width and height 0: the screen's mode.
 */
struct window *display_open(struct display *display, uint32_t width, uint32_t height,
                            struct gemd_status_window *status, void *owner, uint32_t slot,
                            int *error, char reason[MODE_REASON_MAX]);

/* The window's cursor is about to change; display_update_cursor() follows. */
void display_touch_cursor(struct display *display, const struct window *window);
/* The window's cursor has changed. 0, or -ENOMEM, -ENOSPC: there is no memory to show it from. */
int display_update_cursor(struct display *display, const struct window *window);

/* The window's palette, for its pictures and its cursor; at once when it is on the screen. */
void display_set_palette(struct display *display, struct window *window,
                         const struct palette *palette);

/* Closes it. The pipe may read its frames up to two vblanks longer; they keep their buffers. */
void display_close(struct display *display, struct window *window);

/* Whether the pipe may still be reading a frame of a window that display_close() has closed. */
bool display_is_reading_closed(const struct display *display);

/* The number of the last vblank, and when it was seen first. */
uint64_t display_now(struct display *display, uint64_t *time_ns);

/*
 * Presents a buffer that covers the window. 0; -EBUSY: too many frames wait, or one and the new one
 * is exclusive; -ENOMEM: the frame is dropped, which the status says.
 */
int display_present(struct display *display, struct window *window, struct bo *bo,
                    const struct display_present *present);

/* A frame that cannot be shown: accepted and dropped at once. */
void display_refuse(struct display *display, struct window *window, uint64_t serial);

/* The GPU has passed all of the owner's submissions up to 'retired'. */
void display_retired(struct display *display, struct window *window, uint64_t retired);

/* Memory of the GTT may have come free: tries again what found none. */
void display_retry(struct display *display);

/*
 * A step of connector_look(), after connector_begin(). When another monitor has come of it the
 * screen gets another mode, if that is needed. False: it is over.
 */
bool display_look(struct display *display, uint32_t *pause_ns);

/* At a vblank interrupt. */
void display_vblank(struct display *display);

/* The pipe stops, and stays so, whoever wants the screen; then it runs again, as is wanted by then.
 */
void display_suspend(struct display *display);
void display_resume(struct display *display);

/* After gpu_reset(). */
void display_restore(struct display *display);

#endif
