/* SPDX-License-Identifier: MIT */
/*
 * One image of a texture: address modes, nearest and linear filters.
 *
 * Weights have 8 bits. Colours of formats with bytes are mixed as 16-bit
 * numbers with 7 bits behind the point; mixing equal colours gives that colour.
 */
#ifndef GEMD_HW_MODEL_RENDER_KERNEL_FILTER_H
#define GEMD_HW_MODEL_RENDER_KERNEL_FILTER_H

#include "hw/model/render/kernel_texel.h"

/* What is sampled: u, v (and r of a volume) normalised; 'face' of a cube. */
struct lookup {
    v16f u, v, r;
    v16f reference; /* shadow */
    v16i face;
};

/* Two channels in each lane: b and r, g and a. */
struct packed {
    v16u rb, ag;
};

#define PACKED_ONE 32640.0f /* 255 << 7 */

/* A colour of either kind, as texture->wide says. */
struct texels {
    struct packed packed;
    v16f wide[4];
};

/* The texels along one axis that a filter mixes: first * (256 - weight) +
 * second * weight. */
struct taps {
    v16i first, second;
    v16i first_outside, second_outside; /* of the border mode */
    v16i weight;
};

SIMD struct packed split_pairs(v16u texel)
{
    return (struct packed){(texel & 0x00ff00ff) << 7, (texel >> 8 & 0x00ff00ff) << 7};
}

SIMD v16u weight_pairs(v16i weight)
{
    return (v16u)(weight | weight << 16);
}

/* (a * (256 - w) + b * w) / 2: exact, then cut off */
SIMD v16u mix_bytes(v16u a, v16u b, v32u weight)
{
    return (v16u)(((v32u)a * (256 - weight) + (v32u)b * weight) >> 1);
}

/* a and b in the form of struct packed; 'high' is the weight << 7 */
SIMD v16u mix_halves(v16u a, v16u b, v32s high)
{
    const v32s from = (v32s)a, to = (v32s)b;
    return (v16u)(from + v_multiply_round(to - from, high));
}

SIMD void mix_packed(struct packed *a, const struct packed *b, v16i weight)
{
    const v32s high = (v32s)(weight_pairs(weight) << 7);
    a->rb = mix_halves(a->rb, b->rb, high);
    a->ag = mix_halves(a->ag, b->ag, high);
}

SIMD void mix_wide(v16f a[4], const v16f b[4], v16i weight)
{
    const v16f w = v_from_int(weight) * (1.0f / 256.0f);
    for (unsigned c = 0; c < 4; c++) {
        a[c] += (b[c] - a[c]) * w;
    }
}

SIMD void mix_texels(const struct texture *t, struct texels *a, const struct texels *b, v16i weight)
{
    if (t->wide) {
        mix_wide(a->wide, b->wide, weight);
    } else {
        mix_packed(&a->packed, &b->packed, weight);
    }
}

SIMD void select_texels(const struct texture *t, v16i mask, const struct texels *yes,
                        struct texels *to)
{
    if (t->wide) {
        for (unsigned c = 0; c < 4; c++) {
            to->wide[c] = v_select(mask, yes->wide[c], to->wide[c]);
        }
    } else {
        to->packed.rb = v_select_uint(mask, yes->packed.rb, to->packed.rb);
        to->packed.ag = v_select_uint(mask, yes->packed.ag, to->packed.ag);
    }
}

SIMD void finish_packed(const struct packed *packed, v16f rgba[4])
{
    const float scale = 1.0f / PACKED_ONE;
    rgba[0] = v_from_int((v16i)(packed->rb >> 16)) * scale;
    rgba[1] = v_from_int((v16i)(packed->ag & 0xffff)) * scale;
    rgba[2] = v_from_int((v16i)(packed->rb & 0xffff)) * scale;
    rgba[3] = v_from_int((v16i)(packed->ag >> 16)) * scale;
}

/* Into [0, size], but for borders, where one texel more on each side is enough.
 * A NaN, too. */
SIMD v16f place(unsigned mode, v16f u, int32_t size)
{
    const float scale = (float)size;
    switch (mode) {
    case ADDRESS_WRAP:
        return v_min(u - v_floor(u), v_float(1.0f)) * scale;
    case ADDRESS_MIRROR: {
        const v16f f = u - 2.0f * v_floor(u * 0.5f);
        return v_min(v_min(f, 2.0f - f), v_float(1.0f)) * scale;
    }
    case ADDRESS_MIRROR_ONCE:
        return v_min(v_abs(u), v_float(1.0f)) * scale;
    case ADDRESS_BORDER:
        return v_min(v_max(u * scale, v_float(-1.0f)), v_float(scale + 1.0f));
    default:
        return v_saturate(u) * scale;
    }
}

