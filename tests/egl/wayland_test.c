/* SPDX-License-Identifier: MIT */
/* Windows of a Wayland compositor: what it is given is what was drawn, when and as it wants it. */
#include "tests/egl/wayland_scene.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drm_fourcc.h"
#include "tests/egl/daemon.h"

/* The lower left quarter, as GL counts, in another colour: tells whether rows are upside down. */
static void draw_quarter(EGLint width, EGLint height)
{
    glViewport(0, 0, width, height);
    glDisable(GL_SCISSOR_TEST);
    fixture_clear(1, 0, 0, 1);
    glEnable(GL_SCISSOR_TEST);
    glScissor(0, 0, width / 2, height / 2);
    fixture_clear(0, 0, 1, 1);
    glDisable(GL_SCISSOR_TEST);
}

static void test_shows_what_was_drawn(void **state)
{
    struct scene_window window;
    struct scene scene;

    scene_open(&scene, NULL);
    scene_window_open(&scene, &window, 8, 8, 100, 50);
    draw_quarter(100, 50);
    assert_true(eglSwapBuffers(scene.display, window.surface));
    scene_sync(&scene);

    const struct compositor_commit commit = compositor_commit(scene.compositor, 0);

    assert_int_equal(commit.number, 1);
    assert_int_equal(commit.width, 100);
    assert_int_equal(commit.height, 50);
    assert_int_equal(commit.format, WL_SHM_FORMAT_ARGB8888);
    assert_false(commit.is_dmabuf);
    assert_true(commit.wants_frame);
    assert_int_equal(compositor_pixel(scene.compositor, 0, 0, 0), 0xffff0000);
    assert_int_equal(compositor_pixel(scene.compositor, 0, 99, 49), 0xffff0000);
    assert_int_equal(compositor_pixel(scene.compositor, 0, 0, 49), 0xff0000ff);
    assert_int_equal(compositor_pixel(scene.compositor, 0, 49, 25), 0xff0000ff);
    assert_int_equal(compositor_pixel(scene.compositor, 0, 50, 25), 0xffff0000);
    assert_int_equal(compositor_pixel(scene.compositor, 0, 49, 24), 0xffff0000);
    assert_int_equal(window.native->width, 100);
    scene_window_close(&scene, &window);
    scene_close(&scene);
}

static void test_formats(void **state)
{
    static const EGLint opaque[] = {EGL_PRESENT_OPAQUE_EXT, EGL_TRUE, EGL_NONE};
    static const struct {
        EGLint red, alpha;
        const EGLint *attributes;
        uint32_t format, pixel, mask;
    } rows[] = {
        {8, 8, NULL, WL_SHM_FORMAT_ARGB8888, 0x8000ff00, 0xff00ffff},
        {8, 0, NULL, WL_SHM_FORMAT_XRGB8888, 0x0000ff00, 0x00ffffff},
        {5, 0, NULL, WL_SHM_FORMAT_RGB565, 0x07e0, 0xffff},
        {8, 8, opaque, WL_SHM_FORMAT_XRGB8888, 0x0000ff00, 0x00ffffff},
    };
    struct scene_window window;
    struct scene scene;

    scene_open(&scene, &(struct compositor_options){.rgb565 = true});
    for (unsigned i = 0; i < COUNT(rows); i++) {
        scene_window_open_with(&scene, &window, rows[i].red, rows[i].alpha, 33, 17,
                               rows[i].attributes);
        scene_show(&scene, &window, 0, 1, 0, 128 / 255.0f);
        assert_int_equal(compositor_commit(scene.compositor, i).format, rows[i].format);
        assert_int_equal(compositor_pixel(scene.compositor, i, 32, 16) & rows[i].mask,
                         rows[i].pixel & rows[i].mask);
        scene_window_close(&scene, &window);
    }
    scene_close(&scene);
}

