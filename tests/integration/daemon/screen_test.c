/* SPDX-License-Identifier: MIT */
/* Windows on the screen of the real daemon: pace, pictures, and who owns the screen. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

#define BUFFERS 3

/* A client with one window and buffers to show in it. */
struct show {
    struct gemd_session *session;
    struct gemd_window *window;
    struct gemd_bo *bos[BUFFERS];
    uint64_t serials[BUFFERS];
    uint32_t width, height, stride;
    uint64_t serial;
};

static void show_open(struct show *show, const struct daemon *daemon, uint32_t width,
                      uint32_t height)
{
    *show = (struct show){.session = daemon_open(daemon, NULL, NULL)};
    assert_int_equal(gemd_window_create(show->session, width, height, &show->window), 0);
    show->width = gemd_window_width(show->window);
    show->height = gemd_window_height(show->window);
    show->stride = (show->width * 4 + 63) & ~63u;
    for (unsigned i = 0; i < BUFFERS; i++) {
        assert_int_equal(
            gemd_bo_create(show->session, show->stride * show->height, true, &show->bos[i]), 0);
    }
}

static void show_close(struct show *show)
{
    gemd_window_destroy(show->window);
    for (unsigned i = 0; i < BUFFERS; i++) {
        gemd_bo_unref(show->bos[i]);
    }
    gemd_session_close(show->session);
}

/* Draws a frame of one colour into a free buffer and presents it. */
static void show_frame(struct show *show, uint32_t colour, uint32_t interval)
{
    unsigned free_one = 0;
    struct batch batch;
    uint64_t seqno = 0;
    assert_int_equal(
        gemd_window_wait_released(show->window, show->serials, BUFFERS, GEMD_FOREVER, &free_one),
        0);
    batch_reset(&batch);
    batch_fill(&batch, show->bos[free_one], show->stride, 0, 0, show->width, show->height, colour);
    assert_int_equal(batch_submit(&batch, show->session, &seqno), 0);
    assert_int_equal(gemd_window_present(show->window, show->bos[free_one], 0, show->stride,
                                         interval, seqno, &show->serial),
                     0);
    show->serials[free_one] = show->serial;
}

static void show_await(struct show *show)
{
    assert_int_equal(gemd_window_wait_latched(show->window, show->serial, GEMD_FOREVER), 0);
}

static int take_screenshot(const struct daemon *daemon, struct gemd_screenshot *shot)
{
    struct gemd_session *session = NULL;
    char reason[GEMD_TEXT_MAX];
    const struct gemd_connect_options options = {
        .socket = daemon->socket, .role = GEMD_ROLE_OPERATOR, .name = "screen_test"};
    assert_int_equal(gemd_session_open(&options, &session, reason), 0);
    int result = gemd_take_screenshot(session, shot);
    gemd_session_close(session);
    return result;
}

/* Every pixel on the screen has this colour (X is not looked at). */
static void assert_screen(const struct daemon *daemon, uint32_t width, uint32_t height,
                          uint32_t colour)
{
    struct gemd_screenshot shot;
    assert_int_equal(take_screenshot(daemon, &shot), 0);
    assert_int_equal(shot.width, width);
    assert_int_equal(shot.height, height);
    for (uint32_t y = 0; y < height; y++) {
        const uint32_t *row = (const void *)((const uint8_t *)shot.pixels + y * shot.stride);
        for (uint32_t x = 0; x < width; x++) {
            assert_int_equal(row[x] & 0xffffff, colour);
        }
    }
    gemd_screenshot_free(&shot);
}

/* The pipe's own count: a machine that is busy sees several vblanks in one interrupt. */
static int64_t vblank_now(const struct daemon *daemon)
{
    struct gemd_screenshot shot;
    assert_int_equal(take_screenshot(daemon, &shot), 0);
    int64_t vblank = (int64_t)shot.frame;
    gemd_screenshot_free(&shot);
    return vblank;
}

static int64_t window_value(const struct daemon *daemon, const struct show *show, const char *key)
{
    char name[80];
    snprintf(name, sizeof(name), "session.%u.window.0.%s",
             gemd_session_info(show->session)->session, key);
    return daemon_value(daemon, name);
}

static void every_frame_has_its_vblank(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    show_open(&show, daemon, 64, 64);
    show_frame(&show, 0, 1);
    show_await(&show);
    int64_t before = vblank_now(daemon);
    for (uint32_t i = 1; i <= 30; i++) {
        show_frame(&show, i, 1);
    }
    show_await(&show);
    int64_t after = vblank_now(daemon);
    /* Not one more than one in a vblank, and none left out; late ones may take longer. */
    assert_true(after - before >= 29);
    assert_int_equal(window_value(daemon, &show, "frames"), 31);
    assert_int_equal(window_value(daemon, &show, "dropped"), 0);
    assert_int_equal(daemon_value(daemon, "flips"), 31);
    assert_screen(daemon, 64, 64, 30);
    show_close(&show);
    daemon_await_nothing(daemon);
}

