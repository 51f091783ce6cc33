/* SPDX-License-Identifier: MIT */
/* Texels: from coordinates inside an image to ARGB8888, or to channels. */
#ifndef GEMD_HW_MODEL_RENDER_KERNEL_TEXEL_H
#define GEMD_HW_MODEL_RENDER_KERNEL_TEXEL_H

#include "hw/model/render/kernel_merge.h"

typedef int16_t v32s __attribute__((vector_size(64)));
typedef uint16_t v32u __attribute__((vector_size(64)));

/* One use of a texture by up to 16 lanes, at the image that is looked at now.
 */
struct fetch_plan {
    struct worker *worker;
    const struct texture *texture;
    uint32_t mask;   /* lanes that count */
    uint32_t killed; /* lanes that a chroma key took */
    v16i offset, x, y;
};

/* Per lane (low half of a) * (low half of b) + (high half of a) * (high half of
 * b), signed. */
SIMD v16i v_multiply_pairs(v16i a, v16i b)
{
#if defined(__AVX512BW__)
    return (v16i)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__SSE2__) && !defined(__AVX__)
    __m128i p[4], q[4];
    memcpy(p, &a, sizeof(a));
    memcpy(q, &b, sizeof(b));
    for (unsigned i = 0; i < 4; i++) {
        p[i] = _mm_madd_epi16(p[i], q[i]);
    }
    memcpy(&a, p, sizeof(a));
    return a;
#else
    return (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);
#endif
}

/* Products / 2^15, to the nearest, halves up. */
SIMD v32s v_multiply_round(v32s a, v32s b)
{
#if defined(__AVX512BW__)
    return (v32s)_mm512_mulhrs_epi16((__m512i)a, (__m512i)b);
#elif defined(__SSE2__) && !defined(__AVX__)
    __m128i p[4], q[4];
    memcpy(p, &a, sizeof(a));
    memcpy(q, &b, sizeof(b));
    for (unsigned i = 0; i < 4; i++) {
        const __m128i low = _mm_srli_epi16(_mm_mullo_epi16(p[i], q[i]), 14);
        const __m128i round = _mm_srli_epi16(_mm_add_epi16(low, _mm_set1_epi16(1)), 1);
        p[i] = _mm_add_epi16(_mm_slli_epi16(_mm_mulhi_epi16(p[i], q[i]), 1), round);
    }
    memcpy(&a, p, sizeof(a));
    return a;
#else
    for (unsigned i = 0; i < 32; i++) {
        a[i] = (int16_t)((a[i] * b[i] + (1 << 14)) >> 15);
    }
    return a;
#endif
}

/* Bytes from the start of an image's rows of tiles to a column of a row of it.
 */
SIMD v16i offset_inside(const struct texture *t, v16i image_x, v16i image_y, v16i column, v16i row)
{
    const int32_t pitch = (int32_t)t->surface.pitch;
    const int32_t bytes = t->bytes;
    if (t->surface.tiling == GEN3_LINEAR) {
        return v_multiply_pairs(column | row << 16, v_int(bytes | pitch << (16 + t->line_step)));
    }
    const v16i x = (column + image_x) * bytes;
    const v16i y = ((row + image_y) << t->line_step) + t->line_first;
    if (t->surface.tiling == GEN3_TILED_X) {
        /* rows of tiles are 8 pitches, tiles 8 * 512 bytes */
        const v16i tiles = v_multiply_pairs((x >> 9) | (y >> 3) << 16, v_int(512 | pitch << 16));
        return (tiles << 3) + ((y & 7) << 9 | (x & 511));
    }
    if (t->surface.tiling == GEN3_TILED_Y_915) {
        const v16i tiles = v_multiply_pairs((x >> 9) | (y >> 3) << 16, v_int(512 | pitch << 16));
        return (tiles << 3) + ((x >> 4 & 31) << 7 | (y & 7) << 4 | (x & 15));
    }
    const v16i tiles = v_multiply_pairs((x >> 7) | (y >> 5) << 16, v_int(128 | pitch << 16));
    return (tiles << 5) + ((x >> 4 & 7) << 9 | (y & 31) << 4 | (x & 15));
}

/* Bytes from the surface's start. */
SIMD v16i texel_offset(const struct fetch_plan *fetch, v16i column, v16i row)
{
    return fetch->offset + offset_inside(fetch->texture, fetch->x, fetch->y, column, row);
}

