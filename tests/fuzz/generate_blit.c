/* SPDX-License-Identifier: MIT */
/* Blits of every kind that clients may send (doc/gen3.md D.2), one table row each. */
#include "tests/fuzz/builder.h"

#include <string.h>

#define READ_WRITE  (VALIDATOR_READ | VALIDATOR_WRITE)
#define DWORDS_MAX  144u
#define PLACES      4u
#define BR13_SOLID  (1u << 31)
#define BR13_CLIP   (1u << 30)
#define BR13_KEYS   (3u << 28)
#define PATTERN_DIM 8u

/* Dwords of a command; 0: it has none. */
struct shape {
    uint8_t xy;      /* the rectangle, two dwords */
    uint8_t control; /* BR13 */
    uint8_t to;      /* the destination's address */
    uint8_t source_xy, source_pitch, source;
    uint8_t mono, mono_immediate;       /* bits: address, first dword */
    uint8_t pattern, pattern_immediate; /* the same */
    bool by_bytes;                      /* COLOR_BLT, SRC_COPY_BLT */
    bool by_setup;                      /* wants XY_SETUP_BLT before it */
};

static const struct shape shapes[GEN3_COMMAND_COUNT] = {
    [GEN3_COLOR_BLT] = {.control = 1, .to = 3, .by_bytes = true},
    [GEN3_SRC_COPY_BLT] = {.control = 1, .to = 3, .source_pitch = 4, .source = 5, .by_bytes = true},
    [GEN3_XY_SETUP_BLT] = {.control = 1, .xy = 2, .to = 4, .pattern = 7},
    [GEN3_XY_SETUP_MONO_PATTERN_SL_BLT] = {.control = 1, .xy = 2, .to = 4},
    [GEN3_XY_SETUP_CLIP_BLT] = {.xy = 1},
    [GEN3_XY_PIXEL_BLT] = {.by_setup = true},
    [GEN3_XY_SCANLINES_BLT] = {.xy = 1, .by_setup = true},
    [GEN3_XY_TEXT_BLT] = {.xy = 1, .mono = 3, .by_setup = true},
    [GEN3_XY_TEXT_IMMEDIATE_BLT] = {.xy = 1, .mono_immediate = 3, .by_setup = true},
    [GEN3_XY_COLOR_BLT] = {.control = 1, .xy = 2, .to = 4},
    [GEN3_XY_PAT_BLT] = {.control = 1, .xy = 2, .to = 4, .pattern = 5},
    [GEN3_XY_PAT_CHROMA_BLT] = {.control = 1, .xy = 2, .to = 4, .pattern = 5},
    [GEN3_XY_PAT_BLT_IMMEDIATE] = {.control = 1, .xy = 2, .to = 4, .pattern_immediate = 5},
    [GEN3_XY_PAT_CHROMA_BLT_IMMEDIATE] = {.control = 1, .xy = 2, .to = 4, .pattern_immediate = 7},
    [GEN3_XY_MONO_PAT_BLT] = {.control = 1, .xy = 2, .to = 4},
    [GEN3_XY_MONO_PAT_FIXED_BLT] = {.control = 1, .xy = 2, .to = 4},
    [GEN3_XY_SRC_COPY_BLT] =
        {.control = 1, .xy = 2, .to = 4, .source_xy = 5, .source_pitch = 6, .source = 7},
    [GEN3_XY_SRC_COPY_CHROMA_BLT] =
        {.control = 1, .xy = 2, .to = 4, .source_xy = 5, .source_pitch = 6, .source = 7},
    [GEN3_XY_MONO_SRC_COPY_BLT] = {.control = 1, .xy = 2, .to = 4, .mono = 5},
    [GEN3_XY_MONO_SRC_COPY_IMMEDIATE_BLT] = {.control = 1, .xy = 2, .to = 4, .mono_immediate = 7},
    [GEN3_XY_FULL_BLT] = {.control = 1,
                          .xy = 2,
                          .to = 4,
                          .source_pitch = 5,
                          .source_xy = 6,
                          .source = 7,
                          .pattern = 8},
    [GEN3_XY_FULL_IMMEDIATE_PATTERN_BLT] = {.control = 1,
                                            .xy = 2,
                                            .to = 4,
                                            .source_pitch = 5,
                                            .source_xy = 6,
                                            .source = 7,
                                            .pattern_immediate = 8},
    [GEN3_XY_FULL_MONO_SRC_BLT] = {.control = 1, .xy = 2, .to = 4, .mono = 5, .pattern = 8},
    [GEN3_XY_FULL_MONO_SRC_IMMEDIATE_PATTERN_BLT] =
        {.control = 1, .xy = 2, .to = 4, .mono = 5, .pattern_immediate = 8},
    [GEN3_XY_FULL_MONO_PATTERN_BLT] =
        {.control = 1, .xy = 2, .to = 4, .source_pitch = 5, .source_xy = 6, .source = 7},
    [GEN3_XY_FULL_MONO_PATTERN_MONO_SRC_BLT] = {.control = 1, .xy = 2, .to = 4, .mono = 5},
};

