/* SPDX-License-Identifier: MIT */
/*
 * Where pixels land and what they become: fenced and interlaced buffers, tiles that the width does
 * not fit, draw rectangles with an origin, 4:2:2 and sRGB targets.
 */
#include "tests/render/bed.h"

#include <math.h>
#include <string.h>

#define SIZE  32
#define PITCH (SIZE * 4)

static uint32_t seed;

static uint32_t pick(uint32_t count)
{
    return bed_random(&seed) % count;
}

static void prepare(struct bed *bed)
{
    bed_target(bed, SIZE, SIZE);
    bed_depth(bed, SIZE);
    bed_diffuse_program(bed);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR | 8);
}

static uint32_t stored(struct bed *bed, uint64_t address, uint32_t bytes)
{
    uint32_t value = 0;
    memcpy(&value, bed_bytes(bed, (uint32_t)address), bytes);
    return value;
}

/* A picture with another colour and depth in every pixel: 1 by 1 rectangles. */
static void draw_numbers(struct bed *bed, int width, int height)
{
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            const float z = (float)(y * width + x) / 16777215.0f;
            bed_fill(bed, (float)x, (float)y, (float)x + 1, (float)y + 1, z,
                     0xff000000 | (uint32_t)(y * width + x));
        }
    }
}

static uint64_t tiled_x(uint32_t pitch, uint32_t x, uint32_t y)
{
    return (uint64_t)(y / 8) * 8 * pitch + x / 512 * 4096 + y % 8 * 512 + x % 512;
}

static void test_fenced_buffers(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    bed->memory.fence_at = DEPTH_AT;
    bed->memory.fence_pitch = 1024;
    SEND(bed, 0x7d8e0001, 0x03800000 | 1024, DEPTH_AT + 2 * 1024 + 16);
    SEND(bed, 0x7d8e0001, 0x07800000 | 1024, DEPTH_AT + 40 * 1024);
    draw_numbers(bed, 20, 20);
    for (uint32_t i = 0; i < 400; i++) {
        const uint32_t x = i % 20, y = i / 20;
        assert_int_equal(stored(bed, DEPTH_AT + tiled_x(1024, 4 * x + 16, y + 2), 4),
                         0xff000000 | i);
        assert_int_equal(stored(bed, DEPTH_AT + tiled_x(1024, 4 * x, y + 40), 4), i);
    }
}

/* DST_BUF_VARS 1:0 doubles the step between rows, of colour and of depth, tiled or not. */
static void test_line_stride(void **state)
{
    struct bed *bed = *state;
    for (uint32_t offset = 0; offset < 2; offset++) {
        for (uint32_t tiled = 0; tiled < 2; tiled++) {
            prepare(bed);
            memset(bed_bytes(bed, COLOR_AT), 0, 1 << 16);
            memset(bed_bytes(bed, DEPTH_AT), 0, 1 << 16);
            SEND(bed, 0x7d850000, 0x10880308 | 2 | offset);
            SEND(bed, 0x7d8e0001, 0x03000000 | tiled << 22 | 512, COLOR_AT);
            SEND(bed, 0x7d8e0001, 0x07000000 | tiled << 22 | 512, DEPTH_AT);
            draw_numbers(bed, 10, 10);
            for (uint32_t i = 0; i < 200; i++) {
                const uint32_t x = i % 10, row = i / 10, y = row / 2;
                const bool drawn = row % 2 == offset;
                const uint64_t at = tiled ? tiled_x(512, 4 * x, row) : row * 512 + 4 * x;
                assert_int_equal(stored(bed, COLOR_AT + at, 4),
                                 drawn ? 0xff000000 | (10 * y + x) : 0);
                assert_int_equal(stored(bed, DEPTH_AT + at, 4), drawn ? 10 * y + x : 0);
            }
            /* clears agree */
            SEND(bed, 0x7d9c0005, 1u << 16 | 4, 0, 0, 0x11223344, 0, 0);
            SEND(bed, 0x7f280005, bits_of(10), bits_of(10), bits_of(0), bits_of(10), 0, 0);
            for (uint32_t row = 0; row < 20; row++) {
                const uint64_t at = tiled ? tiled_x(512, 36, row) : row * 512 + 36;
                assert_int_equal(stored(bed, COLOR_AT + at, 4), row % 2 == offset ? 0x11223344 : 0);
            }
        }
    }
}

