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

/* How a texture is laid out, in texels (blocks for compressed formats), 945 class. */
struct gen3_texture {
    uint32_t width, height, depth; /* as MAP_STATE has them, not rounded */
    uint32_t levels;               /* >= 1 */
    uint32_t block_bytes;          /* bytes per texel or block */
    uint32_t block_width, block_height; /* 1, or 4 (8 wide for FXT1) */
    bool cube;
    bool is_945_class;
};

/* Offset in texels of image (level, face or slice) inside the one 2D surface, before tiling. */
bool gen3_texture_image(const struct gen3_texture *texture, uint32_t pitch, uint32_t level,
                        uint32_t slice, uint32_t *x, uint32_t *y);

/* Rows of blocks and bytes per row that the whole texture spans with this pitch. */
bool gen3_texture_extent(const struct gen3_texture *texture, uint32_t pitch, uint64_t *width_bytes,
                         uint64_t *rows);

#endif
