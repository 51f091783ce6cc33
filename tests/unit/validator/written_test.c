/* SPDX-License-Identifier: MIT */
/* What a program reads and has not written is zero in what runs, and nothing else is changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "stream.h"

#define DCL_T0    0x19083c00u
#define DCL_T8    0x190a3c00u
#define DCL_S0    0x19180000u
#define MOV(d, s) (0x02000000u | (d) | (s))
#define MAD(d, s) (0x04000000u | (d) | (s))
#define DP4(d, s) (0x07000000u | (d) | (s))
#define TEXLD(d)  (0x15000000u | (d))

#define TEXKILL    0x18000000u
#define TO(t, n)   ((t) << 19 | (n) << 14)
#define MASK(m)    ((m) << 10)
#define FROM(t, n) ((t) << 7 | (n) << 2)
#define R          0u
#define T          1u
#define OC         4u
#define OD         5u
#define U          6u
#define XYZW       0x01230000u
#define AT_R(n)    ((n) << 17)
#define AT_T(n)    (1u << 24 | (n) << 17)

struct sample {
    const char *name;
    struct line {
        uint32_t dw[3];
        uint32_t mended[3]; /* all 0: as it was */
    } lines[8];             /* up to one of zeros */
    enum validator_rule rule;
};

#define DWORDS(...)                                                                                \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define KEEP(...)                                                                                  \
    {                                                                                              \
        .dw = { __VA_ARGS__ }                                                                      \
    }
#define MEND(dw_, m)                                                                               \
    {                                                                                              \
        .dw = DWORDS dw_, .mended = DWORDS m                                                       \
    }

