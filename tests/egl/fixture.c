/* SPDX-License-Identifier: MIT */
#include "tests/egl/fixture.h"

#include <stdlib.h>
#include <string.h>

EGLDisplay fixture_display(EGLenum platform)
{
    EGLDisplay display = platform == 0 ? eglGetDisplay(EGL_DEFAULT_DISPLAY)
                                       : eglGetPlatformDisplay(platform, EGL_DEFAULT_DISPLAY, NULL);
    EGLint major = 0, minor = 0;

    assert_ptr_not_equal(display, EGL_NO_DISPLAY);
    assert_true(eglInitialize(display, &major, &minor));
    assert_int_equal(major, 1);
    assert_int_equal(minor, 5);
    return display;
}

EGLConfig fixture_config(EGLDisplay display, EGLint red, EGLint alpha, EGLint depth)
{
    EGLConfig configs[64];
    EGLint count = 0;

    assert_true(eglGetConfigs(display, configs, COUNT(configs), &count));
    for (EGLint i = 0; i < count; i++) {
        EGLint r, a, d, s;

        eglGetConfigAttrib(display, configs[i], EGL_RED_SIZE, &r);
        eglGetConfigAttrib(display, configs[i], EGL_ALPHA_SIZE, &a);
        eglGetConfigAttrib(display, configs[i], EGL_DEPTH_SIZE, &d);
        eglGetConfigAttrib(display, configs[i], EGL_STENCIL_SIZE, &s);
        if (r == red && a == alpha && d + s == depth) {
            return configs[i];
        }
    }
    fail_msg("no config with red %d, alpha %d, depth %d", red, alpha, depth);
    return NULL;
}

EGLContext fixture_context(EGLDisplay display, EGLConfig config, EGLenum api, EGLint major,
                           EGLContext share)
{
    const EGLint attributes[] = {EGL_CONTEXT_MAJOR_VERSION, major, EGL_NONE};
    EGLContext context;

    assert_true(eglBindAPI(api));
    context = eglCreateContext(display, config, share, attributes);
    assert_ptr_not_equal(context, EGL_NO_CONTEXT);
    return context;
}

EGLSurface fixture_pbuffer(EGLDisplay display, EGLConfig config, EGLint width, EGLint height)
{
    const EGLint attributes[] = {EGL_WIDTH, width, EGL_HEIGHT, height, EGL_NONE};
    EGLSurface surface = eglCreatePbufferSurface(display, config, attributes);

    assert_ptr_not_equal(surface, EGL_NO_SURFACE);
    return surface;
}

void fixture_clear(float red, float green, float blue, float alpha)
{
    glClearColor(red, green, blue, alpha);
    glClear(GL_COLOR_BUFFER_BIT);
}

void fixture_assert_pixel(int x, int y, uint8_t red, uint8_t green, uint8_t blue, uint8_t alpha)
{
    const uint8_t wanted[4] = {red, green, blue, alpha};
    uint8_t pixel[4] = {1, 2, 3, 4};

    glReadPixels(x, y, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE, pixel);
    assert_int_equal(glGetError(), GL_NO_ERROR);
    assert_memory_equal(pixel, wanted, sizeof(wanted));
}

void *fixture_function(const char *name)
{
    void *function = (void *)eglGetProcAddress(name);

    assert_non_null(function);
    return function;
}

void fixture_close(EGLDisplay display)
{
    assert_true(eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
    assert_true(eglTerminate(display));
    assert_true(eglReleaseThread());
}
