/* SPDX-License-Identifier: MIT */
/* Clients draw, alone, together, and with more memory than the GTT holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <pthread.h>

#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

enum { PITCH = 4096, ROW_PIXELS = PITCH / 4 };

/* Fills all of a buffer of 'rows' rows with one colour. */
static uint64_t fill(struct gemd_session *session, struct gemd_bo *bo, uint32_t rows,
                     uint32_t colour)
{
    struct batch batch;
    uint64_t seqno = 0;
    batch_reset(&batch);
    batch_fill(&batch, bo, PITCH, 0, 0, ROW_PIXELS, rows, colour);
    assert_int_equal(batch_submit(&batch, session, &seqno), 0);
    return seqno;
}

/* Looks at pixels of the first, a middle and the last page. */
static void assert_filled(struct gemd_bo *bo, uint32_t colour)
{
    const uint32_t *pixels = gemd_bo_map(bo);
    size_t count = gemd_bo_size(bo) / 4;
    assert_int_equal(pixels[0], colour);
    assert_int_equal(pixels[count / 2 + 77], colour);
    assert_int_equal(pixels[count - 1], colour);
}

static void what_is_drawn_is_read_back(void **state)
{
    const struct daemon *daemon = *state;
    struct gemd_session *session = daemon_open(daemon, NULL, NULL);
    struct gemd_bo *bo = NULL;
    assert_int_equal(gemd_bo_create(session, 64 * PITCH, false, &bo), 0);
    for (uint32_t i = 1; i <= 50; i++) {
        uint64_t seqno = fill(session, bo, 64, i * 0x01010101u);
        assert_int_equal(seqno, i);
        assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), 0);
        const uint32_t *pixels = gemd_bo_map(bo);
        for (size_t pixel = 0; pixel < (size_t)64 * ROW_PIXELS; pixel++) {
            assert_int_equal(pixels[pixel], i * 0x01010101u);
        }
    }
    assert_int_equal(daemon_value(daemon, "batches"), 50);
    gemd_bo_unref(bo);
    gemd_session_close(session);
    daemon_await_nothing(daemon);
}

/* Long enough to go round the daemon's ring and batch area several times. */
static void thousands_of_batches_retire_in_order(void **state)
{
    const struct daemon *daemon = *state;
    struct gemd_session *session = daemon_open(daemon, NULL, NULL);
    struct gemd_bo *bo = NULL;
    assert_int_equal(gemd_bo_create(session, 2 * PITCH, false, &bo), 0);
    uint64_t seqno = 0;
    for (uint32_t i = 1; i <= 20000; i++) {
        seqno = fill(session, bo, 2, i);
        if (i % 1000 == 0) {
            assert_int_equal(gemd_seqno_wait(session, seqno, GEMD_FOREVER), 0);
            assert_filled(bo, i);
        }
    }
    assert_int_equal(seqno, 20000);
    assert_int_equal(gemd_session_rejected(session), 0);
    /* It was told each time, and never had to look. */
    assert_true(daemon_value(daemon, "interrupts") >= 20);
    assert_int_equal(daemon_value(daemon, "polls"), 0);
    gemd_bo_unref(bo);
    gemd_session_close(session);
    daemon_await_nothing(daemon);
}

#define LARGE_ROWS  2048u /* 8 MiB */
#define LARGE_COUNT 40u   /* 320 MiB of 256 */

static void a_working_set_larger_than_the_gtt_is_moved_in_and_out(void **state)
{
    const struct daemon *daemon = *state;
    struct gemd_session *session = daemon_open(daemon, NULL, NULL);
    struct gemd_bo *bos[LARGE_COUNT];
    assert_true(LARGE_COUNT * LARGE_ROWS * (uint64_t)PITCH > gemd_session_info(session)->gtt_bytes);
    for (uint32_t i = 0; i < LARGE_COUNT; i++) {
        assert_int_equal(gemd_bo_create(session, LARGE_ROWS * PITCH, false, &bos[i]), 0);
    }
    for (uint32_t round = 1; round <= 2; round++) {
        for (uint32_t i = 0; i < LARGE_COUNT; i++) {
            fill(session, bos[i], LARGE_ROWS, round << 16 | i);
        }
        for (uint32_t i = 0; i < LARGE_COUNT; i++) {
            assert_int_equal(gemd_bo_wait(bos[i], true, GEMD_FOREVER), 0);
            assert_filled(bos[i], round << 16 | i);
        }
    }
    assert_int_equal(gemd_session_rejected(session), 0);
    assert_true(daemon_value(daemon, "gtt_evictions") > LARGE_COUNT / 2);
    assert_true(daemon_value(daemon, "gtt_pages_used") <= daemon_value(daemon, "gtt_pages"));
    for (uint32_t i = 0; i < LARGE_COUNT; i++) {
        gemd_bo_unref(bos[i]);
    }
    gemd_session_close(session);
    daemon_await_nothing(daemon);
}

