/* SPDX-License-Identifier: MIT */
/*
 * Bounds: every rectangle of 16-bit corners and every first bit, rows of 1, 8 and 16 bits: how many
 * bytes their bits are (a variant each), and then any number of bytes in any buffer, or in a
 * command of up to 2 words, and patterns.
 */
#include "world.h"

#include "gemd/validator/blit_extent.c"

/* For bits_size(), in what uses it: within what the variants prove. */
uint64_t any_size(const struct blit_rect *rect, uint32_t first_bit, uint32_t unit)
{
    static bool is_set;
    static uint64_t size;

    if (!is_set) {
        size = nondet_u64();
        is_set = true;
    }
    bound(size < UINT64_C(1) << 32);
    return size;
}

#ifdef UNIT
static void prove_bits(const struct blit_rect *rect)
{
    const uint32_t first = nondet_u32();

    given(first < 8);
    const uint64_t size = bits_size(rect, first, UNIT);
    prove(size < UINT64_C(1) << 32 && size % 8 == 0, "sizes of bits fit");
    reach("a size");
}
#else
static void prove_bits(const struct blit_rect *rect)
{
    const uint32_t bytes = nondet_bool() ? 1 : nondet_bool() ? 2 : 4;

    world_make();
    const struct place place = world_place(REACH_BLIT);
    const struct validator_buffer *buffer = check_buffer(&world, &place);

    if (blit_check_pattern(&world, 0, &place, bytes) && !proof_audit) {
        prove((uint64_t)place.delta + 64u * bytes <= buffer->size, "a pattern lies in the buffer");
        prove(((buffer->gtt_address + place.delta) & (64u * bytes - 1)) == 0, "and is aligned");
        reach("a pattern");
    }
    if (blit_check_bits(&world, 0, &place, rect, 0, 1) && !proof_audit) {
        prove(place.delta + bits_size(rect, 0, 1) <= buffer->size, "bits lie in the buffer");
        prove(buffer->tiling == GEN3_LINEAR, "which is not tiled");
        reach("bits in memory");
    }
    if (blit_check_immediate(&world, 1, rect, 0, 1)) {
        prove(bits_size(rect, 0, 1) == 4 * ((uint64_t)world.length - 1),
              "bits in the stream end where the command does");
        reach("bits in the stream");
    }
}
#endif

int main(void)
{
    const struct blit_rect rect = {nondet_i16(), nondet_i16(), nondet_i16(), nondet_i16()};

    prove_bits(&rect);
    return 0;
}
