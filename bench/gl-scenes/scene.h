/* SPDX-License-Identifier: MIT */
/* The scenes: each stresses one part of a renderer, and is the same work for all of them. */
#ifndef GEMD_BENCH_GL_SCENES_SCENE_H
#define GEMD_BENCH_GL_SCENES_SCENE_H

#include "bench/gl-scenes/stage.h"

struct scene {
    const char *name;
    const char *about;
    int width, height;
    const char *vertex, *fragment; /* shaders */
    /* Uploads geometry and textures, sets GL state. */
    void (*prepare)(struct stage *stage);
    /* One frame; 'number' makes it differ from the one before. */
    void (*frame)(struct stage *stage, unsigned number);
    double pixels; /* covered by one frame, hidden ones included; 0: not a question of fill */
    double bytes;  /* written by one frame of a transfer; 0: not a transfer */
    bool copies;   /* a transfer that reads as much as it writes */
};

extern const struct scene scenes[];
extern const unsigned scene_count;

/* The scene of that name, or NULL. */
const struct scene *scene_find(const char *name);

#endif
