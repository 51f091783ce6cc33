/* SPDX-License-Identifier: MIT */
/*
 * The DRM adapter for one program: its server, and the directory R where the server's socket, the
 * library that programs preload and the replaced files are. Both end with us.
 */
#ifndef GEMD_TOOLS_GEMD_RUN_ADAPTER_H
#define GEMD_TOOLS_GEMD_RUN_ADAPTER_H

#include <sys/types.h>

struct adapter {
    pid_t pid; /* 0: not running */
    char directory[256];
};

/* Starts the server, a client of the daemon at 'socket'. 0, or -1 after one line on stderr. */
__attribute__((warn_unused_result)) int adapter_start(struct adapter *adapter, const char *socket);
/* Ends it and removes its directory. SIGCHLD must be blocked. Does nothing for {0}. */
void adapter_stop(struct adapter *adapter);

/* In the program's process, before exec: has it preload the library. */
void adapter_set_environment(const struct adapter *adapter);

#endif
