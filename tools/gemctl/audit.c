/* SPDX-License-Identifier: MIT */
/* gemctl audit: switches the audit of a session. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/gemd.h"
#include "tools/gemctl/command.h"

static bool parse_number(const char *text, uint32_t *number)
{
    char *end = NULL;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *number = (uint32_t)value;
    return errno == 0 && end != text && *end == '\0' && text[0] != '-' && value <= UINT32_MAX;
}

int command_audit(const char *socket, int argc, char **argv)
{
    const bool on = strcmp(argv[2], "on") == 0;
    uint32_t number;
    if (!parse_number(argv[1], &number) || (!on && strcmp(argv[2], "off") != 0)) {
        fputs("usage: gemctl audit SESSION on|off\n", stderr);
        return COMMAND_MISUSED;
    }
    struct gemd_session *session = command_connect(socket);
    if (session == NULL) {
        return COMMAND_FAILED;
    }
    int error = gemd_audit(session, number, on);
    if (error != 0) {
        fprintf(stderr, "gemctl: audit of session %u: %s\n", number, strerror(-error));
    }
    gemd_session_close(session);
    return error == 0 ? COMMAND_DONE : COMMAND_FAILED;
}