static const struct sample samples[] = {
    {"all is written",
     {KEEP(DCL_T8), KEEP(MOV(TO(R, 1) | MASK(15u), FROM(T, 8)), XYZW),
      KEEP(MOV(TO(OC, 0) | MASK(15u), FROM(R, 1)), XYZW)},
     VALIDATOR_ACCEPTED},
    {"a register of nobody",
     {KEEP(DCL_T8), MEND((MOV(TO(OC, 0) | MASK(15u), FROM(R, 1)), XYZW),
                         (MOV(TO(OC, 0) | MASK(15u), FROM(R, 1)), 0x44440000))},
     VALIDATOR_ACCEPTED},
    {"a component of nobody, negated, and one that is there",
     {KEEP(DCL_T8), KEEP(MOV(TO(R, 1) | MASK(3u), FROM(T, 8)), XYZW),
      MEND((MOV(TO(OC, 0) | MASK(15u), FROM(R, 1)), 0x01ab0000),
           (MOV(TO(OC, 0) | MASK(15u), FROM(R, 1)), 0x01cc0000))},
     VALIDATOR_ACCEPTED},
    {"ones, zeros and selects without a meaning",
     {KEEP(MOV(TO(OC, 0) | MASK(15u), FROM(R, 1)), 0x45670000)},
     VALIDATOR_ACCEPTED},
    {"the second and the third operand",
     {KEEP(DCL_T8), MEND((MAD(TO(OC, 0) | MASK(15u), FROM(T, 8)), XYZW | 0x0301, 0x23040123),
                         (MAD(TO(OC, 0) | MASK(15u), FROM(T, 8)), XYZW | 0x0344, 0x44044444))},
     VALIDATOR_ACCEPTED},
    {"operands that the instruction has not",
     {KEEP(DCL_T8), KEEP(MOV(TO(OC, 0) | MASK(15u), FROM(T, 8)), XYZW | 0x0301, 0x23040123)},
     VALIDATOR_ACCEPTED},
    {"a load at half of an address",
     {KEEP(DCL_T0), KEEP(DCL_S0),
      MEND((MOV(TO(R, 2) | MASK(3u), FROM(T, 0)), XYZW),
           (MOV(TO(R, 2) | MASK(7u), FROM(T, 0)), 0x01430000)),
      KEEP(TEXLD(TO(OC, 0)), AT_R(2u))},
     VALIDATOR_ACCEPTED},
    {"the same of a dot product",
     {KEEP(DCL_T0), KEEP(DCL_S0),
      MEND((DP4(TO(R, 2) | MASK(1u), FROM(T, 0)), XYZW | 0x2001, 0x23000000),
           (DP4(TO(R, 2) | MASK(7u), FROM(T, 0)), XYZW | 0x2001, 0x23000000)),
      KEEP(TEXLD(TO(OC, 0)), AT_R(2u))},
     VALIDATOR_ACCEPTED},
    {"a load at an address of nobody",
     {KEEP(DCL_S0),
      MEND((TEXLD(TO(OC, 0)), AT_R(2u)), (MOV(TO(OC, 0) | MASK(15u), 0u), 0x44440000))},
     VALIDATOR_ACCEPTED},
    {"a load at oD, of which w alone is written",
     {KEEP(DCL_T8), KEEP(DCL_S0), KEEP(MOV(TO(OD, 0) | MASK(8u), FROM(T, 8)), XYZW),
      MEND((TEXLD(TO(R, 0)), OD << 24), (MOV(TO(R, 0) | MASK(15u), 0u), 0x44440000)),
      KEEP(MOV(TO(OC, 0) | MASK(15u), FROM(R, 0)), XYZW)},
     VALIDATOR_ACCEPTED},
    {"a load of the depth",
     {KEEP(DCL_T0), KEEP(DCL_S0), KEEP(TEXLD(TO(OC, 0)), AT_T(0u)),
      KEEP(TEXLD(TO(OD, 0)), AT_T(0u))},
     VALIDATOR_ACCEPTED},
    {"a kill by nobody",
     {KEEP(DCL_T8), MEND((TEXKILL, AT_R(2u)), (0, 0, 1)),
      KEEP(MOV(TO(OC, 0) | MASK(15u), FROM(T, 8)), XYZW)},
     VALIDATOR_ACCEPTED},
    {"what a load has written",
     {KEEP(DCL_T0), KEEP(DCL_S0), KEEP(TEXLD(TO(R, 2)), AT_T(0u)),
      KEEP(MOV(TO(OC, 0) | MASK(15u), FROM(R, 2)), XYZW)},
     VALIDATOR_ACCEPTED},
    {"a part of the colour",
     {KEEP(DCL_T8), MEND((MOV(TO(OC, 0) | MASK(7u), FROM(T, 8)), XYZW),
                         (MOV(TO(OC, 0) | MASK(15u), FROM(T, 8)), 0x01240000))},
     VALIDATOR_ACCEPTED},
    {"a U of this phase",
     {KEEP(DCL_T8), KEEP(MOV(TO(U, 0) | MASK(15u), FROM(T, 8)), XYZW),
      KEEP(MOV(TO(OC, 0) | MASK(15u), FROM(U, 0)), XYZW)},
     VALIDATOR_ACCEPTED},
    {"a U of the phase before",
     {KEEP(DCL_T8), KEEP(DCL_S0), KEEP(MOV(TO(U, 0) | MASK(15u), FROM(T, 8)), XYZW),
      KEEP(MOV(TO(R, 0) | MASK(15u), FROM(T, 8)), XYZW), KEEP(TEXLD(TO(R, 1)), AT_R(0u)),
      MEND((MOV(TO(OC, 0) | MASK(15u), FROM(U, 0)), XYZW),
           (MOV(TO(OC, 0) | MASK(15u), FROM(U, 0)), 0x44440000))},
     VALIDATOR_ACCEPTED},
    {"depth",
     {KEEP(DCL_T8), KEEP(MOV(TO(OC, 0) | MASK(15u), FROM(T, 8)), XYZW),
      KEEP(MOV(TO(OD, 0) | MASK(4u), FROM(T, 8)), XYZW),
      MEND((MOV(TO(OD, 0) | MASK(8u), FROM(OD, 0)), 0x22220000),
           (MOV(TO(OD, 0) | MASK(8u), FROM(OD, 0)), 0x22220000))},
     VALIDATOR_ACCEPTED},
    {"a part of oD without the depth",
     {KEEP(DCL_T8), KEEP(MOV(TO(OC, 0) | MASK(15u), FROM(T, 8)), XYZW),
      KEEP(MOV(TO(OD, 0) | MASK(4u), FROM(T, 8)), XYZW)},
     VALIDATOR_PROGRAM_REGISTER},
};

static struct stream s;

static void assert_mended(const struct sample *sample, size_t first)
{
    for (size_t i = 0; i < 8 && sample->lines[i].dw[0] != 0; i++) {
        const struct line *line = &sample->lines[i];
        const uint32_t *expected = line->mended;

        if ((expected[0] | expected[1] | expected[2]) == 0) {
            expected = line->dw;
        }
        for (size_t d = 0; d < 3; d++) {
            /* A dword 1 alone stands for an instruction that is all zeros. */
            uint32_t value = line->mended[0] == 0 && line->mended[2] == 1 ? 0 : expected[d];

            if (s.words[first + 3 * i + d] != value) {
                fail_msg("%s: instruction %zu dword %zu: 0x%08x, not 0x%08x", sample->name, i, d,
                         s.words[first + 3 * i + d], value);
            }
        }
    }
}

