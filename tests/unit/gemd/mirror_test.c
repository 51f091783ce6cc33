/* SPDX-License-Identifier: MIT */
/* The live view, as its viewers get it, with a clock and a pipe that the test moves. */
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

/* ---- frames ---- */

static void each_frame_comes_once(void **state)
{
    struct mirror_bed *bed = *state;
    const uint64_t before = bed->stage.server->mirror.copies;
    struct gemd_msg_mirror_picture last = {0};
    for (uint32_t i = 1; i <= 100; i++) {
        mirror_bed_present(bed, i);
        mirror_bed_expect_nothing(&bed->viewer);
        stage_vblank(&bed->stage);
        struct gemd_msg_mirror_picture picture =
            mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, i);
        assert_int_equal(picture.time_ns, bed->stage.now);
        assert_int_equal(picture.lost, 0);
        if (i > 1) {
            assert_int_equal(picture.sequence, last.sequence + 1);
            assert_int_equal(picture.number, last.number + 1);
        }
        last = picture;
        mirror_bed_give_back(&bed->viewer, &picture);
    }
    mirror_bed_expect_nothing(&bed->viewer);
    assert_int_equal(bed->stage.server->mirror.copies, before + 100);
    assert_int_equal(bed->stage.server->mirror.copied_bytes % STAGE_BUFFER_BYTES, 0);
}

static void nothing_is_copied_when_nothing_changes(void **state)
{
    struct mirror_bed *bed = *state;
    const struct mirror *mirror = &bed->stage.server->mirror;
    const uint64_t copies = mirror->copies, bytes = mirror->copied_bytes;
    for (int i = 0; i < 50; i++) {
        stage_vblank(&bed->stage);
        mirror_bed_expect_nothing(&bed->viewer);
    }
    assert_int_equal(mirror->copies, copies);
    assert_int_equal(mirror->copied_bytes, bytes);
}

/* The daemon hears of it with the next interrupt, or when it shows the next frame. */
static void frames_whose_interrupt_was_lost_come_too(void **state)
{
    struct mirror_bed *bed = *state;
    for (uint32_t i = 1; i <= 20; i += 2) {
        const bool mailbox = i % 4 == 1;
        mirror_bed_present(bed, i);
        const uint64_t vblank = scanout_vblank(&bed->stage.server->display.scanout) + 1;
        stage_lose_vblank(&bed->stage);
        mirror_bed_present_with(bed, i + 1, mailbox ? GEMD_PRESENT_MAILBOX : 0);
        stage_vblank(&bed->stage);
        struct gemd_msg_mirror_picture first =
            mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, i);
        assert_int_equal(first.sequence, vblank);
        if (!mailbox) {
            mirror_bed_expect_nothing(&bed->viewer);
            stage_vblank(&bed->stage);
        }
        struct gemd_msg_mirror_picture second =
            mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, i + 1);
        assert_int_equal(second.sequence, vblank + (mailbox ? 1 : 2));
        mirror_bed_give_back(&bed->viewer, &first);
        mirror_bed_give_back(&bed->viewer, &second);
    }
}

static void who_is_slow_loses_pictures_and_is_told(void **state)
{
    struct mirror_bed *bed = *state;
    struct gemd_msg_mirror_picture kept[4];
    for (uint32_t i = 0; i < 4; i++) {
        mirror_bed_present(bed, i + 1);
        stage_vblank(&bed->stage);
        kept[i] = mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, i + 1);
    }
    const uint64_t copies = bed->stage.server->mirror.copies;
    for (uint32_t i = 5; i <= 15; i++) {
        mirror_bed_present(bed, i);
        stage_vblank(&bed->stage);
        mirror_bed_expect_nothing(&bed->viewer);
    }
    assert_int_equal(bed->stage.server->mirror.copies, copies);
    /* What it has is still as it was. */
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(mirror_bed_pixel(&bed->viewer, &kept[i], 5, 5), i + 1);
    }
    /* The newest comes as soon as there is a slot, and no other. */
    mirror_bed_give_back(&bed->viewer, &kept[2]);
    struct gemd_msg_mirror_picture newest =
        mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, 15);
    assert_int_equal(newest.lost, 10);
    assert_int_equal(newest.slot, kept[2].slot);
    assert_int_equal(newest.number, kept[3].number + 11);
    assert_int_equal(newest.sequence, kept[3].sequence + 11);
    mirror_bed_give_back(&bed->viewer, &kept[0]);
    mirror_bed_expect_nothing(&bed->viewer);
}

