/* SPDX-License-Identifier: MIT */
/* What the live view refuses, to whom, and what it costs who does not read. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gemd/admission.h"
#include "gemd/chaos.h"
#include "gemd/mirror_viewer.h"
#include "proto/memfile.h"
#include "tests/lib/raw.h"
#include "tests/unit/gemd/mirror_bed.h"

static void wrong_requests_are_refused(void **state)
{
    struct mirror_bed *bed = *state;
    struct gemd_msg_mirror_return give;
    struct gemd_msg_mirror_stop stop;
    struct gemd_msg_mirror_look look;
    struct mirror_bed_viewer other;
    mirror_bed_viewer_ask(&bed->viewer, 4);
    mirror_bed_expect_refusal(&bed->viewer, -EALREADY, "already");
    mirror_bed_viewer_open(&other, &bed->stage);
    mirror_bed_viewer_ask(&other, 1);
    mirror_bed_expect_refusal(&other, -EINVAL, "1 slots, not 2 to 64");
    mirror_bed_viewer_ask(&other, 65);
    mirror_bed_expect_refusal(&other, -EINVAL, "65 slots");
    codec_begin(&stop, GEMD_MSG_MIRROR_STOP, 0);
    codec_begin(&look, GEMD_MSG_MIRROR_LOOK, 0);
    codec_begin(&give, GEMD_MSG_MIRROR_RETURN, 0);
    void *const messages[] = {&stop, &look, &give};
    for (unsigned i = 0; i < 3; i++) {
        mirror_bed_send_to(&other, messages[i]);
        stage_settle(&bed->stage);
        mirror_bed_expect_refusal(&other, -ENOENT, "there is no live view");
    }
    static const struct {
        uint32_t generation, slot;
    } wrong[] = {{1, 0}, {1, 4}, {1, UINT32_MAX}, {2, 0}, {UINT32_MAX, 0}};
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        give.generation = wrong[i].generation;
        give.slot = wrong[i].slot;
        mirror_bed_send_to(&bed->viewer, &give);
        stage_settle(&bed->stage);
        mirror_bed_expect_refusal(&bed->viewer, -EINVAL, "is not the client's");
    }
    mirror_bed_send_to(&bed->viewer, &stop);
    stage_settle(&bed->stage);
    mirror_bed_expect(&bed->viewer, GEMD_MSG_DONE, NULL);
    mirror_bed_present(bed, 4);
    stage_vblank(&bed->stage);
    mirror_bed_expect_nothing(&bed->viewer);
    assert_int_equal(bed->stage.server->mirror.viewer_count, 0);
    mirror_bed_viewer_die(&other);
}

static void take_policy(struct mirror_bed *bed, const char *text)
{
    char reason[POLICY_REASON_MAX];
    int error;
    struct policy_names names = policy_system_names;
    names.self = geteuid();
    struct policy *policy = policy_parse("test", text, strlen(text), &names, &error, reason);
    assert_non_null(policy);
    assert_int_equal(admission_replace(bed->stage.server, policy), 0);
    stage_settle(&bed->stage);
}

static void ask_for_a_screenshot(struct mirror_bed_viewer *viewer)
{
    struct gemd_msg_screenshot shot;
    codec_begin(&shot, GEMD_MSG_SCREENSHOT, 0);
    mirror_bed_send_to(viewer, &shot);
    stage_settle(viewer->stage);
}

static void the_policy_gives_and_takes(void **state)
{
    struct mirror_bed *bed = *state;
    struct gemd_msg_mirror_ended ended;
    take_policy(bed, "allow any role operator sees all\n");
    mirror_bed_expect(&bed->viewer, GEMD_MSG_MIRROR_ENDED, &ended);
    assert_int_equal(ended.error, -EACCES);
    assert_non_null(strstr(ended.text, "may not see the screen: test, line 1"));
    assert_int_equal(bed->stage.server->mirror.viewer_count, 0);
    mirror_bed_present(bed, 4);
    stage_vblank(&bed->stage);
    mirror_bed_expect_nothing(&bed->viewer);
    mirror_bed_viewer_ask(&bed->viewer, 2);
    mirror_bed_expect_refusal(&bed->viewer, -EACCES, "may not see the screen: test, line 1");
    ask_for_a_screenshot(&bed->viewer);
    mirror_bed_expect_refusal(&bed->viewer, -EACCES, "may not see the screen");
    take_policy(bed, "# it may\nallow any role operator view yes\n");
    ask_for_a_screenshot(&bed->viewer);
    mirror_bed_expect(&bed->viewer, GEMD_MSG_SCREENSHOT_TAKEN, NULL);
    mirror_bed_viewer_ask(&bed->viewer, 2);
    mirror_bed_expect(&bed->viewer, GEMD_MSG_DONE, NULL);
    mirror_bed_expect_file(&bed->viewer, STAGE_SIZE, STAGE_SIZE);
    mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_ASKED, 4);
    /* A policy that does not take it away changes nothing. */
    take_policy(bed, "allow any role operator view yes\n");
    mirror_bed_expect_nothing(&bed->viewer);
}

