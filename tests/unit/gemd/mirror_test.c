/* SPDX-License-Identifier: MIT */
/* The live view, as its viewers get it, with a clock and a pipe that the test moves. */
#include "tests/unit/gemd/test.h"

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
#include "tests/unit/gemd/stage.h"

#define GROUND 0x102030u

/* An operator. */
struct viewer {
    struct stage *stage;
    struct session *session; /* the daemon's end */
    int socket;
    uint64_t serial;
    struct gemd_msg_mirror_file file;
    uint8_t *map;
};

struct bed {
    struct stage stage;
    struct actor client; /* with a window */
    uint32_t window;
    uint32_t frames;
    struct viewer viewer;
};

static void send_to(struct viewer *viewer, void *message)
{
    struct gemd_msg_header *header = message;
    header->serial = ++viewer->serial;
    assert_int_equal(packet_send(viewer->socket, message, NULL, MSG_DONTWAIT), 0);
}

static void read_from(struct viewer *viewer, uint32_t type, struct packet *packet)
{
    char reason[GEMD_TEXT_MAX];
    assert_int_equal(packet_receive(viewer->socket, packet, MSG_DONTWAIT), 1);
    const struct codec_message *row = packet_check(packet, CODEC_TO_CLIENT, reason);
    assert_non_null(row);
    assert_string_equal(row->name, codec_message(type)->name);
}

static void expect(struct viewer *viewer, uint32_t type, void *out)
{
    struct packet packet;
    read_from(viewer, type, &packet);
    if (out != NULL) {
        memcpy(out, packet.bytes, codec_message(type)->size);
    }
    packet_clear(&packet);
}

static void expect_nothing(struct viewer *viewer)
{
    struct packet packet;
    stage_settle(viewer->stage);
    assert_int_equal(packet_receive(viewer->socket, &packet, MSG_DONTWAIT), -EAGAIN);
}

static void expect_refusal(struct viewer *viewer, int error, const char *text)
{
    struct gemd_msg_error message;
    expect(viewer, GEMD_MSG_ERROR, &message);
    assert_int_equal(message.error, error);
    assert_int_equal(message.protocol_error, 0);
    assert_non_null(strstr(message.text, text));
}

static void forget_file(struct viewer *viewer)
{
    if (viewer->map != NULL) {
        munmap(viewer->map, viewer->file.bytes);
        viewer->map = NULL;
    }
}

static void expect_file(struct viewer *viewer, uint32_t width, uint32_t height)
{
    struct packet packet;
    forget_file(viewer);
    read_from(viewer, GEMD_MSG_MIRROR_FILE, &packet);
    memcpy(&viewer->file, packet.bytes, sizeof(viewer->file));
    assert_int_equal(viewer->file.width, width);
    assert_int_equal(viewer->file.height, height);
    assert_int_equal(viewer->file.stride, width * 4);
    assert_true(viewer->file.slots * viewer->file.slot_bytes <= viewer->file.bytes);
    viewer->map = mmap(NULL, viewer->file.bytes, PROT_READ, MAP_SHARED, packet.fds[0], 0);
    assert_true(viewer->map != MAP_FAILED);
    /* It is only for reading. */
    assert_true(mmap(NULL, viewer->file.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, packet.fds[0],
                     0) == MAP_FAILED);
    packet_clear(&packet);
}

static uint32_t pixel(const struct viewer *viewer, const struct gemd_msg_mirror_picture *picture,
                      uint32_t x, uint32_t y)
{
    uint32_t word;
    assert_int_equal(picture->generation, viewer->file.generation);
    memcpy(&word,
           viewer->map + picture->slot * viewer->file.slot_bytes + y * viewer->file.stride + x * 4,
           4);
    return word;
}

/* The next picture, all of one colour. */
static struct gemd_msg_mirror_picture expect_picture(struct viewer *viewer, uint32_t causes,
                                                     uint32_t colour)
{
    struct gemd_msg_mirror_picture picture;
    expect(viewer, GEMD_MSG_MIRROR_PICTURE, &picture);
    assert_int_equal(picture.causes, causes);
    assert_int_equal(picture.on, 1);
    for (uint32_t y = 0; y < viewer->file.height; y++) {
        for (uint32_t x = 0; x < viewer->file.width; x++) {
            assert_int_equal(pixel(viewer, &picture, x, y) & 0xffffffu, colour);
        }
    }
    return picture;
}

