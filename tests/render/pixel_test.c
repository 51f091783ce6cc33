/* SPDX-License-Identifier: MIT */
/* After the pixel program: alpha test, depth, stencil, blending, logic operations and formats. */
#include "tests/render/bed.h"

#include <math.h>
#include <string.h>

#define SIZE 16

static void prepare(struct bed *bed)
{
    bed_target(bed, SIZE, SIZE);
    bed_depth(bed, SIZE);
    bed_diffuse_program(bed);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR);
}

static void set_all(struct bed *bed, uint32_t address, uint32_t value)
{
    for (uint32_t i = 0; i < SIZE * SIZE; i++) {
        memcpy(bed_bytes(bed, address) + 4 * i, &value, 4);
    }
}

static void fill(struct bed *bed, float z, uint32_t argb)
{
    bed_fill(bed, 0, 0, SIZE, SIZE, z, argb);
}

static uint32_t color(struct bed *bed)
{
    return bed_pixel(bed, COLOR_AT, SIZE * 4, 7, 5);
}

static uint32_t depth(struct bed *bed)
{
    return bed_pixel(bed, DEPTH_AT, SIZE * 4, 7, 5);
}

static bool compared(uint32_t func, uint32_t a, uint32_t b)
{
    const bool results[8] = {true, false, a<b, a == b, a <= b, a> b, a != b, a >= b};
    return results[func];
}

static void test_depth_functions(void **state)
{
    struct bed *bed = *state;
    static const uint32_t values[3] = {0x3fffff, 0x400000, 0x400001};
    prepare(bed);
    for (uint32_t func = 0; func < 8; func++) {
        for (int i = 0; i < 3; i++) {
            set_all(bed, DEPTH_AT, 0x5a000000 | values[i]);
            set_all(bed, COLOR_AT, 0);
            bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR | 1u << 19 | 8 | func << 16);
            fill(bed, 0.25f, 0xffffffff); /* rounds to 0x400000 */
            const bool pass = compared(func, 0x400000, values[i]);
            assert_int_equal(color(bed), pass ? 0xffffffff : 0);
            assert_int_equal(depth(bed), 0x5a000000 | (pass ? 0x400000 : values[i]));
        }
    }
}

static void test_depth_range_and_write_enable(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR | 1u << 19 | 8);
    fill(bed, 1.0f, 0);
    assert_int_equal(depth(bed), 0xffffff);
    fill(bed, 7.0f, 0);
    assert_int_equal(depth(bed), 0xffffff);
    fill(bed, -1.0f, 0);
    assert_int_equal(depth(bed), 0);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR | 1u << 19);
    fill(bed, 0.5f, 0xffffffff);
    assert_int_equal(depth(bed), 0);
    assert_int_equal(color(bed), 0xffffffff);
}

static void test_sixteen_bit_depth(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    SEND(bed, 0x7d850000, 0x10880300);
    SEND(bed, 0x7d8e0001, 0x07000000 | SIZE * 2, DEPTH_AT);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR | 1u << 19 | 8);
    fill(bed, 0.5f, 0xff000000);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR | 1u << 19 | 8 | 2u << 16);
    bed_fill(bed, 0, 0, 8, SIZE, 0.25f, 0xff0000ff);
    fill(bed, 0.4f, 0xff00ff00);
    uint16_t row[SIZE];
    memcpy(row, bed_bytes(bed, DEPTH_AT) + 9 * SIZE * 2, sizeof(row));
    assert_int_equal(row[3], 16384);
    assert_int_equal(row[12], 26214);
    assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 3, 9), 0xff0000ff);
    assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 12, 9), 0xff00ff00);
}

static uint32_t stencil_result(uint32_t op, uint32_t old, uint32_t ref)
{
    const uint32_t results[8] = {old,
                                 0,
                                 ref,
                                 old < 255 ? old + 1 : 255,
                                 old > 0 ? old - 1 : 0,
                                 (old + 1) & 255,
                                 (old - 1) & 255,
                                 ~old & 255};
    return results[op];
}

