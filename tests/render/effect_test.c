/* SPDX-License-Identifier: MIT */
/*
 * What fixed function adds to a fragment: fog of each kind, depth offsets, W buffering, coverage of
 * antialiased lines. Against formulas in double precision, within a bound.
 */
#include "tests/render/bed.h"

#include <math.h>
#include <string.h>

#define SIZE  32
#define PITCH (SIZE * 4)

enum { TRILIST, LINELIST = 5, RECTLIST = 7 };

static uint32_t seed;

static uint32_t pick(uint32_t count)
{
    return bed_random(&seed) % count;
}

static double channel(uint32_t argb, int c)
{
    static const int shifts[4] = {16, 8, 0, 24};
    return (argb >> shifts[c] & 255) / 255.0;
}

static void prepare(struct bed *bed)
{
    bed_target(bed, SIZE, SIZE);
    bed_depth(bed, SIZE);
    bed_diffuse_program(bed);
    memset(bed_bytes(bed, COLOR_AT), 0, SIZE * PITCH);
    memset(bed_bytes(bed, DEPTH_AT), 0, SIZE * PITCH);
}

/* ---- fog ---- */

struct fog {
    uint32_t func; /* 0 vertex, 1 exp, 2 exp2, 3 linear */
    bool by_w, has_specular, forced;
    double c1, c2, density;
    uint32_t color, specular, fallback, source;
    float z, w; /* w as in the vertex: 1 / distance */
};

static double clamped(double value)
{
    return fmin(fmax(value, 0), 1);
}

static double fog_factor(const struct fog *fog)
{
    const double c = fog->by_w ? 1.0 / (double)fog->w : (double)fog->z;
    const uint32_t specular = fog->has_specular && !fog->forced ? fog->specular : fog->fallback;
    switch (fog->func) {
    case 0:
        return channel(specular, 3);
    case 1:
        return clamped(exp(-fog->density * c));
    case 2:
        return clamped(exp(-(fog->density * c) * (fog->density * c)));
    default:
        return clamped(fog->c1 - fog->c2 * c);
    }
}

/* The constants as the command has them: floats with w, else 16.16. C1 has 9 bits of fraction. */
static void send_fog(struct bed *bed, const struct fog *fog)
{
    const uint32_t c2 =
        fog->by_w ? bits_of((float)fog->c2) : (uint32_t)(int64_t)(fog->c2 * 65536 + 0.5);
    const uint32_t density =
        fog->by_w ? bits_of((float)fog->density) : (uint32_t)(int64_t)(fog->density * 65536 + 0.5);
    SEND(bed, 0x7d890002,
         1u << 31 | fog->func << 28 | 1u << 27 | (uint32_t)fog->by_w << 25 | 1u << 24 | 1u << 23 |
             (uint32_t)(fog->c1 * 512) << 4,
         c2, density);
    SEND(bed, 0x75000000 | (fog->color & 0xffffff));
    SEND(bed, 0x7d9a0000, fog->fallback);
}

static struct fog pick_fog(void)
{
    return (struct fog){.func = pick(4),
                        .by_w = pick(2),
                        .has_specular = pick(4) != 0,
                        .forced = pick(4) == 0,
                        .c1 = pick(1024) / 512.0,
                        .c2 = pick(1 << 17) / 65536.0,
                        .density = pick(1 << 18) / 65536.0,
                        .color = bed_random(&seed),
                        .specular = bed_random(&seed) << 8,
                        .fallback = bed_random(&seed) << 8,
                        .source = bed_random(&seed) << 8 ^ bed_random(&seed),
                        .z = (float)pick(257) / 256,
                        .w = 0.25f + (float)pick(256) / 64};
}

