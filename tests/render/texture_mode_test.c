/* SPDX-License-Identifier: MIT */
/* What maps and samplers can do beside formats, filters and address modes. */
#include "tests/render/bed.h"

#include <string.h>

#include "hw/gen3/surface.h"

#define SIZE        16
#define BACKGROUND  0x12345678u
#define S4_TEXTURED 0x00902040u

/* SAMPLER_STATE */
#define NORMALIZED (1u << 5)
#define CLAMP      (2u << 12 | 2u << 9 | 2u << 6)
#define FILTERS(f) ((uint32_t)(f) << 17 | (uint32_t)(f) << 14)
#define NEAREST    FILTERS(0)
#define LINEAR     FILTERS(1)

static void prepare(struct bed *bed)
{
    bed_target(bed, SIZE, SIZE);
    bed_state(bed, 0xfffffff0, S4_TEXTURED, 0, S6_COLOR); /* 2D coordinates */
    for (uint32_t i = 0; i < SIZE * SIZE; i++) {
        const uint32_t pixel = BACKGROUND;
        memcpy(bed_bytes(bed, COLOR_AT) + 4 * i, &pixel, 4);
    }
    SEND(bed, 0x7d050008, 0x19080c00, 0, 0, 0x19180000, 0, 0, 0x15200000, 0x01000000, 0);
}

static void map(struct bed *bed, uint32_t address, uint32_t width, uint32_t height, uint32_t code,
                uint32_t flags, uint32_t ms4)
{
    SEND(bed, 0x7d000003, 1, address, (height - 1) << 21 | (width - 1) << 10 | code << 3 | flags,
         63u << 15 | ms4);
}

static uint32_t pitch(uint32_t bytes)
{
    return (bytes / 4 - 1) << 21;
}

static void sampler(struct bed *bed, uint32_t ss2, uint32_t ss3)
{
    SEND(bed, 0x7d010003, 1, ss2, ss3 | CLAMP, 0);
}

/* A quad over the target with coordinates from 0 to (s, t). */
static void quad(struct bed *bed, float s, float t)
{
    const float v[6][5] = {{0, 0, 0, 0, 0},    {SIZE, 0, 0, s, 0},    {0, SIZE, 0, 0, t},
                           {SIZE, 0, 0, s, 0}, {SIZE, SIZE, 0, s, t}, {0, SIZE, 0, 0, t}};
    uint32_t dw[31] = {0x7f000000 | 29};
    memcpy(dw + 1, v, sizeof(v));
    render_flush(bed->render);
    bed_send(bed, dw, 31);
}

static uint32_t at(struct bed *bed, int x, int y)
{
    return bed_pixel(bed, COLOR_AT, SIZE * 4, x, y);
}

static void put(struct bed *bed, uint64_t offset, uint32_t texel)
{
    memcpy(bed_bytes(bed, TEXTURE_AT) + offset, &texel, 4);
}

static void test_chroma_key(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    put(bed, 0, 0xff204060);
    put(bed, 4, 0xff204261);
    map(bed, TEXTURE_AT, 2, 1, 0x30, 0, pitch(8));
    SEND(bed, 0x7d860002, 2u << 30, 0xff204060, 0xff204160);
    sampler(bed, NEAREST | 2u << 27, NORMALIZED | 1u << 15 | 1u << 17);
    quad(bed, 1, 1);
    assert_int_equal(at(bed, 3, 5), BACKGROUND);
    assert_int_equal(at(bed, 12, 5), 0xff204261);
    /* any texel of the filter */
    sampler(bed, LINEAR | 2u << 27, NORMALIZED | 1u << 15 | 1u << 17);
    prepare(bed);
    quad(bed, 1, 1);
    assert_int_equal(at(bed, 8, 5), BACKGROUND);
    assert_int_equal(at(bed, 15, 5), 0xff204261);
    /* transparent black instead */
    sampler(bed, NEAREST | 2u << 27, NORMALIZED | 1u << 15 | 1u << 16);
    quad(bed, 1, 1);
    assert_int_equal(at(bed, 3, 5), 0);
    assert_int_equal(at(bed, 12, 5), 0xff204261);
    /* another entry, or none */
    sampler(bed, NEAREST | 1u << 27, NORMALIZED | 1u << 15 | 1u << 16);
    quad(bed, 1, 1);
    assert_int_equal(at(bed, 3, 5), 0xff204060);
    sampler(bed, NEAREST | 2u << 27, NORMALIZED | 1u << 16 | 1u << 17);
    quad(bed, 1, 1);
    assert_int_equal(at(bed, 3, 5), 0xff204060);
}

