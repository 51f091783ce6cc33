/* SPDX-License-Identifier: MIT */
/*
 * A session by hand: records go into the ring as they are, whatever libgemd would say of them. One
 * thread; each call waits until the daemon has done what it was asked.
 */
#ifndef GEMD_TOOLS_GEMCTL_WIRE_H
#define GEMD_TOOLS_GEMCTL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/packet.h"
#include "proto/protocol.h"

struct wire {
    int socket, doorbell;
    struct gemd_ring_header *ring;
    const struct gemd_status_page *status;
    size_t status_bytes;
    uint64_t tail, serial;
    uint64_t submitted; /* the last seqno */
    struct gemd_msg_welcome welcome;
    int64_t patience_ns;      /* how long the daemon may do nothing */
    char lost[GEMD_TEXT_MAX]; /* why there is no session any more; "": there is */
    /* Told of each event; may be NULL. */
    void (*on_event)(void *data, const struct packet *packet);
    void *data;
};

/* False: wire->lost says why. wire_close() in any case. 'path': a socket. */
__attribute__((warn_unused_result)) bool wire_open(struct wire *wire, const char *path,
                                                   const char *name);
void wire_close(struct wire *wire);

/*
 * Sends a request that codec_begin() started and waits for its answer, the caller's to clear, of
 * that type. 0; a negative errno that ERROR gave; -EIO: wire->lost.
 */
__attribute__((warn_unused_result)) int wire_ask(struct wire *wire, void *message, const int *fds,
                                                 uint32_t type, struct packet *answer);

/* Writes one record and waits until it has been carried out; a batch, until it has retired. */
__attribute__((warn_unused_result)) bool wire_put(struct wire *wire, const void *record,
                                                  uint32_t size);

#endif
