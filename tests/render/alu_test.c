/* SPDX-License-Identifier: MIT */
/*
 * Random pixel programs against a plain scalar evaluation of their words: exact, but for EXP and
 * LOG, whose error has a bound.
 */
#include "tests/render/bed.h"

#include <math.h>
#include <string.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include "hw/model/render/internal.h"

#define SIZE   4
#define ROUNDS 1500

static uint32_t seed;

static uint32_t below(uint32_t limit)
{
    return bed_random(&seed) % limit;
}

static float number(void)
{
    static const float strange[] = {NAN,   INFINITY, -INFINITY,  0.0f,        -0.0f,       1.0f,
                                    3e38f, -3e38f,   8388609.0f, -8388607.5f, 16777215.0f, -0.5f};
    if (below(6) == 0) {
        return strange[below(sizeof(strange) / sizeof(strange[0]))];
    }
    return ((float)(bed_random(&seed) & 0xffff) / 32768.0f - 1.0f) * (below(2) ? 2.0f : 200.0f);
}

/* ---- the reference ---- */

struct machine {
    float file[8][32][4]; /* R T CONST - OC OD U, by number and channel */
};

/* oC and oD: their number does not matter. */
static bool only_one(uint32_t type)
{
    return type == 4 || type == 5;
}

static float source(const struct machine *m, uint32_t type, uint32_t index, uint32_t select)
{
    const uint32_t channel = select & 7;
    const float value = channel == 4   ? 0.0f
                        : channel == 5 ? 1.0f
                                       : m->file[type][only_one(type) ? 0 : index][channel];
    return select & 8 ? -value : value;
}

static float least(float a, float b)
{
    return a < b ? a : b;
}

static float clamped(float a)
{
    a = a > 0 ? a : 0;
    return a < 1 ? a : 1;
}

static float channel(uint32_t op, float a, float b, float c)
{
    switch (op) {
    case 1:
        return a + b;
    case 2:
        return a;
    case 3:
        return a * b;
    case 4: {
        const volatile float product = a * b;
        return product + c;
    }
    case 8:
        return a - floorf(a);
    case 0xd:
        return a >= 0 ? b : c;
    case 0xe:
        return least(a, b);
    case 0xf:
        return a >= b ? a : b;
    case 0x10:
        return floorf(a);
    case 0x11:
        return a - truncf(a);
    case 0x12:
        return truncf(a);
    case 0x13:
        return a >= b ? 1 : 0;
    default:
        return a < b ? 1 : 0;
    }
}

static float dot(float a[4], float b[4], unsigned count)
{
    volatile float sum = a[0] * b[0];
    for (unsigned i = 1; i < count; i++) {
        const volatile float product = a[i] * b[i];
        sum = sum + product;
    }
    return sum;
}

static void step(struct machine *m, const uint32_t *dw)
{
    const uint32_t op = dw[0] >> 24, type = dw[0] >> 19 & 7, index = dw[0] >> 14 & 15;
    float a[4], b[4], c[4], result[4];
    for (unsigned i = 0; i < 4; i++) {
        const uint32_t low = i < 2 ? dw[1] >> (4 - 4 * i) : dw[2] >> (28 - 4 * (i - 2));
        a[i] = source(m, dw[0] >> 7 & 7, dw[0] >> 2 & 31, dw[1] >> (28 - 4 * i) & 15);
        b[i] = source(m, dw[1] >> 13 & 7, dw[1] >> 8 & 31, low & 15);
        c[i] = source(m, dw[2] >> 21 & 7, dw[2] >> 16 & 31, dw[2] >> (12 - 4 * i) & 15);
    }
    for (unsigned i = 0; i < 4; i++) {
        result[i] = op == 5    ? dot(a, b, 2) + c[0]
                    : op == 6  ? dot(a, b, 3)
                    : op == 7  ? dot(a, b, 4)
                    : op == 9  ? 1.0f / a[0]
                    : op == 10 ? 1.0f / sqrtf(fabsf(a[0]))
                               : channel(op, a[i], b[i], c[i]);
    }
    for (unsigned i = 0; i < 4; i++) {
        if (dw[0] & 1u << (10 + i)) {
            const bool saturate = dw[0] & 1u << 22 || type == 4;
            m->file[type][only_one(type) ? 0 : index][i] =
                saturate ? clamped(result[i]) : result[i];
        }
    }
}