/* Every operation at each of the three outcomes, with values at the ends of the range. */
static void test_stencil_operations(void **state)
{
    struct bed *bed = *state;
    static const uint32_t olds[4] = {0, 1, 0x80, 255};
    static const struct {
        uint32_t stencil_func, depth_func, shift;
    } outcomes[3] = {{1, 0, 10}, {0, 1, 7}, {0, 0, 4}};
    prepare(bed);
    for (uint32_t i = 0; i < 3 * 8 * 4; i++) {
        const uint32_t op = i / 4 % 8, old = olds[i % 4], ref = 0x33;
        const uint32_t stored = old << 24 | 0x123456;
        set_all(bed, DEPTH_AT, stored);
        bed_state(bed, 0xffffffff, S4_PLAIN,
                  ref << 16 | outcomes[i / 32].stencil_func << 13 | op << outcomes[i / 32].shift |
                      8 | 4,
                  S6_COLOR | 1u << 19 | outcomes[i / 32].depth_func << 16);
        fill(bed, 0.5f, 0);
        assert_int_equal(depth(bed), stencil_result(op, old, ref) << 24 | 0x123456);
    }
}

static void test_stencil_functions_and_masks(void **state)
{
    struct bed *bed = *state;
    static const uint32_t olds[3] = {0x70, 0x75, 0x7f};
    prepare(bed);
    for (uint32_t i = 0; i < 8 * 3; i++) {
        const uint32_t func = i % 8, old = olds[i / 8], ref = 0xf5, mask = 0x0f;
        SEND(bed, 0x6d000000 | 1u << 17 | mask << 8 | 1u << 16 | 0xf0);
        set_all(bed, DEPTH_AT, old << 24);
        set_all(bed, COLOR_AT, 0);
        bed_state(bed, 0xffffffff, S4_PLAIN, ref << 16 | func << 13 | 2u << 4 | 8 | 4, S6_COLOR);
        fill(bed, 0.5f, 0xffffffff);
        const bool pass = compared(func, ref & mask, old & mask);
        assert_int_equal(color(bed), pass ? 0xffffffff : 0);
        assert_int_equal(depth(bed) >> 24, pass ? (old & 0x0f) | 0xf0 : old);
    }
}

static void test_two_sided_stencil(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    /* clockwise: replace by 0x11; counter-clockwise: replace by 0x22 */
    SEND(bed, 0x68000000 | 1u << 23 | 0x22u << 15 | 1u << 14 | 2u << 2 | 2 | 1);
    SEND(bed, 0x69000000 | 3u << 16 | 0xffff);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0x11u << 16 | 2u << 4 | 8 | 4, S6_COLOR);
    const struct bed_vertex clockwise[3] = {{0, 0, 0, 0}, {30, 0, 0, 0}, {0, 30, 0, 0}};
    const struct bed_vertex counter[3] = {{0, 0, 0, 0}, {0, 30, 0, 0}, {30, 0, 0, 0}};
    bed_primitive(bed, 0, clockwise, 3);
    assert_int_equal(depth(bed) >> 24, 0x11);
    bed_primitive(bed, 0, counter, 3);
    assert_int_equal(depth(bed) >> 24, 0x22);
    /* without the two-side bit both are front */
    SEND(bed, 0x68000000 | 2);
    bed_primitive(bed, 0, counter, 3);
    assert_int_equal(depth(bed) >> 24, 0x11);
}

static void test_alpha_test(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    for (uint32_t func = 0; func < 8; func++) {
        for (uint32_t alpha = 127; alpha < 130; alpha++) {
            set_all(bed, COLOR_AT, 0);
            set_all(bed, DEPTH_AT, 0);
            bed_state(bed, 0xffffffff, S4_PLAIN, 0,
                      S6_COLOR | 1u << 31 | func << 28 | 128u << 20 | 1u << 19 | 8);
            fill(bed, 1.0f, alpha << 24 | 0x10203);
            const bool pass = compared(func, alpha, 128);
            assert_int_equal(color(bed), pass ? alpha << 24 | 0x10203 : 0);
            assert_int_equal(depth(bed), pass ? 0xffffff : 0);
        }
    }
}

