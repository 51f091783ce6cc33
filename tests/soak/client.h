/* SPDX-License-Identifier: MIT */
/*
 * Clients of the soak (run): each kind goes on until it is told to stop, and returns how it went.
 */
#ifndef GEMD_TESTS_SOAK_CLIENT_H
#define GEMD_TESTS_SOAK_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/gemd.h"

struct client {
    const char *socket, *name;
    uint64_t random; /* state of client_random() */
    uint64_t rounds; /* what it did, for the summary */
};

/* SIGTERM has come. */
bool client_stopped(void);

uint32_t client_random(struct client *client);
static inline uint32_t client_below(struct client *client, uint32_t limit)
{
    return client_random(client) % limit;
}

/* Tells what an honest client must never see, on standard output. Always false. */
bool client_error(const struct client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Tries until there is one, for others may have taken all places; NULL when stopped before. */
struct gemd_session *client_open(struct client *client,
                                 void (*on_event)(void *data, const struct gemd_msg_header *event,
                                                  const char *text),
                                 void *data);

/* A kind: false when it has seen what it must not see. */
typedef bool client_kind(struct client *client);

/* honest.c: they follow the rules, and look whether the daemon does. */
client_kind client_draws;   /* fills, copies, triangles; every pixel is looked at */
client_kind client_shows;   /* frames in a window, at the screen's pace */
client_kind client_streams; /* buffers made and closed all the time, of all sizes */
client_kind client_idles;

/* sharing.c: honest, too */
client_kind client_lends; /* a buffer to a session of its own, with fences between them, and back */
client_kind client_inherits; /* buffers whose lender is killed */
client_kind client_purges;   /* says what it does not need, and may lose */

/* hostile.c: they do not. */
client_kind client_floods;  /* as many batches as the ring holds, all the time */
client_kind client_refuses; /* batches that break a rule */
client_kind client_scrawls; /* bytes of no meaning in ring and socket */
client_kind client_sleeps;  /* asks and never reads the answers */
client_kind client_dies;    /* children that draw and are killed at any moment */

/* stranded.c: they do, and are stuck. */
client_kind client_hangs; /* its batches hang the GPU (the daemon's chaos); comes back, is banned */
client_kind client_strands; /* waits for fences that never come */

#endif
