/* SPDX-License-Identifier: MIT */
/* Every sample is judged as it should be, and every rule has a sample that breaks it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "samples.h"

static const enum validator_rule rules[] = {
#define VALIDATOR_RULE(id, text) VALIDATOR_##id,
#include "gemd/validator/rules.def"
#undef VALIDATOR_RULE
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

static struct stream s;

static enum validator_rule judge(const struct sample *sample)
{
    sample_build(sample, &s);
    return stream_check(&s);
}

static void test_samples(void **state)
{
    unsigned wrong = 0;

    for (size_t room = 0; room < sample_room_count; room++) {
        for (const struct sample *sample = sample_rooms[room]; sample->name != NULL; sample++) {
            enum validator_rule rule = judge(sample);

            if (rule != sample->rule) {
                print_error("%s: %s instead of %s (dword %u of %s: %s)\n", sample->name,
                            validator_rule_name(rule), validator_rule_name(sample->rule),
                            s.verdict.dword, s.verdict.command, s.verdict.text);
                wrong++;
            }
        }
    }
    assert_int_equal(wrong, 0);
}

static void test_a_refusal_says_where_and_why(void **state)
{
    for (size_t room = 0; room < sample_room_count; room++) {
        for (const struct sample *sample = sample_rooms[room]; sample->name != NULL; sample++) {
            if (judge(sample) == VALIDATOR_ACCEPTED) {
                continue;
            }
            assert_true(s.verdict.dword <= s.count + 1);
            assert_true(s.verdict.command[0] != '\0');
            assert_true(s.verdict.text[0] != '\0');
            assert_true(strlen(s.verdict.text) < sizeof(s.verdict.text) - 1);
        }
    }
}

/* Where a relocation has no business it is refused, not where the walk misses the next one. */
static void test_a_stray_relocation_is_found_in_its_command(void **state)
{
    stream_init(&s);
    stream_put_color_blt(&s);
    stream_put_color_blt(&s);
    s.relocs[2] = s.relocs[1];
    s.relocs[1] = (struct validator_reloc){5, STREAM_TARGET, 0, VALIDATOR_READ};
    s.reloc_count = 3;
    assert_int_equal(stream_check(&s), VALIDATOR_RELOC_STRAY);
    assert_int_equal(s.verdict.dword, 5);

    s.relocs[1].dword = 9;
    assert_int_equal(stream_check(&s), VALIDATOR_RELOC_STRAY);
    assert_int_equal(s.verdict.dword, 10); /* the address that is not found */
}

/* More words than 32 bits have bytes for; none of them is read. */
static void test_a_stream_beyond_all_measure(void **state)
{
    uint32_t word = 0x05000000;
    struct validator_job job = {
        .pci_device = 0x29c2, .words = &word, .word_count = (size_t)UINT32_MAX / sizeof(word) + 1};
    struct validator_verdict verdict;

    assert_int_equal(validator_check(&job, &verdict), -EINVAL);
    assert_int_equal(verdict.rule, VALIDATOR_TRUNCATED);
}

static void test_every_rule_has_a_sample(void **state)
{
    for (size_t i = 0; i < RULES; i++) {
        bool seen = false;

        for (size_t room = 0; room < sample_room_count; room++) {
            for (const struct sample *sample = sample_rooms[room]; sample->name != NULL; sample++) {
                seen = seen || sample->rule == rules[i];
            }
        }
        if (!seen) {
            fail_msg("no sample breaks %s", validator_rule_name(rules[i]));
        }
    }
}

static void test_names(void **state)
{
    assert_string_equal(validator_rule_name(VALIDATOR_ACCEPTED), "ACCEPTED");
    assert_string_equal(validator_rule_name(VALIDATOR_RELOC_MISSING), "RELOC_MISSING");
    assert_string_equal(validator_rule_name((enum validator_rule)(RULES + 1)), "?");
}

/* Cut anywhere, a stream is refused; it never reads on. */
static void test_truncation_at_every_dword(void **state)
{
    static void (*const builds[])(struct stream *) = {build_triangle, build_texture,
                                                      build_color_blt, build_copy_blt};

    for (size_t b = 0; b < sizeof(builds) / sizeof(builds[0]); b++) {
        stream_init(&s);
        builds[b](&s);
        PUT(&s, 0x05000000);
        for (size_t whole = s.count; s.count > 0;) {
            s.count--;
            assert_int_not_equal(stream_check_as_is(&s), VALIDATOR_ACCEPTED);
            assert_true(s.count < whole);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_a_refusal_says_where_and_why),
        cmocka_unit_test(test_a_stray_relocation_is_found_in_its_command),
        cmocka_unit_test(test_a_stream_beyond_all_measure),
        cmocka_unit_test(test_every_rule_has_a_sample),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_truncation_at_every_dword),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