static double channel(uint32_t argb, int c)
{
    static const int shifts[4] = {16, 8, 0, 24};
    return (argb >> shifts[c] & 255) / 255.0;
}

static double factor(uint32_t code, int c, uint32_t src, uint32_t dst, uint32_t constant)
{
    const double as = channel(src, 3), ad = channel(dst, 3);
    const double values[16] = {0,
                               0,
                               1,
                               channel(src, c),
                               1 - channel(src, c),
                               as,
                               1 - as,
                               ad,
                               1 - ad,
                               channel(dst, c),
                               1 - channel(dst, c),
                               c == 3 ? 1 : fmin(as, 1 - ad),
                               channel(constant, c),
                               1 - channel(constant, c),
                               channel(constant, 3),
                               1 - channel(constant, 3)};
    return values[code];
}

static double blended(uint32_t func, uint32_t sf, uint32_t df, int c, uint32_t src, uint32_t dst,
                      uint32_t constant)
{
    const double s = channel(src, c) * factor(sf, c, src, dst, constant);
    const double d = channel(dst, c) * factor(df, c, src, dst, constant);
    const double values[5] = {s + d, s - d, d - s, fmin(channel(src, c), channel(dst, c)),
                              fmax(channel(src, c), channel(dst, c))};
    return fmin(fmax(values[func], 0), 1);
}

static void expect_blend(struct bed *bed, const uint32_t rgb[3], const uint32_t alpha[3],
                         uint32_t src, uint32_t dst, uint32_t constant)
{
    const uint32_t actual = color(bed);
    for (int c = 0; c < 4; c++) {
        const uint32_t *e = c == 3 ? alpha : rgb;
        const double expected = blended(e[0], e[1], e[2], c, src, dst, constant) * 255;
        if (fabs(channel(actual, c) * 255 - expected) > 0.51) {
            fail_msg("func %u factors %u %u channel %d: %f, not %f", e[0], e[1], e[2], c,
                     channel(actual, c) * 255, expected);
        }
    }
}

static void test_blend_factors_and_functions(void **state)
{
    struct bed *bed = *state;
    const uint32_t src = 0x60f08020, dst = 0xb0306090, constant = 0x40a0c0e0;
    prepare(bed);
    SEND(bed, 0x7d880000, constant);
    for (uint32_t i = 0; i < 15 * 15 * 5; i++) {
        const uint32_t e[3] = {i / 225, 1 + i % 15, 1 + i / 15 % 15};
        set_all(bed, COLOR_AT, dst);
        bed_state(bed, 0xffffffff, S4_PLAIN, 0,
                  S6_COLOR | 1u << 15 | e[0] << 12 | e[1] << 8 | e[2] << 4);
        fill(bed, 0, src);
        expect_blend(bed, e, e, src, dst, constant);
    }
}

static void test_independent_alpha(void **state)
{
    struct bed *bed = *state;
    const uint32_t src = 0x60f08020, dst = 0xb0306090;
    const uint32_t rgb[3] = {0, 5, 6};
    prepare(bed);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR | 1u << 15 | 5u << 8 | 6u << 4);
    /* enable, reverse subtract, ONE, DST_ALPHA */
    SEND(bed, 0x6b000000 | 3u << 22 | 1u << 21 | 2u << 16 | 1u << 11 | 2u << 6 | 1u << 5 | 7);
    set_all(bed, COLOR_AT, dst);
    fill(bed, 0, src);
    expect_blend(bed, rgb, (const uint32_t[]){2, 2, 7}, src, dst, 0);
    /* only the function is modified: the factors stay */
    SEND(bed, 0x6b000000 | 1u << 21 | 4u << 6 | 4);
    set_all(bed, COLOR_AT, dst);
    fill(bed, 0, src);
    expect_blend(bed, rgb, (const uint32_t[]){0, 2, 7}, src, dst, 0);
    SEND(bed, 0x6b000000 | 1u << 23);
    set_all(bed, COLOR_AT, dst);
    fill(bed, 0, src);
    expect_blend(bed, rgb, rgb, src, dst, 0);
}

