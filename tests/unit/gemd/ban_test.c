/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "gemd/ban.h"

#define S UINT64_C(1000000000)

static const struct ban_rule three = {.hangs = 3, .window_ns = 60 * S, .duration_ns = 30 * S};

static void three_in_the_window_are_enough(void **state)
{
    struct ban ban;
    ban_init(&ban, &three);
    assert_false(ban_note(&ban, &three, 1, 2, 10 * S));
    assert_false(ban_note(&ban, &three, 1, 2, 40 * S));
    assert_int_equal(ban_left(&ban, &three, 1, 2, 40 * S), 0);
    assert_true(ban_note(&ban, &three, 1, 2, 70 * S));
    assert_int_equal(ban_left(&ban, &three, 1, 2, 70 * S), 30 * S);
    assert_int_equal(ban_count(&ban, 70 * S), 1);
    assert_int_equal(ban_left(&ban, &three, 1, 2, 99 * S), 1 * S);
    assert_int_equal(ban_left(&ban, &three, 1, 2, 100 * S), 0);
    assert_int_equal(ban_count(&ban, 100 * S), 0);
    assert_int_equal(ban.banned, 1);
    assert_int_equal(ban.refused, 2);
}

static void hangs_that_are_far_apart_are_forgiven(void **state)
{
    struct ban ban;
    ban_init(&ban, &three);
    for (uint64_t i = 0; i < 100; i++) {
        assert_false(ban_note(&ban, &three, 1, 2, i * 31 * S));
    }
    assert_true(ban_note(&ban, &three, 1, 2, 99 * 31 * S + 1));
}

static void others_are_not_meant(void **state)
{
    struct ban ban;
    ban_init(&ban, &three);
    for (unsigned i = 0; i < 3; i++) {
        (void)ban_note(&ban, &three, 1, 2, i);
        assert_false(ban_note(&ban, &three, 1, 100 + (pid_t)i, i));
    }
    assert_true(ban_left(&ban, &three, 1, 2, 3) > 0);
    assert_int_equal(ban_left(&ban, &three, 1, 3, 3), 0);
    assert_int_equal(ban_left(&ban, &three, 2, 2, 3), 0);
}

static void the_quietest_makes_way(void **state)
{
    struct ban ban;
    ban_init(&ban, &three);
    for (unsigned i = 0; i < 3; i++) {
        (void)ban_note(&ban, &three, 7, 7, 1000 + i);
    }
    for (unsigned i = 0; i < BAN_PEERS; i++) {
        assert_false(ban_note(&ban, &three, 1, (pid_t)i + 1, 2000 + i));
    }
    assert_int_equal(ban_left(&ban, &three, 7, 7, 3000), 0);
    assert_false(ban_note(&ban, &three, 1, 2, 3001)); /* its second */
    assert_true(ban_note(&ban, &three, 1, 2, 3002));
}

static void off_is_off(void **state)
{
    struct ban ban;
    const struct ban_rule off = {.hangs = 0};
    ban_init(&ban, &off);
    for (unsigned i = 0; i < 100; i++) {
        assert_false(ban_note(&ban, &off, 1, 2, i));
    }
    assert_int_equal(ban_left(&ban, &off, 1, 2, 0), 0);
}

/* New processes do not help: the user is who is meant, once the rule says so. */
static void a_user_is_banned_with_all_processes(void **state)
{
    struct ban ban;
    struct ban_rule user = three;
    const struct ban_rule off = {.of_user = true};
    user.of_user = true;
    ban_init(&ban, &three);
    for (pid_t pid = 1; pid <= 3; pid++) {
        assert_false(ban_note(&ban, &three, 5, pid, S));
        assert_int_equal(ban_note(&ban, &user, 5, pid, S), pid == 3);
    }
    assert_int_equal(ban_left(&ban, &three, 5, 3, S), 0);
    assert_int_equal(ban_left(&ban, &user, 5, 4, S), 30 * S);
    assert_int_equal(ban_left(&ban, &user, 6, 4, S), 0);
    assert_int_equal(ban_left(&ban, &off, 5, 4, S), 0); /* another policy holds by now */
    assert_int_equal(ban_count(&ban, S), 1);
}

/* A process of another namespace has no number here: that is not the whole user. */
static void nobodys_number_is_not_everybodys(void **state)
{
    struct ban ban;
    struct ban_rule user = three;
    user.of_user = true;
    ban_init(&ban, &three);
    for (unsigned i = 0; i < 3; i++) {
        (void)ban_note(&ban, &three, 5, 0, i);
    }
    assert_true(ban_left(&ban, &three, 5, 0, 3) > 0);
    assert_int_equal(ban_left(&ban, &user, 5, 0, 3), 0);
}

static void rules_are_read(void **state)
{
    static const char *const wrong[] = {"",    "0",    "-1", "3,",      "3,0", "17", "3,4,5,6",
                                        "3,a", "3,4,", "on", "3,86401", " 3",  "3;4"};
    struct ban_rule rule = {.of_user = true};
    assert_true(ban_rule_parse("off", &rule));
    assert_true(rule.of_user);
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

static void rules_are_printed_as_they_are_read(void **state)
{
    static const char *const texts[] = {"off", "1,2,3", "16,86400,86400"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ban_rule rule = {.of_user = false};
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        assert_true(to != NULL && ban_rule_parse(texts[i], &rule));
        ban_rule_print(to, &rule);
        fclose(to);
        assert_string_equal(text, texts[i]);
        free(text);
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
        cmocka_unit_test(a_user_is_banned_with_all_processes),
        cmocka_unit_test(nobodys_number_is_not_everybodys),
        cmocka_unit_test(rules_are_read),
        cmocka_unit_test(rules_are_printed_as_they_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
