/* SPDX-License-Identifier: MIT */
/* The daemon stays awake for a moment: what needs no doorbell then, and what ends it. */
#include "tests/unit/gemd/test.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/gemd/client_ring.h"
#include "tests/unit/gemd/puppet.h"

#define LONG_NS  60000000000u /* no test waits for its end */
#define SHORT_NS 300000000u
#define LARGE    (1u << 20) /* more than the library keeps when it is closed */

struct bed {
    struct puppet puppet;
    struct gemd_session *session;
    struct client_view view;
    struct gemd_bo *bo;
};

static void begin(struct bed *bed, uint64_t awake_ns)
{
    *bed = (struct bed){.puppet.awake_ns = awake_ns};
    puppet_start(&bed->puppet, 10000);
    bed->session = puppet_open(&bed->puppet, NULL, NULL);
    bed->view = client_view(bed->session);
    assert_int_equal(gemd_bo_create(bed->session, 4096, false, &bed->bo), 0);
}

static void end(struct bed *bed)
{
    gemd_bo_unref(bed->bo);
    gemd_session_close(bed->session);
    puppet_finish(&bed->puppet);
}

static void draw(struct bed *bed)
{
    uint64_t seqno = puppet_fill(bed->session, bed->bo, 1);
    assert_int_equal(gemd_seqno_wait(bed->session, seqno, GEMD_FOREVER), 0);
}

static uint64_t take_rings(const struct bed *bed)
{
    uint64_t count = 0;
    return read(bed->view.doorbell, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

static void nobody_rings_while_it_is_awake(void **state)
{
    struct bed bed;
    begin(&bed, LONG_NS);
    draw(&bed);
    (void)take_rings(&bed);
    for (unsigned i = 0; i < 100; i++) {
        assert_false(client_wants_doorbell(&bed.view));
        draw(&bed);
    }
    assert_int_equal(take_rings(&bed), 0);
    end(&bed);
    assert_int_equal(bed.puppet.ran, 101);
    assert_int_equal(bed.puppet.vigils, 1);
}

/* Others come, draw and go in the midst of it, more than it looks at. */
static void others_get_their_chance(void **state)
{
    enum { OTHERS = 2 * VIGIL_SESSIONS };
    struct bed bed, others[OTHERS];
    begin(&bed, LONG_NS);
    draw(&bed);
    for (unsigned i = 0; i < OTHERS; i++) {
        others[i] = (struct bed){.session = puppet_open(&bed.puppet, NULL, NULL)};
        assert_int_equal(gemd_bo_create(others[i].session, 4096, false, &others[i].bo), 0);
        draw(&others[i]);
        draw(&bed);
    }
    for (unsigned i = 0; i < OTHERS; i++) {
        draw(&others[i]);
        gemd_bo_unref(others[i].bo);
        gemd_session_close(others[i].session); /* perhaps while it is looked at */
        draw(&bed);
    }
    end(&bed);
    assert_int_equal(bed.puppet.ran, 1 + 4 * OTHERS);
}

static void it_ends_when_nothing_comes(void **state)
{
    struct bed bed;
    begin(&bed, 1);
    draw(&bed);
    while (!client_wants_doorbell(&bed.view)) {
        usleep(1000);
    }
    draw(&bed); /* by the doorbell, as ever */
    end(&bed);
}

/* Only batches make it longer: a client cannot keep the daemon awake with nothing. */
static void records_do_not_make_it_longer(void **state)
{
    struct bed bed;
    begin(&bed, SHORT_NS);
    draw(&bed);
    while (!client_wants_doorbell(&bed.view)) {
        struct gemd_bo *bo;
        assert_int_equal(gemd_bo_create(bed.session, LARGE, false, &bo), 0);
        gemd_bo_unref(bo);
    }
    end(&bed);
}

static void what_is_in_vain_is_seldom_tried(void **state)
{
    enum { DRAWS = 200 };
    struct bed bed;
    begin(&bed, 1);
    for (unsigned i = 0; i < DRAWS; i++) {
        draw(&bed);
        while (!client_wants_doorbell(&bed.view)) {
            usleep(100);
        }
    }
    end(&bed);
    assert_in_range(bed.puppet.vigils, 1, DRAWS / 10);
}

static void without_time_there_is_none(void **state)
{
    struct bed bed;
    begin(&bed, 0);
    for (unsigned i = 0; i < 10; i++) {
        draw(&bed);
    }
    end(&bed);
    assert_int_equal(bed.puppet.vigils, 0);
}

/* On one processor nobody else could do anything meanwhile. */
static void one_processor_has_no_vigils(void **state)
{
    cpu_set_t before, one;
    assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
    CPU_ZERO(&one);
    for (unsigned i = 0; CPU_COUNT(&one) == 0; i++) {
        if (CPU_ISSET(i, &before)) {
            CPU_SET(i, &one);
        }
    }
    assert_int_equal(vigil_usual_ns(), CPU_COUNT(&before) > 1 ? VIGIL_NS : 0);
    assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
    assert_int_equal(vigil_usual_ns(), 0);
    assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_rings_while_it_is_awake),
        cmocka_unit_test(others_get_their_chance),
        cmocka_unit_test(it_ends_when_nothing_comes),
        cmocka_unit_test(records_do_not_make_it_longer),
        cmocka_unit_test(what_is_in_vain_is_seldom_tried),
        cmocka_unit_test(without_time_there_is_none),
        cmocka_unit_test(one_processor_has_no_vigils),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
