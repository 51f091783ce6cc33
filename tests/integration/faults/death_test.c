/* SPDX-License-Identifier: MIT */
/* One side of a session goes away, in whatever way; the other notices and nothing is left over. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

static void ignore_event(void *data, const struct gemd_msg_header *event, const char *text)
{
}

/* ---- no daemon ---- */

static int try_open(const struct daemon *daemon)
{
    const struct gemd_connect_options options = {.socket = daemon->socket};
    struct gemd_session *session;
    char reason[GEMD_TEXT_MAX] = "";
    int result = gemd_session_open(&options, &session, reason);
    assert_null(session);
    assert_non_null(strstr(reason, daemon->socket));
    return result;
}

static void no_daemon(void **state)
{
    struct daemon *daemon = *state;
    daemon_kill(daemon);
    assert_int_equal(try_open(daemon), -ECONNREFUSED);
    unlink(daemon->socket);
    assert_int_equal(try_open(daemon), -ENOENT);
}

/* A socket that a killed daemon left behind does not keep the next one from starting. */
static void next_daemon_takes_over(void **state)
{
    struct daemon *daemon = *state;
    daemon_kill(daemon);
    daemon_start(daemon, NULL);
    gemd_session_close(daemon_open(daemon, NULL, NULL));
}

/* As many sessions as it may have, and no more, until one of them goes. */
static void sessions_are_counted(void **state)
{
    static const char *const arguments[] = {"--max-sessions", "2", NULL};
    struct daemon daemon = {0};
    daemon_start(&daemon, arguments);
    unsigned files = daemon_open_files(&daemon);
    struct gemd_session *first = daemon_open(&daemon, ignore_event, NULL);
    struct gemd_session *second = daemon_open(&daemon, ignore_event, NULL);
    const struct gemd_connect_options options = {.socket = daemon.socket};
    struct gemd_session *third;
    assert_true(gemd_session_open(&options, &third, NULL) < 0);
    assert_true(daemon_logged(&daemon, "there are too many"));
    gemd_session_close(first);
    while (gemd_session_open(&options, &third, NULL) < 0) {
        /* The daemon has not yet seen it go. */
    }
    gemd_session_close(third);
    gemd_session_close(second);
    daemon_await_files(&daemon, files);
    daemon_await_nothing(&daemon);
    daemon_stop(&daemon);
}

/* ---- the daemon dies ---- */

struct waiter {
    struct gemd_session *session;
    pthread_t thread;
    int begun; /* atomic */
    int result;
};

static void *wait_forever(void *data)
{
    struct waiter *waiter = data;
    __atomic_store_n(&waiter->begun, 1, __ATOMIC_RELEASE);
    waiter->result = gemd_seqno_wait(waiter->session, UINT64_MAX, GEMD_FOREVER);
    return NULL;
}

static void daemon_ends_under_a_waiter(struct daemon *daemon, void (*end)(struct daemon *daemon))
{
    struct waiter waiter = {.session = daemon_open(daemon, ignore_event, NULL)};
    struct gemd_bo *bo;
    struct batch batch;
    uint64_t seqno;
    assert_int_equal(gemd_bo_create(waiter.session, 65536, true, &bo), 0);
    assert_int_equal(pthread_create(&waiter.thread, NULL, wait_forever, &waiter), 0);
    while (__atomic_load_n(&waiter.begun, __ATOMIC_ACQUIRE) == 0) {
        sched_yield();
    }
    end(daemon);
    pthread_join(waiter.thread, NULL);
    assert_int_equal(waiter.result, -EIO);
    assert_int_not_equal(gemd_session_lost(waiter.session), GEMD_LOST_NOT);
    batch_reset(&batch);
    batch_fill(&batch, bo, 64, 0, 0, 16, 16, 1);
    assert_int_equal(batch_submit(&batch, waiter.session, &seqno), -EIO);
    assert_int_equal(gemd_bo_wait(bo, false, GEMD_FOREVER), 0); /* nothing ever used it */
    memset(gemd_bo_map(bo), 1, 65536);
    gemd_bo_unref(bo);
    struct gemd_bo *orphan; /* memory goes on, for programs that have not noticed yet */
    assert_int_equal(gemd_bo_create(waiter.session, 4096, false, &orphan), 0);
    memset(gemd_bo_map(orphan), 1, 4096);
    gemd_bo_unref(orphan);
    gemd_session_close(waiter.session);
}

static void daemon_is_killed(void **state)
{
    daemon_ends_under_a_waiter(*state, daemon_kill);
}

static void terminate(struct daemon *daemon)
{
    int status;
    kill(daemon->pid, SIGTERM);
    assert_int_equal(waitpid(daemon->pid, &status, 0), daemon->pid);
    assert_int_equal(status, 0);
    daemon->pid = 0;
}

static void daemon_is_terminated(void **state)
{
    daemon_ends_under_a_waiter(*state, terminate);
}

/* ---- a client dies ---- */

