/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/targets/wire_script.h"

#include <string.h>

#include "proto/codec.h"
#include "proto/ring.h"

bool wire_next(const uint8_t *script, size_t size, size_t *at, struct wire_step *step)
{
    if (size < WIRE_HEADER || *at > size - WIRE_HEADER) {
        return false;
    }
    const uint8_t *head = script + *at;
    const size_t left = size - *at - WIRE_HEADER;
    const uint32_t length = head[2] | (uint32_t)head[3] << 8;

    *step = (struct wire_step){.kind = head[0] % WIRE_KINDS,
                               .client = head[1] & (WIRE_QUIET | (WIRE_CLIENTS - 1)),
                               .size = length < left ? length : (uint32_t)left,
                               .bytes = head + WIRE_HEADER};
    *at += WIRE_HEADER + step->size;
    return true;
}

bool wire_put(struct wire_writer *to, const struct wire_step *step)
{
    if (step->size > WIRE_STEP_MAX || to->room - to->size < WIRE_HEADER + step->size) {
        return false;
    }
    uint8_t *head = to->bytes + to->size;
    head[0] = step->kind;
    head[1] = step->client;
    head[2] = (uint8_t)step->size;
    head[3] = (uint8_t)(step->size >> 8);
    if (step->size > 0) {
        memcpy(head + WIRE_HEADER, step->bytes, step->size);
    }
    to->size += WIRE_HEADER + step->size;
    return true;
}

/* ---- values ---- */

static uint64_t random_value(struct rng *rng)
{
    static const uint64_t likely[] = {0,
                                      1,
                                      2,
                                      3,
                                      4,
                                      16,
                                      64,
                                      256,
                                      4096,
                                      8192,
                                      65536,
                                      0x10001,
                                      0xffff,
                                      0xfffff,
                                      0x7fffffff,
                                      0xffffffff,
                                      1280,
                                      720,
                                      UINT64_C(0x100000000),
                                      UINT64_C(0x7fffffffffffffff),
                                      UINT64_MAX - 4095,
                                      UINT64_MAX};

    return rng_percent(rng, 70)   ? rng_below(rng, 6)
           : rng_percent(rng, 80) ? RNG_PICK(rng, likely)
                                  : rng_next64(rng);
}

/* Little-endian, as the protocol has it. */
static void store(uint8_t *bytes, uint32_t size, uint64_t value)
{
    for (uint32_t i = 0; i < size && i < 8; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
}

/* Values that a daemon would rather believe, by the field's name. */
static uint64_t value_of(struct rng *rng, const struct codec_field *field)
{
    static const struct {
        const char *name;
        uint64_t value;
    } known[] = {{"magic", GEMD_PROTOCOL_MAGIC},
                 {"major", GEMD_PROTOCOL_MAJOR},
                 {"minor", 0},
                 {"arena", 1},
                 {"handle", 1},
                 {"window", 0},
                 {"tiling", 0},
                 {"pitch", 0},
                 {"stride", 256},
                 {"width", 64},
                 {"height", 16},
                 {"size", WIRE_FILE_BYTES},
                 {"offset", 0},
                 {"interval", 1},
                 {"pipe", 0},
                 {"sequence", 1},
                 {"flags", 0}};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].name, field->name) == 0 && rng_percent(rng, 96)) {
            return known[i].value;
        }
    }
    if (strcmp(field->name, "role") == 0) {
        return rng_percent(rng, 85) ? GEMD_ROLE_CLIENT : rng_below(rng, 3);
    }
    return random_value(rng);
}

static void fill_body(struct rng *rng, const char *body, uint8_t *bytes)
{
    for (size_t i = 0; i < codec_field_count; i++) {
        const struct codec_field *field = &codec_fields[i];

        if (strcmp(field->body, body) != 0) {
            continue;
        }
        if (field->kind == CODEC_VALUE) {
            store(bytes + field->offset, field->size, value_of(rng, field));
        } else if (field->kind == CODEC_TEXT) {
            memcpy(bytes + field->offset, "fuzz", 4);
        } else if (field->kind == CODEC_ZERO && rng_percent(rng, 1)) {
            bytes[field->offset] = 1;
        }
    }
}