/* Which configs can have windows goes by what the compositor takes. */
static void test_configs(void **state)
{
    EGLConfig config;
    struct scene scene;
    EGLint types = 0;

    scene_open(&scene, NULL);
    config = fixture_config(scene.display, 5, 0, 0);
    assert_true(eglGetConfigAttrib(scene.display, config, EGL_SURFACE_TYPE, &types));
    assert_int_equal(types & EGL_WINDOW_BIT, 0);
    assert_int_not_equal(types & EGL_PBUFFER_BIT, 0);
    config = fixture_config(scene.display, 8, 0, 0);
    assert_true(eglGetConfigAttrib(scene.display, config, EGL_SURFACE_TYPE, &types));
    assert_int_not_equal(types & EGL_WINDOW_BIT, 0);
    assert_int_equal(types & EGL_PIXMAP_BIT, 0);
    assert_non_null(
        strstr(eglQueryString(scene.display, EGL_EXTENSIONS), "EGL_EXT_present_opaque"));
    scene_close(&scene);
}

static void test_without_shm_there_are_pbuffers(void **state)
{
    static const struct compositor_options options[] = {{.no_shm = true}, {.no_formats = true}};
    struct scene scene;

    for (unsigned i = 0; i < COUNT(options); i++) {
        EGLint types = 0;

        scene_open(&scene, &options[i]);
        EGLConfig config = fixture_config(scene.display, 8, 8, 0);

        assert_true(eglGetConfigAttrib(scene.display, config, EGL_SURFACE_TYPE, &types));
        assert_int_equal(types & EGL_WINDOW_BIT, 0);
        fixture_pbuffer(scene.display, config, 16, 16);
        scene_close(&scene);
    }
}

/* ---- damage ---- */

static void swap_with_damage(struct scene *scene, struct scene_window *window, const EGLint *rects,
                             EGLint count)
{
    PFNEGLSWAPBUFFERSWITHDAMAGEKHRPROC swap = fixture_function("eglSwapBuffersWithDamageKHR");

    assert_true(swap(scene->display, window->surface, rects, count));
    scene_sync(scene);
}

static void assert_rectangle(const struct compositor_rectangle *seen, int32_t x, int32_t y,
                             int32_t width, int32_t height)
{
    const struct compositor_rectangle wanted = {x, y, width, height};

    assert_memory_equal(seen, &wanted, sizeof(wanted));
}

static void test_damage(void **state)
{
    /* The last ones: partly outside, wholly outside, of no size, and as large as numbers are. */
    static const EGLint rects[] = {2,   3,  10, 5,         90,         40,        100,       100,
                                   -50, 10, 20, 20,        5,          5,         0,         7,
                                   -1,  -1, 3,  INT32_MAX, -INT32_MAX, INT32_MAX, INT32_MAX, 1};
    struct scene_window window;
    struct scene scene;

    scene_open(&scene, NULL);
    scene_window_open(&scene, &window, 8, 0, 100, 50);
    scene_show(&scene, &window, 0, 1, 0, 1);
    struct compositor_commit commit = compositor_commit(scene.compositor, 0);

    assert_int_equal(commit.rectangle_count, 1);
    assert_rectangle(&commit.rectangles[0], 0, 0, 100, 50);
    swap_with_damage(&scene, &window, rects, COUNT(rects) / 4);
    commit = compositor_commit(scene.compositor, 0);
    assert_false(commit.in_surface_units);
    assert_int_equal(commit.rectangle_count, 3);
    assert_rectangle(&commit.rectangles[0], 2, 42, 10, 5);
    assert_rectangle(&commit.rectangles[1], 90, 0, 10, 10);
    assert_rectangle(&commit.rectangles[2], 0, 0, 2, 50);
    swap_with_damage(&scene, &window, NULL, 0);
    commit = compositor_commit(scene.compositor, 0);
    assert_int_equal(commit.rectangle_count, 1);
    assert_rectangle(&commit.rectangles[0], 0, 0, 100, 50);
    scene_window_close(&scene, &window);
    scene_close(&scene);
}

