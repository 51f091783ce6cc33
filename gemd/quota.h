/* SPDX-License-Identifier: MIT */
/*
 * What a session has of each kind of limits.h, and what all sessions of its user have together.
 *
 * A quota belongs to its session and to each of its buffers that outlives it (on the GPU or on
 * the screen); what is left in it comes back to the user's account with the last of them.
 */
#ifndef GEMD_QUOTA_H
#define GEMD_QUOTA_H

#include <stdbool.h>
#include <sys/types.h>

#include "gemd/gtt.h"
#include "gemd/limits.h"
#include "gemd/list.h"
#include "gemd/log.h"
#include "proto/protocol.h"

struct bo;
struct session;

/* A user: somebody with at least one quota. */
struct account {
    struct list link; /* of the list that quota_create() was given */
    uid_t uid;
    uint32_t refs;
    uint64_t used[LIMIT_KINDS];
    struct gtt_owner owner; /* counts GTT pages; owns no node itself */
};

struct quota {
    uint32_t refs;
    const struct limits *limits; /* the session's; NULL once it has ended */
    struct account *account;
    uint64_t used[LIMIT_KINDS];
    struct gtt_owner owner;     /* of the session's buffers in the GTT */
    uint32_t told;              /* kinds, as bits, whose soft limit the client knows passed */
    struct log_limit log_limit; /* of what the client is told */
};

/* A quota with nothing in it. limits stay the caller's, until quota_detach(). NULL: no memory. */
struct quota *quota_create(struct list *accounts, uid_t uid, const struct limits *limits);
struct quota *quota_ref(struct quota *quota);
void quota_unref(struct quota *quota);

/* The session has ended: nothing is limited any more. */
void quota_detach(struct quota *quota);

/* What is used, also of what the GTT counts. */
uint64_t quota_used(const struct quota *quota, enum limit_kind kind);
uint64_t account_used(const struct account *account, enum limit_kind kind);

/* Whether 'amount' more stays within the hard limits. If not, 'text' (may be NULL) has the numbers.
 */
bool quota_has_room(const struct quota *quota, enum limit_kind kind, uint64_t amount,
                    char text[GEMD_TEXT_MAX]);

/*
 * Counts up, whatever the limits say, and down again. Not for LIMIT_GTT_PAGES and
 * LIMIT_FENCE_REGISTERS: the GTT counts.
 */
void quota_add(struct quota *quota, enum limit_kind kind, uint64_t amount);
void quota_give(struct quota *quota, enum limit_kind kind, uint64_t amount);

/*
 * Makes room in the hard limits of LIMIT_GTT_PAGES for those of the buffers that are not bound, by
 * evicting what else the session, then what else its user has. 0; -EAGAIN: what is on the GPU or on
 * the screen has to go first; -EDQUOT: they never fit. Both with the numbers in text.
 */
__attribute__((warn_unused_result)) int quota_make_room(struct quota *quota, struct gtt *gtt,
                                                        struct bo *const *bos, uint32_t count,
                                                        char text[GEMD_TEXT_MAX]);

/*
 * Counts 'amount' more for the session, and tells the client when that passes a soft limit. 0;
 * -EDQUOT with the numbers: it would pass a hard one, nothing was counted.
 */
__attribute__((warn_unused_result)) int quota_charge(struct session *session, enum limit_kind kind,
                                                     uint64_t amount, char text[GEMD_TEXT_MAX]);

/* Tells the client and the log, at a bounded rate, once for each time a soft limit is passed. */
void quota_notice(struct session *session, enum limit_kind kind);

#endif
