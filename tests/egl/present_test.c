/* SPDX-License-Identifier: MIT */
/* Framebuffer windows on the screen of a real daemon with the modelled device. */
#include "tests/egl/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "egl-backend/gemd_egl.h"
#include "tests/egl/daemon.h"
#include "tests/lib/chipset.h"

struct scene {
    struct gemd_egl_window native;
    EGLDisplay display;
    EGLContext context;
    EGLSurface window;
    EGLint width, height;
};

static void open_scene_as(struct scene *scene, uint32_t width, uint32_t height, bool is_robust)
{
    const EGLint robust[] = {EGL_CONTEXT_OPENGL_ROBUST_ACCESS, EGL_TRUE,
                             EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY,
                             EGL_LOSE_CONTEXT_ON_RESET, EGL_NONE};
    EGLConfig config;

    *scene = (struct scene){.native = {.width = width, .height = height}};
    scene->display = fixture_display(0);
    config = fixture_config(scene->display, 8, 0, 24);
    assert_true(eglBindAPI(EGL_OPENGL_API));
    scene->context =
        eglCreateContext(scene->display, config, EGL_NO_CONTEXT, is_robust ? robust : NULL);
    assert_ptr_not_equal(scene->context, EGL_NO_CONTEXT);
    scene->window =
        eglCreateWindowSurface(scene->display, config, (EGLNativeWindowType)&scene->native, NULL);
    assert_ptr_not_equal(scene->window, EGL_NO_SURFACE);
    assert_true(eglMakeCurrent(scene->display, scene->window, scene->window, scene->context));
    eglQuerySurface(scene->display, scene->window, EGL_WIDTH, &scene->width);
    eglQuerySurface(scene->display, scene->window, EGL_HEIGHT, &scene->height);
}

static void open_scene(struct scene *scene, uint32_t width, uint32_t height)
{
    open_scene_as(scene, width, height, true);
}

/* One colour, and another in the lower left quarter as GL counts. */
static void draw(const struct scene *scene, float red, float green, float blue)
{
    glDisable(GL_SCISSOR_TEST);
    fixture_clear(red, green, blue, 1);
    glEnable(GL_SCISSOR_TEST);
    glScissor(0, 0, scene->width / 2, scene->height / 2);
    fixture_clear(1, 1, 1, 1);
}

static void test_renderer(void **state)
{
    struct scene scene;

    open_scene(&scene, 16, 16);
    assert_string_equal((const char *)glGetString(GL_RENDERER), test_chipset_renderer());
    assert_memory_equal(glGetString(GL_VERSION), "2.1 Mesa", 8);
    fixture_close(scene.display);
    assert_int_equal(egl_daemon_status("sessions"), 0);
    assert_int_equal(egl_daemon_status("buffers"), 0);
    assert_int_equal(egl_daemon_status("gtt_pages_used"), 0);
}

/* The screen shows each picture, right side up, in the size that was asked for. */
static void test_screen_shows_it(void **state)
{
    static const uint32_t sizes[][2] = {{64, 64}, {0, 0}, {1000, 700}};

    for (unsigned i = 0; i < COUNT(sizes); i++) {
        struct scene scene;

        open_scene(&scene, sizes[i][0], sizes[i][1]);
        assert_int_equal(scene.width, sizes[i][0] ? sizes[i][0] : 320);
        assert_int_equal(scene.height, sizes[i][1] ? sizes[i][1] : 200);
        draw(&scene, 1, 0, 0);
        assert_true(eglSwapBuffers(scene.display, scene.window));
        egl_daemon_wait_pixel(0, 0, 0xff0000);
        assert_int_equal(egl_daemon_pixel(0, scene.height - 1), 0xffffff);
        assert_int_equal(egl_daemon_pixel(scene.width - 1, scene.height - 1), 0xff0000);
        assert_int_equal(egl_daemon_pixel(scene.width, 0), -1);
        draw(&scene, 0, 1, 0);
        assert_true(eglSwapBuffers(scene.display, scene.window));
        egl_daemon_wait_pixel(scene.width - 1, 0, 0x00ff00);
        assert_int_equal(egl_daemon_pixel(0, scene.height - 1), 0xffffff);
        fixture_close(scene.display);
    }
}

/*
 * Until as many frames were shown or dropped as were presented, or for long; how many were shown.
 * The pipe shows a frame before its interrupt tells the daemon.
 */
static uint64_t wait_frames(uint64_t flips_before, uint64_t frames)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    uint64_t shown = 0;

    for (int i = 0; i < 4000; i++) {
        shown = egl_daemon_status("flips") - flips_before;
        if (egl_daemon_status("session.*.window.*.dropped") + shown >= frames) {
            break;
        }
        nanosleep(&pause, NULL);
    }
    return shown;
}

/*
 * Interval 1: each frame is flipped to at a vblank of its own. Counted in the pipe's vblanks, so
 * that it holds on a machine of any speed; two frames may still be on their way when we look.
 */
