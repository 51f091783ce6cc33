/* SPDX-License-Identifier: MIT */
#include "hw/gen3/surface.h"

#include <stddef.h>

struct tile {
    uint32_t width; /* bytes */
    uint32_t height;
};

static const struct tile tiles[] = {
    [GEN3_LINEAR] = {1, 1},
    [GEN3_TILED_X] = {512, 8},
    [GEN3_TILED_Y] = {128, 32},
};

#define TILE_BYTES 4096u
#define COLUMN     16u /* bytes that a Y tile keeps together in a row */

/* Nothing on gen3 is larger; products of two such values fit 64 bits with ease. */
#define LIMIT (UINT64_C(1) << 31)

uint32_t gen3_tile_width(enum gen3_tiling tiling)
{
    return tiles[tiling].width;
}

uint32_t gen3_tile_height(enum gen3_tiling tiling)
{
    return tiles[tiling].height;
}

uint64_t gen3_tile_offset(enum gen3_tiling tiling, uint32_t pitch, uint32_t x, uint32_t y)
{
    const struct tile *tile = &tiles[tiling];
    uint64_t offset = (uint64_t)(y / tile->height) * tile->height * pitch;

    switch (tiling) {
    case GEN3_LINEAR:
        return offset + x;
    case GEN3_TILED_X:
        return offset + (uint64_t)(x / 512) * TILE_BYTES + y % 8 * 512 + x % 512;
    case GEN3_TILED_Y:
        return offset + (uint64_t)(x / 128) * TILE_BYTES + x % 128 / COLUMN * 512 +
               y % 32 * COLUMN + x % COLUMN;
    }
    return offset;
}

bool gen3_surface_extent(enum gen3_tiling tiling, uint32_t pitch, uint64_t width_bytes,
                         uint64_t rows, uint64_t *bytes)
{
    const struct tile *tile = &tiles[tiling];

    if (pitch == 0 || pitch > LIMIT || width_bytes > pitch || rows > LIMIT ||
        pitch % tile->width != 0) {
        return false;
    }
    if (rows == 0 || width_bytes == 0) {
        *bytes = 0;
    } else if (tiling == GEN3_LINEAR) {
        *bytes = (rows - 1) * pitch + width_bytes;
    } else {
        uint64_t tile_rows = (rows + tile->height - 1) / tile->height;
        uint64_t tile_columns = (width_bytes + tile->width - 1) / tile->width;

        *bytes = (tile_rows - 1) * tile->height * pitch + tile_columns * TILE_BYTES;
    }
    return true;
}
