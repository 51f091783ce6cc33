/* SPDX-License-Identifier: MIT */
/*
 * The command streamer: one thread that takes commands from the ring and from batches and runs
 * them, strictly in order, on the blitter and the 3D pipeline.
 *
 * Its position (ring or batch) persists between commands, so that it can leave for a register
 * write at any command's end and go on afterwards. The position belongs to the thread; the lock
 * guards the rest, but for the words declared _Atomic.
 */
#ifndef GEMD_HW_MODEL_STREAMER_H
#define GEMD_HW_MODEL_STREAMER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "hw/model/sleeper.h"

struct model;

/* Consecutive words of memory that the parser looks at without copying them. */
struct stream_window {
    uint64_t address; /* GTT */
    const uint32_t *words;
    uint64_t bytes;
};

struct streamer {
    pthread_t thread;
    bool started;
    struct sleeper sleeper;
    pthread_cond_t idle; /* of model_wait_idle() */
    bool quit;
    bool parked;      /* the thread sleeps: its position may be changed */
    bool stopped;     /* by an error, until a reset */
    bool reset_asked; /* GDRST */
    unsigned reset_domain;
    bool watch_asked; /* watch_next is to become the model's watcher */
    struct watcher *watch_next;
    uint32_t head_written; /* software's HEAD, taken at the next park */
    bool head_pending;
    uint32_t waits;         /* MI_WAIT_FOR_EVENT bits, 0 none */
    _Atomic bool attention; /* leave the loop at the next command */
    _Atomic uint32_t tail;
    _Atomic uint32_t head; /* with the wrap count */
    _Atomic uint32_t acthd;
    _Atomic uint32_t ipehr;

    /* The thread's own; others look at them only while it is parked. */
    uint32_t start; /* of the ring, as of the last look at the registers */
    uint32_t size;
    unsigned report_shift; /* log2 of the bytes between two automatic head reports, 0 none */
    uint32_t seen_tail;
    bool starved; /* the ring ends inside a command at seen_tail */
    bool in_batch;
    uint64_t batch;       /* next command */
    uint64_t batch_limit; /* end of MI_BATCH_BUFFER; UINT64_MAX otherwise */
    struct stream_window window;
    uint32_t *scratch; /* for a command that memory splits */
};

/* 0 or a negative errno. The thread runs when this returns. */
int streamer_init(struct model *model);
void streamer_finish(struct model *model);

/*
 * The next command is at 'batch', and the stream ends at 'limit'; or in the ring again. For the
 * streamer's thread; what it has seen of memory is looked up anew.
 */
void streamer_jump(struct streamer *streamer, bool in_batch, uint64_t batch, uint64_t limit);

/*
 * Exchanges the model's watcher between two commands and returns the one before. Not locked, and
 * not from the streamer's thread.
 */
struct watcher *streamer_exchange_watcher(struct model *model, struct watcher *watcher);

/* Locked, the following: */
void streamer_reset(struct model *model);
void streamer_ask_reset(struct model *model, unsigned domain);
/* Makes a HEAD that software wrote the ring's. The thread must be between two commands. */
void streamer_take_head(struct streamer *streamer);
/* Whether nothing is left to do, or an error has stopped it. */
bool streamer_is_idle(const struct model *model);
uint32_t streamer_ring_read(struct model *model, uint32_t reg, unsigned index);
uint32_t streamer_status_read(struct model *model, uint32_t reg, unsigned index);
void streamer_ring_written(struct model *model, uint32_t reg, unsigned index, uint32_t value);
void streamer_mode_written(struct model *model, uint32_t reg, unsigned index, uint32_t value);
void streamer_second_ring_written(struct model *model, uint32_t reg, unsigned index,
                                  uint32_t value);

#endif
