/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of others that a session's ring waits for: each becomes readable once, which ends
 * the wait. The daemon never reads them, and looks only at kinds whose poll cannot make it wait.
 */
#ifndef GEMD_FENCE_IMPORT_H
#define GEMD_FENCE_IMPORT_H

#include <event2/event.h>

#include "gemd/handle_table.h"
#include "proto/packet.h"
#include "proto/protocol.h"

#define FENCE_IMPORTS_MAX 64u /* of one session that no WAIT has used up */

struct session;

struct fence_imports {
    struct handle_table table;
    uint32_t waited_for; /* the fence that the ring waits for; 0: it does not wait */
    struct event *event; /* of it */
};

void fence_imports_init(struct fence_imports *imports);
void fence_imports_finish(struct fence_imports *imports);

/* Answers FENCE_IMPORT. */
void fence_import_request(struct session *session, struct packet *packet);

/*
 * At a WAIT record. 0: the fence has come, and is used up; -EINPROGRESS: not yet, the session will
 * be woken; -ENOENT: unknown; -ETIME: the deadline has passed, it is used up; -ENOMEM.
 */
int fence_import_wait(struct session *session, const struct gemd_record_wait *wait);

#endif
