/* SPDX-License-Identifier: MIT */
/*
 * doc/validator.md has every rule, in the order and with the words of rules.def, and no other; each
 * says why it is there and what became of those who had none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gemd/validator/validator.h"

static const struct {
    const char *name, *text;
} rules[] = {
#define VALIDATOR_RULE(id, text) {#id, text},
#include "gemd/validator/rules.def"
#undef VALIDATOR_RULE
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

static void test_the_document_has_the_rules(void **state)
{
    FILE *file = fopen(GEMD_SOURCE_DIR "/doc/validator.md", "r");
    char line[512], expected[512];
    size_t found = 0;

    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "### ", 4) != 0) {
            continue;
        }
        assert_true(found < RULES);
        snprintf(expected, sizeof(expected), "### %s\n", rules[found].name);
        assert_string_equal(line, expected);
        assert_non_null(fgets(line, sizeof(line), file));
        snprintf(expected, sizeof(expected), "*%s*\n", rules[found].text);
        assert_string_equal(line, expected);
        found++;
    }
    fclose(file);
    assert_int_equal(found, RULES);
}

/* A rule's text: behind its two lines, up to its precedent. */
static void test_each_rule_has_a_reason_and_a_precedent(void **state)
{
    FILE *file = fopen(GEMD_SOURCE_DIR "/doc/validator.md", "r");
    char line[512], rule[64] = "";
    size_t precedents = 0;
    bool reason = false;

    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "### %63s", rule) == 1) {
            reason = false;
            assert_non_null(fgets(line, sizeof(line), file));
        } else if (strncmp(line, "Precedent: ", 11) == 0) {
            if (!reason) {
                fail_msg("%s does not say why", rule);
            }
            assert_true(strlen(line) > 20);
            precedents++;
        } else if (line[0] != '\n') {
            reason = true;
        }
    }
    fclose(file);
    assert_int_equal(precedents, RULES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_document_has_the_rules),
        cmocka_unit_test(test_each_rule_has_a_reason_and_a_precedent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
