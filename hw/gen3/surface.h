/* SPDX-License-Identifier: MIT */
/*
 * Surface sizes and tile walks: one helper for creation, scanout, validation and the model.
 * All arithmetic is 64-bit; results that do not fit are refused.
 */
#ifndef GEMD_HW_GEN3_SURFACE_H
#define GEMD_HW_GEN3_SURFACE_H

#include <stdbool.h>
#include <stdint.h>

enum gen3_tiling { GEN3_LINEAR, GEN3_TILED_X, GEN3_TILED_Y };

/* Tile geometry: bytes wide, rows high. Y tiles are 128 bytes wide on 945 class. */
uint32_t gen3_tile_width(enum gen3_tiling tiling);
uint32_t gen3_tile_height(enum gen3_tiling tiling);

/* Byte offset of byte column x, row y in a surface of 'pitch' bytes. */
uint64_t gen3_tile_offset(enum gen3_tiling tiling, uint32_t pitch, uint32_t x, uint32_t y);

/*
 * Bytes from the surface's base to the end of what access to rows [0, rows) and byte columns
 * [0, width_bytes) can touch. False when width_bytes exceeds pitch or pitch does not suit the
 * tiling.
 */
bool gen3_surface_extent(enum gen3_tiling tiling, uint32_t pitch, uint64_t width_bytes,
                         uint64_t rows, uint64_t *bytes);

/* A texture, as a map and the sampler's declaration have it. */
struct gen3_texture {
    uint32_t width, height, depth;      /* as MAP_STATE has them, not rounded */
    uint32_t levels;                    /* >= 1 */
    uint32_t block_bytes;               /* bytes per texel or block */
    uint32_t block_width, block_height; /* 1, or 4 (8 wide for FXT1) */
    bool cube;                          /* declared as a cube: six faces, width == height */
    bool volume;       /* declared as a volume: 'depth' slices; a depth of 1 counts, too */
    bool levels_right; /* level 1 right of level 0 instead of below; 945 class, 2D */
    bool is_945_class; /* the layout of 945, G33 and Pineview; else that of 915 */
};

/*
 * Offset in blocks (texels when not compressed) of an image inside the one 2D surface, before
 * tiling. slice: of a volume, or a cube's face in the order +X -X +Y -Y +Z -Z; else 0. False when
 * there is no such image or no such texture.
 */
bool gen3_texture_image(const struct gen3_texture *texture, uint32_t pitch, uint32_t level,
                        uint32_t slice, uint32_t *x, uint32_t *y);

/* Rows of blocks and bytes per row that all images of the texture span with this pitch. */
bool gen3_texture_extent(const struct gen3_texture *texture, uint32_t pitch, uint64_t *width_bytes,
                         uint64_t *rows);

#endif
