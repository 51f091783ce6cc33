/* SPDX-License-Identifier: MIT */
/*
 * An audit: breaches that leave walk and addresses sound are counted and told, and the stream is
 * accepted; the others are refused as ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "samples.h"

#define ROUNDS 300000

static struct stream s;
static uint64_t counts[VALIDATOR_RULES];
static struct validator_verdict told[64];
static size_t told_count;

static void broken(void *data, const struct validator_verdict *verdict)
{
    assert_ptr_equal(data, counts);
    if (told_count < sizeof(told) / sizeof(told[0])) {
        told[told_count] = *verdict;
    }
    told_count++;
}

static const struct validator_audit audit = {.counts = counts, .broken = broken, .data = counts};

static uint64_t counted(void)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < VALIDATOR_RULES; i++) {
        sum += counts[i];
    }
    return sum;
}

static enum validator_rule audit_stream(void)
{
    memset(counts, 0, sizeof(counts));
    told_count = 0;
    s.audit = &audit;
    enum validator_rule rule = stream_check(&s);
    s.audit = NULL;
    return rule;
}

/* Behind these nothing sound could be said: refused also in an audit. */
static const bool is_hard[VALIDATOR_RULES] = {
    [VALIDATOR_TRUNCATED] = true,         [VALIDATOR_NO_END] = true,
    [VALIDATOR_AFTER_END] = true,         [VALIDATOR_UNKNOWN_COMMAND] = true,
    [VALIDATOR_FORBIDDEN_COMMAND] = true, [VALIDATOR_LENGTH] = true,
    [VALIDATOR_RELOC_MISSING] = true,     [VALIDATOR_RELOC_STRAY] = true,
    [VALIDATOR_RELOC_BUFFER] = true,      [VALIDATOR_RELOC_USE] = true,
    [VALIDATOR_BUFFER_RIGHTS] = true,     [VALIDATOR_ADDRESS_RANGE] = true,
    [VALIDATOR_ADDRESS_REACH] = true,     [VALIDATOR_COUNT_MISMATCH] = true,
    [VALIDATOR_BLIT_DATA] = true,
};

static void test_samples(void **state)
{
    uint64_t went_on = 0;

    for (size_t room = 0; room < sample_room_count; room++) {
        for (const struct sample *sample = sample_rooms[room]; sample->name != NULL; sample++) {
            sample_build(sample, &s);
            enum validator_rule rule = audit_stream();

            if (sample->rule == VALIDATOR_ACCEPTED) {
                assert_int_equal(rule, VALIDATOR_ACCEPTED);
                assert_int_equal(counted(), 0);
                continue;
            }
            if (counts[sample->rule] == 0 || (is_hard[sample->rule] && rule != sample->rule)) {
                fail_msg("%s: %s", sample->name, validator_rule_name(rule));
            }
            /* What is told is what is counted, but for the refusal, which is the verdict. */
            assert_int_equal(told_count + (rule != VALIDATOR_ACCEPTED), counted());
            if (rule == VALIDATOR_ACCEPTED) {
                assert_int_equal(told[0].rule, sample->rule);
                assert_true(told[0].text[0] != '\0');
                went_on++;
            }
        }
    }
    assert_true(went_on > 50);
}

/* Indirect state and another stream's setup are refused although their rules are soft elsewhere. */
static void test_what_is_never_let_through(void **state)
{
    static const struct {
        const char *what;
        uint32_t words[3];
        uint32_t count;
        enum validator_rule rule;
    } streams[] = {
        {"indirect state", {0x7d070100, 0x1}, 2, VALIDATOR_RESERVED_BITS},
        {"indirect state by its address", {0x7d070000, 0x3}, 2, VALIDATOR_RESERVED_BITS},
        {"a stray header bit", {0x02000008}, 1, VALIDATOR_RESERVED_BITS},
        {"a pixel by a setup of nobody", {0x49000000, 0}, 2, VALIDATOR_STATE_UNSET},
        {"lines by a setup of nobody", {0x49400001, 0, 0x00100010}, 3, VALIDATOR_STATE_UNSET},
        {"a clip of nobody", {0x40c00001, 0, 0x00100010}, 3, VALIDATOR_STATE_UNSET},
    };

    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
        stream_init(&s);
        stream_put(&s, streams[i].count, streams[i].words);
        if (audit_stream() != streams[i].rule) {
            fail_msg("%s: %s", streams[i].what, validator_rule_name(s.verdict.rule));
        }
    }
}

/* One stream with several breaches: each is told, with its place. */
static void test_all_of_a_stream_is_told(void **state)
{
    stream_init(&s);
    build_triangle(&s);
    s.words[AT_FORMATS] |= 0x40;       /* depth as W */
    s.words[AT_RECT_MAX] = 0x01000100; /* beyond the target */
    assert_int_equal(audit_stream(), VALIDATOR_ACCEPTED);
    assert_int_equal(told_count, 2);
    assert_int_equal(told[0].rule, VALIDATOR_RESERVED_BITS);
    assert_int_equal(told[0].dword, AT_FORMATS);
    assert_int_equal(told[1].rule, VALIDATOR_COLOUR_EXTENT);
    assert_int_equal(told[1].dword, AT_TRIANGLE);
    assert_int_equal(counts[VALIDATOR_RESERVED_BITS], 1);
    assert_int_equal(counts[VALIDATOR_COLOUR_EXTENT], 1);
    assert_int_equal(s.verdict.rule, VALIDATOR_ACCEPTED);
    assert_string_equal(s.verdict.text, "");
}

static void test_counting_alone(void **state)
{
    const struct validator_audit quiet = {.counts = counts};

    memset(counts, 0, sizeof(counts));
    stream_init(&s);
    build_triangle(&s);
    s.words[AT_RECT_MAX] = 0x01000100;
    s.audit = &quiet;
    assert_int_equal(stream_check(&s), VALIDATOR_ACCEPTED);
    s.audit = NULL;
    assert_int_equal(counts[VALIDATOR_COLOUR_EXTENT], 1);
}

static uint32_t random_below(uint32_t limit)
{
    static uint64_t x = 88172645463325252u;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (uint32_t)(x >> 16) % limit;
}

/*
 * Behind a breach values are anything: nothing may be divided by zero, indexed out of range or used
 * unset. Sanitizers look on.
 */
static void test_bent_streams(void **state)
{
    static const uint32_t likely[] = {0, 1, 0x7fff, 0x8000, 0xffff, 0x80000000, 0xffffffff};

    for (uint32_t round = 0; round < ROUNDS; round++) {
        const struct sample *room = sample_rooms[random_below((uint32_t)sample_room_count)];
        uint32_t count = 0;

        while (room[count].name != NULL) {
            count++;
        }
        sample_build(&room[random_below(count)], &s);
        for (uint32_t bends = 1 + random_below(4); bends > 0 && s.count > 0; bends--) {
            uint32_t *word = &s.words[random_below((uint32_t)s.count)];

            *word = random_below(2) != 0 ? *word ^ 1u << random_below(32) : likely[random_below(7)];
        }
        for (uint32_t i = 0; i < STREAM_BUFFERS && random_below(4) == 0; i++) {
            s.buffers[i].tiling = (enum gen3_tiling)random_below(3);
            s.buffers[i].pitch = random_below(3) * 512;
        }
        (void)audit_stream();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_what_is_never_let_through),
        cmocka_unit_test(test_all_of_a_stream_is_told),
        cmocka_unit_test(test_counting_alone),
        cmocka_unit_test(test_bent_streams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
