/* SPDX-License-Identifier: MIT */
/*
 * What a blitter command does to memory, worked out pixel by pixel and bit by bit from its dwords.
 * Slow and plain; written from doc/gen3.md D and nothing else.
 */
#ifndef GEMD_TESTS_MODEL_BLIT_REFERENCE_H
#define GEMD_TESTS_MODEL_BLIT_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REFERENCE_FENCES 2

/* A fenced MiB. */
struct reference_fence {
    uint32_t start;
    uint32_t pitch; /* 0: none */
    bool walk_y;
};

struct reference {
    uint32_t address; /* of the memory, in the GTT */
    uint32_t size;
    uint8_t *before; /* as it was when the command began */
    uint8_t *after;  /* what the command makes of it */
    struct reference_fence fence[REFERENCE_FENCES];
    bool wide_y_tiles; /* those of 915 */
    bool missed;       /* an address outside of the memory was used */
    uint32_t hole;     /* a page that is not there, 0 none */
    uint8_t *written;  /* a flag for each byte that the command writes; may be NULL */

    uint32_t setup[9]; /* of the last XY_SETUP_BLT or XY_SETUP_MONO_PATTERN_SL_BLT */
    bool mono_setup;
    int clip[4];
};

/* 'after' must equal 'before'. */
void reference_execute(struct reference *reference, const uint32_t *dw, size_t count);

#endif
