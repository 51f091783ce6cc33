/* SPDX-License-Identifier: MIT */
/* gemctl buffers, fences, rings, registers, windows and pipes: tables that the daemon makes. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/gemd.h"
#include "tools/gemctl/command.h"
#include "tools/gemctl/list.h"
#include "tools/gemctl/report.h"
#include "tools/gemctl/table.h"

static const struct list {
    const char *name;
    uint32_t what;
    const char *help;
} lists[] = {
    {"buffers", GEMD_LIST_BUFFERS,
     "usage: gemctl buffers [--json]\n\n"
     "Prints a table of the open buffers that one may see: whose, how large, where in\n"
     "the GTT, in what tiles, and whether a batch or the screen pins them there.\n\n"
     "  -j, --json   as a JSON array\n"},
    {"fences", GEMD_LIST_FENCES,
     "usage: gemctl fences [--json]\n\n"
     "Prints a table of the batches on the GPU, oldest first: whose, their seqnos, their\n"
     "size and estimated cost.\n\n"
     "  -j, --json   as a JSON array\n"},
    {"rings", GEMD_LIST_RINGS,
     "usage: gemctl rings [--json]\n\n"
     "Prints a table of the GPU's ring and the sessions' submission rings: how far they\n"
     "are written and read.\n\n"
     "  -j, --json   as a JSON array\n"},
    {"registers", GEMD_LIST_REGISTERS,
     "usage: gemctl registers [--json]\n\n"
     "Prints a table of the fence registers, through which blits and the screen see tiled\n"
     "buffers: whose, and whether work in flight or the screen holds them.\n\n"
     "  -j, --json   as a JSON array\n"},
    {"windows", GEMD_LIST_WINDOWS,
     "usage: gemctl windows [--json]\n\n"
     "Prints a table of the windows, the one that has the screen last: how far their\n"
     "frames have come, and the vblank at which the newest went up.\n\n"
     "  -j, --json   as a JSON array\n"},
    {"pipes", GEMD_LIST_PIPES,
     "usage: gemctl pipes [--json]\n\n"
     "Prints a table of the display's pipes: the mode, the last vblank, how many waits\n"
     "there are for later ones, whose the screen is and which frame of it is pending.\n\n"
     "  -j, --json   as a JSON array\n"},
};

json_t *list_fetch(const char *socket, uint32_t what, json_t **columns)
{
    struct gemd_session *session = command_connect_observer(socket);
    json_t *rows = NULL;
    char *text = NULL;
    uint32_t left_out = 0;
    if (session == NULL) {
        return NULL;
    }
    int error = gemd_query_list(session, what, &text, &left_out);
    gemd_session_close(session);
    if (error == 0) {
        rows = report_list(text, columns);
    }
    if (rows == NULL) {
        fprintf(stderr, "gemctl: %s\n", error != 0 ? strerror(-error) : "out of memory");
    } else if (left_out > 0) {
        fprintf(stderr, "gemctl: %u rows more were left out\n", left_out);
    }
    free(text);
    return rows;
}

int command_list(const char *socket, int argc, char **argv)
{
    const struct list *list = lists;
    json_t *columns = NULL;
    bool json = false;
    while (strcmp(list->name, argv[0]) != 0) {
        list++; /* the table of commands has no name that is not here */
    }
    int code = command_parse_json(argc, argv, list->help, &json);
    if (code != COMMAND_GO_ON) {
        return code;
    }
    json_t *rows = list_fetch(socket, list->what, &columns);
    if (rows == NULL) {
        return COMMAND_FAILED;
    }
    code = COMMAND_DONE;
    if (json) {
        code = command_print_json(json_incref(rows));
    } else {
        table_print(stdout, rows, columns);
    }
    json_decref(rows);
    json_decref(columns);
    return code;
}
