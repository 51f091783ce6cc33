/* SPDX-License-Identifier: MIT */
/*
 * One client: its socket, its shared memory, its buffers, its work and its windows.
 *
 * A session ends at once (session_end) when its client goes, in any way; the struct lives on until
 * the GPU has passed its last batch. Whoever keeps a pointer across events holds a reference.
 */
#ifndef GEMD_SESSION_H
#define GEMD_SESSION_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "gemd/audit.h"
#include "gemd/fence.h"
#include "gemd/fence_export.h"
#include "gemd/fence_import.h"
#include "gemd/flow.h"
#include "gemd/handle_table.h"
#include "gemd/limits.h"
#include "gemd/list.h"
#include "gemd/log.h"
#include "gemd/outbox.h"
#include "gemd/policy/policy.h"
#include "gemd/quota.h"
#include "gemd/vblank_wait.h"
#include "gemd/window.h"
#include "proto/packet.h"
#include "proto/protocol.h"

#define SESSION_RING_BYTES  (4u << 20)
#define SESSION_MAX_WORDS   65536u
#define SESSION_MAX_RELOCS  4096u
#define SESSION_MAX_BUFFERS 1024u  /* of one batch */
#define SESSION_HANDLES     65536u /* of buffers, and of arenas; limits.h has what is allowed */

#define SESSION_FDS 2u /* of LIMIT_FDS, from the start: socket and doorbell */

/* How lines of the log name a session: fields that can be searched for. */
#define SESSION_FIELDS          "session=%u pid=%d (%s)"
#define SESSION_VALUES(session) (session)->id, (session)->pid, (session)->name

struct server;

struct session {
    struct list link; /* server.sessions */
    struct server *server;
    unsigned refs;
    uint32_t id;
    uint32_t role;  /* enum gemd_role */
    uint16_t minor; /* of the protocol, the lower of both */
    bool greeted;   /* HELLO has been answered */
    bool ended;
    bool knows_screen; /* and is told when there is another */
    char name[GEMD_NAME_MAX];
    pid_t pid;
    uid_t uid;
    struct policy_grant grant; /* what the policy gives its user */
    struct log_limit log_limit;
    struct audit audit;

    int socket;
    struct event *socket_event;
    struct outbox outbox;
    uint64_t events_lost; /* that the socket had no room for */

    void *ring; /* struct gemd_ring_header and the data area, mapped read-only */
    struct gemd_status_page *status;
    int doorbell;
    struct event *doorbell_event;
    uint64_t ring_head;

    struct handle_table arenas, buffers;
    uint64_t buffer_bytes;
    struct limits limits; /* may change at any time: a policy's */
    struct quota *quota;

    uint64_t submitted, retired, rejected; /* the first two are seqnos */
    struct job *last_job;                  /* in flight; NULL when none is */
    bool retired_changed;                  /* 'retired' is to be published */

    struct recording *recording; /* gemd/recording.h; NULL: it is not recorded */

    struct fence_exports exports;
    struct fence_imports imports;
    struct vblank_waits vblank_waits;

    struct mirror_viewer *mirror; /* gemd/mirror.h; NULL: it does not watch the screen */

    struct flow flow; /* its turns, and what it has had of the GPU */

    struct window *windows[GEMD_WINDOWS_MAX];
    uint64_t closed_frames;                     /* that windows had shown which are closed */
    uint64_t destroy_serials[GEMD_WINDOWS_MAX]; /* of WINDOW_DESTROYs that wait for the pipe */
    unsigned destroy_count;
};

/* A session on a connected socket, which it takes over. NULL: out of memory; the socket is closed.
 */
struct session *session_create(struct server *server, int socket);

struct session *session_ref(struct session *session);
void session_unref(struct session *session);

/* Lets go of all that the client had; the socket is closed. Twice is harmless. */
void session_end(struct session *session);

/* Tells the client that its work is gone, in both ways that the protocol has, and ends. */
void session_lose(struct session *session, enum gemd_lost_reason reason, const char *text);

/* The client has broken the protocol: says so to it and to the log, and ends. */
void session_violation(struct session *session, uint64_t serial, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Answers a request with -error and a text; the session goes on. */
void session_refuse(struct session *session, uint64_t serial, int error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Sends an answer with as many descriptors as its type has (they are duplicated if they must wait).
 * A client that leaves too many answers unread is let go.
 */
void session_answer(struct session *session, const void *message, const int *fds);

/* Sends an event; one that the socket has no room for is left out. */
void session_event(struct session *session, const void *message);

/*
 * The same, but it waits for room as an answer does; only where answers have none it is left out.
 * Never ends the session.
 */
void session_keep_event(struct session *session, const void *message);

/* A line in the log that this client caused, within bounds. */
void session_log(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The client's handle of a buffer, already out of the table, no longer names it. */
void session_close_bo(struct session *session, struct bo *bo);

/* The same for an arena: what it counted comes back. */
void session_drop_arena(struct session *session, struct arena *arena);

/* Creates ring, status page and doorbell; fds for WELCOME in that order, the caller's to close. */
int session_share(struct session *session, int fds[3]);

/*
 * Counts a futex word of the status page up, and wakes the client's threads if 'waits' of the
 * ring's header says that any sleep.
 */
void session_change(struct session *session, uint32_t *word, const uint32_t *waits);

/* Writes 'retired' to the status page and wakes waiters. */
void session_publish_retired(struct session *session);

/* Writes the vblank's number to the status page and wakes waiters. */
void session_vblank(struct session *session, uint64_t vblank, uint64_t time_ns);

/* The pipe reads no frame of a closed window any more: answers who waited for that. */
void session_screen_left(struct session *session);

#endif