static void test_one_vblank_a_frame(void **state)
{
    const uint64_t frames = 30;
    uint64_t flips, vblanks;
    struct scene scene;

    open_scene(&scene, 32, 32);
    flips = egl_daemon_status("flips");
    draw(&scene, 0, 0, 1);
    assert_true(eglSwapBuffers(scene.display, scene.window));
    egl_daemon_wait_pixel(0, 0, 0x0000ff);
    flips = wait_frames(flips, 1) + flips;
    vblanks = egl_daemon_status("vblanks");
    for (uint64_t i = 0; i < frames; i++) {
        draw(&scene, i & 1, 0, 0);
        assert_true(eglSwapBuffers(scene.display, scene.window));
    }
    glFinish();
    flips = egl_daemon_status("flips") - flips;
    vblanks = egl_daemon_status("vblanks") - vblanks;
    assert_in_range(flips, frames - 2, frames);
    assert_true(vblanks >= frames - 2);
    assert_int_equal(egl_daemon_status("session.*.window.*.dropped"), 0);
    fixture_close(scene.display);
}

/* Interval 0: frames overtake each other; the last one is what stays. */
static void test_mailbox(void **state)
{
    const unsigned frames = 400;
    uint64_t flips;
    struct scene scene;

    open_scene(&scene, 16, 16);
    flips = egl_daemon_status("flips");
    assert_true(eglSwapInterval(scene.display, 0));
    for (unsigned i = 0; i < frames; i++) {
        fixture_clear(i & 1, 0, i == frames - 1, 1);
        assert_true(eglSwapBuffers(scene.display, scene.window));
    }
    egl_daemon_wait_pixel(8, 8, 0xff00ff);
    flips = wait_frames(flips, frames);
    assert_in_range(flips, 1, frames - 1);
    assert_int_equal(egl_daemon_status("session.*.window.*.dropped") + flips, frames);
    fixture_close(scene.display);
}

static void test_front_buffer(void **state)
{
    struct scene scene;

    open_scene(&scene, 16, 16);
    glDrawBuffer(GL_FRONT);
    fixture_clear(0, 1, 1, 1);
    glFlush();
    egl_daemon_wait_pixel(3, 3, 0x00ffff);
    fixture_clear(1, 1, 0, 1);
    glFlush();
    egl_daemon_wait_pixel(3, 3, 0xffff00);
    fixture_close(scene.display);
}

static void test_two_displays(void **state)
{
    struct scene scene;
    EGLDisplay other;
    EGLContext context;

    open_scene(&scene, 16, 16);
    other = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    context = fixture_context(other, EGL_NO_CONFIG_KHR, EGL_OPENGL_ES_API, 2, EGL_NO_CONTEXT);
    assert_true(eglMakeCurrent(other, EGL_NO_SURFACE, EGL_NO_SURFACE, context));
    assert_int_equal(egl_daemon_status("sessions"), 2);
    assert_true(eglMakeCurrent(scene.display, scene.window, scene.window, scene.context));
    draw(&scene, 0, 1, 0);
    assert_true(eglSwapBuffers(scene.display, scene.window));
    fixture_close(other);
    fixture_close(scene.display);
    assert_int_equal(egl_daemon_status("sessions"), 0);
}

/* More than the device can scan out, and more windows than a session may have. */
static void test_refused_windows(void **state)
{
    struct gemd_egl_window huge = {.width = 16384, .height = 16}, many[GEMD_WINDOWS_MAX + 1];
    struct scene scene;
    EGLConfig config;
    unsigned made = 0;

    open_scene(&scene, 16, 16);
    config = fixture_config(scene.display, 8, 0, 24);
    assert_ptr_equal(
        eglCreateWindowSurface(scene.display, config, (EGLNativeWindowType)&huge, NULL),
        EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    for (unsigned i = 0; i < COUNT(many); i++) {
        many[i] = (struct gemd_egl_window){.width = 16, .height = 16};
        if (eglCreateWindowSurface(scene.display, config, (EGLNativeWindowType)&many[i], NULL)) {
            made++;
        } else {
            assert_egl_error(EGL_BAD_ALLOC);
        }
    }
    assert_int_equal(made, GEMD_WINDOWS_MAX - 1);
    fixture_close(scene.display);
}

/* The daemon is killed between two frames: errors, a reset status, and no more than that. */
static void test_daemon_dies(void **state)
{
    GLenum (*reset_status)(void) = fixture_function("glGetGraphicsResetStatusARB");
    EGLBoolean shown = EGL_TRUE;
    struct scene scene;

    open_scene(&scene, 64, 64);
    for (int i = 0; i < 5; i++) {
        draw(&scene, 0, 1, 0);
        assert_true(eglSwapBuffers(scene.display, scene.window));
    }
    assert_int_equal(reset_status(), GL_NO_ERROR);
    egl_daemon_kill();
    for (int i = 0; i < 10 && shown; i++) {
        draw(&scene, 1, 0, 0);
        glFinish();
        shown = eglSwapBuffers(scene.display, scene.window);
    }
    assert_false(shown);
    assert_egl_error(EGL_CONTEXT_LOST);
    assert_int_equal(reset_status(), GL_UNKNOWN_CONTEXT_RESET_ARB);
    assert_false(eglSwapBuffers(scene.display, scene.window));
    fixture_close(scene.display);

    /* The next display is a software one until a daemon is back. */
    scene.display = fixture_display(0);
    fixture_close(scene.display);
    egl_daemon_start();
    test_renderer(state);
}

/* The daemon is killed, and the program goes on drawing until it is shown again. */
static void outlive_daemon(struct scene *scene)
{
    bool shown = true;

    egl_daemon_kill();
    for (int i = 0; i < 10 && shown; i++) {
        draw(scene, 1, 0, 0);
        glFinish();
        shown = eglSwapBuffers(scene->display, scene->window);
    }
    assert_false(shown);
    assert_egl_error(EGL_CONTEXT_LOST);
    egl_daemon_start();
    for (int i = 0; i < 1000 && !shown; i++) {
        usleep(10000);
        draw(scene, 1, 0, 0);
        shown = eglSwapBuffers(scene->display, scene->window);
    }
    assert_true(shown);
    (void)eglGetError();
}

static GLuint make_texture(const uint8_t colour[4])
{
    GLuint texture;

    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, 1, 1, 0, GL_RGBA, GL_UNSIGNED_BYTE, colour);
    return texture;
}

