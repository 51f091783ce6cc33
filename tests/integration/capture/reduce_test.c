/* SPDX-License-Identifier: MIT */
/* gemctl reduce: one bad packet in a long recording is found, and little beside it is left. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/integration/capture/tape.h"

#define GEMCTL GEMD_BINARY_DIR "/bin/gemctl"

/* Twelve frames, and one batch that is refused. */
static void record(struct tape *tape, const char *name)
{
    struct painter painter;
    char number[16];
    painter_open(&painter, tape->daemon.socket);
    snprintf(number, sizeof(number), "%u", gemd_session_info(painter.session)->session);
    pid_t pid = TAPE_START(tape, "record", "--session", number, "-o", tape_path(tape, name));
    daemon_await(&tape->daemon, "recordings", 1);
    for (unsigned i = 0; i < 12; i++) {
        painter_paint(&painter);
        if (i == 7) {
            painter_blunder(&painter);
        }
    }
    painter_close(&painter);
    assert_int_equal(tape_await(tape, pid), 0);
    assert_int_equal(tape_value(tape, "batches"), 13);
    assert_int_equal(tape_value(tape, "refused"), 1);
}

static void finds_the_packet(void **state)
{
    struct tape *tape = *state;
    record(tape, "long.rec");
    assert_int_equal(TAPE_GEMCTL(tape, "replay", tape_path(tape, "long.rec")), 1);
    assert_non_null(strstr(tape->output, "UNKNOWN_COMMAND"));
    assert_int_equal(TAPE_GEMCTL(tape, "reduce", tape_path(tape, "long.rec"), "-o",
                                 tape_path(tape, "short.rec"), "--", "sh", "-c",
                                 "! " GEMCTL " replay {} 2>&1 | grep -q UNKNOWN_COMMAND"),
                     0);
    assert_non_null(strstr(tape->output, "batches=13->1 "));
    assert_non_null(strstr(tape->output, "frames=12->0 "));
    assert_non_null(strstr(tape->output, "->1\n")); /* packets */
    assert_int_equal(TAPE_GEMCTL(tape, "replay", tape_path(tape, "short.rec")), 1);
    assert_non_null(strstr(tape->output, "UNKNOWN_COMMAND"));
    assert_int_equal(tape_value(tape, "batches"), 1);
    assert_int_not_equal(access(tape_path(tape, "short.rec.try"), F_OK), 0);
}

static void says_when_nothing_fails(void **state)
{
    struct tape *tape = *state;
    record(tape, "long.rec");
    assert_int_equal(TAPE_GEMCTL(tape, "reduce", tape_path(tape, "long.rec"), "-o",
                                 tape_path(tape, "short.rec"), "--", "true"),
                     1);
    assert_non_null(strstr(tape->output, "does not fail"));
    assert_int_not_equal(access(tape_path(tape, "short.rec"), F_OK), 0);
    /* One that takes too long does not fail either, and neither does one that is not there. */
    assert_int_equal(TAPE_GEMCTL(tape, "reduce", "--timeout", "1", tape_path(tape, "long.rec"),
                                 "-o", tape_path(tape, "short.rec"), "--", "sleep", "60"),
                     1);
    assert_int_equal(TAPE_GEMCTL(tape, "reduce", tape_path(tape, "long.rec"), "-o",
                                 tape_path(tape, "short.rec"), "--", "/nowhere"),
                     1);
    assert_int_equal(TAPE_GEMCTL(tape, "reduce", tape_path(tape, "long.rec"), "--", "true"), 2);
    assert_int_equal(TAPE_GEMCTL(tape, "reduce", tape_path(tape, "long.rec"), "-o", "/dev/null/x"),
                     2);
    assert_int_equal(
        TAPE_GEMCTL(tape, "reduce", GEMCTL, "-o", tape_path(tape, "short.rec"), "--", "false"), 3);
}

static void everything_goes(void **state)
{
    struct tape *tape = *state;
    record(tape, "long.rec");
    assert_int_equal(TAPE_GEMCTL(tape, "reduce", tape_path(tape, "long.rec"), "-o",
                                 tape_path(tape, "short.rec"), "--", "false"),
                     0);
    assert_non_null(strstr(tape->output, "batches=13->0 "));
    assert_non_null(strstr(tape->output, "pages="));
    assert_int_equal(TAPE_GEMCTL(tape, "replay", tape_path(tape, "short.rec")), 0);
    assert_int_equal(tape_value(tape, "batches"), 0);
}

static void keeps_the_best_when_interrupted(void **state)
{
    struct tape *tape = *state;
    const struct timespec pause = {.tv_nsec = 2000000};
    record(tape, "long.rec");
    pid_t pid = TAPE_START(tape, "reduce", tape_path(tape, "long.rec"), "-o",
                           tape_path(tape, "short.rec"), "--", "sh", "-c", "sleep 0.2; exit 1");
    while (access(tape_path(tape, "short.rec"), F_OK) != 0) {
        nanosleep(&pause, NULL);
    }
    kill(pid, SIGINT);
    assert_int_equal(tape_await(tape, pid), 0);
    assert_non_null(strstr(tape->output, "interrupted=1"));
    int code = TAPE_GEMCTL(tape, "replay", tape_path(tape, "short.rec"));
    assert_true(code == 0 || code == 1); /* whole, whatever is left */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tape_setup, tape_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finds_the_packet),
        TEST(says_when_nothing_fails),
        TEST(everything_goes),
        TEST(keeps_the_best_when_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
