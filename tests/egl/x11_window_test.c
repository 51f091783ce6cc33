/* SPDX-License-Identifier: MIT */
/* Windows of an X server: what was drawn is what the window holds. */
#include "tests/egl/x11_server.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define RED   0xff0000
#define BLUE  0x0000ff
#define GREEN 0x00ff00

/* The lower left quarter, as GL counts, in another colour: tells whether rows are upside down. */
static void draw(EGLint width, EGLint height)
{
    glDisable(GL_SCISSOR_TEST);
    fixture_clear(1, 0, 0, 1);
    glEnable(GL_SCISSOR_TEST);
    glScissor(0, 0, width / 2, height / 2);
    fixture_clear(0, 0, 1, 1);
    glDisable(GL_SCISSOR_TEST);
}

static void swap(struct x11_client *client, EGLSurface surface)
{
    if (!eglSwapBuffers(client->display, surface)) {
        fail_msg("eglSwapBuffers: 0x%x", eglGetError());
    }
}

static void assert_size(struct x11_client *client, EGLSurface surface, EGLint width, EGLint height)
{
    EGLint seen_width = 0, seen_height = 0;

    assert_true(eglQuerySurface(client->display, surface, EGL_WIDTH, &seen_width));
    assert_true(eglQuerySurface(client->display, surface, EGL_HEIGHT, &seen_height));
    assert_int_equal(seen_width, width);
    assert_int_equal(seen_height, height);
}

