/* SPDX-License-Identifier: MIT */
/* Limits, soft and hard, of a session and of a user: what is refused, and who is told. */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/lib/batch.h"
#include "tests/unit/gemd/puppet.h"

#define PAGE    4096u
#define BOS     4u
#define HOUR_MS 3600000u
#define ARENA   (16ull << 20) /* what libgemd makes for a small buffer */

struct client {
    struct gemd_session *session;
    struct gemd_bo *bos[BOS];
    struct gemd_msg_limit_passed passed;
    struct gemd_msg_ring_error ring_error;
    struct gemd_msg_batch_rejected rejected;
    char error[GEMD_TEXT_MAX]; /* of the last ERROR */
    unsigned passes, ring_errors, rejections;
};

struct bed {
    struct puppet puppet;
    struct limits limits;
    struct client a, b;
};

static void on_event(void *data, const struct gemd_msg_header *event, const char *text)
{
    struct client *client = data;
    switch (event->type) {
    case GEMD_MSG_LIMIT_PASSED:
        memcpy(&client->passed, event, sizeof(client->passed));
        client->passes++;
        break;
    case GEMD_MSG_RING_ERROR:
        memcpy(&client->ring_error, event, sizeof(client->ring_error));
        client->ring_errors++;
        break;
    case GEMD_MSG_BATCH_REJECTED:
        memcpy(&client->rejected, event, sizeof(client->rejected));
        client->rejections++;
        break;
    default:
        snprintf(client->error, sizeof(client->error), "%s", text);
    }
}

static void client_open(struct client *client, const struct puppet *puppet)
{
    char reason[GEMD_TEXT_MAX];
    const struct gemd_connect_options options = {
        .socket = puppet->listener.path, .on_event = on_event, .on_event_data = client};
    assert_int_equal(gemd_session_open(&options, &client->session, reason), 0);
}

static int setup(void **state)
{
    static struct bed bed;
    memset(&bed, 0, sizeof(bed));
    limits_default(&bed.limits);
    bed.puppet.limits = &bed.limits;
    puppet_start(&bed.puppet, HOUR_MS);
    *state = &bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    struct client *clients[] = {&bed->a, &bed->b};
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned j = 0; j < BOS; j++) {
            gemd_bo_unref(clients[i]->bos[j]);
        }
        gemd_session_close(clients[i]->session);
    }
    puppet_finish(&bed->puppet);
    return 0;
}

static void make(struct client *client, unsigned i)
{
    assert_int_equal(gemd_bo_create(client->session, PAGE, false, &client->bos[i]), 0);
}

static void drop(struct client *client, unsigned i)
{
    gemd_bo_unref(client->bos[i]);
    client->bos[i] = NULL;
}

/* A batch that fills the buffers [first, first + count). */
static void use(struct client *client, unsigned first, unsigned count)
{
    struct batch batch;
    uint64_t seqno = 0;
    batch_reset(&batch);
    for (unsigned i = 0; i < count; i++) {
        batch_fill(&batch, client->bos[first + i], 64, 0, 0, 16, 2, 1 + i);
    }
    assert_int_equal(batch_submit(&batch, client->session, &seqno), 0);
    assert_int_equal(gemd_seqno_wait(client->session, seqno, GEMD_FOREVER), 0);
    gemd_session_dispatch(client->session);
}

static void too_many_buffers_are_refused(void **state)
{
    struct bed *bed = *state;
    struct client *a = &bed->a;
    bed->limits.session[LIMIT_BUFFERS].hard = 2;
    client_open(a, &bed->puppet);
    for (unsigned i = 0; i < 3; i++) {
        make(a, i);
    }
    use(a, 0, 2);
    assert_int_equal(a->ring_errors, 1);
    assert_int_equal(a->ring_error.error, -EDQUOT);
    assert_non_null(
        strstr(a->ring_error.text, "buffers: 1 more, the session has 2 and may have 2"));
    use(a, 2, 1);
    assert_string_equal(a->rejected.rule_name, "BUFFER_UNKNOWN");

    /* What is closed comes back. */
    drop(a, 0);
    drop(a, 2); /* which the daemon does not know: another error */
    make(a, 3);
    use(a, 3, 1);
    assert_int_equal(a->rejections, 1);
}

