/* SPDX-License-Identifier: MIT */
#include "tools/eglgears/surface.h"

#include <EGL/eglext.h>
#include <GL/gl.h>
#include <GL/glext.h>
#include <stdio.h>
#include <string.h>

static const char *egl_error_name(EGLint error)
{
    static const char *const names[] = {
        "success",       "not initialized", "bad access",        "bad alloc",
        "bad attribute", "bad config",      "bad context",       "bad current surface",
        "bad display",   "bad match",       "bad native pixmap", "bad native window",
        "bad parameter", "bad surface",     "context lost",
    };
    unsigned index = (unsigned)(error - EGL_SUCCESS);
    return index < sizeof names / sizeof names[0] ? names[index] : "unknown error";
}

static int fail(const char *what)
{
    fprintf(stderr, "eglgears: %s: %s\n", what, egl_error_name(eglGetError()));
    return -1;
}

static bool has_extension(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at != NULL && (at = strstr(at, name)) != NULL; at += length) {
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

/* A context that says when it is lost, where that is offered. */
static EGLContext create_context(EGLDisplay display, EGLConfig config)
{
    static const EGLint robust[] = {EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY_KHR,
                                    EGL_LOSE_CONTEXT_ON_RESET_KHR, EGL_NONE};
    if (has_extension(eglQueryString(display, EGL_EXTENSIONS), "EGL_KHR_create_context")) {
        EGLContext context = eglCreateContext(display, config, EGL_NO_CONTEXT, robust);
        if (context != EGL_NO_CONTEXT) {
            return context;
        }
    }
    return eglCreateContext(display, config, EGL_NO_CONTEXT, NULL);
}

static EGLSurface create_surface(struct surface *surface, EGLConfig config,
                                 const struct surface_options *options)
{
    if (options->offscreen) {
        const EGLint size[] = {EGL_WIDTH, options->width != 0 ? options->width : 300, EGL_HEIGHT,
                               options->height != 0 ? options->height : 300, EGL_NONE};
        return eglCreatePbufferSurface(surface->display, config, size);
    }
    surface->native = (struct gemd_egl_window){.width = (uint32_t)options->width,
                                               .height = (uint32_t)options->height};
    return eglCreateWindowSurface(surface->display, config,
                                  (EGLNativeWindowType)(uintptr_t)&surface->native, NULL);
}

static int open_surface(struct surface *surface, const struct surface_options *options)
{
    const EGLint wanted[] = {EGL_SURFACE_TYPE,
                             options->offscreen ? EGL_PBUFFER_BIT : EGL_WINDOW_BIT,
                             EGL_RENDERABLE_TYPE,
                             EGL_OPENGL_BIT,
                             EGL_RED_SIZE,
                             8,
                             EGL_GREEN_SIZE,
                             8,
                             EGL_BLUE_SIZE,
                             8,
                             EGL_DEPTH_SIZE,
                             16,
                             EGL_NONE};
    EGLConfig config;
    EGLint count = 0;
    if (!eglChooseConfig(surface->display, wanted, &config, 1, &count)) {
        return fail("eglChooseConfig");
    }
    if (count < 1) {
        fprintf(stderr, "eglgears: the EGL display has no config for OpenGL %s\n",
                options->offscreen ? "pbuffers" : "windows");
        return -1;
    }
    surface->context = create_context(surface->display, config);
    if (surface->context == EGL_NO_CONTEXT) {
        return fail("eglCreateContext");
    }
    surface->surface = create_surface(surface, config, options);
    if (surface->surface == EGL_NO_SURFACE) {
        return fail(options->offscreen ? "eglCreatePbufferSurface" : "eglCreateWindowSurface");
    }
    if (!eglMakeCurrent(surface->display, surface->surface, surface->surface, surface->context)) {
        return fail("eglMakeCurrent");
    }
    if (!options->offscreen && !eglSwapInterval(surface->display, options->interval)) {
        return fail("eglSwapInterval");
    }
    eglQuerySurface(surface->display, surface->surface, EGL_WIDTH, &surface->width);
    eglQuerySurface(surface->display, surface->surface, EGL_HEIGHT, &surface->height);
    if (has_extension((const char *)glGetString(GL_EXTENSIONS), "GL_ARB_robustness")) {
        surface->reset_status =
            (unsigned (*)(void))eglGetProcAddress("glGetGraphicsResetStatusARB");
    }
    return 0;
}

int surface_init(struct surface *surface, const struct surface_options *options)
{
    *surface = (struct surface){.display = eglGetDisplay(EGL_DEFAULT_DISPLAY),
                                .context = EGL_NO_CONTEXT,
                                .surface = EGL_NO_SURFACE};
    if (surface->display == EGL_NO_DISPLAY) {
        fprintf(stderr, "eglgears: there is no EGL display\n");
        return -1;
    }
    if (!eglInitialize(surface->display, NULL, NULL)) {
        return fail("eglInitialize");
    }
    if (!eglBindAPI(EGL_OPENGL_API)) {
        return fail("eglBindAPI");
    }
    int error = open_surface(surface, options);
    if (error != 0) {
        surface_finish(surface);
    }
    return error;
}

void surface_finish(struct surface *surface)
{
    eglMakeCurrent(surface->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    if (surface->surface != EGL_NO_SURFACE) {
        eglDestroySurface(surface->display, surface->surface);
    }
    if (surface->context != EGL_NO_CONTEXT) {
        eglDestroyContext(surface->display, surface->context);
    }
    eglTerminate(surface->display);
    eglReleaseThread();
}

int surface_swap(struct surface *surface)
{
    return eglSwapBuffers(surface->display, surface->surface) ? 0 : fail("eglSwapBuffers");
}

const char *surface_lost(struct surface *surface)
{
    switch (surface->reset_status != NULL ? surface->reset_status() : GL_NO_ERROR) {
    case GL_NO_ERROR:
        return NULL;
    case GL_GUILTY_CONTEXT_RESET_ARB:
        return "our own commands hung the GPU";
    case GL_INNOCENT_CONTEXT_RESET_ARB:
        return "somebody else's commands hung the GPU";
    default:
        return "the GPU or its daemon went away";
    }
}