SIMD v16i clamp_index(v16i i, int32_t last)
{
    return v_max_int(v_min_int(i, v_int(last)), v_int(0));
}

SIMD bool is_power_of_two(int32_t size)
{
    return (size & (size - 1)) == 0;
}

SIMD v16i settle(unsigned mode, v16i i, int32_t size, v16i *outside)
{
    if (mode == ADDRESS_WRAP) {
        if (is_power_of_two(size)) {
            return i & (size - 1);
        }
        i += size & v_lt_int(i, v_int(0));
        i -= size & v_ge_int(i, v_int(size));
        return i;
    }
    if (mode == ADDRESS_BORDER) {
        *outside = v_lt_int(i, v_int(0)) | v_ge_int(i, v_int(size));
    }
    return clamp_index(i, size - 1);
}

SIMD v16i find_nearest(unsigned mode, v16f u, int32_t size, v16i *outside)
{
    if (mode == ADDRESS_WRAP && is_power_of_two(size)) {
        return v_round_int(v_floor(u * (float)size)) & (size - 1);
    }
    const v16f at = place(mode, u, size);
    return settle(mode, mode == ADDRESS_BORDER ? v_floor_int(at) : v_truncate_int(at), size,
                  outside);
}

/* Half a texel to the left, rounded to 1/256; the sum is positive before it is
 * cut off. */
SIMD struct taps find_taps(unsigned mode, v16f u, int32_t size)
{
    struct taps taps = {.weight = v_int(0)};
    const v16i at = v_truncate_int(place(mode, u, size) * 256.0f + 384.5f);
    const v16i first = (at >> 8) - 2;
    taps.weight = at & 255;
    taps.first = settle(mode, first, size, &taps.first_outside);
    taps.second = settle(mode, first + 1, size, &taps.second_outside);
    return taps;
}

/* The same for the modes that most textures have. */
SIMD struct taps find_taps_quickly(unsigned mode, v16f u, int32_t size)
{
    const v16f at = u * ((float)size * 256.0f);
    struct taps taps;
    if (mode == ADDRESS_WRAP && is_power_of_two(size)) {
        /* beyond all integers it wraps, too */
        const v16i first = (v16i)((v16u)v_round_int(at) - 128u);
        taps.first = first >> 8 & (size - 1);
        taps.second = (taps.first + 1) & (size - 1);
        taps.weight = first & 255;
        return taps;
    }
    if (mode == ADDRESS_CLAMP) {
        const v16f last = v_float((float)size * 256.0f - 128.0f);
        const v16i first = v_round_int(v_min(v_max(at, v_float(128.0f)), last)) - 128;
        taps.first = first >> 8;
        taps.second = v_min_int(taps.first + 1, v_int(size - 1));
        taps.weight = first & 255;
        return taps;
    }
    return find_taps(mode, u, size);
}

SIMD bool none(v16i lanes)
{
    return v_signs(lanes) == 0;
}

#if defined(__SSE2__)
SIMD __m128i two_pairs(const uint8_t *first, const uint8_t *second)
{
    const __m128i low = _mm_loadl_epi64((const void *)first);
    return _mm_castpd_si128(_mm_loadh_pd(_mm_castsi128_pd(low), (const void *)second));
}
#endif

#if defined(__AVX512F__)
SIMD __m256i pairs_of_four(const uint8_t *base, __m128i offset)
{
    const uint8_t *at[4];
    addresses(base, offset, at);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(two_pairs(at[0], at[1])),
                                   two_pairs(at[2], at[3]), 1);
}
#endif

/* Two dwords at each offset. */
SIMD void gather_pairs(const uint8_t *base, v16i offset, v16u *left, v16u *right)
{
#if defined(__AVX512F__)
    __m512i pairs[2];
    for (unsigned i = 0; i < 2; i++) {
        const __m256i low = pairs_of_four(base, quarter(offset, 2 * i));
        const __m256i high = pairs_of_four(base, quarter(offset, 2 * i + 1));
        pairs[i] = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    }
    const __m512i even =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    *left = (v16u)_mm512_permutex2var_epi32(pairs[0], even, pairs[1]);
    *right = (v16u)_mm512_permutex2var_epi32(pairs[0], odd, pairs[1]);
#elif defined(__SSE2__) && !defined(__AVX__)
    __m128 l[4], r[4];
    for (unsigned i = 0; i < 4; i++) {
        const uint8_t *at[4];
        addresses(base, quarter(offset, i), at);
        const __m128 a = _mm_castsi128_ps(two_pairs(at[0], at[1]));
        const __m128 b = _mm_castsi128_ps(two_pairs(at[2], at[3]));
        l[i] = _mm_shuffle_ps(a, b, _MM_SHUFFLE(2, 0, 2, 0));
        r[i] = _mm_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 3, 1));
    }
    memcpy(left, l, sizeof(l));
    memcpy(right, r, sizeof(r));
