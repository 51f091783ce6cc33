/* SPDX-License-Identifier: MIT */
/* Submissions, waits and presents of the client library: the ring, the doorbell, the status page.
 */
#include "tests/proto/client_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "proto/client/bo_cache.h"

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The fake checks that each batch is whole and its seqno the next. */
static void batches_of_every_size_wrap_the_ring(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_bo *bo;
    uint64_t seqno = 0, bytes = 0;
    assert_int_equal(gemd_bo_create(fixture->session, 4096, false, &bo), 0);
    for (unsigned i = 0; i < 2000; i++) {
        uint32_t words = 2 + i * 34 % 4094;
        assert_int_equal(fixture_submit(fixture->session, words, &bo, 1, &seqno), 0);
        assert_int_equal(seqno, i + 1);
        bytes += words * 4;
    }
    assert_true(bytes > 20 * fixture->fake->ring_bytes);
    assert_int_equal(gemd_last_seqno(fixture->session), 2000);
    assert_int_equal(gemd_seqno_wait(fixture->session, seqno, GEMD_FOREVER), 0);
    assert_false(gemd_bo_busy(bo, false));
    gemd_bo_unref(bo);
}

struct writer {
    struct gemd_session *session;
    unsigned count;
    uint32_t words;
    bool failed;
};

static void *write_batches(void *data)
{
    struct writer *writer = data;
    for (unsigned i = 0; i < writer->count; i++) {
        struct gemd_bo *bo;
        uint64_t seqno;
        if (gemd_bo_create(writer->session, 4096 * (1 + i % 5), i % 64 == 0, &bo) < 0 ||
            fixture_submit(writer->session, writer->words, &bo, 1, &seqno) < 0 ||
            (i % 16 == 0 && gemd_bo_wait(bo, true, GEMD_FOREVER) < 0)) {
            writer->failed = true;
            break;
        }
        gemd_bo_unref(bo);
    }
    return NULL;
}

