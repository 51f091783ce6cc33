/* SPDX-License-Identifier: MIT */
/*
 * Blits that are large enough to be left to the threads that draw: copies and fills of surfaces
 * that depend on each other, many in one batch, against the same ones done pixel by pixel.
 */
#include "tests/model/test.h"

#include <stdlib.h>
#include <string.h>

#define MIB      0x100000u
#define FIRST    0x01000000u
#define SURFACES 3u
#define PITCH    2048u
#define ROWS     512u
#define BLITS    8u
#define XY(x, y) ((uint32_t)(y) << 16 | (uint32_t)(x))

struct fixture {
    struct model_harness h;
    uint8_t *memory;   /* of all surfaces */
    uint8_t *expected; /* the same */
    uint8_t *picture;  /* what a copy reads */
    uint32_t seed;
    enum gen3_tiling tiling[SURFACES];
    uint32_t cpp, depth;
    uint32_t words[BLITS * 8];
    size_t count;
};

/* A rectangle of a surface, in pixels. */
struct place {
    uint32_t surface, x, y;
};

static uint32_t rnd(struct fixture *f)
{
    f->seed = f->seed * 1664525u + 1013904223u;
    return f->seed >> 8;
}

static int setup(void **state)
{
    static struct fixture f;

    harness_init(&f.h, NULL);
    f.memory = harness_bind(&f.h, FIRST, SURFACES * MIB);
    f.expected = malloc(SURFACES * MIB);
    f.picture = malloc(MIB);
    f.seed = 141421;
    if (f.expected == NULL || f.picture == NULL) {
        return -1;
    }
    for (size_t i = 0; i < SURFACES * MIB; i++) {
        f.memory[i] = (uint8_t)rnd(&f);
    }
    memcpy(f.expected, f.memory, SURFACES * MIB);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    free(f->expected);
    free(f->picture);
    harness_finish(&f->h);
    return 0;
}

static void choose_tilings(struct fixture *f)
{
    for (unsigned i = 0; i < SURFACES; i++) {
        f->tiling[i] = (enum gen3_tiling)(rnd(f) % 3); /* linear, X, Y */
        uint32_t width = harness_tile_width(&f->h, f->tiling[i]);
        uint32_t value = (FIRST + i * MIB) | FENCE_VALID |
                         (uint32_t)__builtin_ctz(PITCH / width) << FENCE_PITCH_SHIFT |
                         (f->tiling[i] == GEN3_TILED_Y ? FENCE_WALK_Y : 0);
        hw_write(f->h.dev, FENCE(i), f->tiling[i] == GEN3_LINEAR ? 0 : value);
    }
}

static uint8_t *pixel(struct fixture *f, const struct place *place, uint32_t x, uint32_t y)
{
    return f->expected + place->surface * MIB +
           harness_tile_offset(&f->h, f->tiling[place->surface], PITCH, (place->x + x) * f->cpp,
                               place->y + y);
}

static void put(struct fixture *f, uint32_t word)
{
    f->words[f->count++] = word;
}

static void put_destination(struct fixture *f, uint32_t opcode, uint32_t length, uint32_t rop,
                            const struct place *to, uint32_t width, uint32_t height)
{
    put(f, 2u << 29 | opcode << 22 | 3u << 20 | (length - 2));
    put(f, f->depth << 24 | rop << 16 | PITCH);
    put(f, XY(to->x, to->y));
    put(f, XY(to->x + width, to->y + height));
    put(f, FIRST + to->surface * MIB);
}

static void copy(struct fixture *f, const struct place *to, const struct place *from,
                 uint32_t width, uint32_t height)
{
    uint8_t *at = f->picture;

    put_destination(f, 0x53, 8, 0xcc, to, width, height);
    put(f, XY(from->x, from->y));
    put(f, PITCH);
    put(f, FIRST + from->surface * MIB);
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++, at += f->cpp) {
            memcpy(at, pixel(f, from, x, y), f->cpp);
        }
    }
    at = f->picture;
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++, at += f->cpp) {
            memcpy(pixel(f, to, x, y), at, f->cpp);
        }
    }
}

static void fill(struct fixture *f, const struct place *to, uint32_t width, uint32_t height)
{
    uint32_t colour = rnd(f) << 8 ^ rnd(f);

    put_destination(f, 0x50, 6, 0xf0, to, width, height);
    put(f, colour);
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            memcpy(pixel(f, to, x, y), &colour, f->cpp);
        }
    }
}

static void put_blit(struct fixture *f)
{
    uint32_t columns = PITCH / f->cpp;
    bool is_small = rnd(f) % 4 == 0;
    uint32_t width = is_small ? 1 + rnd(f) % 100 : columns - rnd(f) % (columns / 4);
    uint32_t height = is_small ? 1 + rnd(f) % 100 : ROWS - rnd(f) % (ROWS / 4);
    struct place to = {rnd(f) % SURFACES, 0, 0};
    struct place from = {rnd(f) % SURFACES, 0, 0};

    if (rnd(f) % 3 == 0) { /* nothing but whole tiles */
        width = columns;
        height &= ~31u;
    }
    to.x = rnd(f) % (columns - width + 1);
    from.x = rnd(f) % 2 ? rnd(f) % (columns - width + 1) : to.x;
    to.y = rnd(f) % (ROWS - height + 1);
    from.y = rnd(f) % 2 ? rnd(f) % (ROWS - height + 1) : to.y;
    if (height > 0 && rnd(f) % 4 != 0) {
        copy(f, &to, &from, width, height);
    } else {
        fill(f, &to, width, height);
    }
}

static void large_blits_in_their_order(void **state)
{
    static const uint32_t bytes[4] = {1, 2, 2, 4};
    struct fixture *f = *state;

    for (unsigned round = 0; round < 40; round++) {
        choose_tilings(f);
        f->depth = rnd(f) % 4;
        f->cpp = bytes[f->depth];
        f->count = 0;
        for (unsigned i = 0; i < BLITS; i++) {
            put_blit(f);
        }
        harness_run(&f->h, f->words, f->count);
        assert_false(harness_stopped(&f->h));
        if (memcmp(f->memory, f->expected, SURFACES * MIB) != 0) {
            fail_msg("round %u: other bytes", round);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(large_blits_in_their_order, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