static void too_many_bytes_are_refused(void **state)
{
    struct bed *bed = *state;
    struct client *a = &bed->a;
    bed->limits.session[LIMIT_BYTES].hard = ARENA + PAGE;
    client_open(a, &bed->puppet);
    make(a, 0);
    assert_int_equal(gemd_bo_create(a->session, 2 * PAGE, true, &a->bos[1]), -EDQUOT);
    assert_non_null(strstr(a->error, "bytes: 8192 more, the session has 16777216 and may have"));
    assert_int_equal(gemd_bo_create(a->session, PAGE, true, &a->bos[1]), 0);
    assert_int_equal(gemd_bo_create(a->session, PAGE, true, &a->bos[2]), -EDQUOT);
    drop(a, 1);
    use(a, 0, 1); /* the CLOSE has been read */
    make(a, 3);   /* which reaps it: its arena is given back */
    assert_int_equal(gemd_bo_create(a->session, PAGE, true, &a->bos[1]), 0);
}

static void too_many_arenas_are_refused(void **state)
{
    struct bed *bed = *state;
    struct client *a = &bed->a;
    bed->limits.session[LIMIT_ARENAS].hard = 2;
    client_open(a, &bed->puppet);
    assert_int_equal(gemd_bo_create(a->session, PAGE, true, &a->bos[0]), 0);
    assert_int_equal(gemd_bo_create(a->session, PAGE, true, &a->bos[1]), 0);
    assert_int_equal(gemd_bo_create(a->session, PAGE, true, &a->bos[2]), -EDQUOT);
    assert_non_null(strstr(a->error, "arenas: 1 more, the session has 2 and may have 2"));
    use(a, 0, 2);
}

static void too_many_windows_are_refused(void **state)
{
    struct bed *bed = *state;
    struct client *a = &bed->a;
    struct gemd_window *windows[2];
    bed->limits.session[LIMIT_WINDOWS].hard = 1;
    client_open(a, &bed->puppet);
    assert_int_equal(gemd_window_create(a->session, 64, 64, &windows[0]), 0);
    assert_int_equal(gemd_window_create(a->session, 64, 64, &windows[1]), -EDQUOT);
    gemd_window_destroy(windows[0]);
    assert_int_equal(gemd_window_create(a->session, 64, 64, &windows[1]), 0);
    gemd_window_destroy(windows[1]);
}

static void a_users_sessions_share_its_limits(void **state)
{
    struct bed *bed = *state;
    bed->limits.uid[LIMIT_BUFFERS].hard = 3;
    client_open(&bed->a, &bed->puppet);
    client_open(&bed->b, &bed->puppet);
    make(&bed->a, 0);
    make(&bed->a, 1);
    use(&bed->a, 0, 2);
    make(&bed->b, 0);
    make(&bed->b, 1);
    use(&bed->b, 0, 1);
    assert_int_equal(bed->b.ring_error.error, -EDQUOT);
    assert_non_null(strstr(bed->b.ring_error.text, "the user has 3 and may have 3"));

    /* With a session its buffers come back. */
    drop(&bed->a, 0);
    drop(&bed->a, 1);
    gemd_session_close(bed->a.session);
    client_open(&bed->a, &bed->puppet);
    make(&bed->a, 0);
    make(&bed->a, 1);
    use(&bed->a, 0, 2);
    assert_int_equal(bed->a.ring_errors, 0);
}

static void a_soft_limit_is_told_each_time_it_is_passed(void **state)
{
    struct bed *bed = *state;
    struct client *a = &bed->a;
    bed->limits.session[LIMIT_BUFFERS] = (struct limit){.soft = 1, .hard = 7};
    client_open(a, &bed->puppet);
    make(a, 0);
    use(a, 0, 1);
    assert_int_equal(a->passes, 0);
    make(a, 1);
    make(a, 2);
    use(a, 0, 3);
    assert_int_equal(a->passes, 1); /* not once more for the third */
    assert_string_equal(a->passed.kind, "buffers");
    assert_int_equal(a->passed.used, 2);
    assert_int_equal(a->passed.soft, 1);
    assert_int_equal(a->passed.hard, 7);
    assert_int_equal(a->passed.of_user, 0);
    drop(a, 1);
    drop(a, 2);
    drop(a, 0);
    make(a, 3);
    use(a, 3, 1);
    assert_int_equal(a->passes, 1);
    make(a, 1);
    use(a, 1, 1);
    assert_int_equal(a->passes, 2);
    assert_int_equal(a->ring_errors, 0);
}

