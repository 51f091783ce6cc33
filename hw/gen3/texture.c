/* SPDX-License-Identifier: MIT */
/*
 * Where each image of a texture lies. The hardware knows one 2D surface per map and derives all
 * places from the size of level 0, rounded up to powers of two (doc/gen3.md G.3).
 */
#include "hw/gen3/surface.h"

#include <stddef.h>

#define MAX_SIDE   2048u
#define MAX_LEVELS 16u

struct place {
    uint32_t x, y; /* blocks */
};

/* Sizes of one level, rounded as the layout has it. */
struct level_size {
    uint32_t width, height; /* blocks */
};

static uint32_t power_of_two(uint32_t value)
{
    return value <= 1 ? 1 : UINT32_C(1) << (32 - __builtin_clz(value - 1));
}

static uint32_t minified(uint32_t value, uint32_t level)
{
    return value >> level > 1 ? value >> level : 1;
}

static uint32_t blocks(uint32_t texels, uint32_t block)
{
    return (texels + block - 1) / block;
}

/* to: a power of two. */
static uint32_t aligned(uint32_t value, uint32_t to)
{
    return (value + to - 1) & ~(to - 1);
}

static bool is_compressed(const struct gen3_texture *t)
{
    return t->block_height > 1; /* 4:2:2 has blocks of 2 x 1, but the layout of plain texels */
}

static bool is_sane(const struct gen3_texture *t)
{
    return t->width >= 1 && t->width <= MAX_SIDE && t->height >= 1 && t->height <= MAX_SIDE &&
           t->depth >= 1 && t->depth <= 256 && t->levels >= 1 && t->levels <= MAX_LEVELS &&
           t->block_bytes >= 1 && t->block_width >= 1 && t->block_height >= 1 &&
           (!t->cube || t->width == t->height);
}

static struct level_size layout_size(const struct gen3_texture *t, uint32_t level)
{
    return (struct level_size){
        blocks(minified(power_of_two(t->width), level), t->block_width),
        blocks(minified(power_of_two(t->height), level), t->block_height),
    };
}

/* 945: level 1 below level 0, the rest in a column right of level 1. */
static struct place place_2d_945(const struct gen3_texture *t, uint32_t level)
{
    uint32_t align_x = is_compressed(t) ? 1 : 4;
    uint32_t align_y = is_compressed(t) ? 1 : 2;
    struct place place = {0, 0};

    for (uint32_t i = 0; i < level; i++) {
        struct level_size size = layout_size(t, i);

        if (i == 1) {
            place.x += aligned(size.width, align_x);
        } else {
            place.y += i == 0 ? size.height : aligned(size.height, align_y);
        }
    }
    return place;
}

/* 945, the other layout: level 1 right of level 0, the rest in a column below level 1. */
static struct place place_2d_right(const struct gen3_texture *t, uint32_t level)
{
    uint32_t align_x = is_compressed(t) ? 1 : 4;
    uint32_t align_y = is_compressed(t) ? 1 : 2;
    struct place place = {0, 0};

    for (uint32_t i = 0; i < level; i++) {
        struct level_size size = layout_size(t, i);

        if (i == 0) {
            place.x = aligned(size.width, align_x);
        } else {
            place.y += aligned(size.height, align_y);
        }
    }
    return place;
}

/* 915: all levels in one column. Level 0 takes as many rows as it is wide. */
static struct place place_2d_915(const struct gen3_texture *t, uint32_t level)
{
    uint32_t align_y = is_compressed(t) ? 1 : 2;
    struct place place = {0, 0};

    for (uint32_t i = 0; i < level; i++) {
        place.y += i == 0 ? blocks(power_of_two(t->width), t->block_height)
                          : aligned(layout_size(t, i).height, align_y);
    }
    return place;
}

/*
 * 945: slices side by side, twice as many in a row at each level. How many fit follows from the
 * width, not from the pitch: drivers pad that afterwards.
 */
struct packing {
    uint32_t slice_width, slice_height; /* blocks, with what lies between */
    uint32_t in_row;                    /* slices */
    uint32_t y;                         /* where the level begins */
};

static struct packing packing_3d_945(const struct gen3_texture *t, uint32_t level)
{
    struct level_size size = layout_size(t, 0);
    struct packing pack = {
        .slice_width = aligned(size.width * t->block_bytes, 4) / t->block_bytes,
        .slice_height = size.height < 2 ? 2 : size.height,
        .in_row = 1,
    };

    for (uint32_t i = 0; i < level; i++) {
        uint32_t slices = minified(power_of_two(t->depth), i);

        pack.y += (slices + pack.in_row - 1) / pack.in_row * pack.slice_height;
        if (pack.slice_width > 4) {
            pack.slice_width >>= 1;
            pack.in_row <<= 1;
        }
        if (pack.slice_height > 2) {
            pack.slice_height >>= 1;
        }
    }
    return pack;
}

static struct place place_3d_945(const struct gen3_texture *t, uint32_t level, uint32_t slice)
{
    struct packing pack = packing_3d_945(t, level);

    return (struct place){slice % pack.in_row * pack.slice_width,
                          pack.y + slice / pack.in_row * pack.slice_height};
}

/*
 * 915: each slice reserves a column of nine levels. The driver stores every level of a slice at the
 * slice's own start, and so it is read there.
 */