static void give_back(struct viewer *viewer, const struct gemd_msg_mirror_picture *picture)
{
    struct gemd_msg_mirror_return give;
    codec_begin(&give, GEMD_MSG_MIRROR_RETURN, 0);
    give.generation = picture->generation;
    give.slot = picture->slot;
    send_to(viewer, &give);
    stage_settle(viewer->stage);
}

static void viewer_open(struct viewer *viewer, struct stage *stage)
{
    int pair[2];
    struct gemd_msg_hello hello = raw_hello("viewer");
    *viewer = (struct viewer){.stage = stage};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair),
                     0);
    viewer->socket = pair[0];
    viewer->session = session_create(stage->server, pair[1]);
    assert_non_null(viewer->session);
    assert_true(admission_enter(viewer->session));
    hello.role = GEMD_ROLE_OPERATOR;
    send_to(viewer, &hello);
    stage_settle(stage);
    expect(viewer, GEMD_MSG_WELCOME, NULL);
}

static void viewer_ask(struct viewer *viewer, uint32_t slots)
{
    struct gemd_msg_mirror_start start;
    codec_begin(&start, GEMD_MSG_MIRROR_START, 0);
    start.slots = slots;
    send_to(viewer, &start);
    stage_settle(viewer->stage);
}

static void viewer_die(struct viewer *viewer)
{
    forget_file(viewer);
    close(viewer->socket);
    stage_settle(viewer->stage);
}

/* With the picture of now, which is returned. */
static void viewer_begin(struct viewer *viewer, struct stage *stage, uint32_t slots,
                         uint32_t colour)
{
    viewer_open(viewer, stage);
    viewer_ask(viewer, slots);
    expect(viewer, GEMD_MSG_DONE, NULL);
    expect_file(viewer, STAGE_SIZE, STAGE_SIZE);
    const struct gemd_msg_mirror_picture first = expect_picture(viewer, GEMD_MIRROR_ASKED, colour);
    give_back(viewer, &first);
}

static void paint(struct bed *bed, uint32_t buffer, uint32_t colour)
{
    const struct arena *arena = handle_table_find(&bed->client.session->arenas, 1);
    uint32_t *pixels =
        (uint32_t *)(void *)((uint8_t *)arena->dma.cpu + (size_t)buffer * STAGE_BUFFER_BYTES);
    for (uint32_t i = 0; i < STAGE_BUFFER_BYTES / 4; i++) {
        pixels[i] = colour;
    }
}

/* The next frame, in another buffer than the last three. */
static void present_with(struct bed *bed, uint32_t colour, uint32_t flags)
{
    const uint32_t buffer = bed->frames++ % STAGE_BUFFERS;
    paint(bed, buffer, colour);
    actor_present(&bed->client, bed->window, buffer + 1, 1, flags);
}

static void present(struct bed *bed, uint32_t colour)
{
    present_with(bed, colour, 0);
}

static int setup(void **state)
{
    static struct bed bed;
    memset(&bed, 0, sizeof(bed));
    stage_open(&bed.stage);
    actor_open(&bed.client, &bed.stage);
    bed.window = actor_create_window(&bed.client, 0, 0);
    present(&bed, GROUND);
    stage_vblank(&bed.stage);
    viewer_begin(&bed.viewer, &bed.stage, 4, GROUND);
    *state = &bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    chaos_stop();
    viewer_die(&bed->viewer);
    assert_int_equal(bed->stage.server->mirror.viewer_count, 0);
    actor_die(&bed->client);
    stage_close(&bed->stage);
    return 0;
}

/* ---- frames ---- */

static void each_frame_comes_once(void **state)
{
    struct bed *bed = *state;
    const uint64_t before = bed->stage.server->mirror.copies;
    struct gemd_msg_mirror_picture last = {0};
    for (uint32_t i = 1; i <= 100; i++) {
        present(bed, i);
        expect_nothing(&bed->viewer);
        stage_vblank(&bed->stage);
        struct gemd_msg_mirror_picture picture = expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, i);
        assert_int_equal(picture.time_ns, bed->stage.now);
        assert_int_equal(picture.lost, 0);
        if (i > 1) {
            assert_int_equal(picture.sequence, last.sequence + 1);
            assert_int_equal(picture.number, last.number + 1);
        }
        last = picture;
        give_back(&bed->viewer, &picture);
    }
    expect_nothing(&bed->viewer);
    assert_int_equal(bed->stage.server->mirror.copies, before + 100);
    assert_int_equal(bed->stage.server->mirror.copied_bytes % STAGE_BUFFER_BYTES, 0);
}

