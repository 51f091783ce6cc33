/* SPDX-License-Identifier: MIT */
/*
 * A session's fences as descriptors: read ends of pipes that become readable when a seqno has
 * retired.
 *
 * Not eventfds: the flags of an eventfd are shared with the client, who could fill it and make the
 * daemon's write wait. The write end of a pipe has flags of its own.
 */
#ifndef GEMD_FENCE_EXPORT_H
#define GEMD_FENCE_EXPORT_H

#include <stdint.h>

#include "gemd/list.h"
#include "proto/packet.h"

#define FENCE_EXPORTS_MAX 128u /* of one session that have not come */

struct quota;
struct session;

struct fence_exports {
    struct list pending;
    unsigned count;
    struct quota *quota; /* the session's: each pending one is a descriptor of it */
};

void fence_exports_init(struct fence_exports *exports);

/* Answers FENCE_EXPORT. */
void fence_export_request(struct session *session, struct packet *packet);

/* Every seqno up to 'retired' has left the GPU. */
void fence_exports_retired(struct fence_exports *exports, uint64_t retired);

/* What lies beyond 'last' will never retire: those fences say so. 0: none will. */
void fence_exports_lose(struct fence_exports *exports, uint64_t last);

#endif
