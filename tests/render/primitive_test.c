/* SPDX-License-Identifier: MIT */
/* Primitive types, where their vertices come from, clears, and commands that are refused. */
#include "tests/render/bed.h"

#include <string.h>

#define SIZE  32
#define WHITE 0xffffffffu

enum { TRILIST, TRISTRIP, TRISTRIP_RVRSE, TRIFAN, POLY, LINELIST, LINESTRIP, RECTLIST, POINTLIST };

static void prepare(struct bed *bed, uint32_t s4)
{
    bed_target(bed, SIZE, SIZE);
    bed_diffuse_program(bed);
    bed_state(bed, 0xffffffff, s4, 0, S6_COLOR);
    memset(bed_bytes(bed, COLOR_AT), 0, SIZE * SIZE * 4);
}

static uint32_t at(struct bed *bed, int x, int y)
{
    return bed_pixel(bed, COLOR_AT, SIZE * 4, x, y);
}

static int count_pixels(struct bed *bed)
{
    int count = 0;
    for (int i = 0; i < SIZE * SIZE; i++) {
        count += at(bed, i % SIZE, i / SIZE) != 0;
    }
    return count;
}

/* A strip of four vertices is a square; with culling only if all its triangles wind alike. */
static void test_strip_winding(void **state)
{
    struct bed *bed = *state;
    const struct bed_vertex v[4] = {
        {4, 4, 0, WHITE}, {20, 4, 0, WHITE}, {4, 20, 0, WHITE}, {20, 20, 0, WHITE}};
    const uint32_t cull_clockwise = (S4_PLAIN & ~(3u << 13)) | 2u << 13;
    const uint32_t cull_counter = S4_PLAIN | 3u << 13;
    prepare(bed, cull_counter);
    bed_primitive(bed, TRISTRIP, v, 4);
    assert_int_equal(count_pixels(bed), 256);
    prepare(bed, cull_clockwise);
    bed_primitive(bed, TRISTRIP, v, 4);
    assert_int_equal(count_pixels(bed), 0);
    prepare(bed, cull_counter);
    bed_primitive(bed, TRISTRIP_RVRSE, v, 4);
    assert_int_equal(count_pixels(bed), 0);
    prepare(bed, cull_clockwise);
    bed_primitive(bed, TRISTRIP_RVRSE, v, 4);
    assert_int_equal(count_pixels(bed), 256);
}

static void test_fan_and_polygon(void **state)
{
    struct bed *bed = *state;
    const struct bed_vertex v[5] = {{16, 16, 0, WHITE},
                                    {0, 0, 0, WHITE},
                                    {32, 0, 0, WHITE},
                                    {32, 32, 0, WHITE},
                                    {0, 32, 0, WHITE}};
    prepare(bed, S4_PLAIN | 3u << 13);
    bed_primitive(bed, TRIFAN, v, 5);
    /* three quarters, and the pixels on one of the diagonals that the left one would have had */
    assert_int_equal(count_pixels(bed), SIZE * SIZE * 3 / 4 + 16);
    prepare(bed, S4_PLAIN | 3u << 13);
    bed_primitive(bed, POLY, v + 1, 4);
    assert_int_equal(count_pixels(bed), SIZE * SIZE);
}

/* Which vertex colours each flat triangle of a strip and of a fan. */
static void test_provoking_vertices(void **state)
{
    struct bed *bed = *state;
    const uint32_t flat = S4_PLAIN | 1u << 15 | 1u << 18;
    const struct bed_vertex v[5] = {{0, 0, 0, 0xff000001},
                                    {0, 16, 0, 0xff000002},
                                    {16, 0, 0, 0xff000003},
                                    {16, 16, 0, 0xff000004},
                                    {32, 0, 0, 0xff000005}};
    for (uint32_t pv = 0; pv < 3; pv++) {
        prepare(bed, flat);
        bed_state(bed, 0xffffffff, flat, 0, 4 | pv);
        bed_primitive(bed, TRISTRIP, v, 5);
        assert_int_equal(at(bed, 3, 3), 0xff000001 + pv);
        assert_int_equal(at(bed, 14, 14), 0xff000002 + pv);
        assert_int_equal(at(bed, 20, 3), 0xff000003 + pv);
    }
    const struct bed_vertex f[4] = {{0, 0, 0, 0xff000001},
                                    {32, 0, 0, 0xff000002},
                                    {32, 32, 0, 0xff000003},
                                    {0, 32, 0, 0xff000004}};
    for (uint32_t rule = 1; rule < 3; rule++) {
        prepare(bed, flat);
        SEND(bed, 0x67000000 | 1u << 5 | rule << 3);
        bed_primitive(bed, TRIFAN, f, 4);
        assert_int_equal(at(bed, 20, 3), 0xff000001 + rule);
        assert_int_equal(at(bed, 3, 20), 0xff000002 + rule);
    }
}