static void nothing_is_copied_when_nothing_changes(void **state)
{
    struct bed *bed = *state;
    const struct mirror *mirror = &bed->stage.server->mirror;
    const uint64_t copies = mirror->copies, bytes = mirror->copied_bytes;
    for (int i = 0; i < 50; i++) {
        stage_vblank(&bed->stage);
        expect_nothing(&bed->viewer);
    }
    assert_int_equal(mirror->copies, copies);
    assert_int_equal(mirror->copied_bytes, bytes);
}

/* The daemon hears of it with the next interrupt, or when it shows the next frame. */
static void frames_whose_interrupt_was_lost_come_too(void **state)
{
    struct bed *bed = *state;
    for (uint32_t i = 1; i <= 20; i += 2) {
        const bool mailbox = i % 4 == 1;
        present(bed, i);
        const uint64_t vblank = scanout_vblank(&bed->stage.server->display.scanout) + 1;
        stage_lose_vblank(&bed->stage);
        present_with(bed, i + 1, mailbox ? GEMD_PRESENT_MAILBOX : 0);
        stage_vblank(&bed->stage);
        struct gemd_msg_mirror_picture first = expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, i);
        assert_int_equal(first.sequence, vblank);
        if (!mailbox) {
            expect_nothing(&bed->viewer);
            stage_vblank(&bed->stage);
        }
        struct gemd_msg_mirror_picture second =
            expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, i + 1);
        assert_int_equal(second.sequence, vblank + (mailbox ? 1 : 2));
        give_back(&bed->viewer, &first);
        give_back(&bed->viewer, &second);
    }
}

static void who_is_slow_loses_pictures_and_is_told(void **state)
{
    struct bed *bed = *state;
    struct gemd_msg_mirror_picture kept[4];
    for (uint32_t i = 0; i < 4; i++) {
        present(bed, i + 1);
        stage_vblank(&bed->stage);
        kept[i] = expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, i + 1);
    }
    const uint64_t copies = bed->stage.server->mirror.copies;
    for (uint32_t i = 5; i <= 15; i++) {
        present(bed, i);
        stage_vblank(&bed->stage);
        expect_nothing(&bed->viewer);
    }
    assert_int_equal(bed->stage.server->mirror.copies, copies);
    /* What it has is still as it was. */
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(pixel(&bed->viewer, &kept[i], 5, 5), i + 1);
    }
    /* The newest comes as soon as there is a slot, and no other. */
    give_back(&bed->viewer, &kept[2]);
    struct gemd_msg_mirror_picture newest = expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, 15);
    assert_int_equal(newest.lost, 10);
    assert_int_equal(newest.slot, kept[2].slot);
    assert_int_equal(newest.number, kept[3].number + 11);
    assert_int_equal(newest.sequence, kept[3].sequence + 11);
    give_back(&bed->viewer, &kept[0]);
    expect_nothing(&bed->viewer);
}

static void several_have_the_same(void **state)
{
    struct bed *bed = *state;
    struct viewer others[MIRROR_VIEWERS_MAX - 1], one_more;
    for (unsigned i = 0; i < MIRROR_VIEWERS_MAX - 1; i++) {
        viewer_begin(&others[i], &bed->stage, 2 + i, GROUND);
    }
    expect_nothing(&bed->viewer);
    viewer_open(&one_more, &bed->stage);
    viewer_ask(&one_more, 2);
    expect_refusal(&one_more, -EBUSY, "there are 8 already");
    present(bed, 77);
    stage_vblank(&bed->stage);
    expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, 77);
    for (unsigned i = 0; i < MIRROR_VIEWERS_MAX - 1; i++) {
        struct gemd_msg_mirror_picture picture = expect_picture(&others[i], GEMD_MIRROR_FLIP, 77);
        if (i % 2 == 0) {
            give_back(&others[i], &picture);
        }
    }
    for (unsigned i = 0; i < MIRROR_VIEWERS_MAX - 1; i += 2) {
        viewer_die(&others[i]);
    }
    present(bed, 78);
    stage_vblank(&bed->stage);
    expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, 78);
    for (unsigned i = 1; i < MIRROR_VIEWERS_MAX - 1; i += 2) {
        expect_picture(&others[i], GEMD_MIRROR_FLIP, 78);
        viewer_die(&others[i]);
    }
    viewer_die(&one_more);
}

