/* SPDX-License-Identifier: MIT */
/*
 * The inside of libgemd: what its files share about a session.
 *
 * Locks, and the order in which they may nest: connection, import_lock, socket_lock, lock,
 * events_lock and waits_lock. Only the first two may be held while on_event runs. Fields without a
 * lock's name are constant once the session is open.
 */
#ifndef GEMD_CLIENT_SESSION_H
#define GEMD_CLIENT_SESSION_H

#include <pthread.h>

#include "proto/gemd.h"
#include "proto/packet.h"

struct arena;
struct event;

/* Closed buffers that the daemon still knows (bo_cache.h), oldest first. */
struct bo_cache {
    struct gemd_bo *first, *last;
    unsigned count;
    uint64_t bytes;
    uint64_t places;      /* of ring->kept that are taken, as bits */
    struct gemd_bo *lost; /* that the daemon has taken: to be closed */
};

/* Looking for a moment before sleeping (wait.c). */
struct spin {
    unsigned skip;   /* atomic: waits that do without */
    unsigned misses; /* atomic: the same after the last one in vain */
};

struct gemd_session {
    int references;    /* atomic: the caller's, and one of each buffer and window */
    int lost;          /* atomic: enum gemd_lost_reason */
    char *path, *name; /* how it connected, to do so again */
    uint32_t role;
    uint32_t losses;     /* atomic: how often it has come back */
    int last_loss;       /* atomic: enum gemd_lost_reason of the last of them */
    uint64_t rejected;   /* atomic: submissions, on connections that are gone */
    uint64_t seqno_base; /* atomic: seqnos up to here are those of connections that are gone */
    int socket;
    int doorbell;
    struct gemd_info info;
    const struct gemd_status_page *status; /* read-only */
    size_t status_bytes;
    struct gemd_ring_header *ring; /* the whole file; data at GEMD_RING_DATA_OFFSET */
    uint32_t ring_bytes;
    void (*on_event)(void *data, const struct gemd_msg_header *event, const char *text);
    void *on_event_data;

    pthread_rwlock_t connection; /* read: what takes several messages; written: to come back */
    pthread_mutex_t socket_lock; /* one request at a time; whoever reads the socket holds it */
    uint64_t serial;             /* socket_lock: of the last request */

    pthread_mutex_t import_lock; /* one import at a time, so that no file is imported twice */

    pthread_mutex_t lock;
    uint64_t tail;                    /* lock: what ring->tail says */
    uint64_t last_seqno;              /* written under lock, read atomically */
    uint32_t last_handle, last_arena; /* lock */
    uint32_t last_fence;              /* atomic */
    uint32_t *free_handles;           /* lock: handles whose CLOSE the daemon has carried out */
    size_t free_handle_count, free_handle_room;
    struct arena *arenas;                   /* lock: what private buffers are cut from */
    struct gemd_bo *shared;                 /* lock: buffers with memory files of their own */
    struct gemd_bo *live;                   /* lock: all but zombies */
    struct gemd_window *windows;            /* lock */
    struct gemd_bo *zombies, **zombies_end; /* lock: closed buffers, oldest first */
    uint64_t zombie_bytes;                  /* lock: of their memory in arenas */
    struct bo_cache cache;                  /* lock */
    bool may_spin; /* there is another processor that the daemon may be on */
    struct spin spin;
    bool is_limited; /* atomic: a limit has been passed: what is closed is not kept */

    struct gemd_mirror *mirror; /* socket_lock: the live view; NULL: there is none */

    struct vblank_request *vblank_requests; /* socket_lock: that have no answer yet */

    pthread_mutex_t waits_lock; /* counts of the ring's header; nothing is taken inside of it */
    pthread_mutex_t events_lock;
    struct event *events, **events_end; /* events_lock: read, but not yet told */
};

/* ---- session.c ---- */

/* A session on a new connection; -errno with a reason. */
CODEC_CHECKED int session_connect(const char *path, const struct gemd_connect_options *options,
                                  struct gemd_session **session, char reason[GEMD_TEXT_MAX]);