/* What fails is made good when it is tried again. */
static void without_memory_it_comes_later(void **state)
{
    struct mirror_bed *bed = *state;
    struct mirror_bed_viewer other;
    mirror_bed_viewer_open(&other, &bed->stage);
    assert_true(chaos_start("1,alloc-mirror=1000"));
    mirror_bed_viewer_ask(&other, 2);
    mirror_bed_expect_refusal(&other, -ENOMEM, "live view");
    chaos_stop();
    assert_true(chaos_start("1,alloc-mirror-file=1000"));
    mirror_bed_viewer_ask(&other, 2);
    mirror_bed_expect(&other, GEMD_MSG_DONE, NULL);
    stage_vblank(&bed->stage);
    mirror_bed_expect_nothing(&other);
    chaos_stop();
    stage_vblank(&bed->stage);
    mirror_bed_expect_file(&other, STAGE_SIZE, STAGE_SIZE);
    mirror_bed_expect_picture(&other, GEMD_MIRROR_ASKED, GROUND);
    mirror_bed_viewer_die(&other);
}

/* Who does not read at all holds nobody up, and is no reason to copy. */
static void who_reads_nothing_costs_nothing(void **state)
{
    struct mirror_bed *bed = *state;
    struct mirror_bed_viewer other;
    mirror_bed_viewer_begin(&other, &bed->stage, 64, GROUND);
    for (uint32_t i = 1; i <= 200; i++) {
        mirror_bed_present(bed, i);
        stage_vblank(&bed->stage);
        struct gemd_msg_mirror_picture picture =
            mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, i);
        mirror_bed_give_back(&bed->viewer, &picture);
    }
    assert_true(other.session->outbox.count <= OUTBOX_MAX / 2);
    assert_true(bed->stage.server->mirror.copies <= 2 + 200 + 64 + 1);
    struct gemd_msg_mirror_picture last = {0};
    for (uint32_t i = 1; i <= 64; i++) {
        last = mirror_bed_expect_picture(&other, GEMD_MIRROR_FLIP, i);
        stage_settle(&bed->stage);
    }
    mirror_bed_give_back(&other, &last);
    last = mirror_bed_expect_picture(&other, GEMD_MIRROR_FLIP, 200);
    assert_int_equal(last.lost, 200 - 64 - 1);
    mirror_bed_viewer_die(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wrong_requests_are_refused, mirror_bed_setup,
                                        mirror_bed_teardown),
        cmocka_unit_test_setup_teardown(the_policy_gives_and_takes, mirror_bed_setup,
                                        mirror_bed_teardown),
        cmocka_unit_test_setup_teardown(without_memory_it_comes_later, mirror_bed_setup,
                                        mirror_bed_teardown),
        cmocka_unit_test_setup_teardown(who_reads_nothing_costs_nothing, mirror_bed_setup,
                                        mirror_bed_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
