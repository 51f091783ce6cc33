/* SPDX-License-Identifier: MIT */
/*
 * Finds a GPU that no longer gets on, and brings it back: the session whose batch it stopped in is
 * let go, the others' batches run again.
 */
#ifndef GEMD_HANG_H
#define GEMD_HANG_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct server;

struct hang {
    struct server *server;
    struct event *timer; /* ticks while batches are in flight */
    bool ticking;
    uint32_t passed, acthd, instdone; /* as of the last change */
    uint64_t progress_ns;             /* when that was */
    uint64_t found;                   /* so many hangs */
    uint64_t page_faults;             /* so many errors that the GPU got over by itself */
};

int hang_init(struct hang *hang, struct server *server);
void hang_finish(struct hang *hang);

/* Batches were emitted: watches until all have passed. */
void hang_watch(struct hang *hang);

/* The GPU reported an error (bits of EIR). */
void hang_error(struct hang *hang, uint32_t eir);

#endif
