/* SPDX-License-Identifier: MIT */
/* A GPU that stops, and a client that floods it: what the others notice. */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gemd/sched.h"
#include "tests/unit/gemd/puppet.h"

#define HANG_MS     50u
#define SHORT_FILLS 20u

struct client {
    struct gemd_session *session;
    struct gemd_bo *bo;
};

static void client_open(struct client *client, const struct puppet *puppet)
{
    client->session = puppet_open(puppet, NULL, NULL);
    assert_int_equal(gemd_bo_create(client->session, 4096, false, &client->bo), 0);
}

static void client_close(struct client *client)
{
    gemd_bo_unref(client->bo);
    gemd_session_close(client->session);
}

static uint64_t fill(struct client *client, uint32_t colour)
{
    return puppet_fill(client->session, client->bo, colour);
}

static void the_guilty_goes_and_the_innocent_stay(bool reports_errors)
{
    struct puppet puppet;
    struct client guilty, innocent, late;
    memset(&puppet, 0, sizeof(puppet));
    puppet.reports_errors = reports_errors;
    puppet_start(&puppet, reports_errors ? 3600000 : HANG_MS);
    client_open(&guilty, &puppet);
    client_open(&innocent, &puppet);
    assert_int_equal(gemd_seqno_wait(innocent.session, fill(&innocent, 1), GEMD_FOREVER), 0);
    assert_int_equal(gemd_seqno_wait(guilty.session, fill(&guilty, 2), GEMD_FOREVER), 0);

    uint64_t poison = fill(&guilty, PUPPET_POISON);
    uint64_t behind = fill(&innocent, 3);
    assert_int_equal(gemd_seqno_wait(innocent.session, behind, GEMD_FOREVER), 0);
    assert_int_equal(gemd_session_lost(innocent.session), GEMD_LOST_NOT);
    assert_int_equal(gemd_seqno_wait(guilty.session, poison, GEMD_FOREVER), -EIO);
    assert_int_equal(gemd_session_lost(guilty.session), GEMD_LOST_GUILTY);

    client_open(&late, &puppet);
    assert_int_equal(gemd_seqno_wait(late.session, fill(&late, 4), GEMD_FOREVER), 0);
    client_close(&late);
    client_close(&guilty);
    client_close(&innocent);
    puppet_finish(&puppet);
    assert_int_equal(puppet.hangs, 1);
    assert_int_equal(puppet.resets, 1);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(puppet.order[i], i + 1);
    }
    assert_int_equal(puppet.ran, 4);
}

static void a_gpu_that_stands_still_is_reset(void **state)
{
    the_guilty_goes_and_the_innocent_stay(false);
}

static void a_gpu_that_reports_an_error_is_reset_at_once(void **state)
{
    the_guilty_goes_and_the_innocent_stay(true);
}

/* An operator finds the daemon's first error, with the batch's only command in it. */
static void assert_captured(const struct puppet *puppet, const char *kind)
{
    const struct gemd_connect_options options = {.socket = puppet->listener.path,
                                                 .role = GEMD_ROLE_OPERATOR};
    struct gemd_session *session;
    char reason[GEMD_TEXT_MAX];
    char *text = NULL;
    size_t size;
    assert_int_equal(gemd_session_open(&options, &session, reason), 0);
    assert_int_equal(gemd_query_errors(session, 1, GEMD_ERRORS_TEXT, &text, &size), 0);
    assert_non_null(strstr(text, kind));
    assert_non_null(strstr(text, "\n>      0  54300004  XY_COLOR_BLT"));
    free(text);
    assert_int_equal(gemd_query_errors(session, 2, GEMD_ERRORS_TEXT, &text, &size), -ENOENT);
    gemd_session_close(session);
}

