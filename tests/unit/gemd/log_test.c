/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include "gemd/log.h"

#define SECOND 1000000000ull

static void a_flood_is_cut_and_counted(void **state)
{
    struct log_limit limit = {0};
    uint32_t suppressed = 0;
    uint64_t now = 1000 * SECOND;
    unsigned passed = 0;
    for (int i = 0; i < 100; i++) {
        passed += log_limit_pass(&limit, now + (uint64_t)i, &suppressed);
    }
    assert_int_equal(passed, LOG_LIMIT_BURST);
    assert_true(log_limit_pass(&limit, now + SECOND, &suppressed));
    assert_int_equal(suppressed, 100 - LOG_LIMIT_BURST);
}

static void a_steady_stream_passes_at_its_rate(void **state)
{
    struct log_limit limit = {0};
    uint32_t suppressed = 0;
    unsigned passed = 0;
    for (uint64_t i = 0; i < 1000; i++) { /* 100 lines a second for 10 seconds */
        passed += log_limit_pass(&limit, 5 * SECOND + i * SECOND / 100, &suppressed);
    }
    assert_in_range(passed, LOG_LIMIT_BURST + 18, LOG_LIMIT_BURST + 22);
}

static void levels_have_names(void **state)
{
    enum log_level level = LOG_LEVEL_ERROR;
    assert_true(log_level_parse("debug", &level));
    assert_int_equal(level, LOG_LEVEL_DEBUG);
    assert_false(log_level_parse("loud", &level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_is_cut_and_counted),
        cmocka_unit_test(a_steady_stream_passes_at_its_rate),
        cmocka_unit_test(levels_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
