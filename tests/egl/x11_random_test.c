/* SPDX-License-Identifier: MIT */
/*
 * Anything in any order: windows that are resized, hidden and destroyed while they are drawn into.
 * Nothing ends the program, nothing comes to its handlers, and nothing is left in the server.
 */
#include "tests/egl/x11_server.h"

#include <stdlib.h>

#define WINDOWS 3
#define STEPS   400

struct scene {
    struct x11_client client;
    EGLConfig config;
    EGLContext context;
    xcb_pixmap_t pixmap;
    xcb_window_t windows[WINDOWS];
    EGLSurface surfaces[WINDOWS];
    bool destroyed[WINDOWS]; /* the window is */
    unsigned seed;
};

static unsigned any(struct scene *scene, unsigned limit)
{
    return (unsigned)rand_r(&scene->seed) % limit;
}

static void close_window(struct scene *scene, unsigned i)
{
    if (scene->surfaces[i]) {
        eglMakeCurrent(scene->client.display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
        assert_true(eglDestroySurface(scene->client.display, scene->surfaces[i]));
        scene->surfaces[i] = NULL;
    }
    if (!scene->destroyed[i]) {
        xcb_destroy_window(scene->client.connection, scene->windows[i]);
        scene->destroyed[i] = true;
    }
}

static void open_window(struct scene *scene, unsigned i)
{
    const EGLAttrib single[] = {EGL_RENDER_BUFFER, EGL_SINGLE_BUFFER, EGL_NONE};

    scene->windows[i] = x11_window(&scene->client, scene->config, (uint16_t)(1 + any(scene, 90)),
                                   (uint16_t)(1 + any(scene, 90)), any(scene, 3) != 0);
    scene->destroyed[i] = false;
    scene->surfaces[i] = x11_surface(&scene->client, scene->config, scene->windows[i],
                                     any(scene, 4) == 0 ? single : NULL);
}

/* ---- what may happen ---- */

static void do_reopen(struct scene *scene, unsigned i)
{
    close_window(scene, i);
    open_window(scene, i);
}

static void do_destroy(struct scene *scene, unsigned i)
{
    if (!scene->destroyed[i] && any(scene, 3) == 0) {
        xcb_destroy_window(scene->client.connection, scene->windows[i]);
        scene->destroyed[i] = true;
    }
}

static void do_resize(struct scene *scene, unsigned i)
{
    const uint32_t size[] = {1 + any(scene, 120), 1 + any(scene, 120)};

    if (!scene->destroyed[i]) {
        xcb_configure_window(scene->client.connection, scene->windows[i],
                             XCB_CONFIG_WINDOW_WIDTH | XCB_CONFIG_WINDOW_HEIGHT, size);
    }
}

static void do_map(struct scene *scene, unsigned i)
{
    if (!scene->destroyed[i]) {
        if (any(scene, 2)) {
            xcb_map_window(scene->client.connection, scene->windows[i]);
        } else {
            xcb_unmap_window(scene->client.connection, scene->windows[i]);
        }
    }
}

static void do_swap(struct scene *scene, unsigned i)
{
    EGLint damage[8];
    PFNEGLSWAPBUFFERSWITHDAMAGEEXTPROC swap =
        (PFNEGLSWAPBUFFERSWITHDAMAGEEXTPROC)fixture_function("eglSwapBuffersWithDamageEXT");

    for (unsigned k = 0; k < COUNT(damage); k++) {
        damage[k] = any(scene, 8) ? (EGLint)any(scene, 150) - 20
                                  : (EGLint)(any(scene, UINT32_MAX) ^ any(scene, 2) << 31);
    }
    eglSwapInterval(scene->client.display, (EGLint)any(scene, 2));
    const EGLBoolean shown =
        swap(scene->client.display, scene->surfaces[i], damage, (EGLint)any(scene, 3));

    assert_int_equal(shown, !scene->destroyed[i]);
    assert_egl_error(shown ? EGL_SUCCESS : EGL_BAD_NATIVE_WINDOW);
}

static void do_front(struct scene *scene, unsigned i)
{
    glDrawBuffer(GL_FRONT);
    fixture_clear(0, 1, 0, 1);
    glFlush();
    glDrawBuffer(GL_BACK);
}

static void do_age(struct scene *scene, unsigned i)
{
    EGLint age = -1;

    assert_true(
        eglQuerySurface(scene->client.display, scene->surfaces[i], EGL_BUFFER_AGE_EXT, &age));
    assert_true(age >= 0);
}

static void do_copy(struct scene *scene, unsigned i)
{
    assert_true(eglCopyBuffers(scene->client.display, scene->surfaces[i],
                               (EGLNativePixmapType)scene->pixmap));
}

static void do_draw(struct scene *scene, unsigned i)
{
    fixture_clear(1, 0, (float)i, 1);
}

static void test_any_order(void **state)
{
    static void (*const steps[])(struct scene *, unsigned) = {
        do_reopen, do_destroy, do_resize, do_resize, do_map,  do_swap, do_swap,
        do_swap,   do_front,   do_age,    do_copy,   do_draw, do_draw,
    };
    const struct x11_server *server = *state;
    struct scene scene = {.seed = 8};

    x11_client_open(&scene.client);
    scene.config = x11_config(&scene.client, 0, 24);
    scene.context =
        fixture_context(scene.client.display, scene.config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    scene.pixmap = x11_pixmap(&scene.client, 24, 64, 64);
    for (unsigned i = 0; i < WINDOWS; i++) {
        open_window(&scene, i);
    }
    for (unsigned step = 0; step < STEPS; step++) {
        const unsigned i = any(&scene, WINDOWS);

        if (!eglMakeCurrent(scene.client.display, scene.surfaces[i], scene.surfaces[i],
                            scene.context)) {
            assert_egl_error(EGL_BAD_NATIVE_WINDOW); /* as a swap has found */
            assert_true(scene.destroyed[i]);
            do_reopen(&scene, i);
            continue;
        }
        steps[any(&scene, COUNT(steps))](&scene, i);
    }
    for (unsigned i = 0; i < WINDOWS; i++) {
        close_window(&scene, i);
    }
    x11_await_no_files(&scene.client, server);
    x11_assert_undisturbed(&scene.client);
    x11_client_close(&scene.client);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_order),
    };

    return x11_run("x11_random", tests, COUNT(tests), argc, argv);
}
