/* SPDX-License-Identifier: MIT */
/* The end of the pixel pipeline (gen3.md H): depth, stencil, blending and the buffers' formats. */
#ifndef GEMD_HW_MODEL_RENDER_KERNEL_MERGE_H
#define GEMD_HW_MODEL_RENDER_KERNEL_MERGE_H

#include "hw/model/render/internal.h"

/* ---- blocks in memory ---- */

SIMD v16u join_rows(const void *r0, const void *r1, const void *r2, const void *r3)
{
#if defined(__AVX512F__)
    /* built in registers: a 64-byte load of four 16-byte stores would stall */
    __m512i v = _mm512_castsi128_si512(_mm_loadu_si128(r0));
    v = _mm512_inserti32x4(v, _mm_loadu_si128(r1), 1);
    v = _mm512_inserti32x4(v, _mm_loadu_si128(r2), 2);
    v = _mm512_inserti32x4(v, _mm_loadu_si128(r3), 3);
    return (v16u)v;
#else
    uint32_t lanes[LANES] __attribute__((aligned(64)));
    memcpy(lanes, r0, 16);
    memcpy(lanes + 4, r1, 16);
    memcpy(lanes + 8, r2, 16);
    memcpy(lanes + 12, r3, 16);
    v16u v;
    memcpy(&v, lanes, sizeof(v));
    return v;
#endif
}

/* Rows of narrow pixels, widened to a dword each. */
SIMD void widen(uint32_t out[4], const uint8_t *row, unsigned cpp)
{
    for (unsigned c = 0; c < 4; c++) {
        uint16_t wide;
        if (cpp == 2) {
            memcpy(&wide, row + 2 * c, 2);
        } else {
            wide = row[c];
        }
        out[c] = wide;
    }
}

SIMD uint32_t slow_row(const struct target *target, int32_t y)
{
    return (uint32_t)(y + target->dy) << target->row_shift | target->row_offset;
}

static v16u load_slowly(struct worker *worker, const struct target *target, int32_t x, int32_t y,
                        uint32_t mask)
{
    v16u v = {0};
    for (; mask != 0; mask &= mask - 1) {
        const int lane = __builtin_ctz(mask);
        const uint32_t column = (uint32_t)(x + (lane & 3) + target->dx);
        const uint64_t offset = surface_offset(&target->surface, column * target->cpp,
                                               slow_row(target, y + (lane >> 2)));
        v[lane] = surface_read(worker, &target->surface, offset, target->cpp, RENDER_ER_TARGET);
    }
    return v;
}

static void store_slowly(struct worker *worker, const struct target *target, int32_t x, int32_t y,
                         uint32_t mask, v16u v)
{
    for (; mask != 0; mask &= mask - 1) {
        const int lane = __builtin_ctz(mask);
        const uint32_t column = (uint32_t)(x + (lane & 3) + target->dx);
        const uint64_t offset = surface_offset(&target->surface, column * target->cpp,
                                               slow_row(target, y + (lane >> 2)));
        surface_write(worker, &target->surface, offset, target->cpp, v[lane]);
    }
}

SIMD uint8_t *block_address(const struct target *target, int32_t x, int32_t y)
{
    const uint32_t column = (uint32_t)(x + target->dx) * target->cpp;
    /* An uncovered first row of the block may lie before a depth buffer of its own origin. */
    const int32_t row = y + target->dy;
    const int64_t pitch = target->surface.pitch;
    uint8_t *base = target->surface.base;
    switch (target->surface.tiling) {
    case GEN3_TILED_X:
        return base + (row >> 3) * (pitch * 8) + (column >> 9) * 4096 + (row & 7) * 512 +
               (column & 511);
    case GEN3_TILED_Y:
        return base + (row >> 5) * (pitch * 32) + (column >> 7) * 4096 + (column >> 4 & 7) * 512 +
               (row & 31) * 16 + (column & 15);
    case GEN3_TILED_Y_915:
        return base + (row >> 3) * (pitch * 8) + (column >> 9) * 4096 + (column >> 4 & 31) * 128 +
               (row & 7) * 16 + (column & 15);
    default:
        return base + row * pitch + column;
    }
}

