/* SPDX-License-Identifier: MIT */
/*
 * The daemon's server in the test's own thread, on the fake device, with a clock and a pipe that
 * the test moves, and clients that speak the protocol by hand. Nothing happens but in
 * stage_settle(), which the other calls use.
 */
#ifndef TESTS_UNIT_GEMD_STAGE_H
#define TESTS_UNIT_GEMD_STAGE_H

#include "gemd/server.h"
#include "gemd/session.h"
#include "proto/packet.h"
#include "tests/unit/gemd/fake_device.h"

#define STAGE_SIZE         64u /* of the screen, pixels each way */
#define STAGE_STRIDE       (STAGE_SIZE * 4)
#define STAGE_BUFFER_BYTES (STAGE_STRIDE * STAGE_SIZE)
#define STAGE_BUFFERS      4u /* of an actor: handles 1 and up */
#define STAGE_PERIOD_NS    16666667u

struct stage {
    struct fake_device *fake;
    struct server *server;
    struct event_base *base;
    uint64_t now;   /* the clock */
    uint32_t frame; /* of the pipe */
};

/* A client. */
struct actor {
    struct stage *stage;
    struct session *session; /* the server's end; may be gone */
    int socket;
    uint8_t *ring;
    const struct gemd_status_page *status;
    int doorbell;
    uint64_t tail;
    uint64_t serial; /* of messages */
    uint64_t frames[GEMD_WINDOWS_MAX];
};

void stage_open(struct stage *stage);
/* Nobody may be left. */
void stage_close(struct stage *stage);
/* Lets the daemon do all that it has to do by now. */
void stage_settle(struct stage *stage);
/* The pipe comes to its next vblank, a period later; the second without an interrupt. */
void stage_vblank(struct stage *stage);
void stage_lose_vblank(struct stage *stage);

/* A client with an arena and STAGE_BUFFERS buffers of one frame. */
void actor_open(struct actor *actor, struct stage *stage);
/* Goes without a word. */
void actor_die(struct actor *actor);
/* Sends a message, of codec_begin() with serial 0; its serial. */
uint64_t actor_send(struct actor *actor, void *message);
/* The next packet for it, which must be of that type; 'out' is its struct, or NULL. */
void actor_expect(struct actor *actor, uint32_t type, void *out);
/* There is none. */
void actor_expect_nothing(struct actor *actor);
/* The connection has ended behind what was read. */
void actor_expect_end(struct actor *actor);
/* Writes a record to the ring and rings. */
void actor_write(struct actor *actor, const void *record, size_t size);
/* A window; its slot. 0, 0: as large as the screen. */
uint32_t actor_create_window(struct actor *actor, uint32_t width, uint32_t height);
void actor_destroy_window(struct actor *actor, uint32_t window);
/* Presents a buffer, which nobody draws; the frame's serial. */
uint64_t actor_present(struct actor *actor, uint32_t window, uint32_t handle, uint32_t interval,
                       uint32_t flags);

#endif