#if defined(__SSE2__)
/* Lanes 4 * i to 4 * i + 3; i is known when it is compiled. */
SIMD __m128i quarter(v16i a, unsigned i)
{
#if defined(__AVX512F__)
    const __m512i all = (__m512i)a;
    return i == 0   ? _mm512_castsi512_si128(all)
           : i == 1 ? _mm512_extracti32x4_epi32(all, 1)
           : i == 2 ? _mm512_extracti32x4_epi32(all, 2)
                    : _mm512_extracti32x4_epi32(all, 3);
#else
    __m128i part[4];
    memcpy(part, &a, sizeof(part));
    return part[i];
#endif
}

/* The addresses of four lanes. Offsets go through general registers two at a time: memory that was
 * just written as a whole vector is slow to be read in pieces. */
SIMD void addresses(const uint8_t *base, __m128i offset, const uint8_t *at[4])
{
    const uint64_t low = (uint64_t)_mm_cvtsi128_si64(offset);
    const uint64_t high = (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(offset, offset));
    at[0] = base + (uint32_t)low;
    at[1] = base + (low >> 32);
    at[2] = base + (uint32_t)high;
    at[3] = base + (high >> 32);
}
#endif

/* Dwords at offsets from 'base'. */
SIMD v16u gather(const uint8_t *base, v16i offset)
{
#if defined(__AVX512F__)
    return (v16u)_mm512_i32gather_epi32((__m512i)offset, base, 1);
#elif defined(__SSE2__)
    __m128i part[4];
    v16u v;
    for (unsigned i = 0; i < 4; i++) {
        const uint8_t *at[4];
        addresses(base, quarter(offset, i), at);
        part[i] =
            _mm_unpacklo_epi64(_mm_unpacklo_epi32(_mm_loadu_si32(at[0]), _mm_loadu_si32(at[1])),
                               _mm_unpacklo_epi32(_mm_loadu_si32(at[2]), _mm_loadu_si32(at[3])));
    }
    memcpy(&v, part, sizeof(v));
    return v;
#else
    v16u v;
    for (int lane = 0; lane < LANES; lane++) {
        uint32_t value;
        memcpy(&value, base + (uint32_t)offset[lane], sizeof(value));
        v[lane] = value;
    }
    return v;
#endif
}

/* Little-endian bytes [offset, offset + count) of the map, contiguous or not.
 */
static void read_bytes(const struct fetch_plan *fetch, uint64_t offset, uint8_t *to, unsigned count)
{
    const struct surface *surface = &fetch->texture->surface;
    if (surface->base != NULL) {
        memcpy(to, surface->base + offset, count);
        return;
    }
    for (unsigned i = 0; i < count; i += 4) {
        const unsigned bytes = count - i < 4 ? count - i : 4;
        const uint32_t value =
            surface_read(fetch->worker, surface, offset + i, bytes, RENDER_ER_TEXTURE);
        memcpy(to + i, &value, bytes);
    }
}

/* Maps in scattered memory, and watched ones: lane by lane. */
static __attribute__((noinline)) v16u fetch_scattered(const struct fetch_plan *fetch, v16i offset,
                                                      unsigned bytes)
{
    v16u v = {0};
    for (uint32_t mask = fetch->mask; mask != 0; mask &= mask - 1) {
        const int lane = __builtin_ctz(mask);
        v[lane] = surface_read(fetch->worker, &fetch->texture->surface, (uint32_t)offset[lane],
                               bytes, RENDER_ER_TEXTURE);
    }
    return v;
}

/* Of smaller texels: dwords that begin with them, and do not reach beyond the
 * surface. */
SIMD v16u gather_narrow(const struct texture *t, v16i offset)
{
    const v16i at = v_min_int(offset, v_int((int32_t)t->size - 4));
    return gather(t->surface.base, at) >> (v16u)((offset - at) << 3);
}

/* Pairs of 4:2:2, the luma of the texel that is meant in the left one's place.
 */
