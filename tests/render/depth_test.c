/* SPDX-License-Identifier: MIT */
/*
 * Random states of depth and stencil against plain scalar code, exactly: all functions, operations,
 * masks and depth formats, front and back faces.
 */
#include "tests/render/bed.h"

#include <math.h>
#include <string.h>

#define SIZE 16

struct face {
    uint32_t func, fail, zfail, zpass, ref, test_mask, write_mask;
};

struct setting {
    uint32_t format; /* DST_BUF_VARS 3:2 */
    bool depth_test, depth_write, stencil_test, stencil_write, two_sided, alpha_test;
    uint32_t depth_func;
    struct face face[2]; /* clockwise, counter-clockwise */
};

static uint32_t seed;

static uint32_t pick(uint32_t count)
{
    return bed_random(&seed) % count;
}

static bool compared(uint32_t func, uint32_t a, uint32_t b)
{
    const bool results[8] = {true, false, a<b, a == b, a <= b, a> b, a != b, a >= b};
    return results[func];
}

static uint32_t operated(uint32_t op, uint32_t old, uint32_t ref)
{
    const uint32_t results[8] = {old,
                                 0,
                                 ref,
                                 old < 255 ? old + 1 : 255,
                                 old > 0 ? old - 1 : 0,
                                 (old + 1) & 255,
                                 (old - 1) & 255,
                                 ~old & 255};
    return results[op];
}

static bool has_stencil(const struct setting *set)
{
    return set->format >= 2;
}

/* What 'before' becomes under a fragment of depth code 'z'; *passed: its colour is drawn. */
static uint32_t expected(const struct setting *set, int side, uint32_t z, uint32_t before,
                         bool *passed)
{
    const struct face *face = &set->face[set->two_sided ? side : 0];
    const bool wide = has_stencil(set);
    const uint32_t old_z = wide ? before & 0xffffff : before, old_s = before >> 24;
    const bool stencil = set->stencil_test && wide;
    const bool s_pass =
        !stencil || compared(face->func, face->ref & face->test_mask, old_s & face->test_mask);
    const bool z_pass = !set->depth_test || compared(set->depth_func, z, old_z);
    *passed = s_pass && z_pass;
    uint32_t new_s = old_s;
    if (stencil && set->stencil_write) {
        const uint32_t op = !s_pass ? face->fail : !z_pass ? face->zfail : face->zpass;
        new_s = (old_s & ~face->write_mask) | (operated(op, old_s, face->ref) & face->write_mask);
    }
    const uint32_t new_z = *passed && set->depth_write ? z : old_z;
    return wide ? new_s << 24 | new_z : new_z;
}

static struct face pick_face(void)
{
    return (struct face){.func = pick(8),
                         .fail = pick(8),
                         .zfail = pick(8),
                         .zpass = pick(8),
                         .ref = pick(256),
                         .test_mask = pick(2) != 0 ? 255 : pick(256),
                         .write_mask = pick(2) != 0 ? 255 : pick(256)};
}

static struct setting pick_setting(void)
{
    struct setting set = {.format = pick(4),
                          .depth_test = pick(4) != 0,
                          .depth_write = pick(4) != 0,
                          .stencil_test = pick(4) != 0,
                          .stencil_write = pick(4) != 0,
                          .two_sided = pick(2) != 0,
                          .alpha_test = pick(2) != 0,
                          .depth_func = pick(8)};
    set.face[0] = pick_face();
    set.face[1] = pick_face();
    return set;
}

/* The alpha test is always passed: it only moves depth behind the program. */
static void apply(struct bed *bed, const struct setting *set)
{
    const struct face *front = &set->face[0], *back = &set->face[1];
    const uint32_t bytes = has_stencil(set) ? 4 : 2;
    SEND(bed, 0x7d850000, 0x10880300 | set->format << 2);
    SEND(bed, 0x7d8e0001, 0x07000000 | SIZE * bytes, DEPTH_AT);
    SEND(bed, 0x6d000000 | 3u << 16 | front->test_mask << 8 | front->write_mask);
    SEND(bed, 0x68000000 | 1u << 23 | back->ref << 15 | 1u << 14 | back->func << 11 |
                  back->fail << 8 | back->zfail << 5 | back->zpass << 2 | 2 |
                  (uint32_t)set->two_sided);
    SEND(bed, 0x69000000 | 3u << 16 | back->test_mask << 8 | back->write_mask);
    bed_state(bed, 0xffffffff, S4_PLAIN,
              front->ref << 16 | front->func << 13 | front->fail << 10 | front->zfail << 7 |
                  front->zpass << 4 | (uint32_t)set->stencil_write << 3 |
                  (uint32_t)set->stencil_test << 2,
              S6_COLOR | (uint32_t)set->alpha_test << 31 | (uint32_t)set->depth_test << 19 |
                  set->depth_func << 16 | (uint32_t)set->depth_write << 3);
}

/* A rectangle of one winding. */
static void draw(struct bed *bed, const int box[4], float z, int side)
{
    const float x0 = (float)box[0], y0 = (float)box[1], x1 = (float)box[2], y1 = (float)box[3];
    const uint32_t c = 0xffffffff;
    const struct bed_vertex v[4] = {{x0, y0, z, c}, {x1, y0, z, c}, {x0, y1, z, c}, {x1, y1, z, c}};
    const struct bed_vertex mirrored[4] = {v[0], v[2], v[1], v[3]};
    bed_primitive(bed, 1, side == 0 ? v : mirrored, 4);
}

