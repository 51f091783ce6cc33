/* SPDX-License-Identifier: MIT */
/* Textures: formats, address modes, filters, levels, cubes and volumes, against naive formulas. */
#include "tests/render/bed.h"

#include <math.h>
#include <string.h>

#include "hw/gen3/surface.h"

#define SIZE        64
#define S4_TEXTURED 0x00902040u /* as S4_PLAIN, XYZ without colour */

/* SAMPLER_STATE */
#define NORMALIZED  (1u << 5)
#define MODES(x, y) ((x) << 12 | (y) << 9 | (y) << 6)
#define LINEAR      (1u << 17 | 1u << 14)
#define MIP_NEAREST (1u << 20)
#define MIP_LINEAR  (3u << 20)

static void prepare(struct bed *bed, uint32_t coordinates)
{
    bed_target(bed, SIZE, SIZE);
    bed_state(bed, 0xfffffff0 | coordinates, S4_TEXTURED, 0, S6_COLOR);
}

/* DCL T0; DCL S0 of a kind; op oC */
static void program(struct bed *bed, uint32_t opcode, uint32_t kind)
{
    SEND(bed, 0x7d050008, 0x19083c00, 0, 0, 0x19180000 | kind << 22, 0, 0,
         opcode << 24 | 0x00200000, 0x01000000, 0);
}

static void map(struct bed *bed, uint32_t width, uint32_t height, uint32_t format, uint32_t pitch,
                uint32_t max_lod)
{
    SEND(bed, 0x7d000003, 1, TEXTURE_AT, (height - 1) << 21 | (width - 1) << 10 | format << 3,
         (pitch / 4 - 1) << 21 | 63u << 15 | max_lod << 9);
}

static void sampler(struct bed *bed, uint32_t ss2, uint32_t ss3, uint32_t border)
{
    SEND(bed, 0x7d010003, 1, ss2, ss3, border);
}

/* A quad over the target; coordinates run from (s0, t0) at its upper left corner. */
static void quad(struct bed *bed, float s0, float t0, float s1, float t1)
{
    const float v[6][5] = {{0, 0, 0, s0, t0},    {SIZE, 0, 0, s1, t0},    {0, SIZE, 0, s0, t1},
                           {SIZE, 0, 0, s1, t0}, {SIZE, SIZE, 0, s1, t1}, {0, SIZE, 0, s0, t1}};
    uint32_t dw[31] = {0x7f000000 | 29};
    memcpy(dw + 1, v, sizeof(v));
    bed_send(bed, dw, 31);
}

/* One value everywhere in four coordinates. */
static void quad4(struct bed *bed, float s, float t, float r, float q)
{
    const float xy[6][2] = {{0, 0}, {SIZE, 0}, {0, SIZE}, {SIZE, 0}, {SIZE, SIZE}, {0, SIZE}};
    uint32_t dw[43] = {0x7f000000 | 41};
    for (int i = 0; i < 6; i++) {
        const float v[7] = {xy[i][0], xy[i][1], 0, s, t, r, q};
        memcpy(dw + 1 + 7 * i, v, sizeof(v));
    }
    bed_send(bed, dw, 43);
}

static uint32_t at(struct bed *bed, int x, int y)
{
    return bed_pixel(bed, COLOR_AT, SIZE * 4, x, y);
}

static void expect_near(uint32_t actual, uint32_t expected, int tolerance)
{
    for (unsigned shift = 0; shift < 32; shift += 8) {
        const int difference = (int)(actual >> shift & 255) - (int)(expected >> shift & 255);
        if (difference > tolerance || difference < -tolerance) {
            fail_msg("0x%08x is not near 0x%08x", actual, expected);
        }
    }
}

static void fill_random(struct bed *bed, uint32_t dwords)
{
    uint32_t seed = 7;
    for (uint32_t i = 0; i < dwords; i++) {
        const uint32_t value = bed_random(&seed) << 16 ^ bed_random(&seed);
        memcpy(bed_bytes(bed, TEXTURE_AT) + 4 * i, &value, 4);
    }
}

