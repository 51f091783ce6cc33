/* SPDX-License-Identifier: MIT */
/* What several commands share: connecting, options, JSON on standard output. */
#include "tools/gemctl/command.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>

#include "proto/gemd.h"

static struct gemd_session *connect_as(const char *socket, enum gemd_role role)
{
    const struct gemd_connect_options options = {.socket = socket, .name = "gemctl", .role = role};
    struct gemd_session *session;
    char reason[GEMD_TEXT_MAX];
    if (gemd_session_open(&options, &session, reason) != 0) {
        fprintf(stderr, "gemctl: %s\n", reason);
        return NULL;
    }
    return session;
}

struct gemd_session *command_connect(const char *socket)
{
    return connect_as(socket, GEMD_ROLE_OPERATOR);
}

struct gemd_session *command_connect_observer(const char *socket)
{
    return connect_as(socket, GEMD_ROLE_OBSERVER);
}

int command_parse_json(int argc, char **argv, const char *help, bool *json)
{
    static const struct option table[] = {
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, "+jh", table, NULL)) != -1;) {
        if (option == 'h') {
            fputs(help, stdout);
            return COMMAND_DONE;
        }
        if (option != 'j') {
            return COMMAND_MISUSED;
        }
        *json = true;
    }
    if (optind < argc) {
        fprintf(stderr, "gemctl: what is %s? see gemctl %s --help\n", argv[optind], argv[0]);
        return COMMAND_MISUSED;
    }
    return COMMAND_GO_ON;
}

int command_print_json(json_t *value)
{
    if (value == NULL || json_dumpf(value, stdout, JSON_INDENT(2)) != 0) {
        fputs("gemctl: out of memory, or nobody reads\n", stderr);
        json_decref(value);
        return COMMAND_FAILED;
    }
    putchar('\n');
    json_decref(value);
    return COMMAND_DONE;
}