static void threads_share_a_session(void **state)
{
    struct fixture *fixture = *state;
    struct writer writers[4];
    pthread_t threads[4];
    for (unsigned i = 0; i < 4; i++) {
        writers[i] = (struct writer){fixture->session, 300, 100 + 500 * i, false};
        assert_int_equal(pthread_create(&threads[i], NULL, write_batches, &writers[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_false(writers[i].failed);
    }
    assert_int_equal(gemd_last_seqno(fixture->session), 1200);
    struct fake_counts counts = fake_settle(fixture->fake);
    assert_int_equal(counts.submissions, 1200);
    assert_in_range(counts.buffers, 0, BO_CACHE_COUNT);
}

/* A writer blocks on the full ring, and goes on when the daemon reads again. */
static void full_ring_holds_the_writer(void **state)
{
    struct fixture *fixture = *state;
    struct writer writer = {fixture->session, 200, 1000, false};
    pthread_t thread;
    fake_set(fixture->fake, true, true);
    assert_int_equal(pthread_create(&thread, NULL, write_batches, &writer), 0);
    /* 200 batches of 4000 bytes do not fit 64 KiB: wait until it has filled the ring. */
    while (__atomic_load_n(&fixture->fake->ring->tail, __ATOMIC_ACQUIRE) == 0) {
        sched_yield();
    }
    fake_set(fixture->fake, false, true);
    pthread_join(thread, NULL);
    assert_false(writer.failed);
    assert_int_equal(fake_settle(fixture->fake).submissions, 200);
}

static void daemon_dies_with_a_full_ring(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seqno;
    int result = 0;
    fake_set(fixture->fake, true, true);
    for (unsigned i = 0; i < 14; i++) {
        assert_int_equal(fixture_submit(fixture->session, 1000, NULL, 0, &seqno), 0);
    }
    fake_die(fixture->fake);
    for (unsigned i = 0; i < 20 && result == 0; i++) {
        result = fixture_submit(fixture->session, 1000, NULL, 0, &seqno);
    }
    assert_int_equal(result, -EIO);
}

static void limits_hold(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seqno;
    assert_int_equal(fixture_submit(fixture->session, 4098, NULL, 0, &seqno), -E2BIG);
    assert_int_equal(fixture_submit(fixture->session, 4096, NULL, 0, &seqno), 0);
    assert_int_equal(seqno, 1);
}

/* Less than a batch fits half the ring: refused at once instead of waiting for ever. */
static void larger_than_the_ring(void **state)
{
    struct fixture fixture = {.fake = fake_new()};
    uint64_t seqno;
    fixture.fake->ring_bytes = 4096;
    fake_start(fixture.fake);
    fixture_open(&fixture);
    assert_int_equal(fixture_submit(fixture.session, 600, NULL, 0, &seqno), -E2BIG);
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(fixture_submit(fixture.session, 2 + i * 26 % 500, NULL, 0, &seqno), 0);
    }
    assert_int_equal(gemd_seqno_wait(fixture.session, seqno, GEMD_FOREVER), 0);
    gemd_session_close(fixture.session);
    fake_stop(fixture.fake);
}

static void doorbell_only_when_wanted(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seqno;
    fake_set(fixture->fake, true, true); /* paused, it does not ask for the doorbell */
    uint64_t before = fake_settle(fixture->fake).doorbells;
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(fixture_submit(fixture->session, 4, NULL, 0, &seqno), 0);
    }
    uint64_t count;
    assert_int_equal(read(fixture->fake->doorbell, &count, sizeof(count)), -1);
    assert_int_equal(fake_settle(fixture->fake).doorbells, before);
    fake_set(fixture->fake, false, true);
    assert_int_equal(gemd_seqno_wait(fixture->session, seqno, GEMD_FOREVER), 0);
}

static void deadlines_end_waits(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seqno;
    fake_set(fixture->fake, false, false);
    assert_int_equal(fixture_submit(fixture->session, 4, NULL, 0, &seqno), 0);
    assert_false(gemd_seqno_passed(fixture->session, seqno));
    assert_true(gemd_seqno_passed(fixture->session, 0));
    assert_int_equal(gemd_seqno_wait(fixture->session, seqno, 0), -ETIME);
    assert_int_equal(gemd_seqno_wait(fixture->session, seqno, -1), -ETIME);
    int64_t deadline = now_ns() + 20 * 1000000;
    assert_int_equal(gemd_seqno_wait(fixture->session, seqno, deadline), -ETIME);
    assert_true(now_ns() >= deadline);
    fake_retire(fixture->fake, seqno);
    assert_int_equal(gemd_seqno_wait(fixture->session, seqno, 0), 0);
}

/* ---- windows ---- */

static void windows_are_created(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_window *window;
    assert_int_equal(gemd_window_create(fixture->session, 4096, 64, &window), -EINVAL);
    assert_null(window);
    assert_int_equal(gemd_window_create(fixture->session, 0, 0, &window), 0);
    assert_int_equal(gemd_window_width(window), 1024);
    assert_int_equal(gemd_window_height(window), 768);
    gemd_window_destroy(window);
    gemd_window_destroy(NULL);
    assert_int_equal(fake_settle(fixture->fake).windows_destroyed, 1);
}

static void presents_are_written(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_window *window;
    struct gemd_bo *bo;
    uint64_t serial;
    assert_int_equal(gemd_window_create(fixture->session, 64, 64, &window), 0);
    assert_int_equal(gemd_bo_create(fixture->session, 65536, true, &bo), 0);
    assert_int_equal(gemd_window_present(window, bo, 0, 100, 1, 0, &serial), -EINVAL);
    assert_int_equal(gemd_window_present(window, bo, 8, 256, 1, 0, &serial), -EINVAL);
    assert_int_equal(gemd_window_present(window, bo, 4096, 256, 1, 5, &serial), 0);
    assert_int_equal(serial, 1);
    struct gemd_record_present present = fake_settle(fixture->fake).last_present;
    assert_int_equal(present.seqno, 5);
    assert_int_equal(present.serial, 1);
    assert_int_equal(present.window, 3);
    assert_int_equal(present.handle, gemd_bo_handle(bo));
    assert_int_equal(present.offset, 4096);
    assert_int_equal(present.stride, 256);
    assert_int_equal(present.interval, 1);
    assert_int_equal(present.flags, 0);
    assert_int_equal(gemd_window_present(window, bo, 0, 256, 0, 5, &serial), 0);
    assert_int_equal(serial, 2);
    present = fake_settle(fixture->fake).last_present;
    assert_int_equal(present.flags, GEMD_PRESENT_MAILBOX);
    gemd_window_destroy(window);
    gemd_bo_unref(bo);
}

static void frames_are_released(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_status_window *status = &fixture->fake->status->windows[3];
    struct gemd_window *window;
    const uint64_t frames[] = {98, 97};
    unsigned which;
    assert_int_equal(gemd_window_create(fixture->session, 64, 64, &window), 0);
    assert_true(gemd_window_released(window, 0));
    assert_false(gemd_window_released(window, 1));

    status->released = 1;
    status->accepted = 100;
    status->latched = 96;
    status->dropped_bits = 1ull << 97 % 64;
    assert_true(gemd_window_released(window, 1));
    assert_false(gemd_window_released(window, 100));
    assert_false(gemd_window_released(window, 98));
    assert_true(gemd_window_released(window, 97));
    assert_false(gemd_window_released(window, 97 - 64)); /* another's bit */
    assert_false(gemd_window_released(window, 97 + 64));
    assert_int_equal(gemd_window_wait_released(window, frames, 2, GEMD_FOREVER, &which), 0);
    assert_int_equal(which, 1);
    assert_int_equal(gemd_window_wait_released(window, frames, 1, 0, &which), -ETIME);
    assert_int_equal(gemd_window_wait_released(window, frames, 0, 0, &which), -EINVAL);

    assert_int_equal(gemd_window_wait_latched(window, 96, 0), 0);
    assert_int_equal(gemd_window_wait_latched(window, 97, 0), 0); /* dropped */
    assert_int_equal(gemd_window_wait_latched(window, 98, 0), -ETIME);
    gemd_window_destroy(window);
}

struct shower {
    struct gemd_window *window;
    int result;
};

static void *wait_latched(void *data)
{
    struct shower *shower = data;
    shower->result = gemd_window_wait_latched(shower->window, 1, GEMD_FOREVER);
    return NULL;
}

static void latching_wakes(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_status_window *status = &fixture->fake->status->windows[3];
    struct shower shower;
    pthread_t thread;
    assert_int_equal(gemd_window_create(fixture->session, 64, 64, &shower.window), 0);
    assert_int_equal(pthread_create(&thread, NULL, wait_latched, &shower), 0);
    __atomic_store_n(&status->latched, 1, __ATOMIC_RELEASE);
    fake_wake(&status->changes);
    pthread_join(thread, NULL);
    assert_int_equal(shower.result, 0);
    gemd_window_destroy(shower.window);
}

/* A private buffer's memory is not used again while the pipe shows it. */
static void shown_memory_is_not_reused(void **state)
{
    struct fixture *fixture = *state;
    enum { LARGE = 2 * BO_CACHE_BUFFER_BYTES }; /* not kept */
    struct gemd_status_window *status = &fixture->fake->status->windows[3];
    struct gemd_window *window;
    struct gemd_bo *shown, *next;
    uint64_t serial;
    assert_int_equal(gemd_window_create(fixture->session, 64, 64, &window), 0);
    assert_int_equal(gemd_bo_create(fixture->session, LARGE, false, &shown), 0);
    void *place = gemd_bo_map(shown);
    assert_int_equal(gemd_window_present(window, shown, 0, 256, 1, 0, &serial), 0);
    gemd_bo_unref(shown);
    fake_settle(fixture->fake);
    assert_int_equal(gemd_bo_create(fixture->session, LARGE, false, &next), 0);
    assert_ptr_not_equal(gemd_bo_map(next), place);
    gemd_bo_unref(next);
    fake_settle(fixture->fake);
    __atomic_store_n(&status->released, serial, __ATOMIC_RELEASE);
    assert_int_equal(gemd_bo_create(fixture->session, LARGE, false, &next), 0);
    assert_ptr_equal(gemd_bo_map(next), place);
    gemd_bo_unref(next);
    gemd_window_destroy(window);
}

#define WITH_SESSION(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SESSION(batches_of_every_size_wrap_the_ring),
        WITH_SESSION(threads_share_a_session),
        WITH_SESSION(full_ring_holds_the_writer),
        WITH_SESSION(daemon_dies_with_a_full_ring),
        WITH_SESSION(limits_hold),
        cmocka_unit_test(larger_than_the_ring),
        WITH_SESSION(doorbell_only_when_wanted),
        WITH_SESSION(deadlines_end_waits),
        WITH_SESSION(windows_are_created),
        WITH_SESSION(presents_are_written),
        WITH_SESSION(frames_are_released),
        WITH_SESSION(latching_wakes),
        WITH_SESSION(shown_memory_is_not_reused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