static uint32_t evaluate(struct machine *m, const uint32_t *dw, unsigned count)
{
#if defined(__SSE__)
    const unsigned mode = _mm_getcsr();
    _mm_setcsr(mode | 0x8040); /* denormals are zero */
#endif
    for (unsigned n = 0; n < count; n++) {
        if (dw[3 * n] >> 24 < 0x19) {
            step(m, dw + 3 * (size_t)n);
        }
    }
    static const int shifts[4] = {16, 8, 0, 24};
    uint32_t pixel = 0;
    for (int c = 0; c < 4; c++) {
        const volatile float scaled = clamped(m->file[4][0][c]) * 255.0f;
        pixel |= (uint32_t)(scaled + 0.5f) << shifts[c];
    }
#if defined(__SSE__)
    _mm_setcsr(mode);
#endif
    return pixel;
}

/* ---- random programs ---- */

static uint32_t selects(void)
{
    uint32_t select = 0;
    for (int i = 0; i < 4; i++) {
        select = select << 4 | (below(3) == 0 ? 8 : 0) | below(below(6) == 0 ? 6 : 4);
    }
    return select;
}

/* One constant register per instruction, as compilers keep to. */
static void operand(uint32_t constant, uint32_t *type, uint32_t *index)
{
    static const uint32_t kinds[] = {0, 0, 0, 1, 2, 4, 5, 6};
    *type = kinds[below(8)];
    *index = *type == 2 ? constant : *type == 1 ? 8 * below(2) : below(3);
}

static void arithmetic(uint32_t *dw, uint32_t op, uint32_t dst_type, uint32_t mask)
{
    uint32_t type[3], index[3], select[3];
    const uint32_t constant = below(6);
    for (int i = 0; i < 3; i++) {
        operand(constant, &type[i], &index[i]);
        select[i] = selects();
    }
    dw[0] = op << 24 | (below(5) == 0) << 22 | dst_type << 19 | below(3) << 14 | mask << 10 |
            type[0] << 7 | index[0] << 2;
    dw[1] = select[0] << 16 | type[1] << 13 | index[1] << 8 | select[1] >> 8;
    dw[2] = select[1] << 24 | type[2] << 21 | index[2] << 16 | select[2];
}

static unsigned write_program(uint32_t *dw)
{
    static const uint32_t ops[] = {1,  2,  3,  4,  5,    6,    7,    8,    9,
                                   10, 13, 14, 15, 0x10, 0x11, 0x12, 0x13, 0x14};
    const unsigned length = 1 + below(24);
    const uint32_t declarations[6] = {0x19080000 | 15u << 10, 0, 0, 0x190a3c00, 0, 0};
    memcpy(dw, declarations, sizeof(declarations));
    for (unsigned i = 0; i < length; i++) {
        static const uint32_t types[] = {0, 0, 0, 0, 0, 6, 4, 5};
        const uint32_t op = below(3) == 0 ? 2 : ops[below(18)];
        const uint32_t type = types[below(8)];
        /* oD without W: depth stays what it is */
        arithmetic(dw + 6 + 3 * (size_t)i, op, type, type == 5 ? 7 : 1 + below(15));
    }
    arithmetic(dw + 6 + 3 * (size_t)length, below(2) ? 8 : 2, 4, 15);
    return length + 3;
}

