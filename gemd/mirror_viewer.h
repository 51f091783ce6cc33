/* SPDX-License-Identifier: MIT */
/* One who watches the screen (mirror.h): its memory, and what it has been sent. */
#ifndef GEMD_MIRROR_VIEWER_H
#define GEMD_MIRROR_VIEWER_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/list.h"
#include "gemd/mirror.h"

struct mirror_viewer {
    struct list link; /* mirror.viewers */
    struct session *session;
    uint32_t wanted; /* slots that it asked for */
    uint32_t slots;
    uint64_t lent; /* bit N: slot N is the client's */
    uint8_t *map;  /* NULL: there is no file yet */
    uint64_t bytes, slot_bytes;
    uint32_t generation;
    uint32_t width, height; /* of its slots */
    bool stale;             /* it has not got the newest picture */
    uint32_t causes;        /* of what it has not got */
    uint64_t lost;
    int slot; /* that is being filled; -1: none */
};

/* NULL: out of memory. */
struct mirror_viewer *mirror_viewer_create(struct session *session, uint32_t slots);
void mirror_viewer_destroy(struct mirror_viewer *viewer);

/*
 * Takes a free slot for a picture of that size (0, 0: the pipe is off, any slot does); a file for
 * it is made when there is none, and told. False: there is no slot, no memory, or what it was told
 * before still waits for it.
 */
bool mirror_viewer_take(struct mirror_viewer *viewer, uint32_t width, uint32_t height);

/* The slot that was taken. */
uint32_t *mirror_viewer_pixels(const struct mirror_viewer *viewer);

/* Sends the picture in the slot that was taken; one that cannot be sent is stale again. */
void mirror_viewer_send(struct mirror_viewer *viewer, const struct mirror *mirror);

#endif
