/* SPDX-License-Identifier: MIT */
/*
 * Hangs on the modelled GPU: an innocent client whose batches read what they write (a second run
 * of one would show) draws beside one whose every batch is spoilt, and has the right pixels.
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

enum { PITCH = 256, WIDTH = PITCH / 4, ROWS = 64, DEPTH = 6, HANGS = 12 };

struct checker {
    struct gemd_session *session;
    struct gemd_bo *bo;
    uint32_t expected[WIDTH * ROWS];
    uint32_t random;
};

static uint32_t draw(struct checker *checker, uint32_t below)
{
    checker->random = checker->random * 1664525u + 1013904223u;
    return (checker->random >> 8) % below;
}

static void checker_open(struct checker *checker, const struct daemon *daemon)
{
    memset(checker, 0, sizeof(*checker));
    checker->random = 1;
    checker->session = daemon_open(daemon, NULL, NULL);
    assert_int_equal(gemd_bo_create(checker->session, PITCH * ROWS, false, &checker->bo), 0);
    memset(gemd_bo_map(checker->bo), 0, PITCH * ROWS);
}

/* A rectangle is exclusive-ored with a colour, there and in what is expected. */
static void invert(struct checker *checker, struct batch *batch)
{
    uint32_t x = draw(checker, WIDTH - 1);
    uint32_t y = draw(checker, ROWS - 1);
    uint32_t right = x + 1 + draw(checker, WIDTH - x);
    uint32_t bottom = y + 1 + draw(checker, ROWS - y);
    uint32_t colour = 1 + draw(checker, 0xffffff);
    uint32_t first = batch->word_count;
    batch_fill(batch, checker->bo, PITCH, x, y, right, bottom, colour);
    batch->words[first + 1] = (batch->words[first + 1] & ~0xff0000u) | 0x5a0000u;
    for (; y < bottom; y++) {
        for (uint32_t i = x; i < right; i++) {
            checker->expected[y * WIDTH + i] ^= colour;
        }
    }
}

static void checker_submit(struct checker *checker, uint64_t *seqno)
{
    struct batch batch;
    batch_reset(&batch);
    for (unsigned i = 0; i < 8; i++) {
        invert(checker, &batch);
    }
    assert_int_equal(batch_submit(&batch, checker->session, seqno), 0);
}

static void checker_check(struct checker *checker, uint64_t seqno)
{
    assert_int_equal(gemd_seqno_wait(checker->session, seqno, GEMD_FOREVER), 0);
    assert_int_equal(gemd_session_lost(checker->session), GEMD_LOST_NOT);
    assert_memory_equal(gemd_bo_map(checker->bo), checker->expected, PITCH * ROWS);
}

static void checker_close(struct checker *checker)
{
    gemd_bo_unref(checker->bo);
    gemd_session_close(checker->session);
}

/* Opens a session of that name, has a batch spoilt, and is told so. */
static void hang_once(const struct daemon *daemon)
{
    const struct gemd_connect_options options = {.socket = daemon->socket, .name = "guilty"};
    struct gemd_session *session;
    struct gemd_bo *bo;
    struct batch batch;
    uint64_t seqno;
    char reason[GEMD_TEXT_MAX];
    assert_int_equal(gemd_session_open(&options, &session, reason), 0);
    assert_int_equal(gemd_bo_create(session, PITCH * ROWS, false, &bo), 0);
    batch_reset(&batch);
    for (unsigned i = 0; i < 8; i++) {
        batch_fill(&batch, bo, PITCH, 0, 0, WIDTH, ROWS, i);
    }
    assert_int_equal(batch_submit(&batch, session, &seqno), 0);
    assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), -EIO);
    assert_int_equal(gemd_session_lost(session), GEMD_LOST_GUILTY);
    gemd_bo_unref(bo);
    gemd_session_close(session);
}

static void hangs_leave_innocent_pixels_alone(const char *chaos, const char *timeout)
{
    const char *const arguments[] = {"--chaos", chaos, "--hang-timeout", timeout, "--hang-ban",
                                     "off",     NULL};
    struct daemon daemon = {.pid = 0};
    struct checker checker;
    uint64_t seqno = 0;
    daemon_start(&daemon, arguments);
    checker_open(&checker, &daemon);
    for (unsigned i = 0; i < HANGS; i++) {
        for (unsigned j = 0; j < DEPTH; j++) {
            checker_submit(&checker, &seqno);
        }
        hang_once(&daemon);
        for (unsigned j = 0; j < DEPTH; j++) {
            checker_submit(&checker, &seqno);
        }
        checker_check(&checker, seqno);
    }
    assert_int_equal(daemon_value(&daemon, "hangs"), HANGS);
    assert_int_equal(daemon_value(&daemon, "innocents_lost"), 0);
    assert_int_equal(daemon_value(&daemon, "errors_captured"), HANGS);
    checker_close(&checker);
    daemon_await_nothing(&daemon);
    daemon_stop(&daemon);
}

static void unknown_commands(void **state)
{
    hangs_leave_innocent_pixels_alone("1,hang=1000,session=guilty", "5000"); /* told at once */
}

static void waits_without_end(void **state)
{
    hangs_leave_innocent_pixels_alone("2,stall=1000,session=guilty", "200");
}

/* Who borrowed the buffer hangs the GPU with it: its batch never ends, but is over all the same. */
static void a_buffer_can_be_taken_back_from_who_hangs(void **state)
{
    const char *const arguments[] = {"--chaos", "3,stall=1000,session=guilty", "--hang-timeout",
                                     "1000", NULL};
    struct daemon daemon = {.pid = 0};
    struct gemd_session *guilty;
    struct gemd_bo *bo;
    struct gemd_bo *borrowed;
    struct batch batch;
    uint64_t seqno;
    daemon_start(&daemon, arguments);
    const struct gemd_connect_options options = {.socket = daemon.socket, .name = "guilty"};
    struct gemd_session *lender = daemon_open(&daemon, NULL, NULL);
    assert_int_equal(gemd_session_open(&options, &guilty, NULL), 0);
    assert_int_equal(gemd_bo_create(lender, PITCH * ROWS, true, &bo), 0);
    int token = gemd_bo_share(bo, GEMD_USE_READ | GEMD_USE_WRITE);
    assert_true(token >= 0);
    assert_int_equal(gemd_bo_accept(guilty, token, &borrowed), 0);
    batch_reset(&batch);
    batch_fill(&batch, borrowed, PITCH, 0, 0, WIDTH, ROWS, 1);
    assert_int_equal(batch_submit(&batch, guilty, &seqno), 0);
    daemon_await(&daemon, "batches_in_flight", 1);
    assert_int_equal(gemd_bo_revoke(bo), 0);
    assert_int_equal(gemd_session_lost(guilty), GEMD_LOST_GUILTY);
    close(token);
    gemd_bo_unref(borrowed);
    gemd_bo_unref(bo);
    gemd_session_close(guilty);
    gemd_session_close(lender);
    daemon_await_nothing(&daemon);
    daemon_stop(&daemon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_commands),
        cmocka_unit_test(waits_without_end),
        cmocka_unit_test(a_buffer_can_be_taken_back_from_who_hangs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
