/* SPDX-License-Identifier: MIT */
/* The images of one level: a plane, the faces of a cube, the slices of a
 * volume. */
#ifndef GEMD_HW_MODEL_RENDER_KERNEL_CUBE_H
#define GEMD_HW_MODEL_RENDER_KERNEL_CUBE_H

#include "hw/model/render/kernel_filter.h"

/* A cube's face by its major axis; ties go to X, then Y. */
struct cube_axes {
    v16i x_major, y_major, negative;
    v16f sign; /* of the major axis */
};

SIMD struct cube_axes find_axes(const v16f c[3])
{
    const v16f x = v_abs(c[0]), y = v_abs(c[1]), z = v_abs(c[2]);
    struct cube_axes axes;
    axes.x_major = v_ge(x, y) & v_ge(x, z);
    axes.y_major = ~axes.x_major & v_ge(y, z);
    const v16f major = v_select(axes.x_major, c[0], v_select(axes.y_major, c[1], c[2]));
    axes.negative = v_lt(major, v_float(0.0f));
    axes.sign = v_select(axes.negative, v_float(-1.0f), v_float(1.0f));
    return axes;
}

/* sc, tc and |ma| of the face, for a position or for its derivative. */
SIMD void project(const struct cube_axes *axes, const v16f c[3], v16f st[2], v16f *major)
{
    *major = v_select(axes->x_major, c[0], v_select(axes->y_major, c[1], c[2])) * axes->sign;
    st[0] = v_select(axes->x_major, -c[2] * axes->sign,
                     v_select(axes->y_major, c[0], c[0] * axes->sign));
    st[1] = v_select(axes->y_major, c[2] * axes->sign, -c[1]);
}

/* One image per lane. */
static void select_images(struct fetch_plan *fetch, const struct level *level, v16i index)
{
    const struct image *image = fetch->texture->image + level->first_image;
    if (none(v_ne_int(index, v_int(index[0])))) {
        set_image(fetch, &image[index[0]]);
        return;
    }
    for (int lane = 0; lane < LANES; lane++) {
        fetch->offset[lane] = (int32_t)image[index[lane]].offset;
        fetch->x[lane] = image[index[lane]].x;
        fetch->y[lane] = image[index[lane]].y;
    }
}

static v16i missing(const struct texture *t, v16i face)
{
    v16i lanes = v_int(0);
    for (int32_t i = 0; i < 6; i++) {
        if (t->missing_faces & 1u << i) {
            lanes |= v_eq_int(face, v_int(i));
        }
    }
    return lanes;
}

/*
 * A texel beside a face is one of the next face: the direction of its centre
 * says which. Beyond a corner there is none; the one beside the corner's upper
 * or lower end is taken.
 */
static void cross_edge(int32_t *face, int32_t *x, int32_t *y, int32_t size)
{
    const int32_t row = *y < 0 && (*x < 0 || *x >= size)       ? 0
                        : *y >= size && (*x < 0 || *x >= size) ? size - 1
                                                               : *y;
    const int32_t s = 2 * *x + 1 - size, t = 2 * row + 1 - size;
    const int32_t directions[6][3] = {{size, -t, -s}, {-size, -t, s}, {s, size, t},
                                      {s, -size, -t}, {s, -t, size},  {-s, -t, -size}};
    const int32_t *d = directions[*face];
    unsigned axis = 0;
    for (unsigned i = 1; i < 3; i++) {
        axis = (d[i] < 0 ? -d[i] : d[i]) > (d[axis] < 0 ? -d[axis] : d[axis]) ? i : axis;
    }
    const int32_t sign = d[axis] < 0 ? -1 : 1, major = d[axis] * sign;
    const int32_t sc = axis == 0 ? -d[2] * sign : axis == 1 ? d[0] : d[0] * sign;
    const int32_t tc = axis == 1 ? d[2] * sign : -d[1];
    *face = (int32_t)axis * 2 + (sign < 0);
    *x = (sc + major) * size / (2 * major);
    *y = (tc + major) * size / (2 * major);
    *x = *x >= size ? size - 1 : *x;
    *y = *y >= size ? size - 1 : *y;
}

