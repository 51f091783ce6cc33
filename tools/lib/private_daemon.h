/* SPDX-License-Identifier: MIT */
/*
 * A daemon of one's own: on a socket in a temporary directory that only this user can enter.
 * It dies with the thread that started it, however that ends.
 */
#ifndef GEMD_TOOLS_LIB_PRIVATE_DAEMON_H
#define GEMD_TOOLS_LIB_PRIVATE_DAEMON_H

#include <sys/types.h>

struct private_daemon {
    pid_t pid; /* 0: not running */
    char directory[256];
    char socket[300];
};

/*
 * Returns when the daemon takes connections. device, monitor: for --device and --monitor; NULL: its
 * defaults. log: for --log. 0, or -1 after one line on stderr.
 */
__attribute__((warn_unused_result)) int private_daemon_start(struct private_daemon *daemon,
                                                             const char *program,
                                                             const char *device,
                                                             const char *monitor, const char *log);
/* Ends it and removes its directory. SIGCHLD must be blocked. */
void private_daemon_stop(struct private_daemon *daemon);

#endif