static void test_logic_operations(void **state)
{
    struct bed *bed = *state;
    const uint32_t s = 0x0f33cc55, d = 0x5566f00f;
    const uint32_t expected[16] = {0,     ~(s | d), ~s & d, ~s,        s & ~d, ~d,
                                   s ^ d, ~(s & d), s & d,  ~(s ^ d),  d,      ~s | d,
                                   s,     s | ~d,   s | d,  0xffffffff};
    prepare(bed);
    for (uint32_t code = 0; code < 16; code++) {
        SEND(bed, 0x6d000000 | 1u << 23 | code << 18);
        set_all(bed, COLOR_AT, d);
        /* blending is on as well, and without effect */
        bed_state(bed, 0xffffffff, S4_PLAIN, 1, S6_COLOR | 1u << 15 | 1u << 8 | 1u << 4);
        fill(bed, 0, s);
        assert_int_equal(color(bed), expected[code]);
    }
}

static void test_write_masks(void **state)
{
    struct bed *bed = *state;
    static const uint32_t bits[4] = {0x0000ff, 0x00ff00, 0xff0000, 0xff000000}; /* B G R A */
    prepare(bed);
    for (uint32_t mask = 0; mask < 16; mask++) {
        uint32_t expected = 0x12345678;
        for (int c = 0; c < 4; c++) {
            expected = mask & 1u << c ? expected : (expected & ~bits[c]) | (0xcafebabe & bits[c]);
        }
        set_all(bed, COLOR_AT, 0x12345678);
        bed_state(bed, 0xffffffff, S4_PLAIN, mask << 28, S6_COLOR);
        fill(bed, 0, 0xcafebabe);
        assert_int_equal(color(bed), expected);
    }
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, 2);
    set_all(bed, COLOR_AT, 1);
    fill(bed, 0, 0xffffffff);
    assert_int_equal(color(bed), 1);
}

static const struct {
    uint32_t code, bytes, stored; /* what 0xc0ff8010 becomes */
} formats[] = {
    {0, 1, 0x80},
    {1, 2, 0xfe02},
    {2, 2, 0xfc02},
    {3, 4, 0xc0ff8010},
    {8, 2, 0xbf81},
    {9, 2, 0xfe02},
    {10, 4, 2u << 30 | 1023u << 20 | 514u << 10 | 64},
};

static void set_format(struct bed *bed, uint32_t code, uint32_t bytes)
{
    SEND(bed, 0x7d850000, 0x10880008 | code << 8);
    SEND(bed, 0x7d8e0001, 0x03000000 | SIZE * bytes, COLOR_AT);
}

static void test_color_formats(void **state)
{
    struct bed *bed = *state;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        const uint32_t bytes = formats[i].bytes;
        uint32_t stored = 0;
        prepare(bed);
        set_format(bed, formats[i].code, bytes);
        fill(bed, 0, 0xc0ff8010);
        memcpy(&stored, bed_bytes(bed, COLOR_AT) + 7 * SIZE * bytes + 5 * bytes, bytes);
        if (stored != formats[i].stored) {
            fail_msg("format %u: 0x%x", formats[i].code, stored);
        }
        /* what was stored is read back: 1 * dst + 0 * src keeps it */
        bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR | 1u << 15 | 1u << 8 | 2u << 4);
        fill(bed, 0, 0xffffffff);
        uint32_t again = 0;
        memcpy(&again, bed_bytes(bed, COLOR_AT) + 7 * SIZE * bytes + 5 * bytes, bytes);
        assert_int_equal(again, stored);
    }
}

/* Of the 16 pixels of a matrix as many are rounded up as the fraction says. */
static void test_dither(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    set_format(bed, 8, 2);
    bed_state(bed, 0xffffffff, S4_PLAIN, 2, S6_COLOR);
    for (uint32_t value = 0; value < 256; value += 3) {
        fill(bed, 0, value);
        double sum = 0;
        for (int i = 0; i < 16; i++) {
            uint16_t pixel;
            memcpy(&pixel, bed_bytes(bed, COLOR_AT) + (i / 4 * SIZE + i % 4) * 2, 2);
            sum += pixel & 15;
        }
        assert_true(fabs(sum / 16 - value / 255.0 * 15) <= 1.0 / 16);
    }
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR);
    fill(bed, 0, 8);
    uint16_t pixel;
    memcpy(&pixel, bed_bytes(bed, COLOR_AT), 2);
    assert_int_equal(pixel, 0);
}

