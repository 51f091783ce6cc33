/* SPDX-License-Identifier: MIT */
/*
 * Windows that are none, go too early or are too large, and compositors that end: the error that
 * EGL names, no crash, and nobody waits for ever.
 */
#include "tests/egl/wayland_scene.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/egl/daemon.h"

#define TOO_LARGE -2 /* stands for one more than the renderer can draw */

static int size_of(struct scene *scene, EGLConfig config, int size)
{
    EGLint limit = 0;

    assert_true(eglGetConfigAttrib(scene->display, config, EGL_MAX_PBUFFER_WIDTH, &limit));
    if (egl_daemon_runs()) {
        assert_int_equal(limit, 2048);
    }
    return size == TOO_LARGE ? limit + 1 : size;
}

static void assert_not_created(struct scene *scene, EGLConfig config, void *native, EGLint error)
{
    assert_ptr_equal(
        eglCreateWindowSurface(scene->display, config, (EGLNativeWindowType)native, NULL),
        EGL_NO_SURFACE);
    assert_egl_error(error);
    assert_ptr_equal(eglCreatePlatformWindowSurface(scene->display, config, native, NULL),
                     EGL_NO_SURFACE);
    assert_egl_error(error);
}

static void test_bad_windows(void **state)
{
    static const int sizes[][2] = {
        {0, 10}, {10, 0},         {-1, 10},        {10, -1},
        {0, 0},  {INT32_MAX, 10}, {10, TOO_LARGE}, {INT32_MIN, INT32_MIN}};
    struct scene scene;
    EGLConfig config;

    scene_open(&scene, NULL);
    config = fixture_config(scene.display, 8, 8, 0);
    assert_not_created(&scene, config, NULL, EGL_BAD_NATIVE_WINDOW);
    assert_not_created(&scene, config, (void *)8, EGL_BAD_NATIVE_WINDOW);

    struct wl_surface *object = wl_compositor_create_surface(scene.global);
    struct wl_egl_window *native = wl_egl_window_create(object, 10, 10);

    for (unsigned i = 0; i < COUNT(sizes); i++) {
        native->width = size_of(&scene, config, sizes[i][0]);
        native->height = size_of(&scene, config, sizes[i][1]);
        assert_not_created(&scene, config, native, EGL_BAD_NATIVE_WINDOW);
    }
    native->width = native->height = 10;
    native->surface = (struct wl_surface *)scene.global;
    assert_not_created(&scene, config, native, EGL_BAD_NATIVE_WINDOW);
    native->surface = NULL;
    assert_not_created(&scene, config, native, EGL_BAD_NATIVE_WINDOW);
    native->surface = object;

    EGLSurface surface =
        eglCreateWindowSurface(scene.display, config, (EGLNativeWindowType)native, NULL);

    assert_ptr_not_equal(surface, EGL_NO_SURFACE);
    assert_not_created(&scene, config, native, EGL_BAD_ALLOC); /* it has a surface */
    assert_true(eglDestroySurface(scene.display, surface));
    assert_null(native->driver_private);
    wl_egl_window_resize(native, 5, 5, 0, 0); /* calls nobody any more */
    wl_egl_window_destroy(native);
    wl_surface_destroy(object);
    scene_close(&scene);
}

static void test_no_pixmaps(void **state)
{
    struct scene_window window;
    struct scene scene;

    scene_open(&scene, NULL);
    scene_window_open(&scene, &window, 8, 0, 16, 16);
    assert_ptr_equal(eglCreatePixmapSurface(scene.display, window.config,
                                            (EGLNativePixmapType)window.native, NULL),
                     EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_MATCH); /* no config has EGL_PIXMAP_BIT */
    assert_false(eglCopyBuffers(scene.display, window.surface, (EGLNativePixmapType)window.native));
    assert_egl_error(EGL_BAD_NATIVE_PIXMAP);
    scene_window_close(&scene, &window);
    scene_close(&scene);
}

/* ---- windows that go, or want too much ---- */

static void assert_lost(struct scene *scene, struct scene_window *window)
{
    for (int i = 0; i < 6; i++) {
        fixture_clear(1, 0, 0, 1);
        fixture_assert_pixel(1, 1, 255, 0, 0, 255);
        assert_false(eglSwapBuffers(scene->display, window->surface));
        assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    }
}