static uint32_t stored(const uint8_t *bytes, uint32_t size, int i)
{
    uint32_t raw = 0;
    memcpy(&raw, bytes + (uint32_t)i * size, size);
    return raw;
}

/* A small float of 4 bits of exponent, bias 15, and 'mantissa' bits, as D3D9's 20e4. */
static double small_float(uint32_t code, int mantissa)
{
    const uint32_t exponent = code >> mantissa, fraction = code & ((1u << mantissa) - 1);
    return exponent == 0
               ? ldexp(fraction, -14 - mantissa)
               : ldexp(fraction + (double)(1u << mantissa), (int)exponent - 15 - mantissa);
}

/* How far, in steps of the format, 'code' is from z. */
static double distance(uint32_t format, uint32_t code, float z)
{
    const double value = fmin(fmax(z, 0), 1);
    if (format == 0 || format == 2) {
        return fabs(code - value * (format == 0 ? 0xffff : 0xffffff));
    }
    const int mantissa = format == 1 ? 12 : 20;
    const double v = small_float(code, mantissa);
    return fabs(v - value) / (small_float(code + 1, mantissa) - v);
}

static float pick_z(void)
{
    static const float ends[6] = {0, 1, -0.25f, 1.5f, 0.5f, 1e-6f};
    return pick(4) == 0
               ? ends[pick(6)]
               : ldexpf((float)bed_random(&seed), -24 - (int)(pick(3) == 0 ? pick(12) : 0));
}

/* The code that z is stored as, which must be one of the nearest. */
static uint32_t depth_code(struct bed *bed, uint32_t format, float z)
{
    const struct setting set = {.format = format, .depth_write = true};
    const int box[4] = {0, 0, SIZE, SIZE};
    apply(bed, &set);
    draw(bed, box, z, 0);
    const uint32_t raw = stored(bed_bytes(bed, DEPTH_AT), format >= 2 ? 4 : 2, 0);
    const uint32_t code = format >= 2 ? raw & 0xffffff : raw;
    if (distance(format, code, z) > 0.76) {
        fail_msg("format %u stores %.9g as 0x%x", format, (double)z, code);
    }
    return code;
}

static void test_random_depth_and_stencil(void **state)
{
    struct bed *bed = *state;
    uint8_t before[SIZE * SIZE * 4];
    seed = 5;
    bed_target(bed, SIZE, SIZE);
    bed_diffuse_program(bed);
    for (int round = 0; round < 3000; round++) {
        const struct setting set = pick_setting();
        const uint32_t bytes = has_stencil(&set) ? 4 : 2;
        const float z = pick_z();
        const uint32_t code = depth_code(bed, set.format, z);
        for (int i = 0; i < SIZE * SIZE; i++) {
            const uint32_t near = (code + pick(3) - 1) & 0xffffff;
            const uint32_t stencil = pick(2) != 0 ? set.face[pick(2)].ref : pick(256);
            const uint32_t raw = (pick(4) == 0 ? bed_random(&seed) : near) | stencil << 24;
            memcpy(before + (uint32_t)i * bytes, &raw, bytes);
        }
        memcpy(bed_bytes(bed, DEPTH_AT), before, sizeof(before));
        memset(bed_bytes(bed, COLOR_AT), 0, SIZE * SIZE * 4);
        apply(bed, &set);
        const int side = (int)pick(2);
        int box[4] = {(int)pick(8), (int)pick(8)};
        box[2] = box[0] + 1 + (int)pick(8);
        box[3] = box[1] + 1 + (int)pick(8);
        draw(bed, box, z, side);
        for (int i = 0; i < SIZE * SIZE; i++) {
            const int x = i % SIZE, y = i / SIZE;
            const bool drawn = x >= box[0] && x < box[2] && y >= box[1] && y < box[3];
            const uint32_t was = stored(before, bytes, i);
            bool passed = false;
            const uint32_t will = drawn ? expected(&set, side, code, was, &passed) : was;
            const uint32_t is = stored(bed_bytes(bed, DEPTH_AT), bytes, i);
            const bool colored = bed_pixel(bed, COLOR_AT, SIZE * 4, x, y) != 0;
            if (is != will || colored != passed) {
                fail_msg("round %d format %u side %d pixel %d,%d: 0x%x became 0x%x, not 0x%x; "
                         "drawn %d, not %d",
                         round, set.format, side, x, y, was, is, will, colored, passed);
            }
        }
    }
}

/* Codes grow with depth, in every format. */
static void test_formats_are_monotonic(void **state)
{
    struct bed *bed = *state;
    bed_target(bed, SIZE, SIZE);
    bed_diffuse_program(bed);
    for (uint32_t format = 0; format < 4; format++) {
        uint32_t last = 0;
        for (float z = 0; z < 1.0f; z = z * 1.02f + 1e-7f) {
            const uint32_t code = depth_code(bed, format, z);
            assert_true(code >= last);
            last = code;
        }
        assert_int_equal(depth_code(bed, format, 0), 0);
        static const uint32_t ones[4] = {0xffff, 0xf000, 0xffffff, 0xf00000};
        assert_int_equal(depth_code(bed, format, 1), ones[format]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {EVERY_KERNEL(test_random_depth_and_stencil),
                                       EVERY_KERNEL(test_formats_are_monotonic)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