static void test_random_programs(void **state)
{
    struct bed *bed = *state;
    unsigned shown = 0;
    bed_target(bed, SIZE, SIZE);
    bed_state(bed, 0xfffffff2, 0x00902480, 0, S6_COLOR);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        static struct machine m;
        uint32_t dw[1 + 3 * 40], constants[2 + 24] = {0x7d060000 | 24, 0x3f};
        seed = round * 2654435761u + 99;
        memset(&m, 0, sizeof(m));
        const unsigned count = write_program(dw + 1);
        dw[0] = 0x7d050000 | (3 * count - 1);
        for (int i = 0; i < 24; i++) {
            const float value = number();
            m.file[2][i / 4][i % 4] = value;
            constants[2 + i] = bits_of(value);
        }
        bed_send(bed, constants, 26);
        bed_send(bed, dw, 1 + 3 * (size_t)count);
        uint32_t triangle[28] = {0x7f00001a};
        const uint32_t color = below(2) ? 0xff3f00c0 : 0x00ff8040;
        for (int i = 0; i < 4; i++) {
            m.file[1][0][i] = (float)(int)below(64) / 16.0f - 2.0f;
            m.file[1][8][i] = (float)(color >> (i == 3 ? 24 : 16 - 8 * i) & 255) * (1.0f / 255.0f);
        }
        for (int v = 0; v < 3; v++) {
            uint32_t *at = triangle + 1 + 9 * v;
            const float p[4] = {v == 1 ? 64.0f : -1.0f, v == 2 ? 64.0f : -1.0f, 0.5f, 1.0f};
            memcpy(at, p, sizeof(p));
            at[4] = color;
            memcpy(at + 5, m.file[1][0], 16);
        }
        bed_send(bed, triangle, 28);
        const uint32_t expected = evaluate(&m, dw + 1, count);
        const uint32_t pixel = bed_pixel(bed, COLOR_AT, SIZE * 4, (int)(round & 3), 2);
        shown += expected != 0 && expected != 0xffffffff;
        if (pixel != expected) {
            fail_msg("program %u: %08x, not %08x", round, pixel, expected);
        }
    }
    assert_true(shown > ROUNDS / 3);
}

/* (op(x) + add) * factor + 1/2 as the first channel shows it */
static double difference(struct bed *bed, uint32_t op, float x, float scale, float add,
                         float factor)
{
    const uint32_t program[] = {0x7d05000b, op << 24 | 15u << 10 | 2u << 7,
                                0,          0, /* r0 = op(c0.x) */
                                0x04003c00, 0x01234011,
                                0x11402222, /* r0 = r0 * c0.y + c0.z */
                                0x04003c00, 0x01234033,
                                0x33004444, /* r0 = r0 * c0.w + 0 */
                                0x01203c00, 0x01234100,
                                0x00000000}; /* oC = r0 + c1.x */
    uint32_t dw[13];
    memcpy(dw, program, sizeof(dw));
    SEND(bed, 0x7d060008, 3, bits_of(x), bits_of(scale), bits_of(add), bits_of(factor),
         bits_of(0.5f), 0, 0, 0);
    bed_send(bed, dw, 13);
    bed_fill(bed, 0, 0, SIZE, SIZE, 0, 0);
    const uint32_t pixel = bed_pixel(bed, COLOR_AT, SIZE * 4, 1, 1);
    return ((pixel >> 16 & 255) / 255.0 - 0.5) / factor;
}

static void test_exp_and_log_bounds(void **state)
{
    struct bed *bed = *state;
    bed_target(bed, SIZE, SIZE);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR);
    seed = 4;
    for (int i = 0; i < 1500; i++) {
        const float x = (float)(bed_random(&seed) & 0xffff) / 32768.0f * 20.0f - 20.0f;
        /* 2^x / its value - 1: two units in the last place, and the rounding of the check */
        const float inverse = (float)exp2(-(double)x);
        const double wrong = difference(bed, 11, x, inverse, -1.0f, 262144.0f);
        assert_true(fabs(wrong - ((double)inverse * exp2(x) - 1)) < 4e-7);
        const float y = (float)exp2((double)x * 2);
        const double log = log2(y);
        const double error = difference(bed, 12, y, 1.0f, (float)-log, 16384.0f);
        assert_true(fabs(error - (log - (double)(float)log)) < 8e-6);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {TEST(test_random_programs), TEST(test_exp_and_log_bounds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