/* Every second row, of linear and tiled surfaces. */
static void test_line_stride(void **state)
{
    struct bed *bed = *state;
    static const enum gen3_tiling tilings[3] = {GEN3_LINEAR, GEN3_TILED_X, GEN3_TILED_Y};
    static const uint32_t flags[3] = {0, 2, 3};
    prepare(bed);
    sampler(bed, NEAREST, NORMALIZED);
    for (unsigned i = 0; i < 3; i++) {
        for (uint32_t y = 0; y < 2 * SIZE; y++) {
            for (uint32_t x = 0; x < SIZE; x++) {
                put(bed, gen3_tile_offset(tilings[i], 512, 4 * x, y), y << 8 | x);
            }
        }
        for (uint32_t first = 0; first < 2; first++) {
            map(bed, TEXTURE_AT | 2 | first, SIZE, SIZE, 0x30, flags[i], pitch(512));
            quad(bed, 1, 1);
            for (uint32_t p = 0; p < SIZE * SIZE; p++) {
                const uint32_t x = p % SIZE, y = p / SIZE;
                assert_int_equal(at(bed, (int)x, (int)y), (2 * y + first) << 8 | x);
            }
        }
    }
}

/* A fence makes tiles of what the map says is linear: without it row 1 is the tile's row 2. */
static void test_fence(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    sampler(bed, LINEAR, NORMALIZED);
    for (uint32_t y = 0; y < SIZE; y++) {
        for (uint32_t x = 0; x < SIZE; x++) {
            put(bed, gen3_tile_offset(GEN3_TILED_X, 1024, 4 * x, y), y << 8 | x);
        }
    }
    bed->memory.fence_at = TEXTURE_AT;
    bed->memory.fence_pitch = 1024;
    map(bed, TEXTURE_AT, SIZE, SIZE, 0x30, 4 | 3, pitch(1024));
    quad(bed, 1, 1);
    for (uint32_t p = 0; p < SIZE * SIZE; p++) {
        assert_int_equal(at(bed, (int)(p % SIZE), (int)(p / SIZE)), p / SIZE << 8 | p % SIZE);
    }
    bed->memory.fence_at = 0;
    quad(bed, 1, 1);
    assert_int_equal(at(bed, 2, 1), 0x202);
}

static void paint_levels(struct bed *bed)
{
    const struct gen3_texture layout = {.width = 64,
                                        .height = 64,
                                        .depth = 1,
                                        .levels = 7,
                                        .block_bytes = 4,
                                        .block_width = 1,
                                        .block_height = 1,
                                        .is_945_class = true};
    for (uint32_t l = 0; l < 7; l++) {
        uint32_t x0, y0;
        assert_true(gen3_texture_image(&layout, 256, l, 0, &x0, &y0));
        for (uint32_t i = 0; i < 64u >> l << (6 - l); i++) {
            put(bed, (y0 + (i >> (6 - l))) * 256 + 4 * (x0 + (i & ((64u >> l) - 1))),
                0xff000000 | l * 32);
        }
    }
}

