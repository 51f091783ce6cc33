/* SPDX-License-Identifier: MIT */
#include "tests/egl/wayland_scene.h"

#include <string.h>

static void on_global(void *data, struct wl_registry *registry, uint32_t name,
                      const char *interface, uint32_t version)
{
    struct scene *scene = data;

    if (strcmp(interface, wl_compositor_interface.name) == 0) {
        scene->global = wl_registry_bind(registry, name, &wl_compositor_interface, version);
    }
}

static void on_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener listener = {
    .global = on_global,
    .global_remove = on_global_remove,
};

void scene_connect(struct scene *scene, struct compositor *compositor)
{
    struct wl_registry *registry;

    *scene = (struct scene){.compositor = compositor};
    scene->connection = compositor_connect(compositor);
    registry = wl_display_get_registry(scene->connection);
    wl_registry_add_listener(registry, &listener, scene);
    assert_true(wl_display_roundtrip(scene->connection) >= 0);
    wl_registry_destroy(registry);
    assert_non_null(scene->global);
    scene->display = eglGetPlatformDisplay(EGL_PLATFORM_WAYLAND_KHR, scene->connection, NULL);
    assert_ptr_not_equal(scene->display, EGL_NO_DISPLAY);
    assert_true(eglInitialize(scene->display, NULL, NULL));
}

void scene_open(struct scene *scene, const struct compositor_options *options)
{
    scene_connect(scene, compositor_start(options ? options : &(struct compositor_options){0}));
}

void scene_disconnect(struct scene *scene)
{
    fixture_close(scene->display);
    wl_compositor_destroy(scene->global);
    wl_display_disconnect(scene->connection);
}

void scene_close(struct scene *scene)
{
    scene_disconnect(scene);
    compositor_stop(scene->compositor);
}

void scene_window_open_with(struct scene *scene, struct scene_window *window, EGLint red,
                            EGLint alpha, int width, int height, const EGLint *attributes)
{
    window->config = fixture_config(scene->display, red, alpha, 0);
    window->object = wl_compositor_create_surface(scene->global);
    window->native = wl_egl_window_create(window->object, width, height);
    assert_non_null(window->native);
    window->surface = eglCreateWindowSurface(scene->display, window->config,
                                             (EGLNativeWindowType)window->native, attributes);
    assert_ptr_not_equal(window->surface, EGL_NO_SURFACE);
    window->context =
        fixture_context(scene->display, window->config, EGL_OPENGL_ES_API, 2, EGL_NO_CONTEXT);
    assert_true(eglMakeCurrent(scene->display, window->surface, window->surface, window->context));
}

void scene_window_open(struct scene *scene, struct scene_window *window, EGLint red, EGLint alpha,
                       int width, int height)
{
    scene_window_open_with(scene, window, red, alpha, width, height, NULL);
}

void scene_window_close(struct scene *scene, struct scene_window *window)
{
    assert_true(eglMakeCurrent(scene->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
    assert_true(eglDestroySurface(scene->display, window->surface));
    assert_true(eglDestroyContext(scene->display, window->context));
    wl_egl_window_destroy(window->native);
    wl_surface_destroy(window->object);
}

void scene_sync(struct scene *scene)
{
    assert_true(wl_display_roundtrip(scene->connection) >= 0);
}

void scene_show(struct scene *scene, struct scene_window *window, float red, float green,
                float blue, float alpha)
{
    fixture_clear(red, green, blue, alpha);
    assert_true(eglSwapBuffers(scene->display, window->surface));
    scene_sync(scene);
}
