/* SPDX-License-Identifier: MIT */
/*
 * Samples of streams, refused and accepted: a sound stream with at most one dword bent. Each file
 * of samples is about one noun; rules_test.c walks them all.
 */
#ifndef GEMD_TEST_SAMPLES_H
#define GEMD_TEST_SAMPLES_H

#include "stream.h"

#define AS_BUILT UINT32_MAX

struct sample {
    const char *name;
    void (*build)(struct stream *s);
    uint32_t dword, value;    /* what is bent; AS_BUILT: nothing */
    enum validator_rule rule; /* VALIDATOR_ACCEPTED: must run */
};

/* Each ends with a nameless one. */
extern const struct sample samples_walk[], samples_address[], samples_state[], samples_target[],
    samples_texture[], samples_program[], samples_draw[], samples_blit[], samples_expand[],
    samples_setup[];

/* All of them. */
extern const struct sample *const sample_rooms[];
extern const size_t sample_room_count;

/* The sample's stream, without its end. */
void sample_build(const struct sample *sample, struct stream *s);

/* Sound streams that several nouns bend, and where their dwords are. */

void build_color_blt(struct stream *s);
void build_copy_blt(struct stream *s);

enum { /* build_triangle() */
       AT_INFO = 1,
       AT_COLOUR_ADDRESS = 2,
       AT_FORMATS = 4,
       AT_RECT = 5,
       AT_RECT_FLAGS = 6,
       AT_RECT_MIN = 7,
       AT_RECT_MAX = 8,
       AT_RECT_ORIGIN = 9,
       AT_REGISTERS = 10,
       AT_S2 = 11,
       AT_S4 = 12,
       AT_S5 = 13,
       AT_S6 = 14,
       AT_PROGRAM = 15,
       AT_TRIANGLE = 22,
};
void build_triangle(struct stream *s);

enum { /* build_texture(): as build_triangle() up to the program */
       AT_MAPS = 15,
       AT_MAP_MASK = 16,
       AT_MS2 = 17,
       AT_MS3 = 18,
       AT_MS4 = 19,
       AT_SAMPLERS = 20,
       AT_SAMPLER_MASK = 21,
       AT_SS2 = 22,
       AT_SS3 = 23,
       AT_TEXTURE_PROGRAM = 25,
};
void build_texture(struct stream *s);

#endif
