/* SPDX-License-Identifier: MIT */
/*
 * The blitter: XY_COLOR_BLT and XY_SRC_COPY_BLT at 8, 16 and 32 bits with all 256 raster
 * operations, and the clip of XY_SETUP_BLT and XY_SETUP_CLIP_BLT. Every other command stops the
 * streamer.
 *
 * An operand that a command does not have (the source of a fill, the pattern of a copy) reads as
 * zeros. It belongs to the streamer's thread.
 */
#ifndef GEMD_HW_MODEL_BLITTER_H
#define GEMD_HW_MODEL_BLITTER_H

#include <stddef.h>
#include <stdint.h>

struct model;
struct outcome;

struct blitter {
    int32_t clip_x1, clip_y1, clip_x2, clip_y2; /* x2, y2 exclusive */
    uint8_t *rows; /* pattern, source and destination of the row at work */
};

/* 0 or -ENOMEM. */
int blitter_init(struct blitter *blitter);
void blitter_finish(struct blitter *blitter);
void blitter_reset(struct blitter *blitter);

/* One command of client 2, complete. */
void blitter_execute(struct model *model, const uint32_t *dw, size_t count,
                     struct outcome *outcome);

#endif
