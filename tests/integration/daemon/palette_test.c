/* SPDX-License-Identifier: MIT */
/* Windows' palettes and frames' formats: what the pipe shows, pixel by pixel. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/integration/daemon/show.h"

/* What is in a pixel's place, of as many bits as the format has. */
static uint32_t value_at(uint32_t x, uint32_t y)
{
    return (x * 40503u + y * 2654435u) ^ x << 7;
}

/* The right picture of a pixel's value. */
typedef uint32_t colour_of(uint32_t value);

static uint32_t xrgb8888(uint32_t value)
{
    return value & 0xffffff;
}

static uint32_t wide(uint32_t value, unsigned bits)
{
    return value << (8 - bits) | value >> (2 * bits - 8);
}

static uint32_t rgb565(uint32_t value)
{
    return wide(value >> 11 & 31, 5) << 16 | wide(value >> 5 & 63, 6) << 8 | wide(value & 31, 5);
}

static uint32_t xrgb1555(uint32_t value)
{
    return wide(value >> 10 & 31, 5) << 16 | wide(value >> 5 & 31, 5) << 8 | wide(value & 31, 5);
}

static uint32_t grey(uint32_t value)
{
    return (value & 255) * 0x010101u;
}

/* What curved() makes of a colour, and indexed() of an index. */
static uint32_t curve(uint32_t value, unsigned channel)
{
    return channel == 0 ? 255 - value : channel == 1 ? value / 2 : value ^ 0x55;
}

static uint32_t curved(uint32_t value)
{
    return curve(value >> 16 & 255, 0) << 16 | curve(value >> 8 & 255, 1) << 8 |
           curve(value & 255, 2);
}

static uint32_t indexed(uint32_t value)
{
    return curved(grey(value));
}

static void set_curve(struct show *show)
{
    uint32_t words[GEMD_PALETTE_WORDS];
    for (uint32_t i = 0; i < GEMD_PALETTE_WORDS; i++) {
        words[i] = indexed(i);
    }
    assert_int_equal(gemd_window_set_palette(show->window, 8, words), 0);
}

static const struct {
    enum gemd_format format;
    uint32_t bytes;
    colour_of *colour;
} formats[] = {
    {GEMD_FORMAT_XRGB8888, 4, xrgb8888},
    {GEMD_FORMAT_RGB565, 2, rgb565},
    {GEMD_FORMAT_XRGB1555, 2, xrgb1555},
    {GEMD_FORMAT_C8, 1, grey},
};

static void draw(struct show *show, unsigned format)
{
    uint64_t serial;
    uint8_t *bytes = gemd_bo_map(show->bo);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            uint32_t value = value_at(x, y);
            memcpy(bytes + (size_t)y * STRIDE + (size_t)x * formats[format].bytes, &value,
                   formats[format].bytes);
        }
    }
    assert_int_equal(gemd_window_set_format(show->window, formats[format].format), 0);
    assert_int_equal(gemd_window_present(show->window, show->bo, 0, STRIDE, 1, 0, &serial), 0);
    assert_int_equal(gemd_window_wait_latched(show->window, serial, GEMD_FOREVER), 0);
}

static void assert_shown(const struct daemon *daemon, colour_of *colour, colour_of *through)
{
    struct gemd_screenshot shot = show_screenshot(daemon);
    assert_int_equal(shot.width, WIDTH);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        const uint32_t *pixels =
            (const void *)((const uint8_t *)shot.pixels + (size_t)y * shot.stride);
        for (uint32_t x = 0; x < WIDTH; x++) {
            uint32_t wanted = colour(value_at(x, y));
            wanted = through != NULL ? through(wanted) : wanted;
            if ((pixels[x] & 0xffffff) != wanted) {
                fail_msg("%u,%u: %06x, not %06x", x, y, pixels[x] & 0xffffff, wanted);
            }
        }
    }
    gemd_screenshot_free(&shot);
}

static void each_format_is_shown(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    show_begin(&show, daemon);
    for (unsigned i = 0; i < 8; i++) {
        draw(&show, i % 4);
        assert_shown(daemon, formats[i % 4].colour, NULL);
    }
    set_curve(&show);
    for (unsigned i = 0; i < 4; i++) {
        draw(&show, i);
        assert_shown(daemon, formats[i].colour, curved);
    }
    show_close(&show);
    daemon_await_nothing(daemon);
}

