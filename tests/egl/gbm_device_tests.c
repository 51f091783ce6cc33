/* SPDX-License-Identifier: MIT */
/* Devices of our backend, displays of theirs, and those of others. */
#include "tests/egl/gbm_scene.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <drm_fourcc.h>
#include <gbm_backend_abi.h>

#include "tests/egl/daemon.h"
#include "tests/egl/gbm_tests.h"

void test_device(void **state)
{
    struct gbm_scene scene;
    struct gbm_device *device;

    gbm_scene_open_device(&scene);
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
    gbm_scene_close_device(&scene);
}

void test_display(void **state)
{
    struct gbm_scene scene;
    EGLConfig configs[64];
    EGLint count, visual, alpha, red, types;

    gbm_scene_open_display(&scene);
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
    assert_ptr_equal(gbm_scene_display_of(scene.device), scene.display);
    gbm_scene_close(&scene);
}

/* What compositors ask to know whether a GPU draws, and which DRM device it is. */
void test_egl_device(void **state)
{
    PFNEGLQUERYDISPLAYATTRIBEXTPROC query = fixture_function("eglQueryDisplayAttribEXT");
    PFNEGLQUERYDEVICESTRINGEXTPROC string = fixture_function("eglQueryDeviceStringEXT");
    PFNEGLQUERYDEVICESEXTPROC list = fixture_function("eglQueryDevicesEXT");
    const bool has_device = gbm_device_has_mesa();
    EGLDeviceEXT devices[4];
    struct gbm_scene scene;
    EGLAttrib device = 0;
    EGLint count = 0;

    gbm_scene_open_display(&scene);
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
    gbm_scene_close(&scene);
}

/* A program without windows, and one that draws into pbuffers. */
void test_no_window(void **state)
{
    struct gbm_scene scene;
    EGLSurface pbuffer;

    gbm_scene_open_display(&scene);
    assert_true(eglMakeCurrent(scene.display, EGL_NO_SURFACE, EGL_NO_SURFACE, scene.context));
    pbuffer = fixture_pbuffer(scene.display, scene.config, 8, 8);
    assert_true(eglMakeCurrent(scene.display, pbuffer, pbuffer, scene.context));
    fixture_clear(0, 1, 0, 1);
    fixture_assert_pixel(3, 3, 0, 255, 0, 255);
    gbm_scene_close(&scene);
}

void test_foreign_devices(void **state)
{
    struct gbm_scene scene;
    void *nothing[4] = {NULL};

    gbm_scene_open_device(&scene);
    assert_ptr_equal(gbm_scene_display_of(nothing), EGL_NO_DISPLAY);
    assert_int_not_equal(eglGetError(), EGL_SUCCESS);
    assert_ptr_equal(gbm_scene_display_of((void *)(uintptr_t)0x1234567), EGL_NO_DISPLAY);
    assert_int_not_equal(eglGetError(), EGL_SUCCESS);
    scene.display = gbm_scene_display_of(scene.device);
    assert_ptr_not_equal(scene.display, EGL_NO_DISPLAY);
    gbm_scene_close_device(&scene);
    assert_false(eglInitialize(scene.display, NULL, NULL));
    assert_egl_error(EGL_NOT_INITIALIZED);
}

/* A kernel's dma-bufs are no memory files, so libgbm has to look for another backend. */
void test_kernels_device(void **state)
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
void test_mesas_backend(void **state)
{
    struct gbm_scene scene;

    if (!gbm_device_has_mesa()) {
        skip();
    }
    setenv("GBM_BACKEND", "dri", 1);
    gbm_scene_open_device(&scene);
    unsetenv("GBM_BACKEND");
    assert_string_equal(gbm_device_get_backend_name(scene.device), "drm");
    assert_ptr_equal(gbm_scene_display_of(scene.device), EGL_NO_DISPLAY);
    assert_int_not_equal(eglGetError(), EGL_SUCCESS);
    gbm_scene_close_device(&scene);
}
