/* SPDX-License-Identifier: MIT */
/* Coverage of triangles, clipping to rectangles, culling and shading. */
#include "tests/render/bed.h"

#include <math.h>
#include <string.h>

#define SIZE 64

static uint32_t seed = 1;

/* A coordinate on the subpixel grid, some of them on pixel centres. */
static float coordinate(int range)
{
    const uint32_t value = bed_random(&seed);
    const float whole = (float)(int)(value % (uint32_t)(range + 20)) - 10.0f;
    return value & 0x10000 ? whole + 0.5f : whole + (float)(bed_random(&seed) & 255) / 256.0f;
}

static bool is_top_left(double ax, double ay, double bx, double by)
{
    return by < ay || (by == ay && bx > ax);
}

/* Positive area assumed. */
static bool covers(const struct bed_vertex v[3], int px, int py)
{
    for (int i = 0; i < 3; i++) {
        const struct bed_vertex *a = &v[i], *b = &v[(i + 1) % 3];
        const double e =
            ((double)b->x - a->x) * (py + 0.5 - a->y) - ((double)b->y - a->y) * (px + 0.5 - a->x);
        if (e < 0 || (e == 0 && !is_top_left(a->x, a->y, b->x, b->y))) {
            return false;
        }
    }
    return true;
}

static void prepare(struct bed *bed, int width, int height, uint32_t s6)
{
    bed_target(bed, width, height);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, s6);
    bed_diffuse_program(bed);
}

static void expect_rectangle(struct bed *bed, int x0, int y0, int x1, int y1, uint32_t argb)
{
    for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
            const bool inside = x >= x0 && x <= x1 && y >= y0 && y <= y1;
            assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, x, y), inside ? argb : 0);
        }
    }
}

/* gen3.md J.2, dword by dword. */
static void test_minimal_example(void **state)
{
    struct bed *bed = *state;
    SEND(bed, 0x7d8e0001, 0x03000400, COLOR_AT);
    SEND(bed, 0x7d850000, 0x10880300);
    SEND(bed, 0x7d800003, 0x40000000, 0, 0x00ff00ff, 0);
    SEND(bed, 0x7d040743, 0xffffffff, 0x00902440, 0, 0x00000006);
    SEND(bed, 0x7d050005, 0x190a3c00, 0, 0, 0x02203ca0, 0x01230000, 0);
    const uint32_t red = 0xffff0000;
    SEND(bed, 0x7f00000b, bits_of(10), bits_of(10), 0, red, bits_of(110), bits_of(10), 0, red,
         bits_of(10), bits_of(110), 0, red);
    assert_int_equal(bed_pixel(bed, COLOR_AT, 1024, 10, 10), red);
    assert_int_equal(bed_pixel(bed, COLOR_AT, 1024, 9, 10), 0);
    assert_int_equal(bed_pixel(bed, COLOR_AT, 1024, 50, 50), red);
    assert_int_equal(bed_pixel(bed, COLOR_AT, 1024, 100, 100), 0);
}

static void test_coverage_matches_reference(void **state)
{
    struct bed *bed = *state;
    static const int ranges[] = {12, SIZE, 300};
    prepare(bed, SIZE, SIZE, S6_COLOR);
    for (int round = 0; round < 600; round++) {
        struct bed_vertex v[3];
        const int range = ranges[round % 3];
        for (int i = 0; i < 3; i++) {
            v[i] = (struct bed_vertex){coordinate(range), coordinate(range), 0, 0xffffffff};
        }
        memset(bed_bytes(bed, COLOR_AT), 0, SIZE * SIZE * 4);
        bed_primitive(bed, 0, v, 3);
        const double area = ((double)v[1].x - v[0].x) * ((double)v[2].y - v[0].y) -
                            ((double)v[2].x - v[0].x) * ((double)v[1].y - v[0].y);
        if (area < 0) {
            const struct bed_vertex swap = v[1];
            v[1] = v[2];
            v[2] = swap;
        }
        for (int i = 0; i < SIZE * SIZE; i++) {
            const int x = i % SIZE, y = i / SIZE;
            const uint32_t expected = area != 0 && covers(v, x, y) ? 0xffffffff : 0;
            if (bed_pixel(bed, COLOR_AT, SIZE * 4, x, y) != expected) {
                fail_msg("round %d pixel %d,%d", round, x, y);
            }
        }
    }
}

