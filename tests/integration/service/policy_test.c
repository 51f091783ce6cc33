/* SPDX-License-Identifier: MIT */
/* A policy decides who gets a session and with what; SIGHUP reads it again. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "proto/address.h"
#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

struct bed {
    char directory[64];
    char path[80];
    struct daemon daemon;
};

/* Replaces the file at once, as editors do; %u is our user. */
static void write_policy(const struct bed *bed, const char *format)
{
    char temporary[96];
    snprintf(temporary, sizeof(temporary), "%s.new", bed->path);
    FILE *file = fopen(temporary, "we");
    assert_non_null(file);
    for (const char *at = format; *at != '\0'; at++) {
        if (at[0] == '%') {
            fprintf(file, "%u", (unsigned)geteuid());
        } else {
            fputc(*at, file);
        }
    }
    fclose(file);
    assert_int_equal(chmod(temporary, 0644), 0);
    assert_int_equal(rename(temporary, bed->path), 0);
}

/* chaos: NULL or what --chaos is to be */
static void start_with(struct bed *bed, const char *policy, const char *chaos)
{
    memset(bed, 0, sizeof(*bed));
    strcpy(bed->directory, "/tmp/gemd-policy-XXXXXX");
    assert_non_null(mkdtemp(bed->directory));
    snprintf(bed->path, sizeof(bed->path), "%s/policy.conf", bed->directory);
    write_policy(bed, policy);
    daemon_start(&bed->daemon,
                 (const char *const[]){"--policy", bed->path, chaos != NULL ? "--chaos" : NULL,
                                       chaos, NULL});
}

static void start(struct bed *bed, const char *policy)
{
    start_with(bed, policy, NULL);
}

static void finish(struct bed *bed)
{
    daemon_stop(&bed->daemon);
    unlink(bed->path);
    assert_int_equal(rmdir(bed->directory), 0);
}

/* Tells the daemon to read it again and waits for what it says then. */
static void reload(const struct bed *bed, const char *policy, const char *says)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    write_policy(bed, policy);
    assert_int_equal(kill(bed->daemon.pid, SIGHUP), 0);
    time_t end = time(NULL) + 30;
    while (!daemon_logged(&bed->daemon, says)) {
        if (time(NULL) > end) {
            fail_msg("the daemon did not say \"%s\"", says);
        }
        nanosleep(&pause, NULL);
    }
}

static int try_open(const struct bed *bed, uint32_t role, struct gemd_session **session,
                    char reason[GEMD_TEXT_MAX])
{
    const struct gemd_connect_options options = {.socket = bed->daemon.socket, .role = role};
    return gemd_session_open(&options, session, reason);
}

static void expect_refused(const struct bed *bed, uint32_t role, const char *why)
{
    struct gemd_session *session;
    char reason[GEMD_TEXT_MAX];
    assert_true(try_open(bed, role, &session, reason) < 0);
    if (strstr(reason, why) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", why, reason);
    }
}

static void who_is_denied_is_told_by_which_line(void **state)
{
    struct bed bed;
    start(&bed, "# none of us\n\ndeny uid %\nallow any\n");
    expect_refused(&bed, GEMD_ROLE_CLIENT, "may not connect");
    expect_refused(&bed, GEMD_ROLE_CLIENT, "policy.conf, line 3");
    expect_refused(&bed, GEMD_ROLE_OPERATOR, "policy.conf, line 3");
    finish(&bed);
}

static void whom_no_rule_matches_is_told(void **state)
{
    struct bed bed;
    start(&bed, "allow uid 4000000001\n");
    expect_refused(&bed, GEMD_ROLE_CLIENT, "no rule of");
    finish(&bed);
}

static void only_operators_operate(void **state)
{
    struct bed bed;
    start(&bed, "allow any\n");
    expect_refused(&bed, GEMD_ROLE_OPERATOR, "may not be an operator");
    expect_refused(&bed, GEMD_ROLE_OPERATOR, "policy.conf, line 1");
    gemd_session_close(daemon_open(&bed.daemon, NULL, NULL));
    finish(&bed);
}

static void sessions_of_a_user_are_counted(void **state)
{
    struct bed bed;
    start(&bed, "allow any sessions 2 role operator\n");
    struct gemd_session *first = daemon_open(&bed.daemon, NULL, NULL);
    struct gemd_session *second = daemon_open(&bed.daemon, NULL, NULL);
    expect_refused(&bed, GEMD_ROLE_CLIENT, "has 2 sessions");
    expect_refused(&bed, GEMD_ROLE_CLIENT, "line 1 allows 2");
    daemon_await(&bed.daemon, "sessions", 2); /* operators are not counted */
    gemd_session_close(second);
    daemon_await(&bed.daemon, "sessions", 1);
    second = daemon_open(&bed.daemon, NULL, NULL);
    gemd_session_close(first);
    gemd_session_close(second);
    finish(&bed);
}