static __attribute__((noinline)) v16u fetch_422(const struct fetch_plan *fetch, v16i x, v16i y)
{
    const struct texture *t = fetch->texture;
    const v16i offset = texel_offset(fetch, x, y);
    const v16u luma = v_uint(255u << (t->yuv_order % 3 == 0 ? 8 : 0));
    const v16u pairs = t->surface.base != NULL ? gather(t->surface.base, offset & ~3)
                                               : fetch_scattered(fetch, offset & ~3, 4);
    const v16u right = (pairs & ~luma) | (pairs >> 16 & luma);
    return v_select_uint(v_ne_int(offset & 2, v_int(0)), right, pairs);
}

/* The bits of texels; above those there may be any. */
SIMD v16u fetch_bits(const struct fetch_plan *fetch, v16i x, v16i y)
{
    const struct texture *t = fetch->texture;
    if (__builtin_expect(t->raw == RAW_422, 0)) {
        return fetch_422(fetch, x, y);
    }
    const v16i offset = texel_offset(fetch, x >> t->column_shift, y);
    if (__builtin_expect(t->surface.base == NULL, 0)) {
        return fetch_scattered(fetch, offset, t->bytes);
    }
    if (t->bytes == 4) {
        return gather(t->surface.base, offset);
    }
    return gather_narrow(t, offset);
}

/* A block of a compressed texture, through the worker's decoded ones; watched
 * ones are read. */
SIMD const uint32_t *find_block(const struct fetch_plan *fetch, uint32_t offset, uint32_t half)
{
    const struct texture *t = fetch->texture;
    const uint32_t key = offset | half; /* blocks begin at multiples of 4 at least */
    struct cached_block *block =
        &fetch->worker->blocks.block[key * 0x9e3779b1u >> (32 - BLOCK_CACHE_BITS)];
    const uint64_t tag = (uint64_t)t->serial << 32 | key;
    if (__builtin_expect(block->tag != tag || t->surface.base == NULL, 0)) {
        uint8_t bytes[16] = {0};
        read_bytes(fetch, offset, bytes, t->bytes);
        texel_block(t->block, bytes, half, block->texel);
        block->tag = tag;
    }
    return block->texel;
}

static __attribute__((noinline)) v16u fetch_blocks(const struct fetch_plan *fetch, v16i x, v16i y)
{
    const struct texture *t = fetch->texture;
    const v16i place = texel_offset(fetch, x >> t->column_shift, y >> 2);
    const v16i inside = (y & 3) << 2 | (x & 3);
    const v16i half = t->column_shift == 3 ? x >> 2 & 1 : v_int(0);
    v16u v = {0};
    for (uint32_t mask = fetch->mask; mask != 0; mask &= mask - 1) {
        const int lane = __builtin_ctz(mask);
        v[lane] = find_block(fetch, (uint32_t)place[lane], (uint32_t)half[lane])[inside[lane]];
    }
    return v;
}

/* Four texels of a lane, which are often in one block. */
static void fetch_four(const struct fetch_plan *fetch, v16i x0, v16i x1, v16i y0, v16i y1,
                       v16u texel[4])
{
    const struct texture *t = fetch->texture;
    const v16i bits = v_int(3);
    const v16i same = v_eq_int(x0 >> 2, x1 >> 2) & v_eq_int(y0 >> 2, y1 >> 2);
    const v16i place = texel_offset(fetch, x0 >> t->column_shift, y0 >> 2);
    const v16i half = t->column_shift == 3 ? x0 >> 2 & 1 : v_int(0);
    const v16i left = x0 & bits, right = x1 & bits;
    const v16i above = (y0 & bits) << 2, below = (y1 & bits) << 2;
    const uint32_t all = fetch->mask, together = all & v_signs(same);
    struct fetch_plan others = *fetch;
    for (unsigned i = 0; i < 4; i++) {
        texel[i] = v_uint(0);
    }
    others.mask = all & ~together;
    if (others.mask != 0) {
        texel[0] = fetch_blocks(&others, x0, y0);
        texel[1] = fetch_blocks(&others, x1, y0);
        texel[2] = fetch_blocks(&others, x0, y1);
        texel[3] = fetch_blocks(&others, x1, y1);
    }
    for (uint32_t mask = together; mask != 0; mask &= mask - 1) {
        const int lane = __builtin_ctz(mask);
        const uint32_t *block = find_block(fetch, (uint32_t)place[lane], (uint32_t)half[lane]);
        texel[0][lane] = block[above[lane] + left[lane]];
        texel[1][lane] = block[above[lane] + right[lane]];
        texel[2][lane] = block[below[lane] + left[lane]];
        texel[3][lane] = block[below[lane] + right[lane]];
    }
}

