/* SPDX-License-Identifier: MIT */
/*
 * Finds a GPU that no longer gets on, or a batch that keeps it for too long, and brings the GPU
 * back: the session whose batch it was is let go, the others' batches run again.
 *
 * What has passed does not run again, and what has not begun can: both are known for certain once
 * the GPU is reset (gpu_passed(), gpu_begun()). One batch may be half done. It is the guilty one's;
 * where it is not, running it again could draw twice what is there already, and its session is
 * told that its work is lost through no fault of its own.
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
    uint32_t oldest;                  /* gpu_seqno of the oldest batch */
    uint64_t oldest_ns;               /* since when it is the oldest: others' time does not count */
    bool halted;                      /* no batch begins: the oldest has had its time */
    uint64_t found;                   /* so many hangs, those of slow batches included */
    uint64_t slow;                    /* of them: batches that took too long */
    uint64_t innocents;               /* sessions lost through no fault of theirs */
    uint64_t page_faults;             /* so many errors that the GPU got over by itself */
};

int hang_init(struct hang *hang, struct server *server);
void hang_finish(struct hang *hang);

/* Batches were emitted: watches until all have passed. */
void hang_watch(struct hang *hang);

/*
 * Resets the GPU and gives it again what had not passed, but for a session in whose midst it was
 * stopped. server_fail() when it does not come back.
 */
void hang_bring_back(struct hang *hang);

/* The GPU reported an error (bits of EIR). */
void hang_error(struct hang *hang, uint32_t eir);

#endif
