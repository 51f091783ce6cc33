/* SPDX-License-Identifier: MIT */
/*
 * What a session may have, and all sessions of a user together: soft and hard limits of each kind.
 *
 * Beyond a soft limit nothing is refused: the client is told, and its idle buffers are the first
 * to be evicted. Beyond a hard limit the operation is refused, with the numbers; a batch beyond
 * LIMIT_IN_FLIGHT waits instead. Each session has its own copy, with which it starts and which may
 * be changed at any time (session->limits): the next operation looks at it.
 */
#ifndef GEMD_LIMITS_H
#define GEMD_LIMITS_H

#include <stdint.h>

#define LIMIT_NONE UINT64_MAX

enum limit_kind {
    LIMIT_BYTES,   /* of memory files that clients gave, and of those that imported buffers keep */
    LIMIT_ARENAS,  /* memory files, one mapping of the daemon each */
    LIMIT_BUFFERS, /* open ones */
    LIMIT_GTT_PAGES,
    LIMIT_FENCE_REGISTERS,
    LIMIT_IN_FLIGHT, /* batches on the GPU */
    LIMIT_FDS, /* descriptors that the daemon holds for it: its socket, its doorbell, exports */
    LIMIT_WINDOWS,
    LIMIT_VBLANK_WAITS, /* that have not been answered */
    LIMIT_KINDS
};

struct limit {
    uint64_t soft, hard;
};

struct limits {
    struct limit session[LIMIT_KINDS]; /* this session by itself */
    struct limit uid[LIMIT_KINDS];     /* all sessions of its user together */
};

/* What holds without a policy. */
void limits_default(struct limits *limits);

/* "bytes", "gtt_pages": the name in a policy, in the status and in messages. */
const char *limit_kind_name(enum limit_kind kind);

#endif
