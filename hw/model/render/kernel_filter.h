/* SPDX-License-Identifier: MIT */
/* One level of a texture: address modes, nearest and linear filters. */
#ifndef GEMD_HW_MODEL_RENDER_KERNEL_FILTER_H
#define GEMD_HW_MODEL_RENDER_KERNEL_FILTER_H

#include "hw/model/render/kernel_texel.h"

enum address_mode { WRAP, MIRROR, CLAMP_EDGE, CUBE_EDGE, CLAMP_BORDER, MIRROR_ONCE };

/* What is sampled: u, v (and r of a volume) normalised; 'face' of a cube. */
struct lookup {
    v16f u, v, r;
    v16f reference; /* shadow */
    v16i face;
};

/* The texels along one axis that a filter mixes: at = first * (1 - weight) + second * weight. */
struct taps {
    v16i first, second;
    v16i first_outside, second_outside; /* of the border modes */
    v16f weight;
};

/* Into [0, size], but for borders, where one texel more on each side is enough. */
SIMD v16f place(unsigned mode, v16f u, int32_t size)
{
    const float scale = (float)size;
    switch (mode) {
    case WRAP:
        return (u - v_floor(u)) * scale;
    case MIRROR: {
        const v16f f = u - 2.0f * v_floor(u * 0.5f);
        return v_min(f, 2.0f - f) * scale;
    }
    case MIRROR_ONCE:
        return v_min(v_abs(u), v_float(1.0f)) * scale;
    case CLAMP_BORDER:
        return v_min(v_max(u * scale, v_float(-1.0f)), v_float(scale + 1.0f));
    default:
        return v_saturate(u) * scale;
    }
}

SIMD v16i settle(unsigned mode, v16i i, int32_t size, v16i *outside)
{
    const v16i below = v_lt_int(i, v_int(0)), above = v_ge_int(i, v_int(size));
    *outside = below | above;
    if (mode == WRAP) {
        i += size & below;
        i -= size & above;
    }
    return v_max_int(v_min_int(i, v_int(size - 1)), v_int(0));
}

SIMD struct taps find_taps(unsigned mode, v16f u, int32_t size, bool linear)
{
    struct taps taps;
    const v16f at = place(mode, u, size);
    if (linear) {
        const v16f shifted = at - 0.5f;
        const v16i first = v_floor_int(shifted);
        taps.weight = shifted - v_from_int(first);
        taps.first = settle(mode, first, size, &taps.first_outside);
        taps.second = settle(mode, first + 1, size, &taps.second_outside);
    } else {
        taps.first = settle(mode, v_floor_int(at), size, &taps.first_outside);
        taps.second = taps.first;
        taps.second_outside = taps.first_outside;
        taps.weight = v_float(0.0f);
    }
    return taps;
}

SIMD void mix(v16f a[4], const v16f b[4], v16f weight)
{
    for (unsigned c = 0; c < 4; c++) {
        a[c] += (b[c] - a[c]) * weight;
    }
}

SIMD void fetch_compared(const struct fetch_plan *plan, const struct lookup *at, v16i x, v16i y,
                         v16i outside, bool border, v16f rgba[4])
{
    fetch_texels(plan, x, y, outside, border, rgba);
    if (plan->texture->shadow) {
        shadow(plan->texture, at->reference, rgba);
    }
}

/* The common case: no border, no curve, no comparison. */
SIMD void filter_plain(const struct fetch_plan *plan, const struct taps *x, const struct taps *y,
                       bool linear, v16f rgba[4])
{
    fetch_stored(plan, x->first, y->first, rgba);
    if (linear) {
        v16f right[4], below[4], below_right[4];
        fetch_stored(plan, x->second, y->first, right);
        fetch_stored(plan, x->first, y->second, below);
        fetch_stored(plan, x->second, y->second, below_right);
        mix(rgba, right, x->weight);
        mix(below, below_right, x->weight);
        mix(rgba, below, y->weight);
    }
    scale_texels(plan->texture, rgba);
}

/* One image per lane, as plan->image_x and image_y say. 'beyond': lanes outside the volume. */
static void filter_image(const struct fetch_plan *plan, const struct lookup *at,
                         const struct level *level, bool linear, v16i beyond, v16f rgba[4])
{
    const struct texture *t = plan->texture;
    const struct taps x = find_taps(t->mode[0], at->u, level->width, linear);
    const struct taps y = find_taps(t->mode[1], at->v, level->height, linear);
    const bool border_x = t->mode[0] == CLAMP_BORDER, border_y = t->mode[1] == CLAMP_BORDER;
    const bool border =
        border_x || border_y || (t->sample_type == SAMPLE_VOLUME && t->mode[2] == CLAMP_BORDER);
    if (!border && !t->srgb && !t->shadow) {
        filter_plain(plan, &x, &y, linear, rgba);
        return;
    }
    const v16i keep_x = v_int(-border_x), keep_y = v_int(-border_y);
    const v16i x0 = (x.first_outside & keep_x) | beyond, y0 = y.first_outside & keep_y;
    fetch_compared(plan, at, x.first, y.first, x0 | y0, border, rgba);
    if (!linear) {
        return;
    }
    const v16i x1 = (x.second_outside & keep_x) | beyond, y1 = y.second_outside & keep_y;
    v16f right[4], below[4], below_right[4];
    fetch_compared(plan, at, x.second, y.first, x1 | y0, border, right);
    fetch_compared(plan, at, x.first, y.second, x0 | y1, border, below);
    fetch_compared(plan, at, x.second, y.second, x1 | y1, border, below_right);
    mix(rgba, right, x.weight);
    mix(below, below_right, x.weight);
    mix(rgba, below, y.weight);
}

static void select_images(struct fetch_plan *plan, const struct level *level, v16i index)
{
    const struct image *image = plan->texture->image + level->first_image;
    for (int lane = 0; lane < LANES; lane++) {
        plan->image_x[lane] = image[index[lane]].x;
        plan->image_y[lane] = image[index[lane]].y;
    }
}

static void filter_volume(struct fetch_plan *plan, const struct lookup *at,
                          const struct level *level, bool linear, v16f rgba[4])
{
    const struct texture *t = plan->texture;
    const struct taps z = find_taps(t->mode[2], at->r, level->depth, linear);
    const v16i keep = v_int(-(t->mode[2] == CLAMP_BORDER));
    select_images(plan, level, z.first);
    filter_image(plan, at, level, linear, z.first_outside & keep, rgba);
    if (linear) {
        v16f behind[4];
        select_images(plan, level, z.second);
        filter_image(plan, at, level, linear, z.second_outside & keep, behind);
        mix(rgba, behind, z.weight);
    }
}

static void filter_level(struct fetch_plan *plan, const struct lookup *at, unsigned number,
                         bool linear, v16f rgba[4])
{
    const struct texture *t = plan->texture;
    const struct level *level = &t->level[number];
    if (t->sample_type == SAMPLE_VOLUME) {
        filter_volume(plan, at, level, linear, rgba);
        return;
    }
    if (t->sample_type == SAMPLE_CUBE) {
        select_images(plan, level, at->face);
    } else {
        plan->image_x = v_int(t->image[level->first_image].x);
        plan->image_y = v_int(t->image[level->first_image].y);
    }
    filter_image(plan, at, level, linear, v_int(0), rgba);
}

#endif