/* Sizes whose rows fill a stride and such that do not. */
static void test_every_config(void **state)
{
    static const struct {
        EGLint alpha;
        uint8_t depth;
        uint16_t width, height;
    } cases[] = {{0, 24, 64, 48}, {8, 24, 61, 47}, {8, 32, 33, 21}, {0, 24, 1, 1}};
    const struct x11_server *server = *state;
    struct x11_client client;

    x11_client_open(&client);
    for (unsigned i = 0; i < COUNT(cases); i++) {
        const int16_t right = (int16_t)(cases[i].width - 1), low = (int16_t)(cases[i].height - 1);
        EGLConfig config = x11_config(&client, cases[i].alpha, cases[i].depth);
        xcb_window_t window = x11_window(&client, config, cases[i].width, cases[i].height, true);
        EGLSurface surface = x11_surface(&client, config, window, NULL);
        EGLContext context = x11_current(&client, config, surface, EGL_OPENGL_API);

        draw(cases[i].width, cases[i].height);
        swap(&client, surface);
        x11_await_pixel(&client, window, right, low, RED);
        x11_await_pixel(&client, window, 0, low, cases[i].width > 1 ? BLUE : RED);
        x11_await_pixel(&client, window, 0, 0, RED);
        /* The server looks into our memory, unless it cannot. */
        assert_int_equal(x11_server_files(server) > 0, server->way != X11_COPY);
        eglMakeCurrent(client.display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
        assert_true(eglDestroySurface(client.display, surface));
        assert_true(eglDestroyContext(client.display, context));
        xcb_destroy_window(client.connection, window);
    }
    x11_assert_undisturbed(&client);
    x11_client_close(&client);
}

/* More than fits into one request, where it goes through the connection. */
static void test_large(void **state)
{
    struct x11_client client;
    xcb_window_t window;
    EGLSurface surface = x11_open_window(&client, 790, 590, &window);

    draw(790, 590);
    swap(&client, surface);
    for (int16_t y = 295; y < 590; y++) {
        x11_await_pixel(&client, window, 394, y, BLUE);
        assert_int_equal(x11_pixel(&client, window, 395, y), RED);
    }
    assert_int_equal(x11_pixel(&client, window, 789, 0), RED);
    assert_int_equal(x11_pixel(&client, window, 0, 294), RED);
    x11_assert_undisturbed(&client);
    x11_client_close(&client);
}

/* A server with 16 bits for a pixel. */
static void test_16_bits(void **state)
{
    const struct x11_server *usual = *state;
    struct x11_server server;
    struct x11_client client;

    x11_server_start(&server, usual->way, 16);
    x11_client_open(&client);
    EGLConfig config = x11_config(&client, 0, 16);

    for (uint16_t width = 31; width < 33; width++) {
        xcb_window_t window = x11_window(&client, config, width, 20, true);
        EGLSurface surface = x11_surface(&client, config, window, NULL);

        x11_current(&client, config, surface, EGL_OPENGL_API);
        draw(width, 20);
        swap(&client, surface);
        x11_await_pixel(&client, window, 0, 19, BLUE);
        x11_await_pixel(&client, window, (int16_t)(width - 1), 19, RED);
        x11_await_pixel(&client, window, 0, 0, RED);
    }
    x11_client_close(&client);
    x11_server_kill(&server);
    assert_int_equal(setenv("DISPLAY", usual->display, 1), 0);
}

static void test_resized(void **state)
{
    struct x11_client client;
    xcb_window_t window;
    EGLSurface surface = x11_open_window(&client, 64, 48, &window);

    draw(64, 48);
    swap(&client, surface);
    /* Between frames: already the next one is drawn in the new size. */
    x11_resize(&client, window, 100, 80);
    draw(100, 80);
    swap(&client, surface);
    assert_size(&client, surface, 100, 80);
    x11_await_pixel(&client, window, 49, 41, BLUE);
    assert_int_equal(x11_pixel(&client, window, 51, 79), RED);
    assert_int_equal(x11_pixel(&client, window, 99, 0), RED);
    /* Within a frame: it is shown as it is, and the size is the next one's. */
    draw(100, 80);
    x11_resize(&client, window, 40, 30);
    swap(&client, surface);
    assert_size(&client, surface, 40, 30);
    draw(40, 30);
    swap(&client, surface);
    x11_await_pixel(&client, window, 19, 16, BLUE);
    x11_await_pixel(&client, window, 39, 0, RED);
    for (uint16_t size = 10; size < 90; size = (uint16_t)(size + 8)) {
        x11_resize(&client, window, size, size);
        draw(size, size);
        swap(&client, surface);
    }
    x11_assert_undisturbed(&client);
    x11_client_close(&client);
}

static void test_damage(void **state)
{
    const EGLint lower_left[] = {0, 0, 10, 10}, outside[] = {5000, 5000, 10, 10, -8, -8, 4, 4};
    struct x11_client client;
    PFNEGLSWAPBUFFERSWITHDAMAGEEXTPROC swap_with_damage =
        (PFNEGLSWAPBUFFERSWITHDAMAGEEXTPROC)fixture_function("eglSwapBuffersWithDamageEXT");

    xcb_window_t window;
    EGLSurface surface = x11_open_window(&client, 50, 50, &window);

    fixture_clear(1, 0, 0, 1);
    swap(&client, surface);
    x11_await_pixel(&client, window, 0, 0, RED);
    fixture_clear(0, 1, 0, 1);
    assert_true(swap_with_damage(client.display, surface, lower_left, 1));
    x11_await_pixel(&client, window, 9, 49, GREEN);
    assert_int_equal(x11_pixel(&client, window, 10, 49), RED);
    assert_int_equal(x11_pixel(&client, window, 9, 39), RED);
    fixture_clear(0, 0, 1, 1);
    assert_true(swap_with_damage(client.display, surface, outside, 2));
    fixture_clear(0, 0, 1, 1);
    assert_true(swap_with_damage(client.display, surface, lower_left, 1));
    x11_await_pixel(&client, window, 0, 49, BLUE);
    assert_int_equal(x11_pixel(&client, window, 49, 0), RED);
    assert_true(swap_with_damage(client.display, surface, NULL, 0));
    x11_assert_undisturbed(&client);
    x11_client_close(&client);
}

static void test_buffer_age(void **state)
{
    struct x11_client client;
    EGLint age = -1;

    xcb_window_t window;
    EGLSurface surface = x11_open_window(&client, 20, 20, &window);

    assert_true(eglQuerySurface(client.display, surface, EGL_BUFFER_AGE_EXT, &age));
    assert_int_equal(age, 0);
    for (unsigned frame = 1; frame <= 8; frame++) {
        const float red = (float)frame / 8;

        fixture_clear(red, 0, 0, 1);
        swap(&client, surface);
        assert_true(eglQuerySurface(client.display, surface, EGL_BUFFER_AGE_EXT, &age));
        assert_true(age >= 0 && age <= 4);
        if (age > 0) {
            const unsigned drawn = frame + 1 - (unsigned)age;

            fixture_assert_pixel(3, 3, (uint8_t)((float)drawn / 8 * 255 + 0.5f), 0, 0, 255);
        }
    }
    assert_true(age > 0);
    x11_client_close(&client);
}

/* Either interval, and changes between them: the last frame is what stays. */
static void test_intervals(void **state)
{
    static const EGLint intervals[] = {0, 1, 0, 0, 1, 1, 0, 1, 7};
    struct x11_client client;
    xcb_window_t window;
    EGLSurface surface = x11_open_window(&client, 30, 30, &window);

    for (unsigned i = 0; i < COUNT(intervals); i++) {
        assert_true(eglSwapInterval(client.display, intervals[i]));
        fixture_clear(1, 0, 0, 1);
        swap(&client, surface);
        fixture_clear(0, 1, 0, 1);
        swap(&client, surface);
        x11_await_pixel(&client, window, 3, 3, GREEN);
        fixture_clear(0, 0, 1, 1);
        swap(&client, surface);
        x11_await_pixel(&client, window, 3, 3, BLUE);
    }
    x11_client_close(&client);
}

/* With interval 0, and with a server that shows nothing at vblanks, a frame is there at once. */
static void test_at_once(void **state)
{
    struct x11_client client;
    xcb_window_t window;
    EGLSurface surface = x11_open_window(&client, 30, 30, &window);

    assert_true(eglSwapInterval(client.display, 0));
    for (unsigned i = 0; i < 20; i++) {
        fixture_clear(i % 2, 0, 1 - i % 2, 1);
        swap(&client, surface);
        assert_int_equal(x11_pixel(&client, window, 29, 29), i % 2 ? RED : BLUE);
    }
    x11_client_close(&client);
}

/* Of Chromium's extension, which EGL's headers do not have. */
typedef EGLBoolean (*get_sync_values_proc)(EGLDisplay display, EGLSurface surface, uint64_t *ust,
                                           uint64_t *msc, uint64_t *sbc);

/* Only where there are vblanks. */
static void test_sync_values(void **state)
{
    const struct x11_server *server = *state;
    uint64_t first[3] = {0}, last[3] = {0};
    struct x11_client client;
    get_sync_values_proc get_values =
        (get_sync_values_proc)fixture_function("eglGetSyncValuesCHROMIUM");

    x11_client_open(&client);
    EGLConfig config = x11_config(&client, 0, 24);
    xcb_window_t window = x11_window(&client, config, 30, 30, true);
    EGLSurface surface = x11_surface(&client, config, window, NULL);
    EGLSurface pbuffer = fixture_pbuffer(client.display, config, 8, 8);
    const bool offered =
        strstr(eglQueryString(client.display, EGL_EXTENSIONS), "EGL_CHROMIUM_sync_control") != NULL;

    assert_int_equal(offered, server->way == X11_PRESENT);
    x11_current(&client, config, surface, EGL_OPENGL_API);
    assert_int_equal(get_values(client.display, surface, &first[0], &first[1], &first[2]), offered);
    for (unsigned i = 0; offered && i < 4; i++) {
        fixture_clear(1, 0, 0, 1);
        swap(&client, surface);
    }
    assert_int_equal(get_values(client.display, surface, &last[0], &last[1], &last[2]), offered);
    if (offered) {
        assert_true(last[0] > first[0]);
        assert_true(last[1] >= first[1] + 3);
        assert_int_equal(first[2], 0);
        assert_in_range(last[2], 3, 4);
        assert_false(get_values(client.display, pbuffer, &last[0], &last[1], &last[2]));
        assert_egl_error(EGL_BAD_SURFACE);
        xcb_destroy_window(client.connection, window);
        assert_false(get_values(client.display, surface, &last[0], &last[1], &last[2]));
    }
    x11_assert_undisturbed(&client);
    x11_client_close(&client);
}

static void test_unmapped(void **state)
{
    struct x11_client client;

    x11_client_open(&client);
    EGLConfig config = x11_config(&client, 0, 24);
    xcb_window_t window = x11_window(&client, config, 30, 30, false);
    EGLSurface surface = x11_surface(&client, config, window, NULL);

    x11_current(&client, config, surface, EGL_OPENGL_API);
    for (unsigned i = 0; i < 10; i++) {
        fixture_clear(1, 0, 0, 1);
        swap(&client, surface);
    }
    xcb_map_window(client.connection, window);
    fixture_clear(0, 0, 1, 1);
    swap(&client, surface);
    x11_await_pixel(&client, window, 3, 3, BLUE);
    x11_client_close(&client);
}

/* Nothing is swapped: a flush shows what was drawn. */
static void show_single(struct x11_client *client, EGLenum api)
{
    const EGLAttrib single[] = {EGL_RENDER_BUFFER, EGL_SINGLE_BUFFER, EGL_NONE};
    EGLConfig config = x11_config(client, 0, 24);
    xcb_window_t window = x11_window(client, config, 30, 30, true);
    EGLSurface surface = x11_surface(client, config, window, single);

    x11_fill(client, window, 0x123456);
    x11_current(client, config, surface, api);
    glEnable(GL_SCISSOR_TEST);
    glScissor(0, 20, 10, 10);
    fixture_clear(1, 0, 0, 1);
    glDisable(GL_SCISSOR_TEST);
    glFlush();
    x11_await_pixel(client, window, 3, 3, RED);
    assert_int_equal(x11_pixel(client, window, 29, 29), 0x123456); /* stays what it was */
    fixture_clear(0, 1, 0, 1);
    glFinish();
    x11_await_pixel(client, window, 3, 3, GREEN);
    fixture_clear(0, 0, 1, 1);
    assert_true(eglWaitClient());
    x11_await_pixel(client, window, 3, 3, BLUE);
    x11_resize(client, window, 60, 60);
    fixture_clear(0, 0, 1, 1);
    glFlush();
    fixture_clear(1, 0, 0, 1);
    swap(client, surface); /* is a flush */
    x11_await_pixel(client, window, 55, 55, RED);
}

static void test_single_buffer(void **state)
{
    struct x11_client client;

    x11_client_open(&client);
    show_single(&client, EGL_OPENGL_API);
    show_single(&client, EGL_OPENGL_ES_API);
    x11_assert_undisturbed(&client);
    x11_client_close(&client);
}

static void test_front_buffer(void **state)
{
    struct x11_client client;
    xcb_window_t window;
    EGLSurface surface = x11_open_window(&client, 30, 30, &window);

    fixture_clear(0, 1, 0, 1);
    swap(&client, surface);
    x11_await_pixel(&client, window, 3, 3, GREEN);
    glDrawBuffer(GL_FRONT);
    draw(30, 30);
    glFlush();
    x11_await_pixel(&client, window, 3, 20, BLUE);
    x11_await_pixel(&client, window, 29, 0, RED);
    glReadBuffer(GL_FRONT);
    fixture_assert_pixel(3, 3, 0, 0, 255, 255);
    /* What the back buffer is drawn with meanwhile is not shown. */
    glDrawBuffer(GL_BACK);
    fixture_clear(0, 1, 0, 1);
    glDrawBuffer(GL_FRONT);
    glEnable(GL_SCISSOR_TEST);
    glScissor(0, 0, 2, 2);
    fixture_clear(1, 0, 0, 1);
    glDisable(GL_SCISSOR_TEST);
    glFlush();
    x11_await_pixel(&client, window, 0, 29, RED);
    assert_int_equal(x11_pixel(&client, window, 3, 20), BLUE);
    swap(&client, surface);
    x11_await_pixel(&client, window, 3, 20, GREEN);
    x11_client_close(&client);
}

/* ---- threads ---- */

struct painter {
    struct x11_client *client;
    EGLConfig config;
    xcb_window_t window;
    bool red, failed;
};

static void *paint(void *data)
{
    struct painter *painter = data;
    EGLDisplay display = painter->client->display;
    EGLSurface surface =
        eglCreatePlatformWindowSurface(display, painter->config, &painter->window, NULL);
    EGLContext context = eglCreateContext(display, painter->config, EGL_NO_CONTEXT, NULL);

    painter->failed = !eglMakeCurrent(display, surface, surface, context);
    for (unsigned i = 0; i < 30 && !painter->failed; i++) {
        glClearColor(painter->red, 0, !painter->red, 1);
        glClear(GL_COLOR_BUFFER_BIT);
        painter->failed = !eglSwapBuffers(display, surface);
    }
    eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    eglDestroySurface(display, surface);
    eglDestroyContext(display, context);
    eglReleaseThread();
    return NULL;
}

static void test_threads(void **state)
{
    struct x11_client client;
    struct painter painters[4];
    pthread_t threads[COUNT(painters)];

    x11_client_open(&client);
    EGLConfig config = x11_config(&client, 0, 24);

    for (unsigned i = 0; i < COUNT(painters); i++) {
        painters[i] = (struct painter){&client, config, x11_window(&client, config, 40, 40, true),
                                       i % 2, false};
        x11_sync(&client);
        assert_int_equal(pthread_create(&threads[i], NULL, paint, &painters[i]), 0);
    }
    for (unsigned i = 0; i < COUNT(painters); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(painters[i].failed);
    }
    x11_assert_undisturbed(&client);
    x11_client_close(&client);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_config),  cmocka_unit_test(test_resized),
        cmocka_unit_test(test_large),         cmocka_unit_test(test_16_bits),
        cmocka_unit_test(test_damage),        cmocka_unit_test(test_buffer_age),
        cmocka_unit_test(test_intervals),     cmocka_unit_test(test_at_once),
        cmocka_unit_test(test_sync_values),   cmocka_unit_test(test_unmapped),
        cmocka_unit_test(test_single_buffer), cmocka_unit_test(test_front_buffer),
        cmocka_unit_test(test_threads),
    };

    return x11_run("x11_window", tests, COUNT(tests), argc, argv);
}
