/* SPDX-License-Identifier: MIT */
/*
 * Random lines and points against their definitions, pixel by pixel and exactly: the diamond-exit
 * rule, widths in half pixels, and squares around points.
 */
#include "tests/render/bed.h"

#include <math.h>
#include <string.h>

#define SIZE  80 /* more than one tile of those that threads share out */
#define WHITE 0xffffffffu
#define UNIT  256 /* per pixel: vertices are on this grid */

enum { LINELIST = 5, LINESTRIP, POINTLIST = 8 };

static uint32_t seed;

static uint32_t pick(uint32_t count)
{
    return bed_random(&seed) % count;
}

/* Points of a line, from the centre of pixel (0, 0), in UNITs. */
struct segment {
    int64_t x0, y0, x1, y1;
};

static bool is_x_major(const struct segment *s)
{
    const int64_t dx = s->x1 - s->x0, dy = s->y1 - s->y0;
    return dx * dx >= dy * dy;
}

/*
 * Narrows t, from *low to *high in units of 1 / *scale ... as fractions: f0 + (f1 - f0) t <= limit,
 * or < when open. False when nothing is left.
 */
struct span {
    double low, high;
    bool low_open, high_open;
};

static bool narrow(struct span *span, double f0, double f1, double limit, bool open)
{
    const double df = f1 - f0;
    if (df == 0) {
        return open ? f0 < limit : f0 <= limit;
    }
    const double t = (limit - f0) / df;
    if (df > 0 && (t < span->high || (t == span->high && open))) {
        span->high = t;
        span->high_open = open;
    } else if (df < 0 && (t > span->low || (t == span->low && open))) {
        span->low = t;
        span->low_open = open;
    }
    return span->low < span->high ||
           (span->low == span->high && !span->low_open && !span->high_open);
}

/*
 * Whether any of the line is in the diamond of pixel (px, py): |x| + |y| < 1/2 with the lower edges
 * and their common corner; for lines closer to y the right corner too.
 */
static bool touches(const struct segment *s, bool x_major, int px, int py)
{
    const double x0 = (double)(s->x0 - px * UNIT), y0 = (double)(s->y0 - py * UNIT);
    const double x1 = (double)(s->x1 - px * UNIT), y1 = (double)(s->y1 - py * UNIT);
    const double half = UNIT / 2.0;
    struct span span = {0, 1, false, false};
    if (narrow(&span, x0 + y0, x1 + y1, half, false) &&
        narrow(&span, y0 - x0, y1 - x1, half, false) &&
        narrow(&span, -x0 - y0, -x1 - y1, half, true) &&
        narrow(&span, x0 - y0, x1 - y1, half, true)) {
        return true;
    }
    const double cross = (half - x0) * (y1 - y0) - (0 - y0) * (x1 - x0);
    const bool between =
        fmin(y0, y1) <= 0 && fmax(y0, y1) >= 0 && fmin(x0, x1) <= half && fmax(x0, x1) >= half;
    return !x_major && cross == 0 && between;
}

/* A line one pixel wide draws what it touches and leaves. */
static bool draws(const struct segment *s, int px, int py, bool last_pixel)
{
    const bool x_major = is_x_major(s);
    const struct segment end = {s->x1, s->y1, s->x1, s->y1};
    return touches(s, x_major, px, py) && (last_pixel || !touches(&end, x_major, px, py));
}

/* Along its longer axis a wide line has the pixels of a thin one. */
static void find_wide(const struct segment *s, bool along[SIZE])
{
    const bool x_major = is_x_major(s);
    for (int a = 0; a < SIZE; a++) {
        along[a] = false;
        for (int b = -SIZE; b < 2 * SIZE && !along[a]; b++) {
            along[a] = x_major ? draws(s, a, b, false) : draws(s, b, a, false);
        }
    }
}

/* It repeats them across its shorter axis, as far as half the width from its middle. */
static bool draws_wide(const struct segment *s, const bool along[SIZE], int px, int py,
                       int half_pixels)
{
    const bool x_major = is_x_major(s);
    if (!along[x_major ? px : py]) {
        return false;
    }
    const int64_t a0 = x_major ? s->x0 : s->y0, a1 = x_major ? s->x1 : s->y1;
    const int64_t b0 = x_major ? s->y0 : s->x0, b1 = x_major ? s->y1 : s->x1;
    const int64_t a = (int64_t)(x_major ? px : py) * UNIT, b = (int64_t)(x_major ? py : px) * UNIT;
    /* distance of the pixel from the line, times (a1 - a0) */
    const int64_t d = (b - b0) * (a1 - a0) - (a - a0) * (b1 - b0);
    const int64_t reach = (a1 - a0) * half_pixels * (UNIT / 4);
    return a1 > a0 ? d >= -reach && d < reach : d <= -reach && d > reach;
}

static float pick_coordinate(int range)
{
    const int whole = (int)pick((uint32_t)range) - (range - SIZE) / 2;
    static const int parts[4] = {0, 128, 64, 192};
    return (float)whole + (float)(pick(2) != 0 ? parts[pick(4)] : (int)pick(256)) / 256.0f;
}

static struct segment segment_of(const struct bed_vertex v[2])
{
    return (struct segment){(int64_t)((v[0].x - 0.5f) * UNIT), (int64_t)((v[0].y - 0.5f) * UNIT),
                            (int64_t)((v[1].x - 0.5f) * UNIT), (int64_t)((v[1].y - 0.5f) * UNIT)};
}

static void prepare(struct bed *bed, uint32_t s4, uint32_t s5)
{
    bed_target(bed, SIZE, SIZE);
    bed_diffuse_program(bed);
    bed_state(bed, 0xffffffff, s4, s5, S6_COLOR);
    memset(bed_bytes(bed, COLOR_AT), 0, SIZE * SIZE * 4);
}