struct gemd_session *session_ref(struct gemd_session *session);
void session_unref(struct gemd_session *session);

/* ---- request.c: the socket ---- */

/*
 * Sends a message (codec_begin() with serial 0; the serial is filled in here) and waits for its
 * answer of type 'answer'. 0 with the packet, to be cleared by the caller; what an ERROR said,
 * which is also reported as an event; -EIO when the session is lost. No lock may be held.
 */
CODEC_CHECKED int request(struct gemd_session *session, void *message, const int *fds,
                          uint32_t answer, struct packet *packet);

/*
 * The same for who holds socket_lock, also on a session that counts as lost. Events are queued, not
 * told.
 */
CODEC_CHECKED int request_locked(struct gemd_session *session, void *message, const int *fds,
                                 uint32_t answer, struct packet *packet);

/* The same with nothing to wait for: a later answer is read over, an ERROR becomes an event. */
void request_forget(struct gemd_session *session, void *message, const int *fds);

/* Sends a message whose answer is for whoever finds its serial. socket_lock is held. */
CODEC_CHECKED int request_send(struct gemd_session *session, void *message, const int *fds);

/* Notes that the session is gone, the first reason wins. */
void session_lose(struct gemd_session *session, enum gemd_lost_reason reason);

/* Whether it is gone; loads only. */
bool session_gone(struct gemd_session *session);

/* ---- event.c: what the daemon says without being asked ---- */

/* Queues a copy of an event. It is told under the seqnos and serials of the whole session. */
void event_queue(struct gemd_session *session, const struct packet *packet);
/* Tells all that are queued. No lock may be held. */
void event_tell(struct gemd_session *session);
/* Forgets them. */
void event_clear(struct gemd_session *session);

/* ---- vblank.c ---- */

/* Whether a packet answers a request for a vblank; then it is queued as an event. */
bool vblank_answer(struct gemd_session *session, const struct packet *packet);
/* No answer will come: says so to all. socket_lock is held. */
void vblank_fail_all(struct gemd_session *session);
/* Forgets the requests. */
void vblank_clear(struct gemd_session *session);

/* ---- wait.c ---- */

/* CLOCK_MONOTONIC. */
int64_t wait_now_ns(void);

/* Whether what is waited for has come; loads only. */
typedef bool (*wait_condition)(struct gemd_session *session, const void *data);

/*
 * Waits until the condition holds; 'word' is the futex word that grows when it may have changed.
 * 0; -ETIME; -EIO when the session is lost before. No lock may be held.
 */
CODEC_CHECKED int wait_until(struct gemd_session *session, const uint32_t *word,
                             wait_condition condition, const void *data, int64_t deadline);

/* ---- writer.c: the submission ring ---- */

/*
 * Takes 'lock' and makes room for a record of 'size' bytes, waiting while the ring is full. 0 with
 * lock held and the place in *record: write it and call writer_end(). On error (-EIO, -E2BIG) the
 * lock is not held.
 */
CODEC_CHECKED int writer_begin(struct gemd_session *session, uint64_t size, void **record);
/* The same for who holds the lock, also on a session that counts as lost. */
CODEC_CHECKED int writer_begin_locked(struct gemd_session *session, uint64_t size, void **record);
void writer_end_locked(struct gemd_session *session, uint64_t size);
/* Publishes it, wakes the daemon if it sleeps, and lets go of the lock. */
void writer_end(struct gemd_session *session, uint64_t size);
/* Whether the daemon has read the ring up to that tail, and retired that submission. */
bool writer_passed(struct gemd_session *session, uint64_t tail);
bool seqno_retired(struct gemd_session *session, uint64_t seqno);
/*
 * Waits until the daemon has read all that is in the ring now, for messages that refer to it. -EIO.
 * No lock but connection may be held. Only for daemons that speak 1.2.
 */
CODEC_CHECKED int session_sync(struct gemd_session *session);
/* What a seqno is called on this connection: 0 for those before it. */
uint64_t seqno_on_wire(struct gemd_session *session, uint64_t seqno);

#endif
