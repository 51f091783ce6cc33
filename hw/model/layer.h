/* SPDX-License-Identifier: MIT */
/* Rows of planes and cursors, drawn over each other. See doc/gen3.md B.6 and B.7. */
#ifndef GEMD_HW_MODEL_LAYER_H
#define GEMD_HW_MODEL_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/model/memory.h"

/* Red, green, blue, ten bits each. */
struct layer_pixel {
    uint16_t channel[3];
};

/* The palette of a pipe: 256 colours, or 128 segments of a value and a slope. */
struct layer_gamma {
    bool is_10_bit;
    uint32_t palette[256];
};

/* control 0: no plane. The window in pixels of the pipe's source. */
struct layer_plane {
    uint32_t control; /* DSPCNTR */
    uint32_t address, stride;
    uint32_t x, y, width, height;
    uint32_t key_value, key_mask;
};

/* control 0: no cursor. */
struct layer_cursor {
    uint32_t control;
    uint32_t base;
    bool is_physical;
    int x, y;
    uint32_t palette[4];
};

/* Row y of the pipe's source. lowest: it lies on nothing, so its key and alpha hide nothing. */
void layer_draw_plane(struct model_memory *memory, const struct layer_plane *plane,
                      const struct layer_gamma *gamma, bool lowest, uint32_t y,
                      struct layer_pixel *row, uint32_t width);
void layer_draw_cursor(struct model_memory *memory, const struct layer_cursor *cursor,
                       const struct layer_gamma *gamma, uint32_t y, struct layer_pixel *row,
                       uint32_t width);

/* One pixel of a format (DSPCNTR 29:26), through the fences. */
struct layer_pixel layer_fetch_pixel(struct model_memory *memory, unsigned format,
                                     uint64_t address);

/*
 * The usual case, fast: one plane of 8:8:8:8 without gamma that covers the row, and no cursor in
 * it. Packed, 0xffRRGGBB. False when it is not that; nothing is written then.
 */
bool layer_copy_plane(struct model_memory *memory, const struct layer_plane planes[3],
                      const struct layer_cursor cursors[2], uint32_t y, uint32_t *to,
                      uint32_t width);

#endif
