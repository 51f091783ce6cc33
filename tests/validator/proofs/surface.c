/* SPDX-License-Identifier: MIT */
/*
 * Bounds: none but the types'. Every pitch, width and count of rows, all four tilings.
 * Row products are a model here (rows.c proves it): they grow with the rows.
 */
#include "proof.h"

#include "hw/gen3/surface.c"

int main(void)
{
    const enum gen3_tiling tiling = nondet_u32();
    const uint32_t pitch = nondet_u32(), x = nondet_u32(), y = nondet_u32();
    const uint64_t width = nondet_u64(), rows = nondet_u64();
    uint64_t extent = UINT64_MAX;

    bound((unsigned)tiling < GEN3_TILINGS);
    if (!gen3_surface_extent(tiling, pitch, width, rows, &extent)) {
        reach("refused");
        return 0;
    }
    prove(extent <= UINT64_C(1) << 63, "extents fit");
    prove(pitch != 0 && width <= pitch, "rows are within a pitch");
    prove(rows <= UINT64_C(1) << 31, "rows fit 32 bits");
    given(x < width && y < rows);
    const uint64_t at = gen3_tile_offset(tiling, pitch, x, y);

    prove(at < extent, "each byte lies within the extent");
    reach("a byte");
    if (tiling == GEN3_TILED_Y_915) {
        reach("a byte of the last tiling");
    }
    return 0;
}
