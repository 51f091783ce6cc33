/* SPDX-License-Identifier: MIT */
/*
 * The blitter: all commands of client 2 (doc/gen3.md D). Here they are decoded; blit.h executes.
 *
 * An operand that a command does not have (the source of a fill, the pattern of a copy) reads as
 * zeros. A page that is not there reads as zeros, too, swallows what is written and is reported in
 * PGTBL_ER; the engine goes on. Header bits that gen3 reserves, and immediate data that is too
 * short, stop the streamer. It belongs to the streamer's thread.
 */
#ifndef GEMD_HW_MODEL_BLITTER_H
#define GEMD_HW_MODEL_BLITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model;
struct outcome;
struct blit_buffers;

/* What XY_SETUP_BLT and its relatives leave for later commands (BR01, BR04 to BR07, BR24, BR25). */
struct blitter_setup {
    uint32_t header; /* byte masks */
    uint32_t control;
    uint32_t address;
    uint32_t background, foreground;
    uint32_t pattern_address;
    bool mono_pattern; /* by XY_SETUP_MONO_PATTERN_SL_BLT: of pattern[] */
    uint32_t pattern[2];
    int32_t clip_x1, clip_y1, clip_x2, clip_y2; /* x2, y2 exclusive */
};

struct blitter {
    struct blitter_setup setup;
    struct blit_buffers *buffers;
};

/* 0 or -ENOMEM. */
int blitter_init(struct blitter *blitter);
void blitter_finish(struct blitter *blitter);
void blitter_reset(struct blitter *blitter);

/* One command of client 2, complete. */
void blitter_execute(struct model *model, const uint32_t *dw, size_t count,
                     struct outcome *outcome);

#endif