SIMD v16u look_up(const uint32_t palette[16], v16u index)
{
#if defined(__AVX512F__)
    return (v16u)_mm512_permutexvar_epi32((__m512i)index, _mm512_loadu_si512(palette));
#else
    v16u v;
    for (int lane = 0; lane < LANES; lane++) {
        v[lane] = palette[index[lane]];
    }
    return v;
#endif
}

SIMD v16u saturate_byte(v16i value)
{
    return (v16u)v_max_int(v_min_int(value, v_int(255)), v_int(0));
}

/* Luma, U and V in an order; converted by BT.601, studio range. */
SIMD v16u expand_422(const struct texture *t, v16u bits)
{
    static const struct {
        uint8_t y, u, v; /* bit positions */
    } places[4] = {{8, 0, 16}, {0, 8, 24}, {0, 24, 8}, {8, 16, 0}};
    const v16u y = bits >> places[t->yuv_order].y & 255;
    const v16u u = bits >> places[t->yuv_order].u & 255, v = bits >> places[t->yuv_order].v & 255;
    if (t->expansion == EXPAND_YUV) {
        return 0xff000000 | v << 16 | y << 8 | u;
    }
    const v16i luma = ((v16i)y - 16) * 298 + 128;
    const v16i blue = (v16i)u - 128, red = (v16i)v - 128;
    return 0xff000000 | saturate_byte((luma + red * 409) >> 8) << 16 |
           saturate_byte((luma - blue * 100 - red * 208) >> 8) << 8 |
           saturate_byte((luma + blue * 516) >> 8);
}

SIMD v16u expand_16(unsigned expansion, v16u b)
{
    const v16u blue = (b & 0x1f) << 3 | (b & 0x1c) >> 2;
    if (expansion == EXPAND_565) {
        return 0xff000000 | (b & 0xf800) << 8 | (b & 0xe000) << 3 | (b & 0x07e0) << 5 |
               (b & 0x0600) >> 1 | blue;
    }
    if (expansion == EXPAND_1555) {
        const v16u alpha = (v16u)((v16i)(b << 16) >> 7) & 0xff000000;
        return alpha | (b & 0x7c00) << 9 | (b & 0x7000) << 4 | (b & 0x03e0) << 6 |
               (b & 0x0380) << 1 | blue;
    }
    const v16u apart = (b & 0xf000) << 12 | (b & 0x0f00) << 8 | (b & 0x00f0) << 4 | (b & 0x000f);
    return apart | apart << 4;
}

SIMD v16u expand_palette(const struct texture *t, v16u b, v16i x)
{
    if (t->expansion == EXPAND_P4) {
        return look_up(t->palette, b >> (v16u)((x & 1) << 2) & 15);
    }
    const v16u low = b & 15, high = b >> 4 & 15;
    const bool index_low = t->expansion == EXPAND_A4P4;
    const v16u alpha = (index_low ? high : low) * 0x11000000u;
    return alpha | (look_up(t->palette, index_low ? low : high) & 0xffffff);
}

SIMD v16u swapped(v16u b)
{
    return (b & 0xff00ff00) | (b & 0xff) << 16 | (b >> 16 & 0xff);
}

SIMD v16u expand(const struct texture *t, v16u b, v16i x)
{
    const v16u low = b & 255;
    switch (t->expansion) {
    case EXPAND_OPAQUE:
        return b | 0xff000000;
    case EXPAND_SWAPPED:
        return swapped(b);
    case EXPAND_SWAPPED_OPAQUE:
        return swapped(b) | 0xff000000;
    case EXPAND_I8:
        return low | low << 8 | low << 16 | low << 24;
    case EXPAND_L8:
        return low | low << 8 | low << 16 | 0xff000000;
    case EXPAND_A8:
        return low << 24;
    case EXPAND_AL88:
        return low | low << 8 | low << 16 | (b & 0xff00) << 16;
    case EXPAND_565:
    case EXPAND_1555:
    case EXPAND_4444:
        return expand_16(t->expansion, b);
    case EXPAND_MONO:
        return (v16u)((v16i)(b << (v16u)((x & 7) + 24)) >> 31);
    case EXPAND_P4:
    case EXPAND_A4P4:
    case EXPAND_P4A4:
        return expand_palette(t, b, x);
    case EXPAND_YUV:
    case EXPAND_RGB:
        return expand_422(t, b);
    default:
        return b;
    }
}