/* gen3.md J.3 */
static void test_example(void **state)
{
    struct bed *bed = *state;
    prepare(bed, 0);
    fill_random(bed, 256 * 256);
    SEND(bed, 0x7d000003, 1, TEXTURE_AT, 0x1fe3fd80, 0x1fff8000);
    SEND(bed, 0x7d010003, 1, 0, 0x000024a0, 0);
    SEND(bed, 0x7d050008, 0x19080c00, 0, 0, 0x19180000, 0, 0, 0x15200000, 0x01000000, 0);
    quad(bed, 0, 0, 0.25f, 0.25f);
    for (int i = 0; i < SIZE * SIZE; i++) {
        const int x = i % SIZE, y = i / SIZE;
        assert_int_equal(at(bed, x, y), bed_pixel(bed, TEXTURE_AT, 1024, x, y));
    }
}

static int naive_index(unsigned mode, int i, int size, bool *outside)
{
    *outside = i < 0 || i >= size;
    switch (mode) {
    case 0:
        return ((i % size) + size) % size;
    case 1: {
        const int twice = ((i % (2 * size)) + 2 * size) % (2 * size);
        return twice < size ? twice : 2 * size - 1 - twice;
    }
    case 5:
        i = i < 0 ? -1 - i : i;
        break;
    default:
        break;
    }
    return i < 0 ? 0 : i >= size ? size - 1 : i;
}

static uint32_t naive_texel(struct bed *bed, const unsigned mode[2], int x, int y, int width,
                            int height, uint32_t border)
{
    bool out_x, out_y;
    const int ix = naive_index(mode[0], x, width, &out_x);
    const int iy = naive_index(mode[1], y, height, &out_y);
    if ((out_x && mode[0] == 4) || (out_y && mode[1] == 4)) {
        return border;
    }
    return bed_pixel(bed, TEXTURE_AT, (uint32_t)width * 4, ix, iy);
}

static void test_address_modes(void **state)
{
    struct bed *bed = *state;
    static const unsigned modes[] = {0, 1, 2, 4, 5};
    static const int widths[] = {16, 12};
    const uint32_t border = 0x80ff2010;
    prepare(bed, 0);
    program(bed, 0x15, 0);
    fill_random(bed, 1024);
    for (int i = 0; i < 50; i++) {
        const unsigned mode[2] = {modes[i % 5], modes[i / 5 % 5]};
        const int width = widths[i / 25], height = 8;
        map(bed, (uint32_t)width, (uint32_t)height, 0x30, (uint32_t)width * 4, 0);
        sampler(bed, 0, MODES(mode[0], mode[1]) | NORMALIZED, border);
        /* two texels more than three times around, a texel over several pixels */
        quad(bed, -1.03125f, -1.015625f, 1.96875f, 1.984375f);
        for (int p = 0; p < SIZE * SIZE; p++) {
            const int x = p % SIZE, y = p / SIZE;
            const double u = (-1.03125 + 3.0 * (x + 0.5) / SIZE) * width;
            const double v = (-1.015625 + 3.0 * (y + 0.5) / SIZE) * height;
            if (fabs(u - floor(u + 0.5)) < 1e-3 || fabs(v - floor(v + 0.5)) < 1e-3) {
                continue; /* on the border of two texels: either */
            }
            const uint32_t expected =
                naive_texel(bed, mode, (int)floor(u), (int)floor(v), width, height, border);
            if (at(bed, x, y) != expected) {
                fail_msg("modes %u %u pixel %d,%d", mode[0], mode[1], x, y);
            }
        }
    }
}

static void test_linear_filter(void **state)
{
    struct bed *bed = *state;
    static const unsigned modes[] = {0, 1, 2, 4, 5};
    const uint32_t border = 0x20408060;
    prepare(bed, 0);
    program(bed, 0x15, 0);
    fill_random(bed, 256);
    for (int i = 0; i < 5; i++) {
        const unsigned mode[2] = {modes[i], modes[4 - i]};
        map(bed, 16, 8, 0x30, 64, 0);
        sampler(bed, LINEAR, MODES(mode[0], mode[1]) | NORMALIZED, border);
        quad(bed, -0.5f, -0.5f, 1.5f, 1.5f);
        for (int p = 0; p < SIZE * SIZE; p++) {
            const int x = p % SIZE, y = p / SIZE;
            const double u = (-0.5 + 2.0 * (x + 0.5) / SIZE) * 16 - 0.5;
            const double v = (-0.5 + 2.0 * (y + 0.5) / SIZE) * 8 - 0.5;
            const double fx = u - floor(u), fy = v - floor(v);
            uint32_t expected = 0;
            for (unsigned shift = 0; shift < 32; shift += 8) {
                double sum = 0;
                for (int tap = 0; tap < 4; tap++) {
                    const int tx = (int)floor(u) + (tap & 1), ty = (int)floor(v) + (tap >> 1);
                    const uint32_t texel = naive_texel(bed, mode, tx, ty, 16, 8, border);
                    sum +=
                        (texel >> shift & 255) * (tap & 1 ? fx : 1 - fx) * (tap >> 1 ? fy : 1 - fy);
                }
                expected |= (uint32_t)(sum + 0.5) << shift;
            }
            expect_near(at(bed, x, y), expected, 1);
        }
    }
}

