/* SPDX-License-Identifier: MIT */
/* Vblanks and flips of the real daemon: a poll loop, threads that sleep, owners that are killed. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

enum { SIDE = 64, STRIDE = SIDE * 4, BUFFERS = 3, SLEEPERS = 8 };

/* A client with a window that is drawn by a poll loop. */
struct show {
    struct gemd_session *session;
    struct gemd_window *window;
    struct gemd_bo *bos[BUFFERS];
    struct gemd_msg_flip_event flip;     /* the last one, */
    struct gemd_msg_vblank_event vblank; /* and */
    unsigned flips, vblanks;             /* how many there were */
};

static void on_event(void *data, const struct gemd_msg_header *event, const char *text)
{
    struct show *show = data;
    if (event->type == GEMD_MSG_FLIP_EVENT) {
        memcpy(&show->flip, event, sizeof(show->flip));
        show->flips++;
    } else if (event->type == GEMD_MSG_VBLANK_EVENT) {
        memcpy(&show->vblank, event, sizeof(show->vblank));
        show->vblanks++;
    }
}

static void show_open(struct show *show, const struct daemon *daemon, uint32_t side)
{
    memset(show, 0, sizeof(*show));
    show->session = daemon_open(daemon, on_event, show);
    assert_int_equal(gemd_window_create(show->session, side, side, &show->window), 0);
    for (unsigned i = 0; i < BUFFERS; i++) {
        assert_int_equal(
            gemd_bo_create(show->session, (uint64_t)side * side * 4, true, &show->bos[i]), 0);
    }
}

static void show_close(struct show *show)
{
    gemd_window_destroy(show->window);
    for (unsigned i = 0; i < BUFFERS; i++) {
        gemd_bo_unref(show->bos[i]);
    }
    gemd_session_close(show->session);
}

/* Draws and flips; the frame's serial. */
static uint64_t show_flip(struct show *show, unsigned index, uint64_t target)
{
    struct batch batch;
    uint64_t seqno = 0;
    uint64_t serial = 0;
    batch_reset(&batch);
    batch_fill(&batch, show->bos[index], STRIDE, 0, 0, SIDE, SIDE, index);
    assert_int_equal(batch_submit(&batch, show->session, &seqno), 0);
    assert_int_equal(
        gemd_window_flip(show->window, show->bos[index], 0, STRIDE, seqno, target, &serial), 0);
    return serial;
}

/* What a compositor's loop does. */
static void loop_until(struct show *show, const unsigned *count, unsigned wanted)
{
    while (*count < wanted) {
        struct pollfd wait = {.fd = gemd_session_fd(show->session), .events = POLLIN};
        assert_true(poll(&wait, 1, -1) > 0);
        gemd_session_dispatch(show->session);
    }
    assert_int_equal(*count, wanted);
}

static void a_poll_loop_flips_at_each_vblank(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    uint64_t before = 0;
    uint64_t time_ns = 0;
    show_open(&show, daemon, SIDE);
    for (unsigned i = 0; i < 20; i++) {
        uint64_t serial = show_flip(&show, i % BUFFERS, 0);
        loop_until(&show, &show.flips, i + 1);
        assert_int_equal(show.flip.serial, serial);
        assert_int_equal(show.flip.window, gemd_window_slot(show.window));
        assert_int_equal(show.flip.state, GEMD_FLIP_SHOWN);
        assert_true(show.flip.sequence > before && show.flip.time_ns > time_ns);
        before = show.flip.sequence;
        time_ns = show.flip.time_ns;
    }
    show_close(&show);
    daemon_await_nothing(daemon);
}

static void flips_come_no_earlier_than_asked(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    struct gemd_vblank now;
    uint64_t serial;
    show_open(&show, daemon, SIDE);
    assert_int_equal(gemd_vblank_now(show.session, &now), 0);
    show_flip(&show, 0, now.sequence + 10);
    /* It is a queue of one. */
    assert_int_equal(gemd_window_flip(show.window, show.bos[1], 0, STRIDE, 0, 0, &serial), -EBUSY);
    loop_until(&show, &show.flips, 1);
    assert_true(show.flip.sequence >= now.sequence + 10);
    show_flip(&show, 1, 1);
    loop_until(&show, &show.flips, 2);
    show_close(&show);
}

