/* SPDX-License-Identifier: MIT */
/* eglgears: three gears, frames per second, and a picture when asked. */
#define GL_GLEXT_PROTOTYPES
#include <GL/gl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/eglgears/options.h"
#include "tools/eglgears/scene.h"
#include "tools/lib/picture.h"

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    stop = 1;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Degrees: of a frame number when pictures must repeat, else of the time. */
static float angle_at(const struct options *options, unsigned long frame, double seconds)
{
    const double degrees = options->frames != 0 ? 2.0 * (double)frame : 70.0 * seconds;
    return (float)(degrees - 360.0 * (double)(long)(degrees / 360.0));
}

static void print_info(const struct surface *surface)
{
    printf("GL_RENDERER: %s\n", (const char *)glGetString(GL_RENDERER));
    printf("GL_VERSION: %s\n", (const char *)glGetString(GL_VERSION));
    printf("GL_VENDOR: %s\n", (const char *)glGetString(GL_VENDOR));
    printf("EGL_VERSION: %s\n", eglQueryString(surface->display, EGL_VERSION));
    printf("EGL_VENDOR: %s\n", eglQueryString(surface->display, EGL_VENDOR));
    fflush(stdout);
}

static void flip_rows(struct picture *picture)
{
    for (uint32_t top = 0, low = picture->height - 1; top < low; top++, low--) {
        uint8_t *a = picture->pixels + (size_t)top * picture->stride;
        uint8_t *b = picture->pixels + (size_t)low * picture->stride;
        for (uint32_t i = 0; i < picture->stride; i++) {
            uint8_t t = a[i];
            a[i] = b[i];
            b[i] = t;
        }
    }
}

/* How many pixels in a hundred are not background. */
static double drawn_percent(const struct picture *picture)
{
    size_t drawn = 0, count = (size_t)picture->width * picture->height;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = picture->pixels + 4 * i;
        drawn += (at[0] | at[1] | at[2]) != 0;
    }
    return 100.0 * (double)drawn / (double)count;
}

/* Reads the back buffer before it goes away with the swap. */
static int save_frame(const struct surface *surface, const char *path, double *drawn)
{
    struct picture picture = {.width = (uint32_t)surface->width,
                              .height = (uint32_t)surface->height,
                              .stride = 4 * (uint32_t)surface->width,
                              .order = PICTURE_RGBX};
    picture.pixels = malloc((size_t)picture.stride * picture.height);
    if (picture.pixels == NULL) {
        fprintf(stderr, "eglgears: no memory for a picture\n");
        return -1;
    }
    glReadPixels(0, 0, surface->width, surface->height, GL_RGBA, GL_UNSIGNED_BYTE, picture.pixels);
    int error = glGetError() == GL_NO_ERROR ? 0 : -1;
    if (error != 0) {
        fprintf(stderr, "eglgears: the frame cannot be read back\n");
    } else {
        flip_rows(&picture);
        *drawn = drawn_percent(&picture);
        error = picture_save(&picture, path);
    }
    picture_free(&picture);
    return error;
}

static int check_lost(struct surface *surface)
{
    const char *why = surface_lost(surface);
    if (why != NULL) {
        fprintf(stderr, "eglgears: the OpenGL context is lost: %s\n", why);
        return -1;
    }
    return 0;
}

struct run {
    unsigned long frames; /* drawn so far */
    double seconds;       /* that they took, without the picture */
    double drawn;         /* percent of the picture; < 0: none taken */
};

/* Draws until the last frame, a signal, or an error. */
static int run_frames(struct surface *surface, const struct scene *scene,
                      const struct options *options, struct run *run)
{
    const double start = now();
    double tick = start, taken = 0;
    unsigned long tick_frames = 0;
    while (!stop && (options->frames == 0 || run->frames < options->frames)) {
        const double t = now();
        scene_draw(scene, angle_at(options, run->frames, t - start));
        run->frames++;
        if (options->png != NULL && run->frames == options->frames) {
            glFinish();
            const double before = now();
            if (save_frame(surface, options->png, &run->drawn) != 0) {
                return -1;
            }
            taken = now() - before;
        }
        if (surface_swap(surface) != 0 || check_lost(surface) != 0) {
            return -1;
        }
        tick_frames++;
        if (!options->quiet && now() - tick >= 5.0) {
            const double span = now() - tick;
            printf("%lu frames in %.1f seconds = %.3f FPS\n", tick_frames, span,
                   (double)tick_frames / span);
            fflush(stdout);
            tick += span;
            tick_frames = 0;
        }
    }
    glFinish();
    run->seconds = now() - start - taken;
    return check_lost(surface);
}

/* One line that scripts read. */
static void print_summary(const struct surface *surface, const struct options *options,
                          const struct run *run)
{
    printf("eglgears: renderer=\"%s\" frames=%lu seconds=%.3f fps=%.1f size=%dx%d",
           (const char *)glGetString(GL_RENDERER), run->frames, run->seconds,
           (double)run->frames / run->seconds, surface->width, surface->height);
    if (options->png != NULL && run->drawn >= 0) {
        printf(" drawn=%.1f%% png=%s", run->drawn, options->png);
    }
    printf("\n");
    fflush(stdout);
}

static void hold(void)
{
    char byte;
    while (!stop && read(STDIN_FILENO, &byte, 1) > 0) {
    }
}

int main(int argc, char **argv)
{
    struct options options;
    options_parse(&options, argc, argv);
    /* Without SA_RESTART: a signal also ends the wait of --hold. */
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);

    struct surface surface;
    if (surface_init(&surface, &options.surface) != 0) {
        return 1;
    }
    if (options.info) {
        print_info(&surface);
    }
    struct scene scene;
    struct run run = {.drawn = -1};
    int error = scene_init(&scene);
    if (error != 0) {
        fprintf(stderr, "eglgears: cannot set up the scene: %s\n", strerror(-error));
    } else {
        scene_resize(surface.width, surface.height);
        error = run_frames(&surface, &scene, &options, &run);
        if (error == 0 && options.frames != 0) {
            print_summary(&surface, &options, &run);
        }
        if (error == 0 && options.hold) {
            hold();
        }
        scene_finish(&scene);
    }
    surface_finish(&surface);
    return error == 0 ? 0 : 1;
}