static const uint8_t bytes_of[4] = {1, 2, 2, 4};

/* A command before its addresses are known to be relocations. */
struct blit {
    const struct gen3_command *row;
    const struct shape *shape;
    uint32_t dw[DWORDS_MAX];
    uint32_t count;
    struct {
        uint32_t dword, buffer, delta, use;
    } places[PLACES];
    uint32_t place_count;
    uint32_t x, y, w, h, depth, cpp;
};

const struct gen3_command *builder_pick_blit(struct builder *b)
{
    size_t count;
    const struct gen3_command *rows = gen3_commands(&count);
    const struct gen3_command *picked = NULL;
    uint32_t seen = 0;

    for (size_t i = 0; i < count; i++) {
        if (rows[i].value >> 29 == 2 && rows[i].privilege == GEN3_CLIENT &&
            rng_below(b->rng, ++seen) == 0) {
            picked = &rows[i];
        }
    }
    return picked;
}

/* Bytes from the buffer's beginning to the end of a rectangle's last row. */
static uint64_t reach(const struct buffer_wish *wish, uint32_t delta, uint32_t x2_bytes,
                      uint32_t y2)
{
    uint64_t size = delta + (uint64_t)(y2 - 1) * wish->pitch + x2_bytes;

    if (wish->tiling == GEN3_LINEAR) {
        return size;
    }
    if (!gen3_surface_extent(wish->tiling, wish->pitch, delta % wish->pitch + x2_bytes,
                             delta / wish->pitch + y2, &size)) {
        const uint64_t row = (uint64_t)gen3_tile_height(wish->tiling) * wish->pitch;

        size = (size + row - 1) / row * row;
    }
    return size;
}

static void add_place(struct blit *blit, uint32_t dword, uint32_t buffer, uint32_t delta,
                      uint32_t use)
{
    blit->places[blit->place_count].dword = dword;
    blit->places[blit->place_count].buffer = buffer;
    blit->places[blit->place_count].delta = delta;
    blit->places[blit->place_count++].use = use;
}

/* A surface with a rectangle of so many bytes and rows in it; its pitch. */
static uint32_t add_surface(struct builder *b, struct blit *blit, uint32_t dword, uint32_t x2_bytes,
                            uint32_t y2, uint32_t use)
{
    struct buffer_wish wish = {.rights = use};

    wish.tiling = builder_tiling(b, x2_bytes, 1, &wish.pitch);
    if (wish.tiling == GEN3_TILED_Y || wish.pitch == 0 || wish.pitch > 8192) {
        wish.tiling = GEN3_LINEAR;
        wish.pitch = x2_bytes;
    }
    /* Through a fence a blit begins anywhere, also where a row does not fit. */
    const uint32_t delta = wish.tiling != GEN3_LINEAR && rng_percent(b->rng, 30)
                               ? rng_below(b->rng, 16 * wish.pitch)
                               : builder_delta(b, wish.tiling, wish.pitch, 1);
    wish.size = reach(&wish, delta, x2_bytes, y2) + builder_slack(b);
    if (wish.tiling != GEN3_LINEAR && wish.size > delta + 8 * wish.pitch &&
        rng_percent(b->rng, 10)) {
        wish.size -= 8 * wish.pitch; /* what is wrong by a row of tiles must not be taken */
    }
    add_place(blit, dword, builder_buffer(b, &wish), delta, use);
    return wish.pitch;
}