/* One of the four texels, which may be on another face. */
static void fetch_across(struct fetch_plan *fetch, const struct lookup *at,
                         const struct level *level, v16i x, v16i y, struct texels *to)
{
    const int32_t size = level->width;
    v16i face = at->face;
    const v16i outside =
        v_lt_int(v_min_int(x, y), v_int(0)) | v_ge_int(v_max_int(x, y), v_int(size));
    for (uint32_t mask = v_signs(outside); mask != 0; mask &= mask - 1) {
        const int lane = __builtin_ctz(mask);
        int32_t f = face[lane], column = x[lane], row = y[lane];
        cross_edge(&f, &column, &row, size);
        face[lane] = f;
        x[lane] = column;
        y[lane] = row;
    }
    select_images(fetch, level, face);
    fetch_texels(fetch, at, x, y, missing(fetch->texture, face), to);
}

/* Address mode CUBE: the linear filter goes on over the edges of faces. */
static __attribute__((noinline)) void filter_across(struct fetch_plan *fetch,
                                                    const struct lookup *at,
                                                    const struct level *level, struct texels *to)
{
    const struct texture *t = fetch->texture;
    const float scale = (float)level->width * 256.0f;
    const v16i u = v_truncate_int(v_saturate(at->u) * scale + 128.5f) - 256;
    const v16i v = v_truncate_int(v_saturate(at->v) * scale + 128.5f) - 256;
    const v16i x = u >> 8, y = v >> 8;
    struct texels right, below, below_right;
    fetch_across(fetch, at, level, x, y, to);
    fetch_across(fetch, at, level, x + 1, y, &right);
    fetch_across(fetch, at, level, x, y + 1, &below);
    fetch_across(fetch, at, level, x + 1, y + 1, &below_right);
    mix_texels(t, to, &right, u & 255);
    mix_texels(t, &below, &below_right, u & 255);
    mix_texels(t, to, &below, v & 255);
}

static void filter_cube(struct fetch_plan *fetch, const struct lookup *at,
                        const struct level *level, unsigned filter, struct texels *to)
{
    const struct texture *t = fetch->texture;
    if (t->mode[0] == ADDRESS_CUBE && filter == FILTER_LINEAR && level->width == level->height) {
        filter_across(fetch, at, level, to);
        return;
    }
    select_images(fetch, level, at->face);
    filter_image(fetch, at, level, filter, missing(t, at->face), to);
}

static void filter_volume(struct fetch_plan *fetch, const struct lookup *at,
                          const struct level *level, unsigned filter, struct texels *to)
{
    const struct texture *t = fetch->texture;
    if (filter == FILTER_NEAREST) {
        v16i outside = {0};
        const v16i slice = find_nearest(t->mode[2], at->r, level->depth, &outside);
        select_images(fetch, level, slice);
        filter_image(fetch, at, level, filter, outside, to);
        return;
    }
    const struct taps z = find_taps(t->mode[2], at->r, level->depth);
    struct texels behind;
    select_images(fetch, level, z.first);
    filter_image(fetch, at, level, filter, z.first_outside, to);
    select_images(fetch, level, z.second);
    filter_image(fetch, at, level, filter, z.second_outside, &behind);
    mix_texels(t, to, &behind, z.weight);
}

/* One level of whatever it is. */
static __attribute__((noinline)) void sample_level(struct fetch_plan *fetch,
                                                   const struct lookup *at, unsigned number,
                                                   unsigned filter, struct texels *to)
{
    const struct texture *t = fetch->texture;
    const struct level *level = &t->level[number];
    if (t->sampling != SAMPLING_GENERAL) {
        const struct use use = {fetch->worker, t, fetch->mask};
        filter_level(&use, number, at->u, at->v, filter == FILTER_LINEAR, &to->packed);
    } else if (t->sample_type == SAMPLE_VOLUME) {
        filter_volume(fetch, at, level, filter, to);
    } else if (t->sample_type == SAMPLE_CUBE) {
        filter_cube(fetch, at, level, filter, to);
    } else {
        set_image(fetch, &t->image[level->first_image]);
        filter_image(fetch, at, level, filter, v_int(0), to);
    }
}

#endif
