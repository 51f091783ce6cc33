/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/wire.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "proto/address.h"
#include "proto/codec.h"
#include "proto/memfile.h"
#include "proto/ring.h"

#define PATIENCE_NS INT64_C(60000000000)
#define SLICE_NS    50000000

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool lose(struct wire *wire, const char *why)
{
    if (wire->lost[0] == '\0') {
        snprintf(wire->lost, sizeof(wire->lost), "%s", why);
    }
    return false;
}

/* ---- packets ---- */

static void on_error(struct wire *wire, const struct packet *packet)
{
    const struct gemd_msg_error *error = (const void *)packet->bytes;
    if (error->protocol_error != 0) {
        lose(wire, error->text);
    }
}

/* One packet. True: it is in *packet; false: an event, which was told, nothing there, or lost. */
static bool receive(struct wire *wire, struct packet *packet, int flags)
{
    char reason[GEMD_TEXT_MAX];
    int result = packet_receive(wire->socket, packet, flags);
    if (result == -EAGAIN) {
        return false;
    }
    if (result <= 0) {
        return lose(wire, "the daemon has closed the connection");
    }
    if (packet_check(packet, CODEC_TO_CLIENT, reason) == NULL) {
        packet_clear(packet);
        return lose(wire, reason);
    }
    if (packet->header.type == GEMD_MSG_ERROR) {
        on_error(wire, packet);
    }
    if (packet->header.serial != 0) {
        return true;
    }
    if (packet->header.type == GEMD_MSG_SESSION_LOST) {
        const struct gemd_msg_session_lost *lost = (const void *)packet->bytes;
        lose(wire, lost->text);
    } else if (wire->on_event != NULL) {
        wire->on_event(wire->data, packet);
    }
    packet_clear(packet);
    return false;
}

static void read_events(struct wire *wire)
{
    struct packet packet;
    struct pollfd ready = {.fd = wire->socket, .events = POLLIN};
    while (wire->lost[0] == '\0' && poll(&ready, 1, 0) == 1) {
        if (receive(wire, &packet, MSG_DONTWAIT)) {
            packet_clear(&packet); /* an answer that nobody waits for */
        }
    }
}

int wire_ask(struct wire *wire, void *message, const int *fds, uint32_t type, struct packet *answer)
{
    struct gemd_msg_header *header = message;
    struct pollfd ready = {.fd = wire->socket, .events = POLLIN};
    header->serial = ++wire->serial;
    if (wire->lost[0] != '\0') {
        return -EIO;
    }
    if (packet_send(wire->socket, message, fds, 0) != 0) {
        lose(wire, "the daemon has closed the connection");
        return -EIO;
    }
    while (wire->lost[0] == '\0') {
        if (poll(&ready, 1, (int)(wire->patience_ns / 1000000)) == 0) {
            lose(wire, "the daemon does not answer");
            break;
        }
        if (!receive(wire, answer, MSG_DONTWAIT)) {
            continue;
        }
        if (answer->header.serial == header->serial && answer->header.type == type) {
            return 0;
        }
        const struct gemd_msg_error *error = (const void *)answer->bytes;
        bool refused =
            answer->header.serial == header->serial && answer->header.type == GEMD_MSG_ERROR;
        int code = refused && error->error < 0 && error->error > -4096 ? error->error : -EPROTO;
        packet_clear(answer);
        if (refused) {
            return code;
        }
    }
    return -EIO;
}

/* ---- its beginning and its end ---- */

static bool map_files(struct wire *wire, const struct packet *packet)
{
    const uint64_t ring_bytes = ring_file_size(wire->welcome.ring_bytes);
    uint64_t status_bytes = 0;
    char reason[GEMD_TEXT_MAX];
    if (!ring_bytes_valid(wire->welcome.ring_bytes) ||
        memfile_check(packet->fds[0], ring_bytes, NULL, reason) != 0 ||
        memfile_check_readable(packet->fds[1], sizeof(*wire->status), &status_bytes, reason) != 0) {
        return lose(wire, "its shared memory is not as it should be");
    }
    void *ring =
        mmap(NULL, (size_t)ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, packet->fds[0], 0);
    void *status = mmap(NULL, (size_t)status_bytes, PROT_READ, MAP_SHARED, packet->fds[1], 0);
    wire->ring = ring != MAP_FAILED ? ring : NULL;
    wire->status = status != MAP_FAILED ? status : NULL;
    wire->status_bytes = (size_t)status_bytes;
    if (wire->ring == NULL || wire->status == NULL) {
        return lose(wire, "no memory for its ring");
    }
    /* Somebody always sleeps: whoever looks after each record has no time to say when. */
    wire->ring->retired_waits = 1;
    wire->ring->ring_waits = 1;
    return true;
}