static void test_lines(void **state)
{
    struct bed *bed = *state;
    static const struct {
        float x0, y0, x1, y1;
        int count, x, y;
    } cases[] = {
        {4.5f, 7.5f, 12.5f, 7.5f, 8, 4, 7},   {12.5f, 7.5f, 4.5f, 7.5f, 8, 12, 7},
        {5.5f, 2.5f, 5.5f, 9.5f, 7, 5, 2},    {5.5f, 9.5f, 5.5f, 2.5f, 7, 5, 9},
        {2.5f, 2.5f, 12.5f, 12.5f, 10, 7, 7}, {2.5f, 12.5f, 12.5f, 7.5f, 10, 2, 12},
        {-5.5f, 3.5f, 40.5f, 3.5f, 32, 0, 3}, {8.5f, 8.5f, 8.5f, 8.5f, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct bed_vertex v[2] = {{cases[i].x0, cases[i].y0, 0, WHITE},
                                        {cases[i].x1, cases[i].y1, 0, WHITE}};
        prepare(bed, S4_PLAIN);
        bed_primitive(bed, LINELIST, v, 2);
        assert_int_equal(count_pixels(bed), cases[i].count);
        if (cases[i].count != 0) {
            assert_int_equal(at(bed, cases[i].x, cases[i].y), WHITE);
        }
    }
}

/* A closed strip touches each corner once; the last pixel comes with its enable. */
static void test_line_strip(void **state)
{
    struct bed *bed = *state;
    const struct bed_vertex v[5] = {{4.5f, 4.5f, 0, 0x01010101},
                                    {20.5f, 4.5f, 0, 0x01010101},
                                    {20.5f, 20.5f, 0, 0x01010101},
                                    {4.5f, 20.5f, 0, 0x01010101},
                                    {4.5f, 4.5f, 0, 0x01010101}};
    prepare(bed, S4_PLAIN);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR | 1u << 15 | 2u << 8 | 2u << 4);
    bed_primitive(bed, LINESTRIP, v, 5);
    assert_int_equal(count_pixels(bed), 64);
    for (int i = 0; i < SIZE * SIZE; i++) {
        assert_true(at(bed, i % SIZE, i / SIZE) <= 0x01010101);
    }
    prepare(bed, S4_PLAIN);
    bed_state(bed, 0xffffffff, S4_PLAIN, 1u << 26, S6_COLOR);
    bed_primitive(bed, LINELIST, v, 2);
    assert_int_equal(count_pixels(bed), 17);
    assert_int_equal(at(bed, 20, 4), 0x01010101);
}

static void test_wide_and_smooth_line(void **state)
{
    struct bed *bed = *state;
    const struct bed_vertex v[2] = {{0, 8.5f, 0, 0xff000000}, {32, 8.5f, 0, 0xffff0000}};
    prepare(bed, (S4_PLAIN & ~(15u << 19)) | 6u << 19);
    bed_primitive(bed, LINELIST, v, 2);
    assert_int_equal(count_pixels(bed), 96);
    assert_int_equal(at(bed, 16, 7), at(bed, 16, 9));
    const uint32_t red = at(bed, 16, 8) >> 16 & 255;
    assert_true(red >= 130 && red <= 133);
}