/* Rows without a covered pixel may lie outside the buffer: a row that does not is read instead. */
SIMD void block_rows(const struct target *target, uint8_t *block, uint32_t mask, uint8_t *rows[4])
{
    uint8_t *inside = block + (uint32_t)(__builtin_ctz(mask) >> 2) * target->row_step;
    for (unsigned r = 0; r < 4; r++) {
        rows[r] = mask & 15u << 4 * r ? block + r * target->row_step : inside;
    }
}

SIMD v16u load_block(struct worker *worker, const struct target *target, int32_t x, int32_t y,
                     uint32_t mask)
{
    if (__builtin_expect(!target->direct, 0)) {
        return load_slowly(worker, target, x, y, mask);
    }
    uint8_t *rows[4];
    block_rows(target, block_address(target, x, y), mask, rows);
    if (target->cpp == 4) {
        return join_rows(rows[0], rows[1], rows[2], rows[3]);
    }
    uint32_t wide[4][4];
    for (unsigned r = 0; r < 4; r++) {
        widen(wide[r], rows[r], target->cpp);
    }
    return join_rows(wide[0], wide[1], wide[2], wide[3]);
}

/* Lanes outside the mask must hold what load_block() gave: whole rows are written. */
SIMD void store_block(struct worker *worker, const struct target *target, int32_t x, int32_t y,
                      uint32_t mask, v16u v)
{
    if (__builtin_expect(!target->direct, 0)) {
        store_slowly(worker, target, x, y, mask, v);
        return;
    }
    uint8_t *block = block_address(target, x, y);
    const uint32_t step = target->row_step;
    if (target->cpp == 4) {
#if defined(__AVX512F__)
        const __m128i r[4] = {
            _mm512_castsi512_si128((__m512i)v), _mm512_extracti32x4_epi32((__m512i)v, 1),
            _mm512_extracti32x4_epi32((__m512i)v, 2), _mm512_extracti32x4_epi32((__m512i)v, 3)};
#else
        uint32_t r[4][4] __attribute__((aligned(64)));
        memcpy(r, &v, sizeof(r));
#endif
        /* rows without a pixel go nowhere: cheaper than a branch that nobody can predict */
        uint8_t nowhere[16];
        for (unsigned row = 0; row < 4; row++) {
            memcpy(mask & 15u << 4 * row ? block + row * step : nowhere, &r[row], 16);
        }
        return;
    }
    for (unsigned lane = 0; lane < LANES; lane++) {
        if (mask & 1u << lane) {
            const uint32_t value = v[lane];
            memcpy(block + (lane >> 2) * step + (lane & 3) * target->cpp, &value, target->cpp);
        }
    }
}

/* ---- depth and stencil ---- */

/* Compare codes of gen3.md E.3, for values below 2^31. */
SIMD v16i compare(unsigned func, v16i a, v16i b)
{
    switch (func) {
    case 0:
        return v_int(-1);
    case 1:
        return v_int(0);
    case 2:
        return v_lt_int(a, b);
    case 3:
        return v_eq_int(a, b);
    case 4:
        return v_le_int(a, b);
    case 5:
        return v_gt_int(a, b);
    case 6:
        return v_ne_int(a, b);
    default:
        return v_ge_int(a, b);
    }
}

static v16i stencil_op(unsigned op, v16i value, uint8_t ref)
{
    switch (op) {
    case 1:
        return v_int(0);
    case 2:
        return v_int(ref);
    case 3:
        return v_min_int(value + 1, v_int(255));
    case 4:
        return v_max_int(value - 1, v_int(0));
    case 5:
        return (value + 1) & 255;
    case 6:
        return (value - 1) & 255;
    case 7:
        return value ^ 255;
    default:
        return value;
    }
}

/* Floats from 2^-14 up keep 12 or 20 bits of mantissa; below, steps are those at 2^-14. */
static v16i small_float(v16f z, const struct pixel_state *pixel)
{
    const int mantissa = pixel->depth_bytes == 2 ? 12 : 20, drop = 23 - mantissa;
    const v16i normal = ((v_bits(z) + (1 << (drop - 1))) >> drop) - ((127 - 15) << mantissa);
    const v16i tiny = v_round_int(z * (pixel->depth_scale * 16384.0f));
    return v_select_int(v_lt(z, v_float(1.0f / 16384.0f)), tiny, normal);
}