static void test_polygon_stipple(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    /* rows from the top: 1000 0100 0010 1001 */
    SEND(bed, 0x7d830000, 1u << 16 | 0x8429);
    set_all(bed, COLOR_AT, 0);
    fill(bed, 0, 0xffffffff);
    static const char *const rows[4] = {"1000", "0100", "0010", "1001"};
    for (int i = 0; i < SIZE * SIZE; i++) {
        const int x = i % SIZE, y = i / SIZE;
        assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, x, y) != 0, rows[y & 3][x & 3] == '1');
    }
}

/* X, Y, and Y of the 915 class, with a pitch of 1024. */
static uint32_t tiled_offset(uint32_t tiling, uint32_t x, uint32_t y)
{
    if (tiling == 0) {
        return y / 8 * 8192 + x / 128 * 4096 + y % 8 * 512 + x % 128 * 4;
    }
    if (tiling == 1) {
        return y / 32 * 32768 + x / 32 * 4096 + x % 32 / 4 * 512 + y % 32 * 16 + x % 4 * 4;
    }
    return y / 8 * 8192 + x / 128 * 4096 + x % 128 / 4 * 128 + y % 8 * 16 + x % 4 * 4;
}

/* Rendering through tiles lands where the tile formula says. */
static void test_tiled_targets(void **state)
{
    struct bed *bed = *state;
    for (uint32_t tiling = 0; tiling < 3; tiling++) {
        if (tiling == 2) {
            bed_use_915(bed);
        }
        memset(bed_bytes(bed, COLOR_AT), 0, 1 << 20);
        memset(bed_bytes(bed, DEPTH_AT), 0xff, 1 << 20);
        bed_target(bed, 200, 70);
        SEND(bed, 0x7d8e0001, 0x03000000 | 1u << 22 | (tiling != 0) << 21 | 1024, COLOR_AT);
        SEND(bed, 0x7d8e0001, 0x07000000 | 1u << 22 | (tiling != 0) << 21 | 1024, DEPTH_AT);
        bed_diffuse_program(bed);
        bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR | 1u << 19 | 2u << 16 | 1u << 3);
        const struct bed_vertex v[4] = {{0, 0, 0, 0xff000000},
                                        {200, 0, 0, 0xffff0000},
                                        {0, 70, 0.5f, 0xff00ff00},
                                        {200, 70, 0.5f, 0xffffff00}};
        bed_primitive(bed, 1, v, 4);
        for (uint32_t y = 0; y < 70; y++) {
            for (uint32_t x = 0; x < 200; x++) {
                const uint32_t offset = tiled_offset(tiling, x, y);
                const uint32_t pixel = bed_pixel(bed, COLOR_AT + offset, 0, 0, 0);
                const uint32_t depth = bed_pixel(bed, DEPTH_AT + offset, 0, 0, 0) & 0xffffff;
                assert_true(fabs((pixel >> 16 & 255) - (x + 0.5) / 200 * 255) <= 0.6);
                assert_true(fabs((pixel >> 8 & 255) - (y + 0.5) / 70 * 255) <= 0.6);
                assert_true(fabs(depth / 16777215.0 - (y + 0.5) / 140) <= 1e-6);
            }
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_depth_functions),
        TEST(test_depth_range_and_write_enable),
        TEST(test_sixteen_bit_depth),
        TEST(test_stencil_operations),
        TEST(test_stencil_functions_and_masks),
        TEST(test_two_sided_stencil),
        TEST(test_alpha_test),
        TEST(test_blend_factors_and_functions),
        TEST(test_independent_alpha),
        TEST(test_logic_operations),
        TEST(test_write_masks),
        TEST(test_color_formats),
        TEST(test_dither),
        TEST(test_polygon_stipple),
        TEST(test_tiled_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
