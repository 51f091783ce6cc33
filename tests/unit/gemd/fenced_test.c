/* SPDX-License-Identifier: MIT */
/* Sessions that need fence registers: limits, waits for each other, and refusals. */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/batch.h"
#include "tests/unit/gemd/limited.h"

#define PITCH 512u
#define BYTES (PITCH * 8)

/* A session with tiled buffers. */
static void open_tiled(struct bed *bed, struct client *client, unsigned count)
{
    client_open(client, &bed->puppet);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(gemd_bo_create_tiled(client->session, BYTES, false, GEMD_TILING_X, PITCH,
                                              &client->bos[i]),
                         0);
    }
}

/* Fills the first pixels of 'count' buffers from 'first' on. */
static uint64_t fill(struct client *client, unsigned first, unsigned count, uint32_t colour)
{
    struct batch batch;
    uint64_t seqno;
    batch_reset(&batch);
    for (unsigned i = first; i < first + count; i++) {
        batch_fill(&batch, client->bos[i], PITCH, 0, 0, 16, 2, colour);
    }
    assert_int_equal(batch_submit(&batch, client->session, &seqno), 0);
    return seqno;
}

static void settle(struct client *client, uint64_t seqno)
{
    assert_int_equal(gemd_seqno_wait(client->session, seqno, GEMD_FOREVER), 0);
    gemd_session_dispatch(client->session);
}

static void registers_come_on_demand(void **state)
{
    struct bed *bed = *state;
    open_tiled(bed, &bed->a, LIMITED_BOS);
    assert_int_equal(bed_value(bed, "\nfence_registers"), 16);
    assert_int_equal(bed_value(bed, "fence_registers_used"), 0);
    settle(&bed->a, fill(&bed->a, 0, 1, 1));
    assert_int_equal(bed_value(bed, "fence_registers_used"), 1);
    settle(&bed->a, fill(&bed->a, 0, LIMITED_BOS, 2));
    assert_int_equal(bed_value(bed, "fence_registers_used"), LIMITED_BOS);
    assert_int_equal(bed_value(bed, "gtt_pages_used"), LIMITED_BOS * 256);
    gemd_bo_unref(bed->a.bos[0]);
    bed->a.bos[0] = NULL;
    settle(&bed->a, fill(&bed->a, 1, 1, 3));
    while (bed_value(bed, "fence_registers_used") != LIMITED_BOS - 1) {
        /* Its CLOSE has not been read. */
    }
    assert_int_equal(bed->a.rejections, 0);
}

static void a_batch_beyond_the_limit_is_refused(void **state)
{
    struct bed *bed = *state;
    struct client *a = &bed->a;
    bed->limits.session[LIMIT_FENCE_REGISTERS].hard = 2;
    open_tiled(bed, a, LIMITED_BOS);
    settle(a, fill(a, 0, 3, 1));
    assert_int_equal(a->rejections, 1);
    assert_int_equal(a->rejected.error, -EDQUOT);
    assert_string_equal(a->rejected.rule_name, "FENCE_REGISTERS");
    assert_non_null(strstr(a->rejected.text,
                           "fence_registers: its buffers in tiles need 3, the session may have 2"));
    /* Within it they take turns, with themselves. */
    for (unsigned i = 0; i + 1 < LIMITED_BOS; i++) {
        settle(a, fill(a, i, 2, 2));
        assert_int_equal(bed_value(bed, "fence_registers_used"), 2);
    }
    assert_int_equal(a->rejections, 1);
}

/* With as many in flight as it may have, it waits for its own, and for nobody else. */
static void work_in_flight_is_waited_for(void **state)
{
    struct bed *bed = *state;
    struct client *a = &bed->a, *b = &bed->b;
    uint64_t seqno = 0;
    bed->limits.session[LIMIT_FENCE_REGISTERS].hard = 1;
    open_tiled(bed, a, 2);
    open_tiled(bed, b, 1);
    bed->puppet.held = true;
    (void)fill(a, 0, 1, 10);
    puppet_await_batches(&bed->puppet, 1);
    seqno = fill(a, 1, 1, 11);
    uint64_t others = fill(b, 0, 1, 12);
    puppet_await_batches(&bed->puppet, 2);
    puppet_release(&bed->puppet);
    settle(b, others);
    settle(a, seqno);
    assert_int_equal(a->rejections + b->rejections, 0);
    assert_int_equal(bed_value(bed, "fence_registers_used"), 2); /* one each */
}

