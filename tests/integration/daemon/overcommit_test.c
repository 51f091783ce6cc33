/* SPDX-License-Identifier: MIT */
/*
 * Working sets larger than the GTT: clients that together have a multiple of it, and a window on
 * the screen all the while. Everything is drawn where it belongs; it only takes longer.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

enum {
    CLIENTS = 3,
    BOS = 8, /* of each, BOS / SHARES of the GTT together: more than half */
    SHARES = 14,
    ROUNDS = 6,
    SIDE = 64, /* of the window, pixels */
    STRIDE = SIDE * 4,
    SHOWN = 0x00c0ffee,
};

struct client {
    struct gemd_session *session;
    struct gemd_bo *bos[BOS];
};

/* Sparse: what nobody touches takes no memory. */
static void client_open(struct client *client, const struct daemon *daemon)
{
    client->session = daemon_open(daemon, NULL, NULL);
    uint64_t size = gemd_session_info(client->session)->gtt_bytes / SHARES / 4096 * 4096;
    for (unsigned i = 0; i < BOS; i++) {
        int file = memfd_create("overcommit", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        assert_return_code(ftruncate(file, (off_t)size), errno);
        assert_return_code(fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), errno);
        assert_int_equal(gemd_bo_import(client->session, file, &client->bos[i]), 0);
        close(file);
    }
}

static void client_close(struct client *client)
{
    for (unsigned i = 0; i < BOS; i++) {
        gemd_bo_unref(client->bos[i]);
    }
    gemd_session_close(client->session);
}

static uint32_t colour(unsigned who, unsigned bo, unsigned round)
{
    return who << 16 | bo << 8 | (round + 1);
}

/* Every buffer, two a batch; nobody waits for anybody. */
static uint64_t draw(struct client *client, unsigned who, unsigned round)
{
    struct batch batch;
    uint64_t seqno = 0;
    for (unsigned i = 0; i < BOS; i += 2) {
        batch_reset(&batch);
        for (unsigned j = i; j < i + 2; j++) {
            batch_fill(&batch, client->bos[j], 64, 0, 0, 16, 64, colour(who, j, round));
        }
        assert_int_equal(batch_submit(&batch, client->session, &seqno), 0);
    }
    return seqno;
}

static void expect_drawn(struct client *client, unsigned who, unsigned round)
{
    for (unsigned i = 0; i < BOS; i++) {
        const uint32_t *pixels = gemd_bo_map(client->bos[i]);
        for (unsigned at = 0; at < 1024; at++) {
            assert_int_equal(pixels[at], colour(who, i, round));
        }
        assert_int_equal(pixels[1024], 0);
    }
}

/* A frame of one colour, on the screen. */
static struct gemd_window *show(struct gemd_session *session, struct gemd_bo **bo)
{
    struct gemd_window *window;
    struct batch batch;
    uint64_t seqno, serial;
    assert_int_equal(gemd_window_create(session, SIDE, SIDE, &window), 0);
    assert_int_equal(gemd_bo_create(session, STRIDE * SIDE, true, bo), 0);
    batch_reset(&batch);
    batch_fill(&batch, *bo, STRIDE, 0, 0, SIDE, SIDE, SHOWN);
    assert_int_equal(batch_submit(&batch, session, &seqno), 0);
    assert_int_equal(gemd_window_present(window, *bo, 0, STRIDE, 1, seqno, &serial), 0);
    assert_int_equal(gemd_window_wait_latched(window, serial, GEMD_FOREVER), 0);
    return window;
}

static void expect_shown(const struct daemon *daemon)
{
    const struct gemd_connect_options options = {.socket = daemon->socket,
                                                 .role = GEMD_ROLE_OPERATOR};
    struct gemd_session *session;
    struct gemd_screenshot shot;
    assert_int_equal(gemd_session_open(&options, &session, NULL), 0);
    assert_int_equal(gemd_take_screenshot(session, &shot), 0);
    assert_int_equal(shot.width, SIDE);
    for (unsigned y = 0; y < SIDE; y++) {
        const uint32_t *row = (const void *)((const uint8_t *)shot.pixels + y * shot.stride);
        for (unsigned x = 0; x < SIDE; x++) {
            assert_int_equal(row[x] & 0xffffff, SHOWN);
        }
    }
    gemd_screenshot_free(&shot);
    gemd_session_close(session);
}

static void a_multiple_of_the_gtt_runs(void **state)
{
    const struct daemon *daemon = *state;
    struct client clients[CLIENTS];
    uint64_t seqnos[CLIENTS];
    struct gemd_bo *shown;
    struct gemd_session *viewer = daemon_open(daemon, NULL, NULL);
    struct gemd_window *window = show(viewer, &shown);
    for (unsigned i = 0; i < CLIENTS; i++) {
        client_open(&clients[i], daemon);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < CLIENTS; i++) {
            seqnos[i] = draw(&clients[i], i, round);
        }
        for (unsigned i = 0; i < CLIENTS; i++) {
            assert_int_equal(gemd_seqno_wait(clients[i].session, seqnos[i], GEMD_FOREVER), 0);
            expect_drawn(&clients[i], i, round);
        }
        expect_shown(daemon); /* what is on the screen does not make way */
    }
    assert_true(daemon_value(daemon, "gtt_evictions") >= ROUNDS);
    for (unsigned i = 0; i < CLIENTS; i++) {
        assert_int_equal(gemd_session_rejected(clients[i].session), 0);
        client_close(&clients[i]);
    }
    gemd_window_destroy(window);
    gemd_bo_unref(shown);
    gemd_session_close(viewer);
    daemon_await_nothing(daemon);
}

/* What a client is given is zero, whoever had such memory before it. */
static void new_memory_is_zero(void **state)
{
    const struct daemon *daemon = *state;
    enum { BYTES = 1 << 20 };
    for (unsigned i = 0; i < 4; i++) {
        struct gemd_session *session = daemon_open(daemon, NULL, NULL);
        for (unsigned j = 0; j < 4; j++) {
            struct gemd_bo *bo;
            struct batch batch;
            uint64_t seqno;
            assert_int_equal(gemd_bo_create(session, BYTES, j % 2 == 1, &bo), 0);
            const uint32_t *words = gemd_bo_map(bo);
            for (unsigned at = 0; at < BYTES / 4; at++) {
                assert_int_equal(words[at], 0);
            }
            batch_reset(&batch);
            batch_fill(&batch, bo, 1024, 0, 0, 256, 1024, 0xdeadbeef);
            assert_int_equal(batch_submit(&batch, session, &seqno), 0);
            assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), 0);
            assert_int_equal(words[BYTES / 4 - 1], 0xdeadbeef);
            gemd_bo_unref(bo);
        }
        gemd_session_close(session);
    }
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, daemon_setup, daemon_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_multiple_of_the_gtt_runs),
        TEST(new_memory_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
