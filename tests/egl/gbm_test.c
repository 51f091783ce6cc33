/* SPDX-License-Identifier: MIT */
/* Platform GBM: our backend of libgbm, and windows over its surfaces. */
#include "tests/egl/fixture.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <drm_fourcc.h>
#include <gbm.h>
#include <gbm_backend_abi.h>

#include "tests/egl/daemon.h"
#include "tests/egl/gbm_device.h"

#define WIDTH  70u
#define HEIGHT 41u

struct scene {
    int fd;
    struct gbm_device *device;
    EGLDisplay display;
    EGLConfig config;
    EGLContext context;
    struct gbm_surface *native;
    EGLSurface window;
};

static EGLDisplay display_of(void *device)
{
    return eglGetPlatformDisplay(EGL_PLATFORM_GBM_KHR, device, NULL);
}

static EGLSurface window_of(const struct scene *scene, EGLConfig config, void *native)
{
    return eglCreatePlatformWindowSurface(scene->display, config, native, NULL);
}

static void open_device(struct scene *scene)
{
    *scene = (struct scene){.fd = gbm_device_open()};
    scene->device = gbm_create_device(scene->fd);
    assert_non_null(scene->device);
}

static void open_display(struct scene *scene)
{
    EGLint major, minor;

    open_device(scene);
    scene->display = display_of(scene->device);
    assert_ptr_not_equal(scene->display, EGL_NO_DISPLAY);
    assert_true(eglInitialize(scene->display, &major, &minor));
    scene->config = fixture_config(scene->display, 8, 0, 32);
    scene->context =
        fixture_context(scene->display, scene->config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
}

static void open_window(struct scene *scene)
{
    open_display(scene);
    scene->native = gbm_surface_create(scene->device, WIDTH, HEIGHT, GBM_FORMAT_XRGB8888,
                                       GBM_BO_USE_SCANOUT | GBM_BO_USE_RENDERING);
    assert_non_null(scene->native);
    scene->window = window_of(scene, scene->config, scene->native);
    assert_ptr_not_equal(scene->window, EGL_NO_SURFACE);
    assert_true(eglMakeCurrent(scene->display, scene->window, scene->window, scene->context));
}

static void close_device(struct scene *scene)
{
    gbm_device_destroy(scene->device);
    assert_int_equal(gbm_device_handles(), 0);
    close(scene->fd);
}

/* In the order that programs should have. */
static void close_scene(struct scene *scene)
{
    fixture_close(scene->display);
    if (scene->native != NULL) {
        gbm_surface_destroy(scene->native);
    }
    close_device(scene);
}

static uint32_t pixel_of(struct gbm_bo *bo, uint32_t x, uint32_t y)
{
    uint32_t stride, pixel;
    void *data = NULL;
    const void *map = gbm_bo_map(bo, x, y, 1, 1, GBM_BO_TRANSFER_READ, &stride, &data);

    assert_non_null(map);
    memcpy(&pixel, map, sizeof(pixel));
    gbm_bo_unmap(bo, data);
    return pixel & 0xffffff;
}

/* Draws, swaps, and locks what was drawn. */
static struct gbm_bo *frame(struct scene *scene, float red, float green, float blue)
{
    fixture_clear(red, green, blue, 1);
    assert_true(eglSwapBuffers(scene->display, scene->window));
    struct gbm_bo *bo = gbm_surface_lock_front_buffer(scene->native);
    assert_non_null(bo);
    return bo;
}

/* ---- devices and displays ---- */

static void test_device(void **state)
{
    struct scene scene;
    struct gbm_device *device;

    open_device(&scene);
    device = scene.device;
    assert_string_equal(gbm_device_get_backend_name(device), "gemd");
    assert_int_equal(gbm_device_get_fd(device), scene.fd);
    assert_true(gbm_device_is_format_supported(device, GBM_FORMAT_XRGB8888,
                                               GBM_BO_USE_SCANOUT | GBM_BO_USE_RENDERING));
    assert_true(gbm_device_is_format_supported(device, GBM_BO_FORMAT_ARGB8888, 0));
    assert_true(gbm_device_is_format_supported(device, GBM_FORMAT_RGB565, GBM_BO_USE_LINEAR));
    assert_true(gbm_device_is_format_supported(device, GBM_FORMAT_ARGB8888, GBM_BO_USE_CURSOR));
    assert_false(gbm_device_is_format_supported(device, GBM_FORMAT_NV12, 0));
    assert_false(gbm_device_is_format_supported(device, GBM_FORMAT_XRGB8888, GBM_BO_USE_CURSOR));
    assert_false(gbm_device_is_format_supported(device, GBM_FORMAT_ARGB8888,
                                                GBM_BO_USE_CURSOR | GBM_BO_USE_RENDERING));
    assert_false(gbm_device_is_format_supported(device, GBM_FORMAT_XRGB8888, GBM_BO_USE_PROTECTED));
    assert_false(gbm_device_is_format_supported(device, GBM_FORMAT_XRGB8888, 1u << 30));
    assert_int_equal(gbm_device_get_format_modifier_plane_count(device, GBM_FORMAT_XRGB8888,
                                                                DRM_FORMAT_MOD_LINEAR),
                     1);
    assert_int_equal(gbm_device_get_format_modifier_plane_count(device, GBM_FORMAT_XRGB8888,
                                                                I915_FORMAT_MOD_X_TILED),
                     -1);
    close_device(&scene);
}

static void test_display(void **state)
{
    struct scene scene;
    EGLConfig configs[64];
    EGLint count, visual, alpha, red, types;

    open_display(&scene);
    assert_non_null(strstr(eglQueryString(EGL_NO_DISPLAY, EGL_EXTENSIONS), "EGL_KHR_platform_gbm"));
    assert_string_equal(eglQueryString(scene.display, EGL_VENDOR), "Mesa Project");
    assert_true(eglGetConfigs(scene.display, configs, COUNT(configs), &count));
    assert_true(count > 0);
    for (EGLint i = 0; i < count; i++) {
        assert_true(eglGetConfigAttrib(scene.display, configs[i], EGL_NATIVE_VISUAL_ID, &visual));
        assert_true(eglGetConfigAttrib(scene.display, configs[i], EGL_ALPHA_SIZE, &alpha));
        assert_true(eglGetConfigAttrib(scene.display, configs[i], EGL_RED_SIZE, &red));
        assert_true(eglGetConfigAttrib(scene.display, configs[i], EGL_SURFACE_TYPE, &types));
        assert_int_equal(visual, red == 5    ? GBM_FORMAT_RGB565
                                 : alpha > 0 ? GBM_FORMAT_ARGB8888
                                             : GBM_FORMAT_XRGB8888);
        assert_int_equal(types & (EGL_WINDOW_BIT | EGL_PIXMAP_BIT), EGL_WINDOW_BIT);
    }
    assert_ptr_equal(display_of(scene.device), scene.display);
    close_scene(&scene);
}

/* What compositors ask to know whether a GPU draws, and which DRM device it is. */
static void test_egl_device(void **state)
{
    PFNEGLQUERYDISPLAYATTRIBEXTPROC query = fixture_function("eglQueryDisplayAttribEXT");
    PFNEGLQUERYDEVICESTRINGEXTPROC string = fixture_function("eglQueryDeviceStringEXT");
    PFNEGLQUERYDEVICESEXTPROC list = fixture_function("eglQueryDevicesEXT");
    const bool has_device = gbm_device_has_mesa();
    EGLDeviceEXT devices[4];
    struct scene scene;
    EGLAttrib device = 0;
    EGLint count = 0;

    open_display(&scene);
    assert_true(query(scene.display, EGL_DEVICE_EXT, &device));
    const char *extensions = string((EGLDeviceEXT)device, EGL_EXTENSIONS);
    assert_int_equal(strstr(extensions, "EGL_MESA_device_software") == NULL, has_device);
    assert_int_equal(strstr(extensions, "EGL_EXT_device_drm ") != NULL, has_device);
    if (has_device) {
        assert_string_equal(string((EGLDeviceEXT)device, EGL_DRM_DEVICE_FILE_EXT),
                            "/dev/dri/card0");
        assert_string_equal(string((EGLDeviceEXT)device, EGL_DRM_RENDER_NODE_FILE_EXT),
                            "/dev/dri/renderD128");
        assert_true(list(COUNT(devices), devices, &count));
        assert_int_equal(count, 2);
        assert_ptr_equal(devices[0], (EGLDeviceEXT)device);
        EGLDisplay display = eglGetPlatformDisplay(EGL_PLATFORM_DEVICE_EXT, devices[0], NULL);
        assert_true(eglInitialize(display, NULL, NULL));
        assert_true(query(display, EGL_DEVICE_EXT, &device));
        assert_ptr_equal((EGLDeviceEXT)device, devices[0]);
        assert_true(eglTerminate(display));
    }
    close_scene(&scene);
}

/* A program without windows, and one that draws into pbuffers. */
static void test_no_window(void **state)
{
    struct scene scene;
    EGLSurface pbuffer;

    open_display(&scene);
    assert_true(eglMakeCurrent(scene.display, EGL_NO_SURFACE, EGL_NO_SURFACE, scene.context));
    pbuffer = fixture_pbuffer(scene.display, scene.config, 8, 8);
    assert_true(eglMakeCurrent(scene.display, pbuffer, pbuffer, scene.context));
    fixture_clear(0, 1, 0, 1);
    fixture_assert_pixel(3, 3, 0, 255, 0, 255);
    close_scene(&scene);
}

static void test_foreign_devices(void **state)
{
    struct scene scene;
    void *nothing[4] = {NULL};

    open_device(&scene);
    assert_ptr_equal(display_of(nothing), EGL_NO_DISPLAY);
    assert_int_not_equal(eglGetError(), EGL_SUCCESS);
    assert_ptr_equal(display_of((void *)(uintptr_t)0x1234567), EGL_NO_DISPLAY);
    assert_int_not_equal(eglGetError(), EGL_SUCCESS);
    scene.display = display_of(scene.device);
    assert_ptr_not_equal(scene.display, EGL_NO_DISPLAY);
    close_device(&scene);
    assert_false(eglInitialize(scene.display, NULL, NULL));
    assert_egl_error(EGL_NOT_INITIALIZED);
}

/* A kernel's dma-bufs are no memory files, so libgbm has to look for another backend. */
static void test_kernels_device(void **state)
{
    const struct gbm_backend *(*get_backend)(const struct gbm_core *core);
    static const struct gbm_core core;
    char path[512];
    int fd;

    if (!gbm_device_be_foreign(true)) {
        skip();
    }
    snprintf(path, sizeof(path), "%s/i915_gbm.so", getenv("GBM_BACKENDS_PATH"));
    void *object = dlopen(path, RTLD_NOW);
    assert_non_null(object);
    *(void **)&get_backend = dlsym(object, GBM_GET_BACKEND_PROC_NAME);
    assert_non_null(get_backend);
    fd = gbm_device_open();
    assert_null(get_backend(&core)->v0.create_device(fd, GBM_BACKEND_ABI_VERSION));
    assert_int_equal(errno, ENODEV);
    assert_int_equal(gbm_device_handles(), 0);
    close(fd);
    gbm_device_be_foreign(false);
}

/* Mesa's own backend: its devices are for Mesa's own EGL, which GLVND asks next. */
static void test_mesas_backend(void **state)
{
    struct scene scene;

    if (!gbm_device_has_mesa()) {
        skip();
    }
    setenv("GBM_BACKEND", "dri", 1);
    open_device(&scene);
    unsetenv("GBM_BACKEND");
    assert_string_equal(gbm_device_get_backend_name(scene.device), "drm");
    assert_ptr_equal(display_of(scene.device), EGL_NO_DISPLAY);
    assert_int_not_equal(eglGetError(), EGL_SUCCESS);
    close_device(&scene);
}

/* ---- windows ---- */

static void test_frames(void **state)
{
    struct scene scene;
    EGLint width, height;

    open_window(&scene);
    assert_true(eglQuerySurface(scene.display, scene.window, EGL_WIDTH, &width));
    assert_true(eglQuerySurface(scene.display, scene.window, EGL_HEIGHT, &height));
    assert_int_equal(width, WIDTH);
    assert_int_equal(height, HEIGHT);
    assert_null(gbm_surface_lock_front_buffer(scene.native));
    for (int i = 0; i < 12; i++) {
        struct gbm_bo *bo = frame(&scene, i % 2 == 0, i % 3 == 0, 1);

        assert_int_equal(pixel_of(bo, 0, 0),
                         (i % 2 == 0 ? 0xff0000u : 0) | (i % 3 == 0 ? 0xff00u : 0) | 0xffu);
        assert_int_equal(pixel_of(bo, WIDTH - 1, HEIGHT - 1), pixel_of(bo, 0, 0));
        assert_null(gbm_surface_lock_front_buffer(scene.native));
        gbm_surface_release_buffer(scene.native, bo);
    }
    close_scene(&scene);
}

/* The top line is the first in memory. */
static void test_upside_up(void **state)
{
    struct scene scene;

    open_window(&scene);
    glEnable(GL_SCISSOR_TEST);
    glScissor(0, 0, WIDTH, 1);
    glClearColor(1, 0, 0, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    glScissor(0, HEIGHT - 1, WIDTH, 1);
    glClearColor(0, 1, 0, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    assert_true(eglSwapBuffers(scene.display, scene.window));
    struct gbm_bo *bo = gbm_surface_lock_front_buffer(scene.native);
    assert_int_equal(pixel_of(bo, 5, 0), 0x00ff00);
    assert_int_equal(pixel_of(bo, 5, HEIGHT - 1), 0xff0000);
    gbm_surface_release_buffer(scene.native, bo);
    close_scene(&scene);
}

/* What is drawn into the front is neither in the back nor lost. */
static void test_front(void **state)
{
    struct scene scene;

    open_window(&scene);
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
        assert_int_equal(pixel_of(bo, 3, 3), 0x0000ff);
        glReadBuffer(GL_FRONT);
        fixture_assert_pixel(3, 3, 0, 0, 255, 255);
        gbm_surface_release_buffer(scene.native, bo);
    }
    close_scene(&scene);
}

static void test_all_locked(void **state)
{
    struct gbm_bo *bos[4];
    struct scene scene;

    open_window(&scene);
    for (unsigned i = 0; i < COUNT(bos); i++) {
        assert_true(gbm_surface_has_free_buffers(scene.native));
        bos[i] = frame(&scene, 0, 0, i / 3.0f);
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
    assert_ptr_equal(frame(&scene, 1, 1, 0), bos[2]);
    assert_int_equal(pixel_of(bos[2], 1, 1), 0xffff00);
    assert_int_equal(pixel_of(bos[3], 1, 1), 0x0000ff);
    close_scene(&scene);
}

/* Who swaps and does not lock goes on, and gets the newest frame when he does. */
static void test_unlocked(void **state)
{
    struct scene scene;

    open_window(&scene);
    for (int i = 0; i < 9; i++) {
        fixture_clear(0, i / 8.0f, 0, 1);
        assert_true(eglSwapBuffers(scene.display, scene.window));
    }
    struct gbm_bo *bo = gbm_surface_lock_front_buffer(scene.native);
    assert_int_equal(pixel_of(bo, 1, 1), 0x00ff00);
    gbm_surface_release_buffer(scene.native, bo);
    close_scene(&scene);
}

static EGLint age_of(const struct scene *scene)
{
    EGLint age = -1;

    assert_true(eglQuerySurface(scene->display, scene->window, EGL_BUFFER_AGE_EXT, &age));
    return age;
}

static void test_age(void **state)
{
    struct gbm_bo *shown = NULL;
    struct scene scene;

    open_window(&scene);
    assert_int_equal(age_of(&scene), 0);
    for (int i = 0; i < 8; i++) {
        struct gbm_bo *bo = frame(&scene, 0, 0, 1);

        if (shown != NULL) {
            gbm_surface_release_buffer(scene.native, shown);
        }
        shown = bo;
        /* Two are in turn when one is locked. */
        assert_int_equal(age_of(&scene), i == 0 ? 0 : 2);
    }
    close_scene(&scene);
}

/* Without damage an old buffer has what was drawn then. */
static void test_formats(void **state)
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
    struct scene scene;

    open_display(&scene);
    for (unsigned i = 0; i < COUNT(rows); i++) {
        EGLConfig config = fixture_config(scene.display, rows[i].red, rows[i].alpha, 0);
        struct gbm_surface *native =
            gbm_surface_create(scene.device, WIDTH, HEIGHT, rows[i].format, GBM_BO_USE_RENDERING);
        EGLSurface window = window_of(&scene, config, native);

        if (rows[i].matches) {
            assert_ptr_not_equal(window, EGL_NO_SURFACE);
            assert_true(eglDestroySurface(scene.display, window));
        } else {
            assert_ptr_equal(window, EGL_NO_SURFACE);
            assert_egl_error(EGL_BAD_MATCH);
        }
        gbm_surface_destroy(native);
    }
    close_scene(&scene);
}

static void test_565(void **state)
{
    struct scene scene;
    uint32_t stride;
    uint16_t pixel;
    void *data = NULL;

    open_display(&scene);
    EGLConfig config = fixture_config(scene.display, 5, 0, 0);
    EGLContext context = fixture_context(scene.display, config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    scene.native =
        gbm_surface_create(scene.device, WIDTH, HEIGHT, GBM_FORMAT_RGB565, GBM_BO_USE_SCANOUT);
    scene.window = window_of(&scene, config, scene.native);
    assert_ptr_not_equal(scene.window, EGL_NO_SURFACE);
    assert_true(eglMakeCurrent(scene.display, scene.window, scene.window, context));
    struct gbm_bo *bo = frame(&scene, 1, 0, 1);
    const void *map =
        gbm_bo_map(bo, WIDTH - 1, HEIGHT - 1, 1, 1, GBM_BO_TRANSFER_READ, &stride, &data);
    assert_non_null(map);
    assert_true(stride >= WIDTH * 2);
    memcpy(&pixel, map, sizeof(pixel));
    assert_int_equal(pixel, 0xf81f);
    gbm_bo_unmap(bo, data);
    close_scene(&scene);
}

static void test_bad_windows(void **state)
{
    struct scene scene, other;
    uint32_t junk[8] = {0};

    open_display(&scene);
    open_device(&other);
    assert_ptr_equal(window_of(&scene, scene.config, junk), EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    assert_ptr_equal(window_of(&scene, scene.config, (void *)(uintptr_t)8), EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    assert_ptr_equal(window_of(&scene, scene.config, NULL), EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    other.native = gbm_surface_create(other.device, 8, 8, GBM_FORMAT_XRGB8888, 0);
    assert_ptr_equal(window_of(&scene, scene.config, other.native), EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    gbm_surface_destroy(other.native);
    struct gbm_surface *gone = gbm_surface_create(scene.device, 8, 8, GBM_FORMAT_XRGB8888, 0);
    gbm_surface_destroy(gone);
    assert_ptr_equal(window_of(&scene, scene.config, gone), EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    assert_ptr_equal(eglCreatePlatformPixmapSurface(scene.display, scene.config, junk, NULL),
                     EGL_NO_SURFACE);
    assert_int_not_equal(eglGetError(), EGL_SUCCESS);
    close_device(&other);
    close_scene(&scene);
}

static void test_one_window(void **state)
{
    struct scene scene;

    open_window(&scene);
    assert_ptr_equal(window_of(&scene, scene.config, scene.native), EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_ALLOC);
    assert_true(eglMakeCurrent(scene.display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
    assert_true(eglDestroySurface(scene.display, scene.window));
    scene.window = window_of(&scene, scene.config, scene.native);
    assert_ptr_not_equal(scene.window, EGL_NO_SURFACE);
    assert_true(eglMakeCurrent(scene.display, scene.window, scene.window, scene.context));
    assert_int_equal(pixel_of(frame(&scene, 0, 1, 1), 2, 2), 0x00ffff);
    close_scene(&scene);
}

static void test_surface_sizes(void **state)
{
    static const uint32_t bad[][2] = {
        {0, 1}, {1, 0}, {2049, 1}, {1, 2049}, {UINT32_MAX, UINT32_MAX}};
    struct scene scene;

    open_device(&scene);
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
    close_device(&scene);
}

static void test_modifiers(void **state)
{
    static const uint64_t tiles[] = {I915_FORMAT_MOD_X_TILED, I915_FORMAT_MOD_Y_TILED};
    static const uint64_t both[] = {I915_FORMAT_MOD_X_TILED, DRM_FORMAT_MOD_LINEAR};
    struct gbm_surface *surface;
    struct scene scene;

    open_device(&scene);
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
    close_device(&scene);
}

/* Programs lock what they have swapped, and do not look whether it is there. */
static void test_lost(void **state)
{
    struct scene scene;

    if (!egl_daemon_runs()) {
        skip();
    }
    open_window(&scene);
    gbm_surface_release_buffer(scene.native, frame(&scene, 1, 0, 0));
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
        const uint32_t pixel = pixel_of(bo, 1, 1);
        gbm_surface_release_buffer(scene.native, bo);
        if (swapped && pixel == 0x0000ff) {
            close_scene(&scene);
            return;
        }
    }
    fail_msg("the display did not find the new daemon");
}

/* What a program has when it asks for GBM without a device. */
static void test_default_display(void **state)
{
    struct scene scene;

    open_device(&scene);
    scene.display = display_of(EGL_DEFAULT_DISPLAY);
    assert_ptr_not_equal(scene.display, EGL_NO_DISPLAY);
    assert_true(eglInitialize(scene.display, NULL, NULL));
    scene.config = fixture_config(scene.display, 8, 0, 0);
    scene.context = fixture_context(scene.display, scene.config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    scene.native = gbm_surface_create(scene.device, WIDTH, HEIGHT, GBM_FORMAT_XRGB8888, 0);
    scene.window = window_of(&scene, scene.config, scene.native);
    assert_ptr_not_equal(scene.window, EGL_NO_SURFACE);
    assert_true(eglMakeCurrent(scene.display, scene.window, scene.window, scene.context));
    assert_int_equal(pixel_of(frame(&scene, 1, 0, 1), 2, 2), 0xff00ff);
    close_scene(&scene);
}

/* ---- the order of ends ---- */

static unsigned told;

static void tell(struct gbm_bo *bo, void *data)
{
    assert_ptr_equal(data, &told);
    assert_int_equal(gbm_bo_get_width(bo), WIDTH);
    told++;
}

static void test_surface_first(void **state)
{
    struct scene scene;

    open_window(&scene);
    told = 0;
    gbm_bo_set_user_data(frame(&scene, 1, 0, 0), &told, tell);
    gbm_surface_destroy(scene.native);
    assert_int_equal(told, 1);
    scene.native = NULL;
    fixture_clear(0, 1, 0, 1);
    /* The buffer that was being drawn into is gone with the first of these. */
    (void)eglSwapBuffers(scene.display, scene.window);
    assert_false(eglSwapBuffers(scene.display, scene.window));
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    close_scene(&scene);
}

static void test_window_first(void **state)
{
    struct scene scene;

    open_window(&scene);
    struct gbm_bo *bo = frame(&scene, 1, 0, 0);
    told = 0;
    gbm_bo_set_user_data(bo, &told, tell);
    fixture_close(scene.display);
    assert_int_equal(told, 0);
    assert_int_equal(pixel_of(bo, 1, 1), 0xff0000);
    gbm_surface_destroy(scene.native);
    assert_int_equal(told, 1);
    close_device(&scene);
}

static void test_device_first(void **state)
{
    struct scene scene;

    open_window(&scene);
    struct gbm_bo *bo = gbm_bo_create(scene.device, 8, 8, GBM_FORMAT_XRGB8888, 0);
    struct gbm_bo *front = frame(&scene, 1, 0, 0);
    gbm_device_destroy(scene.device);
    gbm_surface_release_buffer(scene.native, front);
    gbm_surface_destroy(scene.native);
    gbm_bo_destroy(bo);
    fixture_close(scene.display);
    /* Whoever closes the file closes what was made on it. */
    close(scene.fd);
}

/* ---- buffers ---- */

static void test_buffers(void **state)
{
    const uint32_t bytes[2] = {0x112233, 0x445566};
    struct scene scene;

    open_device(&scene);
    struct gbm_bo *bo =
        gbm_bo_create(scene.device, WIDTH, HEIGHT, GBM_BO_FORMAT_XRGB8888, GBM_BO_USE_WRITE);
    assert_non_null(bo);
    assert_int_equal(gbm_bo_get_width(bo), WIDTH);
    assert_int_equal(gbm_bo_get_height(bo), HEIGHT);
    assert_int_equal(gbm_bo_get_format(bo), GBM_FORMAT_XRGB8888);
    assert_int_equal(gbm_bo_get_bpp(bo), 32);
    assert_int_equal(gbm_bo_get_stride(bo) % 64, 0);
    assert_int_equal(gbm_bo_get_plane_count(bo), 1);
    assert_int_equal(gbm_bo_get_offset(bo, 0), 0);
    assert_int_equal(gbm_bo_get_handle_for_plane(bo, 0).u32, gbm_bo_get_handle(bo).u32);
    assert_int_equal(gbm_bo_get_handle_for_plane(bo, 1).s32, -1);
    assert_int_equal(gbm_bo_get_fd_for_plane(bo, 1), -1);
    assert_int_equal(gbm_bo_get_stride_for_plane(bo, 1), 0);
    assert_ptr_equal(gbm_bo_get_device(bo), scene.device);
    assert_int_equal(gbm_bo_write(bo, bytes, sizeof(bytes)), 0);
    assert_int_equal(pixel_of(bo, 1, 0), 0x445566);
    assert_int_equal(gbm_bo_write(bo, bytes, 1u << 30), -1);
    assert_int_equal(errno, EINVAL);
    gbm_bo_destroy(bo);
    assert_null(gbm_bo_create(scene.device, 65, 64, GBM_FORMAT_ARGB8888, GBM_BO_USE_CURSOR));
    bo = gbm_bo_create(scene.device, 64, 64, GBM_FORMAT_ARGB8888,
                       GBM_BO_USE_CURSOR | GBM_BO_USE_WRITE);
    assert_int_equal(gbm_bo_get_stride(bo), 256);
    gbm_bo_destroy(bo);
    close_device(&scene);
}

static void test_maps(void **state)
{
    struct scene scene;
    uint32_t stride = 0;
    void *first = NULL, *second = NULL, *third = NULL;

    open_device(&scene);
    struct gbm_bo *bo = gbm_bo_create(scene.device, WIDTH, HEIGHT, GBM_FORMAT_XRGB8888, 0);
    uint8_t *map = gbm_bo_map(bo, 0, 0, WIDTH, HEIGHT, GBM_BO_TRANSFER_READ_WRITE, &stride, &first);
    assert_int_equal(stride, gbm_bo_get_stride(bo));
    const uint8_t *part = gbm_bo_map(bo, 3, 2, 4, 4, GBM_BO_TRANSFER_READ, &stride, &second);
    memset(map + 2 * (size_t)stride + 12, 0x5a, 4);
    assert_int_equal(*part, 0x5a);
    gbm_bo_unmap(bo, first);
    assert_int_equal(*part, 0x5a);
    gbm_bo_unmap(bo, second);
    assert_null(gbm_bo_map(bo, 3, 2, WIDTH, 4, GBM_BO_TRANSFER_READ, &stride, &third));
    assert_null(gbm_bo_map(bo, 0, HEIGHT, 1, 1, GBM_BO_TRANSFER_READ, &stride, &third));
    assert_null(gbm_bo_map(bo, UINT32_MAX, 0, 2, 1, GBM_BO_TRANSFER_READ, &stride, &third));
    assert_null(gbm_bo_map(bo, 0, 0, 1, 1, 0, &stride, &third));
    gbm_bo_destroy(bo);
    close_device(&scene);
}

static struct gbm_bo *import(const struct scene *scene,
                             const struct gbm_import_fd_modifier_data *data)
{
    struct gbm_import_fd_modifier_data copy = *data;

    return gbm_bo_import(scene->device, GBM_BO_IMPORT_FD_MODIFIER, &copy, GBM_BO_USE_SCANOUT);
}

static void test_imports(void **state)
{
    const uint32_t bytes[] = {0x123456};
    struct scene scene;

    open_device(&scene);
    struct gbm_bo *bo = gbm_bo_create(scene.device, WIDTH, HEIGHT, GBM_FORMAT_XRGB8888, 0);
    struct gbm_import_fd_data data = {.fd = gbm_bo_get_fd(bo),
                                      .width = WIDTH,
                                      .height = HEIGHT,
                                      .stride = gbm_bo_get_stride(bo),
                                      .format = GBM_FORMAT_ARGB8888};
    assert_true(data.fd >= 0);
    struct gbm_bo *twin = gbm_bo_import(scene.device, GBM_BO_IMPORT_FD, &data, 0);
    assert_non_null(twin);
    assert_int_equal(gbm_bo_write(bo, bytes, sizeof(bytes)), 0);
    assert_int_equal(pixel_of(twin, 0, 0), 0x123456);
    assert_int_equal(gbm_bo_get_handle(twin).u32, gbm_bo_get_handle(bo).u32);
    /* The handle is both's. */
    gbm_bo_destroy(bo);
    struct gbm_import_fd_modifier_data planes = {.width = WIDTH,
                                                 .height = HEIGHT - 1,
                                                 .format = GBM_FORMAT_XRGB8888,
                                                 .num_fds = 1,
                                                 .fds = {data.fd},
                                                 .strides = {(int)data.stride},
                                                 .offsets = {(int)data.stride}};
    struct gbm_bo *third = import(&scene, &planes);
    assert_non_null(third);
    assert_int_equal(gbm_bo_get_offset(third, 0), data.stride);
    gbm_bo_destroy(third);
    assert_int_equal(pixel_of(twin, 0, 0), 0x123456);
    gbm_bo_destroy(twin);
    close(data.fd);
    close_device(&scene);
}

static void test_bad_imports(void **state)
{
    struct scene scene;

    open_device(&scene);
    struct gbm_bo *bo = gbm_bo_create(scene.device, WIDTH, HEIGHT, GBM_FORMAT_XRGB8888, 0);
    const int fd = gbm_bo_get_fd(bo), stride = (int)gbm_bo_get_stride(bo);
    const int file = memfd_create("unsealed", MFD_CLOEXEC);
    assert_int_equal(ftruncate(file, 1 << 20), 0);
    const struct gbm_import_fd_modifier_data good = {.width = WIDTH,
                                                     .height = HEIGHT,
                                                     .format = GBM_FORMAT_XRGB8888,
                                                     .num_fds = 1,
                                                     .fds = {fd},
                                                     .strides = {stride}};
    struct gbm_import_fd_modifier_data bad[14];
    for (unsigned i = 0; i < COUNT(bad); i++) {
        bad[i] = good;
    }
    bad[0].num_fds = 0;
    bad[1].num_fds = 2;
    bad[2].fds[0] = -1;
    bad[3].fds[0] = file;
    bad[4].strides[0] = 4 * (int)WIDTH - 4;
    bad[5].strides[0] = stride + 1;
    bad[6].strides[0] = -stride;
    bad[7].offsets[0] = 1 << 30;
    bad[8].offsets[0] = -4;
    bad[9].format = GBM_FORMAT_NV12;
    bad[10].modifier = I915_FORMAT_MOD_X_TILED;
    bad[11].width = 0;
    bad[12].height = UINT32_MAX;
    bad[13].fds[0] = STDIN_FILENO;
    for (unsigned i = 0; i < COUNT(bad); i++) {
        assert_null(import(&scene, &bad[i]));
        assert_int_not_equal(errno, 0);
    }
    assert_null(gbm_bo_import(scene.device, GBM_BO_IMPORT_FD, NULL, 0));
    assert_null(gbm_bo_import(scene.device, 0x7777, &bad[0], 0));
    struct gbm_bo *twin = import(&scene, &good);
    assert_non_null(twin);
    gbm_bo_destroy(twin);
    close(file);
    close(fd);
    gbm_bo_destroy(bo);
    close_device(&scene);
}

/* Tiles of others may be shown, and no more. */
static void test_tiles(void **state)
{
    struct scene scene;
    uint32_t stride;
    void *data = NULL;

    if (!gbm_device_say_tiles(true)) {
        skip();
    }
    open_device(&scene);
    struct gbm_bo *bo = gbm_bo_create(scene.device, 128, 8, GBM_FORMAT_XRGB8888, 0);
    struct gbm_import_fd_data source = {.fd = gbm_bo_get_fd(bo),
                                        .width = 128,
                                        .height = 8,
                                        .stride = 512,
                                        .format = GBM_FORMAT_XRGB8888};
    struct gbm_bo *tiles = gbm_bo_import(scene.device, GBM_BO_IMPORT_FD, &source, 0);
    assert_non_null(tiles);
    assert_true(gbm_bo_get_modifier(tiles) == I915_FORMAT_MOD_X_TILED);
    assert_null(gbm_bo_map(tiles, 0, 0, 1, 1, GBM_BO_TRANSFER_READ, &stride, &data));
    gbm_bo_destroy(tiles);
    gbm_bo_destroy(bo);
    close(source.fd);
    gbm_device_say_tiles(false);
    close_device(&scene);
}

/* ---- images ---- */

static EGLImage image_of(const struct scene *scene, EGLContext context, void *bo)
{
    return eglCreateImage(scene->display, context, EGL_NATIVE_PIXMAP_KHR, (EGLClientBuffer)bo,
                          NULL);
}

/* Draws into a buffer by a framebuffer object, as compositors without surfaces do. */
static void test_image(void **state)
{
    PFNGLEGLIMAGETARGETTEXTURE2DOESPROC target = fixture_function("glEGLImageTargetTexture2DOES");
    PFNGLGENFRAMEBUFFERSPROC gen = fixture_function("glGenFramebuffers");
    PFNGLBINDFRAMEBUFFERPROC bind = fixture_function("glBindFramebuffer");
    PFNGLFRAMEBUFFERTEXTURE2DPROC attach = fixture_function("glFramebufferTexture2D");
    struct scene scene;
    GLuint texture, framebuffer;

    open_display(&scene);
    assert_non_null(strstr(eglQueryString(scene.display, EGL_EXTENSIONS), "EGL_KHR_image_pixmap"));
    EGLContext context =
        fixture_context(scene.display, scene.config, EGL_OPENGL_ES_API, 2, EGL_NO_CONTEXT);
    assert_true(eglMakeCurrent(scene.display, EGL_NO_SURFACE, EGL_NO_SURFACE, context));
    struct gbm_bo *bo = gbm_bo_create(scene.device, WIDTH, HEIGHT, GBM_FORMAT_XRGB8888,
                                      GBM_BO_USE_SCANOUT | GBM_BO_USE_RENDERING);
    EGLImage image = image_of(&scene, EGL_NO_CONTEXT, bo);
    assert_ptr_not_equal(image, EGL_NO_IMAGE);
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    target(GL_TEXTURE_2D, image);
    assert_true(eglDestroyImage(scene.display, image));
    gen(1, &framebuffer);
    bind(GL_FRAMEBUFFER, framebuffer);
    attach(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
    for (unsigned i = 0; i < 20; i++) {
        fixture_clear(1, i % 2 == 0, 0, 1);
        /* Whoever reads a buffer that is drawn so has only this to go by. */
        glFlush();
        assert_int_equal(pixel_of(bo, WIDTH - 1, HEIGHT - 1), i % 2 == 0 ? 0xffff00 : 0xff0000);
    }
    gbm_bo_destroy(bo);
    close_scene(&scene);
}

/* And back: what GL has drawn is a buffer to show. Software has no images to give away. */
static void test_image_import(void **state)
{
    uint16_t pixels[16 * 8];
    struct scene scene;
    GLuint texture;

    open_display(&scene);
    assert_true(eglMakeCurrent(scene.display, EGL_NO_SURFACE, EGL_NO_SURFACE, scene.context));
    for (unsigned i = 0; i < COUNT(pixels); i++) {
        pixels[i] = (uint16_t)(i * 0x0183);
    }
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAX_LEVEL, 0);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGB565, 16, 8, 0, GL_RGB, GL_UNSIGNED_SHORT_5_6_5, pixels);
    EGLImage image = eglCreateImage(scene.display, scene.context, EGL_GL_TEXTURE_2D,
                                    (EGLClientBuffer)(uintptr_t)texture, NULL);
    assert_ptr_not_equal(image, EGL_NO_IMAGE);
    struct gbm_bo *bo = gbm_bo_import(scene.device, GBM_BO_IMPORT_EGL_IMAGE, image, 0);
    if (strstr(eglQueryString(scene.display, EGL_EXTENSIONS), "MESA_image_dma_buf_export")) {
        assert_non_null(bo);
        assert_int_equal(gbm_bo_get_width(bo), 16);
        assert_int_equal(gbm_bo_get_height(bo), 8);
        assert_int_equal(gbm_bo_get_format(bo), GBM_FORMAT_RGB565);
        assert_int_equal(pixel_of(bo, 2, 3) & 0xffff, 50 * 0x0183);
        gbm_bo_destroy(bo);
    } else {
        assert_null(bo);
    }
    assert_true(eglDestroyImage(scene.display, image));
    assert_null(gbm_bo_import(scene.device, GBM_BO_IMPORT_EGL_IMAGE, image, 0));
    assert_int_equal(errno, EINVAL);
    close_scene(&scene);
}

static void test_bad_images(void **state)
{
    struct scene scene;
    uint32_t junk[8] = {0};

    open_display(&scene);
    struct gbm_bo *bo = gbm_bo_create(scene.device, 8, 8, GBM_FORMAT_XRGB8888, 0);
    assert_ptr_equal(image_of(&scene, EGL_NO_CONTEXT, NULL), EGL_NO_IMAGE);
    assert_egl_error(EGL_BAD_PARAMETER);
    assert_ptr_equal(image_of(&scene, EGL_NO_CONTEXT, junk), EGL_NO_IMAGE);
    assert_egl_error(EGL_BAD_PARAMETER);
    assert_ptr_equal(image_of(&scene, scene.context, bo), EGL_NO_IMAGE);
    assert_egl_error(EGL_BAD_PARAMETER);
    gbm_bo_destroy(bo);
    assert_ptr_equal(image_of(&scene, EGL_NO_CONTEXT, bo), EGL_NO_IMAGE);
    assert_egl_error(EGL_BAD_PARAMETER);
    if (gbm_device_say_tiles(true)) {
        bo = gbm_bo_create(scene.device, 128, 8, GBM_FORMAT_XRGB8888, 0);
        struct gbm_import_fd_data data = {.fd = gbm_bo_get_fd(bo),
                                          .width = 128,
                                          .height = 8,
                                          .stride = 512,
                                          .format = GBM_FORMAT_XRGB8888};
        struct gbm_bo *tiles = gbm_bo_import(scene.device, GBM_BO_IMPORT_FD, &data, 0);
        assert_non_null(tiles);
        assert_ptr_equal(image_of(&scene, EGL_NO_CONTEXT, tiles), EGL_NO_IMAGE);
        assert_egl_error(EGL_BAD_MATCH);
        gbm_bo_destroy(tiles);
        gbm_bo_destroy(bo);
        close(data.fd);
        gbm_device_say_tiles(false);
    }
    close_scene(&scene);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_device),
        cmocka_unit_test(test_display),
        cmocka_unit_test(test_egl_device),
        cmocka_unit_test(test_no_window),
        cmocka_unit_test(test_foreign_devices),
        cmocka_unit_test(test_kernels_device),
        cmocka_unit_test(test_mesas_backend),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_upside_up),
        cmocka_unit_test(test_front),
        cmocka_unit_test(test_all_locked),
        cmocka_unit_test(test_unlocked),
        cmocka_unit_test(test_age),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_565),
        cmocka_unit_test(test_bad_windows),
        cmocka_unit_test(test_one_window),
        cmocka_unit_test(test_surface_sizes),
        cmocka_unit_test(test_modifiers),
        cmocka_unit_test(test_default_display),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_surface_first),
        cmocka_unit_test(test_window_first),
        cmocka_unit_test(test_buffers),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_imports),
        cmocka_unit_test(test_bad_imports),
        cmocka_unit_test(test_tiles),
        cmocka_unit_test(test_image),
        cmocka_unit_test(test_image_import),
        cmocka_unit_test(test_bad_images),
        cmocka_unit_test(test_device_first),
    };

    if (argc > 1 && strcmp(argv[1], "daemon") == 0) {
        return cmocka_run_group_tests(tests, egl_daemon_setup, egl_daemon_teardown);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
