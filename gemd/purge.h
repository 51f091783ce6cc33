/* SPDX-License-Identifier: MIT */
/*
 * Buffers that their clients do not need for now: what is in them may be dropped, to save memory.
 *
 * Each may keep its pages until there are more than 'limit' bytes of such buffers, or until its
 * session is beyond its soft limit of bytes; then the longest unneeded ones that are idle lose
 * them. Who takes a buffer back is told whether its contents are still there. When the session is
 * beyond a limit, those that it only keeps follow (gemd/kept.h).
 *
 * On a device that pins its memory (hw_can_discard()) nothing is dropped: each buffer stays as it is.
 *
 * What a buffer has lost does not count as LIMIT_BYTES, unless buffers of its arena overlap: then
 * its pages may be another's, too. It counts again when it is taken back, for which there may be no
 * room any more, and when it is closed, for its arena can be cut anew.
 */
#ifndef GEMD_PURGE_H
#define GEMD_PURGE_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/bo.h"
#include "gemd/list.h"

#define PURGE_LIMIT_DEFAULT (256ull << 20)

struct server;
struct session;

struct purge {
    struct list unneeded; /* buffers that still have their pages, the longest unneeded first */
    uint64_t limit;       /* bytes of them */
    uint64_t bytes;       /* of them */
    uint64_t purged;      /* bytes that were dropped so far */
};

void purge_init(struct purge *purge, uint64_t limit);

/* The session does not need its buffer for now. Twice is harmless. */
void purge_offer(struct session *session, struct bo *bo);

/*
 * It needs it again; *retained: its contents are still there. 0; -EDQUOT with the numbers: there is
 * no room for its bytes, and it stays as it is.
 */
__attribute__((warn_unused_result)) int purge_take_back(struct session *session, struct bo *bo,
                                                        bool *retained, char text[GEMD_TEXT_MAX]);

/* Its handle is closed. */
void purge_forget(struct session *session, struct bo *bo);

/* Drops what is too much; what is on the GPU or on the screen waits for the next call. */
void purge_trim(struct server *server);

/* The session wants so many bytes more: its unneeded buffers go, as many as that takes. */
void purge_make_room(struct session *session, uint64_t bytes);

/* The session has got more memory: if that is beyond its soft limit, its unneeded buffers go. */
void purge_pressure(struct session *session);

#endif
