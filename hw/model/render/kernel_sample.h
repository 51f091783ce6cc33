/* SPDX-License-Identifier: MIT */
/*
 * Texture instructions: coordinates, level of detail and the mixing of levels
 * (gen3.md G.5, G.6). Levels of detail are integers in 1/256.
 */
#ifndef GEMD_HW_MODEL_RENDER_KERNEL_SAMPLE_H
#define GEMD_HW_MODEL_RENDER_KERNEL_SAMPLE_H

#include "hw/model/render/kernel_cube.h"

/* Differences inside each 2x2 quad, the same for its four pixels. */
SIMD v16f quad_dx(v16f a)
{
    return __builtin_shufflevector(a, a, 1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13, 15, 15) -
           __builtin_shufflevector(a, a, 0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12, 14, 14);
}

SIMD v16f quad_dy(v16f a)
{
    return __builtin_shufflevector(a, a, 4, 5, 6, 7, 4, 5, 6, 7, 12, 13, 14, 15, 12, 13, 14, 15) -
           __builtin_shufflevector(a, a, 0, 1, 2, 3, 0, 1, 2, 3, 8, 9, 10, 11, 8, 9, 10, 11);
}

/* Texels per pixel, squared, to the right and down; and for 2D the steps
 * themselves. */
struct footprint {
    v16f dx, dy;
    v16f ux, uy, vx, vy;
};

