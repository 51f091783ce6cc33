/* SPDX-License-Identifier: MIT */
/* Targets, registers, vertices. */
#include "tests/fuzz/builder.h"

#include <string.h>

#define BUF_INFO   0x7d8e0001u
#define BUF_COLOUR (3u << 24)
#define BUF_DEPTH  (7u << 24)
#define BUF_TILED  (1u << 22)
#define BUF_WALK_Y (1u << 21)

#define RECT_DEPTH_AT_ORIGIN (1u << 30)

#define READ_WRITE (VALIDATOR_READ | VALIDATOR_WRITE)

/* Mostly tiny: what matters is at the edges. */
static uint32_t choose_side(struct builder *b)
{
    const uint32_t choice = rng_below(b->rng, 20);

    return choice < 12   ? rng_between(b->rng, 1, 12)
           : choice < 18 ? rng_between(b->rng, 1, 40)
           : choice < 19 ? rng_between(b->rng, 1, 300)
                         : 1 + rng_below(b->rng, 4) * 8;
}

static uint64_t surface_bytes(enum gen3_tiling tiling, uint32_t pitch, uint32_t columns,
                              uint32_t rows, uint32_t bytes)
{
    const uint64_t even = (uint64_t)((columns + 1) & ~1u) * bytes;
    uint64_t size = 0;

    if (!gen3_surface_extent(tiling, pitch, even <= pitch ? even : (uint64_t)columns * bytes,
                             (rows + 1) & ~1u, &size)) {
        size = (uint64_t)pitch * rows;
    }
    return size;
}

/* BUF_INFO of a surface of so many pixels. */
static void put_surface(struct builder *b, uint32_t id, uint32_t columns, uint32_t rows,
                        uint32_t bytes)
{
    struct buffer_wish wish = {.rights = READ_WRITE};

    do { /* 915's Y tiles are refused */
        wish.tiling = builder_tiling(b, columns * bytes, 4, &wish.pitch);
    } while (!b->is_945_class && wish.tiling == GEN3_TILED_Y && rng_percent(b->rng, 95));
    const uint32_t delta = builder_delta(b, wish.tiling, wish.pitch, 4);
    wish.size =
        delta + surface_bytes(wish.tiling, wish.pitch, columns, rows, bytes) + builder_slack(b);
    builder_put(b, BUF_INFO);
    builder_put(b, id | (wish.tiling != GEN3_LINEAR ? BUF_TILED : 0) |
                       (wish.tiling == GEN3_TILED_Y ? BUF_WALK_Y : 0) | (wish.pitch & 0x3ffc));
    builder_address(b, builder_buffer(b, &wish), delta, READ_WRITE);
}

void builder_targets(struct builder *b)
{
    static const uint8_t formats[] = {0x0, 0x1, 0x2, 0x3, 0x3, 0x3, 0x8, 0x9, 0xa};
    static const uint8_t bytes[16] = {1, 2, 2, 4, [8] = 2, [9] = 2, [10] = 4};
    const uint32_t format = RNG_PICK(b->rng, formats);
    const uint32_t depth_format = rng_below(b->rng, 2) * 2;
    const bool at_origin = rng_percent(b->rng, 40);

    b->width = choose_side(b);
    b->height = choose_side(b);
    b->origin_x = rng_percent(b->rng, 30) ? rng_below(b->rng, b->width) : 0;
    b->origin_y = rng_percent(b->rng, 30) ? rng_below(b->rng, b->height) : 0;
    b->has_colour = rng_percent(b->rng, 92);
    b->has_depth = rng_percent(b->rng, 45);
    if (b->has_colour) {
        put_surface(b, BUF_COLOUR, b->width, b->height, bytes[format]);
    }
    if (b->has_depth) {
        put_surface(b, BUF_DEPTH, b->width - (at_origin ? b->origin_x : 0),
                    b->height - (at_origin ? b->origin_y : 0), depth_format == 0 ? 2 : 4);
    }
    builder_put(b, 0x7d850000);
    builder_put(b, (rng_percent(b->rng, 80) ? 0x10880000 : rng_next(b->rng) & 0x9cff0000u) |
                       format << 8 | depth_format << 2);
    builder_put(b, 0x7d800003);
    builder_put(b, (at_origin ? RECT_DEPTH_AT_ORIGIN : 0) |
                       (rng_percent(b->rng, 20) ? rng_next(b->rng) & 0x0f000000u : 0));
    const bool cut = rng_percent(b->rng, 20);
    b->least_x = cut ? rng_between(b->rng, b->origin_x, b->width - 1) : b->origin_x;
    b->least_y = cut ? rng_between(b->rng, b->origin_y, b->height - 1) : b->origin_y;
    builder_put(b, b->least_y << 16 | b->least_x);
    builder_put(b, (b->height - 1) << 16 | (b->width - 1));
    builder_put(b, b->origin_y << 16 | b->origin_x);
}