static void longer_intervals_are_kept(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    show_open(&show, daemon, 64, 64);
    show_frame(&show, 0, 1);
    show_await(&show);
    int64_t before = vblank_now(daemon);
    for (uint32_t i = 0; i < 5; i++) {
        show_frame(&show, i, 3);
    }
    show_await(&show);
    assert_true(vblank_now(daemon) - before >= 14);
    show_close(&show);
}

static void without_throttle_each_frame_is_shown_or_dropped(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    show_open(&show, daemon, 64, 64);
    for (uint32_t i = 1; i <= 500; i++) {
        show_frame(&show, i, 0);
    }
    show_await(&show); /* the newest is never dropped */
    int64_t frames = window_value(daemon, &show, "frames");
    int64_t dropped = window_value(daemon, &show, "dropped");
    assert_int_equal(frames + dropped, 500);
    assert_true(frames > 0);
    assert_screen(daemon, 64, 64, 500);
    show_close(&show);
    daemon_await_nothing(daemon);
}

static void the_newest_window_owns_the_screen(void **state)
{
    const struct daemon *daemon = *state;
    struct show below, above;
    show_open(&below, daemon, 320, 200);
    show_frame(&below, 0x112233, 1);
    show_await(&below);
    assert_screen(daemon, 320, 200, 0x112233);

    show_open(&above, daemon, 128, 96);
    show_frame(&above, 0x445566, 1);
    show_await(&above);
    assert_screen(daemon, 128, 96, 0x445566);

    /* Hidden frames take their turns all the same. */
    for (uint32_t i = 0; i < 10; i++) {
        show_frame(&below, 0x200000 + i, 1);
    }
    show_await(&below);
    assert_screen(daemon, 128, 96, 0x445566);
    assert_int_equal(window_value(daemon, &below, "visible"), 0);

    show_close(&above);
    daemon_await(daemon, "sessions", 1);
    assert_int_equal(window_value(daemon, &below, "visible"), 1);
    show_frame(&below, 0x778899, 1);
    show_await(&below);
    assert_screen(daemon, 320, 200, 0x778899);
    show_close(&below);
    daemon_await_nothing(daemon);
}

static void the_last_frame_comes_back_by_itself(void **state)
{
    const struct daemon *daemon = *state;
    struct show below, above;
    show_open(&below, daemon, 64, 64);
    show_frame(&below, 0x112233, 1);
    show_await(&below);
    show_open(&above, daemon, 64, 64);
    show_frame(&above, 0x445566, 1);
    show_await(&above);
    int64_t flips = daemon_value(daemon, "flips");
    show_close(&above);
    daemon_await(daemon, "flips", flips + 1);
    assert_screen(daemon, 64, 64, 0x112233);
    show_close(&below);
}

static void without_windows_the_pipe_is_off(void **state)
{
    const struct daemon *daemon = *state;
    struct gemd_screenshot shot;
    struct show show;
    assert_int_equal(take_screenshot(daemon, &shot), -ENODATA);
    show_open(&show, daemon, 0, 0);
    assert_int_equal(show.width, 1024);
    assert_int_equal(show.height, 768);
    assert_screen(daemon, 1024, 768, 0); /* nothing shown yet: black */
    show_frame(&show, 0xabcdef, 1);
    show_await(&show);
    assert_screen(daemon, 1024, 768, 0xabcdef);
    show_close(&show);
    daemon_await_nothing(daemon);
    int64_t vblanks = daemon_value(daemon, "vblanks");
    assert_int_equal(take_screenshot(daemon, &shot), -ENODATA);
    assert_int_equal(daemon_value(daemon, "vblanks"), vblanks);
}

static void sizes_up_to_the_largest(void **state)
{
    const struct daemon *daemon = *state;
    static const uint32_t sizes[][2] = {{16, 16}, {64, 64}, {801, 601}, {2048, 2048}};
    for (unsigned i = 0; i < 4; i++) {
        struct show show;
        show_open(&show, daemon, sizes[i][0], sizes[i][1]);
        show_frame(&show, 0x010203 + i, 1);
        show_await(&show);
        assert_screen(daemon, sizes[i][0], sizes[i][1], 0x010203 + i);
        show_close(&show);
    }
    struct gemd_session *session = daemon_open(daemon, NULL, NULL);
    struct gemd_window *window = NULL;
    assert_int_equal(gemd_window_create(session, 2049, 16, &window), -EINVAL);
    assert_int_equal(gemd_window_create(session, 16, 0, &window), -EINVAL);
    gemd_session_close(session);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, daemon_setup, daemon_teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_frame_has_its_vblank),
        TEST(longer_intervals_are_kept),
        TEST(without_throttle_each_frame_is_shown_or_dropped),
        TEST(the_newest_window_owns_the_screen),
        TEST(the_last_frame_comes_back_by_itself),
        TEST(without_windows_the_pipe_is_off),
        TEST(sizes_up_to_the_largest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