/* Nothing of it stays, also when it was being copied for. */
static void a_viewer_may_go_at_any_time(void **state)
{
    struct bed *bed = *state;
    struct viewer other;
    viewer_begin(&other, &bed->stage, 2, GROUND);
    present(bed, 5);
    stage_lose_vblank(&bed->stage);
    display_vblank(&bed->stage.server->display); /* and no turn of the loop */
    assert_true(bed->stage.server->mirror.copying);
    session_end(other.session);
    assert_true(bed->stage.server->mirror.copying);
    session_end(bed->viewer.session);
    assert_false(bed->stage.server->mirror.copying);
    viewer_die(&other);
    viewer_die(&bed->viewer);
    viewer_begin(&bed->viewer, &bed->stage, 2, 5);
}

/* Before its buffer is the client's again. */
static void a_copy_is_whole_before_its_frame_goes(void **state)
{
    struct bed *bed = *state;
    present(bed, 5);
    stage_lose_vblank(&bed->stage);
    display_vblank(&bed->stage.server->display);
    assert_true(bed->stage.server->mirror.copying);
    actor_present(&bed->client, bed->window, 4, 1, 0); /* runs the loop: it is copied */
    assert_false(bed->stage.server->mirror.copying);
    expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, 5);
    /* A picture that is still due is taken when another frame is about to take its place. */
    struct mirror *mirror = &bed->stage.server->mirror;
    mirror_change(mirror, GEMD_MIRROR_DRAWN, 3);
    mirror_settle(mirror, 3);
    expect_nothing(&bed->viewer);
    mirror_settle(mirror, 4);
    expect_picture(&bed->viewer, GEMD_MIRROR_DRAWN, 5);
}

/* ---- cursor, palette, modes ---- */

static void send_cursor(struct bed *bed, uint32_t argb)
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

static void move_cursor(struct bed *bed, bool visible, int32_t x, int32_t y)
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
    struct bed *bed = *state;
    struct gemd_msg_mirror_picture picture;
    send_cursor(bed, 0xff445566u);
    move_cursor(bed, true, 10, 10);
    move_cursor(bed, true, 20, 30); /* one picture for all before a vblank */
    expect_nothing(&bed->viewer);
    stage_vblank(&bed->stage);
    expect(&bed->viewer, GEMD_MSG_MIRROR_PICTURE, &picture);
    assert_int_equal(picture.causes, GEMD_MIRROR_CURSOR);
    assert_int_equal(pixel(&bed->viewer, &picture, 20, 30), 0x445566u);
    assert_int_equal(pixel(&bed->viewer, &picture, 19, 30), GROUND);
    assert_int_equal(pixel(&bed->viewer, &picture, 20, 29), GROUND);
    give_back(&bed->viewer, &picture);
    /* The same once more is nothing. */
    move_cursor(bed, true, 20, 30);
    stage_vblank(&bed->stage);
    expect_nothing(&bed->viewer);
    /* A frame that is up has its cursor, and not the one that follows it. */
    present(bed, 9);
    stage_lose_vblank(&bed->stage);
    struct display *display = &bed->stage.server->display;
    struct window *window = bed->client.session->windows[bed->window];
    display_vblank(display);
    assert_true(bed->stage.server->mirror.copying); /* and no turn of the loop until it moves */
    display_touch_cursor(display, window);
    window_cursor_move(&window->cursor, false, 0, 0, false);
    assert_int_equal(display_update_cursor(display, window), 0);
    expect(&bed->viewer, GEMD_MSG_MIRROR_PICTURE, &picture);
    assert_int_equal(picture.causes, GEMD_MIRROR_FLIP);
    assert_int_equal(pixel(&bed->viewer, &picture, 20, 30), 0x445566u);
    assert_int_equal(pixel(&bed->viewer, &picture, 0, 0), 9);
    stage_vblank(&bed->stage);
    expect_picture(&bed->viewer, GEMD_MIRROR_CURSOR, 9);
}

