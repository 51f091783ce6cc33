/* SPDX-License-Identifier: MIT */
/* Windows over surfaces of libgbm, and which end goes first. */
#include "tests/egl/gbm_scene.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <drm_fourcc.h>

#include "tests/egl/daemon.h"
#include "tests/egl/gbm_tests.h"

void test_frames(void **state)
{
    struct gbm_scene scene;
    EGLint width, height;

    gbm_scene_open_window(&scene);
    assert_true(eglQuerySurface(scene.display, scene.window, EGL_WIDTH, &width));
    assert_true(eglQuerySurface(scene.display, scene.window, EGL_HEIGHT, &height));
    assert_int_equal(width, WIDTH);
    assert_int_equal(height, HEIGHT);
    assert_null(gbm_surface_lock_front_buffer(scene.native));
    for (int i = 0; i < 12; i++) {
        struct gbm_bo *bo = gbm_scene_frame(&scene, i % 2 == 0, i % 3 == 0, 1);

        assert_int_equal(gbm_scene_pixel(bo, 0, 0),
                         (i % 2 == 0 ? 0xff0000u : 0) | (i % 3 == 0 ? 0xff00u : 0) | 0xffu);
        assert_int_equal(gbm_scene_pixel(bo, WIDTH - 1, HEIGHT - 1), gbm_scene_pixel(bo, 0, 0));
        assert_null(gbm_surface_lock_front_buffer(scene.native));
        gbm_surface_release_buffer(scene.native, bo);
    }
    gbm_scene_close(&scene);
}