static const uint8_t texcoord_dwords[16] = {2, 3, 4, 1, 1, 2};
static const uint8_t position_dwords[8] = {0, 3, 4, 2, 3};

static uint32_t vertex_dwords(const struct builder *b)
{
    uint32_t size =
        position_dwords[b->s4 >> 6 & 7] +
        (uint32_t)__builtin_popcount(b->s4 & (1u << 12 | 1u << 11 | 1u << 10 | 1u << 2));

    for (uint32_t i = 0; i < 8; i++) {
        size += texcoord_dwords[b->s2 >> 4 * i & 15];
    }
    return size;
}

static uint32_t choose_s6(struct builder *b)
{
    /* Known values of functions and factors; alpha test, blending. */
    uint32_t s6 = rng_percent(b->rng, 50) ? 0 : rng_next(b->rng) & 0xfff00000u;

    s6 |= b->has_colour && rng_percent(b->rng, 95) ? 1u << 2 : 0;
    if (b->has_depth) {
        s6 |= rng_below(b->rng, 2) << 19 | rng_below(b->rng, 8) << 16 | rng_below(b->rng, 2) << 3;
    }
    if (rng_percent(b->rng, 50)) {
        s6 |= 1u << 15 | rng_below(b->rng, 5) << 12 | rng_between(b->rng, 1, 12) << 8 |
              rng_between(b->rng, 1, 12) << 4;
    }
    return s6 | rng_below(b->rng, 3);
}

static uint32_t choose_s4(struct builder *b)
{
    uint32_t s4 = rng_between(b->rng, 1, 4) << 6;

    s4 |= rng_percent(b->rng, 80) ? 1u << 10 : 0;
    s4 |= rng_percent(b->rng, 15) ? 1u << 11 : 0;
    s4 |= rng_percent(b->rng, 10) ? 1u << 12 : 0;
    s4 |= rng_percent(b->rng, 10) ? 1u << 2 : 0;
    s4 |= rng_percent(b->rng, 80) ? 1u << 13 : rng_below(b->rng, 4) << 13;
    s4 |= (rng_percent(b->rng, 70) ? 1 : rng_below(b->rng, 512)) << 23;
    s4 |= (rng_percent(b->rng, 70) ? 2 : rng_below(b->rng, 16)) << 19;
    s4 |= rng_percent(b->rng, 40) ? rng_next(b->rng) & 0x0007803bu : 0;
    return s4;
}

static void choose_s2(struct builder *b)
{
    static const uint8_t formats[] = {0, 0, 0, 1, 2, 3, 4, 5};

    b->s2 = 0xffffffff;
    b->texcoords = 0;
    for (uint32_t i = 0, n = rng_below(b->rng, 4); i < n; i++) {
        b->s2 = (b->s2 & ~(15u << 4 * i)) | (uint32_t)RNG_PICK(b->rng, formats) << 4 * i;
        b->texcoords |= 1u << i;
    }
}

void builder_registers(struct builder *b)
{
    const bool has_stencil = b->has_depth && rng_percent(b->rng, 25);
    const uint32_t s5 = (rng_percent(b->rng, 50) ? 0 : rng_next(b->rng) & ~0xcu) |
                        (has_stencil ? rng_below(b->rng, 4) << 2 : 0);

    choose_s2(b);
    b->s4 = choose_s4(b);
    const bool with_s3 = rng_percent(b->rng, 30);
    builder_put(b, 0x7d040743 + (with_s3 ? 0x81 : 0));
    builder_put(b, b->s2);
    if (with_s3) {
        builder_put(b, rng_percent(b->rng, 50) ? 0 : rng_next(b->rng));
    }
    builder_put(b, b->s4);
    builder_put(b, s5);
    builder_put(b, choose_s6(b));
}