/* One texel in each format: the bits, and what the pixel becomes. */
static void test_formats(void **state)
{
    struct bed *bed = *state;
    static const struct {
        uint32_t code, bits, argb;
    } cases[] = {
        {0x10, 0x80, 0x80808080},       {0x11, 0x80, 0xff808080},
        {0x14, 0x80, 0x80000000},       {0x20, 0xf800, 0xffff0000},
        {0x20, 0x07e0, 0xff00ff00},     {0x20, 0x0010, 0xff000084},
        {0x21, 0x83e0, 0xff00ff00},     {0x21, 0x001f, 0x000000ff},
        {0x22, 0x7a51, 0x77aa5511},     {0x23, 0x4080, 0x40808080},
        {0x27, 0x8080, 0x80808080},     {0x28, 0x8080, 0xff808080},
        {0x29, 0x8080, 0x80000000},     {0x30, 0x12345678, 0x12345678},
        {0x31, 0x12345678, 0x12785634}, {0x32, 0x12345678, 0xff345678},
        {0x33, 0x12345678, 0xff785634}, {0x38, 0xbff00000, 0xaaff0000},
        {0x39, 0xbff00000, 0xaa0000ff}, {0x3d, 0x12808080, 0x80808080},
        {0x3e, 0x12808080, 0xff808080}, {0x3f, 0x12808080, 0x80000000},
    };
    prepare(bed, 0);
    program(bed, 0x15, 0);
    sampler(bed, 0, MODES(2, 2) | NORMALIZED, 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy(bed_bytes(bed, TEXTURE_AT), &cases[i].bits, 4);
        map(bed, 1, 1, cases[i].code, 4, 0);
        quad(bed, 0, 0, 1, 1);
        expect_near(at(bed, 9, 9), cases[i].argb, cases[i].code == 0x31 ? 0 : 1);
    }
    /* codes without a format are refused by name */
    map(bed, 1, 1, 0x24, 4, 0);
    assert_int_equal(TRY(bed, 0x7f00000e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
                     RENDER_UNKNOWN);
    assert_non_null(strstr(bed->error.text, "format 4 of type 2"));
}

/* Four rows of a block, colours in its corners. */
static void expect_block(struct bed *bed, uint32_t code, const uint8_t *bytes, size_t size,
                         const uint32_t expected[4])
{
    memcpy(bed_bytes(bed, TEXTURE_AT), bytes, size);
    render_flush(bed->render);
    map(bed, 4, 4, code, 16, 0);
    quad(bed, 0, 0, 1, 1);
    for (int i = 0; i < 4; i++) {
        expect_near(at(bed, 16 * i + 5, 40), expected[i], 1);
    }
}

static void test_compressed(void **state)
{
    struct bed *bed = *state;
    prepare(bed, 0);
    program(bed, 0x15, 0);
    sampler(bed, 0, MODES(2, 2) | NORMALIZED, 0);
    /* red and blue; row 2 has codes 0 1 2 3 */
    const uint8_t four[8] = {0x00, 0xf8, 0x1f, 0x00, 0, 0, 0xe4, 0};
    expect_block(bed, 0x60, four, 8,
                 (const uint32_t[]){0xffff0000, 0xff0000ff, 0xffaa0055, 0xff5500aa});
    const uint8_t three[8] = {0x1f, 0x00, 0x00, 0xf8, 0, 0, 0xe4, 0};
    expect_block(bed, 0x60, three, 8,
                 (const uint32_t[]){0xff0000ff, 0xffff0000, 0xff800080, 0x00000000});
    expect_block(bed, 0x64, three, 8,
                 (const uint32_t[]){0xff0000ff, 0xffff0000, 0xff800080, 0xff000000});
    const uint8_t dxt3[16] = {0, 0, 0, 0, 0x10, 0xf8, 0, 0, 0x00, 0xf8, 0x1f, 0x00, 0, 0, 0xe4, 0};
    expect_block(bed, 0x61, dxt3, 16,
                 (const uint32_t[]){0x00ff0000, 0x110000ff, 0x88aa0055, 0xff5500aa});
    /* alpha 240 and 100; texels 8..11 have codes 0 1 2 7 */
    const uint8_t dxt5[16] = {240,  100,  0,    0,    0, 0x88, 0x0e, 0,
                              0x00, 0xf8, 0x1f, 0x00, 0, 0,    0xe4, 0};
    expect_block(bed, 0x62, dxt5, 16,
                 (const uint32_t[]){0xf0ff0000, 0x640000ff, 0xdcaa0055, 0x785500aa});
}

static void test_422(void **state)
{
    struct bed *bed = *state;
    prepare(bed, 0);
    program(bed, 0x15, 0);
    sampler(bed, 1u << 29, MODES(2, 2) | NORMALIZED, 0);
    static const uint8_t orders[4][4] = {
        {128, 235, 128, 16}, {235, 128, 16, 128}, {235, 128, 16, 128}, {128, 235, 128, 16}};
    for (uint32_t i = 0; i < 4; i++) {
        memcpy(bed_bytes(bed, TEXTURE_AT), orders[i], 4);
        map(bed, 2, 1, 0x50 + i, 4, 0);
        quad(bed, 0, 0, 1, 1);
        expect_near(at(bed, 5, 5), 0xffffffff, 2);
        expect_near(at(bed, 50, 5), 0xff000000, 2);
    }
    const uint8_t red[4] = {81, 90, 81, 240}; /* Y U Y V */
    memcpy(bed_bytes(bed, TEXTURE_AT), red, 4);
    map(bed, 2, 1, 0x51, 4, 0);
    quad(bed, 0, 0, 1, 1);
    expect_near(at(bed, 5, 5), 0xffff0000, 4);
}

/* A colour per image of a texture, written where the layout puts it. */
static void paint(struct bed *bed, const struct gen3_texture *layout, uint32_t pitch,
                  uint32_t level, uint32_t slice, uint32_t argb)
{
    uint32_t x0, y0;
    assert_true(gen3_texture_image(layout, pitch, level, slice, &x0, &y0));
    const uint32_t width = layout->width >> level ? layout->width >> level : 1;
    const uint32_t height = layout->height >> level ? layout->height >> level : 1;
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            memcpy(bed_bytes(bed, TEXTURE_AT) + (y0 + y) * pitch + 4 * (x0 + x), &argb, 4);
        }
    }
}

