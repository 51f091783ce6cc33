/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include <string.h>

#include "gemd/chaos.h"
#include "hw/gen3/regs.h"

enum { DRAWS = 5000 };

static void off_is_off(void **state)
{
    chaos_stop();
    for (unsigned i = 0; i < DRAWS; i++) {
        assert_false(chaos_hits(CHAOS_ALLOC_JOB));
    }
    assert_int_equal(chaos.reached[CHAOS_ALLOC_JOB], 0);
}

static void the_same_seed_does_the_same(void **state)
{
    bool first[DRAWS];
    unsigned differences = 0;
    assert_true(chaos_start("7,alloc=100"));
    for (unsigned i = 0; i < DRAWS; i++) {
        first[i] = chaos_hits(CHAOS_ALLOC_JOB);
    }
    assert_true(chaos_start("7,alloc=100"));
    for (unsigned i = 0; i < DRAWS; i++) {
        (void)chaos_hits(CHAOS_ALLOC_BUFFER); /* what others do changes nothing */
        assert_int_equal(chaos_hits(CHAOS_ALLOC_JOB), first[i]);
    }
    assert_true(chaos_start("8,alloc=100"));
    for (unsigned i = 0; i < DRAWS; i++) {
        differences += chaos_hits(CHAOS_ALLOC_JOB) != first[i];
    }
    assert_in_range(differences, DRAWS / 10, DRAWS / 3);
}

static void rates_are_kept(void **state)
{
    assert_true(chaos_start("1,alloc=250,alloc-job=1000,socket=0"));
    for (unsigned i = 0; i < DRAWS; i++) {
        (void)chaos_hits(CHAOS_ALLOC_BUFFER);
        assert_true(chaos_hits(CHAOS_ALLOC_JOB));
        assert_false(chaos_hits(CHAOS_SEND_AGAIN));
        assert_false(chaos_hits(CHAOS_SEQNO)); /* others are off once one is named */
    }
    assert_int_equal(chaos.reached[CHAOS_ALLOC_BUFFER], DRAWS);
    assert_in_range(chaos.hit[CHAOS_ALLOC_BUFFER], DRAWS / 5, DRAWS * 3 / 10);
    assert_true(chaos_start("1"));
    assert_int_equal(chaos.permille[CHAOS_SEQNO], 10);
    assert_int_equal(chaos.permille[CHAOS_HANG], 0);
    assert_int_equal(chaos.permille[CHAOS_DROP], 0);
}

static void a_session_can_be_meant(void **state)
{
    assert_true(chaos_start("3,hang=1000,session=bad"));
    assert_true(chaos_hits_session(CHAOS_HANG, "bad"));
    assert_false(chaos_hits_session(CHAOS_HANG, "good"));
    assert_int_equal(chaos.reached[CHAOS_HANG], 1);
    assert_true(chaos_start("3,hang=1000"));
    assert_true(chaos_hits_session(CHAOS_HANG, "good"));
}

static void what_is_no_text_is_refused(void **state)
{
    static const char *const wrong[] = {"",           "x",         "-1",        "1,",
                                        "1,alloc",    "1,no=5",    "1,alloc=",  "1,alloc=1001",
                                        "1,session=", "1;alloc=5", "1,alloc=5x"};
    chaos_stop();
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(chaos_start(wrong[i]));
        assert_false(chaos.on);
    }
}

/* Whatever it draws, one command is replaced at its header and nothing else. */
static void one_command_is_spoilt(void **state)
{
    static const uint32_t batch[] = {0x54300004, 0x03f00040, 0,       1,
                                     2,          3,          MI_NOOP, MI_BATCH_BUFFER_END};
    static const bool is_header[] = {true, false, false, false, false, false, true, false};
    assert_true(chaos_start("5"));
    for (unsigned i = 0; i < 100; i++) {
        uint32_t words[sizeof(batch) / 4];
        unsigned changed = 0;
        memcpy(words, batch, sizeof(batch));
        chaos_spoil(i % 2 == 0 ? CHAOS_HANG : CHAOS_STALL, words, sizeof(batch) / 4);
        for (unsigned j = 0; j < sizeof(batch) / 4; j++) {
            changed += words[j] != batch[j];
            assert_true(words[j] == batch[j] || is_header[j]);
        }
        assert_int_equal(changed, 1);
    }
    chaos_spoil(CHAOS_HANG, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(off_is_off),
        cmocka_unit_test(the_same_seed_does_the_same),
        cmocka_unit_test(rates_are_kept),
        cmocka_unit_test(a_session_can_be_meant),
        cmocka_unit_test(what_is_no_text_is_refused),
        cmocka_unit_test(one_command_is_spoilt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
