/* SPDX-License-Identifier: MIT */
/*
 * What somebody who runs code in the daemon would try. The hook is preloaded into it, and tries
 * what HOOK_SIGNAL carries (sigqueue(3)), in the thread that gets it; a line "hook: NAME: ERRNO" on
 * standard error says what became of it, 0 that it worked.
 */
#ifndef GEMD_TESTS_HOOK_H
#define GEMD_TESTS_HOOK_H

#include <signal.h>

#define HOOK_SIGNAL SIGUSR2

enum hook_attempt {
    HOOK_NOTHING,
    HOOK_OPEN,
    HOOK_CREATE,
    HOOK_REMOVE,
    HOOK_SOCKET,
    HOOK_EXECVE,
    HOOK_PTRACE,
    HOOK_FORK,
    HOOK_KILL,
    HOOK_SETUID,
    HOOK_CODE,
    HOOK_ATTEMPTS
};

#endif
