/* SPDX-License-Identifier: MIT */
/* A daemon goes and another comes: a client goes on with its buffers and windows. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

/* Larger than what the client library keeps when it is closed. */
enum { SIDE = 320, PITCH = SIDE * 4, BYTES = PITCH * SIDE };

static void ignore_event(void *data, const struct gemd_msg_header *event, const char *text)
{
}

static struct gemd_bo *buffer(struct gemd_session *session, bool shared)
{
    struct gemd_bo *bo = NULL;
    assert_int_equal(gemd_bo_create(session, BYTES, shared, &bo), 0);
    return bo;
}

static uint64_t fill(struct gemd_session *session, struct gemd_bo *bo, uint32_t colour)
{
    struct batch batch;
    uint64_t seqno = 0;
    batch_reset(&batch);
    batch_fill(&batch, bo, PITCH, 0, 0, SIDE, SIDE, colour);
    assert_int_equal(batch_submit(&batch, session, &seqno), 0);
    return seqno;
}

static void copy(struct gemd_session *session, struct gemd_bo *to, struct gemd_bo *from)
{
    struct batch batch;
    uint64_t seqno = 0;
    batch_reset(&batch);
    BATCH_PUT(&batch, 0x54f00006, 0x03cc0000 | PITCH, 0, SIDE << 16 | SIDE);
    batch_address(&batch, to, 0, GEMD_USE_WRITE);
    BATCH_PUT(&batch, 0, PITCH);
    batch_address(&batch, from, 0, GEMD_USE_READ);
    assert_int_equal(batch_submit(&batch, session, &seqno), 0);
    assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), 0);
}

static void assert_filled(struct gemd_bo *bo, uint32_t colour)
{
    const uint32_t *pixels = gemd_bo_map(bo);
    for (unsigned i = 0; i < BYTES / 4; i++) {
        assert_int_equal(pixels[i], colour);
    }
}

static void set_pixels(struct gemd_bo *bo, uint32_t colour)
{
    uint32_t *pixels = gemd_bo_map(bo);
    for (unsigned i = 0; i < BYTES / 4; i++) {
        pixels[i] = colour;
    }
}

/* The client notices, and another daemon listens at the same place. */
static void replace_daemon(struct daemon *daemon, struct gemd_session *session)
{
    daemon_kill(daemon);
    while (gemd_session_lost(session) == GEMD_LOST_NOT) {
        usleep(1000);
    }
    daemon_start(daemon, NULL);
}

static void buffers_are_what_they_were(void **state)
{
    struct daemon *daemon = *state;
    struct gemd_session *session = daemon_open(daemon, ignore_event, NULL);
    struct gemd_bo *shared = buffer(session, true), *cut = buffer(session, false);
    uint64_t before = fill(session, shared, 0x11111111);

    before = fill(session, cut, 0x22222222);
    assert_int_equal(gemd_seqno_wait(session, before, GEMD_FOREVER), 0);
    gemd_bo_unref(buffer(session, false)); /* closed on the old connection */
    struct gemd_bo *kept;
    assert_int_equal(gemd_bo_create(session, 4096, false, &kept), 0);
    gemd_bo_unref(kept); /* by the library, which does not tell the new daemon of it */
    daemon_kill(daemon);
    while (gemd_session_lost(session) == GEMD_LOST_NOT) {
        usleep(1000);
    }
    struct gemd_bo *orphan = buffer(session, false), *gone = buffer(session, true);
    set_pixels(orphan, 0x33333333);
    gemd_bo_unref(gone);
    daemon_start(daemon, NULL);
    assert_int_equal(gemd_session_reconnect(session, NULL), 0);
    assert_int_equal(gemd_session_lost(session), GEMD_LOST_NOT);
    assert_int_equal(gemd_session_losses(session), 1);
    assert_int_equal(gemd_session_last_loss(session), GEMD_LOST_UNKNOWN);
    assert_true(gemd_seqno_passed(session, before));
    assert_false(gemd_seqno_passed(session, before + 1));
    daemon_await(daemon, "buffers", 3);

    struct gemd_bo *target = buffer(session, true);
    copy(session, target, shared);
    assert_filled(target, 0x11111111);
    copy(session, target, cut);
    assert_filled(target, 0x22222222);
    copy(session, target, orphan);
    assert_filled(target, 0x33333333);
    assert_true(fill(session, cut, 0x44444444) > before);
    assert_int_equal(gemd_bo_wait(cut, true, GEMD_FOREVER), 0);
    assert_filled(cut, 0x44444444);

    int fd = gemd_bo_export(orphan);
    struct gemd_bo *same = NULL;
    assert_true(fd >= 0);
    assert_int_equal(gemd_bo_import(session, fd, &same), 0);
    assert_ptr_equal(same, orphan);
    close(fd);
    struct gemd_bo *const all[] = {shared, cut, orphan, target, same};
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        gemd_bo_unref(all[i]);
    }
    daemon_await(daemon, "buffers", 0);
    gemd_session_close(session);
    daemon_await_nothing(daemon);
}

