/* SPDX-License-Identifier: MIT */
/*
 * Recordings of sessions (proto/recording.h), for 'gemctl record'.
 *
 * Whoever asks gives one end of a stream socket; the daemon sends items there and never waits for
 * it: what the socket has no room for is queued up to a bound, beyond which the recording ends and
 * says so. Compressing and writing files is the business of the other end.
 *
 * A recorded session has one batch on the GPU at a time. So each buffer that the next batch names
 * is at rest when it is looked at: pages that differ from what whoever replays has by then are
 * told, pages that the batch wrote are noted when it has retired, before the client hears of it.
 * Sessions that are not recorded pay for one look at a pointer.
 */
#ifndef GEMD_RECORDING_H
#define GEMD_RECORDING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "gemd/list.h"
#include "proto/packet.h"

#define RECORDINGS_MAX     16u          /* at once; half of them by sessions of themselves */
#define RECORDING_QUEUE    (256u << 20) /* bytes that wait for an operator's socket */
#define RECORDING_QUEUE_OF (16u << 20)  /* the same for a session that records itself */
#define RECORDING_PAGES_OF 8192u        /* that one batch of such a session may name */
#define RECORDING_DRAIN_S  10           /* how long an ended one waits for its reader to go on */

struct job;
struct recording;
struct server;
struct session;

struct recordings {
    struct list list;
    uint32_t count, own;
};

/* Who is to be recorded, and whereto. */
struct recording_wish {
    struct session *session; /* one that is there; NULL: the next of 'group' */
    pid_t group;             /* a process, or the leader of its process group */
    int fd;                  /* a connected stream socket; it is duplicated */
    bool own;                /* the session asks itself */
};

void recordings_init(struct recordings *recordings);
/* All sessions have ended: sends what is queued, as far as that goes without waiting long. */
void recordings_finish(struct recordings *recordings);

/*
 * 0; -EINVAL: not such a socket; -EALREADY: it is recorded; -EBUSY: too many are; -ENOMEM, -EMFILE;
 * a line in text.
 */
int recording_start(struct server *server, const struct recording_wish *wish,
                    char text[GEMD_TEXT_MAX]);

/* The session begins; one that was waited for is recorded from here on. */
void recording_greet(struct session *session);

/* ---- what follows is for sessions whose 'recording' is not NULL ---- */

/* A request has been carried out, or refused. */
void recording_request(struct session *session, const struct packet *packet);
/* An event for the client. */
void recording_event(struct session *session, const void *message);
/*
 * A record of the ring is to be carried out: *data becomes a private copy, of which is recorded
 * what is executed. False: not yet, the GPU still works for the session.
 */
bool recording_take(struct session *session, const struct gemd_record_header *header,
                    const uint8_t **data);
/* It has been carried out. */
void recording_done(struct session *session);
/* A batch has left the GPU, and the client does not know yet. */
void recording_retired(struct session *session, const struct job *job);
/* Frames may have gone up. */
void recording_vblank(struct session *session);
/* The session ends; its recording is no longer its own. */
void recording_leave(struct session *session);

#endif