/* Texels whose four bytes all lie between the bytes of the chroma key. */
static __attribute__((noinline)) v16u apply_key(struct fetch_plan *fetch, v16u texel)
{
    const struct texture *t = fetch->texture;
    v16i matches = v_int(-1);
    for (unsigned shift = 0; shift < 32; shift += 8) {
        const v16i byte = (v16i)(texel >> shift & 255);
        matches &= v_ge_int(byte, v_int((int32_t)(t->key_low >> shift & 255)));
        matches &= v_le_int(byte, v_int((int32_t)(t->key_high >> shift & 255)));
    }
    if (t->key_kills) {
        fetch->killed |= v_signs(matches) & fetch->mask;
    }
    return t->key_replaces ? texel & ~(v16u)matches : texel;
}

/* Of the formats that are fetched in pairs: no luma, no palette, no sub-byte
 * texels. */
SIMD v16u expand_quickly(const struct texture *t, v16u b)
{
    return expand(t, b, v_int(0));
}

static __attribute__((noinline)) v16u fetch_packed(struct fetch_plan *fetch, v16i x, v16i y)
{
    const struct texture *t = fetch->texture;
    const v16u texel =
        t->raw == RAW_BLOCK ? fetch_blocks(fetch, x, y) : expand(t, fetch_bits(fetch, x, y), x);
    return __builtin_expect(t->key_kills || t->key_replaces, 0) ? apply_key(fetch, texel) : texel;
}

/* Lanes of 'outside' take the border colour. */
SIMD v16u fetch_bordered(struct fetch_plan *fetch, v16i x, v16i y, v16i outside)
{
    const v16u texel = fetch_packed(fetch, x, y);
    return v_select_uint(outside, v_uint(fetch->texture->border), texel);
}

SIMD v16f channel_value(const struct texel_channel *channel, v16u bits)
{
    const v16u left = bits << channel->left;
    const v16i value = channel->is_signed
                           ? v_max_int((v16i)left >> channel->right, v_int(channel->lowest))
                           : (v16i)(left >> channel->right);
    return v_from_int(value) * channel->scale;
}

static v16f on_curve(const float *curve, v16u byte)
{
    v16f v;
    for (int lane = 0; lane < LANES; lane++) {
        v[lane] = curve[byte[lane]];
    }
    return v;
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
 * Shadow: a texel for which 'texel FUNC reference' holds counts 0, another 1
 * (gen3.md G.6). The result goes where the format has the texel's depth.
 */
SIMD void shadow(const struct texture *t, v16f reference, v16f rgba[4])
{
    const v16i holds = compare_float(t->shadow_func, rgba[t->shadow_source], reference);
    const v16f result = (v16f)(v_bits(v_float(1.0f)) & ~holds);
    for (unsigned c = 0; c < 4; c++) {
        if (t->channel[c].present) {
            rgba[c] = result;
        }
    }
}

/* Formats that do not fit in bytes, curves and comparisons. */
static __attribute__((noinline)) void fetch_wide(struct fetch_plan *fetch, v16i x, v16i y,
                                                 v16i outside, v16f reference, v16f rgba[4])
{
    const struct texture *t = fetch->texture;
    const v16u bits = t->packed ? fetch_packed(fetch, x, y) : fetch_bits(fetch, x, y);
    for (unsigned c = 0; c < 4; c++) {
        const struct texel_channel *channel = &t->channel[c];
        if (!channel->present) {
            rgba[c] = v_float(channel->add);
        } else if (t->gamma && c < 3) {
            rgba[c] = on_curve(t->curve, bits << channel->left >> 24);
        } else {
            rgba[c] = channel_value(channel, bits);
        }
    }
    if (t->border_used) {
        for (unsigned c = 0; c < 4; c++) {
            rgba[c] = v_select(outside, v_float(t->border_channel[c]), rgba[c]);
        }
    }
    if (t->shadow) {
        shadow(t, reference, rgba);
    }
}

#endif
