/* SPDX-License-Identifier: MIT */
/* Buffers that are not needed for now: they may lose what is in them, and their clients know. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"

enum { BYTES = 512 << 10, BOS = 4, PITCH = 1024, LIMIT = 1 << 20 }; /* two fit, not three */

struct bed {
    struct daemon daemon;
    struct gemd_session *session;
    struct gemd_bo *bos[BOS];
    char rule[GEMD_NAME_MAX];
};

static void on_event(void *data, const struct gemd_msg_header *event, const char *text)
{
    struct bed *bed = data;
    if (event->type == GEMD_MSG_BATCH_REJECTED) {
        memcpy(bed->rule, ((const struct gemd_msg_batch_rejected *)(const void *)event)->rule_name,
               sizeof(bed->rule));
    }
}

static int setup(void **state)
{
    static const char *const arguments[] = {"--purge-limit", "1", NULL};
    struct bed *bed = calloc(1, sizeof(*bed));
    daemon_start(&bed->daemon, arguments);
    bed->session = daemon_open(&bed->daemon, on_event, bed);
    for (unsigned i = 0; i < BOS; i++) {
        assert_int_equal(gemd_bo_create(bed->session, BYTES, i % 2 == 1, &bed->bos[i]), 0);
    }
    *state = bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    for (unsigned i = 0; i < BOS; i++) {
        gemd_bo_unref(bed->bos[i]);
    }
    gemd_session_close(bed->session);
    daemon_await_nothing(&bed->daemon);
    assert_int_equal(daemon_value(&bed->daemon, "unneeded_bytes"), 0);
    daemon_stop(&bed->daemon);
    free(bed);
    return 0;
}

/* Whether the batch was accepted. */
static bool fill(struct bed *bed, unsigned i, uint32_t colour)
{
    struct batch batch;
    uint64_t seqno, before = gemd_session_rejected(bed->session);
    batch_reset(&batch);
    batch_fill(&batch, bed->bos[i], PITCH, 0, 0, PITCH / 4, BYTES / PITCH, colour);
    assert_int_equal(batch_submit(&batch, bed->session, &seqno), 0);
    assert_int_equal(gemd_seqno_wait(bed->session, seqno, GEMD_FOREVER), 0);
    gemd_session_dispatch(bed->session);
    return gemd_session_rejected(bed->session) == before;
}

static void expect_all(struct gemd_bo *bo, uint32_t colour)
{
    const uint32_t *words = gemd_bo_map(bo);
    for (unsigned i = 0; i < BYTES / 4; i++) {
        assert_int_equal(words[i], colour);
    }
}

static void within_the_limit_all_is_kept(void **state)
{
    struct bed *bed = *state;
    bool retained = false;
    for (unsigned i = 0; i < 2; i++) {
        assert_true(fill(bed, i, 7 + i));
        assert_int_equal(gemd_bo_dont_need(bed->bos[i]), 0);
    }
    daemon_await(&bed->daemon, "unneeded_bytes", LIMIT);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(gemd_bo_need(bed->bos[i], &retained), 0);
        assert_true(retained);
        expect_all(bed->bos[i], 7 + i);
        assert_true(fill(bed, i, 9));
    }
    assert_int_equal(daemon_value(&bed->daemon, "purged_bytes"), 0);
}

/* On a device that pins its memory. */
static void expect_all_stays(struct bed *bed)
{
    bool retained = false;
    assert_int_equal(daemon_value(&bed->daemon, "unneeded_bytes"), 3 * BYTES);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(gemd_bo_need(bed->bos[i], &retained), 0);
        assert_true(retained);
        expect_all(bed->bos[i], 5);
    }
    assert_int_equal(daemon_value(&bed->daemon, "purged_bytes"), 0);
}

static void the_longest_unneeded_goes(void **state)
{
    struct bed *bed = *state;
    struct stat file;
    bool retained = false;
    static const unsigned order[] = {1, 0, 2};
    for (unsigned i = 0; i < 3; i++) {
        assert_true(fill(bed, order[i], 5));
        assert_int_equal(gemd_bo_dont_need(bed->bos[order[i]]), 0);
    }
    if (daemon_value(&bed->daemon, "can_purge") == 0) {
        expect_all_stays(bed);
        return;
    }
    daemon_await(&bed->daemon, "purged_bytes", BYTES);
    assert_int_equal(daemon_value(&bed->daemon, "unneeded_bytes"), LIMIT);
    int fd = gemd_bo_export(bed->bos[1]);
    assert_return_code(fstat(fd, &file), errno);
    assert_int_equal(file.st_blocks, 0); /* its memory has gone back */
    close(fd);
    assert_int_equal(gemd_bo_need(bed->bos[1], &retained), 0);
    assert_false(retained);
    expect_all(bed->bos[1], 0);
    assert_true(fill(bed, 1, 6));
    expect_all(bed->bos[1], 6);
    assert_int_equal(gemd_bo_need(bed->bos[1], &retained), 0);
    assert_true(retained);
    assert_int_equal(gemd_bo_need(bed->bos[0], &retained), 0);
    assert_true(retained);
    expect_all(bed->bos[0], 5);
    assert_int_equal(gemd_bo_need(bed->bos[2], &retained), 0);
    assert_true(retained);
}

static void batches_cannot_use_them(void **state)
{
    struct bed *bed = *state;
    bool retained = false;
    assert_int_equal(gemd_bo_dont_need(bed->bos[0]), 0);
    assert_int_equal(gemd_bo_dont_need(bed->bos[0]), 0);
    assert_false(fill(bed, 0, 5));
    assert_string_equal(bed->rule, "BUFFER_UNNEEDED");
    assert_int_equal(gemd_bo_need(bed->bos[0], &retained), 0);
    assert_true(fill(bed, 0, 5));
}

static void only_the_owner_may_say_so(void **state)
{
    struct bed *bed = *state;
    struct gemd_bo *bo;
    int token = gemd_bo_share(bed->bos[1], GEMD_USE_READ);
    assert_int_equal(gemd_bo_accept(bed->session, token, &bo), 0);
    close(token);
    assert_int_equal(gemd_bo_dont_need(bo), -EACCES);
    gemd_bo_unref(bo);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(within_the_limit_all_is_kept),
        TEST(the_longest_unneeded_goes),
        TEST(batches_cannot_use_them),
        TEST(only_the_owner_may_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
