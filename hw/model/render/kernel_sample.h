/* SPDX-License-Identifier: MIT */
/* Texture instructions: coordinates, level of detail and the mixing of levels (gen3.md G.5, G.6).
 */
#ifndef GEMD_HW_MODEL_RENDER_KERNEL_SAMPLE_H
#define GEMD_HW_MODEL_RENDER_KERNEL_SAMPLE_H

#include "hw/model/render/kernel_filter.h"

/* Differences inside each 2x2 quad, the same for its four pixels. */
SIMD v16f quad_dx(v16f a)
{
    const v16i right = {1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13, 15, 15};
    return __builtin_shuffle(a, right) - __builtin_shuffle(a, right - 1);
}

SIMD v16f quad_dy(v16f a)
{
    const v16i below = {4, 5, 6, 7, 4, 5, 6, 7, 12, 13, 14, 15, 12, 13, 14, 15};
    return __builtin_shuffle(a, below) - __builtin_shuffle(a, below - 4);
}

/* Texels per pixel, squared, along the steeper of x and y. */
struct footprint {
    v16f dx, dy;
};

SIMD void add_axis(struct footprint *footprint, v16f dx, v16f dy, float size)
{
    footprint->dx += dx * dx * (size * size);
    footprint->dy += dy * dy * (size * size);
}

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

static void cube_lookup(const struct texture *t, const v16f c[3], struct lookup *at,
                        struct footprint *footprint)
{
    const struct cube_axes axes = find_axes(c);
    v16f st[2], major;
    project(&axes, c, st, &major);
    const v16f inverse = 1.0f / major;
    const v16f s = st[0] * inverse, u = st[1] * inverse;
    at->u = s * 0.5f + 0.5f;
    at->v = u * 0.5f + 0.5f;
    at->face =
        v_select_int(axes.x_major, v_int(0), v_select_int(axes.y_major, v_int(2), v_int(4))) -
        axes.negative;
    if (!t->needs_lod) {
        return;
    }
    const v16f dx[3] = {quad_dx(c[0]), quad_dx(c[1]), quad_dx(c[2])};
    const v16f dy[3] = {quad_dy(c[0]), quad_dy(c[1]), quad_dy(c[2])};
    v16f dx_st[2], dy_st[2], dx_major, dy_major;
    project(&axes, dx, dx_st, &dx_major);
    project(&axes, dy, dy_st, &dy_major);
    const float size = (float)t->level[0].width * 0.5f;
    add_axis(footprint, (dx_st[0] - s * dx_major) * inverse, (dy_st[0] - s * dy_major) * inverse,
             size);
    add_axis(footprint, (dx_st[1] - u * dx_major) * inverse, (dy_st[1] - u * dy_major) * inverse,
             size);
}

static void plane_lookup(const struct texture *t, const v16f c[3], struct lookup *at,
                         struct footprint *footprint)
{
    const struct level *base = &t->level[0];
    at->u = c[0];
    at->v = c[1];
    at->r = c[2];
    if (!t->normalized) {
        at->u *= 1.0f / (float)base->width;
        at->v *= 1.0f / (float)base->height;
    }
    if (t->needs_lod) {
        add_axis(footprint, quad_dx(at->u), quad_dy(at->u), base->width);
        add_axis(footprint, quad_dx(at->v), quad_dy(at->v), base->height);
        if (t->sample_type == SAMPLE_VOLUME) {
            add_axis(footprint, quad_dx(at->r), quad_dy(at->r), base->depth);
        }
    }
}

SIMD v16f clamped_lod(const struct texture *t, const struct footprint *footprint, v16f bias)
{
    const v16f lod = 0.5f * v_log2(v_max(footprint->dx, footprint->dy)) + bias;
    return v_min(v_max(lod, v_float(t->min_lod)), v_float(t->max_lod));
}