#else
    uint32_t pairs[LANES][2];
    for (int lane = 0; lane < LANES; lane++) {
        memcpy(pairs[lane], base + (uint32_t)offset[lane], 8);
        (*left)[lane] = pairs[lane][0];
        (*right)[lane] = pairs[lane][1];
    }
#endif
}

/* Four texels by their weights. */
SIMD void mix_four(v16u a, v16u b, v16u c, v16u d, const struct taps *x, const struct taps *y,
                   struct packed *to)
{
    const v32u weight = (v32u)weight_pairs(x->weight);
    const v16u low = v_uint(0x00ff00ff);
    to->rb = mix_bytes(a & low, b & low, weight);
    to->ag = mix_bytes(a >> 8 & low, b >> 8 & low, weight);
    const struct packed below = {mix_bytes(c & low, d & low, weight),
                                 mix_bytes(c >> 8 & low, d >> 8 & low, weight)};
    mix_packed(to, &below, y->weight);
}

/*
 * Whether the left and right texels of all lanes are neighbours in memory:
 * neither apart by an edge, nor in two tiles.
 */
SIMD bool are_pairs(const struct texture *t, const struct image *image, const struct taps *x)
{
    v16i apart = v_ne_int(x->second, x->first + 1);
    if (t->surface.tiling == GEN3_TILED_X) {
        const int32_t last = 512 / t->bytes - 1;
        apart |= v_eq_int((x->first + image->x) & last, v_int(last));
    }
    return none(apart);
}

/* Left and right texels of a row of pairs. */
SIMD void fetch_pairs(const struct texture *t, v16i offset, const struct taps *x, v16u *left,
                      v16u *right)
{
    if (t->raw == RAW_32) {
        gather_pairs(t->surface.base, offset, left, right);
    } else if (t->raw == RAW_16) {
        *left = gather(t->surface.base, offset);
        *right = *left >> 16;
    } else {
        *left = gather_narrow(t, offset);
        *right = *left >> 8;
    }
    if (t->expansion != EXPAND_NONE) {
        *left = expand_quickly(t, *left);
        *right = expand_quickly(t, *right);
    }
}

static __attribute__((noinline)) void linear_singly(struct fetch_plan *fetch, const struct taps *x,
                                                    const struct taps *y, struct packed *to)
{
    if (fetch->texture->raw == RAW_BLOCK) {
        v16u texel[4];
        fetch_four(fetch, x->first, x->second, y->first, y->second, texel);
        mix_four(texel[0], texel[1], texel[2], texel[3], x, y, to);
        return;
    }
    const v16u a = fetch_packed(fetch, x->first, y->first);
    const v16u b = fetch_packed(fetch, x->second, y->first);
    const v16u c = fetch_packed(fetch, x->first, y->second);
    const v16u d = fetch_packed(fetch, x->second, y->second);
    mix_four(a, b, c, d, x, y, to);
}

SIMD void set_image(struct fetch_plan *fetch, const struct image *image)
{
    fetch->offset = v_int((int32_t)image->offset);
    fetch->x = v_int(image->x);
    fetch->y = v_int(image->y);
}

/* The part of a fetch that is the same for all images. */
struct use {
    struct worker *worker;
    const struct texture *texture;
    uint32_t mask;
};

/* One image without borders and keys. */
SIMD void filter_packed(const struct use *use, const struct image *image, const struct level *level,
                        v16f u, v16f v, bool linear, struct packed *to)
{
    const struct texture *t = use->texture;
    const bool quick = t->surface.base != NULL && t->quick;
    if (linear) {
        const struct taps x = find_taps_quickly(t->mode[0], u, level->width);
        const struct taps y = find_taps_quickly(t->mode[1], v, level->height);
        if (quick && are_pairs(t, image, &x)) {
            const v16i image_x = v_int(image->x), image_y = v_int(image->y);
            const v16i above = offset_inside(t, image_x, image_y, x.first, y.first);
            const v16i below = offset_inside(t, image_x, image_y, x.first, y.second);
            const v16i start = v_int((int32_t)image->offset);
            v16u a, b, c, d;
            fetch_pairs(t, above + start, &x, &a, &b);
            fetch_pairs(t, below + start, &x, &c, &d);
            mix_four(a, b, c, d, &x, &y, to);
        } else {
            struct fetch_plan fetch = {.worker = use->worker, .texture = t, .mask = use->mask};
            set_image(&fetch, image);
            linear_singly(&fetch, &x, &y, to);
        }
        return;
    }
    v16i outside;
    const v16i x = find_nearest(t->mode[0], u, level->width, &outside);
    const v16i y = find_nearest(t->mode[1], v, level->height, &outside);
    if (quick && t->raw == RAW_32) {
        const v16i offset = offset_inside(t, v_int(image->x), v_int(image->y), x, y);
        const v16u texel = gather(t->surface.base, offset + v_int((int32_t)image->offset));
        *to = split_pairs(expand_quickly(t, texel));
    } else {
        struct fetch_plan fetch = {.worker = use->worker, .texture = t, .mask = use->mask};
        set_image(&fetch, image);
        *to = split_pairs(fetch_packed(&fetch, x, y));
    }
}

