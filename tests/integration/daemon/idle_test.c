/* SPDX-License-Identifier: MIT */
/* Nobody does anything while all wait: the daemon and its model sleep. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>

#include "tests/lib/daemon.h"

/* Far more than a look and a moment's vigil take, and far less than spinning all the time. */
#define WAIT_NS 300000000
#define MOST_NS 50000000

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    assert_int_equal(clock_gettime(clock, &now), 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static uint64_t submit_nothing(struct gemd_session *session)
{
    static const uint32_t words[] = {0x05000000, 0}; /* MI_BATCH_BUFFER_END and a NOOP */
    const struct gemd_submission empty = {.words = words, .word_count = 2};
    uint64_t seqno = 0;
    assert_int_equal(gemd_submit(session, &empty, &seqno), 0);
    return seqno;
}

static void waiting_takes_no_processor(void **state)
{
    struct daemon *daemon = *state;
    struct gemd_session *session = daemon_open(daemon, NULL, NULL);
    clockid_t processor;
    uint64_t seqno = 0;
    for (unsigned i = 0; i < 1000; i++) { /* so that both have reason to look for a moment */
        seqno = submit_nothing(session);
        assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), 0);
    }
    assert_int_equal(clock_getcpuclockid(daemon->pid, &processor), 0);
    int64_t daemon_before = now_ns(processor), own_before = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    assert_int_equal(gemd_seqno_wait(session, seqno + 1, now_ns(CLOCK_MONOTONIC) + WAIT_NS),
                     -ETIME);
    assert_in_range(now_ns(processor) - daemon_before, 0, MOST_NS);
    assert_in_range(now_ns(CLOCK_PROCESS_CPUTIME_ID) - own_before, 0, MOST_NS);
    gemd_session_close(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(waiting_takes_no_processor, daemon_setup, daemon_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