static void a_users_sessions_share(void **state)
{
    struct bed *bed = *state;
    bed->limits.uid[LIMIT_FENCE_REGISTERS].hard = 2;
    open_tiled(bed, &bed->a, 2);
    open_tiled(bed, &bed->b, 2);
    for (unsigned round = 0; round < 3; round++) {
        settle(&bed->a, fill(&bed->a, 0, 2, 1));
        settle(&bed->b, fill(&bed->b, 0, 2, 1));
        assert_int_equal(bed_value(bed, "fence_registers_used"), 2);
    }
    assert_int_equal(bed->a.rejections + bed->b.rejections, 0);
}

static void soft_limits_are_told(void **state)
{
    struct bed *bed = *state;
    struct client *a = &bed->a;
    bed->limits.session[LIMIT_FENCE_REGISTERS].soft = 1;
    open_tiled(bed, a, 2);
    settle(a, fill(a, 0, 1, 1));
    assert_int_equal(a->passes, 0);
    settle(a, fill(a, 0, 2, 1));
    assert_int_equal(a->passes, 1);
    assert_string_equal(a->passed.kind, "fence_registers");
    assert_int_equal(a->passed.used, 2);
    assert_int_equal(a->rejections, 0);
}

static void a_tiling_that_is_none_makes_no_buffer(void **state)
{
    struct bed *bed = *state;
    struct client *a = &bed->a;
    open_tiled(bed, a, 0);
    assert_int_equal(gemd_bo_create_tiled(a->session, BYTES, false, 3, PITCH, &a->bos[0]), -EINVAL);
    assert_int_equal(gemd_bo_create_tiled(a->session, BYTES, false, 0, PITCH, &a->bos[0]), -EINVAL);
    assert_int_equal(gemd_bo_create_tiled(a->session, BYTES, false, 1, 0, &a->bos[0]), -EINVAL);
    assert_int_equal(gemd_bo_create_tiled(a->session, BYTES, false, 1, 768, &a->bos[0]), 0);
    settle(a, fill(a, 0, 1, 1));
    assert_int_equal(a->ring_errors, 1);
    assert_int_equal(a->ring_error.error, -EINVAL);
    assert_non_null(strstr(a->ring_error.text, "pitch 768 of X tiles"));
    assert_string_equal(a->rejected.rule_name, "BUFFER_UNKNOWN");
    gemd_bo_unref(a->bos[0]);
    a->bos[0] = NULL;
    settle(a, gemd_last_seqno(a->session));
}

/* Importers learn how a buffer is tiled, and have a register of their own for it. */
static void importers_learn_the_tiling(void **state)
{
    struct bed *bed = *state;
    struct client *a = &bed->a, *b = &bed->b;
    uint32_t pitch = 0;
    open_tiled(bed, a, 0);
    open_tiled(bed, b, 0);
    assert_int_equal(
        gemd_bo_create_tiled(a->session, 4 * BYTES, true, GEMD_TILING_Y, PITCH, &a->bos[0]), 0);
    int token = gemd_bo_share(a->bos[0], GEMD_USE_READ | GEMD_USE_WRITE);
    assert_int_equal(gemd_bo_accept(b->session, token, &b->bos[0]), 0);
    close(token);
    assert_int_equal(gemd_bo_tiling(b->bos[0], &pitch), GEMD_TILING_Y);
    assert_int_equal(pitch, PITCH);
    /* Blits see no Y tiles: it is known there. */
    settle(b, fill(b, 0, 1, 1));
    assert_string_equal(b->rejected.rule_name, "TILING");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(registers_come_on_demand, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(a_batch_beyond_the_limit_is_refused, bed_setup,
                                        bed_teardown),
        cmocka_unit_test_setup_teardown(work_in_flight_is_waited_for, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(a_users_sessions_share, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(soft_limits_are_told, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(a_tiling_that_is_none_makes_no_buffer, bed_setup,
                                        bed_teardown),
        cmocka_unit_test_setup_teardown(importers_learn_the_tiling, bed_setup, bed_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
