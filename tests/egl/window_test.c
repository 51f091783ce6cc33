/* SPDX-License-Identifier: MIT */
/*
 * Framebuffer windows on a screen that does as it is told: which buffer is drawn into, what is
 * handed over, when is waited, and what remains when the daemon goes.
 */
#include "tests/egl/fixture.h"

#include <errno.h>
#include <string.h>

#include "egl-backend/gemd_egl.h"
#include "tests/egl/fake_window.h"

struct scene {
    struct gemd_egl_window native;
    EGLDisplay display;
    EGLConfig config;
    EGLContext context;
    EGLSurface window;
};

static void open_scene(struct scene *scene, uint32_t width, uint32_t height)
{
    const EGLint robust[] = {EGL_CONTEXT_OPENGL_ROBUST_ACCESS, EGL_TRUE,
                             EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY,
                             EGL_LOSE_CONTEXT_ON_RESET, EGL_NONE};

    *scene = (struct scene){.native = {.width = width, .height = height}};
    scene->display = fixture_display(0);
    scene->config = fixture_config(scene->display, 8, 0, 32);
    assert_true(eglBindAPI(EGL_OPENGL_API));
    scene->context = eglCreateContext(scene->display, scene->config, EGL_NO_CONTEXT, robust);
    assert_ptr_not_equal(scene->context, EGL_NO_CONTEXT);
    scene->window = eglCreateWindowSurface(scene->display, scene->config,
                                           (EGLNativeWindowType)&scene->native, NULL);
    assert_ptr_not_equal(scene->window, EGL_NO_SURFACE);
    assert_true(eglMakeCurrent(scene->display, scene->window, scene->window, scene->context));
}

/* The fake fails the test if a buffer outlives its session. */
static void close_scene(struct scene *scene)
{
    fixture_close(scene->display);
    assert_null(fake_screen.session);
    assert_int_equal(fake_screen.windows, 0);
    memset(&fake_screen, 0, sizeof(fake_screen));
}

/* Draws and swaps; what was handed over. */
static struct fake_frame *swap(struct scene *scene)
{
    fixture_clear(1, 0, 0, 1);
    assert_true(eglSwapBuffers(scene->display, scene->window));
    return &fake_screen.frames[fake_screen.serial % FAKE_FRAMES];
}

static void test_renderer(void **state)
{
    struct scene scene;

    open_scene(&scene, 64, 64);
    assert_string_equal((const char *)glGetString(GL_RENDERER), "i915 (chipset: G33)");
    assert_memory_equal(glGetString(GL_VERSION), "2.1 Mesa", 8);
    close_scene(&scene);
}

