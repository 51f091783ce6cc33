/* SPDX-License-Identifier: MIT */
/* Windows, pixmaps and servers that are not there, or no longer, or not what EGL can use. */
#include "tests/egl/x11_server.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>

static unsigned open_files(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(directory);
    while (readdir(directory)) {
        count++;
    }
    closedir(directory);
    return count;
}

static void refuse_window(struct x11_client *client, EGLConfig config, xcb_window_t window,
                          EGLint error)
{
    assert_ptr_equal(eglCreatePlatformWindowSurface(client->display, config, &window, NULL),
                     EGL_NO_SURFACE);
    assert_egl_error(error);
}

static void test_bad_windows(void **state)
{
    struct x11_client client;
    EGLint limit = 0;

    x11_client_open(&client);
    xcb_connection_t *c = client.connection;
    EGLConfig opaque = x11_config(&client, 0, 24), alpha = x11_config(&client, 8, 32);
    xcb_window_t gone = x11_window(&client, opaque, 8, 8, true), input = xcb_generate_id(c);

    xcb_destroy_window(c, gone);
    xcb_create_window(c, 0, input, client.screen->root, 0, 0, 8, 8, 0, XCB_WINDOW_CLASS_INPUT_ONLY,
                      XCB_COPY_FROM_PARENT, 0, NULL);
    refuse_window(&client, opaque, 0x7777777, EGL_BAD_NATIVE_WINDOW);
    refuse_window(&client, opaque, gone, EGL_BAD_NATIVE_WINDOW);
    refuse_window(&client, opaque, input, EGL_BAD_NATIVE_WINDOW);
    refuse_window(&client, opaque, x11_pixmap(&client, 24, 8, 8), EGL_BAD_NATIVE_WINDOW);
    refuse_window(&client, opaque, x11_window(&client, alpha, 8, 8, true), EGL_BAD_MATCH);
    assert_true(eglGetConfigAttrib(client.display, opaque, EGL_MAX_PBUFFER_WIDTH, &limit));
    refuse_window(&client, opaque, x11_window(&client, opaque, (uint16_t)(limit + 1), 8, false),
                  EGL_BAD_ALLOC);
    refuse_window(&client, opaque, x11_window(&client, opaque, 8, (uint16_t)(limit + 1), false),
                  EGL_BAD_ALLOC);
    /* An alpha that nobody sees does no harm. */
    xcb_window_t window = x11_window(&client, opaque, 8, 8, true);
    EGLSurface surface = x11_surface(&client, alpha, window, NULL);

    refuse_window(&client, alpha, window, EGL_BAD_ALLOC); /* it has a surface */
    assert_true(eglDestroySurface(client.display, surface));
    x11_assert_undisturbed(&client);
    x11_client_close(&client);
}

/* A window that outgrows the renderer shows what can be drawn. */
static void test_outgrown(void **state)
{
    struct x11_client client;
    EGLint limit = 0, width = 0;

    x11_client_open(&client);
    EGLConfig config = x11_config(&client, 0, 24);
    xcb_window_t window = x11_window(&client, config, 16, 16, true);
    EGLSurface surface = x11_surface(&client, config, window, NULL);

    x11_current(&client, config, surface, EGL_OPENGL_API);
    fixture_clear(1, 0, 0, 1);
    assert_true(eglSwapBuffers(client.display, surface));
    assert_true(eglGetConfigAttrib(client.display, config, EGL_MAX_PBUFFER_WIDTH, &limit));
    x11_resize(&client, window, (uint16_t)(limit + 100), 4);
    fixture_clear(0, 0, 1, 1);
    assert_true(eglSwapBuffers(client.display, surface));
    assert_true(eglQuerySurface(client.display, surface, EGL_WIDTH, &width));
    assert_int_equal(width, limit);
    x11_await_pixel(&client, window, 3, 3, 0x0000ff);
    x11_client_close(&client);
}

