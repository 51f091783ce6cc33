/* SPDX-License-Identifier: MIT */
/* Maps and samplers for what the program declares: all formats, levels, cubes, volumes. */
#include "tests/fuzz/builder.h"

struct format {
    uint8_t type, code, bytes, width, height;
};

static const struct format formats[] = {
    {1, 0, 1, 1, 1},  {1, 1, 1, 1, 1},  {1, 4, 1, 1, 1},  {2, 0, 2, 1, 1},  {2, 1, 2, 1, 1},
    {2, 2, 2, 1, 1},  {2, 3, 2, 1, 1},  {2, 8, 2, 1, 1},  {3, 0, 4, 1, 1},  {3, 1, 4, 1, 1},
    {3, 2, 4, 1, 1},  {3, 3, 4, 1, 1},  {3, 8, 4, 1, 1},  {3, 13, 4, 1, 1}, {3, 14, 4, 1, 1},
    {3, 15, 4, 1, 1}, {5, 0, 2, 1, 1},  {5, 1, 2, 1, 1},  {6, 0, 8, 4, 4},  {6, 1, 16, 4, 4},
    {6, 2, 16, 4, 4}, {6, 3, 16, 8, 4}, {6, 4, 8, 4, 4},  {1, 2, 1, 1, 1},  {1, 3, 1, 1, 1},
    {1, 5, 1, 8, 1},  {2, 5, 2, 1, 1},  {2, 6, 2, 1, 1},  {2, 7, 2, 1, 1},  {2, 9, 2, 1, 1},
    {3, 4, 4, 1, 1},  {3, 5, 4, 1, 1},  {3, 6, 4, 1, 1},  {3, 7, 4, 1, 1},  {3, 9, 4, 1, 1},
    {3, 10, 4, 1, 1}, {3, 11, 4, 1, 1}, {3, 12, 4, 1, 1}, {5, 2, 2, 1, 1},  {5, 3, 2, 1, 1},
    {7, 7, 1, 2, 1},
};

#define TYPE_422 5u /* pairs are read whole */

struct map {
    uint32_t ms3, ms4;
    uint32_t buffer, delta;
    uint32_t max_lod; /* quarters */
};

static uint32_t choose_side(struct builder *b)
{
    const uint32_t choice = rng_below(b->rng, 10);

    return choice < 4   ? 1u << rng_below(b->rng, 6)
           : choice < 9 ? rng_between(b->rng, 1, 40)
                        : rng_between(b->rng, 1, 300);
}

static uint32_t levels_of(uint32_t side)
{
    uint32_t levels = 1;

    while (side > 1) {
        side >>= 1;
        levels++;
    }
    return levels;
}

static struct gen3_texture choose_shape(struct builder *b, const struct format *f, uint32_t type)
{
    struct gen3_texture t = {
        .width = choose_side(b),
        .height = choose_side(b),
        .depth = 1,
        .levels = 1,
        .block_bytes = f->bytes,
        .block_width = f->width,
        .block_height = f->height,
        .cube = type == 1,
        .volume = type == 2,
        .is_945_class = b->is_945_class,
    };
    if (t.cube) {
        t.height = t.width;
    } else if (t.volume) {
        t.depth = rng_percent(b->rng, 90) ? rng_between(b->rng, 1, 9) : rng_between(b->rng, 1, 40);
    }
    const bool parts = f->height == 1 && f->width > 1; /* have one level, and are flat */
    if (parts && rng_percent(b->rng, 90)) {
        t.cube = t.volume = false;
        t.depth = 1;
    } else if (rng_percent(b->rng, 60)) {
        t.levels = rng_between(b->rng, 1, levels_of(t.width > t.height ? t.width : t.height));
    }
    return t;
}

/* Inside a row of tiles all ways to walk them have to stay in the buffer. */
static uint64_t reach(const struct buffer_wish *wish, uint32_t delta, uint64_t width_bytes,
                      uint64_t rows, uint64_t bytes)
{
    const uint32_t rest[2] = {delta, delta % 4096};
    uint64_t size = delta + bytes;

    for (unsigned i = 0; i < 2 && wish->tiling != GEN3_LINEAR; i++) {
        if (gen3_surface_extent(wish->tiling, wish->pitch, rest[i] % wish->pitch + width_bytes,
                                rest[i] / wish->pitch + rows, &bytes)) {
            bytes += delta - rest[i];
            size = bytes > size ? bytes : size;
        }
    }
    return size;
}

