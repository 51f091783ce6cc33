/* SPDX-License-Identifier: MIT */
/* gemd-view's window on an X server: what is in it, pixel by pixel, and its keys. 77: no server. */
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/view/desk.h"
#include "tools/lib/picture.h"

enum { WIDTH = 320, HEIGHT = 200 };

static Display *display;
static bool windows_go; /* one that is looked at may */

static int ignore_errors(Display *of, XErrorEvent *event)
{
    windows_go = true;
    return 0;
}

/* The viewer's window, by the begin of its title; None. */
static Window find_below(Window window, const char *title)
{
    Window root, parent, *children = NULL, found = None;
    unsigned count = 0;
    char *name = NULL;
    if (XFetchName(display, window, &name) != 0 && name != NULL) {
        found = strncmp(name, title, strlen(title)) == 0 ? window : None;
        XFree(name);
    }
    if (XQueryTree(display, window, &root, &parent, &children, &count) != 0) {
        for (unsigned i = 0; i < count && found == None; i++) {
            found = find_below(children[i], title);
        }
        if (children != NULL) {
            XFree(children);
        }
    }
    return found;
}

static Window await_title(const char *title)
{
    int64_t begin = 0;
    Window window;
    while ((window = find_below(DefaultRootWindow(display), title)) == None) {
        desk_wait(&begin);
    }
    return window;
}

static void press(KeySym key, bool shift)
{
    Window window = await_title("gemd");
    XKeyEvent event = {.type = KeyPress,
                       .display = display,
                       .window = window,
                       .root = DefaultRootWindow(display),
                       .same_screen = True,
                       .keycode = XKeysymToKeycode(display, key),
                       .state = shift ? ShiftMask : 0};
    XSetInputFocus(display, window, RevertToParent, CurrentTime);
    XSync(display, False);
    XSendEvent(display, window, True, KeyPressMask, (XEvent *)&event);
    event.type = KeyRelease;
    XSendEvent(display, window, True, KeyReleaseMask, (XEvent *)&event);
    XSync(display, False);
}

/* What the window shows; NULL when it went just now. */
static XImage *grab(int *width, int *height)
{
    XWindowAttributes attributes;
    Window window = find_below(DefaultRootWindow(display), "gemd");
    windows_go = false;
    if (window == None || XGetWindowAttributes(display, window, &attributes) == 0 ||
        attributes.map_state != IsViewable) {
        return NULL;
    }
    *width = attributes.width;
    *height = attributes.height;
    return XGetImage(display, window, 0, 0, (unsigned)*width, (unsigned)*height, AllPlanes,
                     ZPixmap);
}

/* Pixels that are not the picture's, at its own size; all of them when the window has another. */
static uint32_t count_wrong(uint32_t seed, uint32_t width, uint32_t height)
{
    int is_width, is_height;
    uint32_t wrong = 0;
    XImage *image = grab(&is_width, &is_height);
    if (image == NULL || is_width != (int)width || is_height != (int)height) {
        wrong = width * height;
    }
    for (uint32_t y = 0; y < height && image != NULL && wrong < width * height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            wrong += (XGetPixel(image, (int)x, (int)y) & 0xffffffu) != desk_pixel(seed, x, y);
        }
    }
    if (image != NULL) {
        XDestroyImage(image);
    }
    return wrong;
}

static void await_picture(uint32_t seed, uint32_t width, uint32_t height)
{
    int64_t begin = 0;
    while (count_wrong(seed, width, height) != 0) {
        desk_wait(&begin);
    }
}

/* Until something lies over it. */
static void await_overlay(uint32_t seed)
{
    int64_t begin = 0;
    for (;;) {
        const uint32_t wrong = count_wrong(seed, WIDTH, HEIGHT);
        if (wrong > 500 && wrong < WIDTH * HEIGHT) {
            return;
        }
        desk_wait(&begin);
    }
}

static int setup(void **state)
{
    struct desk *desk = calloc(1, sizeof(*desk));
    desk_open(desk);
    desk_turn_on(desk, WIDTH, HEIGHT);
    desk_show(desk, 1);
    desk_view(desk, (const char *const[]){NULL});
    await_picture(1, WIDTH, HEIGHT);
    *state = desk;
    return 0;
}

static int teardown(void **state)
{
    struct desk *desk = *state;
    if (desk->view != 0) {
        press(XK_q, false);
        assert_int_equal(desk_await_end(desk), 0);
    }
    desk_close(desk);
    free(desk);
    return 0;
}

static void it_shows_what_the_screen_shows(void **state)
{
    struct desk *desk = *state;
    for (uint32_t seed = 2; seed < 12; seed++) {
        desk_show(desk, seed);
        await_picture(seed, WIDTH, HEIGHT);
    }
    await_title("gemd: model:g33, 320x200");
}

