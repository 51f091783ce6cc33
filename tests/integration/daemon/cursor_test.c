/* SPDX-License-Identifier: MIT */
/* The screen's modes, and cursors: what the pipe shows is what was asked for, pixel by pixel. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/integration/daemon/show.h"

#define GROUND 0x102030u

static uint32_t side = 64; /* of the cursors that follow */

static void show_open(struct show *show, const struct daemon *daemon)
{
    uint64_t serial;
    show_begin(show, daemon);
    uint32_t *pixels = gemd_bo_map(show->bo);
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
        pixels[i] = GROUND;
    }
    assert_int_equal(gemd_window_present(show->window, show->bo, 0, WIDTH * 4, 1, 0, &serial), 0);
    assert_int_equal(gemd_window_wait_latched(show->window, serial, GEMD_FOREVER), 0);
}

/* The ground, and an opaque cursor of one colour at that place; colour 0: none. */
static void assert_picture(const struct daemon *daemon, int32_t x, int32_t y, uint32_t colour)
{
    struct gemd_screenshot shot = show_screenshot(daemon);
    assert_int_equal(shot.width, WIDTH);
    assert_int_equal(shot.height, HEIGHT);
    for (int32_t row = 0; row < (int32_t)HEIGHT; row++) {
        const uint32_t *pixels =
            (const void *)((const uint8_t *)shot.pixels + (size_t)row * shot.stride);
        for (int32_t column = 0; column < (int32_t)WIDTH; column++) {
            const bool in = colour != 0 && column >= x && column < x + (int32_t)side && row >= y &&
                            row < y + (int32_t)side;
            assert_int_equal(pixels[column] & 0xffffff, in ? colour : GROUND);
        }
    }
    gemd_screenshot_free(&shot);
}

static void set_cursor(struct show *show, uint32_t argb)
{
    static uint32_t image[GEMD_CURSOR_SIDE_MAX * GEMD_CURSOR_SIDE_MAX];
    for (size_t i = 0; i < sizeof(image) / sizeof(image[0]); i++) {
        image[i] = argb;
    }
    assert_int_equal(gemd_cursor_set(show->window, side, image), 0);
}

static void a_cursor_is_where_it_was_put(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    show_open(&show, daemon);
    set_cursor(&show, 0xffaa5511u);
    show_await_vblanks(&show, 2);
    assert_picture(daemon, 0, 0, 0); /* not visible yet */
    static const int32_t places[][2] = {{0, 0}, {100, 50}, {-20, -30}, {300, 190}, {-64, 10}};
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        assert_int_equal(gemd_cursor_move(show.window, true, places[i][0], places[i][1]), 0);
        show_await_vblanks(&show, 2);
        assert_picture(daemon, places[i][0], places[i][1], 0xaa5511u);
    }
    assert_int_equal(gemd_cursor_move(show.window, true, 7, 9), 0);
    set_cursor(&show, 0xff00ff00u);
    show_await_vblanks(&show, 2);
    assert_picture(daemon, 7, 9, 0x00ff00u);
    set_cursor(&show, 0); /* transparent */
    show_await_vblanks(&show, 2);
    assert_picture(daemon, 0, 0, 0);
    set_cursor(&show, 0xff00ff00u);
    assert_int_equal(gemd_cursor_move(show.window, false, 7, 9), 0);
    show_await_vblanks(&show, 2);
    assert_picture(daemon, 0, 0, 0);
    show_close(&show);
    daemon_await_nothing(daemon);
}

static void larger_cursors_are_shown(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    show_open(&show, daemon);
    for (side = 256; side >= 64; side /= 2) {
        set_cursor(&show, 0xff000000u | side);
        assert_int_equal(gemd_cursor_move(show.window, true, 30, -20), 0);
        show_await_vblanks(&show, 2);
        assert_picture(daemon, 30, -20, side);
    }
    static const uint32_t image[GEMD_CURSOR_SIDE_MAX * GEMD_CURSOR_SIDE_MAX];
    assert_int_equal(gemd_cursor_set(show.window, 32, image), -EINVAL);
    assert_int_equal(gemd_cursor_set(show.window, 200, image), -EINVAL);
    assert_int_equal(gemd_cursor_set(show.window, 0, image), -EINVAL);
    side = 64;
    show_close(&show);
    daemon_await_nothing(daemon);
}

static void a_cursor_goes_with_its_window(void **state)
{
    const struct daemon *daemon = *state;
    struct show below, above;
    show_open(&below, daemon);
    set_cursor(&below, 0xff0000ffu);
    assert_int_equal(gemd_cursor_move(below.window, true, 10, 10), 0);
    show_open(&above, daemon);
    show_await_vblanks(&above, 2);
    assert_picture(daemon, 0, 0, 0);
    set_cursor(&above, 0xff00ff00u);
    assert_int_equal(gemd_cursor_move(above.window, true, 50, 50), 0);
    assert_int_equal(gemd_cursor_move(below.window, true, 20, 20), 0); /* hidden: not seen */
    show_await_vblanks(&above, 2);
    assert_picture(daemon, 50, 50, 0x00ff00u);
    show_close(&above);
    show_await_vblanks(&below, 3);
    assert_picture(daemon, 20, 20, 0x0000ffu);
    show_close(&below);
    daemon_await_nothing(daemon);
}