struct painter {
    const struct daemon *daemon;
    struct gemd_session *session;
    uint32_t colour;
    unsigned wrong;
};

/* Paints and looks, over and over; cmocka's checks belong to the main thread. */
static void *paint(void *data)
{
    struct painter *painter = data;
    struct gemd_bo *bo = NULL;
    struct batch batch;
    uint64_t seqno = 0;
    if (gemd_bo_create(painter->session, 256 * PITCH, false, &bo) != 0) {
        painter->wrong++;
        return NULL;
    }
    const uint32_t *pixels = gemd_bo_map(bo);
    for (uint32_t i = 0; i < 100; i++) {
        batch_reset(&batch);
        batch_fill(&batch, bo, PITCH, 0, 0, ROW_PIXELS, 256, painter->colour + i);
        painter->wrong += batch_submit(&batch, painter->session, &seqno) != 0;
        painter->wrong += gemd_bo_wait(bo, true, GEMD_FOREVER) != 0;
        for (size_t pixel = 0; pixel < (size_t)256 * ROW_PIXELS; pixel += 97) {
            painter->wrong += pixels[pixel] != painter->colour + i;
        }
    }
    gemd_bo_unref(bo);
    return NULL;
}

static void sessions_draw_at_once_without_seeing_each_other(void **state)
{
    const struct daemon *daemon = *state;
    struct painter painters[4];
    pthread_t threads[4];
    for (uint32_t i = 0; i < 4; i++) {
        painters[i] = (struct painter){
            .daemon = daemon, .session = daemon_open(daemon, NULL, NULL), .colour = (i + 1) << 24};
        assert_int_equal(pthread_create(&threads[i], NULL, paint, &painters[i]), 0);
    }
    for (uint32_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(painters[i].wrong, 0);
        gemd_session_close(painters[i].session);
    }
    daemon_await_nothing(daemon);
}

static void a_client_may_leave_with_its_work_on_the_gpu(void **state)
{
    const struct daemon *daemon = *state;
    struct gemd_session *flooding = daemon_open(daemon, NULL, NULL);
    struct gemd_session *modest = daemon_open(daemon, NULL, NULL);
    struct gemd_bo *large = NULL, *small = NULL;
    assert_int_equal(gemd_bo_create(flooding, LARGE_ROWS * PITCH, false, &large), 0);
    assert_int_equal(gemd_bo_create(modest, 2 * PITCH, false, &small), 0);
    for (uint32_t i = 0; i < 300; i++) {
        fill(flooding, large, LARGE_ROWS, i);
    }
    gemd_bo_unref(large);
    gemd_session_close(flooding);
    uint64_t mine = fill(modest, small, 2, 0x77777777u);
    assert_int_equal(gemd_seqno_wait(modest, mine, GEMD_FOREVER), 0);
    assert_filled(small, 0x77777777u);
    gemd_bo_unref(small);
    gemd_session_close(modest);
    daemon_await_nothing(daemon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_drawn_is_read_back, daemon_setup, daemon_teardown),
        cmocka_unit_test_setup_teardown(thousands_of_batches_retire_in_order, daemon_setup,
                                        daemon_teardown),
        cmocka_unit_test_setup_teardown(a_working_set_larger_than_the_gtt_is_moved_in_and_out,
                                        daemon_setup, daemon_teardown),
        cmocka_unit_test_setup_teardown(sessions_draw_at_once_without_seeing_each_other,
                                        daemon_setup, daemon_teardown),
        cmocka_unit_test_setup_teardown(a_client_may_leave_with_its_work_on_the_gpu, daemon_setup,
                                        daemon_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