static void keys_show_more_and_take_it_away(void **state)
{
    static const struct {
        KeySym key;
        bool shift;
    } keys[] = {{XK_g, false}, {XK_s, false}, {XK_F1, false}};
    for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        press(keys[i].key, keys[i].shift);
        await_overlay(1);
        press(keys[i].key, keys[i].shift);
        await_picture(1, WIDTH, HEIGHT);
    }
}

static void a_key_saves_the_picture(void **state)
{
    struct desk *desk = *state;
    struct picture picture;
    char name[64], path[160];
    press(XK_p, false);
    desk_await_output(desk, "gemd-view: gemd-view-", name, sizeof(name));
    snprintf(path, sizeof(path), "%s/gemd-view-%s", desk->folder, name);
    assert_int_equal(picture_load(&picture, path), 0);
    assert_int_equal(picture.width, WIDTH);
    assert_int_equal(picture.height, HEIGHT);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            const uint8_t *rgb = picture.pixels + y * picture.stride + x * 4;
            assert_int_equal((uint32_t)rgb[0] << 16 | rgb[1] << 8 | rgb[2], desk_pixel(1, x, y));
        }
    }
    picture_free(&picture);
}

/* Twice as wide: in the middle, with black beside it; and back by a key. */
static void a_wider_window_keeps_the_proportions(void **state)
{
    int64_t begin = 0;
    bool right = false;
    XResizeWindow(display, await_title("gemd"), 2 * WIDTH, HEIGHT);
    XSync(display, False);
    while (!right) {
        int width, height;
        XImage *image = grab(&width, &height);
        if (image != NULL && width == 2 * WIDTH && height == HEIGHT) {
            right = true;
            for (int y = 0; y < HEIGHT && right; y++) {
                for (int x = 0; x < 2 * WIDTH && right; x++) {
                    const int in = x - WIDTH / 2;
                    const uint32_t wanted =
                        in >= 0 && in < WIDTH ? desk_pixel(1, (uint32_t)in, (uint32_t)y) : 0;
                    right = (XGetPixel(image, x, y) & 0xffffffu) == wanted;
                }
            }
        }
        if (image != NULL) {
            XDestroyImage(image);
        }
        desk_wait(&begin);
    }
    press(XK_1, false);
    await_picture(1, WIDTH, HEIGHT);
}

static void another_mode_is_another_window(void **state)
{
    struct desk *desk = *state;
    desk_turn_off(desk);
    desk_turn_on(desk, 512, 384);
    desk_show(desk, 7);
    await_picture(7, 512, 384);
    await_title("gemd: model:g33, 512x384");
}

static void a_pipe_that_is_off_is_no_end(void **state)
{
    struct desk *desk = *state;
    desk_turn_off(desk);
    await_title("gemd: model:g33, the pipe is off");
    desk_turn_on(desk, WIDTH, HEIGHT);
    desk_show(desk, 3);
    await_picture(3, WIDTH, HEIGHT);
}

static void the_daemon_goes_and_comes_back(void **state)
{
    struct desk *desk = *state;
    for (uint32_t round = 0; round < 2; round++) {
        daemon_kill(&desk->daemon);
        await_title("gemd: the daemon has gone");
        desk_end(desk);
        daemon_start(&desk->daemon, NULL);
        await_title("gemd: model:g33, the pipe is off");
        desk_begin(desk);
        desk_turn_on(desk, WIDTH, HEIGHT);
        desk_show(desk, 20 + round);
        await_picture(20 + round, WIDTH, HEIGHT);
    }
}

/* What a processor draws nobody tells. */
static void a_key_has_it_look_again(void **state)
{
    struct desk *desk = *state;
    uint32_t *pixels = gemd_bo_map(desk->bos[0]);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            pixels[y * WIDTH + x] = desk_pixel(9, x, y);
        }
    }
    press(XK_r, false);
    await_picture(9, WIDTH, HEIGHT);
}

static void signals_end_it(void **state)
{
    struct desk *desk = *state;
    kill(desk->view, SIGTERM);
    assert_int_equal(desk_await_end(desk), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(it_shows_what_the_screen_shows),
        TEST(keys_show_more_and_take_it_away),
        TEST(a_key_saves_the_picture),
        TEST(a_wider_window_keeps_the_proportions),
        TEST(another_mode_is_another_window),
        TEST(a_pipe_that_is_off_is_no_end),
        TEST(the_daemon_goes_and_comes_back),
        TEST(a_key_has_it_look_again),
        TEST(signals_end_it),
    };
    unsetenv("WAYLAND_DISPLAY");
    setenv("SDL_VIDEODRIVER", "x11", 1);
    display = XOpenDisplay(NULL);
    if (display == NULL) {
        fprintf(stderr, "there is no X server\n");
        return 77;
    }
    XSetErrorHandler(ignore_errors);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