/* A pitch that is no number of tiles, or less than the width: the formula goes on. */
static void test_odd_tiled_pitches(void **state)
{
    struct bed *bed = *state;
    static const uint32_t pitches[3] = {768, 512, 1000};
    for (uint32_t i = 0; i < 3; i++) {
        bed_target(bed, 200, 16);
        SEND(bed, 0x7d8e0001, 0x03000000 | 1u << 22 | pitches[i], COLOR_AT);
        bed_diffuse_program(bed);
        bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR);
        bed_fill(bed, 150, 9, 151, 10, 0, 0x12345678);
        assert_int_equal(stored(bed, COLOR_AT + tiled_x(pitches[i], 600, 9), 4), 0x12345678);
    }
}

/* An origin before the rectangle moves colour; depth begins at the origin or not. */
static void test_origins(void **state)
{
    struct bed *bed = *state;
    seed = 59;
    for (int round = 0; round < 200; round++) {
        const int xorg = (int)pick(24) - 8, yorg = (int)pick(24) - 8;
        const int xmin = (int)pick(16), ymin = (int)pick(16);
        const bool own = pick(2);
        const uint32_t origin = (uint32_t)yorg << 16 | ((uint32_t)xorg & 0xffff);
        prepare(bed);
        memset(bed_bytes(bed, COLOR_AT), 0, SIZE * PITCH);
        memset(bed_bytes(bed, DEPTH_AT), 0, SIZE * PITCH);
        SEND(bed, 0x7d800003, (uint32_t)own << 30, (uint32_t)ymin << 16 | (uint32_t)xmin,
             (SIZE - 9) << 16 | (SIZE - 9), origin);
        bed_fill(bed, -20, -20, 60, 60, 1.0f, 0xffffffff);
        for (int i = 0; i < SIZE * SIZE; i++) {
            const int x = i % SIZE, y = i / SIZE;
            const int dx = own ? xorg : 0, dy = own ? yorg : 0;
            const bool drawn =
                x >= xmin && y >= ymin && x < SIZE - 8 && y < SIZE - 8 && x >= dx && y >= dy;
            assert_int_equal(bed_pixel(bed, COLOR_AT, PITCH, x, y), drawn ? 0xffffffff : 0);
            if (x >= dx && y >= dy) {
                assert_int_equal(bed_pixel(bed, DEPTH_AT, PITCH, x - dx, y - dy),
                                 drawn ? 0xffffff : 0);
            }
        }
    }
}

/* ---- 4:2:2 ---- */

/* Byte order of a pair of pixels: which of Y0 U Y1 V each byte is. */
static const char orders[4][5] = {"UYVW", "YUWV", "YVWU", "VYUW"};

/* Bytes of a pair of pixels of one colour after all channels that the masks let through. */
static uint8_t expected_byte(uint32_t format, uint32_t select, uint32_t disabled, uint32_t argb,
                             int byte, uint8_t was)
{
    static const char *const selected[5] = {"YWUV", "YW", "V", "U", "UV"};
    const char what = orders[format - 4][byte];
    const bool luma = what == 'Y' || what == 'W';
    const uint32_t disable = luma ? 2 : what == 'V' ? 4 : 1; /* S5 30:28: red, green, blue */
    if (strchr(selected[select], what) == NULL || (disabled & disable)) {
        return was;
    }
    return (uint8_t)(argb >> (luma ? 8 : what == 'V' ? 16 : 0));
}