static void several_have_the_same(void **state)
{
    struct mirror_bed *bed = *state;
    struct mirror_bed_viewer others[MIRROR_VIEWERS_MAX - 1], one_more;
    for (unsigned i = 0; i < MIRROR_VIEWERS_MAX - 1; i++) {
        mirror_bed_viewer_begin(&others[i], &bed->stage, 2 + i, GROUND);
    }
    mirror_bed_expect_nothing(&bed->viewer);
    mirror_bed_viewer_open(&one_more, &bed->stage);
    mirror_bed_viewer_ask(&one_more, 2);
    mirror_bed_expect_refusal(&one_more, -EBUSY, "there are 8 already");
    mirror_bed_present(bed, 77);
    stage_vblank(&bed->stage);
    mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, 77);
    for (unsigned i = 0; i < MIRROR_VIEWERS_MAX - 1; i++) {
        struct gemd_msg_mirror_picture picture =
            mirror_bed_expect_picture(&others[i], GEMD_MIRROR_FLIP, 77);
        if (i % 2 == 0) {
            mirror_bed_give_back(&others[i], &picture);
        }
    }
    for (unsigned i = 0; i < MIRROR_VIEWERS_MAX - 1; i += 2) {
        mirror_bed_viewer_die(&others[i]);
    }
    mirror_bed_present(bed, 78);
    stage_vblank(&bed->stage);
    mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, 78);
    for (unsigned i = 1; i < MIRROR_VIEWERS_MAX - 1; i += 2) {
        mirror_bed_expect_picture(&others[i], GEMD_MIRROR_FLIP, 78);
        mirror_bed_viewer_die(&others[i]);
    }
    mirror_bed_viewer_die(&one_more);
}

/* Nothing of it stays, also when it was being copied for. */
static void a_viewer_may_go_at_any_time(void **state)
{
    struct mirror_bed *bed = *state;
    struct mirror_bed_viewer other;
    mirror_bed_viewer_begin(&other, &bed->stage, 2, GROUND);
    mirror_bed_present(bed, 5);
    stage_lose_vblank(&bed->stage);
    display_vblank(&bed->stage.server->display); /* and no turn of the loop */
    assert_true(bed->stage.server->mirror.copying);
    session_end(other.session);
    assert_true(bed->stage.server->mirror.copying);
    session_end(bed->viewer.session);
    assert_false(bed->stage.server->mirror.copying);
    mirror_bed_viewer_die(&other);
    mirror_bed_viewer_die(&bed->viewer);
    mirror_bed_viewer_begin(&bed->viewer, &bed->stage, 2, 5);
}

/* Before its buffer is the client's again. */
static void a_copy_is_whole_before_its_frame_goes(void **state)
{
    struct mirror_bed *bed = *state;
    mirror_bed_present(bed, 5);
    stage_lose_vblank(&bed->stage);
    display_vblank(&bed->stage.server->display);
    assert_true(bed->stage.server->mirror.copying);
    actor_present(&bed->client, bed->window, 4, 1, 0); /* runs the loop: it is copied */
    assert_false(bed->stage.server->mirror.copying);
    mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, 5);
    /* A picture that is still due is taken when another frame is about to take its place. */
    struct mirror *mirror = &bed->stage.server->mirror;
    mirror_change(mirror, GEMD_MIRROR_DRAWN, 3);
    mirror_settle(mirror, 3);
    mirror_bed_expect_nothing(&bed->viewer);
    mirror_settle(mirror, 4);
    mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_DRAWN, 5);
}

/* ---- cursor, palette, modes ---- */