static void send_palette(struct bed *bed, uint32_t colour)
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
    struct bed *bed = *state;
    send_palette(bed, 0x0000ffu);
    stage_vblank(&bed->stage);
    struct gemd_msg_mirror_picture picture = expect_picture(
        &bed->viewer, GEMD_MIRROR_PALETTE | GEMD_MIRROR_FLIP, 0x0000ffu); /* goes up once more */
    give_back(&bed->viewer, &picture);
    send_palette(bed, 0x00ff00u);
    expect_nothing(&bed->viewer);
    stage_vblank(&bed->stage);
    picture = expect_picture(&bed->viewer, GEMD_MIRROR_PALETTE, 0x00ff00u);
    give_back(&bed->viewer, &picture);
    send_palette(bed, 0x00ff00u);
    stage_vblank(&bed->stage);
    expect_nothing(&bed->viewer);
}

static void another_size_is_another_file(void **state)
{
    struct bed *bed = *state;
    struct gemd_msg_mirror_picture picture;
    present(bed, 3);
    stage_vblank(&bed->stage);
    picture = expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, 3);
    const uint32_t window = actor_create_window(&bed->client, 32, 48);
    stage_vblank(&bed->stage); /* the plane goes off, the mode changes */
    stage_vblank(&bed->stage);
    expect_file(&bed->viewer, 32, 48);
    assert_int_equal(bed->viewer.file.generation, 2);
    expect_picture(&bed->viewer, GEMD_MIRROR_MODE | GEMD_MIRROR_FLIP, 0);
    /* A slot of the old file is no slot of the new one. */
    give_back(&bed->viewer, &picture);
    expect_nothing(&bed->viewer);
    assert_int_equal(bed->stage.server->mirror.viewer_count, 1);
    actor_destroy_window(&bed->client, window);
    actor_expect(&bed->client, GEMD_MSG_DONE, NULL);
    stage_vblank(&bed->stage);
    expect_file(&bed->viewer, STAGE_SIZE, STAGE_SIZE);
    expect_picture(&bed->viewer, GEMD_MIRROR_MODE | GEMD_MIRROR_FLIP, 3); /* from below */
}

static void the_pipe_goes_off_and_on(void **state)
{
    struct bed *bed = *state;
    struct gemd_msg_mirror_picture off;
    actor_destroy_window(&bed->client, bed->window);
    stage_vblank(&bed->stage);
    stage_vblank(&bed->stage);
    actor_expect(&bed->client, GEMD_MSG_DONE, NULL);
    expect(&bed->viewer, GEMD_MSG_MIRROR_PICTURE, &off);
    assert_int_equal(off.on, 0);
    assert_int_equal(off.causes & GEMD_MIRROR_OFF, GEMD_MIRROR_OFF);
    give_back(&bed->viewer, &off);
    /* Who comes now is told so, and has no file. */
    struct viewer other;
    viewer_open(&other, &bed->stage);
    viewer_ask(&other, 2);
    expect(&other, GEMD_MSG_DONE, NULL);
    expect(&other, GEMD_MSG_MIRROR_PICTURE, &off);
    assert_int_equal(off.on, 0);
    assert_int_equal(off.generation, 0);
    give_back(&other, &off);
    expect_nothing(&other);
    bed->window = actor_create_window(&bed->client, 0, 0);
    bed->client.frames[bed->window] = 0;
    present(bed, 8);
    stage_vblank(&bed->stage);
    expect_file(&other, STAGE_SIZE, STAGE_SIZE);
    expect_picture(&other, GEMD_MIRROR_MODE | GEMD_MIRROR_FLIP, 8);
    expect_picture(&bed->viewer, GEMD_MIRROR_MODE | GEMD_MIRROR_FLIP, 8);
    viewer_die(&other);
}