static void windows_come_back(void **state)
{
    struct daemon *daemon = *state;
    struct gemd_session *session = daemon_open(daemon, ignore_event, NULL);
    struct gemd_window *window = NULL, *closed = NULL;
    uint64_t serial = 0, before = 0;

    assert_int_equal(gemd_window_create(session, SIDE, SIDE, &closed), 0);
    assert_int_equal(gemd_window_create(session, SIDE, SIDE, &window), 0);
    gemd_window_destroy(closed);
    struct gemd_bo *frames[2] = {buffer(session, true), buffer(session, true)};
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(gemd_window_present(window, frames[i % 2], 0, PITCH, 1, 0, &before), 0);
        assert_int_equal(gemd_window_wait_latched(window, before, GEMD_FOREVER), 0);
    }
    replace_daemon(daemon, session);
    assert_int_equal(gemd_session_reconnect(session, NULL), 0);
    assert_true(gemd_window_released(window, before));
    for (unsigned i = 0; i < 6; i++) {
        const uint64_t seqno = fill(session, frames[i % 2], i);
        assert_int_equal(gemd_window_present(window, frames[i % 2], 0, PITCH, 1, seqno, &serial),
                         0);
        assert_int_equal(serial, before + 1 + i);
        assert_int_equal(gemd_window_wait_latched(window, serial, GEMD_FOREVER), 0);
    }
    assert_false(gemd_window_released(window, serial));
    assert_true(gemd_window_released(window, serial - 2));
    gemd_window_destroy(window);
    gemd_bo_unref(frames[0]);
    gemd_bo_unref(frames[1]);
    gemd_session_close(session);
    daemon_await_nothing(daemon);
}

static void it_can_be_tried_again(void **state)
{
    struct daemon *daemon = *state;
    struct gemd_session *session = daemon_open(daemon, ignore_event, NULL);
    struct gemd_bo *bo = buffer(session, false);
    char reason[GEMD_TEXT_MAX] = "";

    assert_int_equal(gemd_session_reconnect(session, reason), 0); /* it was not lost */
    assert_int_equal(gemd_session_losses(session), 0);
    assert_int_equal(gemd_session_last_loss(session), GEMD_LOST_NOT);
    daemon_kill(daemon);
    while (gemd_session_lost(session) == GEMD_LOST_NOT) {
        usleep(1000);
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(gemd_session_reconnect(session, reason), -ECONNREFUSED);
        assert_non_null(strstr(reason, daemon->socket));
        assert_int_not_equal(gemd_session_lost(session), GEMD_LOST_NOT);
    }
    daemon_start(daemon, NULL);
    assert_int_equal(gemd_session_reconnect(session, reason), 0);
    assert_int_equal(gemd_seqno_wait(session, fill(session, bo, 5), GEMD_FOREVER), 0);
    assert_filled(bo, 5);
    gemd_bo_unref(bo);
    gemd_session_close(session);
}

static void not_to_another_chip(void **state)
{
    struct daemon *daemon = *state;
    struct gemd_session *session = daemon_open(daemon, ignore_event, NULL);
    static const char *const other[] = {"--device", "model:945gm", NULL};
    char reason[GEMD_TEXT_MAX] = "";

    daemon_kill(daemon);
    daemon_start(daemon, other);
    while (gemd_session_lost(session) == GEMD_LOST_NOT) {
        usleep(1000);
    }
    assert_int_equal(gemd_session_reconnect(session, reason), -EPROTO);
    assert_non_null(strstr(reason, "27a2"));
    assert_int_not_equal(gemd_session_lost(session), GEMD_LOST_NOT);
    gemd_session_close(session);
    daemon_await_nothing(daemon);
}

/* ---- while others use the session ---- */

struct user {
    struct gemd_session *session;
    pthread_t thread;
    int stop;        /* atomic */
    unsigned rounds; /* atomic */
};

/* Creates, draws, waits, closes; what fails because the session is lost is tried again. */
static void *use(void *data)
{
    struct user *user = data;
    while (__atomic_load_n(&user->stop, __ATOMIC_ACQUIRE) == 0) {
        struct batch batch;
        uint64_t seqno = 0;
        struct gemd_bo *bo = buffer(user->session, (user->rounds & 1) != 0);
        batch_reset(&batch);
        batch_fill(&batch, bo, PITCH, 0, 0, SIDE, SIDE, 7);
        int result = batch_submit(&batch, user->session, &seqno);
        assert_true(result == 0 || result == -EIO);
        if (result == 0) {
            (void)gemd_seqno_wait(user->session, seqno, GEMD_FOREVER);
        }
        gemd_bo_unref(bo);
        __atomic_add_fetch(&user->rounds, 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

static void others_go_on_meanwhile(void **state)
{
    struct daemon *daemon = *state;
    struct gemd_session *session = daemon_open(daemon, ignore_event, NULL);
    struct user users[2] = {{.session = session}, {.session = session}};

    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&users[i].thread, NULL, use, &users[i]), 0);
    }
    for (unsigned round = 1; round <= 5; round++) {
        const unsigned until = __atomic_load_n(&users[0].rounds, __ATOMIC_ACQUIRE) + 20;
        while (__atomic_load_n(&users[0].rounds, __ATOMIC_ACQUIRE) < until) {
            usleep(1000);
        }
        replace_daemon(daemon, session);
        assert_int_equal(gemd_session_reconnect(session, NULL), 0);
        assert_int_equal(gemd_session_losses(session), round);
    }
    struct gemd_bo *bo = buffer(session, false);
    assert_int_equal(gemd_seqno_wait(session, fill(session, bo, 9), GEMD_FOREVER), 0);
    assert_filled(bo, 9);
    gemd_bo_unref(bo);
    for (unsigned i = 0; i < 2; i++) {
        __atomic_store_n(&users[i].stop, 1, __ATOMIC_RELEASE);
        pthread_join(users[i].thread, NULL);
    }
    daemon_await(daemon, "buffers", 0);
    assert_int_equal(daemon_value(daemon, "batches_rejected"), 0);
    gemd_session_close(session);
    daemon_await_nothing(daemon);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, daemon_setup, daemon_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(buffers_are_what_they_were), TEST(windows_come_back),      TEST(it_can_be_tried_again),
        TEST(not_to_another_chip),        TEST(others_go_on_meanwhile),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
