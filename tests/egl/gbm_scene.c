/* SPDX-License-Identifier: MIT */
#include "tests/egl/gbm_scene.h"

#include <string.h>
#include <unistd.h>

EGLDisplay gbm_scene_display_of(void *device)
{
    return eglGetPlatformDisplay(EGL_PLATFORM_GBM_KHR, device, NULL);
}

EGLSurface gbm_scene_window_of(const struct gbm_scene *scene, EGLConfig config, void *native)
{
    return eglCreatePlatformWindowSurface(scene->display, config, native, NULL);
}

void gbm_scene_open_device(struct gbm_scene *scene)
{
    *scene = (struct gbm_scene){.fd = gbm_device_open()};
    scene->device = gbm_create_device(scene->fd);
    assert_non_null(scene->device);
}

void gbm_scene_open_display(struct gbm_scene *scene)
{
    EGLint major, minor;

    gbm_scene_open_device(scene);
    scene->display = gbm_scene_display_of(scene->device);
    assert_ptr_not_equal(scene->display, EGL_NO_DISPLAY);
    assert_true(eglInitialize(scene->display, &major, &minor));
    scene->config = fixture_config(scene->display, 8, 0, 32);
    scene->context =
        fixture_context(scene->display, scene->config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
}

void gbm_scene_open_window(struct gbm_scene *scene)
{
    gbm_scene_open_display(scene);
    scene->native = gbm_surface_create(scene->device, WIDTH, HEIGHT, GBM_FORMAT_XRGB8888,
                                       GBM_BO_USE_SCANOUT | GBM_BO_USE_RENDERING);
    assert_non_null(scene->native);
    scene->window = gbm_scene_window_of(scene, scene->config, scene->native);
    assert_ptr_not_equal(scene->window, EGL_NO_SURFACE);
    assert_true(eglMakeCurrent(scene->display, scene->window, scene->window, scene->context));
}

void gbm_scene_close_device(struct gbm_scene *scene)
{
    gbm_device_destroy(scene->device);
    assert_int_equal(gbm_device_handles(), 0);
    close(scene->fd);
}

void gbm_scene_close(struct gbm_scene *scene)
{
    fixture_close(scene->display);
    if (scene->native != NULL) {
        gbm_surface_destroy(scene->native);
    }
    gbm_scene_close_device(scene);
}

uint32_t gbm_scene_pixel(struct gbm_bo *bo, uint32_t x, uint32_t y)
{
    uint32_t stride, pixel;
    void *data = NULL;
    const void *map = gbm_bo_map(bo, x, y, 1, 1, GBM_BO_TRANSFER_READ, &stride, &data);

    assert_non_null(map);
    memcpy(&pixel, map, sizeof(pixel));
    gbm_bo_unmap(bo, data);
    return pixel & 0xffffff;
}

struct gbm_bo *gbm_scene_frame(struct gbm_scene *scene, float red, float green, float blue)
{
    fixture_clear(red, green, blue, 1);
    assert_true(eglSwapBuffers(scene->display, scene->window));
    struct gbm_bo *bo = gbm_surface_lock_front_buffer(scene->native);
    assert_non_null(bo);
    return bo;
}