/* ---- steps ---- */

static void put(struct wire_writer *to, enum wire_kind kind, uint8_t client, const void *bytes,
                size_t size)
{
    (void)wire_put(to, &(struct wire_step){(uint8_t)kind, client, (uint32_t)size, bytes});
}

void wire_put_message(struct wire_writer *to, struct rng *rng, uint8_t client, uint32_t type)
{
    const struct codec_message *row = codec_message(type);
    uint8_t bytes[1 + GEMD_MESSAGE_MAX] = {0};

    if (row == NULL) {
        return;
    }
    bytes[0] = rng_percent(rng, 70)   ? WIRE_FD_FILE
               : rng_percent(rng, 80) ? WIRE_FD_LARGE
                                      : (uint8_t)rng_below(rng, WIRE_FDS);
    fill_body(rng, row->body, bytes + 1);
    if (type == GEMD_MSG_RECORD || type == GEMD_MSG_RECORD_SELF) {
        bytes[0] = rng_percent(rng, 90) ? WIRE_FD_STREAM : bytes[0];
    }
    if (type == GEMD_MSG_ARENA_ADD && bytes[0] == WIRE_FD_LARGE) {
        store(bytes + 1 + offsetof(struct gemd_msg_arena_add, size), 8, WIRE_LARGE_BYTES);
        store(bytes + 1 + offsetof(struct gemd_msg_arena_add, arena), 4, 2);
    }
    store(bytes + 1, 4, type);
    store(bytes + 1 + 8, 8, rng_next(rng));
    put(to, WIRE_MESSAGE, client, bytes, 1 + row->size);
}

void wire_put_record(struct wire_writer *to, struct rng *rng, uint8_t client, uint32_t type)
{
    const struct ring_record *row = ring_record(type);
    uint8_t bytes[1 + 512] = {0};

    if (row == NULL) {
        return;
    }
    const uint32_t more = row->grows ? rng_below(rng, 40) * 8 : 0;
    bytes[0] = rng_percent(rng, 95) ? WIRE_FIX_SIZE | WIRE_FIX_NUMBER : (uint8_t)rng_below(rng, 4);
    fill_body(rng, row->body, bytes + 1);
    if (type == GEMD_RECORD_CREATE && rng_percent(rng, 30)) { /* of the large arena */
        store(bytes + 1 + offsetof(struct gemd_record_create, arena), 4, 2);
        store(bytes + 1 + offsetof(struct gemd_record_create, size), 8, WIRE_LARGE_BYTES);
        store(bytes + 1 + offsetof(struct gemd_record_create, handle), 4, rng_between(rng, 1, 3));
    }
    store(bytes + 1, 4, type);
    put(to, WIRE_RECORD, client, bytes, 1 + row->size + more);
}

/* A fill of a part of the client's first buffer. */
static void put_batch(struct wire_writer *to, struct rng *rng, uint8_t client)
{
    const uint32_t words[] = {0x54300004, 0x03f00100,    0,          0x00080008,
                              0,          rng_next(rng), 0x05000000, 0};
    const uint32_t reloc[] = {4, 0, 0, 2};
    uint8_t bytes[2 + sizeof(reloc) + sizeof(words)] = {1, 1};

    bytes[0] = (uint8_t)(rng_percent(rng, 80) ? 1 : rng_below(rng, 4));
    memcpy(bytes + 2, reloc, sizeof(reloc));
    memcpy(bytes + 2 + sizeof(reloc), words, sizeof(words));
    if (rng_percent(rng, 20)) {
        bytes[2 + rng_below(rng, sizeof(bytes) - 2)] ^= (uint8_t)(1u << rng_below(rng, 8));
    }
    put(to, WIRE_BATCH, client, bytes, sizeof(bytes));
}