static void test_points(void **state)
{
    struct bed *bed = *state;
    for (uint32_t width = 1; width < 9; width++) {
        const struct bed_vertex v[2] = {{8.5f, 8.5f, 0, WHITE}, {22, 22, 0, WHITE}};
        prepare(bed, (S4_PLAIN & 0x007fffff) | width << 23);
        bed_primitive(bed, POINTLIST, v, 1);
        assert_int_equal(count_pixels(bed), width * width);
        assert_int_equal(at(bed, 8, 8), WHITE);
        bed_primitive(bed, POINTLIST, v + 1, 1);
        assert_int_equal(count_pixels(bed), 2 * width * width);
    }
    /* width in the vertex, unless S5 forces that of S4 */
    prepare(bed, S4_PLAIN | 1u << 12);
    SEND(bed, 0x7f000000 | POINTLIST << 18 | 4, bits_of(9), bits_of(9), 0, bits_of(6), WHITE);
    assert_int_equal(count_pixels(bed), 36);
    prepare(bed, S4_PLAIN | 1u << 12);
    bed_state(bed, 0xffffffff, S4_PLAIN | 1u << 12, 1u << 27, S6_COLOR);
    SEND(bed, 0x7f000000 | POINTLIST << 18 | 4, bits_of(9.5f), bits_of(9.5f), 0, bits_of(6), WHITE);
    assert_int_equal(count_pixels(bed), 1);
}

static void test_point_sprite(void **state)
{
    struct bed *bed = *state;
    bed_target(bed, SIZE, SIZE);
    memset(bed_bytes(bed, COLOR_AT), 0, SIZE * SIZE * 4);
    bed_state(bed, 0xfffffff0, 16u << 23 | 2u << 19 | 1u << 13 | 1u << 6 | 2, 0, S6_COLOR);
    /* DCL T0; oC = (T0.x, T0.y, 0, 1) */
    SEND(bed, 0x7d050005, 0x19080c00, 0, 0, 0x02203c80, 0x01450000, 0);
    SEND(bed, 0x7f000000 | POINTLIST << 18 | 4, bits_of(16), bits_of(16), 0, 0, 0);
    assert_int_equal(count_pixels(bed), 256);
    assert_int_equal(at(bed, 8, 8), 0xff080800);
    assert_int_equal(at(bed, 23, 8), 0xfff70800);
    assert_int_equal(at(bed, 8, 23), 0xff08f700);
}

static void test_rectangles(void **state)
{
    struct bed *bed = *state;
    prepare(bed, S4_PLAIN & ~(3u << 13)); /* culling does not concern them */
    const struct bed_vertex v[3] = {
        {20, 25, 0, 0xffff8000}, {4, 25, 0, 0xff008000}, {4, 9, 0, 0xff000000}};
    bed_primitive(bed, RECTLIST, v, 3);
    assert_int_equal(count_pixels(bed), 256);
    assert_int_equal(at(bed, 4, 9), 0xff080400);
    assert_int_equal(at(bed, 19, 24), 0xfff77c00);
}

static void test_vertex_buffer(void **state)
{
    struct bed *bed = *state;
    const struct bed_vertex v[4] = {
        {4, 4, 0, WHITE}, {20, 4, 0, WHITE}, {4, 20, 0, WHITE}, {20, 20, 0, WHITE}};
    for (uint32_t i = 0; i < 4; i++) {
        /* pitch 6, and two vertices before */
        memcpy(bed_bytes(bed, VERTEX_AT) + 24 * (i + 2), &v[i], 16);
    }
    prepare(bed, S4_PLAIN);
    SEND(bed, 0x7d040031, VERTEX_AT, 4u << 24 | 6u << 16);
    SEND(bed, 0x7f000000 | 1u << 23 | TRISTRIP << 18 | 4, 2);
    assert_int_equal(count_pixels(bed), 256);
    prepare(bed, S4_PLAIN);
    SEND(bed, 0x7f000000 | 1u << 23 | TRILIST << 18 | 1u << 17 | 6, 3u << 16 | 2, 3u << 16 | 4,
         4u << 16 | 5);
    assert_int_equal(count_pixels(bed), 256);
    prepare(bed, S4_PLAIN);
    SEND(bed, 0x7f000000 | 1u << 23 | TRILIST << 18 | 1u << 17 | 3, 3u << 16 | 2, 4);
    assert_int_equal(count_pixels(bed), 120);
    /* a page that is not there */
    bed->memory.hole = VERTEX_AT;
    assert_int_equal(TRY(bed, 0x7f000000 | 1u << 23 | TRISTRIP << 18 | 4, 2), RENDER_FAULT);
    assert_int_equal(bed->error.pgtbl_er, 1u << 21);
}