bool wire_open(struct wire *wire, const char *path, const char *name)
{
    struct gemd_msg_hello hello;
    struct packet packet;
    *wire = (struct wire){.socket = -1, .doorbell = -1, .patience_ns = PATIENCE_NS};
    wire->socket = address_connect(path, wire->lost);
    if (wire->socket < 0) {
        return false;
    }
    wire->lost[0] = '\0';
    codec_begin(&hello, GEMD_MSG_HELLO, 0);
    hello.magic = GEMD_PROTOCOL_MAGIC;
    hello.major = GEMD_PROTOCOL_MAJOR;
    hello.minor = GEMD_PROTOCOL_MINOR;
    codec_set_text(hello.name, sizeof(hello.name), name);
    int error = wire_ask(wire, &hello, NULL, GEMD_MSG_WELCOME, &packet);
    if (error != 0) {
        return lose(wire, strerror(-error));
    }
    memcpy(&wire->welcome, packet.bytes, sizeof(wire->welcome));
    bool fine = map_files(wire, &packet);
    wire->doorbell = packet_take_fd(&packet, 2);
    packet_clear(&packet);
    return fine;
}

void wire_close(struct wire *wire)
{
    if (wire->ring != NULL) {
        munmap(wire->ring, (size_t)ring_file_size(wire->welcome.ring_bytes));
    }
    if (wire->status != NULL) {
        munmap((void *)(uintptr_t)wire->status, wire->status_bytes);
    }
    if (wire->doorbell >= 0) {
        close(wire->doorbell);
    }
    if (wire->socket >= 0) {
        close(wire->socket);
    }
    *wire = (struct wire){.socket = -1, .doorbell = -1};
}

/* ---- the ring ---- */

/* Sleeps until *value has come to 'wanted'; 'word' changes with it, or a slice of time passes. */
static bool await(struct wire *wire, const uint64_t *value, uint64_t wanted, const uint32_t *word)
{
    int64_t end = now_ns() + wire->patience_ns;
    for (;;) {
        const uint32_t seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
        if (__atomic_load_n(value, __ATOMIC_ACQUIRE) >= wanted) {
            return true;
        }
        if (__atomic_load_n(&wire->status->lost, __ATOMIC_ACQUIRE) != GEMD_LOST_NOT) {
            read_events(wire); /* they say why */
            return lose(wire, "the session is lost");
        }
        if (now_ns() >= end) {
            return lose(wire, "the daemon does not go on");
        }
        const struct timespec slice = {.tv_nsec = SLICE_NS};
        if (syscall(SYS_futex, word, FUTEX_WAIT, seen, &slice, NULL, 0) != 0 &&
            errno == ETIMEDOUT) {
            read_events(wire);
            if (wire->lost[0] != '\0') {
                return false;
            }
        }
    }
}

static void write_record(struct wire *wire, const void *record, uint32_t size)
{
    uint8_t *data = (uint8_t *)wire->ring + GEMD_RING_DATA_OFFSET;
    memcpy(data + (wire->tail & (wire->welcome.ring_bytes - 1)), record, size);
    wire->tail += size;
}

static bool has_read(struct wire *wire)
{
    const uint64_t one = 1;
    __atomic_store_n(&wire->ring->tail, wire->tail, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&wire->status->doorbell_wanted, __ATOMIC_SEQ_CST) != 0 &&
        write(wire->doorbell, &one, sizeof(one)) != (ssize_t)sizeof(one)) {
        return lose(wire, "its doorbell is broken");
    }
    return await(wire, &wire->status->ring_head, wire->tail, &wire->status->ring_changes);
}

/* One record, the ring being empty. */
static bool put_alone(struct wire *wire, const void *record, uint32_t size)
{
    uint64_t pad;
    if (ring_place(wire->welcome.ring_bytes, wire->tail, wire->tail, size, &pad) != 0) {
        return lose(wire, "a record is larger than the ring");
    }
    if (pad > 0) {
        const struct gemd_record_header filler = {GEMD_RECORD_PAD, (uint32_t)pad};
        write_record(wire, &filler, sizeof(filler));
        wire->tail += pad - sizeof(filler);
        if (!has_read(wire)) {
            return false;
        }
    }
    write_record(wire, record, size);
    return true;
}

bool wire_put(struct wire *wire, const void *record, uint32_t size)
{
    const struct gemd_record_header *header = record;
    const struct gemd_record_header sync = {GEMD_RECORD_SYNC, sizeof(sync)};
    if (wire->lost[0] != '\0' || !put_alone(wire, record, size)) {
        return false;
    }
    write_record(wire, &sync, sizeof(sync)); /* when it is read, ring_changes does change */
    bool fine = has_read(wire);
    if (header->type == GEMD_RECORD_SUBMIT) {
        wire->submitted++;
        fine = fine &&
               await(wire, &wire->status->retired, wire->submitted, &wire->status->retired_changes);
    }
    read_events(wire);
    return fine && wire->lost[0] == '\0';
}