static void pick_line(struct bed_vertex v[2])
{
    const int range = pick(2) != 0 ? SIZE : 3 * SIZE;
    v[0] = (struct bed_vertex){pick_coordinate(range), pick_coordinate(range), 0, WHITE};
    v[1] = (struct bed_vertex){pick_coordinate(range), pick_coordinate(range), 0, WHITE};
    if (pick(3) == 0) { /* short, and many with slopes of one */
        v[1].x = v[0].x + ((float)pick(9) - 4) / 4;
        v[1].y = v[0].y + ((float)pick(9) - 4) / 4;
    }
}

static void test_thin_lines(void **state)
{
    struct bed *bed = *state;
    seed = 17;
    for (int round = 0; round < 1000; round++) {
        struct bed_vertex v[2];
        const bool last = round & 1;
        pick_line(v);
        prepare(bed, S4_PLAIN, last ? 1u << 26 : 0);
        bed_primitive(bed, LINELIST, v, 2);
        const struct segment s = segment_of(v);
        for (int i = 0; i < SIZE * SIZE; i++) {
            const bool drawn = bed_pixel(bed, COLOR_AT, SIZE * 4, i % SIZE, i / SIZE) != 0;
            if (drawn != draws(&s, i % SIZE, i / SIZE, last)) {
                fail_msg("%f,%f to %f,%f last %d: pixel %d,%d is %d", (double)v[0].x,
                         (double)v[0].y, (double)v[1].x, (double)v[1].y, last, i % SIZE, i / SIZE,
                         drawn);
            }
        }
    }
}

static void test_wide_lines(void **state)
{
    struct bed *bed = *state;
    seed = 19;
    for (int round = 0; round < 250; round++) {
        struct bed_vertex v[2];
        const int width = 2 + (int)pick(14);
        pick_line(v);
        prepare(bed, (S4_PLAIN & ~(15u << 19)) | (uint32_t)width << 19, 0);
        bed_primitive(bed, LINELIST, v, 2);
        const struct segment s = segment_of(v);
        bool along[SIZE];
        find_wide(&s, along);
        for (int i = 0; i < SIZE * SIZE; i++) {
            const bool drawn = bed_pixel(bed, COLOR_AT, SIZE * 4, i % SIZE, i / SIZE) != 0;
            if (drawn != draws_wide(&s, along, i % SIZE, i / SIZE, width)) {
                fail_msg("%f,%f to %f,%f width %d/2: pixel %d,%d is %d", (double)v[0].x,
                         (double)v[0].y, (double)v[1].x, (double)v[1].y, width, i % SIZE, i / SIZE,
                         drawn);
            }
        }
    }
}

/* Where the parts of one straight line meet, no pixel is left out and none is drawn twice. */
static void test_parts_meet_once(void **state)
{
    struct bed *bed = *state;
    const uint32_t c = 0x01010101;
    seed = 23;
    for (int round = 0; round < 500; round++) {
        const float x = pick_coordinate(SIZE), y = pick_coordinate(SIZE);
        const float dx = ((float)pick(65) - 32) / 64, dy = ((float)pick(65) - 32) / 64;
        const float k = (float)(1 + pick(20));
        const struct bed_vertex v[3] = {
            {x, y, 0, c}, {x + k * dx, y + k * dy, 0, c}, {x + 24 * dx, y + 24 * dy, 0, c}};
        const struct bed_vertex ends[2] = {v[0], v[2]};
        uint32_t whole[SIZE * SIZE];
        prepare(bed, S4_PLAIN, 0);
        bed_primitive(bed, LINELIST, ends, 2);
        memcpy(whole, bed_bytes(bed, COLOR_AT), sizeof(whole));
        prepare(bed, S4_PLAIN, 0);
        bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR | 1u << 15 | 2u << 8 | 2u << 4);
        bed_primitive(bed, LINESTRIP, v, 3);
        assert_memory_equal(whole, bed_bytes(bed, COLOR_AT), sizeof(whole));
    }
}

/* D3D's rule: left and top edge belong to the square. OpenGL's: right and top. */
static bool in_point(float x, float width, int pixel, bool right)
{
    const float distance = (float)pixel + 0.5f - x, half = width / 2;
    return right ? distance > -half && distance <= half : distance >= -half && distance < half;
}

static void test_points(void **state)
{
    struct bed *bed = *state;
    seed = 29;
    for (int round = 0; round < 600; round++) {
        const struct bed_vertex v = {pick_coordinate(SIZE + 10), pick_coordinate(SIZE + 10), 0,
                                     WHITE};
        const uint32_t width = 1 + pick(20), rule = pick(2);
        prepare(bed, (S4_PLAIN & 0x007fffff) | width << 23, 0);
        SEND(bed, 0x67000000 | 1u << 15 | rule << 13);
        bed_primitive(bed, POINTLIST, &v, 1);
        for (int i = 0; i < SIZE * SIZE; i++) {
            const bool drawn = bed_pixel(bed, COLOR_AT, SIZE * 4, i % SIZE, i / SIZE) != 0;
            if (drawn != (in_point(v.x, (float)width, i % SIZE, rule == 1) &&
                          in_point(v.y, (float)width, i / SIZE, false))) {
                fail_msg("point at %f,%f width %u rule %u: pixel %d,%d is %d", (double)v.x,
                         (double)v.y, width, rule, i % SIZE, i / SIZE, drawn);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {EVERY_KERNEL(test_thin_lines), EVERY_KERNEL(test_wide_lines),
                                       EVERY_KERNEL(test_parts_meet_once),
                                       EVERY_KERNEL(test_points)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
