/* SPDX-License-Identifier: MIT */
/*
 * Platforms: what the displays of different window systems differ in. The table is in platform.c;
 * each platform with windows has a file of its own, named as it is.
 */
#ifndef GEMD_EGL_PLATFORM_H
#define GEMD_EGL_PLATFORM_H

#include "backend.h"

/* A colour format that configs have, in everybody's terms. */
struct gemd_color_format {
    enum pipe_format format;
    EGLint red, green, blue, alpha; /* bits */
    uint32_t fourcc;                /* DRM_FORMAT_* */
};

struct gemd_image;

/* All may be NULL: the platform has none of it. */
struct gemd_platform {
    /*
     * Connects to the window system (egl->PlatformDisplay, NULL: the environment names it), and
     * keeps what it needs in display->native. False with the EGL error set. The renderer is there.
     */
    bool (*open)(struct gemd_display *display, _EGLDisplay *egl);
    /*
     * eglTerminate(): the program may take its connection away next, though surfaces that are
     * current stay for a while.
     */
    void (*terminate)(struct gemd_display *display);
    /* Frees display->native; called once for each open(), when the last surface has gone. */
    void (*close)(struct gemd_display *display);
    /* Kinds of native visual that configs of this colour may have, one config each. NULL: one. */
    unsigned (*count_visuals)(struct gemd_display *display, const struct gemd_color_format *color);
    /*
     * Fills in NativeVisualID, which comes as the visual's number from 0, NativeVisualType and the
     * kinds of surface besides pbuffers that configs of this colour have here.
     */
    void (*set_config)(struct gemd_display *display, const struct gemd_color_format *color,
                       _EGLConfig *config);
    _EGLSurface *(*create_window)(_EGLDisplay *egl, _EGLConfig *config, void *native,
                                  const EGLint *attributes);
    _EGLSurface *(*create_pixmap)(_EGLDisplay *egl, _EGLConfig *config, void *native,
                                  const EGLint *attributes);
    /* The display's DRM file, for its EGL device; -1: it has none. */
    int (*drm_file)(_EGLDisplay *egl);
    /* EGL_KHR_image_pixmap: an image of a native pixmap. NULL with the EGL error set. */
    struct gemd_image *(*image_of_pixmap)(_EGLDisplay *egl, void *native);
    EGLBoolean (*copy_buffers)(_EGLDisplay *egl, _EGLSurface *surface, void *pixmap);
};

/* Never NULL. */
const struct gemd_platform *gemd_platform_find(const _EGLDisplay *egl);

/* ---- each platform's ---- */

extern const struct gemd_platform gemd_platform_screen;  /* window.c: the daemon's screen */
extern const struct gemd_platform gemd_platform_gbm;     /* gbm.c: surfaces of libgbm */
extern const struct gemd_platform gemd_platform_wayland; /* wayland_display.c */
extern const struct gemd_platform gemd_platform_x11;     /* x11.c */

#endif
