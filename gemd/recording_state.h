/* SPDX-License-Identifier: MIT */
/* A recording, for its two parts: its life (recording.c) and what it tells (recording_items.c). */
#ifndef GEMD_RECORDING_STATE_H
#define GEMD_RECORDING_STATE_H

#include <event2/event.h>

#include "gemd/recording.h"
#include "gemd/recording_shadow.h"
#include "gemd/send_queue.h"
#include "proto/recording.h"

struct recording {
    struct list link; /* recordings.list */
    struct server *server;
    struct session *session; /* NULL: waits for one, or its has ended */
    pid_t group;
    bool own;
    bool begun, stopped; /* BEGIN and END have been written */
    bool held;           /* nothing is sent before its first batch or frame */
    bool dead;           /* nobody reads any more */
    int socket;
    struct send_queue queue;
    struct event *readable, *writable, *late;
    uint64_t late_sent; /* bytes that were sent when 'late' was armed */
    uint64_t started_ns;
    uint64_t before; /* the session's seqno when it began */

    struct shadows shadows;
    uint8_t *copy; /* of the record that is being carried out */
    size_t copy_room;
    struct gemd_record_header taken; /* its head; type 0: none */
    uint64_t rejected;               /* the session's, before it */
    uint64_t latched[GEMD_WINDOWS_MAX];
    bool windows[GEMD_WINDOWS_MAX]; /* that were told */
};

/* ---- recording.c ---- */

/* head: an item's struct, which begins with 'item'; body: what follows it, padded to 8 bytes. */
void recording_put(struct recording *recording, void *head, size_t head_size, const void *body,
                   size_t body_size);
/* Sends what is queued, as far as the socket takes it. */
void recording_flush(struct recording *recording);
/* Nothing is told any more but why. */
void recording_stop(struct recording *recording, enum recording_reason reason, const char *text);

/* ---- recording_items.c ---- */

/* The first item of its session. */
void recording_begin(struct recording *recording, bool attached);
/* What the session has already, as if it came now. */
void recording_tell_all(struct recording *recording);

#endif
