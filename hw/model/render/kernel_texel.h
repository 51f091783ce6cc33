/* SPDX-License-Identifier: MIT */
/* Texels: from coordinates inside an image to channels. */
#ifndef GEMD_HW_MODEL_RENDER_KERNEL_TEXEL_H
#define GEMD_HW_MODEL_RENDER_KERNEL_TEXEL_H

#include "hw/model/render/kernel_merge.h"

/* One fetch of up to 16 texels. */
struct fetch_plan {
    struct worker *worker;
    const struct texture *texture;
    uint32_t mask;         /* lanes that count */
    v16i image_x, image_y; /* origin, in texels or blocks */
};

SIMD v16i byte_offset(const struct texture *t, v16i column, v16i row)
{
    const v16i x = column * (int32_t)t->bytes;
    const int32_t pitch = (int32_t)t->surface.pitch;
    switch (t->surface.tiling) {
    case GEN3_TILED_X:
        return (row >> 3) * (pitch * 8) + (x >> 9) * 4096 + (row & 7) * 512 + (x & 511);
    case GEN3_TILED_Y:
        return (row >> 5) * (pitch * 32) + (x >> 7) * 4096 + (x >> 4 & 7) * 512 + (row & 31) * 16 +
               (x & 15);
    default:
        return row * pitch + x;
    }
}

/* Dwords at offsets from 'base', each a multiple of four. */
SIMD v16u gather(const uint8_t *base, v16i offset)
{
#if defined(__AVX512F__)
    return (v16u)_mm512_i32gather_epi32((__m512i)offset, base, 1);
#else
    uint32_t lanes[LANES] __attribute__((aligned(64)));
    int32_t at[LANES] __attribute__((aligned(64)));
    memcpy(at, &offset, sizeof(at));
    for (int lane = 0; lane < LANES; lane++) {
        memcpy(&lanes[lane], base + at[lane], 4);
    }
    v16u v;
    memcpy(&v, lanes, sizeof(v));
    return v;
#endif
}

/* Little-endian bytes [offset, offset + count) of the map, contiguous or not. */
static void read_bytes(const struct fetch_plan *plan, uint64_t offset, uint8_t *to, unsigned count)
{
    const struct surface *surface = &plan->texture->surface;
    if (surface->base != NULL) {
        memcpy(to, surface->base + offset, count);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        to[i] = (uint8_t)surface_read(plan->worker, surface, offset + i, 1, RENDER_ER_TEXTURE);
    }
}

/* Compressed and 4:2:2 texels, and maps in scattered memory: lane by lane. */
static __attribute__((noinline)) v16u fetch_singly(const struct fetch_plan *plan, v16i x, v16i y)
{
    const struct texture *t = plan->texture;
    v16u v = {0};
    for (uint32_t mask = plan->mask; mask != 0; mask &= mask - 1) {
        const int lane = __builtin_ctz(mask);
        const uint32_t tx = (uint32_t)x[lane], ty = (uint32_t)y[lane];
        uint32_t column = (uint32_t)plan->image_x[lane] + tx / t->block_width;
        const uint32_t row = (uint32_t)plan->image_y[lane] + ty / t->block_height;
        uint8_t bytes[16] = {0};
        if (t->raw == RAW_422) {
            column &= ~1u;
        }
        const uint64_t offset = surface_offset(&t->surface, column * t->bytes, row);
        read_bytes(plan, offset, bytes, t->raw == RAW_422 ? 4 : t->bytes);
        if (t->raw == RAW_422) {
            v[lane] = texel_422(t->yuv_order, bytes, tx);
        } else if (t->raw >= RAW_DXT1) {
            v[lane] = texel_dxt(t->raw, bytes, tx & 3, ty & 3);
        } else {
            uint32_t bits;
            memcpy(&bits, bytes, sizeof(bits));
            v[lane] = bits;
        }
    }
    return v;
}

SIMD v16u fetch_bits(const struct fetch_plan *plan, v16i x, v16i y)
{
    const struct texture *t = plan->texture;
    if (__builtin_expect(t->surface.base == NULL || t->raw > RAW_32, 0)) {
        return fetch_singly(plan, x, y);
    }
    const v16i offset = byte_offset(t, plan->image_x + x, plan->image_y + y);
    if (t->raw == RAW_32) {
        return gather(t->surface.base, offset);
    }
    const v16u dwords = gather(t->surface.base, offset & ~3);
    return dwords >> (v16u)((offset & 3) * 8);
}

/* The sRGB curve, decoded. */
static v16f linear_light(v16f c)
{
    const v16f power = v_exp2(v_log2((c + 0.055f) * (1.0f / 1.055f)) * 2.4f);
    return v_select(v_le(c, v_float(0.04045f)), c * (1.0f / 12.92f), power);
}

/*
 * Channels as they are stored; scale_texels() makes them 0..1. Filters are linear, so that comes
 * after them where it can. Lanes of 'outside' take the border colour, which is scaled.
 */
SIMD void fetch_stored(const struct fetch_plan *plan, v16i x, v16i y, v16f rgba[4])
{
    const v16u bits = fetch_bits(plan, x, y);
    for (unsigned c = 0; c < 4; c++) {
        const struct texel_channel *channel = &plan->texture->channel[c];
        rgba[c] = v_from_int((v16i)(bits >> channel->shift & channel->mask));
    }
}

SIMD void scale_texels(const struct texture *t, v16f rgba[4])
{
    for (unsigned c = 0; c < 4; c++) {
        rgba[c] = rgba[c] * t->channel[c].scale + t->channel[c].add;
    }
}

SIMD void fetch_texels(const struct fetch_plan *plan, v16i x, v16i y, v16i outside, bool border,
                       v16f rgba[4])
{
    const struct texture *t = plan->texture;
    fetch_stored(plan, x, y, rgba);
    scale_texels(t, rgba);
    if (t->srgb) {
        for (unsigned c = 0; c < 3; c++) {
            rgba[c] = linear_light(rgba[c]);
        }
    }
    if (border) {
        for (unsigned c = 0; c < 4; c++) {
            rgba[c] = v_select(outside, v_float(t->border[c]), rgba[c]);
        }
    }
}

SIMD v16i compare_float(unsigned func, v16f a, v16f b)
{
    switch (func) {
    case 0:
        return v_int(-1);
    case 1:
        return v_int(0);
    case 2:
        return v_lt(a, b);
    case 3:
        return v_eq(a, b);
    case 4:
        return v_le(a, b);
    case 5:
        return v_gt(a, b);
    case 6:
        return v_ne(a, b);
    default:
        return v_ge(a, b);
    }
}

/*
 * Shadow: a texel for which 'texel FUNC reference' holds counts 0, another 1 (gen3.md G.6). The
 * result goes where the format has the texel's depth.
 */
SIMD void shadow(const struct texture *t, v16f reference, v16f rgba[4])
{
    const unsigned source = t->channel[0].mask != 0 ? 0 : 3;
    const v16i holds = compare_float(t->shadow_func, rgba[source], reference);
    const v16f result = (v16f)(v_bits(v_float(1.0f)) & ~holds);
    for (unsigned c = 0; c < 4; c++) {
        if (t->channel[c].mask != 0) {
            rgba[c] = result;
        }
    }
}

#endif
