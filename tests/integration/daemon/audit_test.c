/* SPDX-License-Identifier: MIT */
/*
 * The audit of a session: what is refused elsewhere runs there, is logged and counted; other
 * sessions are judged as ever, and only operators can switch it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

enum { PITCH = 1024, ROWS = 256 };

struct bed {
    struct daemon daemon;
    struct gemd_session *session, *other, *operator_session;
    struct gemd_bo *bo, *foreign; /* ROWS of PITCH bytes */
    uint32_t number;              /* of the session */
};

static struct gemd_session *open_operator(const struct bed *bed)
{
    const struct gemd_connect_options options = {
        .socket = bed->daemon.socket, .name = "audit", .role = GEMD_ROLE_OPERATOR};
    struct gemd_session *session;
    char reason[GEMD_TEXT_MAX];
    assert_int_equal(gemd_session_open(&options, &session, reason), 0);
    return session;
}

static int setup(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    daemon_start(&bed->daemon, NULL);
    bed->session = daemon_open(&bed->daemon, NULL, NULL);
    bed->other = daemon_open(&bed->daemon, NULL, NULL);
    bed->operator_session = open_operator(bed);
    assert_int_equal(gemd_bo_create(bed->session, PITCH * ROWS, false, &bed->bo), 0);
    assert_int_equal(gemd_bo_create(bed->other, PITCH * ROWS, false, &bed->foreign), 0);
    bed->number = gemd_session_info(bed->session)->session;
    *state = bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    gemd_bo_unref(bed->bo);
    gemd_bo_unref(bed->foreign);
    gemd_session_close(bed->operator_session);
    gemd_session_close(bed->session);
    gemd_session_close(bed->other);
    daemon_await_nothing(&bed->daemon);
    daemon_stop(&bed->daemon);
    free(bed);
    return 0;
}

/* Its operation depends on a source that it has not: refused, and harmless. */
static void submit_odd(struct gemd_session *session, struct gemd_bo *bo, uint32_t colour)
{
    struct batch batch;
    uint64_t seqno;
    batch_reset(&batch);
    batch_fill(&batch, bo, PITCH, 0, 0, 16, 16, colour);
    batch.words[1] = (batch.words[1] & ~0xff0000u) | 0xfc0000; /* pattern or source */
    assert_int_equal(batch_submit(&batch, session, &seqno), 0);
    assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), 0);
}

static void submit_jump(struct gemd_session *session, struct gemd_bo *bo)
{
    struct batch batch;
    uint64_t seqno;
    batch_reset(&batch);
    BATCH_PUT(&batch, 0x18800080);
    batch_address(&batch, bo, 0, GEMD_USE_READ);
    assert_int_equal(batch_submit(&batch, session, &seqno), 0);
    assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), 0);
}

static uint32_t pixel(struct gemd_bo *bo)
{
    return ((const uint32_t *)gemd_bo_map(bo))[0];
}

static int64_t count_of(const struct bed *bed, const char *rule)
{
    char key[80];
    snprintf(key, sizeof(key), "session.%u.audit.%s", bed->number, rule);
    return daemon_value(&bed->daemon, key);
}

static bool status_says(const struct bed *bed, const char *what)
{
    char line[80];
    char *text = daemon_status(&bed->daemon);
    snprintf(line, sizeof(line), "session.%u.%s", bed->number, what);
    bool said = strstr(text, line) != NULL;
    free(text);
    return said;
}

static void what_is_refused_runs_and_is_counted(void **state)
{
    struct bed *bed = *state;
    submit_odd(bed->session, bed->bo, 0x11111111);
    assert_int_equal(gemd_session_rejected(bed->session), 1);
    assert_int_equal(pixel(bed->bo), 0);
    assert_false(status_says(bed, "audit"));

    assert_int_equal(gemd_audit(bed->operator_session, bed->number, true), 0);
    assert_true(status_says(bed, "audit.state: on"));
    submit_odd(bed->session, bed->bo, 0x22222222);
    submit_odd(bed->session, bed->bo, 0x33333333);
    assert_int_equal(gemd_session_rejected(bed->session), 1);
    assert_int_equal(pixel(bed->bo), 0x33333333);
    assert_int_equal(count_of(bed, "BLIT_VALUE"), 2);
    assert_true(daemon_logged(&bed->daemon, "audit: batch 2 dword 1 (XY_COLOR_BLT 54300004): "
                                            "BLIT_VALUE"));

    assert_int_equal(gemd_audit(bed->operator_session, bed->number, false), 0);
    assert_true(status_says(bed, "audit.state: off"));
    submit_odd(bed->session, bed->bo, 0x44444444);
    assert_int_equal(gemd_session_rejected(bed->session), 2);
    assert_int_equal(pixel(bed->bo), 0x33333333);
    assert_int_equal(count_of(bed, "BLIT_VALUE"), 2);
}

/* Nobody can say what a jump leads to: refused, and counted. */
static void what_cannot_be_followed_is_refused(void **state)
{
    struct bed *bed = *state;
    assert_int_equal(gemd_audit(bed->operator_session, bed->number, true), 0);
    submit_jump(bed->session, bed->bo);
    assert_int_equal(gemd_session_rejected(bed->session), 1);
    assert_int_equal(count_of(bed, "FORBIDDEN_COMMAND"), 1);
}

static void others_are_judged_as_ever(void **state)
{
    struct bed *bed = *state;
    assert_int_equal(gemd_audit(bed->operator_session, bed->number, true), 0);
    submit_odd(bed->other, bed->foreign, 0x55555555);
    assert_int_equal(gemd_session_rejected(bed->other), 1);
    assert_int_equal(pixel(bed->foreign), 0);
}

/* The log says a few of them and how many more there were; the histogram has all. */
static void the_log_is_bounded(void **state)
{
    enum { MANY = 300 };
    struct bed *bed = *state;
    unsigned lines = 0;
    char line[1024];
    assert_int_equal(gemd_audit(bed->operator_session, bed->number, true), 0);
    for (int i = 0; i < MANY; i++) {
        submit_odd(bed->session, bed->bo, 1);
    }
    assert_int_equal(count_of(bed, "BLIT_VALUE"), MANY);
    FILE *log = fopen(bed->daemon.log, "r");
    assert_non_null(log);
    while (fgets(line, sizeof(line), log) != NULL) {
        lines += strstr(line, "BLIT_VALUE") != NULL;
    }
    fclose(log);
    assert_in_range(lines, 1, MANY - 1);
}

static void sessions_that_are_not_there(void **state)
{
    struct bed *bed = *state;
    const uint32_t operators = gemd_session_info(bed->operator_session)->session;
    assert_int_equal(gemd_audit(bed->operator_session, 4711, true), -ENOENT);
    assert_int_equal(gemd_audit(bed->operator_session, operators, true), -ENOENT);
}

/* A client that asks has broken the protocol, also for itself. */
static void clients_may_not(void **state)
{
    struct bed *bed = *state;
    struct gemd_session *client = daemon_open(&bed->daemon, NULL, NULL);
    const uint32_t number = gemd_session_info(client)->session;
    assert_true(gemd_audit(client, number, true) < 0);
    gemd_session_close(client);
    assert_true(daemon_logged(&bed->daemon, "AUDIT: not allowed to this session"));
    assert_false(status_says(bed, "audit"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_refused_runs_and_is_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_followed_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(others_are_judged_as_ever, setup, teardown),
        cmocka_unit_test_setup_teardown(the_log_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(sessions_that_are_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(clients_may_not, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