/* Fog, a chroma key, a palette. */
static void put_tables(struct builder *b, uint32_t percent)
{
    if (rng_percent(b->rng, percent)) {
        builder_put(b, 0x7d890002);
        builder_put(b, rng_next(b->rng) & 0xbb8ffff0);
        builder_put(b, rng_next(b->rng));
        builder_put(b, rng_next(b->rng));
    }
    if (rng_percent(b->rng, percent)) {
        builder_put(b, 0x7d860002);
        builder_put(b, rng_next(b->rng) & 0xc0000000);
        builder_put(b, rng_next(b->rng) & rng_next(b->rng));
        builder_put(b, rng_next(b->rng) | rng_next(b->rng));
    }
    if (rng_percent(b->rng, percent)) {
        const uint32_t entries = rng_between(b->rng, 1, 16);

        builder_put(b, 0x7d8f0000 | (entries - 1));
        for (uint32_t i = 0; i < entries; i++) {
            builder_put(b, rng_next(b->rng));
        }
    }
}

/* State in one dword, and what goes with it. */
static const struct mode {
    uint32_t header, mask; /* what may be anything */
    uint8_t words;
} modes[] = {
    {0x66000000, 0x0001c1c0, 0}, {0x67000000, 0x0000e7f8, 0}, {0x68000000, 0x00ffffff, 0},
    {0x69000000, 0x0003ffff, 0}, {0x6b000000, 0x00ffffff, 0}, {0x6d000000, 0x00bfffff, 0},
    {0x76000000, 0x00ffffff, 0}, {0x7c800000, 0x00000003, 0}, {0x7c880000, 0x00000002, 0},
    {0x7d830000, 0x0001ffff, 1}, {0x7d880000, 0xffffffff, 1}, {0x7d970000, 0x3fffffff, 1},
    {0x7d980000, 0x3f7fffff, 1}, {0x7d990000, 0xffffffff, 1}, {0x7d9a0000, 0xffffffff, 1},
    {0x7d810001, 0x00ff00ff, 2}, {0x7d070000, 0x00000000, 1}, {0x6c000000, 0x00050000, 0},
    {0x75000000, 0x00ffffff, 0},
};

static void put_mode(struct builder *b, const struct mode *mode)
{
    uint32_t word = rng_next(b->rng) & mode->mask;

    if (mode->header == 0x6b000000) { /* factors of 0 are undefined */
        word = (word & ~0x000703cfu) | rng_below(b->rng, 5) << 16 |
               rng_between(b->rng, 1, 15) << 6 | rng_between(b->rng, 1, 15);
    }
    builder_put(b, mode->header | (mode->words == 0 ? word : 0));
    for (uint32_t n = 0; n < mode->words; n++) {
        builder_put(b, rng_next(b->rng) & mode->mask);
    }
}

/* Whether one of the above, or a part of the generator of its own, makes such commands. */
static bool is_made(const struct gen3_command *row)
{
    static const enum gen3_command_id parts[] = {
        GEN3_3DSTATE_MAP_STATE,
        GEN3_3DSTATE_SAMPLER_STATE,
        GEN3_3DSTATE_LOAD_STATE_IMMEDIATE_1,
        GEN3_3DSTATE_PIXEL_SHADER_PROGRAM,
        GEN3_3DSTATE_PIXEL_SHADER_CONSTANTS,
        GEN3_3DSTATE_DRAW_RECT,
        GEN3_3DSTATE_DST_BUF_VARS,
        GEN3_3DSTATE_BUF_INFO,
        GEN3_3DSTATE_CLEAR_PARAMETERS,
        GEN3_3DPRIMITIVE,
        GEN3_3DPRIMITIVE_SEQUENTIAL,
        GEN3_3DPRIMITIVE_ELEMENTS,
        GEN3_3DSTATE_FOG_MODE,
        GEN3_3DSTATE_CHROMA_KEY,
        GEN3_3DSTATE_MAP_PALETTE_LOAD_32,
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i] == row->id) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if ((modes[i].header & row->mask) == row->value) {
            return true;
        }
    }
    return false;
}