/* However often it is passed: a burst, then a few a second. */
static void telling_is_bounded(void **state)
{
    struct bed *bed = *state;
    struct client *a = &bed->a;
    bed->limits.session[LIMIT_BUFFERS].soft = 1;
    client_open(a, &bed->puppet);
    make(a, 0);
    for (unsigned i = 0; i < 200; i++) {
        make(a, 1);
        drop(a, 1);
        make(a, 2);
        drop(a, 2);
    }
    use(a, 0, 1);
    assert_in_range(a->passes, 1, 100);
}

static void batches_stay_within_their_pages(void **state)
{
    struct bed *bed = *state;
    struct client *a = &bed->a;
    bed->limits.session[LIMIT_GTT_PAGES] = (struct limit){.soft = 1, .hard = 2};
    client_open(a, &bed->puppet);
    for (unsigned i = 0; i < BOS; i++) {
        make(a, i);
    }
    use(a, 0, 3);
    assert_int_equal(a->rejections, 1);
    assert_int_equal(a->rejected.error, -EDQUOT);
    assert_string_equal(a->rejected.rule_name, "GTT_QUOTA");
    assert_non_null(strstr(a->rejected.text, "3 buffers take 3, the session may have 2"));
    for (unsigned i = 0; i + 1 < BOS; i++) {
        use(a, i, 2); /* one of them is there already, another makes way */
    }
    assert_int_equal(a->rejections, 1);
    assert_true(a->passes > 0);
    assert_string_equal(a->passed.kind, "gtt_pages");
    assert_int_equal(a->passed.used, 2);
}

static void a_users_sessions_make_way_for_each_other(void **state)
{
    struct bed *bed = *state;
    bed->limits.uid[LIMIT_GTT_PAGES].hard = 2;
    client_open(&bed->a, &bed->puppet);
    client_open(&bed->b, &bed->puppet);
    for (unsigned i = 0; i < 2; i++) {
        make(&bed->a, i);
        make(&bed->b, i);
    }
    for (unsigned round = 0; round < 3; round++) {
        use(&bed->a, 0, 2);
        use(&bed->b, 0, 2);
    }
    assert_int_equal(bed->a.rejections + bed->b.rejections, 0);
    assert_int_equal(bed->puppet.server->gpu.gtt.client_pages, 2);
}

static void one_batch_at_a_time_is_enough(void **state)
{
    struct bed *bed = *state;
    struct client *a = &bed->a;
    bed->limits.session[LIMIT_IN_FLIGHT].hard = 0; /* one may always be */
    client_open(a, &bed->puppet);
    make(a, 0);
    for (unsigned i = 0; i < 20; i++) {
        use(a, 0, 1);
    }
    assert_int_equal(a->rejections, 0);
}

static void kinds_have_names_and_defaults(void **state)
{
    struct limits limits;
    limits_default(&limits);
    for (unsigned i = 0; i < LIMIT_KINDS; i++) {
        assert_non_null(limit_kind_name((enum limit_kind)i));
        assert_true(limits.session[i].hard > 0 && limits.uid[i].hard > 0);
        assert_true(limits.session[i].soft >= limits.session[i].hard);
    }
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(too_many_buffers_are_refused),
        TEST(too_many_bytes_are_refused),
        TEST(too_many_arenas_are_refused),
        TEST(too_many_windows_are_refused),
        TEST(a_users_sessions_share_its_limits),
        TEST(a_soft_limit_is_told_each_time_it_is_passed),
        TEST(telling_is_bounded),
        TEST(batches_stay_within_their_pages),
        TEST(a_users_sessions_make_way_for_each_other),
        TEST(one_batch_at_a_time_is_enough),
        cmocka_unit_test(kinds_have_names_and_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
