/* SPDX-License-Identifier: MIT */
/* Pixel programs: every instruction, operand forms, and what is refused. */
#include "tests/render/bed.h"

#include <math.h>
#include <string.h>

#define SIZE 4

enum {
    ADD = 1,
    MOV,
    MUL,
    MAD,
    DP2ADD,
    DP3,
    DP4,
    FRC,
    RCP,
    RSQ,
    EXP,
    LOG,
    CMP,
    MIN,
    MAX,
    FLR,
    MOD,
    TRC,
    SGE,
    SLT
};
enum { R, T, CONST, S, OC, OD, U };
#define XYZW         0x0123u
#define ALL_CHANNELS (15u << 10)

struct source {
    uint32_t type, number, select;
};

static const struct source c0 = {CONST, 0, XYZW}, c1 = {CONST, 1, XYZW}, c2 = {CONST, 2, XYZW};

/* The three dwords of an arithmetic instruction. */
static void encode(uint32_t *dw, uint32_t op, uint32_t dst_type, uint32_t dst, uint32_t flags,
                   struct source a, struct source b, struct source c)
{
    dw[0] = op << 24 | flags | dst_type << 19 | dst << 14 | a.type << 7 | a.number << 2;
    dw[1] = a.select << 16 | b.type << 13 | b.number << 8 | b.select >> 8;
    dw[2] = b.select << 24 | c.type << 21 | c.number << 16 | c.select;
}

/* Loads a program and covers the target. */
static void run(struct bed *bed, const uint32_t *instructions, unsigned count)
{
    uint32_t dw[1 + 3 * 16] = {0x7d050000 | (3 * count - 1)};
    memcpy(dw + 1, instructions, 12 * (size_t)count);
    bed_send(bed, dw, 1 + 3 * (size_t)count);
    bed_fill(bed, 0, 0, SIZE, SIZE, 0, 0xff204060);
}

static void constants(struct bed *bed, const float values[3][4])
{
    uint32_t dw[14] = {0x7d06000c, 7};
    memcpy(dw + 2, values, 48);
    bed_send(bed, dw, 14);
}

/*
 * Runs r0 = op(c0, c1, c2), then oC = r0 / 16 + 1/2, and returns the four channels as floats good
 * to 1/16: operands are chosen so that this tells results apart.
 */
static void evaluate(struct bed *bed, uint32_t op, uint32_t flags, double result[4])
{
    uint32_t dw[9];
    const struct source r0 = {R, 0, XYZW}, c3 = {CONST, 3, XYZW}, c4 = {CONST, 4, XYZW};
    SEND(bed, 0x7d060008, 0x18, bits_of(0.0625f), bits_of(0.0625f), bits_of(0.0625f),
         bits_of(0.0625f), bits_of(0.5f), bits_of(0.5f), bits_of(0.5f), bits_of(0.5f));
    encode(dw, op, R, 0, flags, c0, c1, c2);
    encode(dw + 3, MAD, OC, 0, ALL_CHANNELS, r0, c3, c4);
    run(bed, dw, 2);
    const uint32_t pixel = bed_pixel(bed, COLOR_AT, SIZE * 4, 1, 2);
    static const int shifts[4] = {16, 8, 0, 24};
    for (int c = 0; c < 4; c++) {
        result[c] = ((pixel >> shifts[c] & 255) / 255.0 - 0.5) * 16;
    }
}

static void prepare(struct bed *bed)
{
    bed_target(bed, SIZE, SIZE);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR);
}

static const float values[3][4] = {
    {1.5f, -2.25f, 0.5f, 3.0f}, {-1.0f, 0.75f, 2.0f, 3.0f}, {0.25f, -0.5f, 1.0f, -1.5f}};

static double expected_of(uint32_t op, int c)
{
    const double a = values[0][c], b = values[1][c], d = values[2][c], x = values[0][0];
    double dot = 0;
    for (int i = 0; i < (op == DP2ADD ? 2 : op == DP3 ? 3 : 4); i++) {
        dot += (double)values[0][i] * values[1][i];
    }
    switch (op) {
    case ADD:
        return a + b;
    case MOV:
        return a;
    case MUL:
        return a * b;
    case MAD:
        return a * b + d;
    case DP2ADD:
        return dot + values[2][0];
    case DP3:
    case DP4:
        return dot;
    case FRC:
        return a - floor(a);
    case RCP:
        return 1 / x;
    case RSQ:
        return 1 / sqrt(fabs(x));
    case EXP:
        return exp2(x);
    case LOG:
        return log2(fabs(x));
    case CMP:
        return a >= 0 ? b : d;
    case MIN:
        return fmin(a, b);
    case MAX:
        return fmax(a, b);
    case FLR:
        return floor(a);
    case MOD:
        return fmod(a, 1);
    case TRC:
        return trunc(a);
    case SGE:
        return a >= b;
    default:
        return a < b;
    }
}

