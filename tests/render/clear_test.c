/* SPDX-License-Identifier: MIT */
/*
 * CLEAR_RECT and ZONE_INIT against drawing: what a clear stores is what a rectangle of that colour
 * and depth stores, in every format, and nothing outside of its rectangle changes.
 */
#include "tests/render/bed.h"

#include <math.h>
#include <string.h>

#define SIZE   32
#define PITCH  128u
#define EXTENT (SIZE * PITCH)

static uint32_t seed;

static uint32_t pick(uint32_t count)
{
    return bed_random(&seed) % count;
}

struct clear {
    uint32_t color_format, depth_format;
    uint32_t what; /* 4 colour, 2 depth, 1 stencil */
    uint32_t argb, stencil;
    float depth;
    int x0, y0, x1, y1;
    bool scissor;
};

static const uint32_t color_bytes[11] = {1, 2, 2, 4, 2, 2, 2, 2, 2, 2, 4};

static void set_targets(struct bed *bed, const struct clear *clear)
{
    const uint32_t corner = (SIZE - 1) << 16 | (SIZE - 1);
    SEND(bed, 0x7d8e0001, 0x03000000 | PITCH, COLOR_AT);
    SEND(bed, 0x7d8e0001, 0x07000000 | PITCH, DEPTH_AT);
    SEND(bed, 0x7d850000, 0x10880000 | clear->color_format << 8 | clear->depth_format << 2);
    SEND(bed, 0x7d800003, 0x40000000, 0, corner, 0);
    SEND(bed, 0x7d810001, 5u << 16 | 4, 27u << 16 | 28);
    SEND(bed, 0x7c800002 | (uint32_t)clear->scissor);
}

static void draw(struct bed *bed, const struct clear *clear)
{
    const bool stencil = (clear->what & 1) && clear->depth_format >= 2;
    bed_state(bed, 0xffffffff, S4_PLAIN, clear->stencil << 16 | 2u << 4 | (stencil ? 12u : 0),
              (clear->what & 4 ? 6u : 2u) | (clear->what & 2 ? 8u : 0));
    bed_fill(bed, (float)clear->x0, (float)clear->y0, (float)clear->x1, (float)clear->y1,
             clear->depth, clear->argb);
}

static struct clear pick_clear(void)
{
    struct clear clear = {.color_format = pick(11),
                          .depth_format = pick(4),
                          .what = 1 + pick(7),
                          .argb = bed_random(&seed) << 8 ^ bed_random(&seed),
                          .stencil = pick(256),
                          .depth = (float)pick(1025) / 1024,
                          .x0 = (int)pick(40) - 4,
                          .y0 = (int)pick(40) - 4,
                          .scissor = pick(2) != 0};
    clear.x1 = clear.x0 + (int)pick(40);
    clear.y1 = clear.y0 + (int)pick(40);
    return clear;
}

/* Two ways to convert a depth may round apart by a step. */
static void expect_depths(const uint8_t *a, const uint8_t *b, const struct clear *clear)
{
    const bool wide = clear->depth_format >= 2;
    for (uint32_t i = 0; i < EXTENT; i += wide ? 4 : 2) {
        uint32_t x = 0, y = 0;
        memcpy(&x, a + i, wide ? 4 : 2);
        memcpy(&y, b + i, wide ? 4 : 2);
        const int64_t dz = (int64_t)(x & 0xffffff) - (y & 0xffffff);
        if (x >> 24 != y >> 24 || dz > 1 || dz < -1) {
            fail_msg("format %u depth %f: 0x%x drawn, 0x%x cleared", clear->depth_format,
                     (double)clear->depth, x, y);
        }
    }
}

