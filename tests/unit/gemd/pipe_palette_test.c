/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gemd/palette.h"

static const struct palette none;

/* A straight line of ten bits: each stretch begins at 8 times its number and rises by 8. */
static struct palette line_of_ten_bits(void)
{
    struct palette palette = {.depth = 10};
    for (uint32_t i = 0; i < 128; i++) {
        const uint32_t start = i * 8, slope = 1u << 2 | start >> 8; /* mantissa 1, exponent 0 */
        palette.words[2 * i] = (start & 0xffu) * 0x010101u;
        palette.words[2 * i + 1] = slope * 0x010101u;
    }
    return palette;
}

static void straight_lines_change_nothing(void **state)
{
    struct palette eight, ten = line_of_ten_bits();
    palette_straighten(&eight);
    for (uint16_t i = 0; i < 1024; i++) {
        uint16_t channels[3] = {i, (uint16_t)(1023 - i), 7};
        palette_look_up(&ten, channels);
        assert_int_equal(channels[0], i);
        assert_int_equal(channels[1], 1023 - i);
        assert_int_equal(channels[2], 7);
        palette_look_up(&none, channels);
        assert_int_equal(channels[0], i);
        palette_look_up(&eight, channels);
        assert_int_equal(channels[0] >> 2, i >> 2);
    }
}

static void channels_have_their_own(void **state)
{
    struct palette palette = {.depth = 8};
    palette.words[1] = 0x110000;
    palette.words[2] = 0x002200;
    palette.words[3] = 0x000033;
    uint32_t pixels[2];
    static const uint32_t line[2] = {0xff010203, 0x00030201};
    palette_decode_line(&palette, GEMD_FORMAT_XRGB8888, line, pixels, 2);
    assert_int_equal(pixels[0], 0xff112233);
    assert_int_equal(pixels[1], 0xff002200);
}

static void steep_stretches_end_at_white(void **state)
{
    struct palette palette = {.depth = 10};
    palette.words[0] = 0xff0000;
    palette.words[1] = 0x3f0000; /* 3 << 8, mantissa 15, exponent 0: 120 in all */
    uint16_t channels[3] = {7, 0, 0};
    palette_look_up(&palette, channels);
    assert_int_equal(channels[0], 1023);
    palette.words[0] = 0x100000;
    palette.words[1] = 0xc40000; /* mantissa 1, exponent 3: 1 in all; begins at 16 */
    channels[0] = 7;
    palette_look_up(&palette, channels);
    assert_int_equal(channels[0], 16);
    palette.words[1] = 0x3c0000;
    channels[0] = 4;
    palette_look_up(&palette, channels);
    assert_int_equal(channels[0], 16 + 120 * 4 / 8);
}

static void formats_are_decoded(void **state)
{
    static const struct {
        enum gemd_format format;
        uint32_t word, colour;
    } rows[] = {
        {GEMD_FORMAT_XRGB8888, 0x12345678, 0xff345678},
        {GEMD_FORMAT_RGB565, 0xf800, 0xffff0000},
        {GEMD_FORMAT_RGB565, 0x07e0, 0xff00ff00},
        {GEMD_FORMAT_RGB565, 0x0410, 0xff008284},
        {GEMD_FORMAT_XRGB1555, 0xfc00, 0xffff0000},
        {GEMD_FORMAT_XRGB1555, 0x0210, 0xff008484},
        {GEMD_FORMAT_C8, 0x5a, 0xff5a5a5a},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t pixel;
        palette_decode_line(&none, rows[i].format, &rows[i].word, &pixel, 1);
        assert_int_equal(pixel, rows[i].colour);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(straight_lines_change_nothing),
        cmocka_unit_test(channels_have_their_own),
        cmocka_unit_test(steep_stretches_end_at_white),
        cmocka_unit_test(formats_are_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
