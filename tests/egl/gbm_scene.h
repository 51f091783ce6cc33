/* SPDX-License-Identifier: MIT */
/* What the tests of platform GBM begin with: a device, a display, a window. Functions fail the test
 * rather than return an error. */
#ifndef GEMD_TESTS_EGL_GBM_SCENE_H
#define GEMD_TESTS_EGL_GBM_SCENE_H

#include "tests/egl/fixture.h"

#include <gbm.h>

#include "tests/egl/gbm_device.h"

#define WIDTH  70u
#define HEIGHT 41u

struct gbm_scene {
    int fd;
    struct gbm_device *device;
    EGLDisplay display;
    EGLConfig config;
    EGLContext context;
    struct gbm_surface *native;
    EGLSurface window;
};

EGLDisplay gbm_scene_display_of(void *device);
EGLSurface gbm_scene_window_of(const struct gbm_scene *scene, EGLConfig config, void *native);

/* Each opens what those before it do, too. */
void gbm_scene_open_device(struct gbm_scene *scene);
void gbm_scene_open_display(struct gbm_scene *scene);
void gbm_scene_open_window(struct gbm_scene *scene);

void gbm_scene_close_device(struct gbm_scene *scene);
/* In the order that programs should have. */
void gbm_scene_close(struct gbm_scene *scene);

/* 0xRRGGBB, by a map. */
uint32_t gbm_scene_pixel(struct gbm_bo *bo, uint32_t x, uint32_t y);
/* Draws, swaps, and locks what was drawn. */
struct gbm_bo *gbm_scene_frame(struct gbm_scene *scene, float red, float green, float blue);

#endif
