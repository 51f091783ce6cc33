/* SPDX-License-Identifier: MIT */
/*
 * Messages and rings that break the protocol. Each ends the session that sent it, with a reason;
 * another session that is open all the while notices nothing.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "proto/address.h"
#include "proto/memfile.h"
#include "proto/packet.h"
#include "proto/ring.h"
#include "tests/lib/batch.h"
#include "tests/lib/daemon.h"
#include "tests/lib/raw.h"

struct bed {
    struct daemon daemon;
    struct gemd_session *bystander;
    struct gemd_bo *bo;
    uint32_t colour;
};

/* A session by hand. */
struct raw {
    int socket, doorbell;
    struct gemd_msg_welcome welcome;
    struct gemd_ring_header *ring; /* mapped after WELCOME */
};

static int setup(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    daemon_start(&bed->daemon, NULL);
    bed->bystander = daemon_open(&bed->daemon, NULL, NULL);
    assert_int_equal(gemd_bo_create(bed->bystander, 4096, false, &bed->bo), 0);
    *state = bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    gemd_bo_unref(bed->bo);
    gemd_session_close(bed->bystander);
    daemon_await_nothing(&bed->daemon);
    daemon_stop(&bed->daemon);
    free(bed);
    return 0;
}

/* The other session works, and is the only one that is left. */
static void assert_nobody_else_suffers(struct bed *bed)
{
    struct batch batch;
    uint64_t seqno;
    batch_reset(&batch);
    batch_fill(&batch, bed->bo, 64, 0, 0, 16, 16, ++bed->colour);
    assert_int_equal(batch_submit(&batch, bed->bystander, &seqno), 0);
    assert_int_equal(gemd_seqno_wait(bed->bystander, seqno, GEMD_FOREVER), 0);
    assert_int_equal(((const uint32_t *)gemd_bo_map(bed->bo))[255], bed->colour);
    assert_int_equal(gemd_session_rejected(bed->bystander), 0);
    daemon_await(&bed->daemon, "sessions", 1);
    daemon_await(&bed->daemon, "buffers", 1);
}

/* ---- a session by hand ---- */

static struct raw raw_connect(const struct bed *bed)
{
    char reason[GEMD_TEXT_MAX];
    struct raw raw = {.doorbell = -1};
    raw.socket = address_connect(bed->daemon.socket, reason);
    assert_true(raw.socket >= 0);
    return raw;
}

static void receive(const struct raw *raw, struct packet *packet, uint32_t type)
{
    char reason[GEMD_TEXT_MAX] = "";
    assert_int_equal(packet_receive(raw->socket, packet, 0), 1);
    const struct codec_message *row = packet_check(packet, CODEC_TO_CLIENT, reason);
    assert_string_equal(reason, "");
    assert_int_equal(row->type, type);
}

static struct raw raw_open(const struct bed *bed)
{
    struct raw raw = raw_connect(bed);
    struct gemd_msg_hello hello = raw_hello("by hand");
    struct packet packet;
    assert_int_equal(packet_send(raw.socket, &hello, NULL, 0), 0);
    receive(&raw, &packet, GEMD_MSG_WELCOME);
    memcpy(&raw.welcome, packet.bytes, sizeof(raw.welcome));
    raw.ring = mmap(NULL, ring_file_size(raw.welcome.ring_bytes), PROT_READ | PROT_WRITE,
                    MAP_SHARED, packet.fds[0], 0);
    assert_ptr_not_equal(raw.ring, MAP_FAILED);
    raw.doorbell = packet_take_fd(&packet, 2);
    packet_clear(&packet);
    return raw;
}

static void raw_close(struct raw *raw)
{
    if (raw->doorbell >= 0) {
        close(raw->doorbell);
        munmap(raw->ring, ring_file_size(raw->welcome.ring_bytes));
    }
    close(raw->socket);
}

