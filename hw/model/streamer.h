/* SPDX-License-Identifier: MIT */
/*
 * The command streamer: one thread (its own, or one that is lent) that takes commands from the
 * rings and from batches and runs them, strictly in order, on the blitter and the 3D pipeline.
 *
 * There are two primary rings, PRB0 and PRB1; each has its own place in a batch that it called and
 * its own wait for events. PRB1 has the higher priority: it takes over between two commands of
 * PRB0's ring, at MI_ARB_CHECK in a batch, and while PRB0 is empty or waits, unless MI_ARB_ON_OFF
 * has turned arbitration off.
 *
 * A position (ring or batch) persists between commands, so that the thread can leave for a register
 * write at any command's end and go on afterwards. Positions belong to the thread; the lock guards
 * the rest, but for the words declared _Atomic.
 */
#ifndef GEMD_HW_MODEL_STREAMER_H
#define GEMD_HW_MODEL_STREAMER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "hw/model/sleeper.h"
#include "hw/model/wait.h"

#define STREAMER_RINGS   2u
#define STREAMER_HEADERS 0x10000u

struct gen3_command;

struct model;
struct watcher;

/* Consecutive words of memory that the parser looks at without copying them. */
struct stream_window {
    uint64_t address; /* GTT */
    const uint32_t *words;
    uint64_t bytes;
};

struct ring {
    _Atomic uint32_t tail;
    _Atomic uint32_t head; /* with the wrap count */
    uint32_t head_written; /* software's HEAD, taken between two commands */
    bool head_pending;
    struct wait wait; /* MI_WAIT_FOR_EVENT */

    /* The thread's own; others look at them only while it is parked. */
    uint32_t start; /* as of the last look at the registers */
    uint32_t size;
    unsigned report_shift; /* log2 of the bytes between two automatic head reports, 0 none */
    uint32_t seen_tail;
    bool starved; /* the ring ends inside a command at seen_tail */
    _Atomic bool in_batch;
    bool non_secure;      /* the batch may not say privileged commands */
    uint64_t batch;       /* next command */
    uint64_t batch_limit; /* end of MI_BATCH_BUFFER; UINT64_MAX otherwise */
};

struct streamer {
    pthread_t thread;
    bool started;
    struct sleeper sleeper;
    pthread_cond_t idle; /* of model_wait_idle() and streamer_exchange_watcher() */
    bool quit;
    bool parked;      /* the thread sleeps: its positions may be changed */
    bool lent;        /* they are another thread's, in streamer_run_short(): it sleeps on */
    bool short_asked; /* TAIL was written while it slept: streamer_run_short() is to follow */
    bool stopped;     /* by an error, until a reset */
    bool reset_asked; /* GDRST */
    unsigned reset_domain;
    bool watch_asked; /* watch_next is to become the model's watcher */
    struct watcher *watch_next;
    uint32_t waits;         /* events that any ring waits for */
    uint32_t looks;         /* at INSTDONE */
    bool sync_asked;        /* INSTPM's synchronous flush */
    _Atomic bool attention; /* leave the loop at the next command */
    _Atomic uint32_t acthd;
    _Atomic uint32_t ipehr;
    _Atomic uint32_t status_page; /* HWS_PGA */
    struct ring rings[STREAMER_RINGS];

    /* The thread's own. */
    struct ring *ring;    /* whose commands run */
    bool arbitration_off; /* MI_ARB_ON_OFF */
    bool may_switch;      /* MI_ARB_CHECK, inside a batch */
    bool contended;       /* the other ring has work: look again at the next chance */
    bool flush_suspended; /* MI_SUSPEND_FLUSH */
    uint32_t disabled;    /* INSTPM_DISABLES */
    struct stream_window window;
    const struct gen3_command *commands; /* the table */
    const uint8_t *rows; /* by a header's upper half, which decides: row + 1, 0 none */
    uint32_t *scratch;   /* for a command that memory splits */
};

/* 0 or a negative errno. The thread runs when this returns. */
int streamer_init(struct model *model);
void streamer_finish(struct model *model);

/*
 * The next command is at 'batch', and the stream ends at 'limit'; or in the ring again. For the
 * streamer's thread; what it has seen of memory is looked up anew.
 */
void streamer_call_batch(struct streamer *streamer, uint64_t batch, uint64_t limit,
                         bool non_secure);
void streamer_end_batch(struct streamer *streamer);
void streamer_forget_memory(struct streamer *streamer);

/*
 * What TAIL was written for, as far as it is short: a sleeping thread takes longer to wake than
 * most flushes, stores and interrupts take to run. So the writer of TAIL does them itself, up to
 * the first command that may draw, copy or wait, and at most STREAMER_SHORT_COMMANDS. The thread
 * does the rest. Not locked.
 */
#define STREAMER_SHORT_COMMANDS 128u
void streamer_run_short(struct model *model);
/* Whether it may. Locked. */
bool streamer_may_run_short(const struct model *model, const struct ring *ring);

/* Which of the rings it is: 0 or 1. */
static inline unsigned streamer_ring_index(const struct streamer *streamer)
{
    return (unsigned)(streamer->ring - streamer->rings);
}

/*
 * Exchanges the model's watcher between two commands and returns the one before. Not locked, and
 * not from the streamer's thread.
 */
struct watcher *streamer_exchange_watcher(struct model *model, struct watcher *watcher);

/* Locked, the following: */
/* Without a thread of its own: runs what there is to run, in the caller's. Else nothing. */
void streamer_lend_thread(struct model *model);
void streamer_reset(struct model *model);
void streamer_ask_reset(struct model *model, unsigned domain);
/* Makes a HEAD that software wrote the ring's. The thread must be between two commands. */
void streamer_take_head(struct ring *ring);
/* Whether a ring waits, for display and model: brings streamer.waits up to date. */
void streamer_count_waits(struct streamer *streamer);
/* Whether nothing is left to do, or an error has stopped it. */
bool streamer_is_idle(const struct model *model);
uint32_t streamer_ring_read(struct model *model, uint32_t reg, unsigned index);
uint32_t streamer_status_read(struct model *model, uint32_t reg, unsigned index);
void streamer_ring_written(struct model *model, uint32_t reg, unsigned index, uint32_t value);
void streamer_mode_written(struct model *model, uint32_t reg, unsigned index, uint32_t value);

#endif