/* A fan around a point covers every pixel of its outline exactly once: additive blending counts. */
static void test_shared_edges_once(void **state)
{
    struct bed *bed = *state;
    prepare(bed, SIZE, SIZE, S6_COLOR | 1u << 15 | 2u << 8 | 2u << 4);
    for (int round = 0; round < 50; round++) {
        const float x = 1 + (float)(bed_random(&seed) % (62 * 256)) / 256.0f;
        const float y = 1 + (float)(bed_random(&seed) % (62 * 256)) / 256.0f;
        const uint32_t c = 0x01010101;
        const struct bed_vertex v[6] = {{x, y, 0, c},   {0, 0, 0, c},  {64, 0, 0, c},
                                        {64, 64, 0, c}, {0, 64, 0, c}, {0, 0, 0, c}};
        memset(bed_bytes(bed, COLOR_AT), 0, SIZE * SIZE * 4);
        bed_primitive(bed, 3, v, 6);
        expect_rectangle(bed, 0, 0, 63, 63, c);
    }
}

static void test_huge_triangle(void **state)
{
    struct bed *bed = *state;
    prepare(bed, SIZE, SIZE, S6_COLOR);
    const uint32_t c = 0xff123456;
    const struct bed_vertex v[3] = {{-3e6f, -1e6f, 0, c}, {3e6f, -1e6f, 0, c}, {32, 3e6f, 0, c}};
    bed_primitive(bed, 0, v, 3);
    expect_rectangle(bed, 0, 0, 63, 63, c);
}

/* Corners beyond all limits, in opposite directions: how far apart they are fits no 32 bits. */
static void test_endless_triangle(void **state)
{
    struct bed *bed = *state;
    prepare(bed, SIZE, SIZE, S6_COLOR);
    const uint32_t c = 0xff654321;
    const struct bed_vertex v[3] = {
        {-1e30f, -1e30f, 0, c}, {1e30f, -1e30f, 0, c}, {0, 1e30f, 0, c}};
    bed_primitive(bed, 0, v, 3);
    expect_rectangle(bed, 0, 0, 63, 63, c);
}

static void test_not_a_number_is_dropped(void **state)
{
    struct bed *bed = *state;
    prepare(bed, SIZE, SIZE, S6_COLOR);
    const struct bed_vertex v[3] = {
        {NAN, 0, 0, 0xffffffff}, {60, 0, 0, 0xffffffff}, {0, INFINITY, 0, 0xffffffff}};
    bed_primitive(bed, 0, v, 3);
    assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 5, 5), 0);
}

static void test_cull_modes(void **state)
{
    struct bed *bed = *state;
    const uint32_t c = 0xffffffff;
    const struct bed_vertex windings[2][3] = {{{0, 0, 0, c}, {32, 0, 0, c}, {0, 32, 0, c}},
                                              {{0, 0, 0, c}, {0, 32, 0, c}, {32, 0, 0, c}}};
    static const bool drawn[4][2] = {{false, false}, {true, true}, {false, true}, {true, false}};
    prepare(bed, SIZE, SIZE, S6_COLOR);
    for (uint32_t mode = 0; mode < 4; mode++) {
        for (int winding = 0; winding < 2; winding++) {
            bed_state(bed, 0xffffffff, (S4_PLAIN & ~(3u << 13)) | mode << 13, 0, S6_COLOR);
            memset(bed_bytes(bed, COLOR_AT), 0, SIZE * SIZE * 4);
            bed_primitive(bed, 0, windings[winding], 3);
            assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 5, 5) != 0, drawn[mode][winding]);
        }
    }
}

static void test_scissor_and_draw_rect(void **state)
{
    struct bed *bed = *state;
    prepare(bed, SIZE, SIZE, S6_COLOR);
    SEND(bed, 0x7d800003, 0x40000000, 0x00030002, 0x00280032, 0x00030002);
    SEND(bed, 0x7c800003);
    SEND(bed, 0x7d810001, 0x00040005, 0x00100011);
    bed_fill(bed, 0, 0, 64, 64, 0, 0xffffffff);
    expect_rectangle(bed, 7, 7, 19, 19, 0xffffffff);
    SEND(bed, 0x7c800002);
    bed_fill(bed, 0, 0, 64, 64, 0, 0xff00ff00);
    expect_rectangle(bed, 2, 3, 50, 40, 0xff00ff00);
}

static void test_flat_takes_provoking_vertex(void **state)
{
    struct bed *bed = *state;
    static const struct bed_vertex v[3] = {
        {0, 0, 0, 0xff0000ff}, {32, 0, 0, 0xff00ff00}, {0, 32, 0, 0xffff0000}};
    prepare(bed, SIZE, SIZE, S6_COLOR);
    for (uint32_t pv = 0; pv < 3; pv++) {
        bed_state(bed, 0xffffffff, S4_PLAIN | 1u << 15 | 1u << 18, 0, 4 | pv);
        bed_primitive(bed, 0, v, 3);
        assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 4, 4), v[pv].argb);
        assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 20, 8), v[pv].argb);
    }
}