/* ERROR with protocol_error and a text that says 'about' comes, and then the end. */
static void expect_end(struct raw *raw, const char *about)
{
    struct packet packet;
    struct gemd_msg_error error;
    receive(raw, &packet, GEMD_MSG_ERROR);
    memcpy(&error, packet.bytes, sizeof(error));
    assert_int_equal(error.protocol_error, 1);
    assert_true(error.error < 0);
    if (strstr(error.text, about) == NULL) {
        fail_msg("\"%s\" says nothing of \"%s\"", error.text, about);
    }
    int result = packet_receive(raw->socket, &packet, 0);
    assert_true(result == 0 || result == -ECONNRESET);
    raw_close(raw);
}

/* ---- messages ---- */

static void wrong_version(void **state)
{
    struct bed *bed = *state;
    struct raw raw = raw_connect(bed);
    struct gemd_msg_hello hello = raw_hello("by hand");
    hello.major = GEMD_PROTOCOL_MAJOR + 1;
    assert_int_equal(packet_send(raw.socket, &hello, NULL, 0), 0);
    expect_end(&raw, "protocol version 2.");

    raw = raw_connect(bed);
    hello = raw_hello("by hand");
    hello.magic = 0x12345678;
    assert_int_equal(packet_send(raw.socket, &hello, NULL, 0), 0);
    expect_end(&raw, "HELLO");

    raw = raw_connect(bed);
    hello = raw_hello("by hand");
    hello.role = 7;
    assert_int_equal(packet_send(raw.socket, &hello, NULL, 0), 0);
    expect_end(&raw, "role 7");

    /* A newer minor version is no error. */
    raw = raw_connect(bed);
    hello = raw_hello("by hand");
    hello.minor = 99;
    struct packet packet;
    assert_int_equal(packet_send(raw.socket, &hello, NULL, 0), 0);
    receive(&raw, &packet, GEMD_MSG_WELCOME);
    packet_clear(&packet);
    raw_close(&raw);
    assert_nobody_else_suffers(bed);
}

/* One packet, sent before and after HELLO; either way it ends the session. */
static void send_and_expect_end(struct bed *bed, const void *bytes, size_t size, unsigned fds,
                                const char *about)
{
    for (unsigned greeted = 0; greeted < 2; greeted++) {
        struct raw raw = greeted ? raw_open(bed) : raw_connect(bed);
        int files[64];
        for (unsigned i = 0; i < fds; i++) {
            files[i] = STDIN_FILENO;
        }
        assert_int_equal(packet_send_raw(raw.socket, bytes, size, files, fds, 0), 0);
        expect_end(&raw, about);
    }
}

static void sizes_and_types(void **state)
{
    struct bed *bed = *state;
    unsigned files = daemon_open_files(&bed->daemon);
    static uint8_t large[4096];
    struct gemd_msg_arena_remove message;
    codec_begin(&message, GEMD_MSG_ARENA_REMOVE, 1);
    send_and_expect_end(bed, &message, 1, 0, "1 bytes");
    send_and_expect_end(bed, &message, 15, 0, "15 bytes");
    send_and_expect_end(bed, &message, sizeof(message) - 1, 0, "ARENA_REMOVE");
    memcpy(large, &message, sizeof(message));
    send_and_expect_end(bed, large, sizeof(message) + 1, 0, "ARENA_REMOVE");
    send_and_expect_end(bed, large, sizeof(large), 0, "4096 bytes");
    message.header.size = 4096;
    send_and_expect_end(bed, &message, sizeof(message), 0, "4096");
    codec_begin(&message, GEMD_MSG_ARENA_REMOVE, 1);
    message.header.type = 0;
    send_and_expect_end(bed, &message, sizeof(message), 0, "type 0");
    message.header.type = 0xffffffff;
    send_and_expect_end(bed, &message, sizeof(message), 0, "type 4294967295");
    codec_begin(&message, GEMD_MSG_ARENA_REMOVE, 1);
    message.reserved = 1;
    send_and_expect_end(bed, &message, sizeof(message), 0, "reserved");
    assert_nobody_else_suffers(bed);
    daemon_await_files(&bed->daemon, files);
}

