/* SPDX-License-Identifier: MIT */
/*
 * Bounds: 2 buffers of any size, tiling and pitch, also none; a surface of any bits, pitch, width
 * and height. The modulo by a row of tiles is only shown to be no division by 0.
 */
#include "world.h"

int main(void)
{
    const struct walk_bits bits = {nondet_bool(), nondet_bool(), nondet_bool(), nondet_bool(),
                                   nondet_u32()};
    const uint64_t width = nondet_u64(), rows = nondet_u64();
    uint64_t bytes = 0;

    world_make();
    const struct place place = world_place(REACH_BLIT);
    const enum gen3_tiling tiling = check_tiling(&world, &place, &bits);
    const struct validator_buffer *buffer = check_buffer(&world, &place);

    prove((uint32_t)tiling < GEN3_TILINGS, "a tiling of the list");
    if (check_walk(&world, 0, &place, &bits) && !proof_audit) {
        prove(tiling == buffer->tiling, "the buffer's tiling");
        prove(tiling == GEN3_LINEAR || (bits.pitch == buffer->pitch && bits.pitch != 0),
              "the buffer's pitch, and there is one");
        prove(!bits.fenced || (!bits.tiled && !bits.walk_y), "bits, or the fence");
        prove(!check_is_915_class(&world) || tiling == GEN3_LINEAR || tiling == GEN3_TILED_X,
              "no Y tiles of 915");
        reach("a surface");
        if (tiling == GEN3_TILED_Y) {
            reach("a surface of Y tiles");
        }
    }
    if (check_extent(&world, &place, &bits, width, rows, &bytes)) {
        prove(bytes <= UINT64_C(1) << 63, "extents fit");
        reach("an extent");
    }
    return 0;
}
