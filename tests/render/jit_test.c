/* SPDX-License-Identifier: MIT */
/* Compiled programs give the bits that interpreted ones do, at every instruction set. */
#include "tests/render/bed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hw/model/render/internal.h"

#define SIZE   32
#define EXTENT (SIZE * 512u)
#define ROUNDS 200

static uint32_t seed;

static uint32_t below(uint32_t limit)
{
    return bed_random(&seed) % limit;
}

static float random_float(float low, float high)
{
    return low + (high - low) * (float)(bed_random(&seed) & 0xffff) / 65535.0f;
}

/* Any value, now and then a strange one. */
static float random_value(void)
{
    static const float strange[] = {NAN,    INFINITY,    -INFINITY, 0.0f,   -0.0f,  1.0f,
                                    -1.0f,  1e-40f,      -1e-42f,   3e38f,  -3e38f, 8388608.0f,
                                    -0.25f, 16777215.0f, 2.5f,      -3.75f, 0.5f,   127.5f};
    if (below(4) == 0) {
        return strange[below(sizeof(strange) / sizeof(strange[0]))];
    }
    return below(2) ? random_float(-2, 2) : random_float(-300, 300);
}

/* ---- random programs ---- */

struct text {
    uint32_t dw[1 + 3 * 123];
    unsigned count;
};

static void add(struct text *text, uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t *dw = text->dw + 1 + 3 * (size_t)text->count++;
    dw[0] = a;
    dw[1] = b;
    dw[2] = c;
}

static uint32_t random_select(void)
{
    uint32_t select = 0;
    for (int i = 0; i < 4; i++) {
        select = select << 4 | (below(4) == 0 ? 8 : 0) | below(below(5) == 0 ? 6 : 4);
    }
    return select;
}

/* type << 5 | number of what may be read */
static uint32_t random_source(void)
{
    static const uint32_t t[] = {0, 1, 2, 8, 9};
    switch (below(8)) {
    case 0:
    case 1:
        return 1u << 5 | t[below(5)];
    case 2:
    case 3:
        return 2u << 5 | below(6);
    case 4:
        return 4u << 5;
    case 5:
        return 6u << 5 | below(3);
    default:
        return below(5);
    }
}

static void add_arithmetic(struct text *text, uint32_t op, uint32_t dst)
{
    const uint32_t a = random_source(), b = random_source(), c = random_source();
    const uint32_t sa = random_select(), sb = random_select(), sc = random_select();
    const uint32_t mask = below(3) == 0 ? 1 + below(15) : 15;
    add(text,
        op << 24 | (below(6) == 0) << 22 | (dst >> 5) << 19 | (dst & 31) << 14 | mask << 10 |
            (a >> 5) << 7 | (a & 31) << 2,
        sa << 16 | (b >> 5) << 13 | (b & 31) << 8 | sb >> 8,
        sb << 24 | (c >> 5) << 21 | (c & 31) << 16 | sc);
}

static void add_texture(struct text *text, uint32_t dst)
{
    const bool primary = below(2);
    const uint32_t address = primary ? 1u << 24 | below(3) << 17 : below(5) << 17;
    add(text, (0x15 + below(3)) << 24 | (dst >> 5) << 19 | (dst & 31) << 14 | below(3), address, 0);
}

static void random_program(struct text *text)
{
    memset(text, 0, sizeof(*text));
    for (uint32_t t = 0; t < 3; t++) {
        add(text, 0x19080000 | t << 14 | 15u << 10, 0, 0);
    }
    add(text, 0x19080000 | 8u << 14 | 15u << 10, 0, 0);
    add(text, 0x19080000 | 9u << 14 | 7u << 10, 0, 0);
    add(text, 0x19180000, 0, 0);
    add(text, 0x19180000 | 1u << 14 | 1u << 22, 0, 0); /* cube */
    add(text, 0x19180000 | 2u << 14, 0, 0);
    const unsigned length = 1 + below(below(3) == 0 ? 40 : 8);
    const bool kills = below(4) == 0, depth = below(8) == 0;
    for (unsigned i = 0; i < length; i++) {
        const uint32_t kind = below(20);
        const uint32_t dst = below(6) == 0   ? 6u << 5 | below(3)
                             : below(8) == 0 ? 4u << 5
                                             : below(5);
        if (kind < 2) {
            add_texture(text, below(4) == 0 ? 4u << 5 : below(5));
        } else if (kind == 2 && kills) {
            add(text, 0x18000000, below(2) ? 1u << 24 | below(3) << 17 : below(5) << 17, 0);
        } else if (kind == 3 && depth) {
            add_arithmetic(text, 1 + below(20), 5u << 5);
        } else {
            add_arithmetic(text, below(3) == 0 ? 2 : 1 + below(20), dst);
        }
    }
    add_arithmetic(text, below(2) ? 2 : 8, 4u << 5); /* FRC shows the bits below */
    text->dw[0] = 0x7d050000 | (3 * text->count - 1);
}