static void test_random_fog(void **state)
{
    struct bed *bed = *state;
    seed = 43;
    prepare(bed);
    for (int round = 0; round < 3000; round++) {
        const struct fog fog = pick_fog();
        send_fog(bed, &fog);
        bed_state(bed, 0xffffffff,
                  1u << 13 | 2u << 19 | 2u << 6 | 1u << 10 | (uint32_t)fog.has_specular << 11 |
                      (uint32_t)fog.forced << 4,
                  1u << 24, S6_COLOR);
        static const float corners[3][2] = {{SIZE, SIZE}, {0, SIZE}, {0, 0}};
        const uint32_t size = fog.has_specular ? 6 : 5;
        uint32_t dw[1 + 3 * 6] = {0x7f000000 | RECTLIST << 18 | (3 * size - 1)};
        for (uint32_t i = 0; i < 3; i++) {
            uint32_t *v = dw + 1 + i * size;
            v[0] = bits_of(corners[i][0]);
            v[1] = bits_of(corners[i][1]);
            v[2] = bits_of(fog.z);
            v[3] = bits_of(fog.w);
            v[4] = fog.source;
            if (fog.has_specular) {
                v[5] = fog.specular;
            }
        }
        bed_send(bed, dw, 1 + 3 * size);
        const uint32_t pixel = bed_pixel(bed, COLOR_AT, PITCH, 9, 17);
        const double f = fog_factor(&fog);
        for (int c = 0; c < 4; c++) {
            const double s = channel(fog.source, c);
            const double expected = c == 3 ? s : s * f + channel(fog.color, c) * (1 - f);
            if (fabs(channel(pixel, c) - expected) * 255 > 0.52) {
                fail_msg("func %u by_w %d factor %f channel %d: %f, not %f", fog.func, fog.by_w, f,
                         c, channel(pixel, c) * 255, expected * 255);
            }
        }
    }
    SEND(bed, 0x7d890002, 1u << 31 | 1u << 27 | 1u << 24 | 1u << 23, 0, 0);
}

/* ---- depth ---- */

static double stored_depth(struct bed *bed, int x, int y)
{
    return (bed_pixel(bed, DEPTH_AT, PITCH, x, y) & 0xffffff) / 16777215.0;
}

/* z = 0.25 + slope_x * x + slope_y * y, with offsets of polygons and of vertices. */
static void test_depth_offsets(void **state)
{
    struct bed *bed = *state;
    seed = 47;
    prepare(bed);
    for (int round = 0; round < 300; round++) {
        const float slope_x = ((float)pick(65) - 32) / 8192,
                    slope_y = ((float)pick(65) - 32) / 8192;
        const float constant = ((float)pick(65) - 32) / 1024, scale = ((float)pick(33) - 16) / 4;
        const float local = ((float)pick(65) - 32) / 2048;
        const bool global = pick(2), present = pick(2), enabled = pick(2), line = pick(4) == 0;
        SEND(bed, 0x7d970000, bits_of(scale));
        SEND(bed, 0x7d040fc5, 0xffffffff, 0,
             1u << 13 | 2u << 19 | 1u << 6 | 1u << 10 | (uint32_t)present << 9 |
                 (uint32_t)enabled << 3,
             (uint32_t)global << 25, S6_COLOR | 8 | 1u << 19, bits_of(constant));
        const float corners[3][2] = {{0.5f, 0.5f}, {40.5f, line ? 0.5f : -20}, {0, 60}};
        const uint32_t size = present ? 5 : 4, count = line ? 2 : 3;
        uint32_t dw[1 + 3 * 5] = {0x7f000000 | (line ? LINELIST : TRILIST) << 18 |
                                  (count * size - 1)};
        for (uint32_t i = 0; i < count; i++) {
            uint32_t *v = dw + 1 + i * size;
            const float x = corners[i][0], y = corners[i][1];
            v[0] = bits_of(x);
            v[1] = bits_of(y);
            v[2] = bits_of(0.25f + slope_x * x + slope_y * y);
            v[3] = 0xffffffff;
            if (present) {
                v[4] = bits_of(local);
            }
        }
        bed_send(bed, dw, 1 + count * size);
        const double z = 0.25 + (double)slope_x * 7.5 + (double)slope_y * 0.5;
        const double expected =
            z + (present && enabled ? (double)local : 0) +
            (global && !line ? (double)constant + (double)scale * fmax(fabs((double)slope_x),
                                                                       fabs((double)slope_y))
                             : 0);
        if (fabs(stored_depth(bed, 7, 0) - clamped(expected)) > 1e-6) {
            fail_msg("round %d global %d local %d line %d: %f, not %f", round, global,
                     present && enabled, line, stored_depth(bed, 7, 0), expected);
        }
    }
}

/* DST_BUF_VARS bit 6: the depth of a pixel is the distance, 1 / w of the vertices. */
static void test_w_buffer(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    SEND(bed, 0x7d850000, 0x10880348);
    bed_state(bed, 0xffffffff, 1u << 13 | 2u << 19 | 2u << 6 | 1u << 10, 0,
              S6_COLOR | 8 | 1u << 19);
    /* 1 / w from 1.25 at x = 0 to 5 at x = 64 */
    SEND(bed, 0x7f00000e, bits_of(0), bits_of(0), 0, bits_of(5), 0, bits_of(64), bits_of(0), 0,
         bits_of(1.25f), 0, bits_of(0), bits_of(64), 0, bits_of(5), 0);
    for (int x = 0; x < SIZE; x++) {
        const double w = 5 - 3.75 * (x + 0.5) / 64;
        assert_true(fabs(stored_depth(bed, x, 3) - 1 / w) < 2e-7);
    }
}

