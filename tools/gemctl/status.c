/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/gemd.h"
#include "tools/gemctl/command.h"

int command_status(const char *socket, int argc, char **argv)
{
    struct gemd_session *session = command_connect(socket);
    if (session == NULL) {
        return COMMAND_FAILED;
    }
    char *text = NULL;
    int error = gemd_query_status(session, &text);
    if (error == 0) {
        fputs(text, stdout);
    } else {
        fprintf(stderr, "gemctl: status: %s\n", strerror(-error));
    }
    free(text);
    gemd_session_close(session);
    return error == 0 ? COMMAND_DONE : COMMAND_FAILED;
}