static void a_palette_is_set_while_a_picture_is_up(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    uint32_t words[GEMD_PALETTE_WORDS];
    show_begin(&show, daemon);
    draw(&show, 0);
    assert_shown(daemon, xrgb8888, NULL);
    set_curve(&show);
    show_await_vblanks(&show, 2);
    assert_shown(daemon, xrgb8888, curved);
    for (uint32_t i = 0; i < GEMD_PALETTE_WORDS; i++) {
        words[i] = i * 0x010101u;
    }
    assert_int_equal(gemd_window_set_palette(show.window, 8, words), 0);
    show_await_vblanks(&show, 1);
    assert_shown(daemon, xrgb8888, NULL);
    show_close(&show);
    daemon_await_nothing(daemon);
}

/* 1023 less the value: begins there, and falls; nothing falls, so each stretch stands still. */
static uint32_t steps(uint32_t value)
{
    uint32_t result = 0;
    for (unsigned shift = 0; shift < 24; shift += 8) {
        const uint32_t stretch = (value >> shift & 255u) >> 1;
        result |= (1023 - stretch * 8) >> 2 << shift;
    }
    return result;
}

static void ten_bits_are_stretches(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    uint32_t words[GEMD_PALETTE_WORDS];
    show_begin(&show, daemon);
    for (uint32_t i = 0; i < 128; i++) {
        words[2 * i] = ((1023 - i * 8) & 255u) * 0x010101u;
        words[2 * i + 1] = ((1023 - i * 8) >> 8) * 0x010101u;
    }
    assert_int_equal(gemd_window_set_palette(show.window, 10, words), 0);
    draw(&show, 0);
    assert_shown(daemon, xrgb8888, steps);
    set_curve(&show); /* and back to 8 */
    show_await_vblanks(&show, 1);
    assert_shown(daemon, xrgb8888, curved);
    show_close(&show);
    daemon_await_nothing(daemon);
}

static void a_palette_goes_with_its_window(void **state)
{
    const struct daemon *daemon = *state;
    struct show below, above;
    show_begin(&below, daemon);
    set_curve(&below);
    draw(&below, 3);
    assert_shown(daemon, indexed, NULL);
    show_begin(&above, daemon);
    show_await_vblanks(&below, 2);
    draw(&above, 0);
    assert_shown(daemon, xrgb8888, NULL);
    show_close(&above);
    show_await_vblanks(&below, 3);
    assert_shown(daemon, indexed, NULL);
    show_close(&below);
    daemon_await_nothing(daemon);
}

/* One palette after the other, each with its window's frame. */
static void windows_may_all_have_palettes(void **state)
{
    const struct daemon *daemon = *state;
    struct show below, above;
    uint32_t words[GEMD_PALETTE_WORDS];
    show_begin(&below, daemon);
    set_curve(&below);
    draw(&below, 0);
    show_begin(&above, daemon);
    for (uint32_t i = 0; i < 128; i++) {
        words[2 * i] = ((1023 - i * 8) & 255u) * 0x010101u;
        words[2 * i + 1] = ((1023 - i * 8) >> 8) * 0x010101u;
    }
    assert_int_equal(gemd_window_set_palette(above.window, 10, words), 0);
    assert_shown(daemon, xrgb8888, curved); /* nothing else is up yet */
    draw(&above, 0);
    assert_shown(daemon, xrgb8888, steps);
    set_curve(&below); /* hidden: not seen */
    assert_shown(daemon, xrgb8888, steps);
    show_close(&above);
    show_await_vblanks(&below, 3);
    assert_shown(daemon, xrgb8888, curved);
    show_close(&below);
    daemon_await_nothing(daemon);
}