/* The ground's colour, and where the first pixel of another colour is, and which; -1: none. */
static uint32_t look(const struct daemon *daemon, int32_t *x, int32_t *y, uint32_t *colour)
{
    struct gemd_screenshot shot = show_screenshot(daemon);
    const uint32_t *pixels = shot.pixels;
    const uint32_t ground = pixels[WIDTH * HEIGHT - 1] & 0xffffff;
    *x = *y = -1;
    for (uint32_t i = 0; i < WIDTH * HEIGHT && *x < 0; i++) {
        if ((pixels[i] & 0xffffff) != ground) {
            *colour = pixels[i] & 0xffffff;
            *x = (int32_t)(i % WIDTH);
            *y = (int32_t)(i / WIDTH);
        }
    }
    gemd_screenshot_free(&shot);
    return ground;
}

/* The frame's colour says where the cursor is: it stays until its frame comes, and comes with it.
 */
static void a_cursor_comes_with_its_frame(void **state)
{
    const struct daemon *daemon = *state;
    static uint32_t image[64 * 64];
    struct show show;
    uint64_t serial;
    int32_t x = -1, y;
    show_open(&show, daemon);
    struct gemd_bo *bos[2] = {show.bo};
    assert_int_equal(gemd_bo_create(show.session, WIDTH * HEIGHT * 4, true, &bos[1]), 0);
    uint32_t colour = 0;
    for (int32_t i = 1; i <= 24; i++) {
        uint32_t *pixels = gemd_bo_map(bos[i % 2]);
        for (uint32_t k = 0; k < WIDTH * HEIGHT; k++) {
            pixels[k] = (uint32_t)i;
        }
        for (uint32_t k = 0; k < 64 * 64; k++) {
            image[k] = 0xffffff00u - (uint32_t)i;
        }
        assert_int_equal(
            gemd_cursor_with_frame(show.window, 64, i % 3 == 0 ? image : NULL, i > 2, i * 4, i), 0);
        const int32_t before = x;
        if (i % 4 != 0) { /* it waits */
            show_await_vblanks(&show, 2);
            assert_int_equal(look(daemon, &x, &y, &colour), i == 1 ? GROUND : (uint32_t)i - 1);
            assert_int_equal(x, before);
            assert_true(i <= 3 || colour == 0xffff00u - (uint32_t)((i - 1) / 3 * 3));
        }
        assert_int_equal(gemd_window_flip(show.window, bos[i % 2], 0, WIDTH * 4, 0, 0, &serial), 0);
        assert_int_equal(gemd_window_wait_latched(show.window, serial, GEMD_FOREVER), 0);
        /* A vblank may have come between the writes to the planes, when this machine is slow. */
        show_await_vblanks(&show, 2);
        assert_int_equal(look(daemon, &x, &y, &colour), i);
        assert_int_equal(x, i > 2 ? i * 4 : -1);
        assert_int_equal(y, i > 2 ? i : -1);
        assert_true(i <= 2 || colour == 0xffff00u - (uint32_t)(i / 3 * 3));
    }
    gemd_bo_unref(bos[1]);
    show_close(&show);
    daemon_await_nothing(daemon);
}

static void wrong_places_are_refused(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    show_open(&show, daemon);
    assert_int_equal(gemd_cursor_move(show.window, true, 4096, 0), -EINVAL);
    assert_int_equal(gemd_cursor_move(show.window, true, 0, -4096), -EINVAL);
    assert_int_equal(gemd_cursor_move(show.window, true, INT32_MIN, INT32_MIN), -EINVAL);
    assert_int_equal(gemd_cursor_with_frame(show.window, 0, NULL, true, 0, 4096), -EINVAL);
    assert_int_equal(gemd_cursor_move(show.window, true, -4095, 4095), 0);
    assert_int_equal(gemd_session_lost(show.session), GEMD_LOST_NOT);
    show_close(&show);
}

static void each_mode_is_what_a_window_gets(void **state)
{
    const struct daemon *daemon = *state;
    struct gemd_session *session = daemon_open(daemon, NULL, NULL);
    const struct gemd_info *info = gemd_session_info(session);
    struct gemd_screen_modes screen;
    assert_int_equal(gemd_query_screen_modes(session, &screen), 0);
    assert_true(screen.mode_count > 1);
    assert_int_equal(screen.modes[0].width, info->screen_width);
    assert_int_equal(screen.modes[0].height, info->screen_height);
    for (unsigned i = 0; i < screen.mode_count; i++) {
        const struct gemd_mode *mode = &screen.modes[i];
        struct gemd_window *window;
        assert_true(mode->width <= mode->hsync_start && mode->hsync_start < mode->hsync_end &&
                    mode->hsync_end <= mode->htotal);
        assert_true(mode->height <= mode->vsync_start && mode->vsync_start < mode->vsync_end &&
                    mode->vsync_end <= mode->vtotal);
        assert_true(mode->clock_khz > 0);
        assert_int_equal(gemd_window_create(session, mode->width, mode->height, &window), 0);
        gemd_window_destroy(window);
        for (unsigned k = 0; k < i; k++) {
            assert_true(screen.modes[k].width != mode->width ||
                        screen.modes[k].height != mode->height);
        }
    }
    if (screen.edid_bytes != 0) {
        assert_memory_equal(screen.edid, "\0\xff\xff\xff\xff\xff\xff\0", 8);
    }
    gemd_session_close(session);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, daemon_setup, daemon_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_cursor_is_where_it_was_put),    TEST(larger_cursors_are_shown),
        TEST(a_cursor_goes_with_its_window),   TEST(wrong_places_are_refused),
        TEST(each_mode_is_what_a_window_gets), TEST(a_cursor_comes_with_its_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
