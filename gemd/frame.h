/* SPDX-License-Identifier: MIT */
/* A frame that a client presents: a buffer object and how to scan it out. Reference counted. */
#ifndef GEMD_FRAME_H
#define GEMD_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/bo.h"
#include "gemd/list.h"
#include "proto/protocol.h"

struct window;

struct frame {
    struct list link;        /* window.queue */
    struct window *window;   /* NULL once the window is gone */
    struct bo *bo;           /* referenced */
    uint64_t serial;         /* of the window */
    uint64_t seqno;          /* of the session: what must have been drawn */
    uint32_t offset, stride; /* bytes */
    enum gemd_format format;
    bool gamma;        /* written to the plane to go through the palette */
    uint32_t interval; /* vblanks */
    uint64_t target;   /* the first vblank at which it may go up; 0: any */
    bool mailbox;
    bool event;  /* the client wants to hear what becomes of it */
    bool cursor; /* what waits of the window's cursor goes along */
    unsigned refs;
};

static inline struct frame *frame_ref(struct frame *frame)
{
    frame->refs++;
    return frame;
}

/* The last reference lets the buffer go. NULL is fine. */
void frame_unref(struct frame *frame);

#endif
