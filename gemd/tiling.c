/* SPDX-License-Identifier: MIT */
#include "gemd/tiling.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "hw/gen3/chip.h"
#include "hw/gen3/regs.h"

#define MIB        (1u << 20)
#define UNIT_PAGES (MIB / HW_PAGE_SIZE) /* the smallest register */

static const char *const names[] = {"none", "X", "Y"};

static bool is_945_class(const struct hw_device *dev)
{
    const struct gen3_chip *chip = gen3_chip_find(dev->identity.pci_device);
    return chip == NULL || chip->is_945_class;
}

/* Tiles in a row: a register has room for powers of two only. */
static bool check_pitch(enum gen3_tiling walk, uint32_t pitch)
{
    uint32_t width = gen3_tile_width(walk);
    return pitch >= width && pitch <= TILING_PITCH_MAX && (pitch & (pitch - 1)) == 0;
}

int tiling_check(const struct hw_device *dev, uint32_t tiling, uint32_t pitch, uint64_t size,
                 enum gen3_tiling *walk, char text[GEMD_TEXT_MAX])
{
    *walk = GEN3_LINEAR;
    if (tiling > GEMD_TILING_Y) {
        snprintf(text, GEMD_TEXT_MAX, "tiling %u, must be 0 (none), 1 (X) or 2 (Y)", tiling);
        return -EINVAL;
    }
    if (tiling == GEMD_TILING_NONE) {
        if (pitch != 0) {
            snprintf(text, GEMD_TEXT_MAX, "pitch %u without tiling, must be 0", pitch);
            return -EINVAL;
        }
        return 0;
    }
    if (tiling == GEMD_TILING_Y && !is_945_class(dev)) {
        snprintf(text, GEMD_TEXT_MAX, "tiling Y: nobody knows the order of bytes on a %s",
                 dev->identity.board);
        return -EOPNOTSUPP;
    }
    enum gen3_tiling wanted = tiling == GEMD_TILING_Y ? GEN3_TILED_Y : GEN3_TILED_X;
    if (!check_pitch(wanted, pitch)) {
        snprintf(text, GEMD_TEXT_MAX,
                 "pitch %u of %s tiles, must be a power of two from %u to %u bytes", pitch,
                 names[tiling], gen3_tile_width(wanted), TILING_PITCH_MAX);
        return -EINVAL;
    }
    uint64_t least = gen3_rows_bytes(gen3_tile_height(wanted), pitch);
    if (size < least || size > TILING_SIZE_MAX) {
        snprintf(text, GEMD_TEXT_MAX,
                 "size %" PRIu64 " in %s tiles with pitch %u, must be %" PRIu64 " to %llu bytes",
                 size, names[tiling], pitch, least, TILING_SIZE_MAX);
        return -EINVAL;
    }
    *walk = wanted;
    return 0;
}

uint32_t tiling_on_wire(enum gen3_tiling walk)
{
    return walk == GEN3_LINEAR    ? GEMD_TILING_NONE
           : walk == GEN3_TILED_X ? GEMD_TILING_X
                                  : GEMD_TILING_Y;
}

uint32_t tiling_span(uint64_t size)
{
    uint32_t span = UNIT_PAGES;
    while ((uint64_t)span * HW_PAGE_SIZE < size) {
        span *= 2;
    }
    return span;
}

uint32_t tiling_register(enum gen3_tiling walk, uint32_t pitch, uint32_t span)
{
    uint32_t tiles = pitch / gen3_tile_width(walk);
    return FENCE_VALID | (uint32_t)__builtin_ctz(tiles) << FENCE_PITCH_SHIFT |
           (uint32_t)__builtin_ctz(span / UNIT_PAGES) << FENCE_SIZE_SHIFT |
           (walk == GEN3_TILED_X ? 0 : FENCE_WALK_Y);
}