static void add_bytes(struct builder *b, struct blit *blit, uint32_t dword, uint32_t size,
                      uint32_t align)
{
    const uint32_t delta = rng_percent(b->rng, 70) ? 0 : rng_below(b->rng, 32) * align;
    const struct buffer_wish wish = {.size = (uint64_t)delta + size + builder_slack(b),
                                     .rights = VALIDATOR_READ};

    add_place(blit, dword, builder_buffer(b, &wish), delta, VALIDATOR_READ);
}

static uint32_t choose_operation(struct builder *b, const struct shape *shape)
{
    const bool source = shape->source != 0 || shape->mono != 0 || shape->mono_immediate != 0;
    const bool pattern = shape->source == 0 || shape->pattern != 0 || shape->pattern_immediate != 0;
    static const uint8_t fills[] = {0xf0, 0xf0, 0x00, 0xff, 0x5a, 0x0f, 0xa5, 0xaa};
    static const uint8_t copies[] = {0xcc, 0xcc, 0x66, 0x88, 0xee, 0x55, 0x33, 0x00};

    if (source && pattern && rng_percent(b->rng, 50)) {
        return rng_below(b->rng, 256);
    }
    return source ? RNG_PICK(b->rng, copies) : RNG_PICK(b->rng, fills);
}

static uint32_t mono_bytes(const struct blit *blit)
{
    return blit->h * ((7 + blit->w + 15) / 16 * 2);
}

static void put_control(struct builder *b, struct blit *blit)
{
    const struct shape *shape = blit->shape;
    const uint32_t columns =
        shape->by_bytes ? blit->w * blit->cpp : (blit->x + blit->w) * blit->cpp;
    const bool bits = shape->mono != 0 || shape->mono_immediate != 0 ||
                      (shape->source == 0 && shape->pattern == 0 && shape->pattern_immediate == 0 &&
                       blit->row->id != GEN3_XY_COLOR_BLT && blit->row->id != GEN3_COLOR_BLT);
    uint32_t keys = !bits || rng_percent(b->rng, 60) ? 0 : rng_next(b->rng) & BR13_KEYS;

    keys |= rng_percent(b->rng, 98) ? 0 : rng_next(b->rng) & (BR13_SOLID | BR13_CLIP);
    const uint32_t pitch = add_surface(b, blit, shape->to, columns,
                                       shape->by_bytes ? blit->h : blit->y + blit->h, READ_WRITE);
    blit->dw[shape->control] =
        keys | blit->depth << 24 | choose_operation(b, shape) << 16 | (pitch & 0xffff);
    if (shape->by_bytes) {
        blit->dw[2] = blit->h << 16 | blit->w * blit->cpp;
    }
}

static void put_source(struct builder *b, struct blit *blit)
{
    const struct shape *shape = blit->shape;
    const uint32_t x = shape->source_xy != 0 ? rng_below(b->rng, 8) : 0;
    const uint32_t y = shape->source_xy != 0 ? rng_below(b->rng, 8) : 0;
    const uint32_t pitch =
        add_surface(b, blit, shape->source, (x + blit->w) * blit->cpp, y + blit->h, VALIDATOR_READ);

    blit->dw[shape->source_pitch] = pitch;
    if (shape->source_xy != 0) {
        blit->dw[shape->source_xy] = y << 16 | x;
    }
}

