/* SPDX-License-Identifier: MIT */
/*
 * What sampling should give, one pixel at a time and in double precision: written from the rules of
 * doc/gen3.md, without the model's tables. Only the places of images come from hw/gen3.
 */
#ifndef TESTS_RENDER_SAMPLER_REFERENCE_H
#define TESTS_RENDER_SAMPLER_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/gen3/surface.h"

enum { MODE_WRAP, MODE_MIRROR, MODE_CLAMP, MODE_CUBE, MODE_BORDER, MODE_ONCE };

struct reference {
    const uint8_t *memory; /* of the map's address */
    uint32_t palette[16];
    uint32_t code; /* type << 4 | format */
    struct gen3_texture layout;
    uint32_t height; /* of the map; the layout of a cube has its width */
    uint32_t pitch;
    enum gen3_tiling tiling;
    bool convert_yuv, gamma;
    bool linear;
    unsigned mode[3];
    uint32_t border;
    bool shadow;
    unsigned shadow_func;
    unsigned missing_faces;
};

/* Bytes and size of a block of a format; false: there is no such format. */
bool reference_block(uint32_t code, uint32_t *bytes, uint32_t *width, uint32_t *height);

/*
 * One level at (s, t, r), normalised; r is the reference value with shadow. False where a small
 * error of the coordinates would give another texel.
 */
bool reference_level(const struct reference *ref, unsigned level, const double c[3],
                     double rgba[4]);

#endif