/* In the child: draws and shows frames until it is killed; says so after the first few. */
static void draw_for_ever(const char *socket, int said)
{
    const struct gemd_connect_options options = {
        .socket = socket, .name = "victim", .on_event = ignore_event};
    struct gemd_session *session;
    struct gemd_window *window;
    struct gemd_bo *bos[4], *scratch;
    struct batch batch;
    uint64_t seqno, serial;
    if (gemd_session_open(&options, &session, NULL) < 0 ||
        gemd_window_create(session, 256, 256, &window) < 0) {
        _exit(1);
    }
    for (unsigned i = 0; i < 4; i++) {
        if (gemd_bo_create(session, 256 * 1024, true, &bos[i]) < 0) {
            _exit(2);
        }
    }
    for (unsigned frame = 0;; frame++) {
        struct gemd_bo *bo = bos[frame % 4];
        batch_reset(&batch);
        batch_fill(&batch, bo, 1024, 0, 0, 256, 256, frame);
        if (gemd_bo_create(session, 65536, false, &scratch) < 0) {
            _exit(3);
        }
        batch_fill(&batch, scratch, 1024, 0, 0, 256, 64, frame);
        if (batch_submit(&batch, session, &seqno) < 0 ||
            gemd_window_present(window, bo, 0, 1024, frame % 2, seqno, &serial) < 0 ||
            (frame % 8 == 7 && gemd_seqno_wait(session, seqno, GEMD_FOREVER) < 0)) {
            _exit(4);
        }
        gemd_bo_unref(scratch);
        if (frame == 20 && write(said, "x", 1) != 1) {
            _exit(5);
        }
    }
}

static pid_t start_victim(const struct daemon *daemon)
{
    int said[2];
    char byte;
    assert_return_code(pipe(said), errno);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(said[0]);
        draw_for_ever(daemon->socket, said[1]);
    }
    close(said[1]);
    assert_int_equal(read(said[0], &byte, 1), 1);
    close(said[0]);
    return pid;
}

static void clients_are_killed_in_mid_frame(void **state)
{
    struct daemon *daemon = *state;
    unsigned files = daemon_open_files(daemon);
    for (unsigned round = 0; round < 5; round++) {
        pid_t victims[2];
        int status;
        for (unsigned i = 0; i < 2; i++) {
            victims[i] = start_victim(daemon);
        }
        assert_int_equal(daemon_value(daemon, "sessions"), 2);
        for (unsigned i = 0; i < 2; i++) {
            kill(victims[i], SIGKILL);
            assert_int_equal(waitpid(victims[i], &status, 0), victims[i]);
            assert_true(WIFSIGNALED(status));
        }
        daemon_await_nothing(daemon);
    }
    assert_int_equal(daemon_value(daemon, "hangs"), 0);
    daemon_await_files(daemon, files);

    /* And it still serves. */
    struct gemd_session *session = daemon_open(daemon, NULL, NULL);
    struct gemd_bo *bo;
    struct batch batch;
    uint64_t seqno;
    assert_int_equal(gemd_bo_create(session, 4096, false, &bo), 0);
    batch_reset(&batch);
    batch_fill(&batch, bo, 64, 0, 0, 16, 16, 77);
    assert_int_equal(batch_submit(&batch, session, &seqno), 0);
    assert_int_equal(gemd_bo_wait(bo, true, GEMD_FOREVER), 0);
    assert_int_equal(((const uint32_t *)gemd_bo_map(bo))[255], 77);
    assert_int_equal(gemd_session_rejected(session), 0);
    gemd_bo_unref(bo);
    gemd_session_close(session);
    daemon_await_nothing(daemon);
}

/* A client that stops for good with the ring full of work holds up nobody but itself. */
static void stopped_client_holds_up_nobody(void **state)
{
    struct daemon *daemon = *state;
    pid_t victim = start_victim(daemon);
    kill(victim, SIGSTOP);
    struct gemd_session *session = daemon_open(daemon, NULL, NULL);
    struct gemd_bo *bo;
    uint64_t seqno = 0;
    assert_int_equal(gemd_bo_create(session, 4096, false, &bo), 0);
    for (unsigned i = 0; i < 50; i++) {
        struct batch batch;
        batch_reset(&batch);
        batch_fill(&batch, bo, 64, 0, 0, 16, 16, i);
        assert_int_equal(batch_submit(&batch, session, &seqno), 0);
        assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), 0);
    }
    gemd_bo_unref(bo);
    gemd_session_close(session);
    kill(victim, SIGKILL);
    waitpid(victim, NULL, 0);
    daemon_await_nothing(daemon);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, daemon_setup, daemon_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_daemon),
        TEST(next_daemon_takes_over),
        cmocka_unit_test(sessions_are_counted),
        TEST(daemon_is_killed),
        TEST(daemon_is_terminated),
        TEST(clients_are_killed_in_mid_frame),
        TEST(stopped_client_holds_up_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