/* The quotas of the rule are those of the session, also after a reload. */
static void quotas_are_the_rules(void **state)
{
    struct bed bed;
    struct gemd_window *first, *second, *third;
    start(&bed, "allow any role operator windows 1\n");
    struct gemd_session *session = daemon_open(&bed.daemon, NULL, NULL);
    assert_int_equal(gemd_window_create(session, 64, 64, &first), 0);
    assert_true(gemd_window_create(session, 64, 64, &second) < 0);
    reload(&bed, "allow any role operator windows 2\ndeny any windows 2\n", "never reached");
    assert_true(gemd_window_create(session, 64, 64, &second) < 0);
    reload(&bed, "deny uid 4000000001\nallow any windows 2\n", "policy.conf, 2 rules");
    assert_int_equal(gemd_window_create(session, 64, 64, &second), 0);
    assert_true(gemd_window_create(session, 64, 64, &third) < 0);
    gemd_window_destroy(first);
    gemd_window_destroy(second);
    gemd_session_close(session);
    finish(&bed);
}

static void class_and_weight_are_the_rules(void **state)
{
    struct bed bed;
    char key[64];
    start(&bed, "allow any role operator class background weight 7\n");
    struct gemd_session *session = daemon_open(&bed.daemon, NULL, NULL);
    char *status = daemon_status(&bed.daemon);
    assert_non_null(strstr(status, ".class: background\n"));
    assert_non_null(strstr(status, ".weight: 7\n"));
    free(status);
    reload(&bed, "deny uid 4000000001\nallow any role operator weight 8\n", "policy.conf, 2 rules");
    snprintf(key, sizeof(key), "session.%u.weight", gemd_session_info(session)->session);
    daemon_await(&bed.daemon, key, 8);
    gemd_session_close(session);
    finish(&bed);
}

/* Connections that say nothing take no more than the door's places. */
static void silent_connections_are_bounded(void **state)
{
    struct bed bed;
    start(&bed, "deny any\n");
    int fds[6];
    char byte, reason[GEMD_TEXT_MAX];
    for (unsigned i = 0; i < 6; i++) {
        fds[i] = address_connect(bed.daemon.socket, reason);
        assert_true(fds[i] >= 0);
    }
    assert_int_equal(read(fds[4], &byte, 1), 0); /* closed without a word */
    assert_int_equal(read(fds[5], &byte, 1), 0);
    for (unsigned i = 0; i < 6; i++) {
        close(fds[i]);
    }
    finish(&bed);
}

static void a_reload_holds_for_who_comes(void **state)
{
    struct bed bed;
    start(&bed, "allow any role operator\n");
    gemd_session_close(daemon_open(&bed.daemon, NULL, NULL));
    reload(&bed, "deny uid %\nallow any\n", "policy.conf, 2 rules");
    expect_refused(&bed, GEMD_ROLE_CLIENT, "may not connect");
    finish(&bed);
}

static void count_events(void *data, const struct gemd_msg_header *event, const char *text)
{
    const struct gemd_msg_session_lost *lost = (const void *)event;
    if (event->type == GEMD_MSG_SESSION_LOST && strstr(lost->text, "may not connect") != NULL) {
        ++*(unsigned *)data;
    }
}

static void a_reload_holds_for_who_is_here(void **state)
{
    struct bed bed;
    unsigned told = 0;
    start(&bed, "allow any role operator\n");
    struct gemd_session *session = daemon_open(&bed.daemon, count_events, &told);
    reload(&bed, "deny uid %\n", "1 sessions may no longer be here");
    assert_int_equal(gemd_seqno_wait(session, UINT64_MAX, GEMD_FOREVER), -EIO);
    assert_int_equal(gemd_session_lost(session), GEMD_LOST_UNKNOWN);
    gemd_session_dispatch(session);
    assert_int_equal(told, 1);
    gemd_session_close(session);
    finish(&bed);
}

static void a_broken_file_changes_nothing(void **state)
{
    struct bed bed;
    start(&bed, "allow any role operator\n");
    struct gemd_session *session = daemon_open(&bed.daemon, NULL, NULL);
    reload(&bed, "deny any\nallow uid x\n", "the policy stays: ");
    assert_true(daemon_logged(&bed.daemon, "policy.conf:2: is never reached"));
    assert_int_equal(gemd_session_lost(session), GEMD_LOST_NOT);
    gemd_session_close(session);
    gemd_session_close(daemon_open(&bed.daemon, NULL, NULL));
    assert_int_equal(unlink(bed.path), 0);
    assert_int_equal(kill(bed.daemon.pid, SIGHUP), 0);
    gemd_session_close(daemon_open(&bed.daemon, NULL, NULL));
    reload(&bed, "allow any weight 3\nallow any\n", "policy.conf:2: is never reached: line 1");
    finish(&bed);
}

