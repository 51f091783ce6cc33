/* SPDX-License-Identifier: MIT */
/* Waits of the client library: what the ring's header says of those who sleep, and that they do. */
#include "tests/proto/client_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct sleeper {
    pthread_t thread;
    struct fixture *fixture;
    uint64_t seqno;
    int64_t deadline;
    int result;
    int64_t processor_ns;
};

static void *sleep_for_it(void *data)
{
    struct sleeper *sleeper = data;
    sleeper->result = gemd_seqno_wait(sleeper->fixture->session, sleeper->seqno, sleeper->deadline);
    sleeper->processor_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
    return NULL;
}

static uint32_t load(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

/* Returns when so many are counted. */
static void await_waits(const uint32_t *waits, uint32_t count)
{
    while (load(waits) != count) {
        sched_yield();
    }
}

static void start(struct sleeper *sleeper, struct fixture *fixture, uint64_t seqno,
                  int64_t deadline)
{
    *sleeper = (struct sleeper){.fixture = fixture, .seqno = seqno, .deadline = deadline};
    assert_int_equal(pthread_create(&sleeper->thread, NULL, sleep_for_it, sleeper), 0);
}

static void finish(struct sleeper *sleeper)
{
    pthread_join(sleeper->thread, NULL);
    assert_int_equal(sleeper->result, 0);
}

static void submit(struct fixture *fixture, unsigned count)
{
    uint64_t seqno;
    while (count-- > 0) {
        assert_int_equal(fixture_submit(fixture->session, 8, NULL, 0, &seqno), 0);
    }
}

/* The least of those that sleep, as long as any does. */
static void the_header_says_who_sleeps_for_what(void **state)
{
    struct fixture *fixture = *state;
    const struct gemd_ring_header *ring = fixture->fake->ring;
    struct sleeper third, second, fourth;
    fake_set(fixture->fake, false, false);
    submit(fixture, 5);
    assert_int_equal(load(&ring->retired_waits), 0);
    start(&third, fixture, 3, GEMD_FOREVER);
    await_waits(&ring->retired_waits, 1);
    assert_int_equal(ring->retired_at, 3);
    start(&second, fixture, 2, GEMD_FOREVER);
    await_waits(&ring->retired_waits, 2);
    assert_int_equal(ring->retired_at, 2);
    start(&fourth, fixture, 4, GEMD_FOREVER);
    await_waits(&ring->retired_waits, 3);
    assert_int_equal(ring->retired_at, 2);
    fake_retire(fixture->fake, 2);
    finish(&second);
    assert_int_equal(load(&ring->retired_waits), 2);
    fake_retire(fixture->fake, 4);
    finish(&third);
    finish(&fourth);
    assert_int_equal(load(&ring->retired_waits), 0);

    struct sleeper fifth; /* nothing is left of what others waited for */
    start(&fifth, fixture, 5, GEMD_FOREVER);
    await_waits(&ring->retired_waits, 1);
    assert_int_equal(ring->retired_at, 5);
    fake_retire(fixture->fake, 5);
    finish(&fifth);
}

static void *fill_ring(void *data)
{
    submit(data, 4000);
    return NULL;
}

/* Writer and daemon do not wake each other for every record. */
static void a_full_ring_is_waited_for_by_halves(void **state)
{
    struct fixture *fixture = *state;
    struct gemd_ring_header *ring = fixture->fake->ring;
    struct gemd_status_page *status = fixture->fake->status;
    pthread_t thread;
    fake_settle(fixture->fake);
    fake_set(fixture->fake, true, true);
    assert_int_equal(pthread_create(&thread, NULL, fill_ring, fixture), 0);
    await_waits(&ring->ring_waits, 1);
    uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_SEQ_CST);
    uint64_t half = tail - fixture->fake->ring_bytes / 2;
    assert_true(__atomic_load_n(&ring->room_at, __ATOMIC_SEQ_CST) == half);

    /* Nearly that much: it looks, and sleeps on. */
    uint64_t head = __atomic_exchange_n(&status->ring_head, half - 8, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < 10; i++) {
        fake_wake(&status->ring_changes);
        usleep(1000);
    }
    assert_true(__atomic_load_n(&ring->tail, __ATOMIC_SEQ_CST) == tail);
    assert_int_equal(load(&ring->ring_waits), 1);
    __atomic_store_n(&status->ring_head, head, __ATOMIC_SEQ_CST);

    fake_set(fixture->fake, false, true);
    pthread_join(thread, NULL);
    assert_int_equal(load(&ring->ring_waits), 0);
    assert_int_equal(fake_settle(fixture->fake).submissions, 4000);
}

/* It may look for a moment, but sleeps for the rest: the bound is far from both. */
static void waiting_takes_no_processor(void **state)
{
    struct fixture *fixture = *state;
    fake_set(fixture->fake, false, false);
    submit(fixture, 1);
    for (unsigned i = 0; i < 3; i++) {
        struct sleeper sleeper;
        start(&sleeper, fixture, 2, now_ns(CLOCK_MONOTONIC) + 200000000);
        pthread_join(sleeper.thread, NULL);
        /* never submitted: until the deadline */
        assert_int_equal(sleeper.result, -ETIME);
        assert_in_range(sleeper.processor_ns, 0, 50000000);
    }
}

#define WITH_SESSION(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SESSION(the_header_says_who_sleeps_for_what),
        WITH_SESSION(a_full_ring_is_waited_for_by_halves),
        WITH_SESSION(waiting_takes_no_processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