static struct place place_3d_915(const struct gen3_texture *t, uint32_t slice)
{
    uint32_t levels = t->levels > 9 ? t->levels : 9;
    uint32_t rows = 0;

    for (uint32_t i = 0; i < levels; i++) {
        uint32_t height = layout_size(t, i).height;

        rows += height < 2 ? 2 : height;
    }
    return (struct place){0, slice * rows};
}

/* Faces in the order +X -X +Y -Y +Z -Z: where they start and how each level moves on. */
static const struct {
    uint8_t x, y;
    int8_t step_x, step_y;
} faces[6] = {
    {0, 0, 0, 2}, {0, 2, 0, 2}, {1, 0, -1, 2}, {1, 2, -1, 2}, {1, 1, -1, 1}, {1, 3, -1, 1},
};

static struct place place_cube(const struct gen3_texture *t, uint32_t level, uint32_t face)
{
    uint32_t side = layout_size(t, 0).width;
    int32_t x = (int32_t)(faces[face].x * side);
    int32_t y = (int32_t)(faces[face].y * side);

    for (uint32_t i = 0; i < level; i++) {
        side >>= 1;
        x += faces[face].step_x * (int32_t)side;
        y += faces[face].step_y * (int32_t)side;
    }
    return (struct place){(uint32_t)x, (uint32_t)y};
}

/*
 * 945, compressed: as above down to 8 x 8 texels; smaller images lie in a last row of blocks, each
 * 8 texels from the next. In texels until the end.
 */
static struct place place_cube_compressed(const struct gen3_texture *t, uint32_t level,
                                          uint32_t face)
{
    static const uint8_t slot[6] = {0, 3, 1, 4, 2, 5}; /* X faces, then Y, then Z, by sign */
    uint32_t side = power_of_two(t->width);
    int32_t last_row = side >= 4 ? (int32_t)(blocks(side, 4) * 16) : 0;
    int32_t x = (int32_t)(faces[face].x * side);
    int32_t y = (int32_t)(faces[face].y * side);

    if (side == 4 && face >= 4) {
        x = (int32_t)(face - 4) * 8;
        y = last_row;
    } else if (side < 4 && face > 0) {
        x = (int32_t)face * 8;
        y = last_row;
    }
    for (uint32_t i = 0; i < level; i++) {
        side >>= 1;
        if (side == 2) {
            x = 16 + slot[face] * 8;
            y = last_row;
        } else if (side == 1) {
            x += 48;
        } else if (side == 4 && face >= 4) {
            x = (int32_t)(face - 4) * 8;
            y = last_row;
        } else if (side == 4 && face >= 2) {
            x -= 8;
            y += 12;
        } else {
            x += faces[face].step_x * (int32_t)side;
            y += faces[face].step_y * (int32_t)side;
        }
    }
    if (x < 0 || y < 0) {
        return (struct place){0, 0};
    }
    return (struct place){blocks((uint32_t)x, t->block_width), blocks((uint32_t)y, 4)};
}

bool gen3_texture_image(const struct gen3_texture *t, uint32_t pitch, uint32_t level,
                        uint32_t slice, uint32_t *x, uint32_t *y)
{
    struct place place;

    if (!is_sane(t) || level >= t->levels ||
        slice >= (t->cube     ? 6
                  : t->volume ? minified(power_of_two(t->depth), level)
                              : 1)) {
        return false;
    }
    if (t->cube) {
        place = t->is_945_class && is_compressed(t) ? place_cube_compressed(t, level, slice)
                                                    : place_cube(t, level, slice);
    } else if (t->volume) {
        place = t->is_945_class ? place_3d_945(t, level, slice) : place_3d_915(t, slice);
    } else {
        place = !t->is_945_class  ? place_2d_915(t, level)
                : t->levels_right ? place_2d_right(t, level)
                                  : place_2d_945(t, level);
    }
    *x = place.x;
    *y = place.y;
    return true;
}

/* How many slices of a level lie side by side. */
static uint32_t slices_in_row(const struct gen3_texture *t, uint32_t level)
{
    return t->is_945_class ? packing_3d_945(t, level).in_row : 1;
}

bool gen3_texture_extent(const struct gen3_texture *t, uint32_t pitch, uint64_t *width_bytes,
                         uint64_t *rows)
{
    uint64_t right = 0;
    uint64_t bottom = 0;

    if (!is_sane(t)) {
        return false;
    }
    for (uint32_t level = 0; level < t->levels; level++) {
        uint32_t width = blocks(minified(t->width, level), t->block_width);
        uint32_t height = blocks(minified(t->height, level), t->block_height);
        uint32_t slices = t->cube ? 6 : t->volume ? minified(t->depth, level) : 1;
        /* Of a volume the end of a whole row and the last slice decide, of a cube all faces. */
        uint32_t row = t->volume && !t->cube ? slices_in_row(t, level) : slices;
        uint32_t first = row < slices ? row : slices;

        for (uint32_t i = t->cube ? 0 : first - 1; i <= first; i++) {
            uint32_t slice = i < first ? i : slices - 1;
            uint32_t x, y;

            if (!gen3_texture_image(t, pitch, level, slice, &x, &y)) {
                return false;
            }
            right = right < (uint64_t)x + width ? (uint64_t)x + width : right;
            bottom = bottom < (uint64_t)y + height ? (uint64_t)y + height : bottom;
        }
    }
    *width_bytes = right * t->block_bytes;
    *rows = bottom;
    return true;
}