static void its_cursor_goes_through_it(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    static uint32_t image[64 * 64];
    show_begin(&show, daemon);
    for (unsigned i = 0; i < 64 * 64; i++) {
        image[i] = 0xff204060u;
    }
    draw(&show, 0);
    assert_int_equal(gemd_cursor_set(show.window, 64, image), 0);
    assert_int_equal(gemd_cursor_move(show.window, true, 10, 10), 0);
    set_curve(&show);
    show_await_vblanks(&show, 2);
    struct gemd_screenshot shot = show_screenshot(daemon);
    const uint32_t *pixels = shot.pixels;
    assert_int_equal(pixels[20 * WIDTH + 20] & 0xffffff, curved(0x204060));
    assert_int_equal(pixels[100 * WIDTH + 100] & 0xffffff, curved(xrgb8888(value_at(100, 100))));
    gemd_screenshot_free(&shot);
    show_close(&show);
}

static void wrong_ones_are_refused(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    uint32_t words[GEMD_PALETTE_WORDS] = {0};
    show_begin(&show, daemon);
    assert_int_equal(gemd_window_set_palette(show.window, 0, words), -EINVAL);
    assert_int_equal(gemd_window_set_palette(show.window, 9, words), -EINVAL);
    words[255] = 1u << 24;
    assert_int_equal(gemd_window_set_palette(show.window, 8, words), -EINVAL);
    assert_int_equal(gemd_window_set_palette(show.window, 10, words), -EINVAL);
    assert_int_equal(gemd_window_set_format(show.window, (enum gemd_format)4), -EINVAL);
    assert_int_equal(gemd_session_lost(show.session), GEMD_LOST_NOT);
    show_close(&show);
}

static void count_refusal(void *data, const struct gemd_msg_header *event, const char *text)
{
    *(unsigned *)data += event->type == GEMD_MSG_RING_ERROR;
}

/* Stride and extent are a format's: a line less, or a page further, and it is refused. */
static void extents_are_those_of_the_format(void **state)
{
    static const struct {
        enum gemd_format format;
        uint32_t stride, offset;
        unsigned refused;
    } rows[] = {
        {GEMD_FORMAT_XRGB8888, 1280, 0, 0},
        {GEMD_FORMAT_XRGB8888, 1280, 4096, 1},
        {GEMD_FORMAT_XRGB8888, 1216, 0, 1},
        {GEMD_FORMAT_RGB565, 640, 0, 0},
        {GEMD_FORMAT_RGB565, 576, 0, 1},
        {GEMD_FORMAT_RGB565, 1280, 0, 0},
        {GEMD_FORMAT_RGB565, 1344, 0, 1},
        {GEMD_FORMAT_XRGB1555, 640, 126976, 0},
        {GEMD_FORMAT_XRGB1555, 640, 131072, 1},
        {GEMD_FORMAT_XRGB1555, 576, 0, 1},
        {GEMD_FORMAT_C8, 320, 0, 0},
        {GEMD_FORMAT_C8, 256, 0, 1},
        {GEMD_FORMAT_C8, 320, 192512, 0},
        {GEMD_FORMAT_C8, 320, 196608, 1},
    };
    const struct daemon *daemon = *state;
    unsigned refused = 0;
    struct show show;
    show.session = daemon_open(daemon, count_refusal, &refused);
    assert_int_equal(gemd_window_create(show.session, WIDTH, HEIGHT, &show.window), 0);
    assert_int_equal(gemd_bo_create(show.session, STRIDE * HEIGHT, true, &show.bo), 0);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t serial;
        refused = 0;
        assert_int_equal(gemd_window_set_format(show.window, rows[i].format), 0);
        assert_int_equal(gemd_window_present(show.window, show.bo, rows[i].offset, rows[i].stride,
                                             1, 0, &serial),
                         0);
        assert_int_equal(gemd_window_wait_latched(show.window, serial, GEMD_FOREVER), 0);
        show_await_vblanks(&show, 1);
        gemd_session_dispatch(show.session);
        if (refused != rows[i].refused) {
            fail_msg("row %u: refused %u times", i, refused);
        }
    }
    assert_int_equal(gemd_session_lost(show.session), GEMD_LOST_NOT);
    show_close(&show);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, daemon_setup, daemon_teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_format_is_shown),          TEST(a_palette_is_set_while_a_picture_is_up),
        TEST(ten_bits_are_stretches),        TEST(a_palette_goes_with_its_window),
        TEST(windows_may_all_have_palettes), TEST(its_cursor_goes_through_it),
        TEST(wrong_ones_are_refused),        TEST(extents_are_those_of_the_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