static void test_smooth_gradient(void **state)
{
    struct bed *bed = *state;
    prepare(bed, SIZE, SIZE, S6_COLOR);
    const struct bed_vertex v[4] = {{0, 0, 0, 0xff000000},
                                    {64, 0, 0, 0xffff0000},
                                    {0, 64, 0, 0xff00ff00},
                                    {64, 64, 0, 0xffffff00}};
    bed_primitive(bed, 1, v, 4);
    for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
            const uint32_t pixel = bed_pixel(bed, COLOR_AT, SIZE * 4, x, y);
            const double red = (x + 0.5) / 64 * 255, green = (y + 0.5) / 64 * 255;
            assert_true(fabs((pixel >> 16 & 255) - red) <= 0.51);
            assert_true(fabs((pixel >> 8 & 255) - green) <= 0.51);
            assert_int_equal(pixel & 0xff0000ff, 0xff000000);
        }
    }
}

/* Odd sizes, where whole blocks would reach beyond the rows and columns of the target. */
static void test_nothing_outside_target(void **state)
{
    struct bed *bed = *state;
    const int width = 37, height = 29;
    prepare(bed, width, height, S6_COLOR);
    memset(bed_bytes(bed, COLOR_AT - 4096), 0x5a, 16384);
    bed_fill(bed, -10, -10, 100, 100, 0, 0xffffffff);
    for (int i = 0; i < 16384; i++) {
        const bool inside = i >= 4096 && i < 4096 + width * height * 4;
        assert_int_equal(bed->memory.bytes[COLOR_AT - 4096 + (uint32_t)i], inside ? 0xff : 0x5a);
    }
}

/* The same picture when memory is in pieces, and a fault when one is missing. */
static void test_scattered_memory(void **state)
{
    struct bed *bed = *state;
    bed->memory.max_span = 64;
    prepare(bed, SIZE, SIZE, S6_COLOR | 1u << 19 | 8);
    bed_depth(bed, SIZE);
    bed_fill(bed, 3, 3, 60, 61, 0.5f, 0xff445566);
    expect_rectangle(bed, 3, 3, 59, 60, 0xff445566);
    bed->memory.hole = COLOR_AT + 8192;
    render_flush(bed->render);
    const struct bed_vertex above[3] = {{0, 0, 0, 0}, {60, 0, 0, 0}, {0, 20, 0, 0}};
    bed_primitive(bed, 0, above, 3);
    assert_int_equal(TRY(bed, 0x7f00000b, 0, 0, 0, 0, bits_of(60), 0, 0, 0, 0, bits_of(64), 0, 0),
                     RENDER_FAULT);
    assert_int_equal(bed->error.pgtbl_er, 1u << 24);
}

/*
 * Colour at an odd place of its buffer, as a level of a texture is, depth at the start of its own:
 * blocks of four rows then begin before the depth buffer.
 */
static void test_depth_from_its_own_origin(void **state)
{
    struct bed *bed = *state;
    for (uint32_t yorg = 1; yorg < 4; yorg++) {
        prepare(bed, SIZE, SIZE, S6_COLOR | 1u << 19 | 8);
        bed_depth(bed, SIZE);
        memset(bed_bytes(bed, COLOR_AT), 0, SIZE * SIZE * 4);
        memset(bed_bytes(bed, DEPTH_AT), 0, SIZE * SIZE * 4);
        SEND(bed, 0x7d800003, 0x40000000, yorg << 16, (yorg + 31) << 16 | 31, yorg << 16);
        bed_fill(bed, 0, 0, 32, 32, 0.5f, 0xff778899);
        expect_rectangle(bed, 0, (int)yorg, 31, (int)yorg + 31, 0xff778899);
        assert_int_not_equal(bed_pixel(bed, DEPTH_AT, SIZE * 4, 0, 0), 0);
        assert_int_not_equal(bed_pixel(bed, DEPTH_AT, SIZE * 4, 31, 31), 0);
        assert_int_equal(bed_pixel(bed, DEPTH_AT, SIZE * 4, 0, 32), 0);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_minimal_example),
        TEST(test_coverage_matches_reference),
        TEST(test_shared_edges_once),
        TEST(test_huge_triangle),
        TEST(test_endless_triangle),
        TEST(test_not_a_number_is_dropped),
        TEST(test_cull_modes),
        TEST(test_scissor_and_draw_rect),
        TEST(test_flat_takes_provoking_vertex),
        TEST(test_smooth_gradient),
        TEST(test_nothing_outside_target),
        TEST(test_scattered_memory),
        TEST(test_depth_from_its_own_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
