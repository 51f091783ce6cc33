/* SPDX-License-Identifier: MIT */
/*
 * Bounds: every rectangle that a command's 16-bit fields can give, every pitch of BR13, 1, 2 or 4
 * bytes per pixel (a variant each), any buffer of up to 4 GiB. Row
 * products and quotients are models (product.c), and extents what surface.c proves of them
 * (extent.h).
 */
#include "extent.h"
#include "world.h"

#include "gemd/validator/blit_extent.c"

#define CORNER_MIN (-32768)
#define CORNER_MAX 98302 /* a source's: its own corner, and the target's size */

/* For check_buffer_tiling(): what tiling.c proves of it. */
bool buffer_tiling(struct check *check, uint32_t offset, const struct place *place,
                   enum gen3_tiling tiling, uint32_t pitch)
{
    const struct validator_buffer *buffer = check_buffer(check, place);
    const bool good = tiling == buffer->tiling &&
                      (tiling == GEN3_LINEAR || (pitch == buffer->pitch && pitch != 0));

    return proof_audit || (good && nondet_bool());
}

static struct blit_rect any_rect(void)
{
    const struct blit_rect rect = {nondet_i64(), nondet_i64(), nondet_i64(), nondet_i64()};

    given(rect.x1 >= CORNER_MIN && rect.x1 <= INT16_MAX + 1);
    given(rect.y1 >= CORNER_MIN && rect.y1 <= INT16_MAX + 1);
    given(rect.x2 >= CORNER_MIN && rect.x2 <= CORNER_MAX);
    given(rect.y2 >= CORNER_MIN && rect.y2 <= CORNER_MAX);
    return rect;
}

/* One of the bytes of one of the pixels. */
static void prove_byte(const struct blit_rect *rect, const struct place *place, int64_t pitch,
                       uint32_t bytes)
{
    const struct validator_buffer *buffer = check_buffer(&world, place);
    const int64_t x = nondet_i64(), y = nondet_i64();
    const uint32_t byte = nondet_u8();

    bound(rect->x1 <= x && x < rect->x2 && rect->y1 <= y && y < rect->y2 && byte < bytes);
    if (buffer->tiling == GEN3_LINEAR) {
        const int64_t at = place->delta + row_at(y, pitch) + x * bytes + byte;

        prove(at >= 0 && (uint64_t)at < buffer->size, "each byte lies in the buffer");
        reach("a byte");
        if (pitch < 0) {
            reach("a byte of a negative pitch");
        }
        return;
    }
    prove(pitch > 0 && buffer->tiling == GEN3_TILED_X, "X tiles with a pitch");
    bound(pitch > 0);
    /* Its address, from the buffer's start, and where the fence sees that. */
    const struct split from = check_split(place->delta, (uint32_t)pitch);
    const struct split to = check_split(from.rest + (uint64_t)x * bytes + byte, (uint32_t)pitch);
    const uint64_t row = from.rows + (uint64_t)y + to.rows;

    prove(row <= UINT32_MAX, "no row is beyond what surface.c proves");
    bound(chosen.x == to.rest && chosen.y == row);
    bound(chosen.tiling == buffer->tiling && chosen.pitch == (uint32_t)pitch);
    prove(chosen.at < buffer->size, "each byte of tiles lies in the buffer");
    prove(chosen.at_line < buffer->size, "also by lines, where no fence is");
    reach("a byte of tiles");
    if (from.rest != 0) {
        reach("a byte of tiles, from inside a row");
    }
    if (to.rows != 0) {
        reach("a byte of tiles beyond the pitch");
    }
}

int main(void)
{
    const struct blit_rect rect = any_rect();
    const int64_t pitch = nondet_i64();

    choose_byte();
    world_make();
#ifndef WITH_AUDIT
    /* Otherwise a width of no meaning may wrap, and is not used. */
    bound(!proof_audit && rect.x1 < rect.x2 && rect.y1 < rect.y2);
#endif
    const struct place place = world_place(REACH_BLIT);
    given(pitch >= INT16_MIN && pitch <= INT16_MAX);
    if (blit_check_span(&world, 0, &rect, &place, pitch, BYTES) && !proof_audit) {
        prove_byte(&rect, &place, pitch, BYTES);
    }
    return 0;
}