void wire_put_session(struct wire_writer *to, struct rng *rng, uint8_t client)
{
    put(to, WIRE_CONNECT, client, NULL, 0);
    wire_put_message(to, rng, client, GEMD_MSG_HELLO);
    wire_put_message(to, rng, client, GEMD_MSG_ARENA_ADD);
    wire_put_record(to, rng, client, GEMD_RECORD_CREATE);
    if (rng_percent(rng, 30)) {
        wire_put_message(to, rng, client, GEMD_MSG_ARENA_ADD);
        wire_put_record(to, rng, client, GEMD_RECORD_CREATE);
    }
    for (uint32_t i = 0, n = rng_below(rng, 4); i < n; i++) {
        put_batch(to, rng, client);
    }
    if (rng_percent(rng, 50)) {
        wire_put_message(to, rng, client, GEMD_MSG_WINDOW_CREATE);
        wire_put_record(to, rng, client, GEMD_RECORD_PRESENT);
        put(to, WIRE_VBLANK, client, "\2", 1);
    }
    put(to, WIRE_DOORBELL, client, NULL, 0);
}

static void put_packet(struct wire_writer *to, struct rng *rng, uint8_t client)
{
    uint8_t bytes[2 + 64];
    const uint32_t size = rng_below(rng, 65);

    bytes[0] = (uint8_t)rng_below(rng, 7);
    bytes[1] = (uint8_t)rng_below(rng, WIRE_FDS);
    for (uint32_t i = 0; i < size; i++) {
        bytes[2 + i] = (uint8_t)(rng_percent(rng, 60) ? 0 : rng_next(rng));
    }
    put(to, WIRE_PACKET, client, bytes, 2 + size);
}

static void put_write(struct wire_writer *to, struct rng *rng, uint8_t client)
{
    uint8_t bytes[12];

    if (rng_percent(rng, 50)) {
        store(bytes, 8, random_value(rng) * (rng_percent(rng, 70) ? 8 : 1));
        put(to, WIRE_TAIL, client, bytes, 8);
        return;
    }
    store(bytes, 4, rng_percent(rng, 50) ? 4096 + rng_below(rng, 64) * 4 : rng_next(rng));
    store(bytes + 4, 8, random_value(rng));
    put(to, WIRE_POKE, client, bytes, 12);
}

static void put_world(struct wire_writer *to, struct rng *rng, uint8_t client)
{
    const uint8_t number = (uint8_t)rng_below(rng, 5);
    const uint8_t time[2] = {(uint8_t)rng_next(rng), (uint8_t)rng_below(rng, 64)};

    switch (rng_below(rng, 4)) {
    case 0:
        put(to, WIRE_VBLANK, client, &number, 1);
        break;
    case 1:
        put(to, WIRE_TICK, client, time, 2);
        break;
    case 2:
        put(to, WIRE_GPU, client, &number, 1);
        break;
    default:
        put(to, WIRE_DOORBELL, client, NULL, 0);
        break;
    }
}

void wire_put_random(struct wire_writer *to, struct rng *rng)
{
    const uint8_t client = (uint8_t)(rng_below(rng, rng_percent(rng, 70) ? 2 : WIRE_CLIENTS) |
                                     (rng_percent(rng, 15) ? WIRE_QUIET : 0));

    switch (rng_below(rng, 12)) {
    case 0:
        wire_put_session(to, rng, client & (uint8_t)~WIRE_QUIET);
        break;
    case 1:
    case 2:
    case 3:
        wire_put_message(to, rng, client,
                         codec_messages[rng_below(rng, (uint32_t)codec_message_count)].type);
        break;
    case 4:
    case 5:
    case 6:
        wire_put_record(to, rng, client,
                        ring_records[rng_below(rng, (uint32_t)ring_record_count)].type);
        break;
    case 7:
        put_batch(to, rng, client);
        break;
    case 8:
        put_packet(to, rng, client);
        break;
    case 9:
        put_write(to, rng, client);
        break;
    case 10:
        if (rng_percent(rng, 50)) {
            put(to, WIRE_CLOSE, client, NULL, 0);
            break;
        }
        /* fall through */
    default:
        put_world(to, rng, client);
        break;
    }
}
