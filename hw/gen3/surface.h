/* SPDX-License-Identifier: MIT */
/*
 * Surface sizes and tile walks: one helper for creation, scanout, validation and the model.
 * All arithmetic is 64-bit; results that do not fit are refused.
 */
#ifndef GEMD_HW_GEN3_SURFACE_H
#define GEMD_HW_GEN3_SURFACE_H

#include <stdbool.h>
#include <stdint.h>

/* What a command's, a fence's or a client's "Y" is, depends on the class: gen3_tiling_y(). */
enum gen3_tiling {
    GEN3_LINEAR,
    GEN3_TILED_X,
    GEN3_TILED_Y,     /* of 945, G33 and Pineview */
    GEN3_TILED_Y_915, /* of the 915 class: wider and lower (doc/gen3.md A.8) */
    GEN3_TILINGS
};

static inline enum gen3_tiling gen3_tiling_y(bool is_945_class)
{
    return is_945_class ? GEN3_TILED_Y : GEN3_TILED_Y_915;
}

/*
 * log2 of what a tile consists of: it is one page of columns, from left to right; a column is a
 * run of bytes of each row, from top to bottom. An X tile has one column.
 */
struct gen3_tile {
    uint8_t width, height; /* bytes, rows */
    uint8_t run;           /* bytes */
};

#define GEN3_TILE_SHIFT 12

extern const struct gen3_tile gen3_tiles[GEN3_TILINGS]; /* by tiling; linear: one byte by one row */

/* Bytes and rows. */
static inline uint32_t gen3_tile_width(enum gen3_tiling tiling)
{
    return 1u << gen3_tiles[tiling].width;
}

static inline uint32_t gen3_tile_height(enum gen3_tiling tiling)
{
    return 1u << gen3_tiles[tiling].height;
}

/* Bytes of a row from byte column x on that lie one after the other; of linear ones, many. */
static inline uint32_t gen3_tile_run(enum gen3_tiling tiling, uint32_t x)
{
    const uint32_t run = 1u << gen3_tiles[tiling].run;

    return tiling == GEN3_LINEAR ? 1u << 30 : run - (x & (run - 1));
}

/* The only product of two unknowns here: proofs of the rest take it as growing with 'rows'. */
static inline uint64_t gen3_rows_bytes(uint64_t rows, uint32_t pitch)
{
    return rows * pitch;
}

/* Byte offset of byte column x, row y in a surface of 'pitch' bytes. */
static inline uint64_t gen3_tile_offset(enum gen3_tiling tiling, uint32_t pitch, uint32_t x,
                                        uint32_t y)
{
    if (tiling == GEN3_LINEAR) {
        return gen3_rows_bytes(y, pitch) + x;
    }
    const struct gen3_tile tile = gen3_tiles[tiling];
    const uint32_t column = (x & ((1u << tile.width) - 1)) >> tile.run;
    const uint32_t row = (column << tile.height) + (y & ((1u << tile.height) - 1));

    return gen3_rows_bytes(y >> tile.height << tile.height, pitch) +
           ((uint64_t)(x >> tile.width) << GEN3_TILE_SHIFT) + (row << tile.run) +
           (x & ((1u << tile.run) - 1));
}

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