void builder_other(struct builder *b, const struct gen3_command *row)
{
    const uint32_t field = row->length_rule == GEN3_LENGTH_FIELD_IS ? row->length - 2u
                           : row->length_rule == GEN3_LENGTH_FIXED  ? 0
                                                                    : rng_below(b->rng, 17);
    const uint32_t bits = rng_percent(b->rng, 50) ? 0 : rng_next(b->rng);
    const uint32_t header =
        row->value | (row->free_bits & bits & ~row->length_mask) | (field & row->length_mask);

    builder_put(b, header);
    for (uint32_t i = 1, n = gen3_command_length(row, header); i < n; i++) {
        builder_put(b, rng_percent(b->rng, 50) ? 0 : rng_next(b->rng));
    }
}

/* Commands that the table lets clients send and nobody here knows: with any words. */
static void put_others(struct builder *b, uint32_t percent)
{
    size_t count;
    const struct gen3_command *rows = gen3_commands(&count);

    for (size_t i = 0; i < count; i++) {
        if (rows[i].value >> 29 == 3 && rows[i].privilege == GEN3_CLIENT && !is_made(&rows[i]) &&
            rng_percent(b->rng, percent)) {
            builder_other(b, &rows[i]);
        }
    }
}

void builder_modes(struct builder *b, uint32_t percent)
{
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (rng_percent(b->rng, percent)) {
            put_mode(b, &modes[i]);
        }
    }
    put_tables(b, percent);
    put_others(b, percent / 4);
}

/* ---- vertices ---- */

static float choose_place(struct builder *b, uint32_t side)
{
    static const float traps[] = {0.0f,   -0.0f, 1e30f,    -1e30f,     __builtin_inff(),  32767.0f,
                                  0.499f, 0.5f,  -1000.5f, 123456.75f, __builtin_nanf("")};

    if (rng_percent(b->rng, 4)) {
        return RNG_PICK(b->rng, traps);
    }
    return (float)rng_below(b->rng, (side + 4) * 16) / 16.0f - 2.0f;
}

static void put_vertex(struct builder *b)
{
    const uint32_t position = b->s4 >> 6 & 7;
    const uint32_t words[] = {1u << 12, 1u << 10, 1u << 11, 1u << 2};

    builder_put_float(b, choose_place(b, b->width));
    builder_put_float(b, choose_place(b, b->height));
    if (position == 1 || position == 2) {
        builder_put_float(b, (float)rng_below(b->rng, 65) / 64.0f);
    }
    if (position == 2 || position == 4) {
        builder_put_float(b, rng_percent(b->rng, 80) ? 1.0f : choose_place(b, 4));
    }
    for (uint32_t i = 0; i < 4; i++) {
        if ((b->s4 & words[i]) != 0) {
            if (i == 0) {
                builder_put_float(b, (float)rng_below(b->rng, 64) / 4.0f);
            } else {
                builder_put(b, rng_next(b->rng));
            }
        }
    }
    for (uint32_t i = 0; i < 8; i++) {
        const uint32_t format = b->s2 >> 4 * i & 15;

        for (uint32_t n = 0; n < texcoord_dwords[format]; n++) {
            if (format >= 4) {
                builder_put(b, rng_next(b->rng)); /* halves */
            } else if (b->same_texcoords) {
                builder_put_float(b, b->texcoord);
            } else {
                builder_put_float(b, choose_place(b, rng_percent(b->rng, 70) ? 1 : 40));
            }
        }
    }
}

/* A type, and as many vertices as suit it. */
static uint32_t choose_count(struct builder *b, uint32_t *type)
{
    static const uint8_t steps[] = {3, 1, 1, 1, 1, 2, 1, 3, 1};
    static const uint8_t least[] = {3, 3, 3, 3, 3, 2, 2, 3, 1};

    *type = rng_percent(b->rng, 40) ? 0 : rng_below(b->rng, 9);
    return least[*type] + steps[*type] * (rng_percent(b->rng, 60) ? 0 : rng_below(b->rng, 5));
}