/* Attributes that the vertex does not have come from the defaults. */
static void test_defaults(void **state)
{
    struct bed *bed = *state;
    prepare(bed, (S4_PLAIN & ~(7u << 6) & ~(1u << 10)) | 3u << 6);
    bed_depth(bed, SIZE);
    bed_state(bed, 0xffffffff, (S4_PLAIN & ~(7u << 6) & ~(1u << 10)) | 3u << 6, 0,
              S6_COLOR | 1u << 19 | 8);
    SEND(bed, 0x7d990000, 0x80112233);
    SEND(bed, 0x7d980000, bits_of(0.5f));
    SEND(bed, 0x7f000005, 0, 0, bits_of(32), 0, 0, bits_of(32));
    assert_int_equal(at(bed, 3, 3), 0x80112233);
    assert_int_equal(bed_pixel(bed, DEPTH_AT, SIZE * 4, 3, 3), 0x800000);
    /* and where S4 forces them */
    prepare(bed, S4_PLAIN | 1u << 5);
    bed_fill(bed, 0, 0, 32, 32, 0, WHITE);
    assert_int_equal(at(bed, 3, 3), 0x80112233);
}

static void clear(struct bed *bed, uint32_t what, float x0, float y0, float x1, float y1)
{
    SEND(bed, 0x7d9c0005, 1u << 16 | what, 0, 0, 0xc0ff8010, bits_of(0.5f), 0x77);
    SEND(bed, 0x7f280005, bits_of(x1), bits_of(y1), bits_of(x0), bits_of(y1), bits_of(x0),
         bits_of(y0));
}

static void test_clear_rectangle(void **state)
{
    struct bed *bed = *state;
    prepare(bed, S4_PLAIN);
    bed_depth(bed, SIZE);
    memset(bed_bytes(bed, DEPTH_AT), 0x11, SIZE * SIZE * 4);
    clear(bed, 4 | 2 | 1, 3, 5, 30, 31);
    assert_int_equal(count_pixels(bed), 27 * 26);
    assert_int_equal(at(bed, 3, 5), 0xc0ff8010);
    assert_int_equal(at(bed, 29, 30), 0xc0ff8010);
    assert_int_equal(bed_pixel(bed, DEPTH_AT, SIZE * 4, 29, 30), 0x77800000);
    assert_int_equal(bed_pixel(bed, DEPTH_AT, SIZE * 4, 30, 30), 0x11111111);
    clear(bed, 1, 0, 0, 32, 32);
    assert_int_equal(bed_pixel(bed, DEPTH_AT, SIZE * 4, 0, 0), 0x77111111);
    memset(bed_bytes(bed, DEPTH_AT), 0x11, SIZE * SIZE * 4);
    clear(bed, 2, -100, -100, 100, 100);
    assert_int_equal(bed_pixel(bed, DEPTH_AT, SIZE * 4, 31, 31), 0x11800000);
    /* nothing beyond the draw rectangle */
    assert_int_equal(bed_pixel(bed, DEPTH_AT, SIZE * 4, 0, SIZE), 0);
}

static void test_clear_formats(void **state)
{
    struct bed *bed = *state;
    static const struct {
        uint32_t code, bytes, stored;
    } cases[] = {{0, 1, 0x80},   {1, 2, 0xfe02}, {2, 2, 0xfc02},
                 {8, 2, 0xbf81}, {9, 2, 0xfe02}, {10, 4, 0xbff80840}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        prepare(bed, S4_PLAIN);
        SEND(bed, 0x7d850000, 0x10880008 | cases[i].code << 8);
        SEND(bed, 0x7d8e0001, 0x03000000 | SIZE * cases[i].bytes, COLOR_AT);
        clear(bed, 4, 0, 0, 32, 32);
        uint32_t stored = 0;
        memcpy(&stored, bed_bytes(bed, COLOR_AT) + 3 * SIZE * cases[i].bytes, cases[i].bytes);
        assert_int_equal(stored, cases[i].stored);
    }
}

