/* SPDX-License-Identifier: MIT */
/*
 * An OpenGL context on the default EGL display, and what it draws into: a framebuffer window, or
 * a pbuffer when off screen.
 */
#ifndef GEMD_TOOLS_EGLGEARS_SURFACE_H
#define GEMD_TOOLS_EGLGEARS_SURFACE_H

#include <EGL/egl.h>
#include <stdbool.h>
#include <stdint.h>

#include "egl-backend/gemd_egl.h"

struct surface {
    EGLDisplay display;
    EGLContext context;
    EGLSurface surface;
    struct gemd_egl_window native;
    EGLint width, height;           /* pixels; what we got */
    unsigned (*reset_status)(void); /* NULL when the driver offers none */
};

struct surface_options {
    int width, height; /* 0: the screen's */
    int interval;
    bool offscreen;
};

/* Makes the context current. 0, or -1 after one line on stderr. */
__attribute__((warn_unused_result)) int surface_init(struct surface *surface,
                                                     const struct surface_options *options);
void surface_finish(struct surface *surface);
/* Shows what was drawn. 0, or -1 after one line on stderr. */
__attribute__((warn_unused_result)) int surface_swap(struct surface *surface);
/* NULL while the context works; else why it does not. */
const char *surface_lost(struct surface *surface);

#endif
