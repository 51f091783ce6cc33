/* SPDX-License-Identifier: MIT */
#include "hw/gen3/surface.h"

#include <stddef.h>

const struct gen3_tile gen3_tiles[GEN3_TILINGS] = {
    [GEN3_LINEAR] = {0, 0, 0},
    [GEN3_TILED_X] = {9, 3, 9},
    [GEN3_TILED_Y] = {7, 5, 4},
    [GEN3_TILED_Y_915] = {9, 3, 4},
};

/* Nothing on gen3 is larger; products of two such values fit 64 bits with ease. */
#define LIMIT (UINT64_C(1) << 31)

bool gen3_surface_extent(enum gen3_tiling tiling, uint32_t pitch, uint64_t width_bytes,
                         uint64_t rows, uint64_t *bytes)
{
    const uint32_t width = gen3_tile_width(tiling), height = gen3_tile_height(tiling);

    if (pitch == 0 || pitch > LIMIT || width_bytes > pitch || rows > LIMIT || pitch % width != 0) {
        return false;
    }
    if (rows == 0 || width_bytes == 0) {
        *bytes = 0;
    } else if (tiling == GEN3_LINEAR) {
        *bytes = gen3_rows_bytes(rows - 1, pitch) + width_bytes;
    } else {
        uint64_t tile_rows = (rows + height - 1) / height;
        uint64_t tile_columns = (width_bytes + width - 1) / width;

        *bytes =
            gen3_rows_bytes((tile_rows - 1) * height, pitch) + (tile_columns << GEN3_TILE_SHIFT);
    }
    return true;
}
