/* SPDX-License-Identifier: MIT */
#ifndef GEMD_CLIENT_BO_H
#define GEMD_CLIENT_BO_H

#include <sys/types.h>

#include "proto/client/session.h"

struct gemd_bo {
    int references;  /* atomic; the last one of a shared buffer is given back under lock */
    uint32_t handle; /* 0: made while the session was lost */
    struct gemd_session *session; /* a reference of its own, until it is a zombie */
    uint64_t size;
    void *map;
    uint64_t last_use, last_write; /* atomic: seqnos */

    struct arena *arena; /* private: where it was cut from; NULL for a shared buffer */
    uint64_t offset;     /* in the arena */

    uint32_t own_arena; /* shared: the arena that is this buffer */
    int fd;             /* shared: its memory file, else -1 */
    dev_t device;       /* shared: the file's identity */
    ino_t inode;

    struct gemd_window *shown_in; /* lock: the window that it was last shown in, referenced */
    uint64_t shown_serial;        /* lock */

    struct gemd_bo *next;                   /* lock: in session->shared or session->zombies */
    struct gemd_bo *live_next, **live_link; /* lock: in session->live; link NULL: not in it */
    uint64_t close_tail;                    /* zombie: where its CLOSE ends in the ring */
};

/* Frees what is still there when the session ends. */
void bo_forget_all(struct gemd_session *session);

/*
 * On a new connection: what was closed is free, what is open is made known again. Who calls holds
 * connection (written), socket_lock and lock.
 */
void bo_free_zombies(struct gemd_session *session);
CODEC_CHECKED int bo_recreate_all(struct gemd_session *session);

#endif
