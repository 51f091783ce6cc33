/* SPDX-License-Identifier: MIT */
/* Fences by themselves: pairs, and timelines as Linux' dma_fence_chain has them. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/gemd.h"
#include "winsys/drm/server/fence.h"
#include "winsys/drm/server/object.h"

static struct drm_fence *make(void)
{
    struct drm_fence *fence;

    assert_int_equal(drm_fence_create("test", "line", &fence), 0);
    return fence;
}

static void leaves_come_once(void **state)
{
    struct drm_fence *good = make(), *bad = make(), *done = drm_fence_done();
    struct drm_fence_info info;

    (void)state;
    assert_int_equal(drm_fence_status(good), 0);
    assert_int_equal(drm_fence_status(done), 1);
    assert_int_equal(drm_fence_tell(good, &info, 1), 1);
    assert_string_equal(info.driver, "test");
    assert_string_equal(info.timeline, "line");
    assert_int_equal(info.status, 0);
    assert_int_equal(info.time_ns, 0);
    const int64_t before = drm_now_ns();
    drm_fence_signal(good, 1);
    drm_fence_signal(good, -EIO);
    drm_fence_signal(bad, -EIO);
    assert_int_equal(drm_fence_status(good), 1);
    assert_int_equal(drm_fence_status(bad), -EIO);
    drm_fence_tell(good, &info, 1);
    assert_true(info.time_ns >= before && info.time_ns <= drm_now_ns());
    drm_fence_unref(good);
    drm_fence_unref(bad);
    drm_fence_unref(done);
}

static void names_are_cut(void **state)
{
    struct drm_fence_info info;
    struct drm_fence *fence;
    char name[100];

    (void)state;
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(drm_fence_create(name, name, &fence), 0);
    drm_fence_tell(fence, &info, 1);
    assert_int_equal(strlen(info.driver), DRM_FENCE_NAME_MAX - 1);
    assert_int_equal(strlen(info.timeline), DRM_FENCE_NAME_MAX - 1);
    drm_fence_unref(fence);
}

static void a_pair_is_done_when_both_are(void **state)
{
    struct drm_fence *a = make(), *b = make(), *pair, *again;

    (void)state;
    assert_int_equal(drm_fence_merge(a, b, &pair), 0);
    assert_int_equal(drm_fence_tell(pair, NULL, 0), 2);
    drm_fence_signal(b, 1);
    assert_int_equal(drm_fence_status(pair), 0);
    assert_int_equal(drm_fence_merge(pair, b, &again), 0);
    assert_ptr_equal(again, a); /* what is done is left out */
    drm_fence_unref(again);
    drm_fence_signal(a, -EIO);
    assert_int_equal(drm_fence_status(pair), -EIO);
    assert_int_equal(drm_fence_merge(pair, b, &again), 0);
    assert_int_equal(drm_fence_status(again), 1);
    assert_int_equal(drm_fence_tell(again, NULL, 0), 1);
    drm_fence_unref(again);
    drm_fence_unref(pair);
    drm_fence_unref(a);
    drm_fence_unref(b);
}

/* ---- timelines ---- */

#define POINTS 3

/* Points 10, 20, 30 of one timeline. */
static struct drm_fence *make_line(struct drm_fence *leaves[POINTS])
{
    struct drm_fence *line = NULL;

    for (unsigned i = 0; i < POINTS; i++) {
        struct drm_fence *longer;
        leaves[i] = make();
        assert_int_equal(drm_fence_chain(line, leaves[i], 10 * (i + 1), &longer), 0);
        drm_fence_unref(line);
        line = longer;
    }
    return line;
}

static void drop_line(struct drm_fence *line, struct drm_fence *leaves[POINTS])
{
    drm_fence_unref(line);
    for (unsigned i = 0; i < POINTS; i++) {
        drm_fence_unref(leaves[i]);
    }
}

/* How many leaves the part of a point has; 0: it is done long since. */
static unsigned part_of(struct drm_fence *line, uint64_t point)
{
    struct drm_fence *part;

    assert_int_equal(drm_fence_find(line, point, &part), 0);
    const unsigned leaves = part != NULL ? drm_fence_tell(part, NULL, 0) : 0;
    drm_fence_unref(part);
    return leaves;
}

static void points_are_found(void **state)
{
    struct drm_fence *leaves[POINTS], *line = make_line(leaves), *part;

    (void)state;
    assert_int_equal(part_of(line, 0), 3);
    assert_int_equal(part_of(line, 30), 3);
    assert_int_equal(part_of(line, 21), 3);
    assert_int_equal(part_of(line, 20), 2);
    assert_int_equal(part_of(line, 11), 2);
    assert_int_equal(part_of(line, 10), 1);
    assert_int_equal(part_of(line, 1), 1);
    assert_int_equal(drm_fence_find(line, 31, &part), -EINVAL);
    assert_int_equal(drm_fence_find(leaves[0], 1, &part), -EINVAL);
    assert_null(part);
    drop_line(line, leaves);
}

static void a_point_wants_all_before_it(void **state)
{
    struct drm_fence *leaves[POINTS], *line = make_line(leaves);

    (void)state;
    assert_int_equal(drm_fence_point(line, true), 30);
    assert_int_equal(drm_fence_point(line, false), 0);
    drm_fence_signal(leaves[1], 1);
    drm_fence_signal(leaves[2], 1);
    assert_int_equal(drm_fence_status(line), 0);
    assert_int_equal(drm_fence_point(line, false), 0);
    drm_fence_signal(leaves[0], 1);
    assert_int_equal(drm_fence_point(line, false), 30);
    assert_int_equal(drm_fence_status(line), 1);
    assert_int_equal(part_of(line, 10), 0);
    assert_int_equal(part_of(line, 30), 1);
    drop_line(line, leaves);
}