static void test_damage_of_old_surfaces(void **state)
{
    static const EGLint rects[] = {2, 3, 10, 5};
    struct scene_window window;
    struct scene scene;

    scene_open(&scene, &(struct compositor_options){.surface_version = 3});
    scene_window_open(&scene, &window, 8, 0, 100, 50);
    swap_with_damage(&scene, &window, rects, 1);
    const struct compositor_commit commit = compositor_commit(scene.compositor, 0);

    assert_true(commit.in_surface_units);
    assert_int_equal(commit.rectangle_count, 1);
    assert_rectangle(&commit.rectangles[0], 0, 0, INT32_MAX, INT32_MAX);
    scene_window_close(&scene, &window);
    scene_close(&scene);
}

/* ---- buffers ---- */

static EGLint age_of(struct scene *scene, struct scene_window *window)
{
    EGLint age = -1;

    assert_true(eglQuerySurface(scene->display, window->surface, EGL_BUFFER_AGE_EXT, &age));
    return age;
}

static void test_age(void **state)
{
    struct scene_window window;
    struct scene scene;

    scene_open(&scene, NULL);
    scene_window_open(&scene, &window, 8, 0, 64, 64);
    assert_int_equal(age_of(&scene, &window), 0);
    scene_show(&scene, &window, 1, 0, 0, 1);
    assert_int_equal(age_of(&scene, &window), 0);
    scene_show(&scene, &window, 0, 1, 0, 1);
    /* The first one was released: it is drawn again, and holds what it held. */
    assert_int_equal(age_of(&scene, &window), 2);
    fixture_assert_pixel(5, 5, 255, 0, 0, 255);
    assert_true(eglSwapBuffers(scene.display, window.surface));
    scene_sync(&scene);
    assert_int_equal(compositor_pixel(scene.compositor, 0, 5, 5) & 0xffffff, 0xff0000);
    assert_int_equal(age_of(&scene, &window), 2);
    assert_int_equal(compositor_buffers_made(scene.compositor), 2);
    scene_window_close(&scene, &window);
    scene_sync(&scene);
    assert_int_equal(compositor_buffers(scene.compositor), 0);
    scene_close(&scene);
}

static void *release_later(void *data)
{
    struct compositor *compositor = data;

    /* The fourth frame is there, and none of the buffers is back. */
    while (compositor_commit(compositor, 0).number < 4) {
        usleep(1000);
    }
    compositor_set_releases(compositor, true);
    return NULL;
}

static void test_no_more_than_four_buffers(void **state)
{
    struct scene_window window;
    struct scene scene;
    pthread_t thread;

    scene_open(&scene, NULL);
    scene_window_open(&scene, &window, 8, 0, 64, 64);
    assert_true(eglSwapInterval(scene.display, 0));
    compositor_set_releases(scene.compositor, false);
    assert_int_equal(pthread_create(&thread, NULL, release_later, scene.compositor), 0);
    for (int i = 0; i < 20; i++) {
        scene_show(&scene, &window, 0, 0, 1, 1);
    }
    pthread_join(thread, NULL);
    assert_int_equal(compositor_buffers_made(scene.compositor), 4);
    assert_false(compositor_commit(scene.compositor, 0).wants_frame);
    /* Two are enough from now on; those that idle are given up. */
    for (int i = 0; i < 100; i++) {
        scene_show(&scene, &window, 0, 1, 1, 1);
    }
    assert_int_equal(compositor_buffers(scene.compositor), 2);
    assert_int_equal(compositor_buffers_made(scene.compositor), 4);
    scene_window_close(&scene, &window);
    scene_close(&scene);
}

/* A surface can be made current while the compositor has all of its buffers. */
static void test_current_without_a_buffer(void **state)
{
    struct scene_window window;
    struct scene scene;
    EGLContext context;

    scene_open(&scene, NULL);
    scene_window_open(&scene, &window, 8, 0, 64, 48);
    assert_true(eglSwapInterval(scene.display, 0));
    compositor_set_releases(scene.compositor, false);
    for (int i = 0; i < 4; i++) {
        scene_show(&scene, &window, 0, 0, 1, 1);
    }
    context = fixture_context(scene.display, window.config, EGL_OPENGL_ES_API, 2, EGL_NO_CONTEXT);
    assert_true(eglMakeCurrent(scene.display, window.surface, window.surface, context));
    GLint viewport[4];

    glGetIntegerv(GL_VIEWPORT, viewport);
    assert_int_equal(viewport[2], 64);
    assert_int_equal(viewport[3], 48);
    compositor_set_releases(scene.compositor, true);
    scene_show(&scene, &window, 1, 1, 0, 1);
    assert_int_equal(compositor_pixel(scene.compositor, 0, 63, 47) & 0xffffff, 0xffff00);
    assert_int_equal(compositor_buffers_made(scene.compositor), 4);
    assert_true(eglMakeCurrent(scene.display, window.surface, window.surface, window.context));
    assert_true(eglDestroyContext(scene.display, context));
    scene_window_close(&scene, &window);
    scene_close(&scene);
}