static void too_many_descriptors(void **state)
{
    struct bed *bed = *state;
    unsigned files = daemon_open_files(&bed->daemon);
    struct gemd_msg_arena_add add;
    struct gemd_msg_arena_remove remove;
    codec_begin(&add, GEMD_MSG_ARENA_ADD, 1);
    codec_begin(&remove, GEMD_MSG_ARENA_REMOVE, 1);
    send_and_expect_end(bed, &add, sizeof(add), 0, "descriptors");
    send_and_expect_end(bed, &add, sizeof(add), 2, "descriptors");
    send_and_expect_end(bed, &add, sizeof(add), 5, "descriptors");
    send_and_expect_end(bed, &add, sizeof(add), 64, "descriptors");
    send_and_expect_end(bed, &remove, sizeof(remove), 1, "1 descriptors");
    assert_nobody_else_suffers(bed);
    daemon_await_files(&bed->daemon, files);
}

/* Every message of the table from a session that may not send it, or in the wrong direction. */
static void messages_out_of_place(void **state)
{
    struct bed *bed = *state;
    for (size_t i = 0; i < codec_message_count; i++) {
        const struct codec_message *row = &codec_messages[i];
        uint64_t message[GEMD_MESSAGE_MAX / sizeof(uint64_t)];
        codec_begin(message, row->type, 1);
        for (unsigned greeted = 0; greeted < 2; greeted++) {
            bool allowed = row->direction == CODEC_TO_DAEMON &&
                           (row->who == CODEC_ANY || (greeted && row->who == CODEC_SESSION));
            if (allowed && row->type != GEMD_MSG_HELLO) {
                continue;
            }
            struct raw raw = greeted ? raw_open(bed) : raw_connect(bed);
            int files[GEMD_FDS_MAX] = {0, 0, 0, 0};
            assert_int_equal(packet_send(raw.socket, message, files, 0), 0);
            expect_end(&raw, row->name);
        }
    }
    assert_nobody_else_suffers(bed);
}

static void hello_twice(void **state)
{
    struct bed *bed = *state;
    struct raw raw = raw_open(bed);
    struct gemd_msg_hello hello = raw_hello("by hand");
    assert_int_equal(packet_send(raw.socket, &hello, NULL, 0), 0);
    expect_end(&raw, "second HELLO");
    assert_nobody_else_suffers(bed);
}

/* A client that asks and never reads: it is let go, and the daemon goes on serving. */
static void answers_left_unread(void **state)
{
    struct bed *bed = *state;
    struct raw raw = raw_open(bed);
    struct gemd_msg_arena_remove remove;
    codec_begin(&remove, GEMD_MSG_ARENA_REMOVE, 1);
    int result = 0;
    for (unsigned i = 0; i < 200000 && result == 0; i++) {
        result = packet_send(raw.socket, &remove, NULL, 0);
    }
    assert_true(result == -EPIPE || result == -ECONNRESET);
    raw_close(&raw);
    assert_nobody_else_suffers(bed);
}

/* ---- the ring ---- */

/* Puts bytes at the ring's start, sets its tail, rings. */
static void write_ring(const struct raw *raw, const void *bytes, size_t size, uint64_t tail)
{
    uint64_t one = 1;
    memcpy((uint8_t *)raw->ring + GEMD_RING_DATA_OFFSET, bytes, size);
    __atomic_store_n(&raw->ring->tail, tail, __ATOMIC_SEQ_CST);
    assert_int_equal(write(raw->doorbell, &one, sizeof(one)), sizeof(one));
}

