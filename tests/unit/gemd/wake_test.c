/* SPDX-License-Identifier: MIT */
/* Whom the daemon wakes: those who sleep, and not before what they sleep for. */
#include "tests/unit/gemd/test.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/unit/gemd/client_ring.h"
#include "tests/unit/gemd/puppet.h"

#define LARGE (1u << 20) /* more than the library keeps when it is closed */

static unsigned wakes; /* atomic: by the daemon; the client library's calls do not come here */

long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);

long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    if (number == SYS_futex && (b & FUTEX_CMD_MASK) == FUTEX_WAKE) {
        __atomic_add_fetch(&wakes, 1, __ATOMIC_SEQ_CST);
    }
    return __real_syscall(number, a, b, c, d, e, f);
}

static unsigned take_wakes(void)
{
    return __atomic_exchange_n(&wakes, 0, __ATOMIC_SEQ_CST);
}

struct bed {
    struct puppet puppet;
    struct gemd_session *session;
    struct client_view view;
    struct gemd_bo *bo;
};

static int setup(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    puppet_start(&bed->puppet, 10000);
    bed->session = puppet_open(&bed->puppet, NULL, NULL);
    bed->view = client_view(bed->session);
    assert_int_equal(gemd_bo_create(bed->session, 4096, false, &bed->bo), 0);
    *state = bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    gemd_bo_unref(bed->bo);
    gemd_session_close(bed->session);
    puppet_finish(&bed->puppet);
    free(bed);
    return 0;
}

/* Loads only. */
static void draw_and_poll(struct bed *bed)
{
    uint64_t seqno = puppet_fill(bed->session, bed->bo, 1);
    while (!gemd_seqno_passed(bed->session, seqno)) {
        usleep(100);
    }
}

/* The daemon has counted all of its words up for what it has read. */
static void settle(struct bed *bed)
{
    while (!client_wants_doorbell(&bed->view)) {
        usleep(100);
    }
}

static void nobody_sleeps_nobody_is_woken(void **state)
{
    struct bed *bed = *state;
    (void)take_wakes();
    for (unsigned i = 0; i < 20; i++) {
        draw_and_poll(bed);
    }
    settle(bed);
    assert_int_equal(take_wakes(), 0);
    assert_int_equal(bed->view.status->retired_changes, 20);
}

static void *wait_for_fifth(void *data)
{
    struct bed *bed = data;
    return gemd_seqno_wait(bed->session, 5, GEMD_FOREVER) == 0 ? data : NULL;
}

static void a_sleeper_is_woken_for_its_own(void **state)
{
    struct bed *bed = *state;
    struct gemd_ring_header *ring = bed->view.ring;
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, wait_for_fifth, bed), 0);
    while (__atomic_load_n(&ring->retired_waits, __ATOMIC_SEQ_CST) == 0) {
        usleep(100);
    }
    assert_int_equal(ring->retired_at, 5);
    (void)take_wakes();
    for (unsigned i = 0; i < 4; i++) {
        draw_and_poll(bed);
    }
    settle(bed);
    assert_int_equal(take_wakes(), 0);
    draw_and_poll(bed);
    pthread_join(thread, &result);
    assert_ptr_equal(result, bed);
    assert_int_equal(take_wakes(), 1);
    assert_int_equal(ring->retired_waits, 0);
}

static void create_and_close(struct bed *bed)
{
    struct gemd_bo *bo;
    assert_int_equal(gemd_bo_create(bed->session, LARGE, false, &bo), 0);
    gemd_bo_unref(bo);
    uint64_t tail = __atomic_load_n(&bed->view.ring->tail, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&bed->view.status->ring_head, __ATOMIC_SEQ_CST) != tail) {
        usleep(100);
    }
    settle(bed);
}

/* Who waits for room says how much would do. */
static void a_writer_is_woken_for_enough_room(void **state)
{
    struct bed *bed = *state;
    struct gemd_ring_header *ring = bed->view.ring;
    create_and_close(bed);
    (void)take_wakes();
    __atomic_store_n(&ring->room_at, UINT64_MAX, __ATOMIC_SEQ_CST);
    __atomic_store_n(&ring->ring_waits, 1, __ATOMIC_SEQ_CST);
    create_and_close(bed);
    assert_int_equal(take_wakes(), 0);
    __atomic_store_n(&ring->room_at, ring->tail + 1, __ATOMIC_SEQ_CST);
    create_and_close(bed);
    assert_in_range(take_wakes(), 1, 2);
    __atomic_store_n(&ring->ring_waits, 0, __ATOMIC_SEQ_CST);
    create_and_close(bed);
    assert_int_equal(take_wakes(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_sleeps_nobody_is_woken, setup, teardown),
        cmocka_unit_test_setup_teardown(a_sleeper_is_woken_for_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(a_writer_is_woken_for_enough_room, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
