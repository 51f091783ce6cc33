/* SPDX-License-Identifier: MIT */
#include "picture.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <EGL/egl.h>
#include <EGL/eglext.h>

static void draw_one(EGLDisplay display, EGLConfig config, const struct scene *scene,
                     struct pictures *all, struct picture *picture)
{
    static const EGLint size[] = {EGL_WIDTH, SCENE_SIZE, EGL_HEIGHT, SCENE_SIZE, EGL_NONE};
    EGLContext context = eglCreateContext(display, config, EGL_NO_CONTEXT, NULL);
    EGLSurface surface = eglCreatePbufferSurface(display, config, size);

    if (!eglMakeCurrent(display, surface, surface, context)) {
        return;
    }
    snprintf(all->renderer, sizeof(all->renderer), "%s", (const char *)glGetString(GL_RENDERER));
    glViewport(0, 0, SCENE_SIZE, SCENE_SIZE);
    glClearColor(0.2f, 0.3f, 0.4f, 1);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT | GL_STENCIL_BUFFER_BIT);
    scene->draw();
    glReadPixels(0, 0, SCENE_SIZE, SCENE_SIZE, GL_RGBA, GL_UNSIGNED_BYTE, picture->pixels);
    picture->gl_error = glGetError();
    picture->drawn = 1;
    eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    eglDestroySurface(display, surface);
    eglDestroyContext(display, context);
}

static void draw_group(const struct scene_group *group, struct pictures *pictures)
{
    static const EGLint wanted[] = {EGL_SURFACE_TYPE,
                                    EGL_PBUFFER_BIT,
                                    EGL_RED_SIZE,
                                    8,
                                    EGL_ALPHA_SIZE,
                                    8,
                                    EGL_DEPTH_SIZE,
                                    24,
                                    EGL_STENCIL_SIZE,
                                    8,
                                    EGL_RENDERABLE_TYPE,
                                    EGL_OPENGL_BIT,
                                    EGL_NONE};
    EGLDisplay display =
        eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
    EGLConfig config;
    EGLint count;

    if (!eglInitialize(display, NULL, NULL) || !eglBindAPI(EGL_OPENGL_API) ||
        !eglChooseConfig(display, wanted, &config, 1, &count) || count != 1) {
        return;
    }
    for (size_t i = 0; i < group->count; i++) {
        draw_one(display, config, &group->scenes[i], pictures, &pictures->scene[i]);
    }
    eglTerminate(display);
}

struct pictures *pictures_draw(const struct scene_group *group, const char *socket,
                               const char *software)
{
    struct pictures *pictures =
        mmap(NULL, sizeof(*pictures), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (pictures == MAP_FAILED || group->count > SCENES_MAX) {
        abort();
    }
    const pid_t child = fork();
    if (child == 0) {
        setenv("GEMD_SOCKET", socket != NULL ? socket : "/nonexistent/gemd.sock", 1);
        setenv("GALLIUM_DRIVER", software, 1);
        draw_group(group, pictures);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    return pictures;
}

static bool differs(const uint8_t *a, const uint8_t *b, unsigned channel)
{
    for (int i = 0; i < 4; i++) {
        if ((unsigned)abs(a[i] - b[i]) > channel) {
            return true;
        }
    }
    return false;
}

unsigned picture_outliers(const struct picture *a, const struct picture *b,
                          const struct tolerance *tolerance)
{
    unsigned count = 0;

    for (size_t i = 0; i < sizeof(a->pixels); i += 4) {
        count += differs(a->pixels + i, b->pixels + i, tolerance->channel);
    }
    return count;
}
