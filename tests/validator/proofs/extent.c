/* SPDX-License-Identifier: MIT */
#include "extent.h"

struct chosen chosen;

void choose_byte(void)
{
    chosen = (struct chosen){(enum gen3_tiling)nondet_u32(),
                             nondet_u32(),
                             nondet_u32(),
                             nondet_u32(),
                             nondet_u64(),
                             nondet_u64()};
    bound((uint32_t)chosen.tiling < GEN3_TILINGS);
    bound(chosen.tiling != GEN3_LINEAR || chosen.at == chosen.at_line);
}

bool extent_of_chosen(enum gen3_tiling tiling, uint32_t pitch, uint64_t width_bytes, uint64_t rows,
                      uint64_t *bytes)
{
    const uint64_t result = nondet_u64();

    if (nondet_bool()) {
        return false;
    }
    bound(pitch != 0 && width_bytes <= pitch && rows <= UINT64_C(1) << 31 &&
          result <= UINT64_C(1) << 63);
    if (pitch == chosen.pitch && chosen.x < width_bytes && chosen.y < rows) {
        bound(tiling != chosen.tiling || chosen.at < result);
        bound(tiling != GEN3_LINEAR || chosen.at_line < result);
    }
    *bytes = result;
    return true;
}