static void test_base_level(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    paint_levels(bed);
    map(bed, TEXTURE_AT, 64, 64, 0x30, 0, pitch(256) | 24u << 9);
    /* without a mip filter, in halves of a level */
    sampler(bed, NEAREST | 4u << 22, NORMALIZED);
    quad(bed, 1, 1);
    assert_int_equal(at(bed, 3, 3), 0xff000040);
    /* where the texture is magnified */
    sampler(bed, NEAREST | 1u << 20 | 4u << 22, NORMALIZED);
    quad(bed, 0.25f, 0.25f);
    assert_int_equal(at(bed, 3, 3), 0xff000040);
    quad(bed, 2, 2);
    assert_int_equal(at(bed, 3, 3), 0xff000060);
    /* preclamp or not: the least LOD of 3 makes it minified, or is the level after all */
    for (uint32_t preclamp = 0; preclamp < 2; preclamp++) {
        SEND(bed, 0x7d850000, 0x00880308 | preclamp << 28);
        SEND(bed, 0x7d010003, 1, 1u << 17 | 1u << 20, 0x30u << 24 | NORMALIZED | CLAMP, 0);
        quad(bed, 0.25f, 0.25f);
        assert_int_equal(at(bed, 3, 3), 0xff000060);
    }
}

/* Four pixels of a row to one across: two samples take level 1, four level 0. */
static void test_anisotropic(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    paint_levels(bed);
    map(bed, TEXTURE_AT, 64, 64, 0x30, 0, pitch(256) | 24u << 9);
    sampler(bed, FILTERS(2) | 1u << 20, NORMALIZED);
    quad(bed, 1, 0.25f);
    assert_int_equal(at(bed, 5, 5), 0xff000020);
    sampler(bed, FILTERS(2) | 1u << 20 | 8, NORMALIZED);
    quad(bed, 1, 0.25f);
    assert_int_equal(at(bed, 5, 5), 0xff000000);
    sampler(bed, LINEAR | 1u << 20, NORMALIZED);
    quad(bed, 1, 0.25f);
    assert_int_equal(at(bed, 5, 5), 0xff000040);
    /* the samples are at four texels, one of them black; a single one would be amid the white */
    for (uint32_t i = 0; i < 64 * 64; i++) {
        put(bed, 4 * i, i % 4 < 3 ? 0xffffffff : 0xff000000);
    }
    map(bed, TEXTURE_AT, 64, 64, 0x30, 0, pitch(256));
    sampler(bed, FILTERS(2) | 8, NORMALIZED);
    quad(bed, 1, 0.25f);
    const uint32_t grey = at(bed, 7, 7) & 255;
    assert_in_range(grey, 189, 193);
}

static void test_mono(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    for (uint32_t y = 0; y < SIZE; y++) {
        put(bed, 4 * y, 0x0000ff00); /* texels 8 to 15 */
    }
    map(bed, TEXTURE_AT, SIZE, SIZE, 0x15, 0, pitch(4));
    sampler(bed, NEAREST, NORMALIZED);
    quad(bed, 1, 1);
    assert_int_equal(at(bed, 7, 8), 0);
    assert_int_equal(at(bed, 8, 8), 0xffffffff);
    /* three columns to the left, two to the right */
    sampler(bed, FILTERS(6), NORMALIZED);
    quad(bed, 1, 1);
    static const uint8_t sixths[16] = {0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 6, 6, 6, 6};
    for (int x = 0; x < SIZE; x++) {
        const uint32_t want = (sixths[x] * 255u + 3) / 6;
        assert_in_range(at(bed, x, 8) & 255, want == 0 ? 0 : want - 1, want + 1);
    }
}

static void test_units(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    put(bed, 0, 0xff0000aa);
    put(bed, 4096, 0xff0000bb);
    map(bed, TEXTURE_AT, 1, 1, 0x30, 0, pitch(4));
    SEND(bed, 0x7d000003, 1u << 9, TEXTURE_AT + 4096, 0x30 << 3, 63u << 15);
    /* sampler 0 reads map 9, then map 0, which the last command did not name */
    sampler(bed, NEAREST, NORMALIZED | 9u << 1);
    quad(bed, 1, 1);
    assert_int_equal(at(bed, 1, 1), 0xff0000bb);
    sampler(bed, NEAREST, NORMALIZED);
    quad(bed, 1, 1);
    assert_int_equal(at(bed, 1, 1), 0xff0000aa);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_chroma_key),  TEST(test_line_stride), TEST(test_fence), TEST(test_base_level),
        TEST(test_anisotropic), TEST(test_mono),        TEST(test_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
