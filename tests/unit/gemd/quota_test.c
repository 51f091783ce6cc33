/* SPDX-License-Identifier: MIT */
/* Limits, soft and hard, of a session and of a user: what is refused, and who is told. */
#include "tests/unit/gemd/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/batch.h"
#include "tests/unit/gemd/limited.h"

#define PAGE  4096u
#define ARENA (16ull << 20) /* what libgemd makes for a small buffer */

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

/* What is not needed goes before new memory is refused, and may not be had back while that is
 * there.
 */
static void unneeded_buffers_make_room(void **state)
{
    enum { LARGE = 6 << 20 }; /* of the one arena */
    struct bed *bed = *state;
    struct client *a = &bed->a;
    bool retained = true;
    bed->limits.session[LIMIT_BYTES].hard = ARENA + PAGE;
    client_open(a, &bed->puppet);
    assert_int_equal(gemd_bo_create(a->session, LARGE, false, &a->bos[0]), 0);
    ((uint32_t *)gemd_bo_map(a->bos[0]))[0] = 1;
    assert_int_equal(gemd_bo_create(a->session, 2 * PAGE, true, &a->bos[1]), -EDQUOT);
    assert_int_equal(gemd_bo_dont_need(a->bos[0]), 0);
    make(a, 3);
    use(a, 3, 1); /* the MADVISE has been read */
    assert_int_equal(gemd_bo_create(a->session, LARGE, true, &a->bos[1]), 0);
    assert_int_equal(((uint32_t *)gemd_bo_map(a->bos[0]))[0], 0);
    assert_int_equal(gemd_bo_need(a->bos[0], &retained), -EDQUOT);
    assert_non_null(strstr(a->error, "bytes: 6291456 more, the session has 16777216 and may"));
    drop(a, 1);
    use(a, 3, 1); /* the CLOSE has been read */
    make(a, 2);   /* which reaps it: its arena is given back */
    assert_int_equal(gemd_bo_need(a->bos[0], &retained), 0);
    assert_false(retained);
}

/* What libgemd keeps of closed buffers goes, too, and it does not use it then. */
static void kept_buffers_make_room(void **state)
{
    enum { SIZE = 128 << 10 };
    struct bed *bed = *state;
    struct client *a = &bed->a;
    bed->limits.session[LIMIT_BYTES].hard = ARENA + PAGE;
    client_open(a, &bed->puppet);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(gemd_bo_create(a->session, SIZE, false, &a->bos[i]), 0);
        *(uint32_t *)gemd_bo_map(a->bos[i]) = 1;
    }
    use(a, 0, 2);
    uint32_t handle = gemd_bo_handle(a->bos[0]);
    drop(a, 0);
    assert_int_equal(gemd_bo_create(a->session, SIZE, false, &a->bos[0]), 0);
    assert_int_equal(gemd_bo_handle(a->bos[0]), handle); /* it was kept */
    use(a, 0, 2);
    drop(a, 0);
    assert_int_equal(gemd_bo_create(a->session, SIZE, true, &a->bos[2]), 0);
    assert_int_equal(gemd_bo_create(a->session, SIZE, false, &a->bos[0]), 0);
    assert_int_not_equal(gemd_bo_handle(a->bos[0]), handle);  /* it was taken */
    assert_int_equal(*(uint32_t *)gemd_bo_map(a->bos[1]), 1); /* what is open was not */
    use(a, 0, 3);
    assert_int_equal(a->rejections + a->ring_errors, 0);
    drop(a, 2);
    use(a, 0, 2);
    assert_int_equal(a->rejections + a->ring_errors, 0);
}

struct presser {
    struct gemd_session *session;
    unsigned rounds, made;
};

/* Wants a page more than there is, again and again: only a kept buffer can give it. */
static void *press(void *data)
{
    struct presser *presser = data;
    for (unsigned i = 0; i < presser->rounds; i++) {
        struct gemd_bo *bo;
        if (gemd_bo_create(presser->session, PAGE, true, &bo) == 0) {
            presser->made++;
            gemd_bo_unref(bo);
        }
    }
    return NULL;
}

