/* SPDX-License-Identifier: MIT */
/*
 * From a SUBMIT record to a job on the GPU: private copy, binding, validation, emission; and back:
 * what retirement means for the session.
 */
#ifndef GEMD_EXEC_H
#define GEMD_EXEC_H

#include <stddef.h>
#include <stdint.h>

#include "gemd/fence.h"
#include "gemd/session.h"
#include "gemd/validator/validator.h"
#include "proto/ring.h"

struct server;

/* Rules that are the daemon's own, beside those of the validator; for BATCH_REJECTED. */
enum exec_rule {
    EXEC_RULE_FIRST = 1000,
    EXEC_BUFFER_UNKNOWN = EXEC_RULE_FIRST, /* a handle that the session does not have */
    EXEC_BUFFER_TWICE,
    EXEC_RELOC_INVALID,
    EXEC_GTT_FULL,
    EXEC_MEMORY,
    EXEC_GTT_QUOTA, /* its buffers take more of the GTT than the session or its user may have */
    EXEC_BUFFER_UNNEEDED, /* its contents may be dropped any time: BUFFER_NEED comes first */
    EXEC_BUFFER_REVOKED,  /* an imported one, whose owner has taken it back */
    EXEC_FENCE_REGISTERS, /* it needs more of them at once than there are, or than are allowed */
};

struct exec {
    struct server *server;
    uint64_t marks;    /* batches looked at: tells whether a buffer was named twice */
    uint64_t rejected; /* batches of all sessions, also of those that are gone */
    /* Private copies of one batch's lists, and what the validator is given. */
    struct validator_reloc relocs[SESSION_MAX_RELOCS];
    uint32_t handles[SESSION_MAX_BUFFERS];
    struct bo *bos[SESSION_MAX_BUFFERS];
    struct validator_buffer buffers[SESSION_MAX_BUFFERS];
};

void exec_init(struct exec *exec, struct server *server);

/*
 * Carries out a submission: 'submit' is a checked private copy of the record's head, 'record' the
 * record in the ring, which the client can still write. 0: emitted or refused (the client was
 * told); -EAGAIN: nothing was done, it has to wait for a batch to retire; -EPROTO with a reason.
 */
int exec_submit(struct exec *exec, struct session *session, const struct gemd_record_submit *submit,
                const struct ring_submit *layout, const uint8_t *record);

/* fence.retired: accounts for a job that has passed. */
void exec_retired(void *data, struct job *job);

/*
 * Retires and publishes what has passed. How many batches; if any, exec_settle() must follow soon.
 */
unsigned exec_retire(struct exec *exec);

/* What waited for batches to retire gets on, but for sessions' work (sched_run()). May end
 * sessions.
 */
void exec_settle(struct exec *exec);

/* The GPU may have passed batches: retires, publishes, and lets waiting work go on. */
void exec_progress(struct exec *exec);

#endif