/* 64x64 with all of its levels; level l has blue l * 32. */
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
        paint(bed, &layout, 512, l, 0, 0xff000000 | l * 32);
    }
}

static void test_levels(void **state)
{
    struct bed *bed = *state;
    paint_levels(bed);
    prepare(bed, 0);
    program(bed, 0x15, 0);
    map(bed, 64, 64, 0x30, 512, 24);
    static const struct {
        float scale; /* texels per pixel */
        uint32_t ss2, ss3, blue;
    } cases[] = {
        {1, MIP_NEAREST, 0, 0},
        {2, MIP_NEAREST, 0, 32},
        {4, MIP_NEAREST, 0, 64},
        {2.7f, MIP_NEAREST, 0, 32},
        {3.0f, MIP_NEAREST, 0, 64},
        {2.828427f, MIP_LINEAR, 0, 48},
        {1, MIP_LINEAR, 0x18u << 24, 48},
        {1, MIP_NEAREST | 32u << 5, 0, 64},
        {8, MIP_NEAREST | 0x1e0u << 5, 0, 32},
        {1024, MIP_NEAREST, 0, 192},
        {4, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sampler(bed, cases[i].ss2, cases[i].ss3 | MODES(0, 0) | NORMALIZED, 0);
        quad(bed, 0, 0, cases[i].scale, cases[i].scale);
        expect_near(at(bed, 33, 21), 0xff000000 | cases[i].blue, 1);
    }
    /* the map's own limit */
    map(bed, 64, 64, 0x30, 512, 8);
    sampler(bed, MIP_NEAREST, MODES(0, 0) | NORMALIZED, 0);
    quad(bed, 0, 0, 32, 32);
    expect_near(at(bed, 33, 21), 0xff000040, 0);
}

static void test_bias_of_texldb(void **state)
{
    struct bed *bed = *state;
    paint_levels(bed);
    prepare(bed, 2);
    program(bed, 0x17, 0);
    map(bed, 64, 64, 0x30, 512, 24);
    /* constant coordinates: the smallest footprint, but the least LOD lifts it to 1 */
    sampler(bed, MIP_NEAREST, 0x10u << 24 | MODES(0, 0) | NORMALIZED, 0);
    quad4(bed, 0.5f, 0.5f, 0, 4.0f);
    expect_near(at(bed, 3, 3), 0xff000020, 0);
}

static void test_min_and_mag_filter(void **state)
{
    struct bed *bed = *state;
    prepare(bed, 0);
    program(bed, 0x15, 0);
    const uint32_t texels[2] = {0xff000000, 0xffffffff};
    memcpy(bed_bytes(bed, TEXTURE_AT), texels, sizeof(texels));
    map(bed, 2, 1, 0x30, 8, 1);
    sampler(bed, 1u << 17, MODES(2, 2) | NORMALIZED, 0); /* mag linear, min nearest */
    quad(bed, 0, 0, 1, 1);
    expect_near(at(bed, 32, 5), 0xff828282, 2);
    sampler(bed, 1u << 14, MODES(2, 2) | NORMALIZED, 0);
    quad(bed, 0, 0, 1, 1);
    expect_near(at(bed, 31, 5), 0xff000000, 0);
    expect_near(at(bed, 32, 5), 0xffffffff, 0);
}

static void test_cube(void **state)
{
    struct bed *bed = *state;
    const struct gen3_texture layout = {.width = 16,
                                        .height = 16,
                                        .depth = 1,
                                        .levels = 1,
                                        .block_bytes = 4,
                                        .block_width = 1,
                                        .block_height = 1,
                                        .cube = true,
                                        .is_945_class = true};
    for (uint32_t face = 0; face < 6; face++) {
        paint(bed, &layout, 128, 0, face, 0xff000000 | (face + 1) * 0x20);
        /* and the upper left quarter */
        uint32_t x0, y0;
        assert_true(gen3_texture_image(&layout, 128, 0, face, &x0, &y0));
        for (uint32_t i = 0; i < 64; i++) {
            bed_bytes(bed, TEXTURE_AT)[(y0 + i / 8) * 128 + 4 * (x0 + i % 8) + 2] = 0xff;
        }
    }
    prepare(bed, 2);
    program(bed, 0x15, 1);
    map(bed, 16, 16, 0x30, 128, 0);
    sampler(bed, 0, MODES(2, 2) | NORMALIZED, 0);
    /* a direction to the upper left of each face: s and t below the middle */
    static const float directions[6][3] = {{1, .5f, .5f},   {-1, .5f, -.5f}, {-.5f, 1, -.5f},
                                           {-.5f, -1, .5f}, {-.5f, .5f, 1},  {.5f, .5f, -1}};
    for (uint32_t face = 0; face < 6; face++) {
        const float *d = directions[face];
        quad4(bed, d[0] * 3, d[1] * 3, d[2] * 3, 1);
        assert_int_equal(at(bed, 7, 7), 0xffff0000 | (face + 1) * 0x20);
        /* the opposite corner */
        const int major = (int)face / 2;
        float o[3] = {-d[0], -d[1], -d[2]};
        o[major] = d[major];
        quad4(bed, o[0], o[1], o[2], 1);
        assert_int_equal(at(bed, 7, 7), 0xff000000 | (face + 1) * 0x20);
    }
}

static void test_volume(void **state)
{
    struct bed *bed = *state;
    const struct gen3_texture layout = {.width = 8,
                                        .height = 8,
                                        .depth = 4,
                                        .levels = 1,
                                        .block_bytes = 4,
                                        .block_width = 1,
                                        .block_height = 1,
                                        .volume = true,
                                        .is_945_class = true};
    for (uint32_t slice = 0; slice < 4; slice++) {
        paint(bed, &layout, 32, 0, slice, 0xff000000 | slice * 0x40);
    }
    prepare(bed, 2);
    program(bed, 0x15, 2);
    SEND(bed, 0x7d000003, 1, TEXTURE_AT, 7u << 21 | 7u << 10 | 0x30 << 3, 7u << 21 | 63u << 15 | 3);
    sampler(bed, 0, MODES(2, 2) | NORMALIZED, 0);
    for (uint32_t slice = 0; slice < 4; slice++) {
        quad4(bed, 0.4f, 0.6f, 0.25f * (float)slice + 0.1f, 1);
        assert_int_equal(at(bed, 20, 20), 0xff000000 | slice * 0x40);
    }
    sampler(bed, LINEAR, MODES(2, 2) | NORMALIZED, 0);
    quad4(bed, 0.4f, 0.6f, 0.5f, 1);
    expect_near(at(bed, 20, 20), 0xff000060, 1);
}

static void test_shadow(void **state)
{
    struct bed *bed = *state;
    /* GL function by hardware code: ALWAYS fails all, NEVER passes all (gen3.md G.6) */
    static const char *const gl[8] = {"", "<=>", "<=", "<>", "<", "=>", "=", ">"};
    static const float references[3] = {0.25f, 0.5f, 0.75f};
    const uint32_t half = 0x800000;
    prepare(bed, 2);
    program(bed, 0x15, 0);
    memcpy(bed_bytes(bed, TEXTURE_AT), &half, 4);
    map(bed, 1, 1, 0x3e, 4, 0);
    for (uint32_t func = 0; func < 8; func++) {
        sampler(bed, 5u << 17 | 5u << 14 | 1u << 4 | func, MODES(2, 2) | NORMALIZED, 0);
        for (int i = 0; i < 3; i++) {
            /* the texel is a little more than a half: compare with its own value */
            const float r = i == 1 ? (float)half * (1.0f / 0xffffff) : references[i];
            quad4(bed, 0.5f, 0.5f, r, 1);
            const bool lit = strchr(gl[func], "<=>"[i]) != NULL;
            assert_int_equal(at(bed, 7, 7), lit ? 0xffffffff : 0xff000000);
        }
    }
}

static void test_projected(void **state)
{
    struct bed *bed = *state;
    prepare(bed, 2);
    program(bed, 0x16, 0);
    fill_random(bed, 64);
    map(bed, 8, 8, 0x30, 32, 0);
    sampler(bed, 0, MODES(2, 2) | NORMALIZED, 0);
    quad4(bed, 0.7f * 4, 0.3f * 4, 0, 4);
    assert_int_equal(at(bed, 7, 7), bed_pixel(bed, TEXTURE_AT, 32, 5, 2));
}

static void test_texel_units(void **state)
{
    struct bed *bed = *state;
    prepare(bed, 0);
    program(bed, 0x15, 0);
    fill_random(bed, 100 * 70);
    map(bed, 100, 70, 0x30, 400, 0);
    sampler(bed, 0, MODES(2, 2), 0);
    quad(bed, 0, 0, SIZE, SIZE);
    for (int i = 0; i < SIZE * SIZE; i++) {
        const int x = i % SIZE, y = i / SIZE;
        assert_int_equal(at(bed, x, y), bed_pixel(bed, TEXTURE_AT, 400, x, y));
    }
}

static void test_srgb(void **state)
{
    struct bed *bed = *state;
    prepare(bed, 0);
    program(bed, 0x15, 0);
    map(bed, 1, 1, 0x30, 4, 0);
    sampler(bed, 1u << 31, MODES(2, 2) | NORMALIZED, 0);
    for (uint32_t value = 0; value < 256; value += 5) {
        const uint32_t texel = value << 24 | value << 8;
        memcpy(bed_bytes(bed, TEXTURE_AT), &texel, 4);
        SEND(bed, 0x7d010003, 1, 1u << 31, MODES(2, 2) | NORMALIZED, 0);
        quad(bed, 0, 0, 1, 1);
        const double c = value / 255.0;
        const double l = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
        expect_near(at(bed, 7, 7), value << 24 | (uint32_t)(l * 255 + 0.5) << 8, 1);
    }
}

/* Tiled maps and scattered memory give what linear memory gives. */
static void test_tilings(void **state)
{
    struct bed *bed = *state;
    prepare(bed, 0);
    program(bed, 0x15, 0);
    sampler(bed, 0, MODES(2, 2) | NORMALIZED, 0);
    for (uint32_t tiling = 1; tiling < 3; tiling++) {
        for (uint32_t i = 0; i < 128 * 64; i++) {
            const uint32_t value = i * 2654435761u;
            const uint64_t offset = gen3_tile_offset(tiling == 1 ? GEN3_TILED_X : GEN3_TILED_Y, 512,
                                                     i % 128 * 4, i / 128);
            memcpy(bed_bytes(bed, TEXTURE_AT) + offset, &value, 4);
        }
        for (int scattered = 0; scattered < 2; scattered++) {
            bed->memory.max_span = scattered ? 64 : 0;
            SEND(bed, 0x7d000003, 1, TEXTURE_AT,
                 63u << 21 | 127u << 10 | 0x30 << 3 | (tiling == 1 ? 2 : 3),
                 127u << 21 | 63u << 15);
            quad(bed, 0, 0, 0.5f, 1);
            for (uint32_t p = 0; p < SIZE * SIZE; p++) {
                const uint32_t x = p % SIZE, y = p / SIZE;
                assert_int_equal(at(bed, (int)x, (int)y), (y * 128 + x) * 2654435761u);
            }
        }
        bed->memory.max_span = 0;
    }
}

static void test_missing_page(void **state)
{
    struct bed *bed = *state;
    prepare(bed, 0);
    program(bed, 0x15, 0);
    sampler(bed, 0, MODES(2, 2) | NORMALIZED, 0);
    bed->memory.hole = TEXTURE_AT + 4096;
    map(bed, 64, 64, 0x30, 256, 0);
    quad(bed, 0, 0, 1, 0.2f);
    const float v[3][5] = {{0, 0, 0, 0, 0}, {SIZE, 0, 0, 1, 0}, {0, SIZE, 0, 0, 1}};
    uint32_t dw[16] = {0x7f00000e};
    memcpy(dw + 1, v, sizeof(v));
    assert_int_equal(bed_try(bed, dw, 16), RENDER_FAULT);
    assert_int_equal(bed->error.pgtbl_er, 1u << 26);
}

/* With W the coordinates are divided per pixel. */
static void test_perspective(void **state)
{
    struct bed *bed = *state;
    bed_target(bed, SIZE, SIZE);
    bed_state(bed, 0xfffffff3, 0x00902080, 0, S6_COLOR); /* XYZW, 1D */
    /* oC = T0.xxxx */
    SEND(bed, 0x7d050005, 0x19080400, 0, 0, 0x02203c80, 0x00000000, 0);
    const float v[6][5] = {{0, 0, 0, 1, 0},        {SIZE, 0, 0, 0.25f, 1},    {0, SIZE, 0, 1, 0},
                           {SIZE, 0, 0, 0.25f, 1}, {SIZE, SIZE, 0, 0.25f, 1}, {0, SIZE, 0, 1, 0}};
    uint32_t dw[31] = {0x7f000000 | 29};
    memcpy(dw + 1, v, sizeof(v));
    bed_send(bed, dw, 31);
    for (int x = 0; x < SIZE; x++) {
        const double l = (x + 0.5) / SIZE;
        const double value = l * 0.25 / ((1 - l) + l * 0.25);
        const uint32_t c = (uint32_t)(value * 255 + 0.5);
        expect_near(at(bed, x, 40), c * 0x01010101u, 1);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_example),   TEST(test_address_modes),  TEST(test_linear_filter),
        TEST(test_formats),   TEST(test_compressed),     TEST(test_422),
        TEST(test_levels),    TEST(test_bias_of_texldb), TEST(test_min_and_mag_filter),
        TEST(test_cube),      TEST(test_volume),         TEST(test_shadow),
        TEST(test_projected), TEST(test_texel_units),    TEST(test_srgb),
        TEST(test_tilings),   TEST(test_missing_page),   TEST(test_perspective),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
