/* SPDX-License-Identifier: MIT */
/*
 * Stands for gen3_surface_extent(): what surface.c proves of it, for one byte of the surface. It is
 * any byte, so what is shown of it is shown of all.
 */
#ifndef GEMD_TESTS_EXTENT_H
#define GEMD_TESTS_EXTENT_H

#include "proof.h"

#include "hw/gen3/surface.h"

extern struct chosen {
    enum gen3_tiling tiling; /* of the surface */
    uint32_t pitch;
    uint32_t x, y;
    uint64_t at, at_line; /* gen3_tile_offset(), and the same by lines */
} chosen;

/* Any byte of any surface. */
void choose_byte(void);

#endif
