/* SPDX-License-Identifier: MIT */
/*
 * Random vertex formats: what the program finds in each T register, from inline vertices, vertex
 * buffers and element lists, through texture coordinate bindings, defaults and flat shading.
 */
#include "tests/render/bed.h"

#include <math.h>
#include <string.h>

#define SIZE 8

enum { TRILIST, RECTLIST = 7 };

static uint32_t seed;

static uint32_t pick(uint32_t count)
{
    return bed_random(&seed) % count;
}

/* Values that halfs and bytes can both carry: multiples of 1/255 would not do, of 1/256 do. */
static float pick_value(void)
{
    return (float)pick(257) / 256;
}

static uint32_t half_bits(float value)
{
    if (value == 0) {
        return 0;
    }
    int exponent;
    const float mantissa = frexpf(value, &exponent); /* 0.5 <= mantissa < 1 */
    return (uint32_t)(exponent + 14) << 10 | ((uint32_t)(mantissa * 2048) & 0x3ff);
}

static const struct {
    uint32_t dwords, components;
    bool half;
} sets[6] = {{2, 2, false}, {3, 3, false}, {4, 4, false},
             {1, 1, false}, {1, 2, true},  {2, 4, true}};

struct vertices {
    uint32_t s2, s3, s4, bindings, default_diffuse, default_specular;
    uint32_t size;   /* dwords of one */
    uint32_t dw[64]; /* of one, without x and y */
    float t[11][4];  /* what the program should find */
};

static void put_float(struct vertices *v, float value)
{
    v->dw[v->size++] = bits_of(value);
}

static uint32_t pick_argb(void)
{
    return bed_random(&seed) << 8 ^ bed_random(&seed);
}

static void expect_argb(float t[4], uint32_t argb)
{
    static const int shifts[4] = {16, 8, 0, 24};
    for (int c = 0; c < 4; c++) {
        t[c] = (float)(argb >> shifts[c] & 255) / 255;
    }
}

static void add_position(struct vertices *v)
{
    static const uint32_t parts[5] = {0, 1, 3, 0, 2}; /* 1: z, 2: w */
    const uint32_t format = 1 + pick(4);
    v->s4 |= format << 6;
    v->size = 2;
    if (parts[format] & 1) {
        put_float(v, pick_value());
    }
    if (parts[format] & 2) {
        put_float(v, 0.25f + pick_value());
    }
    if (pick(2)) {
        v->s4 |= 1u << 12;
        put_float(v, 3.0f);
    }
}

static void add_color(struct vertices *v, float t[4], uint32_t present, uint32_t forced,
                      uint32_t fallback)
{
    expect_argb(t, fallback);
    if (pick(2)) {
        const uint32_t argb = pick_argb();
        v->s4 |= 1u << present;
        v->dw[v->size++] = argb;
        expect_argb(t, argb);
    }
    if (pick(4) == 0) {
        v->s4 |= 1u << forced;
        expect_argb(t, fallback);
    }
}

static void add_extras(struct vertices *v)
{
    const float none[4] = {0, 0, 0, 1};
    memcpy(v->t[10], none, sizeof(none));
    if (pick(2)) {
        v->s4 |= 1u << 2;
        v->t[10][3] = pick_value();
        put_float(v, v->t[10][3]);
    }
    if (pick(2)) {
        v->s4 |= 1u << 9;
        put_float(v, pick_value());
        v->s4 |= pick(2) << 3;
    }
}

static void add_sets(struct vertices *v)
{
    float coordinate[8][4];
    for (uint32_t set = 0; set < 8; set++) {
        const uint32_t format = pick(7);
        const float none[4] = {0, 0, 0, 1};
        memcpy(coordinate[set], none, sizeof(none));
        v->s2 |= (format == 6 ? 15 : format) << 4 * set;
        if (format == 6) {
            continue;
        }
        for (uint32_t c = 0; c < sets[format].components; c++) {
            coordinate[set][c] = pick_value();
        }
        for (uint32_t i = 0; i < sets[format].dwords; i++) {
            const float *from = coordinate[set] + (sets[format].half ? 2 * i : i);
            v->dw[v->size++] = sets[format].half ? half_bits(from[0]) | half_bits(from[1]) << 16
                                                 : bits_of(from[0]);
        }
    }
    for (uint32_t unit = 0; unit < 8; unit++) {
        const uint32_t set = pick(8);
        v->bindings |= set << 3 * unit;
        memcpy(v->t[unit], coordinate[set], sizeof(coordinate[set]));
    }
}

static void pick_vertices(struct vertices *v)
{
    memset(v, 0, sizeof(*v));
    v->s3 = bed_random(&seed) & 0x11111111;
    v->s4 = 1u << 13 | 2u << 19 | pick(16) << 15;
    v->default_diffuse = pick_argb();
    v->default_specular = pick_argb();
    add_position(v);
    add_color(v, v->t[8], 10, 5, v->default_diffuse);
    add_color(v, v->t[9], 11, 4, v->default_specular);
    add_extras(v);
    add_sets(v);
}

