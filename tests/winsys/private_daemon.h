/* SPDX-License-Identifier: MIT */
/* A daemon of the test's own, on a socket in a directory of its own, over the modelled G33. */
#ifndef GEMD_TESTS_PRIVATE_DAEMON_H
#define GEMD_TESTS_PRIVATE_DAEMON_H

#include <sys/types.h>

struct private_daemon {
    pid_t pid; /* 0 once it is gone */
    char directory[64];
    char socket[96];
};

/* Both fail the test when they cannot. start returns when clients can connect. */
void private_daemon_start(struct private_daemon *daemon);
/* Ends it with a signal, waits for it, and removes the directory. */
void private_daemon_stop(struct private_daemon *daemon, int signal);

#endif
