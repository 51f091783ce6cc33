/* SPDX-License-Identifier: MIT */
/*
 * Sixteen lanes at once: one 4x4 block of pixels, lane = row * 4 + column.
 *
 * The types are GCC's generic vectors, so the same source becomes SSE2 or AVX-512 code; each
 * operation is IEEE single precision per lane and the results are the same bits at every level.
 */
#ifndef GEMD_HW_MODEL_RENDER_SIMD_H
#define GEMD_HW_MODEL_RENDER_SIMD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#define LANES 16

typedef float v16f __attribute__((vector_size(64)));
typedef int32_t v16i __attribute__((vector_size(64)));
typedef uint32_t v16u __attribute__((vector_size(64)));

#define SIMD static inline __attribute__((always_inline))

SIMD v16f v_float(float value)
{
    return (v16f){0} + value;
}

SIMD v16i v_int(int32_t value)
{
    return (v16i){0} + value;
}

SIMD v16u v_uint(uint32_t value)
{
    return (v16u){0} + value;
}

SIMD v16i v_bits(v16f value)
{
    return (v16i)value;
}

/*
 * The compiler splits arithmetic on 16 lanes into what the machine has, but comparisons and
 * conversions into single lanes; so these are split here.
 */
#if defined(__AVX512F__)
#define CHUNK_BYTES 64
#elif defined(__AVX__)
#define CHUNK_BYTES 32
#else
#define CHUNK_BYTES 16
#endif
#define CHUNKS (64 / CHUNK_BYTES)

typedef float chunk_f __attribute__((vector_size(CHUNK_BYTES)));
typedef int32_t chunk_i __attribute__((vector_size(CHUNK_BYTES)));

#define V_BY_CHUNKS(name, result, chunk_result, argument, chunk, expression)                       \
    SIMD result name(argument left, argument right)                                                \
    {                                                                                              \
        chunk a[CHUNKS], b[CHUNKS];                                                                \
        chunk_result r[CHUNKS];                                                                    \
        result all;                                                                                \
        memcpy(a, &left, sizeof(a));                                                               \
        memcpy(b, &right, sizeof(b));                                                              \
        for (unsigned i = 0; i < CHUNKS; i++) {                                                    \
            r[i] = expression;                                                                     \
        }                                                                                          \
        memcpy(&all, r, sizeof(all));                                                              \
        return all;                                                                                \
    }