/* The top line is the first in memory. */
void test_upside_up(void **state)
{
    struct gbm_scene scene;

    gbm_scene_open_window(&scene);
    glEnable(GL_SCISSOR_TEST);
    glScissor(0, 0, WIDTH, 1);
    glClearColor(1, 0, 0, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    glScissor(0, HEIGHT - 1, WIDTH, 1);
    glClearColor(0, 1, 0, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    assert_true(eglSwapBuffers(scene.display, scene.window));
    struct gbm_bo *bo = gbm_surface_lock_front_buffer(scene.native);
    assert_int_equal(gbm_scene_pixel(bo, 5, 0), 0x00ff00);
    assert_int_equal(gbm_scene_pixel(bo, 5, HEIGHT - 1), 0xff0000);
    gbm_surface_release_buffer(scene.native, bo);
    gbm_scene_close(&scene);
}

/* What is drawn into the front is neither in the back nor lost. */
void test_front(void **state)
{
    struct gbm_scene scene;

    gbm_scene_open_window(&scene);
    for (unsigned i = 0; i < 3; i++) {
        glDrawBuffer(GL_FRONT);
        fixture_clear(1, 0, 0, 1);
        glDrawBuffer(GL_BACK);
        fixture_clear(0, 0, 1, 1);
        glReadBuffer(GL_FRONT);
        fixture_assert_pixel(3, 3, 255, 0, 0, 255);
        glReadBuffer(GL_BACK);
        fixture_assert_pixel(3, 3, 0, 0, 255, 255);
        assert_true(eglSwapBuffers(scene.display, scene.window));
        struct gbm_bo *bo = gbm_surface_lock_front_buffer(scene.native);
        assert_int_equal(gbm_scene_pixel(bo, 3, 3), 0x0000ff);
        glReadBuffer(GL_FRONT);
        fixture_assert_pixel(3, 3, 0, 0, 255, 255);
        gbm_surface_release_buffer(scene.native, bo);
    }
    gbm_scene_close(&scene);
}

void test_all_locked(void **state)
{
    struct gbm_bo *bos[4];
    struct gbm_scene scene;

    gbm_scene_open_window(&scene);
    for (unsigned i = 0; i < COUNT(bos); i++) {
        assert_true(gbm_surface_has_free_buffers(scene.native));
        bos[i] = gbm_scene_frame(&scene, 0, 0, i / 3.0f);
        for (unsigned k = 0; k < i; k++) {
            assert_ptr_not_equal(bos[k], bos[i]);
        }
    }
    assert_false(gbm_surface_has_free_buffers(scene.native));
    assert_false(eglSwapBuffers(scene.display, scene.window));
    assert_egl_error(EGL_BAD_ALLOC);
    gbm_surface_release_buffer(scene.native, bos[2]);
    gbm_surface_release_buffer(scene.native, NULL);
    assert_true(gbm_surface_has_free_buffers(scene.native));
    assert_ptr_equal(gbm_scene_frame(&scene, 1, 1, 0), bos[2]);
    assert_int_equal(gbm_scene_pixel(bos[2], 1, 1), 0xffff00);
    assert_int_equal(gbm_scene_pixel(bos[3], 1, 1), 0x0000ff);
    gbm_scene_close(&scene);
}

/* Who swaps and does not lock goes on, and gets the newest frame when he does. */
void test_unlocked(void **state)
{
    struct gbm_scene scene;

    gbm_scene_open_window(&scene);
    for (int i = 0; i < 9; i++) {
        fixture_clear(0, i / 8.0f, 0, 1);
        assert_true(eglSwapBuffers(scene.display, scene.window));
    }
    struct gbm_bo *bo = gbm_surface_lock_front_buffer(scene.native);
    assert_int_equal(gbm_scene_pixel(bo, 1, 1), 0x00ff00);
    gbm_surface_release_buffer(scene.native, bo);
    gbm_scene_close(&scene);
}

static EGLint age_of(const struct gbm_scene *scene)
{
    EGLint age = -1;

    assert_true(eglQuerySurface(scene->display, scene->window, EGL_BUFFER_AGE_EXT, &age));
    return age;
}

void test_age(void **state)
{
    struct gbm_bo *shown = NULL;
    struct gbm_scene scene;

    gbm_scene_open_window(&scene);
    assert_int_equal(age_of(&scene), 0);
    for (int i = 0; i < 8; i++) {
        struct gbm_bo *bo = gbm_scene_frame(&scene, 0, 0, 1);

        if (shown != NULL) {
            gbm_surface_release_buffer(scene.native, shown);
        }
        shown = bo;
        /* Two are in turn when one is locked. */
        assert_int_equal(age_of(&scene), i == 0 ? 0 : 2);
    }
    gbm_scene_close(&scene);
}

/* Without damage an old buffer has what was drawn then. */
void test_formats(void **state)
{
    static const struct {
        uint32_t format;
        EGLint red, alpha;
        bool matches;
    } rows[] = {
        {GBM_FORMAT_XRGB8888, 8, 0, true},  {GBM_FORMAT_XRGB8888, 8, 8, true},
        {GBM_FORMAT_ARGB8888, 8, 0, true},  {GBM_FORMAT_ARGB8888, 8, 8, true},
        {GBM_FORMAT_RGB565, 5, 0, true},    {GBM_FORMAT_RGB565, 8, 0, false},
        {GBM_FORMAT_XRGB8888, 5, 0, false},
    };
    struct gbm_scene scene;

    gbm_scene_open_display(&scene);
    for (unsigned i = 0; i < COUNT(rows); i++) {
        EGLConfig config = fixture_config(scene.display, rows[i].red, rows[i].alpha, 0);
        struct gbm_surface *native =
            gbm_surface_create(scene.device, WIDTH, HEIGHT, rows[i].format, GBM_BO_USE_RENDERING);
        EGLSurface window = gbm_scene_window_of(&scene, config, native);

        if (rows[i].matches) {
            assert_ptr_not_equal(window, EGL_NO_SURFACE);
            assert_true(eglDestroySurface(scene.display, window));
        } else {
            assert_ptr_equal(window, EGL_NO_SURFACE);
            assert_egl_error(EGL_BAD_MATCH);
        }
        gbm_surface_destroy(native);
    }
    gbm_scene_close(&scene);
}

void test_565(void **state)
{
    struct gbm_scene scene;
    uint32_t stride;
    uint16_t pixel;
    void *data = NULL;

    gbm_scene_open_display(&scene);
    EGLConfig config = fixture_config(scene.display, 5, 0, 0);
    EGLContext context = fixture_context(scene.display, config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    scene.native =
        gbm_surface_create(scene.device, WIDTH, HEIGHT, GBM_FORMAT_RGB565, GBM_BO_USE_SCANOUT);
    scene.window = gbm_scene_window_of(&scene, config, scene.native);
    assert_ptr_not_equal(scene.window, EGL_NO_SURFACE);
    assert_true(eglMakeCurrent(scene.display, scene.window, scene.window, context));
    struct gbm_bo *bo = gbm_scene_frame(&scene, 1, 0, 1);
    const void *map =
        gbm_bo_map(bo, WIDTH - 1, HEIGHT - 1, 1, 1, GBM_BO_TRANSFER_READ, &stride, &data);
    assert_non_null(map);
    assert_true(stride >= WIDTH * 2);
    memcpy(&pixel, map, sizeof(pixel));
    assert_int_equal(pixel, 0xf81f);
    gbm_bo_unmap(bo, data);
    gbm_scene_close(&scene);
}

void test_bad_windows(void **state)
{
    struct gbm_scene scene, other;
    uint32_t junk[8] = {0};

    gbm_scene_open_display(&scene);
    gbm_scene_open_device(&other);
    assert_ptr_equal(gbm_scene_window_of(&scene, scene.config, junk), EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    assert_ptr_equal(gbm_scene_window_of(&scene, scene.config, (void *)(uintptr_t)8),
                     EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    assert_ptr_equal(gbm_scene_window_of(&scene, scene.config, NULL), EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    other.native = gbm_surface_create(other.device, 8, 8, GBM_FORMAT_XRGB8888, 0);
    assert_ptr_equal(gbm_scene_window_of(&scene, scene.config, other.native), EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    gbm_surface_destroy(other.native);
    struct gbm_surface *gone = gbm_surface_create(scene.device, 8, 8, GBM_FORMAT_XRGB8888, 0);
    gbm_surface_destroy(gone);
    assert_ptr_equal(gbm_scene_window_of(&scene, scene.config, gone), EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    assert_ptr_equal(eglCreatePlatformPixmapSurface(scene.display, scene.config, junk, NULL),
                     EGL_NO_SURFACE);
    assert_int_not_equal(eglGetError(), EGL_SUCCESS);
    gbm_scene_close_device(&other);
    gbm_scene_close(&scene);
}

void test_one_window(void **state)
{
    struct gbm_scene scene;

    gbm_scene_open_window(&scene);
    assert_ptr_equal(gbm_scene_window_of(&scene, scene.config, scene.native), EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_ALLOC);
    assert_true(eglMakeCurrent(scene.display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
    assert_true(eglDestroySurface(scene.display, scene.window));
    scene.window = gbm_scene_window_of(&scene, scene.config, scene.native);
    assert_ptr_not_equal(scene.window, EGL_NO_SURFACE);
    assert_true(eglMakeCurrent(scene.display, scene.window, scene.window, scene.context));
    assert_int_equal(gbm_scene_pixel(gbm_scene_frame(&scene, 0, 1, 1), 2, 2), 0x00ffff);
    gbm_scene_close(&scene);
}

void test_surface_sizes(void **state)
{
    static const uint32_t bad[][2] = {
        {0, 1}, {1, 0}, {2049, 1}, {1, 2049}, {UINT32_MAX, UINT32_MAX}};
    struct gbm_scene scene;

    gbm_scene_open_device(&scene);
    for (unsigned i = 0; i < COUNT(bad); i++) {
        assert_null(gbm_surface_create(scene.device, bad[i][0], bad[i][1], GBM_FORMAT_XRGB8888, 0));
        assert_null(gbm_bo_create(scene.device, bad[i][0], bad[i][1], GBM_FORMAT_XRGB8888, 0));
        assert_int_equal(errno, EINVAL);
    }
    assert_null(gbm_surface_create(scene.device, 8, 8, GBM_FORMAT_NV12, 0));
    assert_null(gbm_surface_create(scene.device, 8, 8, GBM_FORMAT_XRGB8888, GBM_BO_USE_PROTECTED));
    struct gbm_surface *largest =
        gbm_surface_create(scene.device, 2048, 2048, GBM_FORMAT_XRGB8888, 0);
    assert_non_null(largest);
    gbm_surface_destroy(largest);
    gbm_scene_close_device(&scene);
}

void test_modifiers(void **state)
{
    static const uint64_t tiles[] = {I915_FORMAT_MOD_X_TILED, I915_FORMAT_MOD_Y_TILED};
    static const uint64_t both[] = {I915_FORMAT_MOD_X_TILED, DRM_FORMAT_MOD_LINEAR};
    struct gbm_surface *surface;
    struct gbm_scene scene;

    gbm_scene_open_device(&scene);
    assert_null(gbm_bo_create_with_modifiers(scene.device, 64, 64, GBM_FORMAT_XRGB8888, tiles, 2));
    assert_null(
        gbm_surface_create_with_modifiers(scene.device, 64, 64, GBM_FORMAT_XRGB8888, tiles, 2));
    struct gbm_bo *bo =
        gbm_bo_create_with_modifiers(scene.device, 64, 64, GBM_FORMAT_XRGB8888, both, 2);
    assert_non_null(bo);
    assert_true(gbm_bo_get_modifier(bo) == DRM_FORMAT_MOD_LINEAR);
    gbm_bo_destroy(bo);
    surface = gbm_surface_create_with_modifiers(scene.device, 64, 64, GBM_FORMAT_XRGB8888, both, 2);
    assert_non_null(surface);
    gbm_surface_destroy(surface);
    gbm_scene_close_device(&scene);
}

/* Programs lock what they have swapped, and do not look whether it is there. */
void test_lost(void **state)
{
    struct gbm_scene scene;

    if (!egl_daemon_runs()) {
        skip();
    }
    gbm_scene_open_window(&scene);
    gbm_surface_release_buffer(scene.native, gbm_scene_frame(&scene, 1, 0, 0));
    egl_daemon_kill();
    for (unsigned i = 0; i < 6; i++) {
        fixture_clear(0, 1, 0, 1);
        assert_false(eglSwapBuffers(scene.display, scene.window));
        assert_egl_error(EGL_CONTEXT_LOST);
        struct gbm_bo *bo = gbm_surface_lock_front_buffer(scene.native);
        assert_non_null(bo);
        gbm_surface_release_buffer(scene.native, bo);
    }
    egl_daemon_start();
    /* The driver looks for it now and then. */
    for (unsigned i = 0; i < 200; i++) {
        const struct timespec pause = {.tv_nsec = 20000000};

        nanosleep(&pause, NULL);
        fixture_clear(0, 0, 1, 1);
        const bool swapped = eglSwapBuffers(scene.display, scene.window);
        struct gbm_bo *bo = gbm_surface_lock_front_buffer(scene.native);
        assert_non_null(bo);
        const uint32_t pixel = gbm_scene_pixel(bo, 1, 1);
        gbm_surface_release_buffer(scene.native, bo);
        if (swapped && pixel == 0x0000ff) {
            gbm_scene_close(&scene);
            return;
        }
    }
    fail_msg("the display did not find the new daemon");
}

/* What a program has when it asks for GBM without a device. */
void test_default_display(void **state)
{
    struct gbm_scene scene;

    gbm_scene_open_device(&scene);
    scene.display = gbm_scene_display_of(EGL_DEFAULT_DISPLAY);
    assert_ptr_not_equal(scene.display, EGL_NO_DISPLAY);
    assert_true(eglInitialize(scene.display, NULL, NULL));
    scene.config = fixture_config(scene.display, 8, 0, 0);
    scene.context = fixture_context(scene.display, scene.config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    scene.native = gbm_surface_create(scene.device, WIDTH, HEIGHT, GBM_FORMAT_XRGB8888, 0);
    scene.window = gbm_scene_window_of(&scene, scene.config, scene.native);
    assert_ptr_not_equal(scene.window, EGL_NO_SURFACE);
    assert_true(eglMakeCurrent(scene.display, scene.window, scene.window, scene.context));
    assert_int_equal(gbm_scene_pixel(gbm_scene_frame(&scene, 1, 0, 1), 2, 2), 0xff00ff);
    gbm_scene_close(&scene);
}

/* ---- the order of ends ---- */

static unsigned told;

static void tell(struct gbm_bo *bo, void *data)
{
    assert_ptr_equal(data, &told);
    assert_int_equal(gbm_bo_get_width(bo), WIDTH);
    told++;
}

void test_surface_first(void **state)
{
    struct gbm_scene scene;

    gbm_scene_open_window(&scene);
    told = 0;
    gbm_bo_set_user_data(gbm_scene_frame(&scene, 1, 0, 0), &told, tell);
    gbm_surface_destroy(scene.native);
    assert_int_equal(told, 1);
    scene.native = NULL;
    fixture_clear(0, 1, 0, 1);
    /* The buffer that was being drawn into is gone with the first of these. */
    (void)eglSwapBuffers(scene.display, scene.window);
    assert_false(eglSwapBuffers(scene.display, scene.window));
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    gbm_scene_close(&scene);
}

void test_window_first(void **state)
{
    struct gbm_scene scene;

    gbm_scene_open_window(&scene);
    struct gbm_bo *bo = gbm_scene_frame(&scene, 1, 0, 0);
    told = 0;
    gbm_bo_set_user_data(bo, &told, tell);
    fixture_close(scene.display);
    assert_int_equal(told, 0);
    assert_int_equal(gbm_scene_pixel(bo, 1, 1), 0xff0000);
    gbm_surface_destroy(scene.native);
    assert_int_equal(told, 1);
    gbm_scene_close_device(&scene);
}

void test_device_first(void **state)
{
    struct gbm_scene scene;

    gbm_scene_open_window(&scene);
    struct gbm_bo *bo = gbm_bo_create(scene.device, 8, 8, GBM_FORMAT_XRGB8888, 0);
    struct gbm_bo *front = gbm_scene_frame(&scene, 1, 0, 0);
    gbm_device_destroy(scene.device);
    gbm_surface_release_buffer(scene.native, front);
    gbm_surface_destroy(scene.native);
    gbm_bo_destroy(bo);
    fixture_close(scene.display);
    /* Whoever closes the file closes what was made on it. */
    close(scene.fd);
}