static void a_poll_loop_waits_for_vblanks(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    struct gemd_vblank now;
    show_open(&show, daemon, SIDE);
    assert_int_equal(gemd_vblank_now(show.session, &now), 0);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(gemd_vblank_request(show.session, GEMD_VBLANK_RELATIVE, 1 + i, 100 + i),
                         0);
    }
    loop_until(&show, &show.vblanks, 10);
    assert_int_equal(show.vblank.cookie, 109);
    assert_int_equal(show.vblank.error, 0);
    assert_true(show.vblank.sequence >= now.sequence + 10);
    /* More than may be: those are told, too. */
    for (unsigned i = 0; i < 70; i++) {
        assert_int_equal(gemd_vblank_request(show.session, GEMD_VBLANK_RELATIVE, 1000000, 200 + i),
                         0);
    }
    loop_until(&show, &show.vblanks, 16);
    assert_int_equal(show.vblank.error, -EDQUOT);
    assert_int_equal(daemon_value(daemon, "vblank_waits"), 64);
    /* Without a window they do not come any more. */
    gemd_window_destroy(show.window);
    show.window = NULL;
    loop_until(&show, &show.vblanks, 80);
    assert_int_equal(show.vblank.error, -ENODATA);
    assert_int_equal(gemd_vblank_wait(show.session, 0, 1, GEMD_FOREVER, NULL), -ENODATA);
    show_close(&show);
    daemon_await_nothing(daemon);
}

struct sleeper {
    pthread_t thread;
    struct gemd_session *session;
    unsigned each; /* how many vblanks it sleeps at once */
    int result;
};

static void *sleep_long(void *data)
{
    struct sleeper *sleeper = data;
    struct gemd_vblank last = {0};
    for (unsigned i = 0; i < 24 && sleeper->result == 0; i += sleeper->each) {
        struct gemd_vblank before = last;
        sleeper->result = gemd_vblank_wait(sleeper->session, GEMD_VBLANK_RELATIVE, sleeper->each,
                                           GEMD_FOREVER, &last);
        if (last.sequence < before.sequence + sleeper->each) {
            sleeper->result = -ERANGE;
        }
    }
    return NULL;
}

static void many_threads_sleep(void **state)
{
    const struct daemon *daemon = *state;
    struct sleeper sleepers[SLEEPERS];
    struct show show;
    show_open(&show, daemon, SIDE);
    for (unsigned i = 0; i < SLEEPERS; i++) {
        sleepers[i] = (struct sleeper){.session = show.session, .each = 1 + i % 4};
        assert_int_equal(pthread_create(&sleepers[i].thread, NULL, sleep_long, &sleepers[i]), 0);
    }
    for (unsigned i = 0; i < SLEEPERS; i++) {
        pthread_join(sleepers[i].thread, NULL);
        assert_int_equal(sleepers[i].result, 0);
    }
    show_close(&show);
}

/* Owns the screen, has a flip and waits, says so and is killed. */
static void be_killed(const struct daemon *daemon, int ready)
{
    struct show show;
    struct gemd_vblank now;
    show_open(&show, daemon, SIDE);
    show_flip(&show, 0, 0);
    loop_until(&show, &show.flips, 1);
    if (gemd_vblank_now(show.session, &now) != 0) {
        _exit(1);
    }
    show_flip(&show, 1, now.sequence + 1000000);
    for (unsigned i = 0; i < 10; i++) {
        if (gemd_vblank_request(show.session, GEMD_VBLANK_RELATIVE, 1000000, i) != 0) {
            _exit(1);
        }
    }
    (void)!write(ready, "", 1);
    pause();
}

static void an_owner_that_is_killed_loses_the_screen(void **state)
{
    const struct daemon *daemon = *state;
    struct show show;
    int ready[2];
    char byte;
    show_open(&show, daemon, SIDE);
    show_flip(&show, 2, 0);
    loop_until(&show, &show.flips, 1);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(pipe(ready), 0);
        pid_t child = fork();
        if (child == 0) {
            be_killed(daemon, ready[1]);
            _exit(1);
        }
        assert_int_equal(read(ready[0], &byte, 1), 1);
        daemon_await(daemon, "vblank_waits", 10);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        close(ready[0]);
        close(ready[1]);
        daemon_await(daemon, "sessions", 1);
        assert_int_equal(daemon_value(daemon, "vblank_waits"), 0);
        /* It is ours again, and flips and vblanks go on. */
        show_flip(&show, i % 2, 0);
        loop_until(&show, &show.flips, 2 + i);
        assert_int_equal(show.flip.state, GEMD_FLIP_SHOWN);
        assert_int_equal(
            gemd_vblank_wait(show.session, GEMD_VBLANK_RELATIVE, 1, GEMD_FOREVER, NULL), 0);
    }
    show_close(&show);
    daemon_await_nothing(daemon);
}

static void another_mode_is_told(void **state)
{
    const struct daemon *daemon = *state;
    struct show show, other;
    show_open(&show, daemon, SIDE);
    assert_int_equal(gemd_vblank_request(show.session, GEMD_VBLANK_RELATIVE, 1000000, 5), 0);
    daemon_await(daemon, "vblank_waits", 1);
    show_open(&other, daemon, 2 * SIDE);
    loop_until(&show, &show.vblanks, 1);
    assert_int_equal(show.vblank.error, -ECANCELED);
    show_close(&other);
    show_close(&show);
    daemon_await_nothing(daemon);
}