static void put_operands(struct builder *b, struct blit *blit)
{
    const struct shape *shape = blit->shape;
    const uint32_t pattern = PATTERN_DIM * PATTERN_DIM * blit->cpp;

    if (shape->source != 0) {
        put_source(b, blit);
    }
    if (shape->mono != 0) {
        add_bytes(b, blit, shape->mono, mono_bytes(blit), 1);
    }
    if (shape->pattern != 0) {
        add_bytes(b, blit, shape->pattern, pattern, pattern);
    }
    if (shape->mono_immediate != 0) {
        blit->count = shape->mono_immediate + (mono_bytes(blit) + 7) / 8 * 2;
    }
    if (shape->pattern_immediate != 0) {
        blit->count = shape->pattern_immediate + pattern / 4;
    }
}

static void choose_rectangle(struct builder *b, struct blit *blit)
{
    blit->x = rng_below(b->rng, rng_percent(b->rng, 50) ? 1 : 20);
    blit->y = rng_below(b->rng, rng_percent(b->rng, 50) ? 1 : 20);
    blit->w = rng_percent(b->rng, 2) && blit->x > 0 ? 0 : rng_between(b->rng, 1, 24);
    blit->h = rng_between(b->rng, 1, 12);
    blit->depth = rng_below(b->rng, 4);
    blit->cpp = bytes_of[blit->depth];
}

static void emit(struct builder *b, const struct blit *blit)
{
    for (uint32_t i = 0; i < blit->count; i++) {
        bool is_address = false;

        for (uint32_t p = 0; p < blit->place_count; p++) {
            if (blit->places[p].dword == i) {
                builder_address(b, blit->places[p].buffer, blit->places[p].delta,
                                blit->places[p].use);
                is_address = true;
            }
        }
        if (!is_address) {
            builder_put(b, blit->dw[i]);
        }
    }
}

static uint32_t header_of(struct builder *b, const struct blit *blit)
{
    const struct gen3_command *row = blit->row;
    const uint32_t free_bits =
        rng_percent(b->rng, 60) ? 0x00300000u : 0x00300000u | rng_next(b->rng);

    return row->value | (row->free_bits & free_bits) | (blit->count - 2);
}

/* By the setup of another rectangle the command's own is clipped, at most; it is inside here. */
static void build(struct builder *b, struct blit *blit)
{
    const struct shape *shape = blit->shape;

    blit->count = blit->row->length;
    for (uint32_t i = 0; i < DWORDS_MAX; i++) {
        blit->dw[i] = rng_next(b->rng);
    }
    if (shape->xy != 0) {
        blit->dw[shape->xy] = blit->y << 16 | blit->x;
        blit->dw[shape->xy + 1] = (blit->y + blit->h) << 16 | (blit->x + blit->w);
    } else if (blit->row->id == GEN3_XY_PIXEL_BLT) {
        blit->dw[1] = blit->y << 16 | blit->x;
    }
    if (shape->control != 0) {
        put_control(b, blit);
    }
    put_operands(b, blit);
    blit->dw[0] = header_of(b, blit);
    emit(b, blit);
}

static const struct gen3_command *row_of(enum gen3_command_id id)
{
    size_t count;

    return &gen3_commands(&count)[id];
}

void builder_blit(struct builder *b, const struct gen3_command *row)
{
    struct blit blit = {.row = row, .shape = &shapes[row->id]};

    choose_rectangle(b, &blit);
    if (blit.shape->by_setup) {
        struct blit setup = blit;

        setup.row =
            row_of(rng_percent(b->rng, 70) ? GEN3_XY_SETUP_BLT : GEN3_XY_SETUP_MONO_PATTERN_SL_BLT);
        setup.shape = &shapes[setup.row->id];
        setup.w += setup.w == 0;
        build(b, &setup);
    }
    build(b, &blit);
}