static void close_surface(struct scene *scene, struct scene_window *window)
{
    assert_true(eglMakeCurrent(scene->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
    assert_true(eglDestroySurface(scene->display, window->surface));
    assert_true(eglDestroyContext(scene->display, window->context));
}

/* At once, after a frame, and with one begun. */
static void test_window_goes_first(void **state)
{
    struct scene scene;

    scene_open(&scene, NULL);
    for (int frames = 0; frames < 3; frames++) {
        struct scene_window window;

        scene_window_open(&scene, &window, 8, 0, 32, 32);
        for (int i = 0; i < frames; i++) {
            scene_show(&scene, &window, 0, 1, 0, 1);
        }
        if (frames == 2) {
            fixture_clear(0, 0, 1, 1);
        }
        wl_egl_window_destroy(window.native);
        wl_surface_destroy(window.object);
        assert_lost(&scene, &window);
        close_surface(&scene, &window);
        scene_sync(&scene);
        assert_int_equal(compositor_buffers(scene.compositor), 0);
    }
    scene_close(&scene);
}

static void test_surface_goes_with_frames_pending(void **state)
{
    struct scene_window window;
    struct scene scene;

    scene_open(&scene, NULL);
    compositor_set_frames(scene.compositor, false);
    compositor_set_releases(scene.compositor, false);
    scene_window_open(&scene, &window, 8, 0, 32, 32);
    scene_show(&scene, &window, 0, 1, 0, 1);
    close_surface(&scene, &window);
    compositor_set_frames(scene.compositor, true);
    compositor_set_releases(scene.compositor, true);
    scene_sync(&scene);
    assert_int_equal(compositor_buffers(scene.compositor), 0);
    /* The native window is as good as new. */
    window.surface = eglCreateWindowSurface(scene.display, window.config,
                                            (EGLNativeWindowType)window.native, NULL);
    assert_ptr_not_equal(window.surface, EGL_NO_SURFACE);
    window.context =
        fixture_context(scene.display, window.config, EGL_OPENGL_ES_API, 2, EGL_NO_CONTEXT);
    assert_true(eglMakeCurrent(scene.display, window.surface, window.surface, window.context));
    scene_show(&scene, &window, 1, 0, 1, 1);
    assert_int_equal(compositor_pixel(scene.compositor, 0, 3, 3) & 0xffffff, 0xff00ff);
    scene_window_close(&scene, &window);
    scene_close(&scene);
}

struct stuck {
    struct scene scene;
    struct scene_window window;
};

static void *swap_until_lost(void *data)
{
    struct stuck *stuck = data;

    scene_window_open(&stuck->scene, &stuck->window, 8, 0, 32, 32);
    fixture_clear(0, 1, 0, 1);
    assert_true(eglSwapBuffers(stuck->scene.display, stuck->window.surface));
    fixture_clear(0, 0, 1, 1);
    assert_false(eglSwapBuffers(stuck->scene.display, stuck->window.surface));
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    eglReleaseThread();
    return NULL;
}

/* Nobody sees the window, so no frame is asked for; then it is closed. */
static void test_window_goes_while_a_frame_is_awaited(void **state)
{
    struct stuck stuck;
    pthread_t thread;

    scene_open(&stuck.scene, NULL);
    compositor_set_frames(stuck.scene.compositor, false);
    assert_int_equal(pthread_create(&thread, NULL, swap_until_lost, &stuck), 0);
    compositor_wait_kept_frame(stuck.scene.compositor);
    usleep(20000); /* time to begin waiting; nothing depends on it */
    wl_egl_window_destroy(stuck.window.native);
    wl_surface_destroy(stuck.window.object);
    pthread_join(thread, NULL);
    assert_true(eglDestroySurface(stuck.scene.display, stuck.window.surface));
    scene_close(&stuck.scene);
}

/* What cannot be drawn is not shown, and the next size is fine. */
static void test_unfit_sizes(void **state)
{
    static const int sizes[][2] = {
        {TOO_LARGE, 10}, {10, TOO_LARGE}, {INT32_MAX, INT32_MAX}, {0, 0}, {-5, 7}};
    struct scene_window window;
    struct scene scene;

    scene_open(&scene, NULL);
    scene_window_open(&scene, &window, 8, 0, 32, 32);
    for (unsigned i = 0; i < COUNT(sizes); i++) {
        scene_show(&scene, &window, 0, 1, 0, 1);
        const int width = size_of(&scene, window.config, sizes[i][0]);
        const int height = size_of(&scene, window.config, sizes[i][1]);

        wl_egl_window_resize(window.native, width, height, 0, 0);
        window.native->width = width; /* libwayland-egl refuses some */
        window.native->height = height;
        fixture_clear(1, 0, 0, 1);
        assert_false(eglSwapBuffers(scene.display, window.surface));
        assert_egl_error(EGL_BAD_ALLOC);
        wl_egl_window_resize(window.native, 40 + (int)i, 30, 0, 0);
        scene_show(&scene, &window, 0, 0, 1, 1);
        assert_int_equal(compositor_commit(scene.compositor, 0).width, 40 + i);
        assert_int_equal(compositor_pixel(scene.compositor, 0, 39, 29) & 0xffffff, 0x0000ff);
    }
    scene_window_close(&scene, &window);
    scene_close(&scene);
}

/* ---- compositors that end ---- */

static void assert_display_is_dead(struct scene *scene, struct scene_window *window)
{
    assert_true(eglMakeCurrent(scene->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
    assert_true(eglTerminate(scene->display));
    assert_false(eglInitialize(scene->display, NULL, NULL));
    assert_egl_error(EGL_NOT_INITIALIZED);
    wl_egl_window_destroy(window->native);
    wl_surface_destroy(window->object);
    wl_compositor_destroy(scene->global);
    wl_display_disconnect(scene->connection);
    compositor_stop(scene->compositor);
}

static void test_compositor_ends(void **state)
{
    void (*const ends[])(struct compositor *) = {compositor_hang_up, compositor_post_error};

    for (unsigned i = 0; i < COUNT(ends); i++) {
        struct scene_window window;
        struct scene scene;

        scene_open(&scene, NULL);
        scene_window_open(&scene, &window, 8, 0, 32, 32);
        scene_show(&scene, &window, 0, 1, 0, 1);
        ends[i](scene.compositor);
        assert_true(wl_display_roundtrip(scene.connection) < 0);
        assert_lost(&scene, &window);
        assert_display_is_dead(&scene, &window);
    }
}

/* Nobody has noticed before the swap. */
static void test_compositor_ends_unnoticed(void **state)
{
    struct scene_window window;
    struct scene scene;
    bool shown = true;

    scene_open(&scene, NULL);
    scene_window_open(&scene, &window, 8, 0, 32, 32);
    compositor_hang_up(scene.compositor);
    for (int i = 0; i < 10 && shown; i++) { /* the first may still fit into the socket */
        fixture_clear(0, 1, 0, 1);
        shown = eglSwapBuffers(scene.display, window.surface);
    }
    assert_false(shown);
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    assert_lost(&scene, &window);
    assert_display_is_dead(&scene, &window);
}

static void *hang_up_at_kept_frame(void *data)
{
    compositor_wait_kept_frame(data);
    compositor_hang_up(data);
    return NULL;
}

static void test_compositor_ends_while_a_frame_is_awaited(void **state)
{
    struct scene_window window;
    struct scene scene;
    pthread_t thread;

    scene_open(&scene, NULL);
    scene_window_open(&scene, &window, 8, 0, 32, 32);
    compositor_set_frames(scene.compositor, false);
    fixture_clear(0, 1, 0, 1);
    assert_true(eglSwapBuffers(scene.display, window.surface));
    assert_int_equal(pthread_create(&thread, NULL, hang_up_at_kept_frame, scene.compositor), 0);
    assert_false(eglSwapBuffers(scene.display, window.surface));
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    pthread_join(thread, NULL);
    assert_lost(&scene, &window);
    assert_display_is_dead(&scene, &window);
}

static void *hang_up_at_the_fourth(void *data)
{
    while (compositor_commit(data, 0).number < 4) {
        sched_yield();
    }
    compositor_hang_up(data);
    return NULL;
}

/* Drawing waits for a buffer that will not come back. */
static void test_compositor_ends_while_a_buffer_is_awaited(void **state)
{
    struct scene_window window;
    struct scene scene;
    pthread_t thread;

    scene_open(&scene, NULL);
    scene_window_open(&scene, &window, 8, 0, 32, 32);
    assert_true(eglSwapInterval(scene.display, 0));
    compositor_set_releases(scene.compositor, false);
    assert_int_equal(pthread_create(&thread, NULL, hang_up_at_the_fourth, scene.compositor), 0);
    for (int i = 0; i < 4; i++) {
        fixture_clear(0, 1, 0, 1);
        (void)eglSwapBuffers(scene.display, window.surface);
    }
    fixture_clear(0, 0, 1, 1);
    (void)eglSwapBuffers(scene.display, window.surface);
    pthread_join(thread, NULL);
    assert_lost(&scene, &window);
    assert_display_is_dead(&scene, &window);
}

/* ---- displays that end ---- */

/* As programs do that end with everything current: eglTerminate(), disconnect, and only then. */
static void test_terminate_while_current(void **state)
{
    struct scene_window window;
    struct scene scene;

    scene_open(&scene, NULL);
    scene_window_open(&scene, &window, 8, 0, 32, 32);
    scene_show(&scene, &window, 0, 1, 0, 1);
    fixture_clear(1, 0, 0, 1);
    assert_true(eglTerminate(scene.display));
    scene_sync(&scene);
    assert_int_equal(compositor_buffers(scene.compositor), 0);
    wl_egl_window_resize(window.native, 50, 50, 0, 0);
    wl_egl_window_destroy(window.native);
    wl_surface_destroy(window.object);
    wl_compositor_destroy(scene.global);
    wl_display_disconnect(scene.connection);
    fixture_clear(0, 1, 0, 1);
    glFinish();
    assert_true(eglReleaseThread());
    compositor_stop(scene.compositor);
}

static void *draw_until_stuck(void *data)
{
    struct stuck *stuck = data;

    scene_window_open(&stuck->scene, &stuck->window, 8, 0, 32, 32);
    assert_true(eglSwapInterval(stuck->scene.display, 0));
    for (int i = 0; i < 4; i++) {
        fixture_clear(0, 1, 0, 1);
        assert_true(eglSwapBuffers(stuck->scene.display, stuck->window.surface));
    }
    fixture_clear(0, 0, 1, 1); /* waits for a buffer, and none is released */
    glFinish();
    eglReleaseThread();
    return NULL;
}

static void test_terminate_while_another_thread_draws(void **state)
{
    struct stuck stuck;
    pthread_t thread;

    scene_open(&stuck.scene, NULL);
    compositor_set_releases(stuck.scene.compositor, false);
    assert_int_equal(pthread_create(&thread, NULL, draw_until_stuck, &stuck), 0);
    while (compositor_buffers_made(stuck.scene.compositor) < 4) {
        sched_yield();
    }
    assert_true(eglTerminate(stuck.scene.display));
    pthread_join(thread, NULL);
    wl_egl_window_destroy(stuck.window.native);
    wl_surface_destroy(stuck.window.object);
    wl_compositor_destroy(stuck.scene.global);
    wl_display_disconnect(stuck.scene.connection);
    compositor_stop(stuck.scene.compositor);
}

static void test_no_compositor(void **state)
{
    EGLDisplay display;

    assert_int_equal(setenv("WAYLAND_DISPLAY", "no-such-compositor", 1), 0);
    display = eglGetPlatformDisplay(EGL_PLATFORM_WAYLAND_KHR, EGL_DEFAULT_DISPLAY, NULL);
    assert_ptr_not_equal(display, EGL_NO_DISPLAY);
    assert_false(eglInitialize(display, NULL, NULL));
    assert_egl_error(EGL_NOT_INITIALIZED);
    assert_int_equal(unsetenv("WAYLAND_DISPLAY"), 0);
}

/* ---- descriptors ---- */

static unsigned count_descriptors(void)
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

static void test_leaves_no_descriptors(void **state)
{
    unsigned before = 0;

    for (int i = 0; i < 4; i++) {
        struct scene_window window;
        struct scene scene;

        scene_open(&scene, &(struct compositor_options){.dmabuf = COMPOSITOR_DMABUF_LINEAR,
                                                        .dmabuf_version = 4,
                                                        .dmabufs_max = 1});
        scene_window_open(&scene, &window, 8, 0, 32, 32);
        scene_show(&scene, &window, 0, 1, 0, 1);
        scene_show(&scene, &window, 0, 1, 0, 1);
        compositor_hang_up(scene.compositor);
        assert_true(wl_display_roundtrip(scene.connection) < 0);
        assert_lost(&scene, &window);
        scene_window_close(&scene, &window);
        scene_close(&scene);
        if (i == 0) {
            before = count_descriptors();
        }
    }
    assert_int_equal(count_descriptors(), before);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_windows),
        cmocka_unit_test(test_no_pixmaps),
        cmocka_unit_test(test_window_goes_first),
        cmocka_unit_test(test_surface_goes_with_frames_pending),
        cmocka_unit_test(test_window_goes_while_a_frame_is_awaited),
        cmocka_unit_test(test_unfit_sizes),
        cmocka_unit_test(test_compositor_ends),
        cmocka_unit_test(test_compositor_ends_unnoticed),
        cmocka_unit_test(test_compositor_ends_while_a_frame_is_awaited),
        cmocka_unit_test(test_compositor_ends_while_a_buffer_is_awaited),
        cmocka_unit_test(test_terminate_while_current),
        cmocka_unit_test(test_terminate_while_another_thread_draws),
        cmocka_unit_test(test_no_compositor),
        cmocka_unit_test(test_leaves_no_descriptors),
    };
    const bool daemon = count > 1;

    return cmocka_run_group_tests(tests, daemon ? egl_daemon_setup : NULL,
                                  daemon ? egl_daemon_teardown : NULL);
}