/* Depth as it is stored. */
SIMD v16i depth_value(const struct pixel_state *pixel, v16f z)
{
    const v16f inside = v_saturate(z);
    if (__builtin_expect(pixel->depth_float, 0)) {
        return small_float(inside, pixel);
    }
    return v_round_int(inside * pixel->depth_scale);
}

/* All of stencil and depth for 24+8 bits; *raw changes in the lanes of 'covered'. */
static v16i stencil_and_depth(const struct pixel_state *pixel, const struct stencil_state *state,
                              v16i covered, v16i z, v16u *raw)
{
    const v16i old = (v16i)(*raw >> 24);
    const v16i old_z = (v16i)(*raw & 0xffffff);
    const v16i stencil_pass = covered & compare(state->func, v_int(state->ref & state->test_mask),
                                                old & (int32_t)state->test_mask);
    const v16i pass =
        pixel->depth_test ? stencil_pass & compare(pixel->depth_func, z, old_z) : stencil_pass;
    if (pixel->stencil_write) {
        v16i value = v_select_int(pass, stencil_op(state->zpass, old, state->ref),
                                  stencil_op(state->zfail, old, state->ref));
        value = v_select_int(stencil_pass, value, stencil_op(state->fail, old, state->ref));
        value = (old & ~(int32_t)state->write_mask) | (value & (int32_t)state->write_mask);
        *raw = (*raw & 0xffffff) | (v16u)v_select_int(covered, value, old) << 24;
    }
    if (pixel->depth_write) {
        *raw = (*raw & 0xff000000) | (v16u)v_select_int(pass, z, old_z);
    }
    return pass;
}

/* Returns the pixels that pass. */
SIMD uint32_t depth_stencil(struct worker *worker, int32_t x, int32_t y, uint32_t mask, v16f z)
{
    const struct pixel_state *pixel = &worker->draw->pixel;
    const v16i covered = v_from_mask(mask);
    v16u raw = load_block(worker, &worker->draw->depth, x, y, mask);
    const v16i value = depth_value(pixel, z);
    v16i pass;
    if (pixel->stencil_test && pixel->depth_bytes == 4) {
        const struct stencil_state *state = &pixel->stencil[worker->planes->back];
        pass = stencil_and_depth(pixel, state, covered, value, &raw);
    } else {
        pass = covered;
        if (pixel->depth_test) {
            const v16u z_bits = pixel->depth_bytes == 4 ? raw & 0xffffff : raw;
            pass &= compare(pixel->depth_func, value, (v16i)z_bits);
        }
        if (pixel->depth_write) {
            raw = v_select_uint(pass, (raw & 0xff000000) | (v16u)value, raw);
        }
        const uint32_t passed = v_signs(pass);
        if (pixel->depth_write && passed != 0) {
            store_block(worker, &worker->draw->depth, x, y, passed, raw);
        }
        return passed;
    }
    store_block(worker, &worker->draw->depth, x, y, mask, raw);
    return v_signs(pass);
}

/* ---- colour ---- */

