/* SPDX-License-Identifier: MIT */
/* Windows of compositors that take dma-bufs: all of our buffers, some, or none. */
#include "tests/egl/wayland_scene.h"

#include <pthread.h>

#include "drm_fourcc.h"
#include "tests/egl/daemon.h"

static void show_two(struct scene *scene, struct scene_window *window)
{
    scene_show(scene, window, 0, 1, 0, 1);
    assert_int_equal(compositor_pixel(scene->compositor, 0, 63, 31) & 0xffffff, 0x00ff00);
    scene_show(scene, window, 0, 0, 1, 1);
    assert_int_equal(compositor_pixel(scene->compositor, 0, 0, 0) & 0xffffff, 0x0000ff);
}

static void test_taken(void **state)
{
    static const struct compositor_options rows[] = {
        {.dmabuf = COMPOSITOR_DMABUF_LINEAR, .dmabuf_version = 3},
        {.dmabuf = COMPOSITOR_DMABUF_LINEAR, .dmabuf_version = 4},
        {.dmabuf = COMPOSITOR_DMABUF_IMPLICIT, .dmabuf_version = 3},
        {.dmabuf = COMPOSITOR_DMABUF_IMPLICIT, .dmabuf_version = 4},
        {.dmabuf = COMPOSITOR_DMABUF_LINEAR, .dmabuf_version = 4, .no_shm = true},
    };

    for (unsigned i = 0; i < COUNT(rows); i++) {
        struct scene_window window;
        struct scene scene;

        scene_open(&scene, &rows[i]);
        scene_window_open(&scene, &window, 8, i & 1 ? 8 : 0, 64, 32);
        show_two(&scene, &window);
        const struct compositor_commit commit = compositor_commit(scene.compositor, 0);

        assert_true(commit.is_dmabuf);
        assert_int_equal(commit.format, i & 1 ? DRM_FORMAT_ARGB8888 : DRM_FORMAT_XRGB8888);
        assert_int_equal(commit.stride, 256);
        assert_true(commit.modifier == (rows[i].dmabuf == COMPOSITOR_DMABUF_LINEAR
                                            ? DRM_FORMAT_MOD_LINEAR
                                            : DRM_FORMAT_MOD_INVALID));
        /* A buffer is made once, not for each frame. */
        for (int frame = 0; frame < 10; frame++) {
            show_two(&scene, &window);
        }
        assert_int_equal(compositor_dmabufs_asked(scene.compositor), 2);
        wl_egl_window_resize(window.native, 100, 100, 0, 0);
        show_two(&scene, &window);
        assert_true(compositor_commit(scene.compositor, 0).is_dmabuf);
        assert_int_equal(compositor_commit(scene.compositor, 0).width, 100);
        scene_window_close(&scene, &window);
        scene_sync(&scene);
        assert_int_equal(compositor_buffers(scene.compositor), 0);
        scene_close(&scene);
    }
}

/* It is asked once, by whichever window is the first. */
static void test_refused(void **state)
{
    struct scene_window windows[2];
    struct scene scene;

    scene_open(&scene, &(struct compositor_options){.dmabuf = COMPOSITOR_DMABUF_LINEAR,
                                                    .dmabuf_version = 4,
                                                    .refuses_dmabufs = true});
    for (unsigned i = 0; i < COUNT(windows); i++) {
        scene_window_open(&scene, &windows[i], 8, 0, 64, 32);
        scene_show(&scene, &windows[i], 1, 0, 0, 1);
        scene_show(&scene, &windows[i], 0, 1, 0, 1);
        assert_false(compositor_commit(scene.compositor, i).is_dmabuf);
        assert_int_equal(compositor_pixel(scene.compositor, i, 9, 9) & 0xffffff, 0x00ff00);
    }
    assert_int_equal(compositor_dmabufs_asked(scene.compositor), 1);
    for (unsigned i = 0; i < COUNT(windows); i++) {
        scene_window_close(&scene, &windows[i]);
    }
    scene_close(&scene);
}