static void send_cursor(struct mirror_bed *bed, uint32_t argb)
{
    struct gemd_msg_cursor_image image;
    uint32_t pixels[64 * 64];
    for (unsigned i = 0; i < 64 * 64; i++) {
        pixels[i] = argb;
    }
    int fd = memfile_create("cursor", sizeof(pixels));
    assert_int_equal(pwrite(fd, pixels, sizeof(pixels), 0), sizeof(pixels));
    codec_begin(&image, GEMD_MSG_CURSOR_IMAGE, ++bed->client.serial);
    image.window = bed->window;
    image.side = 64;
    assert_int_equal(packet_send(bed->client.socket, &image, &fd, MSG_DONTWAIT), 0);
    close(fd);
    stage_settle(&bed->stage);
    actor_expect(&bed->client, GEMD_MSG_DONE, NULL);
}

static void move_cursor(struct mirror_bed *bed, bool visible, int32_t x, int32_t y)
{
    struct gemd_msg_cursor_move move;
    codec_begin(&move, GEMD_MSG_CURSOR_MOVE, 0);
    move.window = bed->window;
    move.visible = visible;
    move.x = x;
    move.y = y;
    actor_send(&bed->client, &move);
    actor_expect(&bed->client, GEMD_MSG_DONE, NULL);
}

static void cursors_are_seen_from_the_next_vblank_on(void **state)
{
    struct mirror_bed *bed = *state;
    struct gemd_msg_mirror_picture picture;
    send_cursor(bed, 0xff445566u);
    move_cursor(bed, true, 10, 10);
    move_cursor(bed, true, 20, 30); /* one picture for all before a vblank */
    mirror_bed_expect_nothing(&bed->viewer);
    stage_vblank(&bed->stage);
    mirror_bed_expect(&bed->viewer, GEMD_MSG_MIRROR_PICTURE, &picture);
    assert_int_equal(picture.causes, GEMD_MIRROR_CURSOR);
    assert_int_equal(mirror_bed_pixel(&bed->viewer, &picture, 20, 30), 0x445566u);
    assert_int_equal(mirror_bed_pixel(&bed->viewer, &picture, 19, 30), GROUND);
    assert_int_equal(mirror_bed_pixel(&bed->viewer, &picture, 20, 29), GROUND);
    mirror_bed_give_back(&bed->viewer, &picture);
    /* The same once more is nothing. */
    move_cursor(bed, true, 20, 30);
    stage_vblank(&bed->stage);
    mirror_bed_expect_nothing(&bed->viewer);
    /* A frame that is up has its cursor, and not the one that follows it. */
    mirror_bed_present(bed, 9);
    stage_lose_vblank(&bed->stage);
    struct display *display = &bed->stage.server->display;
    struct window *window = bed->client.session->windows[bed->window];
    display_vblank(display);
    assert_true(bed->stage.server->mirror.copying); /* and no turn of the loop until it moves */
    display_touch_cursor(display, window);
    window_cursor_move(&window->cursor, false, 0, 0, false);
    assert_int_equal(display_update_cursor(display, window), 0);
    mirror_bed_expect(&bed->viewer, GEMD_MSG_MIRROR_PICTURE, &picture);
    assert_int_equal(picture.causes, GEMD_MIRROR_FLIP);
    assert_int_equal(mirror_bed_pixel(&bed->viewer, &picture, 20, 30), 0x445566u);
    assert_int_equal(mirror_bed_pixel(&bed->viewer, &picture, 0, 0), 9);
    stage_vblank(&bed->stage);
    mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_CURSOR, 9);
}

static void send_palette(struct mirror_bed *bed, uint32_t colour)
{
    struct gemd_msg_palette palette;
    uint32_t words[GEMD_PALETTE_WORDS];
    for (unsigned i = 0; i < GEMD_PALETTE_WORDS; i++) {
        words[i] = colour;
    }
    int fd = memfile_create("palette", sizeof(words));
    assert_int_equal(pwrite(fd, words, sizeof(words), 0), sizeof(words));
    codec_begin(&palette, GEMD_MSG_PALETTE, ++bed->client.serial);
    palette.window = bed->window;
    palette.depth = 8;
    assert_int_equal(packet_send(bed->client.socket, &palette, &fd, MSG_DONTWAIT), 0);
    close(fd);
    stage_settle(&bed->stage);
    actor_expect(&bed->client, GEMD_MSG_DONE, NULL);
}

