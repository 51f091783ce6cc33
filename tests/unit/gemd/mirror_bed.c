/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/mirror_bed.h"

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

void mirror_bed_send_to(struct mirror_bed_viewer *viewer, void *message)
{
    struct gemd_msg_header *header = message;
    header->serial = ++viewer->serial;
    assert_int_equal(packet_send(viewer->socket, message, NULL, MSG_DONTWAIT), 0);
}

static void mirror_bed_read_from(struct mirror_bed_viewer *viewer, uint32_t type,
                                 struct packet *packet)
{
    char reason[GEMD_TEXT_MAX];
    assert_int_equal(packet_receive(viewer->socket, packet, MSG_DONTWAIT), 1);
    const struct codec_message *row = packet_check(packet, CODEC_TO_CLIENT, reason);
    assert_non_null(row);
    assert_string_equal(row->name, codec_message(type)->name);
}

void mirror_bed_expect(struct mirror_bed_viewer *viewer, uint32_t type, void *out)
{
    struct packet packet;
    mirror_bed_read_from(viewer, type, &packet);
    if (out != NULL) {
        memcpy(out, packet.bytes, codec_message(type)->size);
    }
    packet_clear(&packet);
}

void mirror_bed_expect_nothing(struct mirror_bed_viewer *viewer)
{
    struct packet packet;
    stage_settle(viewer->stage);
    assert_int_equal(packet_receive(viewer->socket, &packet, MSG_DONTWAIT), -EAGAIN);
}

void mirror_bed_expect_refusal(struct mirror_bed_viewer *viewer, int error, const char *text)
{
    struct gemd_msg_error message;
    mirror_bed_expect(viewer, GEMD_MSG_ERROR, &message);
    assert_int_equal(message.error, error);
    assert_int_equal(message.protocol_error, 0);
    assert_non_null(strstr(message.text, text));
}

static void mirror_bed_forget_file(struct mirror_bed_viewer *viewer)
{
    if (viewer->map != NULL) {
        munmap(viewer->map, viewer->file.bytes);
        viewer->map = NULL;
    }
}

void mirror_bed_expect_file(struct mirror_bed_viewer *viewer, uint32_t width, uint32_t height)
{
    struct packet packet;
    mirror_bed_forget_file(viewer);
    mirror_bed_read_from(viewer, GEMD_MSG_MIRROR_FILE, &packet);
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

uint32_t mirror_bed_pixel(const struct mirror_bed_viewer *viewer,
                          const struct gemd_msg_mirror_picture *picture, uint32_t x, uint32_t y)
{
    uint32_t word;
    assert_int_equal(picture->generation, viewer->file.generation);
    memcpy(&word,
           viewer->map + picture->slot * viewer->file.slot_bytes + y * viewer->file.stride + x * 4,
           4);
    return word;
}

struct gemd_msg_mirror_picture mirror_bed_expect_picture(struct mirror_bed_viewer *viewer,
                                                         uint32_t causes, uint32_t colour)
{
    struct gemd_msg_mirror_picture picture;
    mirror_bed_expect(viewer, GEMD_MSG_MIRROR_PICTURE, &picture);
    assert_int_equal(picture.causes, causes);
    assert_int_equal(picture.on, 1);
    for (uint32_t y = 0; y < viewer->file.height; y++) {
        for (uint32_t x = 0; x < viewer->file.width; x++) {
            assert_int_equal(mirror_bed_pixel(viewer, &picture, x, y) & 0xffffffu, colour);
        }
    }
    return picture;
}

void mirror_bed_give_back(struct mirror_bed_viewer *viewer,
                          const struct gemd_msg_mirror_picture *picture)
{
    struct gemd_msg_mirror_return give;
    codec_begin(&give, GEMD_MSG_MIRROR_RETURN, 0);
    give.generation = picture->generation;
    give.slot = picture->slot;
    mirror_bed_send_to(viewer, &give);
    stage_settle(viewer->stage);
}

void mirror_bed_viewer_open(struct mirror_bed_viewer *viewer, struct stage *stage)
{
    int pair[2];
    struct gemd_msg_hello hello = raw_hello("viewer");
    *viewer = (struct mirror_bed_viewer){.stage = stage};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair),
                     0);
    viewer->socket = pair[0];
    viewer->session = session_create(stage->server, pair[1]);
    assert_non_null(viewer->session);
    assert_true(admission_enter(viewer->session));
    hello.role = GEMD_ROLE_OPERATOR;
    mirror_bed_send_to(viewer, &hello);
    stage_settle(stage);
    mirror_bed_expect(viewer, GEMD_MSG_WELCOME, NULL);
}

void mirror_bed_viewer_ask(struct mirror_bed_viewer *viewer, uint32_t slots)
{
    struct gemd_msg_mirror_start start;
    codec_begin(&start, GEMD_MSG_MIRROR_START, 0);
    start.slots = slots;
    mirror_bed_send_to(viewer, &start);
    stage_settle(viewer->stage);
}

void mirror_bed_viewer_die(struct mirror_bed_viewer *viewer)
{
    mirror_bed_forget_file(viewer);
    close(viewer->socket);
    stage_settle(viewer->stage);
}

void mirror_bed_viewer_begin(struct mirror_bed_viewer *viewer, struct stage *stage, uint32_t slots,
                             uint32_t colour)
{
    mirror_bed_viewer_open(viewer, stage);
    mirror_bed_viewer_ask(viewer, slots);
    mirror_bed_expect(viewer, GEMD_MSG_DONE, NULL);
    mirror_bed_expect_file(viewer, STAGE_SIZE, STAGE_SIZE);
    const struct gemd_msg_mirror_picture first =
        mirror_bed_expect_picture(viewer, GEMD_MIRROR_ASKED, colour);
    mirror_bed_give_back(viewer, &first);
}

void mirror_bed_paint(struct mirror_bed *bed, uint32_t buffer, uint32_t colour)
{
    const struct arena *arena = handle_table_find(&bed->client.session->arenas, 1);
    uint32_t *pixels =
        (uint32_t *)(void *)((uint8_t *)arena->dma.cpu + (size_t)buffer * STAGE_BUFFER_BYTES);
    for (uint32_t i = 0; i < STAGE_BUFFER_BYTES / 4; i++) {
        pixels[i] = colour;
    }
}

void mirror_bed_present_with(struct mirror_bed *bed, uint32_t colour, uint32_t flags)
{
    const uint32_t buffer = bed->frames++ % STAGE_BUFFERS;
    mirror_bed_paint(bed, buffer, colour);
    actor_present(&bed->client, bed->window, buffer + 1, 1, flags);
}

void mirror_bed_present(struct mirror_bed *bed, uint32_t colour)
{
    mirror_bed_present_with(bed, colour, 0);
}

int mirror_bed_setup(void **state)
{
    static struct mirror_bed bed;
    memset(&bed, 0, sizeof(bed));
    stage_open(&bed.stage);
    actor_open(&bed.client, &bed.stage);
    bed.window = actor_create_window(&bed.client, 0, 0);
    mirror_bed_present(&bed, GROUND);
    stage_vblank(&bed.stage);
    mirror_bed_viewer_begin(&bed.viewer, &bed.stage, 4, GROUND);
    *state = &bed;
    return 0;
}

int mirror_bed_teardown(void **state)
{
    struct mirror_bed *bed = *state;
    chaos_stop();
    mirror_bed_viewer_die(&bed->viewer);
    assert_int_equal(bed->stage.server->mirror.viewer_count, 0);
    actor_die(&bed->client);
    stage_close(&bed->stage);
    return 0;
}