/* Destroyed while frames are on their way, with either interval. */
static void test_window_destroyed(void **state)
{
    for (EGLint interval = 0; interval < 2; interval++) {
        struct x11_client client;

        x11_client_open(&client);
        EGLConfig config = x11_config(&client, 0, 24);
        xcb_window_t window = x11_window(&client, config, 16, 16, true);
        EGLSurface surface = x11_surface(&client, config, window, NULL);

        x11_current(&client, config, surface, EGL_OPENGL_API);
        assert_true(eglSwapInterval(client.display, interval));
        for (unsigned i = 0; i < 3; i++) {
            fixture_clear(1, 0, 0, 1);
            assert_true(eglSwapBuffers(client.display, surface));
        }
        xcb_destroy_window(client.connection, window);
        for (unsigned i = 0; i < 6; i++) {
            fixture_clear(1, 0, 0, 1);
            assert_false(eglSwapBuffers(client.display, surface));
            assert_egl_error(EGL_BAD_NATIVE_WINDOW);
            glFinish();
        }
        assert_true(eglMakeCurrent(client.display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
        assert_true(eglDestroySurface(client.display, surface));
        x11_assert_undisturbed(&client);
        x11_client_close(&client);
    }
}

static void *destroy_window(void *data)
{
    const xcb_window_t *window = data;
    xcb_connection_t *other = xcb_connect(NULL, NULL);

    xcb_destroy_window(other, *window);
    xcb_flush(other);
    free(xcb_get_input_focus_reply(other, xcb_get_input_focus(other), NULL));
    xcb_disconnect(other);
    return NULL;
}

/* Most of the time a swap waits for a vblank, which is not told of a window that has gone. */
static void test_destroyed_while_waiting(void **state)
{
    struct x11_client client;

    x11_client_open(&client);
    EGLConfig config = x11_config(&client, 0, 24);

    for (unsigned i = 0; i < 5; i++) {
        xcb_window_t window = x11_window(&client, config, 16, 16, true);
        EGLSurface surface = x11_surface(&client, config, window, NULL);
        EGLContext context = x11_current(&client, config, surface, EGL_OPENGL_API);
        pthread_t thread;
        bool shown = true;

        assert_true(eglSwapBuffers(client.display, surface));
        assert_int_equal(pthread_create(&thread, NULL, destroy_window, &window), 0);
        while (shown) {
            fixture_clear(1, 0, 0, 1);
            shown = eglSwapBuffers(client.display, surface);
        }
        assert_egl_error(EGL_BAD_NATIVE_WINDOW);
        assert_int_equal(pthread_join(thread, NULL), 0);
        eglMakeCurrent(client.display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
        assert_true(eglDestroySurface(client.display, surface));
        assert_true(eglDestroyContext(client.display, context));
    }
    x11_assert_undisturbed(&client);
    x11_client_close(&client);
}

/* Destroyed and not swapped any more: drawing, ages and flushes still end. */
static void test_destroyed_while_drawn(void **state)
{
    const EGLAttrib single[] = {EGL_RENDER_BUFFER, EGL_SINGLE_BUFFER, EGL_NONE};
    struct x11_client client;
    EGLint age;

    x11_client_open(&client);
    EGLConfig config = x11_config(&client, 0, 24);

    for (unsigned i = 0; i < 2; i++) {
        xcb_window_t window = x11_window(&client, config, 16, 16, true);
        EGLSurface surface = x11_surface(&client, config, window, i ? single : NULL);

        x11_current(&client, config, surface, EGL_OPENGL_API);
        fixture_clear(1, 0, 0, 1);
        glFlush();
        xcb_destroy_window(client.connection, window);
        for (unsigned frame = 0; frame < 3; frame++) {
            glDrawBuffer(GL_FRONT);
            fixture_clear(1, 0, 0, 1);
            glFlush();
        }
        eglQuerySurface(client.display, surface, EGL_BUFFER_AGE_EXT, &age);
        assert_false(eglSwapBuffers(client.display, surface));
        assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    }
    x11_assert_undisturbed(&client);
    x11_client_close(&client);
}

static void test_bad_pixmaps(void **state)
{
    struct x11_client client;

    x11_client_open(&client);
    EGLConfig config = x11_config(&client, 0, 24);
    xcb_pixmap_t pixmaps[] = {0x7777777, x11_window(&client, config, 8, 8, true),
                              x11_pixmap(&client, 8, 8, 8)};
    const EGLint errors[] = {EGL_BAD_NATIVE_PIXMAP, EGL_BAD_NATIVE_PIXMAP, EGL_BAD_MATCH};
    EGLSurface pbuffer = fixture_pbuffer(client.display, config, 8, 8);

    for (unsigned i = 0; i < COUNT(pixmaps); i++) {
        assert_ptr_equal(eglCreatePlatformPixmapSurface(client.display, config, &pixmaps[i], NULL),
                         EGL_NO_SURFACE);
        assert_egl_error(errors[i]);
        assert_false(eglCopyBuffers(client.display, pbuffer, (EGLNativePixmapType)pixmaps[i]));
        assert_egl_error(errors[i]);
    }
    x11_assert_undisturbed(&client);
    x11_client_close(&client);
}

/* Nothing is left, here and in the server, of surfaces that are gone. */
static void test_leaks(void **state)
{
    const struct x11_server *server = *state;
    struct x11_client client;
    unsigned files = 0;

    x11_client_open(&client);
    EGLConfig config = x11_config(&client, 0, 24);

    for (unsigned i = 0; i < 20; i++) {
        xcb_window_t window = x11_window(&client, config, 64, 64, true);
        EGLSurface surface = x11_surface(&client, config, window, NULL);
        EGLContext context = x11_current(&client, config, surface, EGL_OPENGL_API);

        for (uint16_t frame = 0; frame < 5; frame++) {
            fixture_clear(1, 0, 0, 1);
            assert_true(eglSwapBuffers(client.display, surface));
            x11_resize(&client, window, (uint16_t)(64 + frame), 64);
        }
        if (i % 2) {
            xcb_destroy_window(client.connection, window);
        }
        eglMakeCurrent(client.display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
        assert_true(eglDestroySurface(client.display, surface));
        assert_true(eglDestroyContext(client.display, context));
        files = i == 0 ? open_files() : files;
    }
    x11_sync(&client);
    /* The daemon's driver frees its last buffers when the GPU has done with them. */
    assert_in_range(open_files(), 0, files + 4);
    x11_await_no_files(&client, server);
    x11_client_close(&client);
}

/* eglTerminate() leaves nothing in the server, and the program's connection may go with it. */
static void test_terminated_while_current(void **state)
{
    const EGLAttrib single[] = {EGL_RENDER_BUFFER, EGL_SINGLE_BUFFER, EGL_NONE};
    const struct x11_server *server = *state;

    for (unsigned kind = 0; kind < 3; kind++) {
        struct x11_client client;

        x11_client_open(&client);
        EGLConfig config = x11_config(&client, 0, 24);
        xcb_window_t window = x11_window(&client, config, 16, 16, true);
        xcb_pixmap_t pixmap = x11_pixmap(&client, 24, 16, 16);
        EGLSurface surface =
            kind == 2 ? eglCreatePlatformPixmapSurface(client.display, config, &pixmap, NULL)
                      : x11_surface(&client, config, window, kind == 1 ? single : NULL);

        x11_current(&client, config, surface, EGL_OPENGL_API);
        for (unsigned i = 0; i < 3; i++) {
            fixture_clear(1, 0, 0, 1);
            glFlush();
            assert_true(eglSwapBuffers(client.display, surface));
        }
        assert_true(eglTerminate(client.display));
        x11_await_no_files(&client, server);
        x11_assert_undisturbed(&client);
        xcb_disconnect(client.connection);
        for (unsigned i = 0; i < 3; i++) {
            glDrawBuffer(i % 2 || kind ? GL_BACK : GL_FRONT);
            glReadBuffer(i % 2 || kind ? GL_BACK : GL_FRONT);
            fixture_clear(0, 0, 1, 1);
            fixture_assert_pixel(3, 3, 0, 0, 255, 255);
            glFinish();
        }
        assert_true(eglReleaseThread());
    }
}

/* ---- servers and screens ---- */

static void test_screens(void **state)
{
    const EGLAttrib first[] = {EGL_PLATFORM_X11_SCREEN_EXT, 0, EGL_NONE};
    const EGLAttrib eighth[] = {EGL_PLATFORM_X11_SCREEN_EXT, 7, EGL_NONE};
    EGLDisplay display = eglGetPlatformDisplay(EGL_PLATFORM_X11_EXT, EGL_DEFAULT_DISPLAY, first);

    assert_true(eglInitialize(display, NULL, NULL));
    assert_true(eglTerminate(display));
    display = eglGetPlatformDisplay(EGL_PLATFORM_X11_EXT, EGL_DEFAULT_DISPLAY, eighth);
    assert_false(eglInitialize(display, NULL, NULL));
    assert_egl_error(EGL_NOT_INITIALIZED);
}

static void test_no_server(void **state)
{
    char *kept = getenv("DISPLAY");
    EGLDisplay display = eglGetPlatformDisplay(EGL_PLATFORM_XCB_EXT, EGL_DEFAULT_DISPLAY, NULL);

    setenv("DISPLAY", ":2147483", 1);
    assert_false(eglInitialize(display, NULL, NULL));
    assert_egl_error(EGL_NOT_INITIALIZED);
    setenv("DISPLAY", ((struct x11_server *)*state)->display, 1);
    assert_non_null(kept);
}

/* LeakSanitizer's, where there is one. */
__attribute__((weak)) void __lsan_disable(void);
__attribute__((weak)) void __lsan_enable(void);

/* libxcb frees no queue of a connection that has failed. */
static EGLSurface surface_with_lost_queue(struct x11_client *client, EGLConfig config,
                                          xcb_window_t window)
{
    if (__lsan_disable) {
        __lsan_disable();
    }
    EGLSurface surface = x11_surface(client, config, window, NULL);

    if (__lsan_enable) {
        __lsan_enable();
    }
    return surface;
}

/* The last of all tests. */
static void test_server_dies(void **state)
{
    struct x11_client client;

    x11_client_open(&client);
    EGLConfig config = x11_config(&client, 0, 24);
    xcb_window_t window = x11_window(&client, config, 16, 16, true);
    xcb_pixmap_t pixmap = x11_pixmap(&client, 24, 16, 16);
    EGLSurface surface = surface_with_lost_queue(&client, config, window);
    EGLSurface painted = eglCreatePlatformPixmapSurface(client.display, config, &pixmap, NULL);

    x11_current(&client, config, surface, EGL_OPENGL_API);
    for (unsigned i = 0; i < 3; i++) {
        fixture_clear(1, 0, 0, 1);
        assert_true(eglSwapBuffers(client.display, surface));
    }
    x11_server_kill(*state);
    for (unsigned i = 0; i < 6; i++) {
        fixture_clear(1, 0, 0, 1);
        assert_false(eglSwapBuffers(client.display, surface));
        assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    }
    x11_current(&client, config, painted, EGL_OPENGL_API);
    fixture_clear(1, 0, 0, 1);
    glFinish();
    refuse_window(&client, config, client.screen->root, EGL_BAD_NATIVE_WINDOW);
    x11_client_close(&client);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_windows),
        cmocka_unit_test(test_outgrown),
        cmocka_unit_test(test_window_destroyed),
        cmocka_unit_test(test_destroyed_while_drawn),
        cmocka_unit_test(test_destroyed_while_waiting),
        cmocka_unit_test(test_bad_pixmaps),
        cmocka_unit_test(test_leaks),
        cmocka_unit_test(test_terminated_while_current),
        cmocka_unit_test(test_screens),
        cmocka_unit_test(test_no_server),
        cmocka_unit_test(test_server_dies),
    };

    return x11_run("x11_gone", tests, COUNT(tests), argc, argv);
}
