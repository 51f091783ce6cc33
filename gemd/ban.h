/* SPDX-License-Identifier: MIT */
/*
 * Who gets no new session for a while: processes whose batches hung the GPU again and again.
 *
 * A peer is a user and a process, as the kernel says them of the socket. Times are nanoseconds of
 * the server's clock. The table is small; the peer that has been quiet the longest makes way.
 */
#ifndef GEMD_BAN_H
#define GEMD_BAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define BAN_PEERS     64u
#define BAN_HANGS_MAX 16u /* of ban_rule.hangs */

struct ban_rule {
    uint32_t hangs; /* so many, 0: nobody is ever banned */
    uint64_t window_ns;
    uint64_t duration_ns;
};

struct ban_peer {
    uid_t uid;
    pid_t pid;
    uint32_t count;                /* hangs so far; 0: the row is free */
    uint64_t hangs[BAN_HANGS_MAX]; /* when, the newest at (count - 1) % BAN_HANGS_MAX */
    uint64_t until_ns;             /* banned up to then */
};

struct ban {
    struct ban_rule rule;
    struct ban_peer peers[BAN_PEERS];
    uint64_t banned;  /* so many times */
    uint64_t refused; /* sessions that were asked for in vain */
};

void ban_init(struct ban *ban, const struct ban_rule *rule);

/* A batch of the peer hung the GPU. Whether it is banned from now on. */
bool ban_note(struct ban *ban, uid_t uid, pid_t pid, uint64_t now_ns);

/* How much longer the peer is banned, 0: it is not. Counts what it refuses. */
uint64_t ban_left(struct ban *ban, uid_t uid, pid_t pid, uint64_t now_ns);

/* Rows that are banned now. */
uint32_t ban_count(const struct ban *ban, uint64_t now_ns);

/* "N", "N,WINDOW" or "N,WINDOW,DURATION" in seconds, "off"; false for anything else. */
bool ban_rule_parse(const char *text, struct ban_rule *rule);

#endif
