/* SPDX-License-Identifier: MIT */
/* gl-scenes: one scene on whatever renderer EGL gives, as one line of figures. */
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/gl-scenes/scene.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void usage(FILE *out)
{
    fputs(
        "usage: gl-scenes [--seconds S] SCENE\n"
        "       gl-scenes --list\n"
        "Draws frames of SCENE, off the screen, for S seconds (default: 1), and prints\n"
        "  gl-scenes: scene=NAME renderer=\"...\" fps=F mpixels=M mbytes=B peer_mbytes=P "
        "color=R,G,B\n"
        "mpixels: millions of covered pixels in a second (0: the scene is not about fill);\n"
        "mbytes: megabytes written in a second by a transfer (else 0), peer_mbytes: by memcpy or\n"
        "memset of as many bytes in this process; color: the mean of the first frame.\n",
        out);
}

/* The mean of frame 0, in 0..255: renderers that draw the same agree about it. */
static void mean_color(const struct stage *stage, double color[3])
{
    const size_t pixels = (size_t)stage->width * (size_t)stage->height;
    uint8_t *data = malloc(pixels * 4);
    if (data == NULL) {
        abort();
    }
    glReadPixels(0, 0, stage->width, stage->height, GL_RGBA, GL_UNSIGNED_BYTE, data);
    for (unsigned c = 0; c < 3; c++) {
        uint64_t sum = 0;
        for (size_t i = 0; i < pixels; i++) {
            sum += data[i * 4 + c];
        }
        color[c] = (double)sum / (double)pixels;
    }
    free(data);
}

/* Bytes that memcpy, or memset, writes in a second; of two buffers as large as the surfaces. */
static double peer_rate(const struct scene *scene, double seconds)
{
    const size_t size = (size_t)scene->bytes;
    uint8_t *to = malloc(size), *from = malloc(size);
    if (to == NULL || from == NULL) {
        abort();
    }
    memset(from, 1, size);
    memset(to, 2, size);
    const double start = now();
    double end = start;
    unsigned rounds = 0;
    for (; end - start < seconds; end = now(), rounds++) {
        if (scene->copies) {
            memcpy(to, from, size);
        } else {
            memset(to, (int)rounds, size);
        }
        __asm__ volatile("" : : "r"(to) : "memory");
    }
    free(to);
    free(from);
    return (double)size * rounds / (end - start);
}

static bool run(const struct scene *scene, double seconds)
{
    struct stage stage;
    if (!stage_open(&stage)) {
        return false;
    }
    if (!stage_framebuffer(&stage, scene->width, scene->height) ||
        !stage_program(&stage, scene->vertex, scene->fragment)) {
        stage_close(&stage);
        return false;
    }
    scene->prepare(&stage);
    scene->frame(&stage, 0);
    double color[3];
    mean_color(&stage, color);
    unsigned frames = 0;
    const double start = now();
    double end = start;
    for (; end - start < seconds; end = now(), frames++) {
        scene->frame(&stage, frames + 1);
        glFinish();
    }
    const double rate = frames / (end - start);
    const double peer = scene->bytes != 0 ? peer_rate(scene, seconds / 4) : 0;
    const GLenum error = glGetError();
    printf("gl-scenes: scene=%s renderer=\"%s\" fps=%.1f mpixels=%.1f mbytes=%.0f peer_mbytes=%.0f "
           "color=%.1f,%.1f,%.1f\n",
           scene->name, (const char *)glGetString(GL_RENDERER), rate, rate * scene->pixels / 1e6,
           rate * scene->bytes / 1e6, peer / 1e6, color[0], color[1], color[2]);
    stage_close(&stage);
    if (error != GL_NO_ERROR) {
        fprintf(stderr, "gl-scenes: %s: GL error 0x%x\n", scene->name, error);
    }
    return error == GL_NO_ERROR;
}

static void list(void)
{
    for (unsigned i = 0; i < scene_count; i++) {
        printf("%-10s %s\n", scenes[i].name, scenes[i].about);
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"seconds", required_argument, NULL, 's'},
                                            {"list", no_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    double seconds = 1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 's':
            seconds = atof(optarg);
            break;
        case 'l':
            list();
            return EXIT_SUCCESS;
        case 'h':
            usage(stdout);
            return EXIT_SUCCESS;
        default:
            usage(stderr);
            return 2;
        }
    }
    const struct scene *scene = optind + 1 == argc ? scene_find(argv[optind]) : NULL;
    if (scene == NULL || !(seconds > 0)) {
        usage(stderr);
        return 2;
    }
    return run(scene, seconds) ? EXIT_SUCCESS : EXIT_FAILURE;
}