/* ---- random states ---- */

/* Linear, or in tiles of either class. */
static uint32_t random_layout(void)
{
    static const uint32_t bits[3] = {SIZE * 4, 1u << 22 | 512, 3u << 21 | 512};
    return bits[below(3)];
}

static void random_state(struct bed *bed)
{
    static const uint32_t formats[] = {3, 3, 3, 3, 2, 1, 8, 9, 10, 0};
    const uint32_t format = formats[below(10)];
    const uint32_t depth24 = below(3) != 0;
    bed->render->is_945_class = below(2);
    bed_target(bed, SIZE, SIZE);
    SEND(bed, 0x7d8e0001, 0x03000000 | random_layout(), COLOR_AT);
    SEND(bed, 0x7d8e0001, 0x07000000 | random_layout(), DEPTH_AT);
    SEND(bed, 0x7d850000, 0x10880000 | format << 8 | (depth24 ? 8 : 0));
    const uint32_t blend =
        below(2) ? 1u << 15 | below(5) << 12 | (1 + below(15)) << 8 | (1 + below(15)) << 4 : 0;
    const uint32_t test = below(2) ? 1u << 19 | below(8) << 16 | below(2) << 3 : 0;
    const uint32_t alpha = below(4) == 0 ? 1u << 31 | below(8) << 28 | below(256) << 20 : 0;
    const uint32_t masks = below(4) == 0 ? below(16) << 28 : 0;
    const uint32_t rare = below(8) == 0 ? 2 : below(8) == 0 ? 1 : below(8) == 0 ? 0x00aa80ac : 0;
    const uint32_t fog = below(8) == 0 ? 1u << 24 : 0;
    const uint32_t flat = below(4) == 0 ? 1u << 15 | 1u << 18 : 0;
    /* T0 to T2 of four floats; XYZW, colour, specular */
    bed_state(bed, 0xfffff222, 0x00902400 | 2u << 6 | 1u << 10 | 1u << 11 | flat,
              masks | rare | fog, (below(16) ? 4 : 0) | 2 | blend | test | alpha);
    SEND(bed, 0x7d880000, below(2) ? bed_random(&seed) << 8 : 0);
    SEND(bed, 0x6d000000 | bed_random(&seed) % 0x1000);
    SEND(bed, 0x67000000 | (below(2) ? 1u << 10 : 3u << 9));
}

/* Of 32 bits, which compiled programs sample themselves, and now and then of 16. */
static void random_textures(struct bed *bed)
{
    uint32_t map[11] = {0x7d000009, 7}, sampler[11] = {0x7d010009, 7};
    for (uint32_t i = 0; i < 3; i++) {
        const uint32_t at = TEXTURE_AT + 0x40000 * i;
        const uint32_t format = below(6) != 0 ? 0x30 + below(4) : 0x20;
        const bool odd = below(4) == 0; /* not a power of two */
        const uint32_t width = odd ? 1 + below(60) : 1u << below(7);
        const uint32_t height = i == 1 ? width : odd ? 1 + below(60) : 1u << below(7);
        const uint32_t mip = (const uint32_t[]){0, 1, 3, 3}[below(4)];
        const uint32_t dw[3] = {at, (height - 1) << 21 | (width - 1) << 10 | format << 3,
                                127u << 21 | 63u << 15 | (mip != 0 ? below(24) : 0) << 9};
        memcpy(map + 2 + 3 * i, dw, sizeof(dw));
        const uint32_t filter = below(3) == 0 ? below(2) << 17 | below(2) << 14
                                : below(3)    ? 1u << 17 | 1u << 14
                                              : 0;
        sampler[2 + 3 * i] = filter | mip << 20 | (below(2) ? below(512) << 5 : 0);
        sampler[3 + 3 * i] = (below(3) == 0 ? below(64) << 24 : 0) | 1u << 5 |
                             (below(2) ? 2 : below(3)) << 12 | (below(2) ? 0 : below(3)) << 9 |
                             (i << 1);
    }
    bed_send(bed, map, 11);
    bed_send(bed, sampler, 11);
    /* which limits the level of detail before it is compared */
    SEND(bed, 0x7d850000, bed->render->state.dst_vars | below(2) << 28);
}

