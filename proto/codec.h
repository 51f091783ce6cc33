/* SPDX-License-Identifier: MIT */
/*
 * The message and field tables as data, and the check of a received packet against them.
 *
 * The library gemd_proto serves both sides of the socket. Beside this header:
 *   proto/packet.h   sends and receives packets with descriptors
 *   proto/memfile.h  sealed memory files
 *   proto/ring.h     the submission ring: places, sizes and checks of records
 *   proto/address.h  where the socket is
 *
 * Nothing here keeps state; every function may be called from any thread.
 */
#ifndef GEMD_PROTO_CODEC_H
#define GEMD_PROTO_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/protocol.h"

#define CODEC_CHECKED __attribute__((warn_unused_result))

enum codec_direction { CODEC_TO_DAEMON, CODEC_TO_CLIENT };

/* When a message may be sent; each includes what the ones before it ask for. */
enum codec_who {
    CODEC_ANY,      /* before and after HELLO */
    CODEC_SESSION,  /* after it */
    CODEC_OBSERVER, /* after it, by a session with GEMD_ROLE_OBSERVER or GEMD_ROLE_OPERATOR */
    CODEC_OPERATOR, /* after it, by a session with GEMD_ROLE_OPERATOR */
};

/* A row of messages.def. */
struct codec_message {
    uint32_t type;
    uint32_t size; /* bytes, header included */
    unsigned fds;  /* descriptors that ride along, exactly */
    enum codec_direction direction;
    enum codec_who who;
    const char *name; /* "HELLO" */
    const char *body; /* "gemd_msg_hello" */
    const char *meaning;
};

extern const struct codec_message codec_messages[];
extern const size_t codec_message_count;

/* The row of a type; NULL when there is none. */
const struct codec_message *codec_message(uint32_t type);

enum codec_kind { CODEC_VALUE, CODEC_ZERO, CODEC_TEXT, CODEC_NESTED };

/* A row of fields.def. */
struct codec_field {
    const char *body; /* the struct, without the keyword */
    const char *name;
    uint32_t offset; /* bytes */
    uint32_t size;   /* bytes */
    enum codec_kind kind;
    const char *meaning;
};

extern const struct codec_field codec_fields[];
extern const size_t codec_field_count;

/*
 * Whether a packet of 'size' bytes with 'fd_count' descriptors, going in 'direction', is one of the
 * table: type, size (its own word too), descriptors, reserved fields zero, texts terminated, one
 * line and followed by zeros. data needs no alignment. The row on success; NULL, with one line in
 * reason, on a protocol error. Who may send it is the receiver's to check, by row->who.
 */
CODEC_CHECKED const struct codec_message *codec_check(const void *data, size_t size,
                                                      unsigned fd_count,
                                                      enum codec_direction direction,
                                                      char reason[GEMD_TEXT_MAX]);

/*
 * Starts a message of 'type' in 'message', whose struct is the one of the table: zeroes it all,
 * then fills in the header. 'type' must be of the table.
 */
void codec_begin(void *message, uint32_t type, uint64_t serial);

/*
 * Copies one line into a text field of 'size' bytes: control characters become '?', what is too
 * long is cut at a whole UTF-8 character, the rest is zeroed. NULL counts as "".
 */
void codec_set_text(char *field, size_t size, const char *text);

#endif
