/* SPDX-License-Identifier: MIT */
/*
 * The screen's pipe and plane: modes, page flips, and which memory the pipe may be reading. A
 * panel's pipe never stops and has one timing; what is said of the pipe goes for its plane, then.
 *
 * A frame handed to scanout_show() is pinned in the GTT until the pipe has certainly left it. The
 * plane's address is latched at vblank; writes that fall next to one are taken for late ones, so
 * that a buffer is rather kept a frame too long than released a moment too early.
 * Vblank numbers are 64-bit, grow with each vblank while the pipe runs, and never go back.
 */
#ifndef GEMD_SCANOUT_H
#define GEMD_SCANOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/frame.h"
#include "gemd/gpu.h"
#include "gemd/mode.h"
#include "gemd/palette.h"
#include "gemd/panel.h"

#define SCANOUT_LIMBO_MAX 8

struct scanout_events {
    /* The frame is on the screen since 'vblank'. */
    void (*latched)(void *data, struct frame *frame, uint64_t vblank);
    /* The frame was replaced before it was shown, and the pipe does not read it. */
    void (*displaced)(void *data, struct frame *frame);
    /* The pipe has left the frame, which was on the screen. */
    void (*released)(void *data, struct frame *frame);
    /* What is on the screen until now gives way to something else, at 'vblank'. NULL: no matter. */
    void (*leaving)(void *data, uint64_t vblank);
    /* Another frame, or none, is on the screen since 'vblank'; or its colours are, from then on. */
    void (*changed)(void *data, enum gemd_mirror_cause cause, uint64_t vblank);
    /* The pipe began to run, or ended; 'wanted' says whether it will run again. */
    void (*turned)(void *data, bool on);
    /* A mode that was asked for is there: frames can be shown. */
    void (*ready)(void *data);
    void *data;
};

struct scanout {
    struct gpu *gpu;
    struct scanout_events events;
    const struct panel *panel;    /* which has the screen; NULL: the analog port has */
    const struct pipe_head *head; /* its */
    struct mode mode;             /* the one that runs */
    struct mode target;           /* the one that was asked for */
    bool running;                 /* the pipe scans out */
    bool changing;                /* the plane is being turned off, for another mode or for good */
    bool wanted;                  /* the pipe shall run */
    bool suspended;               /* it must not */

    struct frame *front; /* on the screen; NULL: black */
    struct frame *next;  /* written, on the screen at next_vblank */
    uint64_t next_vblank;
    bool next_blank; /* at next_vblank the plane is off; 'next' is NULL */
    /* Displaced too near to a vblank to be sure; one more place for turning the plane off. */
    struct frame *limbo[SCANOUT_LIMBO_MAX + 1];
    unsigned limbo_count;
    uint64_t limbo_vblank; /* from here on they are certainly not read */

    uint64_t base_vblank; /* number that belongs to hardware count base_count */
    uint32_t base_count;
    struct pipe_plane plane; /* as the registers have it */
    bool plane_on;
    struct palette palette; /* as the registers have it; depth 0: not known */
};

void scanout_init(struct scanout *scanout, struct gpu *gpu, const struct scanout_events *events);
/* The panel has the screen from now on, and lives as long. Before there is a mode. */
void scanout_use_panel(struct scanout *scanout, const struct panel *panel);
/* Turns the pipe off at once and lets go of all frames, without events. */
void scanout_finish(struct scanout *scanout);

/*
 * Wants the pipe to run with 'mode', or off (NULL). Frames can be shown when scanout_ready(); until
 * then the screen goes black at the next vblank and 'ready' follows.
 */
void scanout_set_mode(struct scanout *scanout, const struct mode *mode);

static inline bool scanout_ready(const struct scanout *scanout)
{
    return scanout->running && !scanout->changing;
}

/* The current vblank number. */
uint64_t scanout_vblank(struct scanout *scanout);

/*
 * Writes a frame to the plane. A frame that was written before and is not latched yet is displaced.
 * -ENOSPC: no place in the GTT, now. Only while ready.
 */
int scanout_show(struct scanout *scanout, struct frame *frame);

/* The screen goes black at the next vblank. */
void scanout_hide(struct scanout *scanout);

/*
 * The window has another palette. False: what is on the screen of it goes through none yet, and has
 * to be shown once more.
 */
bool scanout_reload_palette(struct scanout *scanout, const struct window *window);

/* Carries out what happened up to now; at each vblank interrupt. */
void scanout_update(struct scanout *scanout);

/* The window goes away: frames of it live on without. Whether there were any. */
bool scanout_forget_window(struct scanout *scanout, const struct window *window);

/* The lowest serial of the window's frames that the pipe may be reading; UINT64_MAX: none. */
uint64_t scanout_lowest(const struct scanout *scanout, const struct window *window);

/* The pipe stops; what is wanted meanwhile comes with scanout_resume(), the last frame too. */
void scanout_suspend(struct scanout *scanout);
void scanout_resume(struct scanout *scanout);

/* After gpu_reset(), which turned all off: sets mode and plane again. */
void scanout_restore(struct scanout *scanout);

#endif