/* ---- antialiased lines ---- */

static const double widths[4] = {0.5, 1, 2, 4};

/* Distance from the line, and along it from its first end, of a pixel's centre. */
static double expected_cover(const float p[4], double width, uint32_t region, uint32_t cap, int px,
                             int py)
{
    const double dx = (double)p[2] - (double)p[0], dy = (double)p[3] - (double)p[1];
    const double length = sqrt(dx * dx + dy * dy);
    const double x = px + 0.5 - (double)p[0], y = py + 0.5 - (double)p[1];
    const double along = (x * dx + y * dy) / length, across = fabs(x * dy - y * dx) / length;
    const double side = (width / 2 + widths[region] / 2 - across) / widths[region];
    const double end = fmin(along, length - along) / widths[cap] + 0.5;
    return clamped(side) * clamped(end);
}

static void test_antialiased_lines(void **state)
{
    struct bed *bed = *state;
    seed = 53;
    prepare(bed);
    for (int round = 0; round < 500; round++) {
        const uint32_t region = pick(4), cap = pick(4), width = 2 + pick(8);
        float p[4];
        for (int i = 0; i < 4; i++) {
            p[i] = (float)pick(SIZE * 16) / 16;
        }
        const struct bed_vertex v[2] = {{p[0], p[1], 0, 0xffffffff}, {p[2], p[3], 0, 0xffffffff}};
        /* polygons are culled and stippled, which is nothing to lines */
        SEND(bed, 0x7d830000, 1u << 16);
        SEND(bed, 0x66000000 | 1u << 16 | cap << 14 | 1u << 8 | region << 6);
        bed_state(bed, 0xffffffff, 1 | width << 19 | 1u << 6 | 1u << 10, 0, S6_COLOR);
        memset(bed_bytes(bed, COLOR_AT), 0, SIZE * PITCH);
        bed_primitive(bed, LINELIST, v, 2);
        for (int i = 0; i < SIZE * SIZE; i++) {
            const double actual = channel(bed_pixel(bed, COLOR_AT, PITCH, i % SIZE, i / SIZE), 3);
            const double expected =
                p[0] == p[2] && p[1] == p[3]
                    ? 0
                    : expected_cover(p, width * 0.5, region, cap, i % SIZE, i / SIZE);
            if (fabs(actual - expected) > 0.02) {
                fail_msg("%f,%f to %f,%f width %u region %u cap %u pixel %d,%d: %f, not %f",
                         (double)p[0], (double)p[1], (double)p[2], (double)p[3], width, region, cap,
                         i % SIZE, i / SIZE, actual, expected);
            }
        }
    }
    SEND(bed, 0x7d830000, 0);
}

/* Coverage goes into alpha before the alpha test, and no pixel of a line is drawn twice. */
static void test_antialiased_lines_blend(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    SEND(bed, 0x66000000 | 1u << 16 | 1u << 14 | 1u << 8 | 1u << 6);
    bed_state(bed, 0xffffffff, 1 | 2u << 19 | 1u << 6 | 1u << 10, 0,
              S6_COLOR | 1u << 15 | 5u << 8 | 2u << 4);
    const struct bed_vertex v[2] = {{2.5f, 3.25f, 0, 0x80ffffff}, {29.5f, 20.75f, 0, 0x80ffffff}};
    bed_primitive(bed, LINELIST, v, 2);
    for (int i = 0; i < SIZE * SIZE; i++) {
        assert_true((bed_pixel(bed, COLOR_AT, PITCH, i % SIZE, i / SIZE) & 255) <= 0x80);
    }
    prepare(bed);
    bed_state(bed, 0xffffffff, 1 | 2u << 19 | 1u << 6 | 1u << 10, 0,
              S6_COLOR | 1u << 31 | 5u << 28 | 0x70u << 20); /* alpha > 0x70 */
    bed_primitive(bed, LINELIST, v, 2);
    int drawn = 0;
    for (int i = 0; i < SIZE * SIZE; i++) {
        const uint32_t pixel = bed_pixel(bed, COLOR_AT, PITCH, i % SIZE, i / SIZE);
        assert_true(pixel == 0 || pixel >> 24 > 0x70);
        drawn += pixel != 0;
    }
    assert_in_range(drawn, 5, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVERY_KERNEL(test_random_fog), EVERY_KERNEL(test_depth_offsets),
        EVERY_KERNEL(test_w_buffer), EVERY_KERNEL(test_antialiased_lines),
        EVERY_KERNEL(test_antialiased_lines_blend)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
