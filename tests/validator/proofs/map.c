/* SPDX-License-Identifier: MIT */
/*
 * Bounds: any map in any buffer within MS2's reach; images of any width and height.
 * Extents are what surface.c proves of them (extent.h), and quotients a model (product.c).
 */
#include "extent.h"
#include "world.h"

#include "gemd/validator/map.c"

/* Where a byte of the images is, if the address is 'rest' bytes by lines from where tiles begin. */
static void prove_byte(const struct place *place, uint32_t rest, uint32_t x, uint32_t y)
{
    const struct split first = check_split(rest, chosen.pitch);

    bound(chosen.x == first.rest + x && chosen.y == first.rows + y);
    prove(place->delta - rest + chosen.at < check_buffer(&world, place)->size,
          "each byte lies in the buffer");
    reach("a byte of tiles");
    if (first.rest != 0) {
        reach("a byte of tiles, from inside a row");
    }
}

int main(void)
{
    const struct map map = {.ms3 = nondet_u32(), .ms4 = nondet_u32()};
    const struct walk_bits walk = walk_of(&map);
    const struct images images = {nondet_u64(), nondet_u64()};
    const uint32_t x = nondet_u32(), y = nondet_u32();
    uint64_t end = 0;

    choose_byte();
    world_make();
    const struct place place = world_place(REACH_SURFACE);
    const struct validator_buffer *buffer = check_buffer(&world, &place);
    /* As gen3_texture_extent() gives them. */
    bound(images.width_bytes <= UINT32_MAX && images.rows <= UINT32_MAX);
    if (!map_end(&world, &place, &walk, &images, &end) || end > buffer->size) {
        return 0;
    }
    bound(x < images.width_bytes && y < images.rows);
    bound(chosen.tiling == check_tiling(&world, &place, &walk) && chosen.pitch == walk.pitch);
    if (chosen.tiling == GEN3_LINEAR || walk.fenced) {
        bound(chosen.x == x && chosen.y == y);
        prove(place.delta + chosen.at < buffer->size, "each byte of lines lies in the buffer");
        reach("a byte of lines");
        return 0;
    }
    /* Nobody knows which it is, so each. */
    if (nondet_bool()) {
        bound(chosen.x == x && chosen.y == y);
        prove(place.delta + chosen.at < buffer->size, "from the address on");
        reach("a byte of tiles from the address on");
    } else {
        prove_byte(&place, nondet_bool() ? place.delta : place.delta % PAGE, x, y);
    }
    return 0;
}