static void rings_that_lie(void **state)
{
    struct bed *bed = *state;
    static const struct {
        uint32_t words[16];
        uint64_t tail;
        const char *about;
    } cases[] = {
        {{0}, 8, "unknown record type 0"},
        {{99, 16}, 16, "unknown record type 99"},
        {{GEMD_RECORD_CLOSE, 0}, 16, "CLOSE"},
        {{GEMD_RECORD_CLOSE, 24}, 24, "CLOSE"},
        {{GEMD_RECORD_CLOSE, 16}, 8, "CLOSE"},
        {{GEMD_RECORD_CLOSE, 16, 1, 1}, 16, "reserved"},
        {{GEMD_RECORD_CLOSE, 16}, 12, "tail"},
        {{GEMD_RECORD_CLOSE, 16}, 1ull << 40, "tail"},
        {{GEMD_RECORD_CLOSE, 16}, UINT64_MAX - 7, "tail"},
        {{GEMD_RECORD_PAD, 64}, 64, "PAD"},
        {{GEMD_RECORD_SUBMIT, 0xfffffff8}, 64, "SUBMIT"},
        {{GEMD_RECORD_SUBMIT, 32, 1, 0, 0xffffffff, 0, 0, 0}, 32, "submit"},
        {{GEMD_RECORD_SUBMIT, 40, 1, 0, 1, 0, 0, 0}, 40, "even"},
        {{GEMD_RECORD_SUBMIT, 40, 2, 0, 2, 0, 0, 0}, 40, "seqno 2"},
        {{GEMD_RECORD_SUBMIT, 40, 1, 0, 2, 0, 0, 1}, 40, "flags"},
        {{GEMD_RECORD_SUBMIT, 32, 1, 0, 2, 1u << 30, 0, 0}, 40, "submit"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct raw raw = raw_open(bed);
        write_ring(&raw, cases[i].words, sizeof(cases[i].words), cases[i].tail);
        expect_end(&raw, cases[i].about);
    }
    assert_nobody_else_suffers(bed);
}

/* Operations that cannot be done are told as RING_ERROR, and the session goes on. */
static void records_that_cannot_be(void **state)
{
    struct bed *bed = *state;
    const struct gemd_record_create create = {
        .header = {GEMD_RECORD_CREATE, sizeof(create)}, .handle = 1, .arena = 77, .size = 4096};
    const struct gemd_record_close close_record = {
        .header = {GEMD_RECORD_CLOSE, sizeof(close_record)}, .handle = 5};
    const struct gemd_record_present present = {
        .header = {GEMD_RECORD_PRESENT, sizeof(present)}, .serial = 1, .window = 3};
    uint8_t bytes[sizeof(create) + sizeof(close_record) + sizeof(present)];
    memcpy(bytes, &create, sizeof(create));
    memcpy(bytes + sizeof(create), &close_record, sizeof(close_record));
    memcpy(bytes + sizeof(create) + sizeof(close_record), &present, sizeof(present));
    struct raw raw = raw_open(bed);
    write_ring(&raw, bytes, sizeof(bytes), sizeof(bytes));
    static const struct {
        uint32_t record;
        const char *about;
    } expected[] = {
        {GEMD_RECORD_CREATE, "no arena 77"},
        {GEMD_RECORD_CLOSE, "no buffer 5"},
        {GEMD_RECORD_PRESENT, "no window 3"},
    };
    for (unsigned i = 0; i < 3; i++) {
        struct packet packet;
        struct gemd_msg_ring_error error;
        receive(&raw, &packet, GEMD_MSG_RING_ERROR);
        memcpy(&error, packet.bytes, sizeof(error));
        assert_int_equal(error.record, expected[i].record);
        assert_non_null(strstr(error.text, expected[i].about));
    }
    raw_close(&raw);
    assert_nobody_else_suffers(bed);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(wrong_version),        TEST(sizes_and_types),
        TEST(too_many_descriptors), TEST(messages_out_of_place),
        TEST(hello_twice),          TEST(answers_left_unread),
        TEST(rings_that_lie),       TEST(records_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
