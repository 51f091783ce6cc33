/* SPDX-License-Identifier: MIT */
/*
 * A batch that needs what others have in use holds them back until it has had its turn; that ends
 * also when its client takes it back, which it can, for the ring is its own to write.
 */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/gemd/client_ring.h"
#include "tests/unit/gemd/puppet.h"

#define HOUR_MS 3600000u
#define LARGE   (5u << 20) /* two of them are more than the GTT has beside the daemon's own */

static struct gemd_bo *make(struct gemd_session *session, uint64_t size)
{
    struct gemd_bo *bo;
    assert_int_equal(gemd_bo_create(session, size, false, &bo), 0);
    return bo;
}

static int64_t in_ten_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return ((int64_t)now.tv_sec + 10) * 1000000000 + now.tv_nsec;
}

/* A round trip: what was in the rings before has been looked at. */
static void look(const struct puppet *puppet)
{
    const struct gemd_connect_options options = {.socket = puppet->listener.path,
                                                 .role = GEMD_ROLE_OPERATOR};
    struct gemd_session *session;
    char *text;
    assert_int_equal(gemd_session_open(&options, &session, NULL), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(gemd_query_status(session, &text), 0);
        free(text);
    }
    gemd_session_close(session);
}

static void taking_a_batch_back_ends_the_drain(void **state)
{
    static struct puppet puppet;
    memset(&puppet, 0, sizeof(puppet));
    puppet_start(&puppet, HOUR_MS);
    struct gemd_session *flying = puppet_open(&puppet, NULL, NULL);
    struct gemd_session *hostile = puppet_open(&puppet, NULL, NULL);
    struct gemd_session *honest = puppet_open(&puppet, NULL, NULL);
    struct gemd_bo *bos[] = {make(flying, LARGE), make(hostile, LARGE), make(honest, 4096),
                             make(hostile, 4096)};
    uint64_t flown, seqno;
    for (unsigned i = 0; i < 20;
         i++) { /* known for short batches, which may queue behind another */
        seqno = puppet_fill(hostile, bos[3], 4);
        assert_int_equal(gemd_seqno_wait(hostile, seqno, GEMD_FOREVER), 0);
    }
    puppet.held = true;
    flown = puppet_fill(flying, bos[0], 1);
    puppet_await_batches(&puppet, 21);
    uint64_t at = client_ring_await_read(hostile);
    (void)puppet_fill(hostile, bos[1], 2); /* waits for the first one's pages */
    look(&puppet);                         /* now the daemon has read it */
    seqno = puppet_fill(honest, bos[2], 3);
    client_ring_take_back(hostile, at);
    puppet_release(&puppet);
    assert_int_equal(gemd_seqno_wait(flying, flown, GEMD_FOREVER), 0);
    assert_int_equal(gemd_seqno_wait(honest, seqno, in_ten_seconds()), 0);
    for (unsigned i = 0; i < 4; i++) {
        gemd_bo_unref(bos[i]);
    }
    gemd_session_close(flying);
    gemd_session_close(hostile);
    gemd_session_close(honest);
    puppet_finish(&puppet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(taking_a_batch_back_ends_the_drain)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
