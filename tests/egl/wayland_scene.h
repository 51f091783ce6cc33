/* SPDX-License-Identifier: MIT */
/* A window in a compositor of the test's own, and a context that draws in it. */
#ifndef GEMD_TESTS_EGL_WAYLAND_SCENE_H
#define GEMD_TESTS_EGL_WAYLAND_SCENE_H

#include <wayland-client.h>
#include <wayland-egl.h>
#include <wayland-egl-backend.h>

#include "tests/egl/compositor.h"
#include "tests/egl/fixture.h"

/* A client: its connection, and EGL on it. */
struct scene {
    struct compositor *compositor;
    struct wl_display *connection;
    struct wl_compositor *global;
    EGLDisplay display;
};

struct scene_window {
    struct wl_surface *object;
    struct wl_egl_window *native;
    EGLConfig config;
    EGLSurface surface;
    EGLContext context;
};

/* options may be NULL: wl_shm only. */
void scene_open(struct scene *scene, const struct compositor_options *options);
/* Another client of the same compositor. */
void scene_connect(struct scene *scene, struct compositor *compositor);
/* Terminates and disconnects, and ends the compositor. */
void scene_close(struct scene *scene);
void scene_disconnect(struct scene *scene);

/* With a config of these sizes, and current. */
void scene_window_open(struct scene *scene, struct scene_window *window, EGLint red, EGLint alpha,
                       int width, int height);
/* The same with attributes of the surface. */
void scene_window_open_with(struct scene *scene, struct scene_window *window, EGLint red,
                            EGLint alpha, int width, int height, const EGLint *attributes);
void scene_window_close(struct scene *scene, struct scene_window *window);

/* Clears in a colour, swaps, and waits until the compositor has seen it. */
void scene_show(struct scene *scene, struct scene_window *window, float red, float green,
                float blue, float alpha);
/* What the client has sent has been seen by the compositor. */
void scene_sync(struct scene *scene);

#endif
