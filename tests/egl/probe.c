/* SPDX-License-Identifier: MIT */
/* egl_probe: opens two displays, prints who renders, and fails with the EGL error. */
#include <stdio.h>

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GL/gl.h>

static int probe(EGLDisplay display)
{
    EGLContext context;

    if (!eglInitialize(display, NULL, NULL)) {
        printf("error: 0x%x\n", eglGetError());
        return 1;
    }
    eglBindAPI(EGL_OPENGL_API);
    context = eglCreateContext(display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, NULL);
    if (!context || !eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context)) {
        printf("error: 0x%x\n", eglGetError());
        return 1;
    }
    printf("renderer: %s\n", (const char *)glGetString(GL_RENDERER));
    eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    eglTerminate(display);
    return 0;
}

int main(void)
{
    int failed = probe(eglGetDisplay(EGL_DEFAULT_DISPLAY));

    failed |= probe(
        eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, (void *)EGL_DEFAULT_DISPLAY, NULL));
    return failed;
}
