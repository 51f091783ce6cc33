/* SPDX-License-Identifier: MIT */
/*
 * The cursor plane of the screen's pipe: the cursor of the window on top, from memory of the
 * daemon's own, which is there from the first one on. A new picture goes where the one on the
 * screen is not.
 */
#ifndef GEMD_CURSOR_H
#define GEMD_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/gpu.h"
#include "gemd/pipe.h"

#define CURSOR_SLOTS 2u

static inline bool cursor_has_side(uint32_t side)
{
    return side == 64 || side == 128 || side == 256;
}

struct window;

struct cursor {
    struct gpu *gpu;
    struct gpu_memory slots[CURSOR_SLOTS];
    unsigned slot;              /* the one that the plane reads */
    const struct window *owner; /* whose picture that is; only compared */
    uint32_t images;            /* which of its pictures */
    bool on;
    uint32_t at; /* registers of the plane, from CURCNTR_A */
};

void cursor_init(struct cursor *cursor, struct gpu *gpu);
/* The plane goes off, and the memory back. */
void cursor_finish(struct cursor *cursor);

/*
 * Shows the window's cursor, or none (NULL, or a window whose cursor is not visible), from the next
 * vblank on. 0; -ENOMEM, -ENOSPC: no memory, -EOPNOTSUPP: none so large that
 * the plane can read; it is off.
 */
int cursor_show(struct cursor *cursor, const struct pipe_head *head, const struct window *window);

/* Brings the picture that waits for the window's frame near, so that showing it then is quick. */
void cursor_prepare(struct cursor *cursor, const struct window *window);

/* A window has gone, or registers were lost: what was shown is nobody's. */
void cursor_forget(struct cursor *cursor);

#endif
