/* SPDX-License-Identifier: MIT */
/* doc/validator.md has every rule, in the order and with the words of rules.def, and no other. */
#include <setjmp.h>
#include <stdarg.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_document_has_the_rules)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