static void test_every_opcode(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    constants(bed, values);
    for (uint32_t op = ADD; op <= SLT; op++) {
        double result[4];
        evaluate(bed, op, ALL_CHANNELS, result);
        for (int c = 0; c < 4; c++) {
            if (fabs(result[c] - fmin(fmax(expected_of(op, c), -8), 8)) > 0.05) {
                fail_msg("opcode %u channel %d: %f, not %f", op, c, result[c], expected_of(op, c));
            }
        }
    }
}

static void test_saturate(void **state)
{
    struct bed *bed = *state;
    double result[4];
    prepare(bed);
    constants(bed, values);
    evaluate(bed, MOV, ALL_CHANNELS | 1u << 22, result);
    static const double expected[4] = {1, 0, 0.5, 1};
    for (int c = 0; c < 4; c++) {
        assert_true(fabs(result[c] - expected[c]) < 0.05);
    }
}

static void test_write_mask_and_swizzle(void **state)
{
    struct bed *bed = *state;
    const float c[3][4] = {{0.2f, 0.4f, 0.6f, 0.8f}, {0}, {0}};
    uint32_t dw[9];
    prepare(bed);
    constants(bed, c);
    encode(dw, MOV, R, 3, ALL_CHANNELS, (struct source){CONST, 0, 0x3210}, c0, c0);
    /* r3.yz = r3.zy at once: neither half may see the other's result */
    encode(dw + 3, MOV, R, 3, 6u << 10, (struct source){R, 3, 0x0213}, c0, c0);
    encode(dw + 6, MOV, OC, 8, ALL_CHANNELS, (struct source){R, 3, XYZW}, c0, c0);
    run(bed, dw, 3);
    assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 0, 0), 0x33cc6699);
}

static void test_constant_selects_and_negation(void **state)
{
    struct bed *bed = *state;
    const float c[3][4] = {{0.25f, 0.5f, 0.75f, -1.0f}, {0.5f, 0.75f, 1.0f, 0.0f}, {0}};
    uint32_t dw[6];
    prepare(bed);
    constants(bed, c);
    encode(dw, MOV, OC, 0, ALL_CHANNELS, (struct source){CONST, 0, 0x545b}, c0, c0);
    run(bed, dw, 1);
    assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 0, 0), 0xffff00ff);
    encode(dw, ADD, R, 0, ALL_CHANNELS, (struct source){CONST, 0, 0x89ab}, c1, c0);
    encode(dw + 3, MOV, OC, 0, ALL_CHANNELS, (struct source){R, 0, XYZW}, c0, c0);
    run(bed, dw, 2);
    assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 0, 0), 0xff404040);
}

/* The permutation that Mesa appends for RGBA targets reads the colour that the program wrote. */
static void test_final_permutation(void **state)
{
    struct bed *bed = *state;
    uint32_t dw[9] = {0x190a3c00, 0, 0};
    prepare(bed);
    encode(dw + 3, MOV, OC, 0, ALL_CHANNELS, (struct source){T, 8, XYZW}, c0, c0);
    encode(dw + 6, MOV, OC, 0, ALL_CHANNELS, (struct source){OC, 8, 0x2103}, c0, c0);
    run(bed, dw, 3);
    assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 0, 0), 0xff604020);
    /* saturation before a negation must stay */
    encode(dw + 3, MOV, OC, 0, ALL_CHANNELS | 1u << 22, (struct source){CONST, 0, 0x89ab}, c0, c0);
    encode(dw + 6, MOV, OC, 0, ALL_CHANNELS, (struct source){OC, 0, 0x89ab}, c0, c0);
    const float c[3][4] = {{0.5f, 0.5f, 0.5f, 0.5f}, {0}, {0}};
    constants(bed, c);
    run(bed, dw, 3);
    assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 0, 0), 0);
}

static void test_texkill(void **state)
{
    struct bed *bed = *state;
    const float c[3][4] = {{0.5f, 0.5f, 0.5f, -0.5f}, {0}, {0}};
    uint32_t dw[9];
    prepare(bed);
    constants(bed, c);
    encode(dw, MOV, R, 0, ALL_CHANNELS, c0, c0, c0);
    dw[3] = 0x18000000;
    dw[4] = dw[5] = 0;
    encode(dw + 6, MOV, OC, 0, ALL_CHANNELS, (struct source){R, 0, 0x0000}, c0, c0);
    SEND(bed, 0x67000000 | 1u << 10); /* xyz */
    run(bed, dw, 3);
    assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 0, 0), 0x80808080);
    memset(bed_bytes(bed, COLOR_AT), 0, 64);
    SEND(bed, 0x67000000 | 3u << 9); /* xyzw */
    run(bed, dw, 3);
    assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 0, 0), 0);
}

