/* SPDX-License-Identifier: MIT */
/*
 * What clients do to a daemon, as bytes: steps, one behind the other. A step is its kind, the
 * client (two bits; WIRE_QUIET: the daemon does not get its turn after it), the length of what
 * follows (two bytes, low first), and that. Anything is a script; what is cut is left out.
 */
#ifndef GEMD_TESTS_FUZZ_WIRE_SCRIPT_H
#define GEMD_TESTS_FUZZ_WIRE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/fuzz/random.h"

#define WIRE_CLIENTS  4u
#define WIRE_QUIET    0x80u
#define WIRE_HEADER   4u
#define WIRE_STEP_MAX 8192u /* bytes of one step */

enum wire_kind {
    WIRE_CONNECT,
    WIRE_PACKET,  /* count of descriptors, their kind, the packet */
    WIRE_MESSAGE, /* kind of descriptors, then a message: its size and descriptors are put right */
    WIRE_RECORD,  /* enum wire_fix bits, then a record for the ring */
    WIRE_BATCH,   /* counts of buffers and relocations, relocations, words: a SUBMIT of them */
    WIRE_TAIL,    /* the ring's tail, 8 bytes */
    WIRE_POKE,    /* offset in the ring's file, 4 bytes, and what is written there */
    WIRE_DOORBELL,
    WIRE_CLOSE,
    WIRE_VBLANK, /* how many */
    WIRE_TICK,   /* milliseconds that pass, 2 bytes */
    WIRE_GPU,    /* enum wire_gpu */
    WIRE_KINDS
};

enum wire_fix { WIRE_FIX_SIZE = 1, WIRE_FIX_NUMBER = 2 };

enum wire_gpu { WIRE_GPU_RUNS, WIRE_GPU_WAITS, WIRE_GPU_STOPS, WIRE_GPU_MISSES, WIRE_GPU_MODES };

/* Descriptors that a packet may carry. */
enum wire_fd {
    WIRE_FD_FILE,  /* a sealed memory file of WIRE_FILE_BYTES */
    WIRE_FD_LARGE, /* the same, of WIRE_LARGE_BYTES: two do not fit the GTT */
    WIRE_FD_PAGE,  /* of one page */
    WIRE_FD_UNSEALED,
    WIRE_FD_NULL,
    WIRE_FD_EVENT,
    WIRE_FD_RING, /* the client's own ring */
    WIRE_FD_STATUS,
    WIRE_FD_STREAM, /* a stream socket whose other end is hardly ever read */
    WIRE_FDS
};

#define WIRE_FILE_BYTES  65536u
#define WIRE_LARGE_BYTES (4u << 20)

struct wire_step {
    uint8_t kind, client;
    uint32_t size;
    const uint8_t *bytes;
};

/* The step at *at, which moves behind it. False: there is none. */
bool wire_next(const uint8_t *script, size_t size, size_t *at, struct wire_step *step);

/* Scripts that are written. */
struct wire_writer {
    uint8_t *bytes;
    size_t size, room;
};

/* Appends a step; false where there is no room. */
bool wire_put(struct wire_writer *to, const struct wire_step *step);

/* A step that makes sense, or nearly, by the tables of messages and records. */
void wire_put_random(struct wire_writer *to, struct rng *rng);

/* What a client does who means it: opens, gives memory, submits, shows. */
void wire_put_session(struct wire_writer *to, struct rng *rng, uint8_t client);

/* A message of the table with fields that make sense. */
void wire_put_message(struct wire_writer *to, struct rng *rng, uint8_t client, uint32_t type);

/* The same for a record. */
void wire_put_record(struct wire_writer *to, struct rng *rng, uint8_t client, uint32_t type);

#endif