/* A compositor that has no more room for dma-bufs still shows the window. */
static void test_refused_later(void **state)
{
    struct scene_window window;
    struct scene scene;

    scene_open(&scene, &(struct compositor_options){.dmabuf = COMPOSITOR_DMABUF_LINEAR,
                                                    .dmabuf_version = 3,
                                                    .dmabufs_max = 1});
    scene_window_open(&scene, &window, 8, 0, 64, 32);
    scene_show(&scene, &window, 1, 0, 0, 1);
    assert_true(compositor_commit(scene.compositor, 0).is_dmabuf);
    scene_show(&scene, &window, 0, 1, 0, 1);
    assert_false(compositor_commit(scene.compositor, 0).is_dmabuf);
    assert_int_equal(compositor_pixel(scene.compositor, 0, 9, 9) & 0xffffff, 0x00ff00);
    scene_window_close(&scene, &window);
    scene_close(&scene);
}

static void test_refused_without_shm(void **state)
{
    struct scene_window window;
    struct scene scene;

    scene_open(&scene, &(struct compositor_options){.dmabuf = COMPOSITOR_DMABUF_LINEAR,
                                                    .dmabuf_version = 4,
                                                    .refuses_dmabufs = true,
                                                    .no_shm = true});
    scene_window_open(&scene, &window, 8, 0, 64, 32);
    for (int i = 0; i < 5; i++) {
        fixture_clear(1, 0, 0, 1);
        assert_false(eglSwapBuffers(scene.display, window.surface));
        assert_egl_error(EGL_BAD_ALLOC);
    }
    scene_window_close(&scene, &window);
    scene_close(&scene);
}

/* A compositor that tells no format that we can read gets no dma-buf. */
static void test_short_table(void **state)
{
    struct scene_window window;
    struct scene scene;

    scene_open(&scene, &(struct compositor_options){.dmabuf = COMPOSITOR_DMABUF_LINEAR,
                                                    .dmabuf_version = 4,
                                                    .short_table = true});
    scene_window_open(&scene, &window, 8, 0, 64, 32);
    show_two(&scene, &window);
    assert_false(compositor_commit(scene.compositor, 0).is_dmabuf);
    assert_int_equal(compositor_dmabufs_asked(scene.compositor), 0);
    scene_window_close(&scene, &window);
    scene_close(&scene);
}

/* Formats that only wl_shm takes go there. */
static void test_other_formats(void **state)
{
    struct scene_window window;
    struct scene scene;

    scene_open(&scene, &(struct compositor_options){.dmabuf = COMPOSITOR_DMABUF_LINEAR,
                                                    .dmabuf_version = 4,
                                                    .rgb565 = true});
    scene_window_open(&scene, &window, 5, 0, 64, 32);
    scene_show(&scene, &window, 0, 0, 1, 1);
    assert_false(compositor_commit(scene.compositor, 0).is_dmabuf);
    assert_int_equal(compositor_pixel(scene.compositor, 0, 63, 31), 0x001f);
    assert_int_equal(compositor_dmabufs_asked(scene.compositor), 0);
    scene_window_close(&scene, &window);
    scene_close(&scene);
}

static void *hang_up_once_asked(void *data)
{
    while (compositor_dmabufs_asked(data) == 0) {
        sched_yield();
    }
    compositor_hang_up(data);
    return NULL;
}

static void test_never_answered(void **state)
{
    struct scene_window window;
    struct scene scene;
    pthread_t thread;

    scene_open(&scene, &(struct compositor_options){.dmabuf = COMPOSITOR_DMABUF_LINEAR,
                                                    .dmabuf_version = 4,
                                                    .silent_dmabufs = true});
    scene_window_open(&scene, &window, 8, 0, 64, 32);
    fixture_clear(1, 0, 0, 1);
    assert_int_equal(pthread_create(&thread, NULL, hang_up_once_asked, scene.compositor), 0);
    assert_false(eglSwapBuffers(scene.display, window.surface));
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    pthread_join(thread, NULL);
    scene_window_close(&scene, &window);
    scene_close(&scene);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taken),          cmocka_unit_test(test_refused),
        cmocka_unit_test(test_refused_later),  cmocka_unit_test(test_refused_without_shm),
        cmocka_unit_test(test_other_formats),  cmocka_unit_test(test_short_table),
        cmocka_unit_test(test_never_answered),
    };
    const bool daemon = count > 1;

    return cmocka_run_group_tests(tests, daemon ? egl_daemon_setup : NULL,
                                  daemon ? egl_daemon_teardown : NULL);
}