/* Where its first instruction is. */
static size_t put_sample(const struct sample *sample)
{
    uint32_t count = 0;

    while (count < 8 && sample->lines[count].dw[0] != 0) {
        count++;
    }
    PUT(&s, 0x7d050000 | (3 * count - 1));
    size_t first = s.count;
    for (uint32_t i = 0; i < count; i++) {
        stream_put(&s, 3, sample->lines[i].dw);
    }
    return first;
}

static void test_samples(void **state)
{
    for (size_t n = 0; n < sizeof(samples) / sizeof(samples[0]); n++) {
        stream_init(&s);
        (void)put_sample(&samples[n]);
        if (stream_check(&s) != samples[n].rule) {
            fail_msg("%s: %s: %s", samples[n].name, validator_rule_name(s.verdict.rule),
                     s.verdict.text);
        }
        if (samples[n].rule == VALIDATOR_ACCEPTED) {
            assert_mended(&samples[n], 1);
        }
    }
}

/* A program that has come before is what it was then, whatever came between. */
static void test_samples_again(void **state)
{
    const size_t count = sizeof(samples) / sizeof(samples[0]);

    for (size_t n = 0; n < count; n++) {
        for (size_t between = 0; between < count; between++) {
            size_t at[3];

            stream_init(&s);
            at[0] = put_sample(&samples[n]);
            at[1] = put_sample(&samples[n]);
            (void)put_sample(&samples[samples[between].rule == VALIDATOR_ACCEPTED ? between : 0]);
            at[2] = put_sample(&samples[n]);
            if (stream_check(&s) != samples[n].rule) {
                fail_msg("%s, and %s: %s: %s", samples[n].name, samples[between].name,
                         validator_rule_name(s.verdict.rule), s.verdict.text);
            }
            for (size_t i = 0; samples[n].rule == VALIDATOR_ACCEPTED && i < 3; i++) {
                assert_mended(&samples[n], at[i]);
            }
        }
    }
}

/* Constants and samplers are those of the program that is there now. */
static void test_a_program_that_comes_again_needs_what_it_needs(void **state)
{
    for (int again = 0; again < 2; again++) {
        stream_init(&s);
        stream_put_triangle_state(&s);
        PUT(&s, 0x7d050002, 0x02203d08, XYZW, 0); /* MOV oC, C2 */
        stream_put_program(&s);
        stream_put_triangle(&s);
        if (again) {
            PUT(&s, 0x7d050002, 0x02203d08, XYZW, 0);
            stream_put_triangle(&s);
        }
        assert_int_equal(stream_check(&s), again ? VALIDATOR_STATE_UNSET : VALIDATOR_ACCEPTED);
    }
}

static void put_program_without_colour(void)
{
    /* Kills by T8. */
    PUT(&s, 0x7d050005, DCL_T8, 0, 0, TEXKILL, AT_T(8u), 0);
}

/* A pixel whose colour nobody has computed keeps the one that it has. */
static void test_a_program_without_a_colour_writes_none(void **state)
{
    stream_init(&s);
    stream_put_colour_buffer(&s);
    stream_put_formats(&s);
    stream_put_rect(&s);
    stream_put_registers(&s);
    size_t s6 = s.count - 1;
    put_program_without_colour();
    stream_put_triangle(&s);
    assert_int_equal(stream_check(&s), VALIDATOR_ACCEPTED);
    assert_int_equal(s.words[s6], 0x00000002);
}

static void test_the_next_program_has_to_load_s6_again(void **state)
{
    for (int reload = 0; reload < 2; reload++) {
        stream_init(&s);
        stream_put_colour_buffer(&s);
        stream_put_formats(&s);
        stream_put_rect(&s);
        stream_put_registers(&s);
        put_program_without_colour();
        stream_put_triangle(&s);
        stream_put_program(&s);
        if (reload) {
            PUT(&s, 0x7d040400, 0x00000006);
        }
        stream_put_triangle(&s);
        assert_int_equal(stream_check(&s), reload ? VALIDATOR_ACCEPTED : VALIDATOR_STATE_UNSET);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_samples_again),
        cmocka_unit_test(test_a_program_that_comes_again_needs_what_it_needs),
        cmocka_unit_test(test_a_program_without_a_colour_writes_none),
        cmocka_unit_test(test_the_next_program_has_to_load_s6_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