static void test_sizes(void **state)
{
    struct gemd_egl_window other = {.width = 4000, .height = 4000};
    struct scene scene;
    EGLSurface refused;
    EGLint value = 0;

    open_scene(&scene, 0, 0);
    assert_true(eglQuerySurface(scene.display, scene.window, EGL_WIDTH, &value));
    assert_int_equal(value, 640);
    assert_true(eglQuerySurface(scene.display, scene.window, EGL_HEIGHT, &value));
    assert_int_equal(value, 400);
    fake_screen.window_error = -EINVAL;
    refused =
        eglCreateWindowSurface(scene.display, scene.config, (EGLNativeWindowType)&other, NULL);
    assert_ptr_equal(refused, EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    fake_screen.window_error = -ENOSPC;
    refused =
        eglCreateWindowSurface(scene.display, scene.config, (EGLNativeWindowType)&other, NULL);
    assert_ptr_equal(refused, EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_ALLOC);
    close_scene(&scene);
}

/* A screen that releases nothing: three buffers, then one wait a frame, for the oldest. */
static void test_three_buffers_then_wait(void **state)
{
    uint32_t handles[7];
    struct scene scene;

    open_scene(&scene, 64, 64);
    for (unsigned i = 0; i < COUNT(handles); i++) {
        struct fake_frame *frame;

        fixture_clear(0, 0, 1, 1); /* takes the back buffer */
        assert_int_equal(fake_screen.waits, i < 3 ? 0 : i - 2);
        frame = swap(&scene);
        handles[i] = frame->handle;
        assert_int_equal(frame->interval, 1);
        assert_int_equal(frame->stride % 64, 0);
        assert_in_range(frame->stride, 64 * 4, 4096);
        assert_int_equal(frame->offset % 4096, 0);
        /* The frame waits for all that was drawn. */
        assert_int_equal(frame->seqno, frame->last_seqno);
        assert_int_equal(frame->seqno, fake_screen.session->seqno);
    }
    assert_int_equal(fake_screen.last_count, 2);
    assert_int_not_equal(handles[0], handles[1]);
    assert_int_not_equal(handles[0], handles[2]);
    assert_int_not_equal(handles[1], handles[2]);
    for (unsigned i = 3; i < COUNT(handles); i++) {
        assert_int_equal(handles[i], handles[i - 3]);
    }
    close_scene(&scene);
}

/* A screen that is faster than the program: two buffers do, and nobody waits. */
static void test_two_buffers_suffice(void **state)
{
    uint32_t handles[6];
    struct scene scene;

    open_scene(&scene, 64, 64);
    assert_true(eglSwapInterval(scene.display, 0));
    for (unsigned i = 0; i < COUNT(handles); i++) {
        struct fake_frame *frame = swap(&scene);

        handles[i] = frame->handle;
        assert_int_equal(frame->interval, 0);
        fake_screen.released = fake_screen.serial - 1;
    }
    assert_int_equal(fake_screen.waits, 0);
    for (unsigned i = 2; i < COUNT(handles); i++) {
        assert_int_equal(handles[i], handles[i - 2]);
    }
    close_scene(&scene);
}

static void test_interval_is_clamped(void **state)
{
    struct scene scene;

    open_scene(&scene, 64, 64);
    assert_true(eglSwapInterval(scene.display, 2));
    assert_int_equal(swap(&scene)->interval, 2);
    assert_true(eglSwapInterval(scene.display, 7));
    assert_int_equal(swap(&scene)->interval, 4);
    assert_true(eglSwapInterval(scene.display, -7));
    assert_int_equal(swap(&scene)->interval, 0);
    close_scene(&scene);
}

static void test_buffer_age(void **state)
{
    static const EGLint ages[] = {0, 0, 0, 3, 3};
    struct scene scene;

    open_scene(&scene, 64, 64);
    for (unsigned i = 0; i < COUNT(ages); i++) {
        EGLint age = -1;

        assert_true(eglQuerySurface(scene.display, scene.window, EGL_BUFFER_AGE_EXT, &age));
        assert_int_equal(age, ages[i]);
        swap(&scene);
    }
    close_scene(&scene);
}

/* Drawing into the front buffer brings it to the screen once, and stays in it. */
static void test_front_buffer(void **state)
{
    struct scene scene;
    uint32_t front;

    open_scene(&scene, 64, 64);
    glDrawBuffer(GL_FRONT);
    fixture_clear(0, 1, 0, 1);
    glFlush();
    assert_int_equal(fake_screen.serial, 1);
    front = fake_screen.frames[1].handle;
    fixture_clear(0, 0, 1, 1);
    glFlush();
    assert_int_equal(fake_screen.serial, 1);
    glDrawBuffer(GL_BACK);
    assert_int_not_equal(swap(&scene)->handle, front);
    assert_int_equal(fake_screen.serial, 2);
    close_scene(&scene);
}

/* A swap without drawing shows a buffer all the same. */
static void test_swap_without_drawing(void **state)
{
    struct scene scene;

    open_scene(&scene, 64, 64);
    assert_true(eglSwapBuffers(scene.display, scene.window));
    assert_true(eglSwapBuffers(scene.display, scene.window));
    assert_int_equal(fake_screen.serial, 2);
    close_scene(&scene);
}

static void lose_session(enum gemd_lost_reason reason, GLenum status)
{
    GLenum (*reset_status)(void) = fixture_function("glGetGraphicsResetStatusARB");
    struct scene scene;

    open_scene(&scene, 64, 64);
    for (int i = 0; i < 4; i++) {
        swap(&scene);
    }
    assert_int_equal(reset_status(), GL_NO_ERROR);
    fake_screen.session->lost = reason;
    fixture_clear(1, 1, 1, 1);
    for (int i = 0; i < 8; i++) {
        assert_false(eglSwapBuffers(scene.display, scene.window));
        assert_egl_error(EGL_CONTEXT_LOST);
        fixture_clear(1, 1, 1, 1);
        glFinish();
    }
    assert_int_equal(fake_screen.serial, 4);
    assert_int_equal(reset_status(), status);
    close_scene(&scene);
}

/* Who did it, who did not, and when nobody knows. */
static void test_session_lost(void **state)
{
    lose_session(GEMD_LOST_GUILTY, GL_GUILTY_CONTEXT_RESET_ARB);
    lose_session(GEMD_LOST_INNOCENT, GL_INNOCENT_CONTEXT_RESET_ARB);
    lose_session(GEMD_LOST_UNKNOWN, GL_UNKNOWN_CONTEXT_RESET_ARB);
}

/* The session ends between the check and the hand-over. */
static void test_lost_while_presenting(void **state)
{
    struct scene scene;

    open_scene(&scene, 64, 64);
    swap(&scene);
    fixture_clear(1, 1, 1, 1);
    fake_screen.present_error = -EIO;
    assert_false(eglSwapBuffers(scene.display, scene.window));
    assert_egl_error(EGL_CONTEXT_LOST);
    close_scene(&scene);
}

static void test_out_of_memory(void **state)
{
    struct scene scene;

    open_scene(&scene, 64, 64);
    fake_screen.session->out_of_memory = true;
    assert_false(eglSwapBuffers(scene.display, scene.window) &&
                 eglSwapBuffers(scene.display, scene.window) &&
                 eglSwapBuffers(scene.display, scene.window));
    assert_egl_error(EGL_BAD_ALLOC);
    fake_screen.session->out_of_memory = false;
    swap(&scene);
    close_scene(&scene);
}

/* Destroyed while it is current and shown. */
static void test_window_goes_first(void **state)
{
    struct scene scene;

    open_scene(&scene, 64, 64);
    swap(&scene);
    assert_true(eglDestroySurface(scene.display, scene.window));
    assert_int_equal(fake_screen.windows, 1);
    assert_true(eglMakeCurrent(scene.display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
    assert_int_equal(fake_screen.windows, 0);
    close_scene(&scene);
}

/* No session for the first display: it renders in software, and the next one tries again. */
static void test_daemon_comes_later(void **state)
{
    PFNEGLGETDISPLAYDRIVERNAMEPROC driver_name = fixture_function("eglGetDisplayDriverName");
    EGLDisplay display;

    fake_screen.open_error = -ENOENT;
    display = fixture_display(0);
    assert_string_equal(driver_name(display), "swrast");
    fixture_close(display);
    display = fixture_display(0);
    assert_string_equal(driver_name(display), "i915");
    fixture_close(display);
    memset(&fake_screen, 0, sizeof(fake_screen));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_renderer),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_three_buffers_then_wait),
        cmocka_unit_test(test_two_buffers_suffice),
        cmocka_unit_test(test_interval_is_clamped),
        cmocka_unit_test(test_buffer_age),
        cmocka_unit_test(test_front_buffer),
        cmocka_unit_test(test_swap_without_drawing),
        cmocka_unit_test(test_session_lost),
        cmocka_unit_test(test_lost_while_presenting),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_window_goes_first),
        cmocka_unit_test(test_daemon_comes_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