/* Lanes may need different levels: one pass per level that occurs. */
static void sample_levels(struct fetch_plan *plan, const struct lookup *at, v16i level, bool linear,
                          v16f rgba[4])
{
    const uint32_t all = plan->mask;
    uint32_t left = all;
    bool first = true;
    while (left != 0) {
        const int32_t number = level[__builtin_ctz(left)];
        const v16i same = v_eq_int(level, v_int(number));
        v16f texels[4];
        plan->mask = left & v_signs(same);
        filter_level(plan, at, (unsigned)number, linear, texels);
        for (unsigned c = 0; c < 4; c++) {
            rgba[c] = first ? texels[c] : v_select(same, texels[c], rgba[c]);
        }
        left &= ~plan->mask;
        first = false;
    }
    plan->mask = all;
}

/* All levels that 'lod' asks for, with one filter inside each. */
static void sample_mipmap(struct fetch_plan *plan, const struct lookup *at, v16f lod, bool linear,
                          v16f rgba[4])
{
    const struct texture *t = plan->texture;
    const v16i last = v_int((int32_t)t->levels - 1);
    if (t->levels == 1) {
        filter_level(plan, at, 0, linear, rgba);
        return;
    }
    const v16f positive = v_max(lod, v_float(0.0f));
    if (t->mip_filter == 1) {
        const v16i nearest = v_floor_int(positive + 0.5f);
        sample_levels(plan, at, v_min_int(nearest, last), linear, rgba);
        return;
    }
    const v16i fine = v_min_int(v_floor_int(positive), last);
    const v16i coarse = v_min_int(fine + 1, last);
    v16f smaller_level[4];
    sample_levels(plan, at, fine, linear, rgba);
    sample_levels(plan, at, coarse, linear, smaller_level);
    mix(rgba, smaller_level, v_min(positive - v_from_int(fine), v_float(1.0f)));
}

static void sample_filtered(struct fetch_plan *plan, const struct lookup *at, v16f lod,
                            v16f rgba[4])
{
    const struct texture *t = plan->texture;
    const v16i magnified = v_le(lod, v_float(0.0f));
    const uint32_t all = plan->mask;
    const uint32_t magnify = t->min_linear == t->mag_linear ? 0 : all & v_signs(magnified);
    if (magnify == 0) {
        sample_mipmap(plan, at, lod, t->min_linear, rgba);
        return;
    }
    if (magnify == all) {
        sample_mipmap(plan, at, lod, t->mag_linear, rgba);
        return;
    }
    v16f mag[4];
    sample_mipmap(plan, at, lod, t->min_linear, rgba);
    sample_mipmap(plan, at, lod, t->mag_linear, mag);
    for (unsigned c = 0; c < 4; c++) {
        rgba[c] = v_select(magnified, mag[c], rgba[c]);
    }
}

/* TEXLD, TEXLDP, TEXLDB. */
static void sample(struct worker *worker, const struct instruction *in, uint32_t mask,
                   v16f result[4])
{
    const struct texture *t = worker->draw->texture[in->sampler];
    const v16f *reg = worker->reg;
    v16f c[3] = {reg[in->src[0][0]], reg[in->src[0][1]], reg[in->src[0][2]]};
    const v16f w = reg[in->src[0][3]];
    v16f bias = v_float(t->bias);
    if (in->code == OP_TEXLDP) {
        const v16f inverse = 1.0f / w;
        for (unsigned i = 0; i < 3; i++) {
            c[i] *= inverse;
        }
    } else if (in->code == OP_TEXLDB) {
        const v16f limited = v_max(v_min(w, v_float(15.984375f)), v_float(-16.0f));
        bias += v_floor(limited * 64.0f) * (1.0f / 64.0f);
    }
    struct fetch_plan plan = {.worker = worker, .texture = t, .mask = mask};
    struct footprint footprint = {{0}, {0}};
    struct lookup at;
    at.reference = v_saturate(c[2]);
    if (t->sample_type == SAMPLE_CUBE) {
        cube_lookup(t, c, &at, &footprint);
    } else {
        plane_lookup(t, c, &at, &footprint);
    }
    if (t->needs_lod) {
        sample_filtered(&plan, &at, clamped_lod(t, &footprint, bias), result);
    } else {
        filter_level(&plan, &at, 0, t->mag_linear, result);
    }
}

#endif
