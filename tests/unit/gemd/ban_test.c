/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include "gemd/ban.h"

#define S UINT64_C(1000000000)

static const struct ban_rule three = {.hangs = 3, .window_ns = 60 * S, .duration_ns = 30 * S};

static void three_in_the_window_are_enough(void **state)
{
    struct ban ban;
    ban_init(&ban, &three);
    assert_false(ban_note(&ban, 1, 2, 10 * S));
    assert_false(ban_note(&ban, 1, 2, 40 * S));
    assert_int_equal(ban_left(&ban, 1, 2, 40 * S), 0);
    assert_true(ban_note(&ban, 1, 2, 70 * S));
    assert_int_equal(ban_left(&ban, 1, 2, 70 * S), 30 * S);
    assert_int_equal(ban_count(&ban, 70 * S), 1);
    assert_int_equal(ban_left(&ban, 1, 2, 99 * S), 1 * S);
    assert_int_equal(ban_left(&ban, 1, 2, 100 * S), 0);
    assert_int_equal(ban_count(&ban, 100 * S), 0);
    assert_int_equal(ban.banned, 1);
    assert_int_equal(ban.refused, 2);
}

static void hangs_that_are_far_apart_are_forgiven(void **state)
{
    struct ban ban;
    ban_init(&ban, &three);
    for (uint64_t i = 0; i < 100; i++) {
        assert_false(ban_note(&ban, 1, 2, i * 31 * S));
    }
    assert_true(ban_note(&ban, 1, 2, 99 * 31 * S + 1));
}

static void others_are_not_meant(void **state)
{
    struct ban ban;
    ban_init(&ban, &three);
    for (unsigned i = 0; i < 3; i++) {
        (void)ban_note(&ban, 1, 2, i);
        assert_false(ban_note(&ban, 1, 100 + (pid_t)i, i));
    }
    assert_true(ban_left(&ban, 1, 2, 3) > 0);
    assert_int_equal(ban_left(&ban, 1, 3, 3), 0);
    assert_int_equal(ban_left(&ban, 2, 2, 3), 0);
}

static void the_quietest_makes_way(void **state)
{
    struct ban ban;
    ban_init(&ban, &three);
    for (unsigned i = 0; i < 3; i++) {
        (void)ban_note(&ban, 7, 7, 1000 + i);
    }
    for (unsigned i = 0; i < BAN_PEERS; i++) {
        assert_false(ban_note(&ban, 1, (pid_t)i + 1, 2000 + i));
    }
    assert_int_equal(ban_left(&ban, 7, 7, 3000), 0);
    assert_false(ban_note(&ban, 1, 2, 3001)); /* its second */
    assert_true(ban_note(&ban, 1, 2, 3002));
}

static void off_is_off(void **state)
{
    struct ban ban;
    const struct ban_rule off = {.hangs = 0};
    ban_init(&ban, &off);
    for (unsigned i = 0; i < 100; i++) {
        assert_false(ban_note(&ban, 1, 2, i));
    }
    assert_int_equal(ban_left(&ban, 1, 2, 0), 0);
}

static void rules_are_read(void **state)
{
    static const char *const wrong[] = {"",    "0",    "-1", "3,",      "3,0", "17", "3,4,5,6",
                                        "3,a", "3,4,", "on", "3,86401", " 3",  "3;4"};
    struct ban_rule rule;
    assert_true(ban_rule_parse("off", &rule));
    assert_int_equal(rule.hangs, 0);
    assert_true(ban_rule_parse("5", &rule));
    assert_int_equal(rule.hangs, 5);
    assert_int_equal(rule.window_ns, 60 * S);
    assert_int_equal(rule.duration_ns, 60 * S);
    assert_true(ban_rule_parse("1,2,3", &rule));
    assert_int_equal(rule.hangs, 1);
    assert_int_equal(rule.window_ns, 2 * S);
    assert_int_equal(rule.duration_ns, 3 * S);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(ban_rule_parse(wrong[i], &rule));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_in_the_window_are_enough),
        cmocka_unit_test(hangs_that_are_far_apart_are_forgiven),
        cmocka_unit_test(others_are_not_meant),
        cmocka_unit_test(the_quietest_makes_way),
        cmocka_unit_test(off_is_off),
        cmocka_unit_test(rules_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
