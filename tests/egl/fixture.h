/* SPDX-License-Identifier: MIT */
/* What the EGL tests share. Functions fail the test rather than return an error. */
#ifndef GEMD_TESTS_EGL_FIXTURE_H
#define GEMD_TESTS_EGL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GL/gl.h>
#include <GL/glext.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* EGL error codes read better as numbers in hexadecimal. */
#define assert_egl_error(code) assert_int_equal(eglGetError(), code)

/* The display of a platform, initialized. platform 0: the default display. */
EGLDisplay fixture_display(EGLenum platform);

/* The first config with these sizes; depth also for stencil: 0, 24 or 32 (24 with 8 stencil). */
EGLConfig fixture_config(EGLDisplay display, EGLint red, EGLint alpha, EGLint depth);

/* A context of api (EGL_OPENGL_API or EGL_OPENGL_ES_API) and major version. */
EGLContext fixture_context(EGLDisplay display, EGLConfig config, EGLenum api, EGLint major,
                           EGLContext share);

EGLSurface fixture_pbuffer(EGLDisplay display, EGLConfig config, EGLint width, EGLint height);

/* Clears the framebuffer at hand and reads one pixel back. */
void fixture_clear(float red, float green, float blue, float alpha);
void fixture_assert_pixel(int x, int y, uint8_t red, uint8_t green, uint8_t blue, uint8_t alpha);

/* eglGetProcAddress() as the type of the pointer that takes it; fails when there is none. */
void *fixture_function(const char *name);

/* Releases what is current and terminates. */
void fixture_close(EGLDisplay display);

#endif
