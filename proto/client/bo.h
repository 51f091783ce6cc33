/* SPDX-License-Identifier: MIT */
#ifndef GEMD_CLIENT_BO_H
#define GEMD_CLIENT_BO_H

#include <sys/types.h>

#include "proto/client/session.h"

struct gemd_bo {
    int references;  /* atomic; the last one of a shared buffer is given back under lock */
    uint32_t handle; /* 0: made while the session was lost */
    struct gemd_session *session; /* a reference of its own, while it is alive */
    uint64_t size;
    void *map;
    uint64_t last_use, last_write; /* atomic: seqnos */

    struct arena *arena; /* private: where it was cut from; NULL for a shared buffer */
    uint64_t offset;     /* in the arena */

    uint32_t own_arena; /* shared: the arena that is this buffer */
    int fd;             /* shared: its memory file, else -1 */
    dev_t device;       /* shared: the file's identity */
    ino_t inode;

    uint32_t tiling, pitch; /* enum gemd_tiling; bytes, when tiled */

    uint32_t rights;     /* of a buffer made of a token: enum gemd_use; 0: an ordinary one */
    uint32_t connection; /* of such a one: gemd_session_losses() when it was made */

    uint32_t kept_place; /* lock: in ring->kept, from 1 on; 0: none */

    uint64_t unneeded_tail;   /* lock: where its MADVISE ends in the ring; 0: it is needed */
    uint32_t unneeded_losses; /* lock: gemd_session_losses() then */

    struct gemd_window *shown_in; /* lock: the window that it was last shown in, referenced */
    uint64_t shown_serial;        /* lock */

    struct gemd_bo *next; /* lock: in session->shared, session->zombies or session->cache */
    struct gemd_bo *live_next, **live_link; /* lock: in session->live; link NULL: not in it */
    uint64_t close_tail;                    /* zombie: where its CLOSE ends in the ring */
    int64_t cached_ns;                      /* in the cache: since when */
};

/* A buffer with one reference that nobody knows yet; NULL: no memory. */
struct gemd_bo *bo_new(struct gemd_session *session, uint64_t size);

/* A handle that the daemon does not know, or 0 without memory. lock is held. */
uint32_t bo_take_handle(struct gemd_session *session);

/* Frees what is still there when the session ends. */
void bo_forget_all(struct gemd_session *session);

/*
 * On a new connection: what was closed is free, what is open is made known again. Who calls holds
 * connection (written), socket_lock and lock.
 */
void bo_free_zombies(struct gemd_session *session);
CODEC_CHECKED int bo_recreate_all(struct gemd_session *session);

#endif