/* It moves, but not to an end: the limit of one batch cuts it, not that of standing still. */
static void a_batch_that_takes_too_long_is_cut(void **state)
{
    struct puppet puppet;
    struct client guilty, innocent;
    memset(&puppet, 0, sizeof(puppet));
    puppet.batch_ms = HANG_MS;
    puppet_start(&puppet, 3600000);
    client_open(&guilty, &puppet);
    client_open(&innocent, &puppet);
    uint64_t endless = fill(&guilty, PUPPET_LONG);
    uint64_t behind = fill(&innocent, 1);
    assert_int_equal(gemd_seqno_wait(innocent.session, behind, GEMD_FOREVER), 0);
    assert_int_equal(gemd_session_lost(innocent.session), GEMD_LOST_NOT);
    assert_int_equal(gemd_seqno_wait(guilty.session, endless, GEMD_FOREVER), -EIO);
    assert_int_equal(gemd_session_lost(guilty.session), GEMD_LOST_GUILTY);
    client_close(&guilty);
    client_close(&innocent);
    assert_captured(&puppet, "kind: slow\n");
    puppet_finish(&puppet);
    assert_int_equal(puppet.hangs, 1);
    assert_int_equal(puppet.slow, 1);
    assert_int_equal(puppet.innocents, 0);
    assert_int_equal(puppet.ran, 1);
}

/*
 * The guilty batch has ended before the reset takes hold, and an innocent one has begun. It may
 * have drawn half of what it draws: it does not run again, and its session is told that.
 */
static void a_half_done_innocent_does_not_run_twice(void **state)
{
    struct puppet puppet;
    struct client guilty, begun, behind;
    memset(&puppet, 0, sizeof(puppet));
    puppet_start(&puppet, 3600000);
    client_open(&guilty, &puppet);
    client_open(&begun, &puppet);
    client_open(&behind, &puppet);
    /* The scheduler learns that their batches are short: it lets several of them wait at once. */
    for (uint32_t i = 0; i < SHORT_FILLS; i++) {
        assert_int_equal(gemd_seqno_wait(guilty.session, fill(&guilty, i), GEMD_FOREVER), 0);
        assert_int_equal(gemd_seqno_wait(begun.session, fill(&begun, i), GEMD_FOREVER), 0);
        assert_int_equal(gemd_seqno_wait(behind.session, fill(&behind, i), GEMD_FOREVER), 0);
    }
    puppet.held = true;
    fill(&guilty, PUPPET_LATE);
    puppet_await_batches(&puppet, 3 * SHORT_FILLS + 1);
    uint64_t half = fill(&begun, 1);
    puppet_await_batches(&puppet, 3 * SHORT_FILLS + 2);
    uint64_t last = fill(&behind, PUPPET_START);
    puppet_release(&puppet);
    assert_int_equal(gemd_seqno_wait(behind.session, last, GEMD_FOREVER), 0);
    assert_int_equal(gemd_session_lost(behind.session), GEMD_LOST_NOT);
    assert_int_equal(gemd_seqno_wait(begun.session, half, GEMD_FOREVER), -EIO);
    assert_int_equal(gemd_session_lost(begun.session), GEMD_LOST_INNOCENT);
    assert_int_equal(gemd_session_lost(guilty.session), GEMD_LOST_GUILTY);
    client_close(&guilty);
    client_close(&begun);
    client_close(&behind);
    puppet_finish(&puppet);
    assert_int_equal(puppet.innocents, 1);
    assert_int_equal(puppet.ran, 3 * SHORT_FILLS + 1);
    assert_int_equal(puppet.order[puppet.ran - 1], PUPPET_START);
}

/* This process is the peer: the second hang within the window bans it. */
static void who_hangs_it_again_and_again_gets_no_session(void **state)
{
    struct puppet puppet;
    struct client client;
    char reason[GEMD_TEXT_MAX];
    memset(&puppet, 0, sizeof(puppet));
    puppet.reports_errors = true;
    puppet.ban = (struct ban_rule){.hangs = 2, .window_ns = UINT64_MAX, .duration_ns = 1ull << 60};
    puppet_start(&puppet, 3600000);
    for (unsigned i = 0; i < 2; i++) {
        client_open(&client, &puppet);
        uint64_t poison = fill(&client, PUPPET_POISON);
        assert_int_equal(gemd_seqno_wait(client.session, poison, GEMD_FOREVER), -EIO);
        client_close(&client);
    }
    const struct gemd_connect_options options = {.socket = puppet.listener.path};
    assert_int_equal(gemd_session_open(&options, &client.session, reason), -EPERM);
    assert_non_null(strstr(reason, "hung the GPU 2 times"));
    const struct gemd_connect_options looks = {.socket = puppet.listener.path,
                                               .role = GEMD_ROLE_OPERATOR};
    assert_int_equal(gemd_session_open(&looks, &client.session, reason), 0);
    char *text = NULL;
    assert_int_equal(gemd_query_status(client.session, &text), 0);
    assert_non_null(strstr(text, "bans: 1\nbans_now: 1\nbans_refused: 1\n"));
    free(text);
    gemd_session_close(client.session);
    puppet_finish(&puppet);
}

