/* SPDX-License-Identifier: MIT */
/* Closed buffers that are kept: which ones, for whom, how many and how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "proto/client/bo.h"
#include "proto/client/bo_cache.h"

/* Of the library, here by the test's own: what the GPU has passed, and whether all is over. */
static uint64_t retired;
static bool gone;

bool seqno_retired(struct gemd_session *session, uint64_t seqno)
{
    return seqno <= retired;
}

bool session_gone(struct gemd_session *session)
{
    return gone;
}

struct bed {
    struct gemd_session session;
    struct gemd_ring_header ring;
    struct gemd_status_page status;
    struct gemd_bo bos[2 * BO_CACHE_COUNT];
};

static int setup(void **state)
{
    static struct bed bed;
    memset(&bed, 0, sizeof(bed));
    for (unsigned i = 0; i < 2 * BO_CACHE_COUNT; i++) {
        bed.bos[i] =
            (struct gemd_bo){.arena = (void *)&bed, .size = 4096, .fd = -1, .handle = i + 1};
    }
    bed.session.ring = &bed.ring;
    bed.session.status = &bed.status;
    retired = 0;
    gone = false;
    *state = &bed;
    return 0;
}

static void put(struct bed *bed, unsigned i, int64_t now)
{
    assert_true(bo_cache_put(&bed->session, &bed->bos[i], now));
}

static void sizes_must_be_equal(void **state)
{
    struct bed *bed = *state;
    bed->bos[1].size = 8192;
    put(bed, 0, 0);
    put(bed, 1, 0);
    assert_null(bo_cache_take(&bed->session, 12288));
    assert_ptr_equal(bo_cache_take(&bed->session, 8192), &bed->bos[1]);
    assert_null(bo_cache_take(&bed->session, 8192));
    put(bed, 1, 0); /* the end of the list was found again */
    assert_ptr_equal(bo_cache_take(&bed->session, 4096), &bed->bos[0]);
    assert_ptr_equal(bo_cache_take(&bed->session, 8192), &bed->bos[1]);
    assert_int_equal(bed->session.cache.count, 0);
    assert_int_equal(bed->session.cache.bytes, 0);
    assert_null(bo_cache_pop(&bed->session));
}

static void the_gpu_must_be_done(void **state)
{
    struct bed *bed = *state;
    bed->bos[0].last_use = 2;
    bed->bos[1].last_use = 1;
    put(bed, 0, 0);
    put(bed, 1, 0);
    assert_null(bo_cache_take(&bed->session, 4096));
    retired = 1;
    assert_ptr_equal(bo_cache_take(&bed->session, 4096), &bed->bos[1]);
    assert_null(bo_cache_take(&bed->session, 4096));
    retired = 2;
    gone = true;
    assert_null(bo_cache_take(&bed->session, 4096));
    gone = false;
    assert_ptr_equal(bo_cache_take(&bed->session, 4096), &bed->bos[0]);
}

static void some_are_never_kept(void **state)
{
    struct bed *bed = *state;
    bed->bos[0].arena = NULL; /* a file of its own */
    bed->bos[1].size = BO_CACHE_BUFFER_BYTES + 4096;
    bed->bos[2].shown_in = (void *)bed;
    bed->bos[3].unneeded_tail = 8;
    for (unsigned i = 0; i < 4; i++) {
        assert_false(bo_cache_put(&bed->session, &bed->bos[i], 0));
    }
    bed->session.is_limited = true;
    assert_false(bo_cache_put(&bed->session, &bed->bos[4], 0));
    assert_int_equal(bed->session.cache.count, 0);
}

static void the_oldest_go_first(void **state)
{
    struct bed *bed = *state;
    for (unsigned i = 0; i < BO_CACHE_COUNT + 1; i++) {
        put(bed, i, 10 + i);
    }
    assert_ptr_equal(bo_cache_trim(&bed->session, 10), &bed->bos[0]);
    assert_null(bo_cache_trim(&bed->session, 10));
    assert_null(bo_cache_trim(&bed->session, 10 + BO_CACHE_NS));
    assert_ptr_equal(bo_cache_trim(&bed->session, 11 + BO_CACHE_NS), &bed->bos[1]);
    assert_null(bo_cache_trim(&bed->session, 11 + BO_CACHE_NS));
    bed->session.is_limited = true;
    assert_ptr_equal(bo_cache_trim(&bed->session, 11 + BO_CACHE_NS), &bed->bos[2]);
}

static void bytes_are_bounded(void **state)
{
    struct bed *bed = *state;
    const unsigned most = BO_CACHE_BYTES / BO_CACHE_BUFFER_BYTES;
    for (unsigned i = 0; i < most + 1; i++) {
        bed->bos[i].size = BO_CACHE_BUFFER_BYTES;
        put(bed, i, 0);
    }
    assert_ptr_equal(bo_cache_trim(&bed->session, 0), &bed->bos[0]);
    assert_null(bo_cache_trim(&bed->session, 0));
    assert_int_equal(bed->session.cache.bytes, BO_CACHE_BYTES);
}

/* The daemon sees which are kept, and those that it has taken are only closed. */
static void the_daemon_may_take_them(void **state)
{
    struct bed *bed = *state;
    for (unsigned i = 0; i < 3; i++) {
        put(bed, i, 0);
        assert_int_equal(bed->ring.kept[i], i + 1);
    }
    bed->status.kept_lost[0] = 1;
    bed->status.kept_lost[1] = 77; /* not this one: a stale word */
    assert_ptr_equal(bo_cache_take(&bed->session, 4096), &bed->bos[1]);
    assert_int_equal(bed->ring.kept[0] | bed->ring.kept[1], 0);
    assert_ptr_equal(bo_cache_trim(&bed->session, 0), &bed->bos[0]); /* to be closed, at once */
    assert_null(bo_cache_trim(&bed->session, 0));
    bed->status.kept_lost[0] = 0;
    put(bed, 4, 0); /* its place is free again */
    assert_int_equal(bed->ring.kept[0], 5);
    bed->status.kept_lost[2] = 3;
    assert_ptr_equal(bo_cache_take(&bed->session, 4096), &bed->bos[4]);
    assert_null(bo_cache_take(&bed->session, 4096));
    assert_ptr_equal(bo_cache_pop(&bed->session), &bed->bos[2]);
    assert_null(bo_cache_pop(&bed->session));
    assert_int_equal(bed->session.cache.places, 0);
}

/* One more than there are places, until the next trim. */
static void without_a_place_it_is_the_clients(void **state)
{
    struct bed *bed = *state;
    for (unsigned i = 0; i <= GEMD_KEPT_MAX; i++) {
        put(bed, i, i);
    }
    for (unsigned i = 0; i <= GEMD_KEPT_MAX; i++) {
        assert_ptr_equal(bo_cache_take(&bed->session, 4096), &bed->bos[i]);
    }
    for (unsigned i = 0; i < GEMD_KEPT_MAX; i++) {
        assert_int_equal(bed->ring.kept[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sizes_must_be_equal, setup),
        cmocka_unit_test_setup(the_gpu_must_be_done, setup),
        cmocka_unit_test_setup(some_are_never_kept, setup),
        cmocka_unit_test_setup(the_oldest_go_first, setup),
        cmocka_unit_test_setup(bytes_are_bounded, setup),
        cmocka_unit_test_setup(the_daemon_may_take_them, setup),
        cmocka_unit_test_setup(without_a_place_it_is_the_clients, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