/* False: no such texture. */
static bool choose_map(struct builder *b, uint32_t type, struct map *map)
{
    const struct format *f = &RNG_PICK(b->rng, formats);
    const struct gen3_texture t = choose_shape(b, f, type);
    struct buffer_wish wish = {
        .rights = rng_percent(b->rng, 50) ? VALIDATOR_READ : VALIDATOR_READ | VALIDATOR_WRITE};
    uint64_t width_bytes, rows, bytes;

    /* Where images lie may depend on the pitch; the widest is tried first. */
    if (!gen3_texture_extent(&t, 8192, &width_bytes, &rows) || width_bytes > 8192) {
        return false;
    }
    wish.tiling = builder_tiling(b, (uint32_t)width_bytes, 4, &wish.pitch);
    if (!b->is_945_class && wish.tiling == GEN3_TILED_Y && rng_percent(b->rng, 95)) {
        return false; /* is refused */
    }
    if (wish.pitch > 8192 || !gen3_texture_extent(&t, wish.pitch, &width_bytes, &rows) ||
        !gen3_surface_extent(wish.tiling, wish.pitch,
                             f->type == TYPE_422 ? (width_bytes + 3) & ~UINT64_C(3) : width_bytes,
                             rows, &bytes) ||
        bytes > 16u << 20) {
        return false;
    }
    map->delta = wish.tiling != GEN3_LINEAR && rng_percent(b->rng, 30)
                     ? rng_below(b->rng, 16 * wish.pitch / 4) * 4
                     : builder_delta(b, wish.tiling, wish.pitch, 4);
    wish.size = reach(&wish, map->delta, width_bytes, rows, bytes) + builder_slack(b);
    map->buffer = builder_buffer(b, &wish);
    map->max_lod = (t.levels - 1) * 4;
    map->ms3 = (t.height - 1) << 21 | (t.width - 1) << 10 | (uint32_t)f->type << 7 |
               (uint32_t)f->code << 3 | (wish.tiling != GEN3_LINEAR ? 2u : 0) |
               (wish.tiling == GEN3_TILED_Y ? 1u : 0);
    if (rng_percent(b->rng, 5)) { /* by the buffer's fence, which has its tiling */
        map->ms3 = (map->ms3 & ~3u) | 4;
    }
    map->ms4 = (wish.pitch / 4 - 1) << 21 | 0x3fu << 15 | map->max_lod << 9 | (t.depth - 1) |
               (rng_percent(b->rng, 5) ? 1u << 8 : 0); /* levels to the right */
    return true;
}

static void put_sampler(struct builder *b, uint32_t index, uint32_t max_lod)
{
    static const uint8_t filters[] = {0, 1, 1, 2, 5, 3, 4, 6}, mips[] = {0, 1, 3};
    static const uint8_t modes[] = {0, 1, 2, 4, 5};
    const bool edges = rng_percent(b->rng, 5); /* of a cube */
    const uint32_t base = rng_percent(b->rng, 90) ? 0 : rng_below(b->rng, max_lod / 2 + 2);
    const uint32_t greatest = 4 * max_lod; /* in sixteenths of a level */
    const uint32_t least = rng_percent(b->rng, 50)   ? 0
                           : rng_percent(b->rng, 50) ? greatest
                                                     : rng_below(b->rng, greatest + 1);

    builder_put(b, (rng_percent(b->rng, 70) ? 0 : rng_next(b->rng) & 0xb8003fffu) |
                       (base < 32 ? base : 31) << 22 | (uint32_t)RNG_PICK(b->rng, mips) << 20 |
                       (uint32_t)RNG_PICK(b->rng, filters) << 17 |
                       (uint32_t)RNG_PICK(b->rng, filters) << 14);
    builder_put(b, least << 24 | (edges ? 3 : (uint32_t)RNG_PICK(b->rng, modes)) << 12 |
                       (edges ? 3 : (uint32_t)RNG_PICK(b->rng, modes)) << 9 |
                       (edges ? 3 : (uint32_t)RNG_PICK(b->rng, modes)) << 6 |
                       (rng_percent(b->rng, 90) ? 0 : rng_next(b->rng) & 0x00038000u) |
                       (rng_percent(b->rng, 70) ? 1u << 5 : 0) | index << 1);
    builder_put(b, rng_next(b->rng));
}

void builder_textures(struct builder *b)
{
    struct map maps[16];
    uint32_t map_of[16] = {0}, mask = 0;

    for (uint32_t left = b->samplers; left != 0; left &= left - 1) {
        const uint32_t unit = (uint32_t)__builtin_ctz(left);
        const uint32_t index = rng_percent(b->rng, 80) ? unit : rng_below(b->rng, 16);

        map_of[unit] = (mask & 1u << index) != 0 ? unit : index;
        /* What cannot be is tried again a few times. */
        for (int i = 0; i < 8 && (mask & 1u << map_of[unit]) == 0; i++) {
            mask |=
                choose_map(b, b->sample_type[unit], &maps[map_of[unit]]) ? 1u << map_of[unit] : 0;
        }
    }
    if (mask == 0) {
        return;
    }
    builder_put(b, 0x7d000000 | 3 * (uint32_t)__builtin_popcount(mask));
    builder_put(b, mask);
    for (uint32_t left = mask; left != 0; left &= left - 1) {
        const struct map *map = &maps[__builtin_ctz(left)];

        builder_address(b, map->buffer, map->delta, VALIDATOR_READ);
        builder_put(b, map->ms3);
        builder_put(b, map->ms4);
    }
    builder_put(b, 0x7d010000 | 3 * (uint32_t)__builtin_popcount(b->samplers));
    builder_put(b, b->samplers);
    for (uint32_t left = b->samplers; left != 0; left &= left - 1) {
        const uint32_t index = map_of[__builtin_ctz(left)];

        put_sampler(b, index, (mask & 1u << index) != 0 ? maps[index].max_lod : 0);
    }
}