static void how_far_it_has_come(void **state)
{
    struct drm_fence *leaves[POINTS], *line = make_line(leaves);

    (void)state;
    drm_fence_signal(leaves[0], 1);
    assert_int_equal(drm_fence_point(line, false), 10);
    drm_fence_signal(leaves[1], 1);
    assert_int_equal(drm_fence_point(line, false), 20);
    assert_int_equal(part_of(line, 15), 0);
    assert_int_equal(drm_fence_point(leaves[0], false), 0);
    assert_int_equal(drm_fence_point(NULL, true), 0);
    drop_line(line, leaves);
}

static void what_goes_back_begins_anew(void **state)
{
    struct drm_fence *leaves[POINTS], *line = make_line(leaves), *late = make(), *back;

    (void)state;
    assert_int_equal(drm_fence_chain(line, late, 5, &back), 0);
    assert_int_equal(drm_fence_point(back, true), 30);
    assert_int_equal(drm_fence_point(back, false), 0);
    assert_int_equal(part_of(back, 10), 4);
    drm_fence_signal(late, 1);
    assert_int_equal(drm_fence_status(back), 0);
    drm_fence_unref(back);
    drm_fence_unref(late);
    drop_line(line, leaves);
}

/* A timeline of a hundred thousand points: what is done takes no memory, and no stack. */
static void long_timelines_are_short(void **state)
{
    struct drm_fence *line = make(), *done = drm_fence_done(), *longer;
    struct drm_fence *first = drm_fence_ref(line);

    (void)state;
    for (uint64_t i = 1; i <= 100000; i++) {
        assert_int_equal(drm_fence_chain(line, done, i, &longer), 0);
        drm_fence_unref(line);
        line = longer;
    }
    assert_int_equal(drm_fence_tell(line, NULL, 0), 2); /* the last one, and what it began with */
    drm_fence_signal(first, 1);
    assert_int_equal(drm_fence_point(line, false), 100000);
    assert_int_equal(drm_fence_tell(line, NULL, 0), 1);
    drm_fence_unref(line);
    line = make();
    for (uint64_t i = 1; i <= 10000; i++) {
        assert_int_equal(drm_fence_chain(line, first, i, &longer), 0);
        drm_fence_unref(line);
        line = longer;
    }
    drm_fence_unref(line);
    drm_fence_unref(first);
    drm_fence_unref(done);
}

/* ---- waiting ---- */

static void *signal_it(void *fence)
{
    drm_fence_signal(fence, 1);
    return NULL;
}

static void waits_end(void **state)
{
    struct drm_fence *a = make(), *b = make(), *pair;
    pthread_t threads[2];

    (void)state;
    assert_int_equal(drm_fence_merge(a, b, &pair), 0);
    assert_int_equal(drm_fence_wait(pair, 0, -1), -ETIME);
    assert_int_equal(drm_fence_wait(pair, drm_now_ns() + 1000000, -1), -ETIME);
    assert_int_equal(pthread_create(&threads[0], NULL, signal_it, a), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, signal_it, b), 0);
    assert_int_equal(drm_fence_wait(pair, GEMD_FOREVER, -1), 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    drm_fence_unref(pair);
    drm_fence_unref(a);
    drm_fence_unref(b);
}

static void who_hangs_up_ends_the_wait(void **state)
{
    struct drm_fence *fence = make();
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    assert_int_equal(drm_fence_wait(fence, 0, ends[0]), -ETIME);
    close(ends[1]);
    assert_int_equal(drm_fence_wait(fence, GEMD_FOREVER, ends[0]), -ECANCELED);
    close(ends[0]);
    drm_fence_unref(fence);
}

static void other_descriptors_are_no_fences(void **state)
{
    struct drm_fence *fence;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(drm_fence_of_descriptor(ends[0], &fence), -EINVAL);
    assert_int_equal(drm_fence_of_descriptor(-1, &fence), -EINVAL);
    assert_null(fence);
    close(ends[0]);
    close(ends[1]);
}

/* Of which others may have a copy, too: nothing is taken out of it. */
static void pipes_are_fences_of_others(void **state)
{
    struct drm_fence *done, *lost;
    int good[2], bad[2];
    char byte;

    (void)state;
    assert_int_equal(pipe(good), 0);
    assert_int_equal(pipe(bad), 0);
    assert_int_equal(drm_fence_of_pipe(good[0], &done), 0);
    assert_int_equal(drm_fence_of_pipe(bad[0], &lost), 0);
    assert_int_equal(drm_fence_status(done), 0);
    assert_int_equal(drm_fence_wait(done, 0, -1), -ETIME);
    assert_int_equal(write(good[1], "", 1), 1);
    close(good[1]);
    close(bad[1]);
    assert_int_equal(drm_fence_wait(done, GEMD_FOREVER, -1), 0);
    assert_int_equal(drm_fence_status(done), 1);
    assert_int_equal(drm_fence_status(lost), -EIO);
    assert_int_equal(read(good[0], &byte, 1), 1);
    drm_fence_unref(done);
    drm_fence_unref(lost);
    close(good[0]);
    close(bad[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_come_once),
        cmocka_unit_test(names_are_cut),
        cmocka_unit_test(a_pair_is_done_when_both_are),
        cmocka_unit_test(points_are_found),
        cmocka_unit_test(a_point_wants_all_before_it),
        cmocka_unit_test(how_far_it_has_come),
        cmocka_unit_test(what_goes_back_begins_anew),
        cmocka_unit_test(long_timelines_are_short),
        cmocka_unit_test(waits_end),
        cmocka_unit_test(who_hangs_up_ends_the_wait),
        cmocka_unit_test(other_descriptors_are_no_fences),
        cmocka_unit_test(pipes_are_fences_of_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