SIMD void add_axis(struct footprint *footprint, v16f dx, v16f dy, float size)
{
    footprint->dx += dx * dx * (size * size);
    footprint->dy += dy * dy * (size * size);
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

SIMD void plane_lookup(const struct texture *t, const v16f c[3], struct lookup *at,
                       struct footprint *footprint)
{
    const struct level *base = &t->level[0];
    const bool volume = t->sample_type == SAMPLE_VOLUME;
    at->u = c[0];
    at->v = c[1];
    if (!t->normalized) {
        at->u *= 1.0f / (float)base->width;
        at->v *= 1.0f / (float)base->height;
    }
    if (volume) {
        at->r = t->normalized ? c[2] : c[2] * (1.0f / (float)base->depth);
    }
    if (!t->needs_lod) {
        return;
    }
    footprint->ux = quad_dx(at->u);
    footprint->uy = quad_dy(at->u);
    footprint->vx = quad_dx(at->v);
    footprint->vy = quad_dy(at->v);
    add_axis(footprint, footprint->ux, footprint->uy, base->width);
    add_axis(footprint, footprint->vx, footprint->vy, base->height);
    if (volume) {
        add_axis(footprint, quad_dx(at->r), quad_dy(at->r), base->depth);
    }
}

/* 128 * log2(a): the LOD of a squared length. Exact for powers of two, else
 * within 0.2. */
SIMD v16i log2_half(v16f a)
{
    const v16i bits = v_bits(a) & 0x7fffffff;
    const v16i exponent = (bits >> 23) - 127;
    const v16f x = (v16f)((bits & 0x007fffff) | 0x3f800000) - 1.0f;
    const v16f fraction = x * (1.42f + x * (-0.571704f + x * 0.151704f));
    return (exponent << 7) + v_truncate_int(fraction * 128.0f + 0.5f);
}

SIMD v16i clamp_lod(const struct texture *t, v16i lod)
{
    return v_min_int(v_max_int(lod, v_int(t->min_lod)), v_int(t->max_lod));
}

/* The level of detail that counts, and the lanes in which the magnification filter does. */
SIMD v16i settle_lod(const struct texture *t, v16i lod, v16i *magnified)
{
    const v16i base = v_int(t->base_level);
    if (t->preclamp) {
        lod = clamp_lod(t, lod);
    }
    *magnified = v_le_int(lod, base);
    lod = v_select_int(*magnified, base, lod);
    return t->preclamp ? lod : clamp_lod(t, lod);
}

/* Lanes may need different levels: one pass per level that occurs. */
SIMD void sample_levels(struct fetch_plan *fetch, const struct lookup *at, v16i level,
                        unsigned filter, struct texels *to)
{
    const struct texture *t = fetch->texture;
    const uint32_t all = fetch->mask;
    const int32_t number = level[__builtin_ctz(all | 1u << 15)];
    fetch->mask = all & v_signs(v_eq_int(level, v_int(number)));
    sample_level(fetch, at, (unsigned)number, filter, to);
    uint32_t left = all & ~fetch->mask;
    while (__builtin_expect(left != 0, 0)) {
        const int32_t next = level[__builtin_ctz(left)];
        const v16i same = v_eq_int(level, v_int(next));
        struct texels texels;
        fetch->mask = left & v_signs(same);
        sample_level(fetch, at, (unsigned)next, filter, &texels);
        select_texels(t, same, &texels, to);
        left &= ~fetch->mask;
    }
    fetch->mask = all;
}

/* All levels that 'lod' asks for, with one filter inside each. */
static __attribute__((noinline)) void sample_mipmap(struct fetch_plan *fetch,
                                                    const struct lookup *at, v16i lod,
                                                    unsigned filter, struct texels *to)
{
    const struct texture *t = fetch->texture;
    if (t->mip_filter == 0 || t->levels == 1) {
        sample_level(fetch, at, t->fixed_level, filter, to);
        return;
    }
    const int32_t last = (int32_t)t->levels - 1;
    if (t->mip_filter == 1) {
        sample_levels(fetch, at, clamp_index((lod + 128) >> 8, last), filter, to);
        return;
    }
    const v16i fine = clamp_index(lod >> 8, last);
    const v16i weight = lod & 255;
    sample_levels(fetch, at, fine, filter, to);
    if ((v_signs(v_ne_int(weight, v_int(0))) & fetch->mask) != 0) {
        struct texels coarse;
        sample_levels(fetch, at, clamp_index(fine + 1, last), filter, &coarse);
        mix_texels(t, to, &coarse, weight);
    }
}

SIMD void sample_filtered(struct fetch_plan *fetch, const struct lookup *at, v16i lod,
                          v16i magnified, struct texels *to)
{
    const struct texture *t = fetch->texture;
    const uint32_t all = fetch->mask;
    const uint32_t magnify = t->min_filter == t->mag_filter ? 0 : all & v_signs(magnified);
    if (magnify == 0 || magnify == all) {
        sample_mipmap(fetch, at, lod, magnify == 0 ? t->min_filter : t->mag_filter, to);
        return;
    }
    struct texels mag;
    fetch->mask = magnify;
    sample_mipmap(fetch, at, lod, t->mag_filter, &mag);
    fetch->mask = all & ~magnify;
    sample_mipmap(fetch, at, lod, t->min_filter, to);
    select_texels(t, magnified, &mag, to);
    fetch->mask = all;
}

SIMD void finish(const struct texture *t, const struct texels *texels, v16f rgba[4])
{
    if (t->wide) {
        memcpy(rgba, texels->wide, sizeof(texels->wide));
    } else {
        finish_packed(&texels->packed, rgba);
    }
}

/*
 * Anisotropic: two or four samples along the longer axis of the footprint, each
 * as long as the shorter one, or a part of the longer.
 */
static __attribute__((noinline)) void sample_anisotropic(struct fetch_plan *fetch,
                                                         struct lookup *at,
                                                         const struct footprint *footprint,
                                                         v16i bias, v16f rgba[4])
{
    const struct texture *t = fetch->texture;
    const v16i down = v_gt(footprint->dy, footprint->dx);
    const v16f longer = v_select(down, footprint->dy, footprint->dx);
    const v16f shorter = v_select(down, footprint->dx, footprint->dy);
    const v16f most = v_float((float)(t->anisotropy * t->anisotropy));
    const v16f ratio = v_max(v_min(longer / shorter, most), v_float(1.0f)); /* squared */
    v16i magnified;
    const v16i lod = settle_lod(t, log2_half(longer / ratio) + bias, &magnified);
    const v16i wide = v_gt(longer, v_float(1.0f)); /* than a texel */
    const v16f spread = v_select(wide, 0.5f - 0.5f / v_sqrt(ratio), v_float(0.0f));
    const v16f du = v_select(down, footprint->uy, footprint->ux) * spread;
    const v16f dv = v_select(down, footprint->vy, footprint->vx) * spread;
    const v16f u = at->u, v = at->v;
    const unsigned count = t->anisotropy;
    for (unsigned i = 0; i < count; i++) {
        const float place = (float)(2 * i) / (float)(count - 1) - 1.0f;
        struct texels texels;
        v16f sample[4];
        at->u = u + du * place;
        at->v = v + dv * place;
        sample_filtered(fetch, at, lod, magnified, &texels);
        finish(t, &texels, sample);
        for (unsigned c = 0; c < 4; c++) {
            rgba[c] = i == 0 ? sample[c] : rgba[c] + sample[c];
        }
    }
    for (unsigned c = 0; c < 4; c++) {
        rgba[c] *= 1.0f / (float)count;
    }
}

SIMD v16i find_bias(const struct texture *t, const v16f *bias)
{
    const v16i shift = v_int(t->bias);
    if (bias == NULL) {
        return shift;
    }
    const v16f limited = v_max(v_min(*bias, v_float(15.984375f)), v_float(-16.0f));
    return shift + (v_floor_int(limited * 64.0f) << 2);
}

/* All that there is; of struct kernel. */
static uint32_t sample_general(struct worker *worker, const struct texture *t, uint32_t mask,
                               const v16f coordinates[3], const v16f *bias, v16f rgba[4])
{
    struct fetch_plan fetch = {.worker = worker, .texture = t, .mask = mask};
    struct footprint footprint = {{0}, {0}, {0}, {0}, {0}, {0}};
    struct lookup at;
    struct texels texels;
    at.reference = v_saturate(coordinates[2]);
    if (t->sample_type == SAMPLE_CUBE) {
        cube_lookup(t, coordinates, &at, &footprint);
    } else {
        plane_lookup(t, coordinates, &at, &footprint);
    }
    if (!t->needs_lod) {
        sample_level(&fetch, &at, t->fixed_level, t->mag_filter, &texels);
        finish(t, &texels, rgba);
        return mask & ~fetch.killed;
    }
    const v16i shift = find_bias(t, bias);
    if (t->anisotropy != 0) {
        sample_anisotropic(&fetch, &at, &footprint, shift, rgba);
        return mask & ~fetch.killed;
    }
    v16i magnified;
    const v16i lod = log2_half(v_max(footprint.dx, footprint.dy)) + shift;
    const v16i settled = settle_lod(t, lod, &magnified);
    sample_filtered(&fetch, &at, settled, magnified, &texels);
    finish(t, &texels, rgba);
    return mask & ~fetch.killed;
}

/* 2D, one level, bytes, nothing unusual; of struct kernel. */
static uint32_t sample_plain(struct worker *worker, const struct texture *t, uint32_t mask,
                             const v16f coordinates[3], const v16f *bias, v16f rgba[4])
{
    const struct use use = {worker, t, mask};
    const struct level *level = &t->level[t->fixed_level];
    v16f u = coordinates[0], v = coordinates[1];
    struct packed packed;
    (void)bias;
    if (!t->normalized) {
        u *= 1.0f / (float)t->level[0].width;
        v *= 1.0f / (float)t->level[0].height;
    }
    filter_packed(&use, &t->image[level->first_image], level, u, v, t->mag_filter == FILTER_LINEAR,
                  &packed);
    finish_packed(&packed, rgba);
    return mask;
}

/* TEXLD, TEXLDP, TEXLDB. Returns the lanes of 'mask' that go on. */
SIMD uint32_t sample(struct worker *worker, const struct instruction *in, uint32_t mask,
                     v16f result[4])
{
    const struct texture *t = worker->draw->texture[in->sampler];
    const v16f *reg = worker->reg;
    v16f c[3] = {reg[in->src[0][0]], reg[in->src[0][1]], reg[in->src[0][2]]};
    const v16f *w = &reg[in->src[0][3]];
    if (in->code == OP_TEXLDP) {
        const v16f inverse = 1.0f / *w;
        for (unsigned i = 0; i < 3; i++) {
            c[i] *= inverse;
        }
    }
    return worker->kernel->sample[t->sampling](worker, t, mask, c, in->code == OP_TEXLDB ? w : NULL,
                                               result);
}

/* Whether lanes of 'mask' differ from each other; 'first': one of them. */
SIMD bool is_uniform(v16i a, uint32_t mask, int32_t first)
{
    return (v_signs(v_ne_int(a, v_int(first))) & mask) == 0;
}

/* 2D, bytes, nothing unusual but for levels: mostly all lanes are between the same two. */
static uint32_t sample_leveled(struct worker *worker, const struct texture *t, uint32_t mask,
                               const v16f coordinates[3], const v16f *bias, v16f rgba[4])
{
    const struct use use = {worker, t, mask};
    struct footprint footprint = {.dx = {0}, .dy = {0}};
    struct lookup at;
    struct packed packed;
    v16i magnified;
    plane_lookup(t, coordinates, &at, &footprint);
    const v16i fine = log2_half(v_max(footprint.dx, footprint.dy)) + find_bias(t, bias);
    const v16i lod = settle_lod(t, fine, &magnified);
    const uint32_t magnify = v_signs(magnified) & mask;
    const int lane = __builtin_ctz(mask | 1u << 15);
    const bool nearest_level = t->mip_filter == 1;
    const v16i wanted = t->mip_filter == 0 ? v_int((int32_t)t->fixed_level)
                                           : (nearest_level ? lod + 128 : lod) >> 8;
    const int32_t last = (int32_t)t->levels - 1, first = wanted[lane];
    if (!is_uniform(wanted, mask, first) ||
        (t->min_filter != t->mag_filter && magnify != 0 && magnify != mask)) {
        return sample_general(worker, t, mask, coordinates, bias, rgba);
    }
    const bool linear = (magnify != 0 ? t->mag_filter : t->min_filter) == FILTER_LINEAR;
    const int32_t number = first > last ? last : first < 0 ? 0 : first;
    filter_level(&use, (unsigned)number, at.u, at.v, linear, &packed);
    if (t->mip_filter == 3 && number < last && !is_uniform(lod & 255, mask, 0)) {
        struct packed coarse;
        filter_level(&use, (unsigned)number + 1, at.u, at.v, linear, &coarse);
        mix_packed(&packed, &coarse, lod & 255);
    }
    finish_packed(&packed, rgba);
    return mask;
}

#endif