/* The clear's rectangle is in window coordinates: the origin is added. */
static void test_clear_with_origin(void **state)
{
    struct bed *bed = *state;
    prepare(bed, S4_PLAIN);
    SEND(bed, 0x7d800003, 0x40000000, 0x00040008, 0x001f001f, 0x00040008);
    clear(bed, 4, 0, 0, 10, 12);
    assert_int_equal(count_pixels(bed), 120);
    assert_int_equal(at(bed, 8, 4), 0xc0ff8010);
    assert_int_equal(at(bed, 17, 15), 0xc0ff8010);
}

/* Everything that the model does not execute says so, and names it. */
static void test_refused(void **state)
{
    struct bed *bed = *state;
    static const struct {
        uint32_t dw[5];
        unsigned count;
        const char *text;
    } cases[] = {
        {{0x7e000000}, 1, "unknown command"},
        {{0x61000000}, 1, "unknown command"},
        {{0x7d8f0000}, 1, "MAP_PALETTE_LOAD_32"},
        {{0x7d070000, 1}, 2, "LOAD_INDIRECT"},
        {{0x7d070100, 0}, 2, "LOAD_INDIRECT"},
        {{0x7d860002, 0, 0}, 3, "CHROMA_KEY"},
        {{0x7d8e0001, 0x06000000, 0}, 3, "buffer id 6"},
        {{0x7d9c0005, 0, 0, 0, 0}, 5, "CLEAR_PARAMETERS"},
        {{0x7f280005, 0, 0, 0, 0}, 5, "CLEAR_RECT"},
        {{0x7f240000, 0}, 2, "primitive type 9"},
        {{0x7f000003, 0, 0, 0}, 4, "no pixel program"},
        {{0x7d000002, 1, 0, 0}, 4, "MAP_STATE"},
        {{0x7d040071, 1, 2}, 3, "LOAD_STATE"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (bed_try(bed, cases[i].dw, cases[i].count) != RENDER_UNKNOWN) {
            fail_msg("case %zu is executed", i);
        }
        if (strstr(bed->error.text, cases[i].text) == NULL) {
            fail_msg("case %zu: %s", i, bed->error.text);
        }
    }
}

static void test_refused_at_the_primitive(void **state)
{
    struct bed *bed = *state;
    static const struct {
        uint32_t s2, s4, s5, s6;
        const char *text;
    } cases[] = {
        {0xffffffff, S4_PLAIN & ~(7u << 6), 0, S6_COLOR, "position format 0"},
        {0xfffffff6, S4_PLAIN, 0, S6_COLOR, "format 6"},
        {0xffffffff, S4_PLAIN, 0, S6_COLOR | 1u << 15, "blend"},
        {0xffffffff, S4_PLAIN, 0, S6_COLOR | 1u << 19, "depth buffer"},
        {0xfffffff1, S4_PLAIN, 0, S6_COLOR, "inline"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        prepare(bed, S4_PLAIN);
        bed_state(bed, cases[i].s2, cases[i].s4, cases[i].s5, cases[i].s6);
        assert_int_equal(TRY(bed, 0x7f00000b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), RENDER_UNKNOWN);
        if (strstr(bed->error.text, cases[i].text) == NULL) {
            fail_msg("case %zu: %s", i, bed->error.text);
        }
    }
}

/* The short forms that only set what their enable bits name. */
static void test_nothing_to_refuse(void **state)
{
    struct bed *bed = *state;
    static const uint32_t commands[] = {0x66014140, 0x6700a770, 0x68000000, 0x69000000, 0x6b000000,
                                        0x6c000000, 0x6d000000, 0x75112233, 0x76fac688, 0x7c880002};
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        bed_send(bed, &commands[i], 1);
    }
    SEND(bed, 0x7d070000, 0);
    SEND(bed, 0x7d970000, bits_of(1.0f));
    SEND(bed, 0x7d890002, 0, 0, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_strip_winding),
        TEST(test_fan_and_polygon),
        TEST(test_provoking_vertices),
        TEST(test_lines),
        TEST(test_line_strip),
        TEST(test_wide_and_smooth_line),
        TEST(test_points),
        TEST(test_point_sprite),
        TEST(test_rectangles),
        TEST(test_vertex_buffer),
        TEST(test_defaults),
        TEST(test_clear_rectangle),
        TEST(test_clear_formats),
        TEST(test_clear_with_origin),
        TEST(test_refused),
        TEST(test_refused_at_the_primitive),
        TEST(test_nothing_to_refuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
