/* SPDX-License-Identifier: MIT */
/*
 * The display engine: pipes A and B with the timing that their registers say, and the latching of
 * planes A and B.
 *
 * A pipe's position is computed from the clock whenever somebody looks; what vblanks have done is
 * made up for by model_display_catch_up(). A thread sleeps until the next vblank only while
 * somebody would notice it: an unmasked interrupt, or a streamer that waits.
 *
 * The clock and the timings are taken when the pipe is enabled; writes to them while it runs are
 * kept for the next time it is enabled. Everything here is called locked.
 */
#ifndef GEMD_HW_MODEL_DISPLAY_H
#define GEMD_HW_MODEL_DISPLAY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "hw/model/sleeper.h"

#define DISPLAY_PIPES 2

struct model;

/* What the hardware scans out, as latched. */
struct display_scanout {
    uint32_t control; /* DSPCNTR */
    uint32_t address; /* DSPADDR */
    uint32_t stride;  /* DSPSTRIDE */
    uint32_t source;  /* PIPESRC of its pipe */
};

struct display_plane {
    struct display_scanout live;
    bool armed;        /* DSPADDR was written and not latched yet */
    bool flip_pending; /* by MI_DISPLAY_FLIP */
};

struct display_pipe {
    bool enabled;      /* PIPECONF */
    bool ticks;        /* enabled, with a clock and a sensible timing */
    uint64_t begin;    /* when the first frame's first pixel came, ns */
    uint64_t rate_num; /* pixels per ns, as a fraction */
    uint64_t rate_den;
    uint32_t line_pixels;
    uint32_t lines;
    uint32_t vblank_line; /* first line of vblank: planes latch */
    uint32_t vblank_end;
    uint32_t event_line;           /* frame start: the vblank event */
    uint64_t frame_base;           /* frames counted before this time it was enabled */
    uint64_t latches;              /* vblanks whose latching is done, since 'begin' */
    uint64_t events;               /* frame starts whose event is done */
    uint32_t scan_start, scan_end; /* MI_LOAD_SCAN_LINES, inclusive */
    bool scan_exclusive;
    uint64_t wait_entries; /* how often the window had been entered then */
    uint64_t wait_events;  /* 'events' when the streamer began to wait */
};

struct display {
    pthread_t thread;
    bool started;
    bool quit;
    struct sleeper sleeper;
    uint64_t sleeps_until; /* UINT64_MAX: called only */
    struct display_pipe pipes[DISPLAY_PIPES];
    struct display_plane planes[DISPLAY_PIPES];
};

/* 0 or a negative errno. */
int model_display_init(struct model *model);
void model_display_finish(struct model *model);
void model_display_reset(struct model *model);

/* Does what the clock says has happened since the last time. */
void model_display_catch_up(struct model *model);
/* Somebody may now notice a vblank, or no longer. */
void model_display_interest_changed(struct model *model);

/* IIR bits of the pipes whose PIPESTAT has an enabled event. */
uint32_t model_display_pipe_events(struct model *model);
/* ISR bits: in vblank, flip pending. */
uint32_t model_display_live(struct model *model);

/* Takes a plane's written registers over: now, or if no running pipe will. */
void model_display_latch_plane(struct model *model, unsigned index);
void model_display_latch_if_off(struct model *model, unsigned index);

/* MI_DISPLAY_FLIP. An asynchronous one is latched at once. */
void model_display_flip(struct model *model, unsigned plane, uint32_t stride, uint32_t address,
                        bool async);
/* MI_LOAD_SCAN_LINES_INCL, _EXCL */
void model_display_set_scan_window(struct model *model, unsigned pipe, uint32_t start, uint32_t end,
                                   bool exclusive);

/* MI_WAIT_FOR_EVENT with these bits: begins; is over when any of them has come. */
void model_display_wait_begins(struct model *model);
bool model_display_wait_is_over(struct model *model, uint32_t events);
/* When to look again although nobody calls, on CLOCK_MONOTONIC; false: not before a call. */
bool model_display_wait_deadline(struct model *model, uint32_t events, struct timespec *until);

/* Register hooks. */
void model_display_timing_written(struct model *model, uint32_t reg, unsigned index,
                                  uint32_t value);
void model_display_source_written(struct model *model, uint32_t reg, unsigned index,
                                  uint32_t value);
void model_display_pipeconf_written(struct model *model, uint32_t reg, unsigned index,
                                    uint32_t value);
void model_display_pipestat_written(struct model *model, uint32_t reg, unsigned index,
                                    uint32_t value);
void model_display_plane_written(struct model *model, uint32_t reg, unsigned index, uint32_t value);
uint32_t model_display_pipestat_read(struct model *model, uint32_t reg, unsigned index);
uint32_t model_display_position_read(struct model *model, uint32_t reg, unsigned index);

#endif
