/* SPDX-License-Identifier: MIT */
/*
 * Who gets no new session for a while: processes whose batches hung the GPU again and again, or all
 * processes of their user, for those could be new ones each time.
 *
 * A peer is a user and a process, as the kernel says them of the socket. Times are nanoseconds of
 * the server's clock. The table is small; the peer that has been quiet the longest makes way.
 */
#ifndef GEMD_BAN_H
#define GEMD_BAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "gemd/ban_rule.h"

#define BAN_PEERS 64u

struct ban_peer {
    uid_t uid;
    pid_t pid;                     /* -1: all of the user's */
    uint32_t count;                /* hangs so far; 0: the row is free */
    uint64_t hangs[BAN_HANGS_MAX]; /* when, the newest at (count - 1) % BAN_HANGS_MAX */
    uint64_t until_ns;             /* banned up to then */
};

struct ban {
    struct ban_rule rule; /* of those for whom the policy has no other */
    struct ban_peer peers[BAN_PEERS];
    uint64_t banned;  /* so many times */
    uint64_t refused; /* sessions that were asked for in vain */
};

void ban_init(struct ban *ban, const struct ban_rule *rule);

/* A batch of the peer hung the GPU. Whether by this rule it is banned from now on. */
bool ban_note(struct ban *ban, const struct ban_rule *rule, uid_t uid, pid_t pid, uint64_t now_ns);

/* How much longer the peer is banned by such a rule; 0: it is not. Counts what it refuses. */
uint64_t ban_left(struct ban *ban, const struct ban_rule *rule, uid_t uid, pid_t pid,
                  uint64_t now_ns);

/* Rows that are banned now. */
uint32_t ban_count(const struct ban *ban, uint64_t now_ns);

#endif
