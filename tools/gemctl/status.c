/* SPDX-License-Identifier: MIT */
/* gemctl status and gemctl sessions: the daemon's state, whole or as a table of its clients. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/gemd.h"
#include "tools/gemctl/command.h"
#include "tools/gemctl/report.h"
#include "tools/gemctl/table.h"

static const char status_help[] =
    "usage: gemctl status [--json]\n\n"
    "Prints what the daemon holds, 'key: value' a line. Who is neither root nor the\n"
    "daemon's user sees the own sessions only.\n\n"
    "  -j, --json   as one JSON object: daemon, gtt, gpu, screen, sessions[]\n";

static const char sessions_help[] = "usage: gemctl sessions [--json]\n\n"
                                    "Prints a table of the sessions that one may see.\n\n"
                                    "  -j, --json   as a JSON array, all there is to each\n";

static int fetch(const char *socket, char **text)
{
    struct gemd_session *session = command_connect_observer(socket);
    *text = NULL;
    if (session == NULL) {
        return COMMAND_FAILED;
    }
    int error = gemd_query_status(session, text);
    if (error != 0) {
        fprintf(stderr, "gemctl: status: %s\n", strerror(-error));
    }
    gemd_session_close(session);
    return error == 0 ? COMMAND_DONE : COMMAND_FAILED;
}

int command_status(const char *socket, int argc, char **argv)
{
    bool json = false;
    char *text;
    int code = command_parse_json(argc, argv, status_help, &json);
    if (code != COMMAND_GO_ON) {
        return code;
    }
    code = fetch(socket, &text);
    if (code == COMMAND_DONE && json) {
        code = command_print_json(report_status(text));
    } else if (code == COMMAND_DONE) {
        fputs(text, stdout);
    }
    free(text);
    return code;
}

/* Those of the wished columns that the daemon knows; all of them while there is no session. */
static json_t *session_columns(const json_t *sessions)
{
    static const char *const wished[] = {"id",        "pid",      "uid",       "class",
                                         "buffers",   "bytes",    "gtt_pages", "submitted",
                                         "in_flight", "rejected", "frames",    "name"};
    json_t *columns = json_array();
    const json_t *first = json_array_get(sessions, 0);
    for (size_t i = 0; i < sizeof(wished) / sizeof(wished[0]); i++) {
        if (first == NULL || report_has(first, wished[i])) {
            (void)json_array_append_new(columns, json_string(wished[i]));
        }
    }
    return columns;
}

int command_sessions(const char *socket, int argc, char **argv)
{
    bool json = false;
    char *text;
    int code = command_parse_json(argc, argv, sessions_help, &json);
    if (code != COMMAND_GO_ON) {
        return code;
    }
    code = fetch(socket, &text);
    if (code != COMMAND_DONE) {
        return code;
    }
    json_t *status = report_status(text);
    json_t *sessions = json_object_get(status, "sessions");
    if (json) {
        code = command_print_json(json_incref(sessions));
    } else {
        json_t *columns = session_columns(sessions);
        table_print(stdout, sessions, columns);
        json_decref(columns);
    }
    json_decref(status);
    free(text);
    return code;
}
