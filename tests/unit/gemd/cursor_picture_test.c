/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "gemd/cursor_picture.h"
#include "gemd/window.h"

#define SIDE   64
#define WIDTH  100
#define HEIGHT 80
#define GROUND 0xff804020u

static const struct palette none;
static uint32_t image[SIDE * SIDE], pixels[(HEIGHT + 2) * WIDTH];

/* Draws at a place, between two lines that are not to be touched. */
static const uint32_t *drawn(uint32_t argb, int32_t x, int32_t y)
{
    const struct window_cursor cursor = {
        .image = image, .side = SIDE, .x = x, .y = y, .visible = true};
    for (unsigned i = 0; i < SIDE * SIDE; i++) {
        image[i] = argb;
    }
    for (unsigned i = 0; i < (HEIGHT + 2) * WIDTH; i++) {
        pixels[i] = GROUND;
    }
    cursor_draw(&cursor, &none, pixels + WIDTH, WIDTH, HEIGHT);
    for (unsigned i = 0; i < WIDTH; i++) {
        assert_int_equal(pixels[i], GROUND);
        assert_int_equal(pixels[(HEIGHT + 1) * WIDTH + i], GROUND);
    }
    return pixels + WIDTH;
}

static void colours_are_blended(void **state)
{
    static const struct {
        uint32_t argb, result;
    } rows[] = {
        {0xff112233, 0xff112233}, /* opaque */
        {0x00000000, GROUND},     /* nothing */
        {0x80100804, 0xff502814}, /* 0x80 * 127 / 255 = 63.7, 31.9, 15.9 */
        {0x00f0f0f0, 0xffffffff}, /* more than its alpha: it shines, to the brim */
        {0xff000000, 0xff000000},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const uint32_t *picture = drawn(rows[i].argb, 10, 5);
        for (int32_t y = 0; y < HEIGHT; y++) {
            for (int32_t x = 0; x < WIDTH; x++) {
                const bool in = x >= 10 && x < 10 + SIDE && y >= 5 && y < 5 + SIDE;
                if (picture[y * WIDTH + x] != (in ? rows[i].result : GROUND)) {
                    fail_msg("0x%08x at %d,%d: 0x%08x", rows[i].argb, x, y, picture[y * WIDTH + x]);
                }
            }
        }
    }
}

static void what_is_beyond_is_left_out(void **state)
{
    static const struct {
        int32_t x, y;
        unsigned count;
    } rows[] = {
        {-20, -30, 44 * 34}, {90, 70, 10 * 10},   {-SIDE, 0, 0},
        {WIDTH, 0, 0},       {0, HEIGHT, 0},      {0, -SIDE, 0},
        {-4095, 4095, 0},    {4095, -4095, 0},    {INT32_MAX, INT32_MIN, 0},
        {0, 0, SIDE * SIDE}, {WIDTH - 1, -63, 1},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const uint32_t *picture = drawn(0xff010203, rows[i].x, rows[i].y);
        unsigned count = 0;
        for (unsigned n = 0; n < HEIGHT * WIDTH; n++) {
            count += picture[n] == 0xff010203;
        }
        assert_int_equal(count, rows[i].count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_are_blended),
        cmocka_unit_test(what_is_beyond_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