static void a_look_brings_what_a_processor_drew(void **state)
{
    struct bed *bed = *state;
    struct gemd_msg_mirror_look look;
    paint(bed, 0, 0x123456u);
    stage_vblank(&bed->stage);
    expect_nothing(&bed->viewer);
    codec_begin(&look, GEMD_MSG_MIRROR_LOOK, 0);
    send_to(&bed->viewer, &look);
    stage_settle(&bed->stage);
    expect(&bed->viewer, GEMD_MSG_DONE, NULL);
    expect_picture(&bed->viewer, GEMD_MIRROR_ASKED, 0x123456u);
}

static void what_a_processor_drew_comes_when_it_is_told(void **state)
{
    struct bed *bed = *state;
    struct gemd_msg_window_drawn drawn;
    struct gemd_msg_error error;
    paint(bed, 0, 0x123456u);
    codec_begin(&drawn, GEMD_MSG_WINDOW_DRAWN, 0);
    drawn.window = bed->window;
    actor_send(&bed->client, &drawn);
    actor_expect(&bed->client, GEMD_MSG_DONE, NULL);
    expect_nothing(&bed->viewer);
    stage_vblank(&bed->stage);
    expect_picture(&bed->viewer, GEMD_MIRROR_DRAWN, 0x123456u);
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
    expect_nothing(&bed->viewer);
    paint(bed, 3, 0x44u);
    actor_present(&bed->client, other, 4, 1, 0);
    stage_vblank(&bed->stage);
    expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, 0x44u);
    drawn.window = bed->window;
    actor_send(&bed->client, &drawn);
    actor_expect(&bed->client, GEMD_MSG_DONE, NULL);
    stage_vblank(&bed->stage);
    expect_nothing(&bed->viewer);
}

/* ---- what is refused ---- */

static void wrong_requests_are_refused(void **state)
{
    struct bed *bed = *state;
    struct gemd_msg_mirror_return give;
    struct gemd_msg_mirror_stop stop;
    struct gemd_msg_mirror_look look;
    struct viewer other;
    viewer_ask(&bed->viewer, 4);
    expect_refusal(&bed->viewer, -EALREADY, "already");
    viewer_open(&other, &bed->stage);
    viewer_ask(&other, 1);
    expect_refusal(&other, -EINVAL, "1 slots, not 2 to 64");
    viewer_ask(&other, 65);
    expect_refusal(&other, -EINVAL, "65 slots");
    codec_begin(&stop, GEMD_MSG_MIRROR_STOP, 0);
    codec_begin(&look, GEMD_MSG_MIRROR_LOOK, 0);
    codec_begin(&give, GEMD_MSG_MIRROR_RETURN, 0);
    void *const messages[] = {&stop, &look, &give};
    for (unsigned i = 0; i < 3; i++) {
        send_to(&other, messages[i]);
        stage_settle(&bed->stage);
        expect_refusal(&other, -ENOENT, "there is no live view");
    }
    static const struct {
        uint32_t generation, slot;
    } wrong[] = {{1, 0}, {1, 4}, {1, UINT32_MAX}, {2, 0}, {UINT32_MAX, 0}};
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        give.generation = wrong[i].generation;
        give.slot = wrong[i].slot;
        send_to(&bed->viewer, &give);
        stage_settle(&bed->stage);
        expect_refusal(&bed->viewer, -EINVAL, "is not the client's");
    }
    send_to(&bed->viewer, &stop);
    stage_settle(&bed->stage);
    expect(&bed->viewer, GEMD_MSG_DONE, NULL);
    present(bed, 4);
    stage_vblank(&bed->stage);
    expect_nothing(&bed->viewer);
    assert_int_equal(bed->stage.server->mirror.viewer_count, 0);
    viewer_die(&other);
}

static void take_policy(struct bed *bed, const char *text)
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

static void ask_for_a_screenshot(struct viewer *viewer)
{
    struct gemd_msg_screenshot shot;
    codec_begin(&shot, GEMD_MSG_SCREENSHOT, 0);
    send_to(viewer, &shot);
    stage_settle(viewer->stage);
}

