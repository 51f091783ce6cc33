/* SPDX-License-Identifier: MIT */
#include "tests/unit/gemd/test.h"

#include "tests/unit/gemd/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gemd/admission.h"
#include "hw/gen3/regs.h"
#include "proto/memfile.h"
#include "proto/ring.h"
#include "tests/lib/raw.h"

static uint64_t read_clock(void *data)
{
    return ((struct stage *)data)->now;
}

void stage_open(struct stage *stage)
{
    *stage = (struct stage){.fake = fake_device_create(),
                            .server = calloc(1, sizeof(*stage->server)),
                            .base = event_base_new(),
                            .now = UINT64_C(1) << 40};
    assert_true(stage->server != NULL && stage->base != NULL);
    const struct server_options options = {.device_name = "stage",
                                           .width = STAGE_SIZE,
                                           .height = STAGE_SIZE,
                                           .hang_ns = 1000000000,
                                           .clock = {read_clock, stage}};
    assert_int_equal(server_init(stage->server, stage->base, &stage->fake->base, &options), 0);
    stage_settle(stage);
}

void stage_close(struct stage *stage)
{
    stage_settle(stage);
    stage_vblank(stage); /* what was on the screen leaves it */
    assert_int_equal(stage->server->session_count, 0);
    assert_true(list_empty(&stage->server->accounts));
    server_finish(stage->server);
    event_base_free(stage->base);
    assert_int_equal(stage->fake->memories, 0);
    fake_device_destroy(stage->fake);
    free(stage->server);
}

void stage_settle(struct stage *stage)
{
    for (int i = 0; i < 4; i++) {
        event_base_loop(stage->base, EVLOOP_NONBLOCK);
    }
}

void stage_lose_vblank(struct stage *stage)
{
    stage->now += STAGE_PERIOD_NS;
    fake_set_frame(stage->fake, ++stage->frame, 0);
}

void stage_vblank(struct stage *stage)
{
    stage_lose_vblank(stage);
    if ((fake_register(stage->fake, PIPESTAT_A) & PIPESTAT_VBLANK_ENABLE) != 0) {
        stage->fake->registers[PIPESTAT_A / 4] |= PIPESTAT_VBLANK;
        fake_interrupt(stage->fake, INT_PIPE_A_EVENT);
    }
    stage_settle(stage);
}

/* ---- messages ---- */

uint64_t actor_send(struct actor *actor, void *message)
{
    struct gemd_msg_header *header = message;
    header->serial = ++actor->serial;
    assert_int_equal(packet_send(actor->socket, message, NULL, MSG_DONTWAIT), 0);
    stage_settle(actor->stage);
    return header->serial;
}

void actor_expect(struct actor *actor, uint32_t type, void *out)
{
    struct packet packet;
    char reason[GEMD_TEXT_MAX];
    assert_int_equal(packet_receive(actor->socket, &packet, MSG_DONTWAIT), 1);
    const struct codec_message *row = packet_check(&packet, CODEC_TO_CLIENT, reason);
    assert_non_null(row);
    assert_string_equal(row->name, codec_message(type)->name);
    if (out != NULL) {
        memcpy(out, packet.bytes, row->size);
    }
    packet_clear(&packet);
}

void actor_expect_nothing(struct actor *actor)
{
    struct packet packet;
    assert_int_equal(packet_receive(actor->socket, &packet, MSG_DONTWAIT), -EAGAIN);
}

void actor_expect_end(struct actor *actor)
{
    struct packet packet;
    assert_int_equal(packet_receive(actor->socket, &packet, MSG_DONTWAIT), 0);
}

