/* SPDX-License-Identifier: MIT */
/*
 * Buffers that one session lends to others: by tokens, with rights, until they are revoked.
 *
 * A token is an empty, sealed memory file. The daemon keeps it open while it means something, so
 * its identity (device and inode) is nobody else's, and only who was given it can show it. The
 * importer gets a buffer of its own over the same arena, which stays as long as anybody has one.
 * A token ends with the exporter's handle, or when it is revoked; an importer's buffer when it is
 * revoked, not with the exporter.
 *
 * The CPU is no concern here: a memory file that was given away cannot be taken back, nor
 * be made read-only for one of its holders, so the daemon hands none out.
 */
#ifndef GEMD_SHARE_H
#define GEMD_SHARE_H

#include <stdint.h>

#include "gemd/bo.h"
#include "gemd/list.h"
#include "proto/protocol.h"

#define SHARE_BUCKETS 64u
#define SHARE_REVOKES 256u /* that wait for the GPU, of all sessions */

struct server;
struct session;

struct share {
    struct list tokens[SHARE_BUCKETS]; /* by inode */
    struct list revokes;               /* whose answer waits until the GPU has passed what flew */
    uint32_t token_count, revoke_count;
};

void share_init(struct share *share);
void share_finish(struct share *share);

/*
 * A token for a buffer of the session: a descriptor, the share's to keep. The same buffer with the
 * same rights gives the same one. -EINVAL, -EACCES, -EDQUOT and others, with a text.
 */
int share_export(struct session *session, struct bo *bo, uint32_t rights, char text[GEMD_TEXT_MAX]);

/* A buffer of the session, under a new handle, that a token stands for. 0 or -errno with a text. */
int share_import(struct session *session, int token, uint32_t handle, struct bo **bo,
                 char text[GEMD_TEXT_MAX]);

/*
 * Takes all tokens of a buffer back, and the buffers that were made of them: their sessions are
 * told. 0: nothing of it is on the GPU any more; -EINPROGRESS: the session's request 'serial' is
 * answered by DONE when that is so; -EBUSY: too many wait already, but all was revoked.
 */
int share_revoke(struct session *session, struct bo *bo, uint64_t serial);

/* The handle of a buffer is gone: its tokens end; an imported one is given back to nobody. */
void share_forget(struct session *session, struct bo *bo);

/* Batches have retired: answers revocations that waited for them. */
void share_progress(struct server *server);

#endif