static void lost_interrupts_hold_up_nobody(void **state)
{
    const char *const arguments[] = {"--chaos", "1,vblank=1000", NULL};
    struct daemon daemon = {.pid = 0};
    struct show show;
    daemon_start(&daemon, arguments);
    show_open(&show, &daemon, SIDE);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(
            gemd_vblank_wait(show.session, GEMD_VBLANK_RELATIVE, 1, GEMD_FOREVER, NULL), 0);
        show_flip(&show, i, 0);
        loop_until(&show, &show.flips, i + 1);
        assert_int_equal(gemd_vblank_request(show.session, GEMD_VBLANK_RELATIVE, 1, i), 0);
        loop_until(&show, &show.vblanks, i + 1);
    }
    show_close(&show);
    daemon_await_nothing(&daemon);
    /* Once the pipe is off: they are two questions, and a vblank may come between. */
    assert_int_equal(daemon_value(&daemon, "vblanks"), daemon_value(&daemon, "vblanks_polled"));
    daemon_stop(&daemon);
}

static void a_session_that_comes_back_waits_on(void **state)
{
    struct daemon *daemon = *state;
    struct show show;
    show_open(&show, daemon, SIDE);
    int fd = gemd_session_fd(show.session);
    show_flip(&show, 0, 0);
    loop_until(&show, &show.flips, 1);
    assert_int_equal(gemd_vblank_request(show.session, GEMD_VBLANK_RELATIVE, 1000000, 5), 0);
    daemon_kill(daemon);
    loop_until(&show, &show.vblanks, 1);
    assert_int_equal(show.vblank.error, -EIO);
    assert_int_equal(show.vblank.cookie, 5);
    daemon_start(daemon, NULL);
    assert_int_equal(gemd_session_reconnect(show.session, NULL), 0);
    assert_int_equal(gemd_session_fd(show.session), fd);
    uint64_t serial = show_flip(&show, 1, 0);
    loop_until(&show, &show.flips, 2);
    assert_int_equal(show.flip.serial, serial); /* as it is called here */
    assert_int_equal(gemd_vblank_wait(show.session, GEMD_VBLANK_RELATIVE, 1, GEMD_FOREVER, NULL),
                     0);
    show_close(&show);
}

static void tables_show_it(void **state)
{
    const struct daemon *daemon = *state;
    const struct gemd_connect_options options = {
        .socket = daemon->socket, .role = GEMD_ROLE_OBSERVER, .name = "look"};
    struct gemd_session *observer;
    struct show show;
    char reason[GEMD_TEXT_MAX];
    char row[128];
    char *text;
    show_open(&show, daemon, SIDE);
    uint64_t serial = show_flip(&show, 0, 0);
    loop_until(&show, &show.flips, 1);
    uint64_t next = show_flip(&show, 1, show.flip.sequence + 1000000);
    assert_int_equal(gemd_vblank_request(show.session, GEMD_VBLANK_RELATIVE, 1000000, 5), 0);
    daemon_await(daemon, "vblank_waits", 1);
    const uint32_t id = gemd_session_info(show.session)->session;
    assert_int_equal(gemd_session_open(&options, &observer, reason), 0);
    assert_int_equal(gemd_query_list(observer, GEMD_LIST_WINDOWS, &text, NULL), 0);
    snprintf(row, sizeof(row), "\n%u\t0\t64x64\tvisible\t%llu\t1\t0\t%llu\t%llu\t%llu\t0\n", id,
             (unsigned long long)next, (unsigned long long)serial,
             (unsigned long long)show.flip.sequence, (unsigned long long)show.flip.time_ns);
    assert_non_null(strstr(text, row));
    free(text);
    assert_int_equal(gemd_query_list(observer, GEMD_LIST_PIPES, &text, NULL), 0);
    snprintf(row, sizeof(row), "\t1\t%u\t0\t0\n", id);
    assert_non_null(strstr(text, "\n0\ton\t64x64\t60"));
    assert_non_null(strstr(text, row));
    free(text);
    show_close(&show);
    daemon_await(daemon, "vblank_waits", 0);
    assert_int_equal(gemd_query_list(observer, GEMD_LIST_PIPES, &text, NULL), 0);
    assert_non_null(strstr(text, "\n0\toff\t\t\t"));
    free(text);
    gemd_session_close(observer);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, daemon_setup, daemon_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_poll_loop_flips_at_each_vblank),
        TEST(flips_come_no_earlier_than_asked),
        TEST(a_poll_loop_waits_for_vblanks),
        TEST(many_threads_sleep),
        TEST(an_owner_that_is_killed_loses_the_screen),
        TEST(another_mode_is_told),
        cmocka_unit_test(lost_interrupts_hold_up_nobody),
        TEST(a_session_that_comes_back_waits_on),
        TEST(tables_show_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