static void test_clears_are_drawings(void **state)
{
    struct bed *bed = *state;
    uint8_t drawn[2][EXTENT], background[EXTENT];
    seed = 31;
    bed_diffuse_program(bed);
    for (int round = 0; round < 1500; round++) {
        const struct clear clear = pick_clear();
        for (uint32_t i = 0; i < EXTENT; i++) {
            background[i] = (uint8_t)pick(256);
        }
        set_targets(bed, &clear);
        memcpy(bed_bytes(bed, COLOR_AT), background, EXTENT);
        memcpy(bed_bytes(bed, DEPTH_AT), background, EXTENT);
        draw(bed, &clear);
        memcpy(drawn[0], bed_bytes(bed, COLOR_AT), EXTENT);
        memcpy(drawn[1], bed_bytes(bed, DEPTH_AT), EXTENT);
        memcpy(bed_bytes(bed, COLOR_AT), background, EXTENT);
        memcpy(bed_bytes(bed, DEPTH_AT), background, EXTENT);
        const uint32_t x0 = bits_of((float)clear.x0), y0 = bits_of((float)clear.y0);
        const uint32_t x1 = bits_of((float)clear.x1), y1 = bits_of((float)clear.y1);
        SEND(bed, 0x7d9c0005, 1u << 16 | clear.what, 0, 0, clear.argb, bits_of(clear.depth),
             clear.stencil);
        SEND(bed, 0x7f280005, x1, y1, x0, y1, x0, y0);
        assert_memory_equal(drawn[0], bed_bytes(bed, COLOR_AT), EXTENT);
        expect_depths(drawn[1], bed_bytes(bed, DEPTH_AT), &clear);
    }
}

/* ZONE_INIT stores its two dwords as they are. */
static void test_zone_init(void **state)
{
    struct bed *bed = *state;
    for (uint32_t format = 0; format < 11; format++) {
        const struct clear clear = {.color_format = format, .depth_format = format % 4};
        const uint32_t bytes = color_bytes[format], depth_bytes = format % 4 >= 2 ? 4 : 2;
        memset(bed_bytes(bed, COLOR_AT), 0, EXTENT);
        memset(bed_bytes(bed, DEPTH_AT), 0, EXTENT);
        set_targets(bed, &clear);
        SEND(bed, 0x7d9c0005, 7, 0x12345678, 0x9abcdef0, 0, 0, 0);
        SEND(bed, 0x7f340005, bits_of(20), bits_of(20), bits_of(3), bits_of(20), bits_of(3),
             bits_of(7));
        for (uint32_t i = 0; i < SIZE * SIZE; i++) {
            const uint32_t x = i % SIZE, y = i / SIZE;
            const bool inside = x >= 3 && x < 20 && y >= 7 && y < 20;
            uint32_t color = 0, depth = 0;
            memcpy(&color, bed_bytes(bed, COLOR_AT) + y * PITCH + x * bytes, bytes);
            memcpy(&depth, bed_bytes(bed, DEPTH_AT) + y * PITCH + x * depth_bytes, depth_bytes);
            assert_int_equal(color, inside ? 0x12345678u & (uint32_t)((1ull << 8 * bytes) - 1) : 0);
            assert_int_equal(depth, inside ? depth_bytes == 4 ? 0x9abcdef0 : 0xdef0 : 0);
        }
    }
}

/* A rectangle that is none clears nothing, and stops nothing. */
static void test_empty_clears(void **state)
{
    struct bed *bed = *state;
    static const float corners[][4] = {{10, 10, 10, 20},
                                       {20, 10, 10, 20},
                                       {NAN, 0, 32, 32},
                                       {0, 0, 32, NAN},
                                       {1e30f, 1e30f, 2e30f, 2e30f},
                                       {-50, -50, -40, 32},
                                       {40, 0, 50, 32}};
    const struct clear clear = {.color_format = 3, .depth_format = 2};
    set_targets(bed, &clear);
    SEND(bed, 0x7d9c0005, 1u << 16 | 7, 0, 0, 0xffffffff, 0, 0);
    for (size_t i = 0; i < sizeof(corners) / sizeof(corners[0]); i++) {
        const float *c = corners[i];
        SEND(bed, 0x7f280005, bits_of(c[2]), bits_of(c[3]), bits_of(c[0]), bits_of(c[3]),
             bits_of(c[0]), bits_of(c[1]));
    }
    for (uint32_t i = 0; i < EXTENT; i++) {
        assert_int_equal(*bed_bytes(bed, COLOR_AT + i), 0);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {EVERY_KERNEL(test_clears_are_drawings), TEST(test_zone_init),
                                       TEST(test_empty_clears)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
