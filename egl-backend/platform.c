/* SPDX-License-Identifier: MIT */
#include "platform.h"

/* Surfaceless, and devices: pbuffers only. */
static const struct gemd_platform bare;

static const struct gemd_platform *const platforms[_EGL_NUM_PLATFORMS] = {
    [_EGL_PLATFORM_DRM] = &gemd_platform_screen,
    [_EGL_PLATFORM_WAYLAND] = &gemd_platform_wayland,
    [_EGL_PLATFORM_X11] = &gemd_platform_x11,
    [_EGL_PLATFORM_XCB] = &gemd_platform_x11,
};

/* The core calls both by one name: the default display, which has no native one, and GBM's. */
const struct gemd_platform *gemd_platform_find(const _EGLDisplay *egl)
{
    const enum _egl_platform_type type = egl->Platform;

    if (type == _EGL_PLATFORM_DRM && egl->PlatformDisplay) {
        return &gemd_platform_gbm;
    }
    return type >= 0 && type < _EGL_NUM_PLATFORMS && platforms[type] ? platforms[type] : &bare;
}
