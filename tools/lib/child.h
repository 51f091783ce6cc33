/* SPDX-License-Identifier: MIT */
/* Programs that run beside one's own: they end with it, say when they are ready, and are stopped.
 */
#ifndef GEMD_TOOLS_LIB_CHILD_H
#define GEMD_TOOLS_LIB_CHILD_H

#include <sys/types.h>

/*
 * After fork(), in the child: be sent 'number' when 'parent' ends, also when it ended before this
 * call.
 */
void die_with_parent(pid_t parent, int number);

/*
 * Waits for the byte that a child writes when it is ready; the end of the pipe means that it has
 * failed. what: its name in messages, "daemon". 0, or -1 after one line on stderr.
 */
__attribute__((warn_unused_result)) int child_wait_ready(int fd, const char *what);

/* Ends it with SIGTERM, or SIGKILL when that takes long. SIGCHLD must be blocked. */
void child_stop(pid_t pid, const char *what);

#endif
