/* SPDX-License-Identifier: MIT */
/*
 * Reads the policy again for a daemon that can open no file any more: a process of its own, begun
 * before the daemon closed the file system, that parses the file and resolves its names.
 *
 * It has nothing but standard error, one socket to the daemon, and a piece of memory in which it
 * leaves rules. It ends when the daemon does, in whatever way.
 */
#ifndef GEMD_POLICY_READER_H
#define GEMD_POLICY_READER_H

#include "gemd/policy/policy.h"

struct policy_answer;

struct policy_reader {
    int socket; /* readable when there is an answer, or the reader has gone; -1: not begun */
    pid_t child;
    struct policy_answer *answer;
};

/*
 * option: as for policy_open(), must outlive nothing: it is copied. When this returns, the reader
 * has no descriptor of ours any more but standard error. 0 or a negative errno.
 */
int policy_reader_start(struct policy_reader *reader, const char *option,
                        const struct policy_names *names);
/* Safe on one that was not begun, if its socket is -1. */
void policy_reader_stop(struct policy_reader *reader);

/* Asks for the policy, once more. 0, -EPIPE when the reader has gone. Does not wait. */
int policy_reader_ask(struct policy_reader *reader);

/*
 * After an answer has come: the policy, or NULL with a reason and *error. -EAGAIN: there is none;
 * -EPIPE: the reader has gone.
 */
struct policy *policy_reader_take(struct policy_reader *reader, int *error,
                                  char reason[POLICY_REASON_MAX]);

#endif
