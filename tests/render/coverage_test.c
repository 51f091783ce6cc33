/* SPDX-License-Identifier: MIT */
/*
 * Which pixels triangles and rectangles cover, exactly: of any size up to the limits of the
 * coordinates, thin ones, and meshes that must cover each pixel once.
 */
#include "tests/render/bed.h"

#include <math.h>
#include <string.h>

#define SIZE  128
#define PITCH (SIZE * 4)
#define WHITE 0xffffffffu

enum { TRILIST, TRIFAN = 3, RECTLIST = 7 };

static uint32_t seed;

static uint32_t pick(uint32_t count)
{
    return bed_random(&seed) % count;
}

static void prepare(struct bed *bed, uint32_t s6)
{
    bed_target(bed, SIZE, SIZE);
    bed_diffuse_program(bed);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, s6);
    memset(bed_bytes(bed, COLOR_AT), 0, SIZE * PITCH);
}

/* Vertices are on the grid of 1/256 already. */
static int64_t fixed(float value)
{
    return (int64_t)((double)value * 256);
}

static bool covers(const struct bed_vertex v[3], int px, int py)
{
    __extension__ typedef __int128 wide;
    int64_t x[3], y[3];
    for (int i = 0; i < 3; i++) {
        x[i] = fixed(v[i].x);
        y[i] = fixed(v[i].y);
    }
    const wide area = (wide)(x[1] - x[0]) * (y[2] - y[0]) - (wide)(x[2] - x[0]) * (y[1] - y[0]);
    const int64_t cx = (int64_t)px * 256 + 128, cy = (int64_t)py * 256 + 128;
    for (int i = 0; i < 3; i++) {
        const int a = area > 0 ? i : (i + 1) % 3, b = area > 0 ? (i + 1) % 3 : i;
        const wide e = (wide)(x[b] - x[a]) * (cy - y[a]) - (wide)(y[b] - y[a]) * (cx - x[a]);
        const bool top_left = y[b] < y[a] || (y[b] == y[a] && x[b] > x[a]);
        if (e < 0 || (e == 0 && !top_left)) {
            return false;
        }
    }
    return area != 0;
}

/* Up to 'range' pixels from the middle of the target, on the grid that a float there has. */
static float pick_coordinate(float range)
{
    const float whole = ((float)pick(1 << 16) / 65536.0f - 0.5f) * 2 * range + SIZE / 2;
    return rintf(whole * 256) / 256;
}

static void expect_triangle(struct bed *bed, const struct bed_vertex v[3], int round)
{
    for (int i = 0; i < SIZE * SIZE; i++) {
        const int x = i % SIZE, y = i / SIZE;
        const bool drawn = bed_pixel(bed, COLOR_AT, PITCH, x, y) != 0;
        if (drawn != covers(v, x, y)) {
            fail_msg("round %d: %f,%f %f,%f %f,%f: pixel %d,%d is %d", round, (double)v[0].x,
                     (double)v[0].y, (double)v[1].x, (double)v[1].y, (double)v[2].x, (double)v[2].y,
                     x, y, drawn);
        }
    }
}

static void test_triangles_of_all_sizes(void **state)
{
    struct bed *bed = *state;
    static const float ranges[8] = {4, 30, 70, 200, 1500, 9000, 300000, 4000000};
    seed = 67;
    for (int round = 0; round < 800; round++) {
        struct bed_vertex v[3];
        for (int i = 0; i < 3; i++) {
            const float range = ranges[pick(2) != 0 ? (uint32_t)round % 8 : pick(8)];
            v[i] = (struct bed_vertex){pick_coordinate(range), pick_coordinate(range), 0, WHITE};
        }
        prepare(bed, S6_COLOR);
        bed_primitive(bed, TRILIST, v, 3);
        expect_triangle(bed, v, round);
    }
}

/* Slivers and triangles whose corners are on one line, or in one point. */
static void test_thin_triangles(void **state)
{
    struct bed *bed = *state;
    seed = 71;
    for (int round = 0; round < 600; round++) {
        struct bed_vertex v[3];
        for (int i = 0; i < 2; i++) {
            v[i] = (struct bed_vertex){pick_coordinate(80), pick_coordinate(80), 0, WHITE};
        }
        v[2] = v[pick(2)];
        v[2].x += ((float)pick(5) - 2) / 256;
        v[2].y += ((float)pick(5) - 2) / 256;
        prepare(bed, S6_COLOR);
        bed_primitive(bed, TRILIST, v, 3);
        expect_triangle(bed, v, round);
    }
}

#define CELLS 5

/* A grid of quads whose inner corners are moved about, each split along either diagonal. */
static void test_meshes_cover_once(void **state)
{
    struct bed *bed = *state;
    seed = 73;
    for (int round = 0; round < 60; round++) {
        struct bed_vertex node[CELLS + 1][CELLS + 1];
        const float cell = (float)SIZE / CELLS, shake = cell * 0.2f;
        for (int i = 0; i <= CELLS; i++) {
            for (int k = 0; k <= CELLS; k++) {
                const float jx = ((float)pick(257) - 128) / 128 * shake;
                const float jy = ((float)pick(257) - 128) / 128 * shake;
                const float x = (float)k * cell + (k % CELLS ? jx : 0);
                const float y = (float)i * cell + (i % CELLS ? jy : 0);
                const float end = k == CELLS ? SIZE : x, bottom = i == CELLS ? SIZE : y;
                node[i][k] = (struct bed_vertex){rintf(end * 256) / 256, rintf(bottom * 256) / 256,
                                                 0, 0x01010101};
            }
        }
        prepare(bed, S6_COLOR | 1u << 15 | 2u << 8 | 2u << 4);
        for (int i = 0; i < CELLS * CELLS; i++) {
            const int y = i / CELLS, x = i % CELLS, turn = (int)pick(2);
            const struct bed_vertex q[4] = {node[y][x], node[y][x + 1], node[y + 1][x + 1],
                                            node[y + 1][x]};
            const struct bed_vertex fan[4] = {q[turn], q[turn + 1], q[(turn + 2) % 4],
                                              q[(turn + 3) % 4]};
            bed_primitive(bed, TRIFAN, fan, 4);
        }
        for (int i = 0; i < SIZE * SIZE; i++) {
            assert_int_equal(bed_pixel(bed, COLOR_AT, PITCH, i % SIZE, i / SIZE), 0x01010101);
        }
    }
}

static void test_rectangles(void **state)
{
    struct bed *bed = *state;
    seed = 79;
    for (int round = 0; round < 600; round++) {
        const float x0 = pick_coordinate(90), y0 = pick_coordinate(90);
        const float x1 = pick_coordinate(90), y1 = pick_coordinate(90);
        const struct bed_vertex v[3] = {{x1, y1, 0, WHITE}, {x0, y1, 0, WHITE}, {x0, y0, 0, WHITE}};
        prepare(bed, S6_COLOR);
        bed_primitive(bed, RECTLIST, v, 3);
        for (int i = 0; i < SIZE * SIZE; i++) {
            const float x = (float)(i % SIZE) + 0.5f, y = (float)(i / SIZE) + 0.5f;
            const bool inside = x >= x0 && x < x1 && y >= y0 && y < y1;
            assert_int_equal(bed_pixel(bed, COLOR_AT, PITCH, i % SIZE, i / SIZE),
                             inside ? WHITE : 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVERY_KERNEL(test_triangles_of_all_sizes), EVERY_KERNEL(test_thin_triangles),
        EVERY_KERNEL(test_meshes_cover_once), EVERY_KERNEL(test_rectangles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
