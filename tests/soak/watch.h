/* SPDX-License-Identifier: MIT */
/*
 * What an honest client of the soak must never see, and what it does all the time while it looks.
 * Each that is false or NULL has told of it (client_error()).
 */
#ifndef GEMD_TESTS_SOAK_WATCH_H
#define GEMD_TESTS_SOAK_WATCH_H

#include "tests/lib/batch.h"
#include "tests/soak/client.h"

enum { WATCH_PITCH = 1024, WATCH_SIDE = 256, WATCH_BYTES = WATCH_PITCH * WATCH_SIDE };

/* What a session has seen beside its own work. */
struct watch {
    struct client *client;
    bool spoiled;
};

/* For client_open(), with the watch as its data: honest clients get no events. */
void watch_event(void *data, const struct gemd_msg_header *event, const char *text);

bool watch_is_sound(struct watch *watch, struct gemd_session *session);
bool watch_submitted(struct watch *watch, struct gemd_session *session, struct batch *batch,
                     uint64_t *seqno);
bool watch_finished(struct watch *watch, struct gemd_session *session, uint64_t seqno);
struct gemd_bo *watch_buffer(struct watch *watch, struct gemd_session *session, uint64_t bytes,
                             bool shared);

/* A pixel of a buffer with WATCH_PITCH; what: drew it. */
bool watch_is_filled(struct watch *watch, struct gemd_bo *bo, uint32_t x, uint32_t y,
                     uint32_t colour, const char *what);

#endif