static void draw_texture(GLuint texture)
{
    glDisable(GL_SCISSOR_TEST);
    glEnable(GL_TEXTURE_2D);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexEnvi(GL_TEXTURE_ENV, GL_TEXTURE_ENV_MODE, GL_REPLACE);
    glRectf(-1, -1, 1, 1);
    glDisable(GL_TEXTURE_2D);
}

/* What it had uploaded before is still there, and so is what it uploads while there is none. */
static void test_another_daemon_comes(void **state)
{
    struct scene scene;

    open_scene_as(&scene, 64, 48, false);
    const GLuint before = make_texture((const uint8_t[]){0x20, 0x40, 0x60, 0xff});
    draw_texture(before);
    assert_true(eglSwapBuffers(scene.display, scene.window));
    egl_daemon_wait_pixel(10, 10, 0x204060);
    outlive_daemon(&scene);
    draw_texture(before);
    assert_true(eglSwapBuffers(scene.display, scene.window));
    egl_daemon_wait_pixel(10, 10, 0x204060);
    draw(&scene, 0, 1, 0);
    assert_true(eglSwapBuffers(scene.display, scene.window));
    egl_daemon_wait_pixel(60, 10, 0x00ff00);
    egl_daemon_wait_pixel(10, 40, 0xffffff);
    fixture_close(scene.display);
    assert_int_equal(egl_daemon_status("buffers"), 0);
}

/* Who asked for it is told once, and makes a new context. */
static void test_a_robust_program_is_told(void **state)
{
    GLenum (*reset_status)(void) = fixture_function("glGetGraphicsResetStatusARB");
    struct scene scene;

    open_scene(&scene, 64, 48);
    draw(&scene, 0, 0, 1);
    assert_true(eglSwapBuffers(scene.display, scene.window));
    assert_int_equal(reset_status(), GL_NO_ERROR);
    outlive_daemon(&scene);
    assert_int_equal(reset_status(), GL_UNKNOWN_CONTEXT_RESET_ARB);
    assert_true(eglMakeCurrent(scene.display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
    const EGLContext context =
        eglCreateContext(scene.display, fixture_config(scene.display, 8, 0, 24), NULL, NULL);
    assert_ptr_not_equal(context, EGL_NO_CONTEXT);
    assert_true(eglMakeCurrent(scene.display, scene.window, scene.window, context));
    assert_int_equal(reset_status(), GL_NO_ERROR);
    draw(&scene, 1, 0, 1);
    assert_true(eglSwapBuffers(scene.display, scene.window));
    egl_daemon_wait_pixel(60, 10, 0xff00ff);
    fixture_close(scene.display);
    assert_int_equal(egl_daemon_status("buffers"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_renderer),
        cmocka_unit_test(test_screen_shows_it),
        cmocka_unit_test(test_one_vblank_a_frame),
        cmocka_unit_test(test_mailbox),
        cmocka_unit_test(test_front_buffer),
        cmocka_unit_test(test_two_displays),
        cmocka_unit_test(test_refused_windows),
        cmocka_unit_test(test_daemon_dies),
        cmocka_unit_test(test_another_daemon_comes),
        cmocka_unit_test(test_a_robust_program_is_told),
    };

    return cmocka_run_group_tests(tests, egl_daemon_setup, egl_daemon_teardown);
}