#define V_COMPARISONS(suffix, argument, chunk)                                                     \
    V_BY_CHUNKS(v_lt##suffix, v16i, chunk_i, argument, chunk, a[i] < b[i])                         \
    V_BY_CHUNKS(v_le##suffix, v16i, chunk_i, argument, chunk, a[i] <= b[i])                        \
    V_BY_CHUNKS(v_gt##suffix, v16i, chunk_i, argument, chunk, a[i] > b[i])                         \
    V_BY_CHUNKS(v_ge##suffix, v16i, chunk_i, argument, chunk, a[i] >= b[i])                        \
    V_BY_CHUNKS(v_eq##suffix, v16i, chunk_i, argument, chunk, a[i] == b[i])                        \
    V_BY_CHUNKS(v_ne##suffix, v16i, chunk_i, argument, chunk, a[i] != b[i])

/* 0 or -1 per lane */
V_COMPARISONS(, v16f, chunk_f)
V_COMPARISONS(_int, v16i, chunk_i)

/* a < b ? a : b, and a > b ? a : b: with a NaN, or two zeros, b; as the x86 instructions do */
#if defined(__AVX512F__)
V_BY_CHUNKS(v_min, v16f, chunk_f, v16f, chunk_f, (chunk_f)_mm512_min_ps(a[i], b[i]))
V_BY_CHUNKS(v_max, v16f, chunk_f, v16f, chunk_f, (chunk_f)_mm512_max_ps(a[i], b[i]))
#elif defined(__AVX__)
V_BY_CHUNKS(v_min, v16f, chunk_f, v16f, chunk_f, (chunk_f)_mm256_min_ps(a[i], b[i]))
V_BY_CHUNKS(v_max, v16f, chunk_f, v16f, chunk_f, (chunk_f)_mm256_max_ps(a[i], b[i]))
#elif defined(__SSE2__)
V_BY_CHUNKS(v_min, v16f, chunk_f, v16f, chunk_f, (chunk_f)_mm_min_ps(a[i], b[i]))
V_BY_CHUNKS(v_max, v16f, chunk_f, v16f, chunk_f, (chunk_f)_mm_max_ps(a[i], b[i]))
#else
V_BY_CHUNKS(v_min, v16f, chunk_f, v16f, chunk_f,
            (chunk_f)(((chunk_i)a[i] & (a[i] < b[i])) | ((chunk_i)b[i] & ~(a[i] < b[i]))))
V_BY_CHUNKS(v_max, v16f, chunk_f, v16f, chunk_f,
            (chunk_f)(((chunk_i)a[i] & (a[i] > b[i])) | ((chunk_i)b[i] & ~(a[i] > b[i]))))
#endif

/* mask lanes are 0 or -1 */
SIMD v16f v_select(v16i mask, v16f yes, v16f no)
{
    return (v16f)(((v16i)yes & mask) | ((v16i)no & ~mask));
}

SIMD v16i v_select_int(v16i mask, v16i yes, v16i no)
{
    return (yes & mask) | (no & ~mask);
}

SIMD v16u v_select_uint(v16i mask, v16u yes, v16u no)
{
    return (yes & (v16u)mask) | (no & ~(v16u)mask);
}

SIMD v16i v_min_int(v16i a, v16i b)
{
    return v_select_int(v_lt_int(a, b), a, b);
}

SIMD v16i v_max_int(v16i a, v16i b)
{
    return v_select_int(v_gt_int(a, b), a, b);
}

/* NaN becomes 0. */
SIMD v16f v_saturate(v16f a)
{
    return v_min(v_max(a, v_float(0.0f)), v_float(1.0f));
}

SIMD v16f v_abs(v16f a)
{
    return (v16f)(v_bits(a) & v_int(0x7fffffff));
}

/* Towards zero. The value must fit; callers clamp first. */
SIMD v16i v_truncate_int(v16f a)
{
    chunk_f from[CHUNKS];
    chunk_i to[CHUNKS];
    v16i all;
    memcpy(from, &a, sizeof(from));
    for (unsigned i = 0; i < CHUNKS; i++) {
        to[i] = __builtin_convertvector(from[i], chunk_i);
    }
    memcpy(&all, to, sizeof(all));
    return all;
}

/* To the nearest; halves to the even one. What does not fit becomes the least integer. */
SIMD v16i v_round_int(v16f a)
{
    v16i all;
#if defined(__AVX512F__)
    all = (v16i)_mm512_cvtps_epi32((__m512)a);
#elif defined(__SSE2__)
    __m128 from[4];
    __m128i to[4];
    memcpy(from, &a, sizeof(from));
    for (unsigned i = 0; i < 4; i++) {
        to[i] = _mm_cvtps_epi32(from[i]);
    }
    memcpy(&all, to, sizeof(all));
#else
    for (int lane = 0; lane < LANES; lane++) {
        const bool fits = a[lane] >= -2147483648.0f && a[lane] < 2147483648.0f;
        all[lane] = fits ? (int32_t)__builtin_rintf(a[lane]) : INT32_MIN;
    }
#endif
    return all;
}

SIMD v16f v_from_int(v16i a)
{
    chunk_i from[CHUNKS];
    chunk_f to[CHUNKS];
    v16f all;
    memcpy(from, &a, sizeof(from));
    for (unsigned i = 0; i < CHUNKS; i++) {
        to[i] = __builtin_convertvector(from[i], chunk_f);
    }
    memcpy(&all, to, sizeof(all));
    return all;
}

/* The integer towards zero, or below, with the operand's sign even where it is zero. */
#if defined(__AVX512F__)
SIMD v16f v_truncate(v16f a)
{
    return (v16f)_mm512_roundscale_ps((__m512)a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}

SIMD v16f v_floor(v16f a)
{
    return (v16f)_mm512_roundscale_ps((__m512)a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}
#else
/* From 2^23 on every float is an integer; smaller ones go through int32. */
SIMD v16f v_truncate(v16f a)
{
    const v16i small = v_lt(v_abs(a), v_float(8388608.0f));
    const v16i sign = v_bits(a) & v_int(INT32_MIN);
    const v16f whole = v_from_int(v_truncate_int(v_select(small, a, v_float(0.0f))));
    return v_select(small, (v16f)(v_bits(whole) | sign), a);
}

SIMD v16f v_floor(v16f a)
{
    const v16f whole = v_truncate(a);
    return whole - (v16f)(v_bits(v_float(1.0f)) & v_gt(whole, a));
}
#endif

SIMD v16i v_floor_int(v16f a)
{
    const v16f limit = v_float(1073741824.0f);
    const v16f clamped = v_max(v_min(a, limit), -limit);
    const v16i whole = v_truncate_int(clamped);
    return whole + v_gt(v_from_int(whole), clamped);
}

SIMD v16f v_sqrt(v16f a)
{
    chunk_f part[CHUNKS];
    memcpy(part, &a, sizeof(part));
    for (unsigned i = 0; i < CHUNKS; i++) {
#if defined(__AVX512F__)
        part[i] = (chunk_f)_mm512_sqrt_ps((__m512)part[i]);
#elif defined(__AVX__)
        part[i] = (chunk_f)_mm256_sqrt_ps((__m256)part[i]);
#elif defined(__SSE2__)
        part[i] = (chunk_f)_mm_sqrt_ps((__m128)part[i]);
#else
        for (unsigned lane = 0; lane < CHUNK_BYTES / 4; lane++) {
            part[i][lane] = __builtin_sqrtf(part[i][lane]);
        }
#endif
    }
    memcpy(&a, part, sizeof(a));
    return a;
}

/* Bit 'lane' of mask, spread to 0 or -1. */
SIMD v16i v_from_mask(uint32_t mask)
{
    const v16i bits = {1 << 0, 1 << 1, 1 << 2,  1 << 3,  1 << 4,  1 << 5,  1 << 6,  1 << 7,
                       1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15};
    return v_ne_int(v_int((int32_t)mask) & bits, v_int(0));
}

/* The sign bits of all lanes. */
SIMD uint32_t v_signs(v16i a)
{
#if defined(__AVX512DQ__)
    return _mm512_movepi32_mask((__m512i)a);
#elif defined(__AVX__)
    __m256 half[2];
    memcpy(half, &a, sizeof(a));
    return (uint32_t)_mm256_movemask_ps(half[0]) | (uint32_t)_mm256_movemask_ps(half[1]) << 8;
#elif defined(__SSE2__)
    __m128 part[4];
    memcpy(part, &a, sizeof(a));
    return (uint32_t)_mm_movemask_ps(part[0]) | (uint32_t)_mm_movemask_ps(part[1]) << 4 |
           (uint32_t)_mm_movemask_ps(part[2]) << 8 | (uint32_t)_mm_movemask_ps(part[3]) << 12;
#else
    uint32_t mask = 0;
    for (int lane = 0; lane < LANES; lane++) {
        mask |= ((uint32_t)a[lane] >> 31) << lane;
    }
    return mask;
#endif
}

/* Column and row of each lane inside its block. */
SIMD v16i v_columns(void)
{
    return (v16i){0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3};
}

SIMD v16i v_rows(void)
{
    return (v16i){0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3};
}

/* 2^a; error below 2 units in the last place. Overflow gives infinity, underflow zero. */
SIMD v16f v_exp2(v16f a)
{
    const v16f clamped = v_max(v_min(a, v_float(129.0f)), v_float(-140.0f));
    const v16f whole = v_floor(clamped + 0.5f);
    const v16f x = (clamped - whole) * 0.69314718056f;
    v16f sum = v_float(1.9875691500e-4f);
    sum = sum * x + 1.3981999507e-3f;
    sum = sum * x + 8.3334519073e-3f;
    sum = sum * x + 4.1665795894e-2f;
    sum = sum * x + 1.6666665459e-1f;
    sum = sum * x + 5.0000001201e-1f;
    sum = sum * x * x + x + 1.0f;
    /* two steps, so that neither factor leaves the exponent's range */
    const v16i exponent = v_truncate_int(whole);
    const v16i half = exponent >> 1;
    const v16f first = (v16f)((half + 127) << 23);
    const v16f second = (v16f)((exponent - half + 127) << 23);
    return sum * first * second;
}

/* log2 |a|; zero and denormals give minus infinity, infinity and NaN themselves: a NaN's bits,
 * which differ between instruction sets, must not become numbers. */
SIMD v16f v_log2(v16f a)
{
    const v16i bits = v_bits(v_abs(a));
    const v16i shifted = bits - v_int(0x3f3504f3); /* sqrt(1/2) */
    const v16f exponent = v_from_int(shifted >> 23);
    const v16f m = (v16f)(bits - (shifted & v_int((int32_t)0xff800000)));
    const v16f t = (m - 1.0f) / (m + 1.0f);
    const v16f t2 = t * t;
    v16f sum = v_float(0.3205989f); /* 2 / (9 ln 2) */
    sum = sum * t2 + 0.41219858f;
    sum = sum * t2 + 0.57707802f;
    sum = sum * t2 + 0.96179669f;
    sum = sum * t2 + 2.88539008f;
    const v16f result = sum * t + exponent;
    const v16f finite = v_select(v_ge_int(bits, v_int(0x7f800000)), v_abs(a), result);
    return v_select(v_lt_int(bits, v_int(0x00800000)), v_float(-__builtin_inff()), finite);
}

#endif