/* DCL of a T register with all its channels; then oC is that register, a channel of it, or T10.w */
static void load_program(struct bed *bed, uint32_t t)
{
    const uint32_t select = t == 10 ? 0x33330000 : 0x01230000;
    const uint32_t mask = t == 10 ? 8 : 15;
    SEND(bed, 0x7d050005, 0x19080000 | t << 14 | mask << 10, 0, 0, 0x02203c80 | t << 2, select, 0);
}

/* A rectangle over the target, from where 'source' says. */
static void draw(struct bed *bed, const struct vertices *v, uint32_t source)
{
    static const float corners[3][2] = {{SIZE, SIZE}, {0, SIZE}, {0, 0}};
    uint32_t dw[3 * 64];
    for (uint32_t i = 0; i < 3; i++) {
        memcpy(dw + i * v->size, v->dw, 4 * v->size);
        memcpy(dw + i * v->size, corners[i], sizeof(corners[i]));
    }
    if (source == 0) {
        uint32_t command[1 + 3 * 64] = {0x7f000000 | RECTLIST << 18 | (3 * v->size - 1)};
        memcpy(command + 1, dw, 12 * v->size);
        bed_send(bed, command, 1 + 3 * v->size);
        return;
    }
    const uint32_t pitch = v->size + 1;
    for (uint32_t i = 0; i < 3; i++) {
        memcpy(bed_bytes(bed, VERTEX_AT) + 4 * pitch * (5 + i), dw + i * v->size, 4 * v->size);
    }
    SEND(bed, 0x7d040031, VERTEX_AT, v->size << 24 | pitch << 16);
    if (source == 1) {
        SEND(bed, 0x7f800000 | RECTLIST << 18 | 3, 5);
    } else {
        SEND(bed, 0x7f820000 | RECTLIST << 18 | 3, 6u << 16 | 5, 7);
    }
}

static void test_random_formats(void **state)
{
    struct bed *bed = *state;
    seed = 37;
    bed_target(bed, SIZE, SIZE);
    for (int round = 0; round < 1500; round++) {
        struct vertices v;
        pick_vertices(&v);
        SEND(bed, 0x7d990000, v.default_diffuse);
        SEND(bed, 0x7d9a0000, v.default_specular);
        SEND(bed, 0x76000000 | v.bindings);
        SEND(bed, 0x7d0407c4, v.s2, v.s3, v.s4, 0, S6_COLOR);
        const uint32_t t = pick(11);
        load_program(bed, t);
        memset(bed_bytes(bed, COLOR_AT), 0x5a, SIZE * SIZE * 4);
        draw(bed, &v, v.size < 63 ? pick(3) : 0);
        const uint32_t pixel = bed_pixel(bed, COLOR_AT, SIZE * 4, (int)pick(SIZE), (int)pick(SIZE));
        for (int c = 0; c < 4; c++) {
            static const int shifts[4] = {16, 8, 0, 24};
            const float expected = v.t[t][t == 10 ? 3 : c] * 255;
            const float actual = (float)(pixel >> shifts[c] & 255);
            if (fabsf(expected - actual) > 0.51f) {
                fail_msg("round %d S2 %08x S3 %08x S4 %08x bindings %06x: T%u channel %d is %f, "
                         "not %f",
                         round, v.s2, v.s3, v.s4, v.bindings, t, c, (double)actual,
                         (double)expected);
            }
        }
    }
}

/* One triangle of three colours; each group is flat or smooth as its own bit says. */
static void test_flat_bits(void **state)
{
    struct bed *bed = *state;
    bed_target(bed, SIZE, SIZE);
    for (uint32_t flat = 0; flat < 16; flat++) {
        for (uint32_t t = 8; t < 11; t++) {
            uint32_t dw[1 + 3 * 6] = {0x7f000011};
            static const float corners[3][3] = {{-8, -8, 0}, {24, -8, 0}, {-8, 24, 0}};
            for (uint32_t i = 0; i < 3; i++) {
                memcpy(dw + 1 + 6 * i, corners[i], 12);
                dw[4 + 6 * i] = i == 2 ? 0xffffffff : 0;
                dw[5 + 6 * i] = i == 2 ? 0xffffffff : 0;
                dw[6 + 6 * i] = i == 2 ? bits_of(1) : 0;
            }
            load_program(bed, t);
            bed_state(bed, 0xffffffff,
                      1u << 13 | 2u << 19 | 1u << 6 | 3u << 10 | 1u << 2 | flat << 15, 0, S6_COLOR);
            bed_send(bed, dw, 19);
            const uint32_t pixel = bed_pixel(bed, COLOR_AT, SIZE * 4, 2, 2);
            const bool rgb_flat = flat >> (t - 8) & 1 && t < 10;
            const bool fog_flat = t == 10 && flat >> 2 & 1;
            const bool alpha_flat = t == 10 ? fog_flat : flat >> 3 & 1;
            assert_int_equal((pixel & 0xffffff) == 0xffffff, rgb_flat || fog_flat);
            assert_int_equal(pixel >> 24 == 0xff, alpha_flat);
        }
    }
}

