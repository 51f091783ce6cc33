/* SPDX-License-Identifier: MIT */
/*
 * Bounds: every BUF_INFO, DST_BUF_VARS and DRAW_RECT; any buffer within BUF_INFO's reach.
 * Extents are what surface.c proves of them (extent.h).
 */
#include "extent.h"
#include "world.h"

#include "gemd/validator/target.c"

/* One of the bytes of one of the pixels; drawing goes by pairs of rows. */
static void prove_byte(const struct target *target, uint32_t right, uint32_t bottom,
                       uint32_t bytes_per_pixel)
{
    const struct walk_bits walk = walk_of(target->info);
    const uint64_t room = check_room(&world, &target->place);
    const uint32_t x = nondet_u32();
    const uint8_t byte = nondet_u8();

    bound(x <= right && chosen.y <= (bottom | 1) && byte < bytes_per_pixel);
    bound(chosen.x == x * bytes_per_pixel + byte && chosen.pitch == walk.pitch);
    bound(chosen.tiling == check_tiling(&world, &target->place, &walk));
    prove(chosen.x < walk.pitch, "a row is within the pitch");
    prove(chosen.at < room, "each byte lies in the buffer");
    if (walk.fenced) {
        prove(chosen.at_line < room, "also by lines, where no fence is");
        reach("a byte through a fence");
    }
    reach("a byte");
}

int main(void)
{
    struct state *state = &world.state;
    struct rect *rect = &state->rect;
    struct target target = {.info = nondet_u32()};

    choose_byte();
    world_make();
    target.place = world_place(REACH_SURFACE);
    state->colour = state->depth = target;
    state->formats_set = true;
    state->formats = nondet_u32();
    *rect = (struct rect){nondet_bool(), nondet_u32(), nondet_u16(), nondet_u16(),
                          nondet_u16(),  nondet_u16(), nondet_u16(), nondet_u16()};
    given(check_rect(&world) && !proof_audit);
    if (nondet_bool()) {
        if (check_colour_target(&world)) {
            prove_byte(&target, rect->xmax, rect->ymax,
                       colour_bytes[COLOUR_FORMAT_OF(state->formats)]);
        }
    } else if (check_depth_target(&world)) {
        const bool at_origin = (rect->flags & RECT_DEPTH_AT_ORIGIN) != 0;

        prove_byte(&target, rect->xmax - (at_origin ? rect->xorg : 0),
                   rect->ymax - (at_origin ? rect->yorg : 0),
                   depth_bytes[DEPTH_FORMAT_OF(state->formats)]);
    }
    return 0;
}