static void test_422(void **state)
{
    struct bed *bed = *state;
    seed = 61;
    prepare(bed);
    for (int round = 0; round < 400; round++) {
        const uint32_t format = 4 + pick(4), select = pick(5), disabled = pick(2) * pick(8);
        const uint32_t argb = bed_random(&seed) << 8 ^ bed_random(&seed);
        const int x0 = (int)pick(10), x1 = x0 + 1 + (int)pick(10);
        memset(bed_bytes(bed, COLOR_AT), 0x5a, SIZE * 64);
        SEND(bed, 0x7d850000, 0x10880008 | format << 8 | select << 12);
        SEND(bed, 0x7d8e0001, 0x03000000 | 64, COLOR_AT);
        bed_state(bed, 0xffffffff, S4_PLAIN, disabled << 28, S6_COLOR);
        bed_fill(bed, (float)x0, 3, (float)x1, 9, 0, argb);
        for (int i = 0; i < SIZE * 64; i++) {
            const int y = i / 64, x = i % 64 / 2;
            const bool inside = y >= 3 && y < 9 && x >= x0 && x < x1;
            assert_int_equal(*bed_bytes(bed, COLOR_AT + (uint32_t)i),
                             inside ? expected_byte(format, select, disabled, argb, i & 3, 0x5a)
                                    : 0x5a);
        }
    }
    assert_int_equal(TRY(bed, 0x7d850000, 0x10880508 | 5u << 12), RENDER_OK);
    assert_int_equal(TRY(bed, 0x7f00000b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), RENDER_UNKNOWN);
}

/* Blending goes sample by sample: half of the old and half of the new. */
static void test_422_blend(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    for (uint32_t format = 4; format < 8; format++) {
        memset(bed_bytes(bed, COLOR_AT), 0x40, SIZE * 64);
        SEND(bed, 0x7d850000, 0x10880008 | format << 8);
        SEND(bed, 0x7d8e0001, 0x03000000 | 64, COLOR_AT);
        bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR | 1u << 15 | 2u << 8 | 2u << 4);
        bed_fill(bed, 0, 0, 8, 8, 0, 0xff102030);
        for (int byte = 0; byte < 4; byte++) {
            const uint8_t added = expected_byte(format, 0, 0, 0xff102030, byte, 0);
            assert_int_equal(*bed_bytes(bed, COLOR_AT + 64 + (uint32_t)byte), 0x40 + added);
        }
    }
}

/* ---- sRGB ---- */

static double encoded(double v)
{
    return v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055;
}

static double decoded(double v)
{
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static void test_linear_blend(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    SEND(bed, 0x7d850000, 0x10880308 | 1u << 25);
    for (uint32_t s = 0; s < 256; s += 5) {
        for (uint32_t d = 0; d < 256; d += 15) {
            for (int y = 0; y < 4; y++) {
                for (int x = 0; x < 4; x++) {
                    const uint32_t old = d * 0x01010101;
                    memcpy(bed_bytes(bed, COLOR_AT + (uint32_t)(y * PITCH + x * 4)), &old, 4);
                }
            }
            const uint32_t blend = d & 1 ? 1u << 15 | 12u << 8 | 13u << 4 : 0;
            SEND(bed, 0x7d880000, 0x80808080);
            bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR | blend);
            bed_fill(bed, 0, 0, 4, 4, 0, s * 0x01010101);
            const double k = blend ? 128 / 255.0 : 1;
            const double linear = s / 255.0 * k + decoded(d / 255.0) * (1 - k);
            const double alpha = s / 255.0 * k + d / 255.0 * (1 - k);
            const uint32_t pixel = bed_pixel(bed, COLOR_AT, PITCH, 1, 1);
            assert_true(fabs((pixel & 255) - encoded(linear) * 255) < 0.52);
            assert_true(fabs((pixel >> 8 & 255) - encoded(linear) * 255) < 0.52);
            assert_true(fabs((pixel >> 24) - alpha * 255) < 0.52);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {EVERY_KERNEL(test_fenced_buffers),
                                       EVERY_KERNEL(test_line_stride),
                                       EVERY_KERNEL(test_odd_tiled_pitches),
                                       EVERY_KERNEL(test_origins),
                                       EVERY_KERNEL(test_422),
                                       EVERY_KERNEL(test_422_blend),
                                       EVERY_KERNEL(test_linear_blend)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