static void palettes_are_seen(void **state)
{
    struct mirror_bed *bed = *state;
    send_palette(bed, 0x0000ffu);
    stage_vblank(&bed->stage);
    struct gemd_msg_mirror_picture picture = mirror_bed_expect_picture(
        &bed->viewer, GEMD_MIRROR_PALETTE | GEMD_MIRROR_FLIP, 0x0000ffu); /* goes up once more */
    mirror_bed_give_back(&bed->viewer, &picture);
    send_palette(bed, 0x00ff00u);
    mirror_bed_expect_nothing(&bed->viewer);
    stage_vblank(&bed->stage);
    picture = mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_PALETTE, 0x00ff00u);
    mirror_bed_give_back(&bed->viewer, &picture);
    send_palette(bed, 0x00ff00u);
    stage_vblank(&bed->stage);
    mirror_bed_expect_nothing(&bed->viewer);
}

static void another_size_is_another_file(void **state)
{
    struct mirror_bed *bed = *state;
    struct gemd_msg_mirror_picture picture;
    mirror_bed_present(bed, 3);
    stage_vblank(&bed->stage);
    picture = mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, 3);
    const uint32_t window = actor_create_window(&bed->client, 32, 48);
    stage_vblank(&bed->stage); /* the plane goes off, the mode changes */
    stage_vblank(&bed->stage);
    mirror_bed_expect_file(&bed->viewer, 32, 48);
    assert_int_equal(bed->viewer.file.generation, 2);
    mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_MODE | GEMD_MIRROR_FLIP, 0);
    /* A slot of the old file is no slot of the new one. */
    mirror_bed_give_back(&bed->viewer, &picture);
    mirror_bed_expect_nothing(&bed->viewer);
    assert_int_equal(bed->stage.server->mirror.viewer_count, 1);
    actor_destroy_window(&bed->client, window);
    actor_expect(&bed->client, GEMD_MSG_DONE, NULL);
    stage_vblank(&bed->stage);
    mirror_bed_expect_file(&bed->viewer, STAGE_SIZE, STAGE_SIZE);
    mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_MODE | GEMD_MIRROR_FLIP,
                              3); /* from below */
}

static void the_pipe_goes_off_and_on(void **state)
{
    struct mirror_bed *bed = *state;
    struct gemd_msg_mirror_picture off;
    actor_destroy_window(&bed->client, bed->window);
    stage_vblank(&bed->stage);
    stage_vblank(&bed->stage);
    actor_expect(&bed->client, GEMD_MSG_DONE, NULL);
    mirror_bed_expect(&bed->viewer, GEMD_MSG_MIRROR_PICTURE, &off);
    assert_int_equal(off.on, 0);
    assert_int_equal(off.causes & GEMD_MIRROR_OFF, GEMD_MIRROR_OFF);
    mirror_bed_give_back(&bed->viewer, &off);
    /* Who comes now is told so, and has no file. */
    struct mirror_bed_viewer other;
    mirror_bed_viewer_open(&other, &bed->stage);
    mirror_bed_viewer_ask(&other, 2);
    mirror_bed_expect(&other, GEMD_MSG_DONE, NULL);
    mirror_bed_expect(&other, GEMD_MSG_MIRROR_PICTURE, &off);
    assert_int_equal(off.on, 0);
    assert_int_equal(off.generation, 0);
    mirror_bed_give_back(&other, &off);
    mirror_bed_expect_nothing(&other);
    bed->window = actor_create_window(&bed->client, 0, 0);
    bed->client.frames[bed->window] = 0;
    mirror_bed_present(bed, 8);
    stage_vblank(&bed->stage);
    mirror_bed_expect_file(&other, STAGE_SIZE, STAGE_SIZE);
    mirror_bed_expect_picture(&other, GEMD_MIRROR_MODE | GEMD_MIRROR_FLIP, 8);
    mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_MODE | GEMD_MIRROR_FLIP, 8);
    mirror_bed_viewer_die(&other);
}

