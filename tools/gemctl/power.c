/* SPDX-License-Identifier: MIT */
/* gemctl suspend, resume: for what puts the machine to sleep. */
#include <stdio.h>
#include <string.h>

#include "proto/gemd.h"
#include "tools/gemctl/command.h"

static int run(const char *socket, const char *what, int (*ask)(struct gemd_session *session))
{
    struct gemd_session *session = command_connect(socket);
    if (session == NULL) {
        return COMMAND_FAILED;
    }
    int error = ask(session);
    if (error != 0) {
        fprintf(stderr, "gemctl: %s: %s\n", what, strerror(-error));
    }
    gemd_session_close(session);
    return error == 0 ? COMMAND_DONE : COMMAND_FAILED;
}

int command_suspend(const char *socket, int argc, char **argv)
{
    return run(socket, argv[0], gemd_suspend);
}

int command_resume(const char *socket, int argc, char **argv)
{
    return run(socket, argv[0], gemd_resume);
}
