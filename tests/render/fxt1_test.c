/* SPDX-License-Identifier: MIT */
/* FXT1 blocks of each mode, worked out by hand from GL_3DFX_texture_compression_FXT1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hw/model/render/texture.h"

/* 'value' at bit 'at' */
struct setting {
    uint8_t at, count;
    uint32_t value;
};

static void build(uint8_t block[16], const struct setting *settings, size_t count)
{
    memset(block, 0, 16);
    for (size_t i = 0; i < count; i++) {
        for (unsigned b = 0; b < settings[i].count; b++) {
            const unsigned at = settings[i].at + b;
            block[at / 8] |= (uint8_t)((settings[i].value >> b & 1) << at % 8);
        }
    }
}

static void expect(const struct setting *settings, size_t count, unsigned half,
                   const uint32_t *texels, unsigned texel_count)
{
    uint8_t block[16];
    uint32_t texel[16];
    build(block, settings, count);
    texel_fxt1(block, half, texel);
    for (unsigned i = 0; i < texel_count; i++) {
        if (texel[i] != texels[i]) {
            fail_msg("texel %u: 0x%08x, not 0x%08x", i, texel[i], texels[i]);
        }
    }
}
#define EXPECT(settings, half, ...)                                                                \
    expect(settings, sizeof(settings) / sizeof((settings)[0]), half,                               \
           (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

#define RED   (31u << 10)
#define GREEN (31u << 5)
#define BLUE  31u

static void test_high(void **state)
{
    /* three bits a texel; right half from bit 48 on */
    static const struct setting settings[] = {
        {0, 12, 07630}, {48, 6, 076}, {96, 15, RED}, {111, 15, BLUE}};
    EXPECT(settings, 0, 0xffff0000, 0xff800080, 0xff0000ff, 0x00000000, 0xffff0000);
    EXPECT(settings, 1, 0xff0000ff, 0x00000000, 0xffff0000);
}

static void test_chroma(void **state)
{
    static const struct setting settings[] = {{0, 8, 0xe4},    {32, 8, 0x1b},  {64, 15, RED},
                                              {79, 15, GREEN}, {94, 15, BLUE}, {109, 15, 0x7fff},
                                              {125, 3, 2}};
    EXPECT(settings, 0, 0xffff0000, 0xff00ff00, 0xff0000ff, 0xffffffff);
    EXPECT(settings, 1, 0xffffffff, 0xff0000ff, 0xff00ff00, 0xffff0000);
}

/* Green's sixth bits: the second colour's is stored, the first one's is it xor a selector bit. */
static void test_mixed(void **state)
{
    static const struct setting opaque[] = {
        {0, 8, 0xe4}, {64, 15, GREEN}, {79, 15, RED}, {125, 1, 1}, {127, 1, 1}};
    EXPECT(opaque, 0, 0xff00ff00, 0xff55ab00, 0xffaa5800, 0xffff0400);
    static const struct setting clear[] = {
        {32, 8, 0xe4}, {94, 15, RED}, {109, 15, BLUE}, {124, 1, 1}, {127, 1, 1}};
    EXPECT(clear, 1, 0xffff0000, 0xff7f007f, 0xff0000ff, 0x00000000);
}

static void test_alpha(void **state)
{
    static const struct setting chosen[] = {{0, 8, 0xe4},   {64, 15, RED}, {79, 15, GREEN},
                                            {94, 15, BLUE}, {109, 5, 31},  {114, 5, 16},
                                            {119, 5, 1},    {125, 3, 3}};
    EXPECT(chosen, 0, 0xffff0000, 0x8400ff00, 0x080000ff, 0x00000000);
    static const struct setting mixed[] = {
        {0, 8, 0xe4}, {32, 8, 0xe4}, {64, 15, RED}, {79, 15, 0}, {94, 15, BLUE},
        {109, 5, 31}, {114, 5, 0},   {119, 5, 31},  {124, 1, 1}, {125, 3, 3}};
    EXPECT(mixed, 0, 0xffff0000, 0xaaaa0000, 0x55550000, 0x00000000);
    EXPECT(mixed, 1, 0xff0000ff, 0xaa0000aa, 0x55000055, 0x00000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_high),
        cmocka_unit_test(test_chroma),
        cmocka_unit_test(test_mixed),
        cmocka_unit_test(test_alpha),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
