/* SPDX-License-Identifier: MIT */
/* Pictures of a group of scenes, drawn in a process of its own by one renderer. */
#ifndef GEMD_TESTS_PICTURE_H
#define GEMD_TESTS_PICTURE_H

#include "scene.h"

#define SCENES_MAX 48 /* in a group */

struct picture {
    uint8_t pixels[SCENE_SIZE * SCENE_SIZE * 4]; /* R G B A, bottom row first */
    unsigned drawn;                              /* 1 once it is there */
    unsigned gl_error;                           /* that the scene left; 0 */
};

struct pictures {
    char renderer[64]; /* GL_RENDERER */
    struct picture scene[SCENES_MAX];
};

/*
 * socket: the daemon's, for our driver; NULL: there is none, and 'software' draws. The result is
 * the caller's until the process ends; failures leave 'drawn' 0.
 */
struct pictures *pictures_draw(const struct scene_group *group, const char *socket,
                               const char *software);

/* Pixels that differ by more than the tolerance's channel. */
unsigned picture_outliers(const struct picture *a, const struct picture *b,
                          const struct tolerance *tolerance);

#endif
