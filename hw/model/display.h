/* SPDX-License-Identifier: MIT */
/*
 * The display engine: pipes A and B with the timing that their registers say, planes A, B and C,
 * cursors and the overlay, which are latched at a pipe's vblank.
 *
 * A pipe's position is computed from the clock whenever somebody looks; what vblanks have done is
 * made up for by model_display_catch_up(). A thread sleeps until the next event only while
 * somebody would notice it: an unmasked interrupt, or a streamer that waits.
 *
 * Clock and timings are taken when the pipe is enabled. Written while it runs, they are taken
 * together where its next frame begins; what cannot run then is not taken. Everything here is
 * called locked.
 */
#ifndef GEMD_HW_MODEL_DISPLAY_H
#define GEMD_HW_MODEL_DISPLAY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "hw/model/sleeper.h"

#define DISPLAY_PIPES   2
#define DISPLAY_PLANES  3
#define DISPLAY_CURSORS 2

struct model;

/* What the hardware scans out, as latched. */
struct display_scanout {
    uint32_t control;  /* DSPCNTR */
    uint32_t address;  /* DSPADDR */
    uint32_t stride;   /* DSPSTRIDE */
    uint32_t source;   /* PIPESRC of its pipe */
    uint32_t position; /* DSPPOS, DSPSIZE: of planes B and C */
    uint32_t size;
    uint32_t key_value, key_mask;
};

struct display_plane {
    struct display_scanout live;
    bool armed;        /* DSPADDR was written and not latched yet */
    bool flip_pending; /* by MI_DISPLAY_FLIP */
};

/* As latched. */
struct display_cursor {
    uint32_t control;  /* CURCNTR */
    uint32_t base;     /* CURBASE */
    uint32_t position; /* CURPOS */
    bool armed;
};

/* What comes once a frame, at the beginning of a line. */
enum display_mark {
    MARK_LATCH,  /* vblank begins: planes latch */
    MARK_FRAME,  /* frame start: the vblank event */
    MARK_VSYNC,  /* */
    MARK_WINDOW, /* the scan line window is entered */
    DISPLAY_MARKS
};

struct display_pipe {
    bool enabled;      /* PIPECONF */
    bool ticks;        /* enabled, with a clock and a sensible timing */
    uint64_t begin;    /* when the first frame's first pixel came, ns */
    uint64_t rate_num; /* pixels per ns, as a fraction */
    uint64_t rate_den;
    uint32_t line_pixels;
    uint32_t lines;        /* of a field, when interlaced */
    uint32_t extra_pixels; /* half a line, in fields of n + 1/2 lines */
    bool interlaced;
    uint32_t vblank_line; /* first line of vblank: planes latch */
    uint32_t vblank_end;
    uint32_t event_line; /* frame start: the vblank event */
    uint32_t vsync_line;
    uint64_t frame_base;           /* frames counted before this time it was enabled */
    uint64_t done[DISPLAY_MARKS];  /* how often each has been dealt with, since 'begin' */
    bool retimes;                  /* timing was written: to be taken at ... */
    uint64_t retime_pixels;        /* ... this many pixels since 'begin' */
    uint32_t scan_start, scan_end; /* MI_LOAD_SCAN_LINES, SLC: inclusive */
    bool scan_exclusive;
    uint64_t wait_entries; /* how often the window had been entered then */
    uint64_t wait_events;  /* frame starts when the streamer began to wait */
};

struct display {
    pthread_t thread;
    bool started;
    bool quit;
    struct sleeper sleeper;
    uint64_t sleeps_until; /* UINT64_MAX: called only */
    struct display_pipe pipes[DISPLAY_PIPES];
    struct display_plane planes[DISPLAY_PLANES];
    struct display_cursor cursors[DISPLAY_CURSORS];
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
/* Sets status bits of a pipe's PIPESTAT. */
void model_display_raise(struct model *model, unsigned pipe, uint32_t status);

/* The line that a mark is at; UINT32_MAX: it does not come. */
uint32_t model_display_mark_line(const struct display_pipe *pipe, enum display_mark mark);
/* Where the pipe is, in pixels since 'begin'; it must tick. */
uint64_t model_display_pixels(struct model *model, unsigned pipe);
/* Reads clock and timing; false, with a line in the log, when the pipe cannot run with them. */
bool model_display_take_timing(struct model *model, unsigned index, struct display_pipe *pipe);

/* Takes a plane's written registers over: now, or if no running pipe will. */
void model_display_latch_plane(struct model *model, unsigned index);
void model_display_latch_if_off(struct model *model, unsigned index);
/* All that a pipe carries, by what is written, which is what will be latched. */
void model_display_latch_pipe(struct model *model, unsigned pipe);

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

/*
 * What a monitor on a pipe shows: its size (0 or -ENODATA when the pipe is off), and its pixels,
 * 0xffRRGGBB, of which at most width x height are written. Not locked, these two.
 */
int model_screen_size(struct model *model, unsigned pipe, uint32_t *width, uint32_t *height);
int model_screen_read(struct model *model, unsigned pipe, uint32_t *pixels, uint32_t width,
                      uint32_t height);

/* Register hooks. */
void model_display_timing_written(struct model *model, uint32_t reg, unsigned index,
                                  uint32_t value);
void model_display_clock_written(struct model *model, uint32_t reg, unsigned index, uint32_t value);
void model_display_source_written(struct model *model, uint32_t reg, unsigned index,
                                  uint32_t value);
void model_display_pipeconf_written(struct model *model, uint32_t reg, unsigned index,
                                    uint32_t value);
void model_display_pipestat_written(struct model *model, uint32_t reg, unsigned index,
                                    uint32_t value);
void model_display_window_written(struct model *model, uint32_t reg, unsigned index,
                                  uint32_t value);
void model_display_plane_written(struct model *model, uint32_t reg, unsigned index, uint32_t value);
void model_display_cursor_written(struct model *model, uint32_t reg, unsigned index,
                                  uint32_t value);
uint32_t model_display_pipestat_read(struct model *model, uint32_t reg, unsigned index);
uint32_t model_display_position_read(struct model *model, uint32_t reg, unsigned index);

#endif