static void random_constants(struct bed *bed)
{
    uint32_t dw[2 + 24] = {0x7d060000 | 24, 0x3f};
    for (int i = 0; i < 24; i++) {
        dw[2 + i] = bits_of(random_value());
    }
    bed_send(bed, dw, 26);
}

/* Two triangles, of XYZW, colours and three sets of coordinates. */
static void random_triangles(struct bed *bed)
{
    uint32_t dw[1 + 6 * 18] = {0x7f000000 | (6 * 18 - 1)};
    const bool strange = below(3) == 0;
    for (int v = 0; v < 6; v++) {
        uint32_t *at = dw + 1 + 18 * v;
        at[0] = bits_of(random_float(-10, SIZE + 10));
        at[1] = bits_of(random_float(-10, SIZE + 10));
        at[2] = bits_of(random_float(-0.2f, 1.2f));
        at[3] = bits_of(random_float(0.2f, 2));
        at[4] = bed_random(&seed) << 8 ^ bed_random(&seed);
        at[5] = bed_random(&seed) << 8 ^ bed_random(&seed);
        for (int i = 0; i < 12; i++) {
            at[6 + i] = bits_of(strange ? random_value() : random_float(-2, 2));
        }
    }
    bed_send(bed, dw, 1 + 6 * 18);
}

static void paint(struct bed *bed)
{
    uint32_t noise = 77;
    for (uint32_t i = 0; i < EXTENT; i += 4) {
        const uint32_t value = bed_random(&noise) << 8 ^ bed_random(&noise);
        memcpy(bed_bytes(bed, COLOR_AT) + i, &value, 4);
        memcpy(bed_bytes(bed, DEPTH_AT) + i, &value, 4);
    }
}

static void draw_round(struct bed *bed, uint32_t round)
{
    struct text text;
    seed = round * 2654435761u + 12345;
    paint(bed);
    render_reset(bed->render);
    random_program(&text);
    random_state(bed);
    random_textures(bed);
    random_constants(bed);
    bed_send(bed, text.dw, 1 + 3 * (size_t)text.count);
    random_triangles(bed);
}

static void textures(struct bed *bed)
{
    uint32_t noise = 5;
    for (uint32_t i = 0; i < 0xc0000; i += 4) {
        const uint32_t value = bed_random(&noise) << 8 ^ bed_random(&noise);
        memcpy(bed_bytes(bed, TEXTURE_AT) + i, &value, 4);
    }
}

static bool runs_here(const char *level)
{
    return strcmp(level, "sse2") == 0 ||
           (strcmp(level, "avx2") == 0 ? __builtin_cpu_supports("avx2")
                                       : kernel_find("avx512") != NULL);
}

static void test_level(struct bed *bed, const char *level)
{
    uint8_t *expected = malloc(2 * EXTENT);
    unsigned compiled = 0, constant = 0;
    assert_non_null(expected);
    if (!runs_here(level)) {
        print_message("this machine does not run %s\n", level);
        free(expected);
        return;
    }
    textures(bed);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        jit_set(bed->render, NULL, 0);
        draw_round(bed, round);
        memcpy(expected, bed_bytes(bed, COLOR_AT), EXTENT);
        memcpy(expected + EXTENT, bed_bytes(bed, DEPTH_AT), EXTENT);
        jit_set(bed->render, level, 1);
        draw_round(bed, round);
        compiled += jit_wait(bed->render);
        draw_round(bed, round);
        constant += bed->render->draw.code == NULL;
        if (memcmp(expected, bed_bytes(bed, COLOR_AT), EXTENT) != 0 ||
            memcmp(expected + EXTENT, bed_bytes(bed, DEPTH_AT), EXTENT) != 0) {
            fail_msg("%s: round %u differs", level, round);
        }
    }
    free(expected);
    print_message("%s: %u compiled\n", level, compiled);
    assert_int_equal(compiled + constant, ROUNDS);
    assert_true(compiled > ROUNDS * 3 / 4);
}

static void test_sse2(void **state)
{
    test_level(*state, "sse2");
}

static void test_avx2(void **state)
{
    test_level(*state, "avx2");
}

static void test_avx512(void **state)
{
    test_level(*state, "avx512");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {TEST(test_sse2), TEST(test_avx2), TEST(test_avx512)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