static void note_text(void *data, const struct gemd_msg_header *event, const char *text)
{
    snprintf(data, GEMD_TEXT_MAX, "%s", text);
}

static void who_may_not_see_the_screen_is_told(void **state)
{
    struct bed bed;
    char said[GEMD_TEXT_MAX] = "";
    struct gemd_session *session;
    struct gemd_screenshot shot;
    struct gemd_mirror *mirror;
    struct gemd_picture picture;
    start(&bed, "allow any role operator sees all\n");
    const struct gemd_connect_options options = {.socket = bed.daemon.socket,
                                                 .role = GEMD_ROLE_OPERATOR,
                                                 .on_event = note_text,
                                                 .on_event_data = said};
    assert_int_equal(gemd_session_open(&options, &session, NULL), 0);
    assert_int_equal(gemd_take_screenshot(session, &shot), -EACCES);
    assert_non_null(strstr(said, "may not see the screen"));
    assert_non_null(strstr(said, "policy.conf, line 1"));
    said[0] = '\0';
    assert_int_equal(gemd_mirror_open(session, 2, &mirror), -EACCES);
    assert_non_null(strstr(said, "may not see the screen"));
    assert_null(mirror);
    reload(&bed, "deny uid 4000000001\nallow any role operator view yes\n", "policy.conf, 2 rules");
    assert_int_equal(gemd_take_screenshot(session, &shot), -ENODATA); /* it is off */
    assert_int_equal(gemd_mirror_open(session, 2, &mirror), 0);
    assert_int_equal(gemd_mirror_next(mirror, GEMD_FOREVER, &picture), 0);
    assert_null(picture.pixels);
    gemd_mirror_return(mirror, &picture);
    reload(&bed, "deny uid 1\ndeny uid 2\nallow any role operator view no\n", ", 3 rules");
    assert_int_equal(gemd_mirror_next(mirror, GEMD_FOREVER, &picture), -EACCES);
    assert_non_null(strstr(said, "line 3"));
    assert_int_equal(gemd_mirror_next(mirror, GEMD_FOREVER, &picture), -EACCES);
    gemd_mirror_close(mirror);
    assert_int_equal(gemd_session_lost(session), GEMD_LOST_NOT);
    gemd_session_close(session);
    finish(&bed);
}

/* A process of its own whose batch hangs the GPU. */
static void hang(const struct bed *bed)
{
    pid_t pid = fork();
    int status = -1;
    if (pid == 0) {
        const struct gemd_connect_options options = {.socket = bed->daemon.socket};
        struct gemd_session *session;
        struct gemd_bo *bo;
        struct batch batch;
        uint64_t seqno = 0;
        batch_reset(&batch);
        if (gemd_session_open(&options, &session, NULL) != 0 ||
            gemd_bo_create(session, 4096, false, &bo) != 0) {
            _exit(1);
        }
        batch_fill(&batch, bo, 64, 0, 0, 16, 16, 1);
        _exit(batch_submit(&batch, session, &seqno) == 0 &&
                      gemd_seqno_wait(session, seqno, GEMD_FOREVER) == -EIO &&
                      gemd_session_lost(session) == GEMD_LOST_GUILTY
                  ? 0
                  : 2);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* Each time it is another process: only the user's ban meets that. */
static void bans_are_the_rules(void **state)
{
    struct bed bed;
    start_with(&bed, "allow any role operator sees all hang_ban 1 user-hang_ban 2,3600,3600\n",
               "1,hang=1000");
    hang(&bed);
    hang(&bed);
    expect_refused(&bed, GEMD_ROLE_CLIENT, "the user's batches hung the GPU 2 times within 3600 s");
    daemon_await(&bed.daemon, "bans", 3); /* operators still look */
    reload(&bed, "deny uid 4000000001\nallow any role operator\n", "policy.conf, 2 rules");
    gemd_session_close(daemon_open(&bed.daemon, NULL, NULL));
    finish(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_denied_is_told_by_which_line),
        cmocka_unit_test(whom_no_rule_matches_is_told),
        cmocka_unit_test(only_operators_operate),
        cmocka_unit_test(sessions_of_a_user_are_counted),
        cmocka_unit_test(quotas_are_the_rules),
        cmocka_unit_test(class_and_weight_are_the_rules),
        cmocka_unit_test(who_may_not_see_the_screen_is_told),
        cmocka_unit_test(bans_are_the_rules),
        cmocka_unit_test(silent_connections_are_bounded),
        cmocka_unit_test(a_reload_holds_for_who_comes),
        cmocka_unit_test(a_reload_holds_for_who_is_here),
        cmocka_unit_test(a_broken_file_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