static void a_look_brings_what_a_processor_drew(void **state)
{
    struct mirror_bed *bed = *state;
    struct gemd_msg_mirror_look look;
    mirror_bed_paint(bed, 0, 0x123456u);
    stage_vblank(&bed->stage);
    mirror_bed_expect_nothing(&bed->viewer);
    codec_begin(&look, GEMD_MSG_MIRROR_LOOK, 0);
    mirror_bed_send_to(&bed->viewer, &look);
    stage_settle(&bed->stage);
    mirror_bed_expect(&bed->viewer, GEMD_MSG_DONE, NULL);
    mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_ASKED, 0x123456u);
}

static void what_a_processor_drew_comes_when_it_is_told(void **state)
{
    struct mirror_bed *bed = *state;
    struct gemd_msg_window_drawn drawn;
    struct gemd_msg_error error;
    mirror_bed_paint(bed, 0, 0x123456u);
    codec_begin(&drawn, GEMD_MSG_WINDOW_DRAWN, 0);
    drawn.window = bed->window;
    actor_send(&bed->client, &drawn);
    actor_expect(&bed->client, GEMD_MSG_DONE, NULL);
    mirror_bed_expect_nothing(&bed->viewer);
    stage_vblank(&bed->stage);
    mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_DRAWN, 0x123456u);
    drawn.window = bed->window + 1;
    actor_send(&bed->client, &drawn);
    actor_expect(&bed->client, GEMD_MSG_ERROR, &error);
    assert_int_equal(error.error, -ENOENT);
    drawn.window = UINT32_MAX;
    actor_send(&bed->client, &drawn);
    actor_expect(&bed->client, GEMD_MSG_ERROR, &error);
    assert_int_equal(error.error, -ENOENT);
    /* One that is hidden is not seen, once the other has a frame up. */
    const uint32_t other = actor_create_window(&bed->client, 0, 0);
    stage_vblank(&bed->stage);
    mirror_bed_expect_nothing(&bed->viewer);
    mirror_bed_paint(bed, 3, 0x44u);
    actor_present(&bed->client, other, 4, 1, 0);
    stage_vblank(&bed->stage);
    mirror_bed_expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, 0x44u);
    drawn.window = bed->window;
    actor_send(&bed->client, &drawn);
    actor_expect(&bed->client, GEMD_MSG_DONE, NULL);
    stage_vblank(&bed->stage);
    mirror_bed_expect_nothing(&bed->viewer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_frame_comes_once, mirror_bed_setup,
                                        mirror_bed_teardown),
        cmocka_unit_test_setup_teardown(nothing_is_copied_when_nothing_changes, mirror_bed_setup,
                                        mirror_bed_teardown),
        cmocka_unit_test_setup_teardown(frames_whose_interrupt_was_lost_come_too, mirror_bed_setup,
                                        mirror_bed_teardown),
        cmocka_unit_test_setup_teardown(who_is_slow_loses_pictures_and_is_told, mirror_bed_setup,
                                        mirror_bed_teardown),
        cmocka_unit_test_setup_teardown(several_have_the_same, mirror_bed_setup,
                                        mirror_bed_teardown),
        cmocka_unit_test_setup_teardown(a_viewer_may_go_at_any_time, mirror_bed_setup,
                                        mirror_bed_teardown),
        cmocka_unit_test_setup_teardown(a_copy_is_whole_before_its_frame_goes, mirror_bed_setup,
                                        mirror_bed_teardown),
        cmocka_unit_test_setup_teardown(cursors_are_seen_from_the_next_vblank_on, mirror_bed_setup,
                                        mirror_bed_teardown),
        cmocka_unit_test_setup_teardown(palettes_are_seen, mirror_bed_setup, mirror_bed_teardown),
        cmocka_unit_test_setup_teardown(another_size_is_another_file, mirror_bed_setup,
                                        mirror_bed_teardown),
        cmocka_unit_test_setup_teardown(the_pipe_goes_off_and_on, mirror_bed_setup,
                                        mirror_bed_teardown),
        cmocka_unit_test_setup_teardown(a_look_brings_what_a_processor_drew, mirror_bed_setup,
                                        mirror_bed_teardown),
        cmocka_unit_test_setup_teardown(what_a_processor_drew_comes_when_it_is_told,
                                        mirror_bed_setup, mirror_bed_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
