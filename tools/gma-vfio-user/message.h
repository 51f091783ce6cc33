/* SPDX-License-Identifier: MIT */
/* The table of messages: what each must be like, and what is done with it. */
#ifndef GEMD_TOOLS_GMA_VFIO_USER_MESSAGE_H
#define GEMD_TOOLS_GMA_VFIO_USER_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "tools/gma-vfio-user/wire.h"

struct server;

/* A whole message. Descriptors that the handler keeps it replaces by -1; others are closed. */
struct request {
    struct wire_header header;
    const uint8_t *body;
    uint32_t size; /* of the body */
    int *fds;
    unsigned fd_count;
};

struct reply {
    uint8_t *body; /* room for a body of WIRE_MESSAGE_MAX, less the header */
    uint32_t size;
    int fd; /* goes along, stays the device's; -1: none */
};

/* What message_handle() and handlers return. */
enum {
    MESSAGE_DONE = 0,
    MESSAGE_BAD = -1, /* the connection ends, server->reason says why */
    /* > 0: refused, an errno for the reply */
};

struct message {
    uint16_t command;
    const char *name;
    uint32_t size_min, size_max; /* of the body */
    unsigned fds_max;
    /* NULL: known to the protocol, not offered here: ENOTSUP */
    int (*handle)(struct server *server, const struct request *request, struct reply *reply);
};

/* NULL behind the last. */
const struct message *message_at(size_t index);

/* The header of a message whose body is still to come: 0 or MESSAGE_BAD. */
int message_check_header(struct server *server, const struct wire_header *header);

int message_handle(struct server *server, const struct request *request, struct reply *reply);

/* Writes the reason; MESSAGE_BAD. */
int message_bad(struct server *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