static __attribute__((noinline)) void filter_level(const struct use *use, unsigned number, v16f u,
                                                   v16f v, bool linear, struct packed *to)
{
    const struct texture *t = use->texture;
    const struct level *level = &t->level[number];
    filter_packed(use, &t->image[level->first_image], level, u, v, linear, to);
}

SIMD void fetch_texels(struct fetch_plan *fetch, const struct lookup *at, v16i x, v16i y,
                       v16i outside, struct texels *to)
{
    if (fetch->texture->wide) {
        fetch_wide(fetch, x, y, outside, at->reference, to->wide);
    } else {
        to->packed = split_pairs(fetch_bordered(fetch, x, y, outside));
    }
}

/*
 * MONO: 6 x 5 texels of equal weight around the place, the share of them that
 * is set. What lies outside counts as its nearest texel inside.
 */
static void filter_mono(struct fetch_plan *fetch, const struct lookup *at,
                        const struct level *level, v16i beyond, struct texels *to)
{
    const struct texture *t = fetch->texture;
    v16i outside;
    const v16i x = find_nearest(t->mode[0], at->u, level->width, &outside);
    const v16i y = find_nearest(t->mode[1], at->v, level->height, &outside);
    struct texels sum = {0};
    for (int tap = 0; tap < 30; tap++) {
        const v16i column = clamp_index(x + (tap % 6 - 3), level->width - 1);
        const v16i row = clamp_index(y + (tap / 6 - 2), level->height - 1);
        struct texels texels = {0};
        fetch_texels(fetch, at, column, row, beyond, &texels);
        sum.packed.rb += (texels.packed.rb >> 7) & 0x00ff00ff;
        sum.packed.ag += (texels.packed.ag >> 7) & 0x00ff00ff;
        for (unsigned c = 0; c < 4; c++) {
            sum.wide[c] += texels.wide[c];
        }
    }
    const v16u low = v_uint(0xffff);
    to->packed.rb = ((sum.packed.rb & low) * 128 / 30) | (sum.packed.rb >> 16) * 128 / 30 << 16;
    to->packed.ag = ((sum.packed.ag & low) * 128 / 30) | (sum.packed.ag >> 16) * 128 / 30 << 16;
    for (unsigned c = 0; c < 4; c++) {
        to->wide[c] = sum.wide[c] * (1.0f / 30.0f);
    }
}

/* One image with everything. 'beyond': lanes that take the border colour in any
 * case. */
static __attribute__((noinline)) void filter_image(struct fetch_plan *fetch,
                                                   const struct lookup *at,
                                                   const struct level *level, unsigned filter,
                                                   v16i beyond, struct texels *to)
{
    const struct texture *t = fetch->texture;
    if (filter == FILTER_MONO) {
        filter_mono(fetch, at, level, beyond, to);
        return;
    }
    if (filter == FILTER_NEAREST) {
        v16i outside_x = {0}, outside_y = {0};
        const v16i x = find_nearest(t->mode[0], at->u, level->width, &outside_x);
        const v16i y = find_nearest(t->mode[1], at->v, level->height, &outside_y);
        fetch_texels(fetch, at, x, y, outside_x | outside_y | beyond, to);
        return;
    }
    const struct taps x = find_taps(t->mode[0], at->u, level->width);
    const struct taps y = find_taps(t->mode[1], at->v, level->height);
    const v16i x0 = x.first_outside | beyond, y0 = y.first_outside;
    fetch_texels(fetch, at, x.first, y.first, x0 | y0, to);
    const v16i x1 = x.second_outside | beyond, y1 = y.second_outside;
    struct texels right, below, below_right;
    fetch_texels(fetch, at, x.second, y.first, x1 | y0, &right);
    fetch_texels(fetch, at, x.first, y.second, x0 | y1, &below);
    fetch_texels(fetch, at, x.second, y.second, x1 | y1, &below_right);
    mix_texels(t, to, &right, x.weight);
    mix_texels(t, &below, &below_right, x.weight);
    mix_texels(t, to, &below, y.weight);
}

#endif