static void greet(struct actor *actor)
{
    struct gemd_msg_hello hello = raw_hello("actor");
    struct packet packet;
    assert_int_equal(packet_send(actor->socket, &hello, NULL, MSG_DONTWAIT), 0);
    stage_settle(actor->stage);
    assert_int_equal(packet_receive(actor->socket, &packet, MSG_DONTWAIT), 1);
    assert_int_equal(packet.header.type, GEMD_MSG_WELCOME);
    actor->ring = mmap(NULL, (size_t)ring_file_size(SESSION_RING_BYTES), PROT_READ | PROT_WRITE,
                       MAP_SHARED, packet.fds[0], 0);
    actor->status = mmap(NULL, sizeof(*actor->status), PROT_READ, MAP_SHARED, packet.fds[1], 0);
    assert_true(actor->ring != MAP_FAILED && actor->status != MAP_FAILED);
    actor->doorbell = packet_take_fd(&packet, 2);
    packet_clear(&packet);
}

static void give_memory(struct actor *actor)
{
    struct gemd_msg_arena_add add;
    codec_begin(&add, GEMD_MSG_ARENA_ADD, ++actor->serial);
    add.arena = 1;
    add.size = (uint64_t)STAGE_BUFFERS * STAGE_BUFFER_BYTES;
    int fd = memfile_create("stage", add.size);
    assert_true(fd >= 0);
    assert_int_equal(packet_send(actor->socket, &add, &fd, MSG_DONTWAIT), 0);
    close(fd);
    stage_settle(actor->stage);
    actor_expect(actor, GEMD_MSG_DONE, NULL);
    for (uint32_t i = 0; i < STAGE_BUFFERS; i++) {
        const struct gemd_record_create create = {
            .header = {GEMD_RECORD_CREATE, sizeof(create)},
            .handle = i + 1,
            .arena = 1,
            .offset = (uint64_t)i * STAGE_BUFFER_BYTES,
            .size = STAGE_BUFFER_BYTES,
        };
        actor_write(actor, &create, sizeof(create));
    }
}

void actor_open(struct actor *actor, struct stage *stage)
{
    int pair[2];
    *actor = (struct actor){.stage = stage};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair),
                     0);
    actor->socket = pair[0];
    actor->session = session_create(stage->server, pair[1]);
    assert_non_null(actor->session);
    assert_true(admission_enter(actor->session));
    greet(actor);
    give_memory(actor);
}

void actor_die(struct actor *actor)
{
    munmap(actor->ring, (size_t)ring_file_size(SESSION_RING_BYTES));
    munmap((void *)(uintptr_t)actor->status, sizeof(*actor->status));
    close(actor->doorbell);
    close(actor->socket);
    stage_settle(actor->stage);
}

/* ---- the ring, and windows ---- */

void actor_write(struct actor *actor, const void *record, size_t size)
{
    const uint64_t one = 1;
    memcpy(actor->ring + GEMD_RING_DATA_OFFSET + actor->tail, record, size);
    actor->tail += size;
    assert_true(actor->tail < SESSION_RING_BYTES);
    __atomic_store_n((uint64_t *)(void *)actor->ring, actor->tail, __ATOMIC_SEQ_CST);
    assert_int_equal(write(actor->doorbell, &one, sizeof(one)), sizeof(one));
    stage_settle(actor->stage);
}

uint32_t actor_create_window(struct actor *actor, uint32_t width, uint32_t height)
{
    struct gemd_msg_window_create create;
    struct gemd_msg_window_created created;
    codec_begin(&create, GEMD_MSG_WINDOW_CREATE, 0);
    create.width = width;
    create.height = height;
    actor_send(actor, &create);
    actor_expect(actor, GEMD_MSG_WINDOW_CREATED, &created);
    return created.window;
}

void actor_destroy_window(struct actor *actor, uint32_t window)
{
    struct gemd_msg_window_destroy destroy;
    codec_begin(&destroy, GEMD_MSG_WINDOW_DESTROY, 0);
    destroy.window = window;
    actor_send(actor, &destroy);
}

uint64_t actor_present(struct actor *actor, uint32_t window, uint32_t handle, uint32_t interval,
                       uint32_t flags)
{
    const struct gemd_record_present present = {
        .header = {GEMD_RECORD_PRESENT, sizeof(present)},
        .serial = ++actor->frames[window],
        .window = window,
        .handle = handle,
        .stride = STAGE_STRIDE,
        .interval = interval,
        .flags = flags,
    };
    actor_write(actor, &present, sizeof(present));
    return present.serial;
}