/* ---- the front buffer ---- */

/* What is drawn into it is shown by a flush, and stays there; the back buffer is another one. */
static void test_front_buffer(void **state)
{
    struct scene_window window;
    struct scene scene;
    EGLContext context;

    scene_open(&scene, NULL);
    scene_window_open(&scene, &window, 8, 0, 64, 48);
    context = fixture_context(scene.display, window.config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    assert_true(eglMakeCurrent(scene.display, window.surface, window.surface, context));
    draw_quarter(64, 48);
    assert_true(eglSwapBuffers(scene.display, window.surface));
    glReadBuffer(GL_FRONT);
    fixture_assert_pixel(3, 3, 0, 0, 255, 255);
    fixture_assert_pixel(60, 3, 255, 0, 0, 255);
    glDrawBuffer(GL_FRONT);
    glEnable(GL_SCISSOR_TEST);
    glScissor(0, 0, 32, 24);
    fixture_clear(0, 1, 0, 1);
    glDisable(GL_SCISSOR_TEST);
    glFlush();
    scene_sync(&scene);
    assert_int_equal(compositor_commit(scene.compositor, 0).number, 2);
    assert_int_equal(compositor_pixel(scene.compositor, 0, 3, 44) & 0xffffff, 0x00ff00);
    assert_int_equal(compositor_pixel(scene.compositor, 0, 60, 44) & 0xffffff, 0xff0000);
    glDrawBuffer(GL_BACK);
    scene_show(&scene, &window, 1, 1, 1, 1);
    assert_int_equal(compositor_pixel(scene.compositor, 0, 3, 44) & 0xffffff, 0xffffff);
    fixture_assert_pixel(3, 3, 255, 255, 255, 255);
    assert_true(eglMakeCurrent(scene.display, window.surface, window.surface, window.context));
    assert_true(eglDestroyContext(scene.display, context));
    scene_window_close(&scene, &window);
    scene_close(&scene);
}

/* ---- frames ---- */

struct answer {
    struct compositor *compositor;
    bool given; /* atomic */
};

static void *answer_later(void *data)
{
    struct answer *answer = data;

    compositor_wait_kept_frame(answer->compositor);
    usleep(20000); /* time for who does not wait to be seen; nothing depends on it */
    __atomic_store_n(&answer->given, true, __ATOMIC_RELEASE);
    compositor_set_frames(answer->compositor, true);
    return NULL;
}

static void test_interval(void **state)
{
    struct scene_window window;
    struct scene scene;
    pthread_t thread;

    scene_open(&scene, NULL);
    scene_window_open(&scene, &window, 8, 0, 64, 64);
    compositor_set_frames(scene.compositor, false);
    scene_show(&scene, &window, 1, 0, 0, 1); /* the first one waits for nobody */
    assert_int_equal(compositor_commit(scene.compositor, 0).number, 1);
    struct answer answer = {.compositor = scene.compositor};

    assert_int_equal(pthread_create(&thread, NULL, answer_later, &answer), 0);
    scene_show(&scene, &window, 0, 1, 0, 1); /* comes back since frames are answered again */
    assert_true(__atomic_load_n(&answer.given, __ATOMIC_ACQUIRE));
    pthread_join(thread, NULL);
    assert_int_equal(compositor_commit(scene.compositor, 0).number, 2);

    compositor_set_frames(scene.compositor, false);
    scene_show(&scene, &window, 0, 0, 1, 1);
    assert_true(eglSwapInterval(scene.display, 0));
    scene_show(&scene, &window, 1, 1, 1, 1); /* does not wait for the frame before it */
    scene_show(&scene, &window, 1, 1, 0, 1);
    assert_int_equal(compositor_pixel(scene.compositor, 0, 0, 0) & 0xffffff, 0xffff00);
    assert_int_equal(compositor_commit(scene.compositor, 0).number, 5);
    /* Greater ones are 1. */
    assert_true(eglSwapInterval(scene.display, 7));
    scene_show(&scene, &window, 1, 1, 0, 1);
    assert_true(compositor_commit(scene.compositor, 0).wants_frame);
    /* Nobody answers any more, as for a window that nobody sees: it can go all the same. */
    scene_window_close(&scene, &window);
    scene_close(&scene);
}

/* ---- sizes ---- */

static void assert_size(struct scene *scene, struct scene_window *window, EGLint width,
                        EGLint height)
{
    EGLint value = 0;

    assert_true(eglQuerySurface(scene->display, window->surface, EGL_WIDTH, &value));
    assert_int_equal(value, width);
    assert_true(eglQuerySurface(scene->display, window->surface, EGL_HEIGHT, &value));
    assert_int_equal(value, height);
}

static void assert_attached(struct scene_window *window, int width, int height)
{
    int seen_width, seen_height;

    wl_egl_window_get_attached_size(window->native, &seen_width, &seen_height);
    assert_int_equal(seen_width, width);
    assert_int_equal(seen_height, height);
}

static void test_resize_before_drawing(void **state)
{
    static const unsigned versions[] = {4, 5};

    for (unsigned i = 0; i < COUNT(versions); i++) {
        struct scene_window window;
        struct scene scene;

        scene_open(&scene, &(struct compositor_options){.surface_version = versions[i]});
        scene_window_open(&scene, &window, 8, 8, 64, 48);
        assert_attached(&window, 0, 0);
        scene_show(&scene, &window, 1, 0, 0, 1);
        assert_attached(&window, 64, 48);
        wl_egl_window_resize(window.native, 200, 150, -7, 9);
        assert_size(&scene, &window, 200, 150); /* at once, as nothing of this frame is drawn */
        draw_quarter(200, 150);
        assert_attached(&window, 64, 48);
        assert_true(eglSwapBuffers(scene.display, window.surface));
        scene_sync(&scene);
        struct compositor_commit commit = compositor_commit(scene.compositor, 0);

        assert_int_equal(commit.width, 200);
        assert_int_equal(commit.height, 150);
        assert_int_equal(commit.dx, -7);
        assert_int_equal(commit.dy, 9);
        assert_attached(&window, 200, 150);
        assert_int_equal(compositor_pixel(scene.compositor, 0, 0, 149), 0xff0000ff);
        assert_int_equal(compositor_pixel(scene.compositor, 0, 199, 0), 0xffff0000);
        scene_show(&scene, &window, 1, 0, 0, 1);
        commit = compositor_commit(scene.compositor, 0);
        assert_int_equal(commit.dx, 0);
        assert_int_equal(commit.dy, 0);
        scene_window_close(&scene, &window);
        scene_close(&scene);
    }
}

static void test_resize_amid_drawing(void **state)
{
    struct scene_window window;
    struct scene scene;

    scene_open(&scene, NULL);
    scene_window_open(&scene, &window, 8, 0, 64, 48);
    fixture_clear(0, 1, 0, 1);
    glFinish();
    wl_egl_window_resize(window.native, 32, 16, 1, 1);
    assert_size(&scene, &window, 64, 48); /* this frame is begun */
    assert_true(eglSwapBuffers(scene.display, window.surface));
    assert_size(&scene, &window, 32, 16);
    scene_sync(&scene);
    assert_int_equal(compositor_commit(scene.compositor, 0).width, 64);
    assert_int_equal(compositor_commit(scene.compositor, 0).dx, 0);
    assert_int_equal(compositor_pixel(scene.compositor, 0, 63, 47) & 0xffffff, 0x00ff00);
    scene_show(&scene, &window, 1, 0, 1, 1);
    assert_int_equal(compositor_commit(scene.compositor, 0).width, 32);
    assert_int_equal(compositor_commit(scene.compositor, 0).dx, 1);
    assert_int_equal(compositor_pixel(scene.compositor, 0, 31, 15) & 0xffffff, 0xff00ff);
    assert_int_equal(age_of(&scene, &window), 0);
    scene_window_close(&scene, &window);
    scene_close(&scene);
}

/* As when a user pulls at a corner, with buffers of old sizes still at the compositor. */
static void test_resize_often(void **state)
{
    struct scene_window window;
    struct scene scene;

    scene_open(&scene, NULL);
    scene_window_open(&scene, &window, 8, 0, 64, 48);
    for (int i = 1; i <= 60; i++) {
        wl_egl_window_resize(window.native, 64 + i, 48 + i, 0, 0);
        scene_show(&scene, &window, 0, (float)i / 255.0f, 0, 1);
        assert_int_equal(compositor_commit(scene.compositor, 0).width, 64 + i);
        assert_int_equal(compositor_pixel(scene.compositor, 0, 63 + i, 47 + i) & 0xffffff, i << 8);
        assert_in_range(compositor_buffers(scene.compositor), 1, 4);
    }
    scene_window_close(&scene, &window);
    scene_sync(&scene);
    assert_int_equal(compositor_buffers(scene.compositor), 0);
    scene_close(&scene);
}

/* ---- several ---- */

static void test_several_windows(void **state)
{
    struct scene_window windows[3];
    struct scene scene;

    scene_open(&scene, NULL);
    for (unsigned i = 0; i < COUNT(windows); i++) {
        scene_window_open(&scene, &windows[i], 8, 0, 40 + (int)i, 30);
    }
    for (unsigned frame = 0; frame < 5; frame++) {
        for (unsigned i = 0; i < COUNT(windows); i++) {
            assert_true(eglMakeCurrent(scene.display, windows[i].surface, windows[i].surface,
                                       windows[i].context));
            scene_show(&scene, &windows[i], i == 0, i == 1, i == 2, 1);
        }
    }
    for (unsigned i = 0; i < COUNT(windows); i++) {
        assert_int_equal(compositor_commit(scene.compositor, i).number, 5);
        assert_int_equal(compositor_commit(scene.compositor, i).width, 40 + i);
        assert_int_equal(compositor_pixel(scene.compositor, i, 3, 3) & 0xffffff, 0xff0000 >> i * 8);
    }
    for (unsigned i = 0; i < COUNT(windows); i++) {
        scene_window_close(&scene, &windows[i]);
    }
    scene_close(&scene);
}

struct painter {
    struct scene *scene;
    int width;
};

static void *paint(void *data)
{
    const struct painter *painter = data;
    struct scene *scene = painter->scene;
    struct scene_window window;

    scene_window_open(scene, &window, 8, 0, painter->width, 30);
    for (int i = 0; i < 40; i++) {
        fixture_clear((float)painter->width / 255.0f, 0, 0, 1);
        assert_true(eglSwapBuffers(scene->display, window.surface));
    }
    scene_window_close(scene, &window);
    eglReleaseThread();
    return NULL;
}

/* The program's thread reads the connection as well, as toolkits do. */
static void test_several_threads(void **state)
{
    struct painter painters[4];
    pthread_t threads[COUNT(painters)];
    struct scene scene;

    scene_open(&scene, NULL);
    for (unsigned i = 0; i < COUNT(painters); i++) {
        painters[i] = (struct painter){&scene, 50 + (int)i};
        assert_int_equal(pthread_create(&threads[i], NULL, paint, &painters[i]), 0);
    }
    for (int i = 0; i < 200; i++) {
        scene_sync(&scene);
    }
    for (unsigned i = 0; i < COUNT(painters); i++) {
        pthread_join(threads[i], NULL);
    }
    scene_sync(&scene);
    assert_int_equal(compositor_buffers(scene.compositor), 0);
    for (unsigned i = 0; i < COUNT(painters); i++) {
        assert_int_equal(compositor_commit(scene.compositor, i).number, 40);
    }
    scene_close(&scene);
}

static void test_default_display(void **state)
{
    struct compositor *compositor = compositor_start(&(struct compositor_options){0});
    EGLDisplay display;
    EGLConfig config;

    compositor_listen(compositor);
    display = fixture_display(EGL_PLATFORM_WAYLAND_KHR);
    config = fixture_config(display, 8, 8, 0);
    fixture_pbuffer(display, config, 16, 16);
    fixture_close(display);
    compositor_stop(compositor);
    assert_int_equal(unsetenv("WAYLAND_DISPLAY"), 0);
}

static bool swap_once(struct scene *scene, struct scene_window *window)
{
    fixture_clear(0, 0, 1, 1);
    glFinish();
    return eglSwapBuffers(scene->display, window->surface);
}

/* The daemon is killed, and the window goes on with the next one, in the same buffers. */
static void test_outlives_the_daemon(void **state)
{
    struct scene_window window;
    struct scene scene;
    bool shown = true;

    if (!egl_daemon_runs()) {
        skip();
    }
    scene_open(&scene, NULL);
    scene_window_open(&scene, &window, 8, 0, 64, 64);
    scene_show(&scene, &window, 1, 0, 0, 1);
    scene_show(&scene, &window, 0, 1, 0, 1);
    egl_daemon_kill();
    for (int i = 0; i < 10 && shown; i++) {
        shown = swap_once(&scene, &window);
    }
    assert_false(shown);
    assert_egl_error(EGL_CONTEXT_LOST);
    egl_daemon_start();
    for (int i = 0; i < 1000 && !shown; i++) {
        usleep(10000);
        shown = swap_once(&scene, &window);
    }
    assert_true(shown);
    (void)eglGetError();
    for (int i = 1; i < 5; i++) {
        scene_show(&scene, &window, 1, 1, i & 1, 1);
        assert_int_equal(compositor_pixel(scene.compositor, 0, 63, 63) & 0xffffff,
                         i & 1 ? 0xffffff : 0xffff00);
    }
    assert_int_equal(compositor_buffers_made(scene.compositor), 2);
    scene_window_close(&scene, &window);
    scene_close(&scene);
}

/* Nothing of windows that are gone is left in the daemon. */
static void test_leaves_nothing(void **state)
{
    struct scene_window window;
    uint64_t buffers = 0;
    struct scene scene;

    scene_open(&scene, NULL);
    for (int i = 0; i < 12; i++) {
        scene_window_open(&scene, &window, 8, 0, 64, 64);
        for (int frame = 0; frame < 3; frame++) {
            scene_show(&scene, &window, 0, 1, 0, 1);
        }
        if (egl_daemon_runs()) {
            assert_in_range(egl_daemon_status("buffers"), 2, 30);
        }
        scene_window_close(&scene, &window);
        if (egl_daemon_runs() && i == 0) {
            buffers = egl_daemon_status("buffers");
        }
    }
    scene_sync(&scene);
    assert_int_equal(compositor_buffers(scene.compositor), 0);
    if (egl_daemon_runs()) {
        assert_int_equal(egl_daemon_status("buffers"), buffers);
    }
    scene_close(&scene);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shows_what_was_drawn),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_configs),
        cmocka_unit_test(test_without_shm_there_are_pbuffers),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_damage_of_old_surfaces),
        cmocka_unit_test(test_age),
        cmocka_unit_test(test_no_more_than_four_buffers),
        cmocka_unit_test(test_current_without_a_buffer),
        cmocka_unit_test(test_front_buffer),
        cmocka_unit_test(test_interval),
        cmocka_unit_test(test_resize_before_drawing),
        cmocka_unit_test(test_resize_amid_drawing),
        cmocka_unit_test(test_resize_often),
        cmocka_unit_test(test_several_windows),
        cmocka_unit_test(test_several_threads),
        cmocka_unit_test(test_default_display),
        cmocka_unit_test(test_outlives_the_daemon),
        cmocka_unit_test(test_leaves_nothing),
    };
    const bool daemon = count > 1;

    return cmocka_run_group_tests(tests, daemon ? egl_daemon_setup : NULL,
                                  daemon ? egl_daemon_teardown : NULL);
}