static void test_depth_output(void **state)
{
    struct bed *bed = *state;
    const float c[3][4] = {{0, 0, 0, 0.5f}, {0}, {0}};
    uint32_t dw[6];
    prepare(bed);
    bed_depth(bed, SIZE);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR | 1u << 19 | 8);
    constants(bed, c);
    encode(dw, MOV, OD, 0, ALL_CHANNELS, c0, c0, c0);
    encode(dw + 3, MOV, OC, 0, ALL_CHANNELS, c0, c0, c0);
    run(bed, dw, 2);
    assert_int_equal(bed_pixel(bed, DEPTH_AT, SIZE * 4, 1, 1), 0x800000);
}

static void test_exp_and_log_ranges(void **state)
{
    struct bed *bed = *state;
    prepare(bed);
    for (double x = -3; x < 3; x += 0.0625) {
        /* 2^x within the range that evaluate() can show, and log2 of it back */
        const float c[3][4] = {{(float)x, 0, 0, 0}, {0}, {0}};
        double result[4];
        constants(bed, c);
        evaluate(bed, EXP, ALL_CHANNELS, result);
        assert_true(fabs(result[2] - fmin(exp2(x), 8)) < 0.05);
        const float e[3][4] = {{(float)exp2(2 * x), 0, 0, 0}, {0}, {0}};
        constants(bed, e);
        evaluate(bed, LOG, ALL_CHANNELS, result);
        assert_true(fabs(result[1] - 2 * x) < 0.05);
    }
}

/* What is too small for a normal number is zero: as a product, a power, and an operand. */
static void test_denormals_are_zero(void **state)
{
    struct bed *bed = *state;
    static const struct {
        float x, y, power;
        uint32_t pixel; /* ones where the power (red) and the product (others) are above 0 */
    } cases[] = {
        {0x1p-60f, 0x1p-66f, -126.0f, 0xffffffff},
        {0x1p-60f, 0x1p-67f, -127.0f, 0x00000000},
        {0x1p-100f, 0x1p-49f, -149.0f, 0x00000000},
        {0x1p-127f, 0x1p127f, -1e6f, 0x00000000},
    };
    const struct source zero = {CONST, 0, 0x4444}, r0 = {R, 0, XYZW};
    uint32_t dw[9];
    prepare(bed);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const float c[3][4] = {{cases[i].x, cases[i].power, 0, 0}, {cases[i].y, 0, 0, 0}, {0}};
        constants(bed, c);
        encode(dw, MUL, R, 0, ALL_CHANNELS, (struct source){CONST, 0, 0x0000},
               (struct source){CONST, 1, 0x0000}, c0);
        encode(dw + 3, EXP, R, 0, 1u << 10, (struct source){CONST, 0, 0x1111}, c0, c0);
        encode(dw + 6, SLT, OC, 0, ALL_CHANNELS, zero, r0, c0);
        run(bed, dw, 3);
        assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 0, 0), cases[i].pixel);
    }
}

static void test_refused(void **state)
{
    struct bed *bed = *state;
    static const struct {
        uint32_t dw[3];
        const char *text;
    } cases[] = {
        {{0x1a000000, 0, 0}, "opcode"}, /* no such instruction */
        {{0x02203c00 | 1u << 23, 0x01230000, 0}, "reserved"},
        {{0x02083c00, 0x01230000, 0}, "destination"}, /* T is no destination */
        {{0x02203d80, 0x01230000, 0}, "source"},      /* S is no source */
        {{0x02203c80 | 11u << 2, 0x01230000, 0}, "source register 11"},
        {{0x15200000, 0x01000000, 0}, "sampler 0 is not declared"},
        {{0x15200000, 0x02000000, 0}, "texture address"},
        {{0x19100000, 0, 0}, "declaration"},
    };
    prepare(bed);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const uint32_t dw[4] = {0x7d050002, cases[i].dw[0], cases[i].dw[1], cases[i].dw[2]};
        assert_int_equal(bed_try(bed, dw, 4), RENDER_UNKNOWN);
        assert_non_null(strstr(bed->error.text, cases[i].text));
        /* and nothing draws with half a program */
        assert_int_equal(TRY(bed, 0x7f00000b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), RENDER_UNKNOWN);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_every_opcode),
        TEST(test_saturate),
        TEST(test_write_mask_and_swizzle),
        TEST(test_constant_selects_and_negation),
        TEST(test_denormals_are_zero),
        TEST(test_final_permutation),
        TEST(test_texkill),
        TEST(test_depth_output),
        TEST(test_exp_and_log_ranges),
        TEST(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
