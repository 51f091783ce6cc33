/* SPDX-License-Identifier: MIT */
/* Pbuffers and framebuffer windows. */
#include "tests/egl/fixture.h"

#include "tests/egl/daemon.h"

#include "egl-backend/gemd_egl.h"

/* Every config: what was cleared is read back, with the bits that the config has. */
static void test_pbuffer_of_every_config(void **state)
{
    EGLDisplay display = fixture_display(0);
    EGLConfig configs[64];
    EGLint count = 0;

    assert_true(eglGetConfigs(display, configs, COUNT(configs), &count));
    for (EGLint i = 0; i < count; i++) {
        EGLContext context =
            fixture_context(display, configs[i], EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
        EGLSurface pbuffer = fixture_pbuffer(display, configs[i], 33, 17);
        EGLint alpha, depth, value = 0;
        GLint bits = -1;

        eglGetConfigAttrib(display, configs[i], EGL_ALPHA_SIZE, &alpha);
        eglGetConfigAttrib(display, configs[i], EGL_DEPTH_SIZE, &depth);
        assert_true(eglMakeCurrent(display, pbuffer, pbuffer, context));
        glGetIntegerv(GL_ALPHA_BITS, &bits);
        assert_int_equal(bits, alpha);
        glGetIntegerv(GL_DEPTH_BITS, &bits);
        assert_int_equal(bits, depth);
        fixture_clear(1, 0, 0, 0);
        glEnable(GL_SCISSOR_TEST);
        glScissor(32, 16, 1, 1);
        fixture_clear(0, 1, 1, 0);
        fixture_assert_pixel(0, 0, 255, 0, 0, alpha ? 0 : 255);
        fixture_assert_pixel(32, 16, 0, 255, 255, alpha ? 0 : 255);
        assert_true(eglQuerySurface(display, pbuffer, EGL_WIDTH, &value));
        assert_int_equal(value, 33);
        assert_true(eglSwapBuffers(display, pbuffer));
        fixture_assert_pixel(0, 0, 255, 0, 0, alpha ? 0 : 255);
        assert_true(eglDestroyContext(display, context));
        assert_true(eglDestroySurface(display, pbuffer));
    }
    fixture_close(display);
}

static void test_pbuffer_sizes(void **state)
{
    const EGLint huge[] = {EGL_WIDTH, 1 << 20, EGL_HEIGHT, 4, EGL_NONE};
    const EGLint largest[] = {EGL_WIDTH,           1 << 20,  EGL_HEIGHT, 4,
                              EGL_LARGEST_PBUFFER, EGL_TRUE, EGL_NONE};
    const EGLint negative[] = {EGL_WIDTH, -1, EGL_HEIGHT, 4, EGL_NONE};
    EGLDisplay display = fixture_display(0);
    EGLConfig config = fixture_config(display, 8, 8, 0);
    EGLint limit = 0, value = 0;
    EGLSurface surface;

    eglGetConfigAttrib(display, config, EGL_MAX_PBUFFER_WIDTH, &limit);
    assert_in_range(limit, 2048, 1 << 19);
    assert_ptr_equal(eglCreatePbufferSurface(display, config, huge), EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_ALLOC);
    assert_ptr_equal(eglCreatePbufferSurface(display, config, negative), EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_PARAMETER);
    surface = eglCreatePbufferSurface(display, config, largest);
    assert_ptr_not_equal(surface, EGL_NO_SURFACE);
    assert_true(eglQuerySurface(display, surface, EGL_WIDTH, &value));
    assert_in_range(value, 2048, limit);
    fixture_close(display);
}

/* Depth and stencil belong to the surface: a triangle behind another stays behind. */
static void test_depth_buffer(void **state)
{
    EGLDisplay display = fixture_display(0);
    EGLConfig config = fixture_config(display, 8, 8, 32);
    EGLSurface pbuffer = fixture_pbuffer(display, config, 16, 16);
    EGLContext context = fixture_context(display, config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);

    assert_true(eglMakeCurrent(display, pbuffer, pbuffer, context));
    glClearDepth(1);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
    glEnable(GL_DEPTH_TEST);
    for (int i = 0; i < 2; i++) {
        float z = i == 0 ? -0.5f : 0.5f; /* nearer first */

        glColor4f(i == 0, i == 1, 0, 1);
        glBegin(GL_TRIANGLES);
        glVertex3f(-1, -1, z);
        glVertex3f(3, -1, z);
        glVertex3f(-1, 3, z);
        glEnd();
    }
    fixture_assert_pixel(8, 8, 255, 0, 0, 255);
    fixture_close(display);
}

static void test_window(void **state)
{
    struct gemd_egl_window asked = {.width = 40, .height = 30}, any = {0};
    struct gemd_egl_window half = {.width = 40};
    EGLDisplay display = fixture_display(0);
    EGLConfig config = fixture_config(display, 8, 0, 24);
    EGLContext context = fixture_context(display, config, EGL_OPENGL_API, 2, EGL_NO_CONTEXT);
    EGLSurface window, other;
    EGLint value = 0;

    window = eglCreateWindowSurface(display, config, (EGLNativeWindowType)&asked, NULL);
    assert_ptr_not_equal(window, EGL_NO_SURFACE);
    assert_true(eglMakeCurrent(display, window, window, context));
    assert_true(eglSwapInterval(display, 0));
    for (int i = 0; i < 5; i++) {
        fixture_clear(i & 1, 0, 1, 1);
        fixture_assert_pixel(39, 29, i & 1 ? 255 : 0, 0, 255, 255);
        assert_true(eglSwapBuffers(display, window));
    }
    assert_true(eglQuerySurface(display, window, EGL_HEIGHT, &value));
    assert_int_equal(value, 30);

    other = eglCreateWindowSurface(display, config, (EGLNativeWindowType)&any, NULL);
    assert_ptr_not_equal(other, EGL_NO_SURFACE);
    assert_true(eglQuerySurface(display, other, EGL_WIDTH, &value));
    assert_int_equal(value, egl_daemon_runs() ? 320 : 640);
    assert_true(eglDestroySurface(display, other));
    other = eglCreateWindowSurface(display, config, (EGLNativeWindowType)&half, NULL);
    assert_ptr_equal(other, EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);

    /* One window, one surface; and there is no window without a struct. */
    other = eglCreateWindowSurface(display, config, (EGLNativeWindowType)&asked, NULL);
    assert_ptr_equal(other, EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_ALLOC);
    other = eglCreateWindowSurface(display, config, (EGLNativeWindowType)NULL, NULL);
    assert_ptr_equal(other, EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    fixture_close(display);
}

static void test_no_windows_on_surfaceless(void **state)
{
    struct gemd_egl_window native = {.width = 8, .height = 8};
    EGLDisplay display = fixture_display(EGL_PLATFORM_SURFACELESS_MESA);
    EGLConfig config = fixture_config(display, 8, 8, 0);

    assert_ptr_equal(eglCreateWindowSurface(display, config, (EGLNativeWindowType)&native, NULL),
                     EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_NATIVE_WINDOW);
    fixture_close(display);
}

static void test_srgb_refused(void **state)
{
    const EGLint srgb[] = {EGL_WIDTH, 4, EGL_HEIGHT, 4, EGL_GL_COLORSPACE, EGL_GL_COLORSPACE_SRGB,
                           EGL_NONE};
    EGLDisplay display = fixture_display(0);

    assert_ptr_equal(eglCreatePbufferSurface(display, fixture_config(display, 8, 8, 0), srgb),
                     EGL_NO_SURFACE);
    assert_egl_error(EGL_BAD_MATCH);
    fixture_close(display);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pbuffer_of_every_config),
        cmocka_unit_test(test_pbuffer_sizes),
        cmocka_unit_test(test_depth_buffer),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_no_windows_on_surfaceless),
        cmocka_unit_test(test_srgb_refused),
    };

    return argc > 1 ? cmocka_run_group_tests(tests, egl_daemon_setup, egl_daemon_teardown)
                    : cmocka_run_group_tests(tests, NULL, NULL);
}
