/* SPDX-License-Identifier: MIT */
/* A picture at the level of Gallium, the same for every driver: a triangle on a grey ground. */
#ifndef GEMD_TESTS_SCENE_H
#define GEMD_TESTS_SCENE_H

#include <stdint.h>

#define SCENE_SIZE 128u /* pixels, both ways */

#define SCENE_GROUND 0xff336699u /* ARGB */

struct pipe_screen;

/* Draws it 'frames' times into one texture, the last one is read back: ARGB, top row first. */
void scene_draw(struct pipe_screen *screen, unsigned frames, uint32_t *pixels);

/* How far two pictures differ: the mean over all channels and pixels, and the worst channel. */
struct scene_difference {
    double mean;
    unsigned worst;
    unsigned pixels; /* that differ by more than 2 in a channel */
};
struct scene_difference scene_compare(const uint32_t *a, const uint32_t *b);

#endif