static void the_policy_gives_and_takes(void **state)
{
    struct bed *bed = *state;
    struct gemd_msg_mirror_ended ended;
    take_policy(bed, "allow any role operator sees all\n");
    expect(&bed->viewer, GEMD_MSG_MIRROR_ENDED, &ended);
    assert_int_equal(ended.error, -EACCES);
    assert_non_null(strstr(ended.text, "may not see the screen: test, line 1"));
    assert_int_equal(bed->stage.server->mirror.viewer_count, 0);
    present(bed, 4);
    stage_vblank(&bed->stage);
    expect_nothing(&bed->viewer);
    viewer_ask(&bed->viewer, 2);
    expect_refusal(&bed->viewer, -EACCES, "may not see the screen: test, line 1");
    ask_for_a_screenshot(&bed->viewer);
    expect_refusal(&bed->viewer, -EACCES, "may not see the screen");
    take_policy(bed, "# it may\nallow any role operator view yes\n");
    ask_for_a_screenshot(&bed->viewer);
    expect(&bed->viewer, GEMD_MSG_SCREENSHOT_TAKEN, NULL);
    viewer_ask(&bed->viewer, 2);
    expect(&bed->viewer, GEMD_MSG_DONE, NULL);
    expect_file(&bed->viewer, STAGE_SIZE, STAGE_SIZE);
    expect_picture(&bed->viewer, GEMD_MIRROR_ASKED, 4);
    /* A policy that does not take it away changes nothing. */
    take_policy(bed, "allow any role operator view yes\n");
    expect_nothing(&bed->viewer);
}

/* What fails is made good when it is tried again. */
static void without_memory_it_comes_later(void **state)
{
    struct bed *bed = *state;
    struct viewer other;
    viewer_open(&other, &bed->stage);
    assert_true(chaos_start("1,alloc-mirror=1000"));
    viewer_ask(&other, 2);
    expect_refusal(&other, -ENOMEM, "live view");
    chaos_stop();
    assert_true(chaos_start("1,alloc-mirror-file=1000"));
    viewer_ask(&other, 2);
    expect(&other, GEMD_MSG_DONE, NULL);
    stage_vblank(&bed->stage);
    expect_nothing(&other);
    chaos_stop();
    stage_vblank(&bed->stage);
    expect_file(&other, STAGE_SIZE, STAGE_SIZE);
    expect_picture(&other, GEMD_MIRROR_ASKED, GROUND);
    viewer_die(&other);
}

/* Who does not read at all holds nobody up, and is no reason to copy. */
static void who_reads_nothing_costs_nothing(void **state)
{
    struct bed *bed = *state;
    struct viewer other;
    viewer_begin(&other, &bed->stage, 64, GROUND);
    for (uint32_t i = 1; i <= 200; i++) {
        present(bed, i);
        stage_vblank(&bed->stage);
        struct gemd_msg_mirror_picture picture = expect_picture(&bed->viewer, GEMD_MIRROR_FLIP, i);
        give_back(&bed->viewer, &picture);
    }
    assert_true(other.session->outbox.count <= OUTBOX_MAX / 2);
    assert_true(bed->stage.server->mirror.copies <= 2 + 200 + 64 + 1);
    struct gemd_msg_mirror_picture last = {0};
    for (uint32_t i = 1; i <= 64; i++) {
        last = expect_picture(&other, GEMD_MIRROR_FLIP, i);
        stage_settle(&bed->stage);
    }
    give_back(&other, &last);
    last = expect_picture(&other, GEMD_MIRROR_FLIP, 200);
    assert_int_equal(last.lost, 200 - 64 - 1);
    viewer_die(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_frame_comes_once, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_copied_when_nothing_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(frames_whose_interrupt_was_lost_come_too, setup, teardown),
        cmocka_unit_test_setup_teardown(who_is_slow_loses_pictures_and_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(several_have_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(a_viewer_may_go_at_any_time, setup, teardown),
        cmocka_unit_test_setup_teardown(a_copy_is_whole_before_its_frame_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(cursors_are_seen_from_the_next_vblank_on, setup, teardown),
        cmocka_unit_test_setup_teardown(palettes_are_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(another_size_is_another_file, setup, teardown),
        cmocka_unit_test_setup_teardown(the_pipe_goes_off_and_on, setup, teardown),
        cmocka_unit_test_setup_teardown(a_look_brings_what_a_processor_drew, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_processor_drew_comes_when_it_is_told, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(wrong_requests_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(the_policy_gives_and_takes, setup, teardown),
        cmocka_unit_test_setup_teardown(without_memory_it_comes_later, setup, teardown),
        cmocka_unit_test_setup_teardown(who_reads_nothing_costs_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