/* While the daemon takes kept ones, who takes one first has it alone. */
static void kept_buffers_are_one_sides(void **state)
{
    struct bed *bed = *state;
    struct client *a = &bed->a;
    struct presser presser = {.rounds = 2000};
    pthread_t thread;
    bed->limits.session[LIMIT_BYTES].hard = ARENA;
    client_open(a, &bed->puppet);
    make(a, 3);
    presser.session = a->session;
    assert_int_equal(pthread_create(&thread, NULL, press, &presser), 0);
    for (uint32_t i = 1; i <= 2000; i++) {
        make(a, 0);
        uint32_t *words = gemd_bo_map(a->bos[0]);
        assert_int_equal(words[PAGE / 4 - 1], 0);
        words[PAGE / 4 - 1] = i;
        (void)puppet_fill(a->session, a->bos[0], i);
        if (i % 2 == 0) {
            assert_int_equal(gemd_bo_wait(a->bos[0], false, GEMD_FOREVER), 0);
            assert_int_equal(words[PAGE / 4 - 1], i); /* nobody else has dropped it */
        }
        drop(a, 0);
        if (i % 8 == 0) {
            usleep(100); /* time for the other to have it */
        }
    }
    pthread_join(thread, NULL);
    use(a, 3, 1);
    if (a->rejections + a->ring_errors > 0) {
        fail_msg("%u batches refused: %s: %s; %u errors: %s", a->rejections, a->rejected.rule_name,
                 a->rejected.text, a->ring_errors, a->ring_error.text);
    }
    assert_true(presser.made > 0);
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
    for (unsigned i = 0; i < LIMITED_BOS; i++) {
        make(a, i);
    }
    use(a, 0, 3);
    assert_int_equal(a->rejections, 1);
    assert_int_equal(a->rejected.error, -EDQUOT);
    assert_string_equal(a->rejected.rule_name, "GTT_QUOTA");
    assert_non_null(strstr(a->rejected.text, "3 buffers take 3, the session may have 2"));
    for (unsigned i = 0; i + 1 < LIMITED_BOS; i++) {
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
    assert_int_equal(bed_value(bed, "gtt_pages_used"), 2);
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

/* Who imports pays for the file that it keeps; tokens are descriptors of the daemon. */
static void importers_pay(void **state)
{
    struct bed *bed = *state;
    bed->limits.session[LIMIT_BYTES].hard = 2 * PAGE;
    bed->limits.session[LIMIT_FDS].hard = 3; /* one beside socket and doorbell */
    client_open(&bed->a, &bed->puppet);
    client_open(&bed->b, &bed->puppet);
    assert_int_equal(gemd_bo_create(bed->a.session, 2 * PAGE, true, &bed->a.bos[0]), 0);
    int token = gemd_bo_share(bed->a.bos[0], GEMD_USE_READ);
    assert_true(token >= 0);
    assert_int_equal(gemd_bo_share(bed->a.bos[0], GEMD_USE_READ | GEMD_USE_WRITE), -EDQUOT);
    assert_non_null(strstr(bed->a.error, "fds: 1 more, the session has 3 and may have 3"));
    assert_int_equal(gemd_bo_accept(bed->b.session, token, &bed->b.bos[0]), 0);
    assert_int_equal(gemd_bo_accept(bed->b.session, token, &bed->b.bos[1]), -EDQUOT);
    assert_int_equal(gemd_bo_create(bed->b.session, PAGE, true, &bed->b.bos[1]), -EDQUOT);
    drop(&bed->b, 0);
    use(&bed->a, 0, 1);
    while (gemd_bo_accept(bed->b.session, token, &bed->b.bos[0]) != 0) {
        /* Its CLOSE has not been read. */
    }
    close(token);
}

/* Until a batch is on the GPU. */
static void await_flight(const struct puppet *puppet)
{
    const struct gemd_connect_options options = {.socket = puppet->listener.path,
                                                 .role = GEMD_ROLE_OPERATOR};
    struct gemd_session *session;
    char *text = NULL;
    assert_int_equal(gemd_session_open(&options, &session, NULL), 0);
    do {
        free(text);
        assert_int_equal(gemd_query_status(session, &text), 0);
    } while (strstr(text, "batches_in_flight: 0\n") != NULL);
    free(text);
    gemd_session_close(session);
}

struct revoker {
    struct gemd_bo *bo;
    struct gemd_session *importer;
    uint64_t seqno; /* of its batch in flight */
    int result;
    bool passed; /* when the answer came */
};

static void *take_back(void *data)
{
    struct revoker *revoker = data;
    revoker->result = gemd_bo_revoke(revoker->bo);
    revoker->passed = gemd_seqno_passed(revoker->importer, revoker->seqno);
    return NULL;
}

/* What flies when a buffer is revoked lands, and only then the owner has its answer. */
static void revoking_waits_for_batches(void **state)
{
    struct bed *bed = *state;
    struct client *b = &bed->b;
    struct batch batch;
    uint64_t seqno;
    pthread_t thread;
    client_open(&bed->a, &bed->puppet);
    client_open(b, &bed->puppet);
    assert_int_equal(gemd_bo_create(bed->a.session, PAGE, true, &bed->a.bos[0]), 0);
    int token = gemd_bo_share(bed->a.bos[0], GEMD_USE_READ | GEMD_USE_WRITE);
    assert_int_equal(gemd_bo_accept(b->session, token, &b->bos[0]), 0);
    close(token);
    make(b, 1);
    batch_reset(&batch);
    batch_fill(&batch, b->bos[0], 64, 0, 0, 16, 2, 7);
    assert_int_equal(batch_submit(&batch, b->session, &seqno), 0);
    await_flight(&bed->puppet);
    struct revoker revoker = {.bo = bed->a.bos[0], .importer = b->session, .seqno = seqno};
    assert_int_equal(pthread_create(&thread, NULL, take_back, &revoker), 0);
    while (b->revocations == 0) {
        gemd_session_dispatch(b->session);
    }
    await_flight(&bed->puppet); /* a round trip: an answer at once would be there */
    assert_false(gemd_seqno_passed(b->session, seqno));
    batch_reset(&batch);
    batch_fill(&batch, b->bos[1], 64, 0, 0, 16, 2, PUPPET_START);
    assert_int_equal(batch_submit(&batch, b->session, &seqno), 0);
    pthread_join(thread, NULL);
    assert_int_equal(revoker.result, 0);
    assert_true(revoker.passed);
    assert_int_equal(gemd_seqno_wait(b->session, seqno, GEMD_FOREVER), 0);
    assert_int_equal(b->rejections, 0);
    use(b, 0, 1);
    assert_int_equal(b->rejections, 1);
    assert_string_equal(b->rejected.rule_name, "BUFFER_REVOKED");
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

#define TEST(test) cmocka_unit_test_setup_teardown(test, bed_setup, bed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(too_many_buffers_are_refused),
        TEST(too_many_bytes_are_refused),
        TEST(unneeded_buffers_make_room),
        TEST(kept_buffers_make_room),
        TEST(kept_buffers_are_one_sides),
        TEST(too_many_arenas_are_refused),
        TEST(too_many_windows_are_refused),
        TEST(a_users_sessions_share_its_limits),
        TEST(a_soft_limit_is_told_each_time_it_is_passed),
        TEST(telling_is_bounded),
        TEST(batches_stay_within_their_pages),
        TEST(a_users_sessions_make_way_for_each_other),
        TEST(one_batch_at_a_time_is_enough),
        TEST(importers_pay),
        cmocka_unit_test_setup_teardown(revoking_waits_for_batches, bed_setup_held, bed_teardown),
        cmocka_unit_test(kinds_have_names_and_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