static void put_inline(struct builder *b)
{
    uint32_t type;
    const uint32_t count = choose_count(b, &type);

    builder_put(b, 0x7f000000 | type << 18 | (count * vertex_dwords(b) - 1));
    for (uint32_t i = 0; i < count; i++) {
        put_vertex(b);
    }
}

static void put_indirect(struct builder *b, bool elements)
{
    uint32_t type;
    const uint32_t count = choose_count(b, &type);
    const uint32_t width = vertex_dwords(b);
    const uint32_t first =
        rng_percent(b->rng, 70) ? rng_below(b->rng, 16) : rng_below(b->rng, 2000);
    const uint32_t greatest = first + count - 1 + (elements ? rng_below(b->rng, 8) : 0);
    const uint32_t pitch =
        width + (rng_percent(b->rng, 60) || width > 55 ? 0 : rng_below(b->rng, 8));
    const uint32_t delta = rng_percent(b->rng, 60) ? 0 : rng_below(b->rng, 300) * 4;
    const struct buffer_wish wish = {
        .size = delta + ((uint64_t)greatest * pitch + width) * 4 + builder_slack(b),
        .rights = rng_percent(b->rng, 50) ? VALIDATOR_READ : READ_WRITE};

    builder_put(b, 0x7d040031);
    builder_address(b, builder_buffer(b, &wish), delta, VALIDATOR_READ);
    builder_put(b, width << 24 | pitch << 16);
    if (!elements) {
        builder_put(b, 0x7f800000 | type << 18 | count);
        builder_put(b, first);
        return;
    }
    builder_put(b, 0x7f820000 | type << 18 | count);
    for (uint32_t i = 0; i < count; i += 2) {
        const uint32_t low = i == 0 ? greatest : rng_between(b->rng, first, greatest);

        builder_put(b, rng_between(b->rng, first, greatest) << 16 | low);
    }
    if (count % 2 != 0 && !b->full) { /* what is left over is no index */
        b->c->words[b->c->word_count - 1] |= 0xffff0000u;
    }
}

void builder_primitive(struct builder *b)
{
    /* With these, clamped, it is the texel in a corner. */
    static const float corners[] = {1.0f, 1.0f, 100.0f, 5000.0f, 0.999f, -1.0f};
    const uint32_t choice = rng_below(b->rng, 10);

    b->same_texcoords = rng_percent(b->rng, 35);
    b->texcoord = RNG_PICK(b->rng, corners);
    if (choice < 6 || vertex_dwords(b) > 60) {
        put_inline(b);
    } else {
        put_indirect(b, choice < 8);
    }
}

void builder_clear(struct builder *b)
{
    const uint32_t what = (b->has_colour ? 4u : 0) | (b->has_depth ? rng_below(b->rng, 4) : 0);
    const uint32_t right = b->width - b->origin_x, bottom = b->height - b->origin_y;
    const uint32_t least_x = b->least_x - b->origin_x, least_y = b->least_y - b->origin_y;
    const bool whole = rng_percent(b->rng, 60);
    const uint32_t left = whole ? least_x : rng_between(b->rng, least_x, right - 1);
    const uint32_t top = whole ? least_y : rng_between(b->rng, least_y, bottom - 1);

    builder_put(b, 0x7d9c0005);
    builder_put(b, 0x00010000 | what);
    for (uint32_t i = 0; i < 3; i++) {
        builder_put(b, rng_next(b->rng));
    }
    builder_put_float(b, (float)rng_below(b->rng, 65) / 64.0f);
    builder_put(b, rng_below(b->rng, 256));
    builder_put(b, 0x7f280005);
    builder_put_float(b, (float)right);
    builder_put_float(b, (float)bottom);
    builder_put_float(b, (float)left);
    builder_put_float(b, (float)bottom);
    builder_put_float(b, (float)left);
    builder_put_float(b, (float)top);
}
