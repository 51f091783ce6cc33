/* SPDX-License-Identifier: MIT */
/* gemctl monitor: what is plugged into the model. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "proto/gemd.h"
#include "tools/gemctl/command.h"

/* The first block of a file; those behind it are not the port's to know. */
static int read_edid(const char *path, uint8_t edid[GEMD_EDID_BYTES])
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        fprintf(stderr, "gemctl: %s: %s\n", path, strerror(errno));
        return -1;
    }
    const size_t count = fread(edid, 1, GEMD_EDID_BYTES, file);
    fclose(file);
    if (count != GEMD_EDID_BYTES) {
        fprintf(stderr, "gemctl: %s: %zu bytes, an EDID has %u\n", path, count, GEMD_EDID_BYTES);
        return -1;
    }
    return 0;
}

int command_monitor(const char *socket, int argc, char **argv)
{
    uint8_t edid[GEMD_EDID_BYTES];
    const bool plug = strcmp(argv[1], "plug") == 0, has_edid = argc == 3;
    if ((!plug && strcmp(argv[1], "unplug") != 0) || (!plug && has_edid)) {
        fputs("usage: gemctl monitor plug [EDID-FILE]|unplug\n", stderr);
        return COMMAND_MISUSED;
    }
    if (has_edid && read_edid(argv[2], edid) != 0) {
        return COMMAND_FAILED;
    }
    struct gemd_session *session = command_connect(socket);
    if (session == NULL) {
        return COMMAND_FAILED;
    }
    const int error = gemd_plug_monitor(session, plug, has_edid ? edid : NULL);
    if (error != 0) {
        fprintf(stderr, "gemctl: monitor: %s\n", strerror(-error));
    }
    gemd_session_close(session);
    return error == 0 ? COMMAND_DONE : COMMAND_FAILED;
}
