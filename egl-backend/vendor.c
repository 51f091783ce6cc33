/* SPDX-License-Identifier: MIT */
/*
 * The vendor's entry for GLVND: Mesa's, but for native displays that are somebody else's, whom
 * GLVND asks next when we have no display for them.
 */
#include "gbm.h"

#include <EGL/eglext.h>
#include <glvnd/libeglabi.h>

/* Mesa's, under another name (core.cmake). */
EGLBoolean gemd_core_main(uint32_t version, const __EGLapiExports *exports, __EGLvendorInfo *vendor,
                          __EGLapiImports *imports);

static EGLDisplay (*core_get_display)(EGLenum platform, void *native, const EGLAttrib *attributes);

/* EGL_DEFAULT_DISPLAY is ours: Mesa would open a device for it, we need none. */
static EGLDisplay get_platform_display(EGLenum platform, void *native, const EGLAttrib *attributes)
{
    if (platform == EGL_PLATFORM_GBM_KHR && native != EGL_DEFAULT_DISPLAY &&
        !gemd_gbm_has_device(native)) {
        _eglError(EGL_BAD_PARAMETER, "eglGetPlatformDisplay: no device of gemd's GBM backend");
        return EGL_NO_DISPLAY;
    }
    return core_get_display(platform, native, attributes);
}

__attribute__((visibility("default"))) EGLBoolean __egl_Main(uint32_t version,
                                                             const __EGLapiExports *exports,
                                                             __EGLvendorInfo *vendor,
                                                             __EGLapiImports *imports)
{
    if (!gemd_core_main(version, exports, vendor, imports)) {
        return EGL_FALSE;
    }
    core_get_display = imports->getPlatformDisplay;
    imports->getPlatformDisplay = get_platform_display;
    return EGL_TRUE;
}