/* Around the seam: from 0.9 to 0.1 it is 0.2 across 1, and 0.8 without the wrap. */
static void test_shortest_wrap(void **state)
{
    struct bed *bed = *state;
    static const struct {
        float from, to, at_middle, wrapped;
    } cases[] = {{0.875f, 0.125f, 0.5f, 1.0f},
                 {0.125f, 0.875f, 0.5f, 0.0f},
                 {0.25f, 0.5f, 0.375f, 0.375f},
                 {3.875f, 0.125f, 2.0f, 4.0f}};
    bed_target(bed, SIZE, SIZE);
    /* T0.x / 4 */
    const float quarter[4] = {0.25f, 0.25f, 0.25f, 0.25f};
    SEND(bed, 0x7d060004, 1, bits_of(quarter[0]), bits_of(quarter[1]), bits_of(quarter[2]),
         bits_of(quarter[3]));
    SEND(bed, 0x7d050005, 0x19083c00, 0, 0, 0x03203c80, 0x01234001, 0x23000000);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (uint32_t axis = 0; axis < 4; axis++) {
            /* wrap one of x y z, or none; all components vary alike */
            const uint32_t s3 = axis < 3 ? 8u >> axis : 0;
            const float a = cases[i].from, b = cases[i].to;
            SEND(bed, 0x7d0407c4, 0xfffffff2, s3, 1u << 13 | 2u << 19 | 1u << 6, 0, S6_COLOR);
            SEND(bed, 0x7f000014, bits_of(0), bits_of(-8), 0, bits_of(a), bits_of(a), bits_of(a), 0,
                 bits_of(9), bits_of(-8), 0, bits_of(b), bits_of(b), bits_of(b), 0, bits_of(0),
                 bits_of(24), 0, bits_of(a), bits_of(a), bits_of(a), 0);
            const uint32_t pixel = bed_pixel(bed, COLOR_AT, SIZE * 4, 4, 2);
            for (uint32_t c = 0; c < 3; c++) {
                const float expected = c == axis ? cases[i].wrapped : cases[i].at_middle;
                const float actual = (float)(pixel >> (16 - 8 * c) & 255) * 4 / 255;
                if (fabsf(fminf(expected, 4) - actual) > 0.02f) {
                    fail_msg("case %zu axis %u channel %u: %f, not %f", i, axis, c, (double)actual,
                             (double)expected);
                }
            }
        }
    }
}

/* The same attribute with and without perspective, against the formula. */
static void test_interpolation(void **state)
{
    struct bed *bed = *state;
    seed = 41;
    bed_target(bed, 32, 32);
    load_program(bed, 0);
    for (int round = 0; round < 400; round++) {
        float x[3], y[3], w[3], a[3];
        uint32_t dw[1 + 3 * 8] = {0x7f000017};
        const bool off = pick(2);
        for (int i = 0; i < 3; i++) {
            x[i] = (float)pick(96 * 256) / 256 - 32;
            y[i] = (float)pick(96 * 256) / 256 - 32;
            w[i] = 0.05f + pick_value() * 2;
            a[i] = pick_value();
            const float v[8] = {x[i], y[i], 0.5f, w[i], a[i], a[i], 1 - a[i], 1};
            memcpy(dw + 1 + 8 * i, v, sizeof(v));
        }
        const double area =
            (double)(x[1] - x[0]) * (y[2] - y[0]) - (double)(x[2] - x[0]) * (y[1] - y[0]);
        if (fabs(area) < 100) {
            continue;
        }
        memset(bed_bytes(bed, COLOR_AT), 0, 32 * 32 * 4);
        SEND(bed, 0x7d0407c4, 0xfffffff2, off, 1u << 13 | 2u << 19 | 2u << 6, 0, S6_COLOR);
        bed_send(bed, dw, 25);
        for (int i = 0; i < 32 * 32; i++) {
            const uint32_t pixel = bed_pixel(bed, COLOR_AT, 128, i % 32, i / 32);
            if (pixel == 0) {
                continue;
            }
            const double px = i % 32 + 0.5, py = i / 32 + 0.5;
            const double l1 = ((px - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (py - y[0])) / area;
            const double l2 = ((x[1] - x[0]) * (py - y[0]) - (px - x[0]) * (y[1] - y[0])) / area;
            const double l[3] = {1 - l1 - l2, l1, l2};
            double sum = 0, weight = 0;
            for (int k = 0; k < 3; k++) {
                sum += l[k] * a[k] * (off ? 1 : w[k]);
                weight += l[k] * (off ? 1 : w[k]);
            }
            const double expected = sum / weight * 255;
            const double actual = pixel >> 8 & 255;
            if (fabs(expected - actual) > 0.52) {
                fail_msg("round %d pixel %d,%d: %f, not %f", round, i % 32, i / 32, actual,
                         expected);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVERY_KERNEL(test_random_formats), EVERY_KERNEL(test_flat_bits),
        EVERY_KERNEL(test_shortest_wrap), EVERY_KERNEL(test_interpolation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