/* The GPU gets over it, and may be in anybody's batch by the time it is noticed. */
static void a_page_fault_is_noted_and_nobody_goes(void **state)
{
    struct puppet puppet;
    struct client faulty, other;
    memset(&puppet, 0, sizeof(puppet));
    puppet_start(&puppet, 3600000);
    client_open(&faulty, &puppet);
    client_open(&other, &puppet);
    assert_int_equal(gemd_seqno_wait(faulty.session, fill(&faulty, PUPPET_FAULT), GEMD_FOREVER), 0);
    assert_int_equal(gemd_seqno_wait(other.session, fill(&other, 1), GEMD_FOREVER), 0);
    assert_int_equal(gemd_seqno_wait(faulty.session, fill(&faulty, 2), GEMD_FOREVER), 0);
    assert_int_equal(gemd_session_lost(faulty.session), GEMD_LOST_NOT);
    assert_int_equal(gemd_session_lost(other.session), GEMD_LOST_NOT);
    client_close(&faulty);
    client_close(&other);
    puppet_finish(&puppet);
    assert_int_equal(puppet.page_faults, 1);
    assert_int_equal(puppet.hangs, 0);
    assert_int_equal(puppet.resets, 0);
    assert_int_equal(puppet.ran, 3);
}

static void all_of_the_guilty_ones_work_is_dropped(void **state)
{
    struct puppet puppet;
    struct client guilty, innocent;
    memset(&puppet, 0, sizeof(puppet));
    puppet.held = true;
    puppet.reports_errors = true;
    puppet_start(&puppet, 3600000);
    client_open(&guilty, &puppet);
    client_open(&innocent, &puppet);
    fill(&guilty, PUPPET_POISON);
    for (uint32_t i = 0; i < 10; i++) {
        fill(&guilty, 100 + i);
    }
    uint64_t seqno = fill(&innocent, PUPPET_START);
    puppet_release(&puppet);
    assert_int_equal(gemd_seqno_wait(innocent.session, seqno, GEMD_FOREVER), 0);
    client_close(&guilty);
    client_close(&innocent);
    puppet_finish(&puppet);
    /* Each batch that was behind the poison when it struck held its place and did nothing. */
    for (unsigned i = 0; i < puppet.ran; i++) {
        assert_int_equal(puppet.order[i], PUPPET_START);
    }
    assert_int_equal(puppet.ran, 1);
}

static void a_flood_does_not_starve_others(void **state)
{
    struct puppet puppet;
    struct client flooding, modest;
    memset(&puppet, 0, sizeof(puppet));
    puppet.held = true;
    puppet_start(&puppet, 3600000);
    client_open(&flooding, &puppet);
    client_open(&modest, &puppet);
    uint64_t last = 0;
    for (uint32_t i = 0; i < 200; i++) {
        last = fill(&flooding, i);
    }
    uint64_t seqno = fill(&modest, PUPPET_START);
    puppet_release(&puppet);
    assert_int_equal(gemd_seqno_wait(modest.session, seqno, GEMD_FOREVER), 0);
    assert_int_equal(gemd_seqno_wait(flooding.session, last, GEMD_FOREVER), 0);
    client_close(&flooding);
    client_close(&modest);
    puppet_finish(&puppet);
    assert_int_equal(puppet.ran, 201);
    unsigned before = 0;
    while (puppet.order[before] != PUPPET_START) {
        assert_int_equal(puppet.order[before], before); /* in its own order */
        before++;
    }
    assert_in_range(before, 0, 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gpu_that_stands_still_is_reset),
        cmocka_unit_test(a_gpu_that_reports_an_error_is_reset_at_once),
        cmocka_unit_test(a_batch_that_takes_too_long_is_cut),
        cmocka_unit_test(a_half_done_innocent_does_not_run_twice),
        cmocka_unit_test(who_hangs_it_again_and_again_gets_no_session),
        cmocka_unit_test(a_page_fault_is_noted_and_nobody_goes),
        cmocka_unit_test(all_of_the_guilty_ones_work_is_dropped),
        cmocka_unit_test(a_flood_does_not_starve_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