/* 4x4 ordered thresholds in sixteenths. */
SIMD v16f dither_threshold(const struct pixel_state *pixel, int32_t x, int32_t y)
{
    static const uint8_t matrix[4][4] = {
        {0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};
    v16f threshold;
    for (int lane = 0; lane < LANES; lane++) {
        const int row = (y + (lane >> 2) + pixel->dither_y) & 3;
        const int column = (x + (lane & 3) + pixel->dither_x) & 3;
        threshold[lane] = ((float)matrix[row][column] + 0.5f) * (1.0f / 16.0f);
    }
    return threshold;
}

SIMD v16u quantise(v16f value, float max, v16f threshold)
{
    return (v16u)v_truncate_int(v_saturate(value) * max + threshold);
}

/* Where the channels r g b a are in a pixel: the lowest bit, and the largest value. */
struct color_layout {
    uint8_t shift[4];
    uint16_t max[4];
};

static const struct color_layout color_layouts[16] = {
    [COLOR_8] = {{0, 0, 0, 0}, {0, 255, 0, 0}},
    [COLOR_X1555] = {{10, 5, 0, 15}, {31, 31, 31, 1}},
    [COLOR_565] = {{11, 5, 0, 0}, {31, 63, 31, 0}},
    [COLOR_8888] = {{16, 8, 0, 24}, {255, 255, 255, 255}},
    [COLOR_4444] = {{8, 4, 0, 12}, {15, 15, 15, 15}},
    [COLOR_1555] = {{10, 5, 0, 15}, {31, 31, 31, 1}},
    [COLOR_2101010] = {{20, 10, 0, 30}, {1023, 1023, 1023, 3}},
};

SIMD v16u pack_8888(const v16f rgba[4])
{
    const v16f half = v_float(0.5f);
    return quantise(rgba[0], 255.0f, half) << 16 | quantise(rgba[1], 255.0f, half) << 8 |
           quantise(rgba[2], 255.0f, half) | quantise(rgba[3], 255.0f, half) << 24;
}

static v16u pack(const struct pixel_state *pixel, int32_t x, int32_t y, const v16f rgba[4])
{
    const struct color_layout *layout = &color_layouts[pixel->color_format];
    const v16f dithered = pixel->dither ? dither_threshold(pixel, x, y) : v_float(0.5f);
    v16u packed = {0};
    for (unsigned c = 0; c < 4; c++) {
        const v16f threshold = layout->max[c] < 255 ? dithered : v_float(0.5f);
        packed |= quantise(rgba[c], layout->max[c], threshold) << layout->shift[c];
    }
    return packed;
}

SIMD void unpack(unsigned format, v16u raw, v16f rgba[4])
{
    if (format == COLOR_8888) {
        for (unsigned c = 0; c < 4; c++) {
            static const uint8_t shifts[4] = {16, 8, 0, 24};
            rgba[c] = v_from_int((v16i)(raw >> shifts[c] & 255)) * (1.0f / 255.0f);
        }
        return;
    }
    const struct color_layout *layout = &color_layouts[format];
    for (unsigned c = 0; c < 4; c++) {
        const v16u bits = raw >> layout->shift[c] & layout->max[c];
        rgba[c] =
            layout->max[c] != 0 ? v_from_int((v16i)bits) / (float)layout->max[c] : v_float(1.0f);
    }
    if (format == COLOR_8) {
        rgba[0] = rgba[2] = rgba[3] = rgba[1];
    } else if (format == COLOR_X1555) {
        rgba[3] = v_float(1.0f);
    }
}

struct blend_inputs {
    const v16f *src, *dst;
    const float *constant;
};

SIMD v16f blend_factor(unsigned code, unsigned c, const struct blend_inputs *in)
{
    switch (code) {
    case 2:
        return v_float(1.0f);
    case 3:
        return in->src[c];
    case 4:
        return 1.0f - in->src[c];
    case 5:
        return in->src[3];
    case 6:
        return 1.0f - in->src[3];
    case 7:
        return in->dst[3];
    case 8:
        return 1.0f - in->dst[3];
    case 9:
        return in->dst[c];
    case 10:
        return 1.0f - in->dst[c];
    case 11:
        return c == 3 ? v_float(1.0f) : v_min(in->src[3], 1.0f - in->dst[3]);
    case 12:
        return v_float(in->constant[c]);
    case 13:
        return v_float(1.0f - in->constant[c]);
    case 14:
        return v_float(in->constant[3]);
    case 15:
        return v_float(1.0f - in->constant[3]);
    default:
        return v_float(0.0f);
    }
}

static v16f blend_channel(const struct blend_equation *equation, unsigned c,
                          const struct blend_inputs *in)
{
    if (equation->func == 3) {
        return v_min(in->src[c], in->dst[c]);
    }
    if (equation->func == 4) {
        return v_max(in->src[c], in->dst[c]);
    }
    const v16f s = in->src[c] * blend_factor(equation->src, c, in);
    const v16f d = in->dst[c] * blend_factor(equation->dst, c, in);
    return equation->func == 0 ? s + d : equation->func == 1 ? s - d : d - s;
}

SIMD void blend_with(const struct pixel_state *pixel, const v16f dst[4], v16f rgba[4])
{
    v16f src[4];
    for (unsigned c = 0; c < 4; c++) {
        src[c] = v_saturate(rgba[c]);
    }
    const struct blend_inputs in = {src, dst, pixel->blend_color};
    for (unsigned c = 0; c < 4; c++) {
        rgba[c] = blend_channel(c == 3 ? &pixel->alpha : &pixel->rgb, c, &in);
    }
}

static void blend(const struct pixel_state *pixel, v16u old, v16f rgba[4])
{
    v16f dst[4];
    unpack(pixel->color_format, old, dst);
    blend_with(pixel, dst, rgba);
}

/* Bit 3 - 2 s - d of the code is not its result for (s, d): the table is written out. */
static v16u logic(unsigned code, v16u s, v16u d)
{
    switch (code) {
    case 0x0:
        return s ^ s;
    case 0x1:
        return ~(s | d);
    case 0x2:
        return ~s & d;
    case 0x3:
        return ~s;
    case 0x4:
        return s & ~d;
    case 0x5:
        return ~d;
    case 0x6:
        return s ^ d;
    case 0x7:
        return ~(s & d);
    case 0x8:
        return s & d;
    case 0x9:
        return ~(s ^ d);
    case 0xa:
        return d;
    case 0xb:
        return ~s | d;
    case 0xc:
        return s;
    case 0xd:
        return s | ~d;
    case 0xe:
        return s | d;
    default:
        return s | ~s;
    }
}

/* Stores packed pixels; 'old' is read here unless the caller already has it. */
SIMD void store_color(struct worker *worker, int32_t x, int32_t y, uint32_t mask, v16u packed)
{
    if (mask != 0xffff) {
        const v16u old = load_block(worker, &worker->draw->color, x, y, mask);
        packed = v_select_uint(v_from_mask(mask), packed, old);
    }
    store_block(worker, &worker->draw->color, x, y, mask, packed);
}

#include "hw/model/render/kernel_special.h"

static void merge_color(struct worker *worker, int32_t x, int32_t y, uint32_t mask, v16f rgba[4])
{
    const struct pixel_state *pixel = &worker->draw->pixel;
    const v16u old = load_block(worker, &worker->draw->color, x, y, mask);
    if (__builtin_expect(pixel->special_color, 0)) {
        const v16u merged = merge_special(pixel, old, rgba);
        store_block(worker, &worker->draw->color, x, y, mask,
                    v_select_uint(v_from_mask(mask), merged, old));
        return;
    }
    if (pixel->blend) {
        blend(pixel, old, rgba);
    }
    v16u packed = pixel->color_format == COLOR_8888 ? pack_8888(rgba) : pack(pixel, x, y, rgba);
    if (pixel->logic_op) {
        packed = logic(pixel->logic_code, packed, old);
    }
    packed = (packed & pixel->write_bits) | (old & ~pixel->write_bits);
    packed = v_select_uint(v_from_mask(mask), packed, old);
    store_block(worker, &worker->draw->color, x, y, mask, packed);
}

SIMD void write_color(struct worker *worker, int32_t x, int32_t y, uint32_t mask, v16f rgba[4])
{
    const struct pixel_state *pixel = &worker->draw->pixel;
    if (pixel->color_read) {
        merge_color(worker, x, y, mask, rgba);
    } else if (pixel->color_format == COLOR_8888) {
        store_color(worker, x, y, mask, pack_8888(rgba));
    } else {
        store_color(worker, x, y, mask, pack(pixel, x, y, rgba));
    }
}

SIMD uint32_t alpha_test(const struct pixel_state *pixel, uint32_t mask, v16f alpha)
{
    const v16i value = (v16i)quantise(alpha, 255.0f, v_float(0.5f));
    const v16i ref = v_int((int32_t)(pixel->alpha_ref * 255.0f + 0.5f));
    return mask & v_signs(compare(pixel->alpha_func, value, ref));
}

#endif
