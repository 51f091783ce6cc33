/* SPDX-License-Identifier: MIT */
/*
 * Bounds: indexes of 33 bits, pitches and widths of 6, as registers have them. The product does not
 * overflow there; that it grows is shown for indexes of 6 bits.
 */
#include "world.h"

#include "gemd/validator/primitive.c"

#define ANY(name)                                                                                  \
    bool name(struct check *check)                                                                 \
    {                                                                                              \
        return nondet_bool();                                                                      \
    }

ANY(check_rect)
ANY(check_colour_target)
ANY(check_depth_target)
ANY(check_textures)
ANY(check_blend)

int main(void)
{
    const uint64_t index = nondet_u64(), more = nondet_u64();
    const uint64_t pitch = nondet_u64(), width = nondet_u64();

    given(index < UINT64_C(1) << 33 && pitch < 64 && width < 64);
    const uint64_t end = vertex_end(index, pitch, width);
    prove(end <= (index << 8) + 256, "a vertex ends where its index allows");
    reach("a vertex");
    bound(index <= more && more < 64);
    prove(end <= vertex_end(more, pitch, width), "later ones end later");
    reach("two of them");
    return 0;
}
