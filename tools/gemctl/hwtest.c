/* SPDX-License-Identifier: MIT */
/*
 * gemctl hwtest: has gemd measure what only silicon can tell. The daemon's program has what knows
 * devices, so that is what runs; no daemon may have the device meanwhile.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/gemd.h"
#include "tools/gemctl/command.h"
#include "tools/lib/install.h"

#define ARGUMENTS_MAX 16

static const char help[] =
    "usage: gemctl hwtest [OPTION]...\n\n"
    "Measures what only silicon can tell of a gen3 GPU, and writes one report. As root, with the\n"
    "device to itself; doc/hardware.md says what to do before, and where to send the report.\n\n"
    "  -l, --list           the items, in their order\n"
    "      --only NAMES     these alone, by name or number, with commas between\n"
    "      --skip NAMES     not these\n"
    "  -o, --output FILE    the report (hwtest.txt); - is standard output\n"
    "      --dangerous      also what may hang the machine, and a suspend of 20 seconds\n"
    "  -d, --device DEVICE  which (pci); 'gemd --device help' lists them\n\n"
    "Exits with 0 when nothing differs from what is assumed and nothing failed.\n";

enum { OPTION_ONLY = 256, OPTION_SKIP, OPTION_DANGEROUS };

struct request {
    const char *device;
    char *arguments[ARGUMENTS_MAX]; /* behind "--" */
    unsigned count;
    bool lists;
};

static void put(struct request *request, const char *argument)
{
    if (request->count < ARGUMENTS_MAX) {
        request->arguments[request->count++] = (char *)(uintptr_t)argument;
    }
}

static void put_pair(struct request *request, const char *option, const char *value)
{
    put(request, option);
    put(request, value);
}

/* COMMAND_GO_ON, or an exit code. An option that is given twice counts twice, up to a limit. */
static int parse(struct request *request, int argc, char **argv)
{
    static const struct option table[] = {
        {"list", no_argument, NULL, 'l'},
        {"only", required_argument, NULL, OPTION_ONLY},
        {"skip", required_argument, NULL, OPTION_SKIP},
        {"output", required_argument, NULL, 'o'},
        {"dangerous", no_argument, NULL, OPTION_DANGEROUS},
        {"device", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, "+lo:d:h", table, NULL)) != -1;) {
        switch (option) {
        case 'l':
            request->lists = true;
            break;
        case OPTION_ONLY:
            put_pair(request, "--only", optarg);
            break;
        case OPTION_SKIP:
            put_pair(request, "--skip", optarg);
            break;
        case 'o':
            put_pair(request, "--output", optarg);
            break;
        case OPTION_DANGEROUS:
            put(request, "--dangerous");
            break;
        case 'd':
            request->device = optarg;
            break;
        case 'h':
            fputs(help, stdout);
            return COMMAND_DONE;
        default:
            return COMMAND_MISUSED;
        }
    }
    if (optind < argc || request->count == ARGUMENTS_MAX) {
        fprintf(stderr, "gemctl: hwtest: %s; see gemctl hwtest --help\n",
                optind < argc ? "it takes options only" : "too many options");
        return COMMAND_MISUSED;
    }
    return COMMAND_GO_ON;
}

/* Whether the text has a line "device: pci...", which may be quoted. */
static bool tells_of_bus(const char *status)
{
    static const char key[] = "device: ";
    const char *line = status;
    while (line != NULL && strncmp(line, key, strlen(key)) != 0) {
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    if (line == NULL) {
        return false;
    }
    line += strlen(key);
    return strncmp(line + (line[0] == '"'), "pci", 3) == 0;
}

/* A daemon answers at the socket, and it has a GPU of the bus. */
static bool is_taken(const char *socket)
{
    const struct gemd_connect_options options = {
        .socket = socket, .name = "gemctl", .role = GEMD_ROLE_OBSERVER};
    struct gemd_session *session;
    char reason[GEMD_TEXT_MAX], *status = NULL;
    if (gemd_session_open(&options, &session, reason) != 0) {
        return false;
    }
    bool is = gemd_query_status(session, &status) == 0 && tells_of_bus(status);
    free(status);
    gemd_session_close(session);
    return is;
}

int command_hwtest(const char *socket, int argc, char **argv)
{
    struct request request = {.device = "pci"};
    char program[PATH_MAX];
    int code = parse(&request, argc, argv);
    if (code != COMMAND_GO_ON) {
        return code;
    }
    if (request.lists) {
        request.count = 0;
        put(&request, "--list");
        request.device = "model:g33"; /* nothing is opened */
    }
    if (strncmp(request.device, "pci", 3) == 0 && is_taken(socket)) {
        fputs("gemctl: hwtest: a daemon has the device: stop it first\n", stderr);
        return COMMAND_FAILED;
    }
    if (install_find_daemon(program, sizeof(program)) != 0) {
        return COMMAND_FAILED;
    }
    char *arguments[ARGUMENTS_MAX + 6] = {(char *)(uintptr_t) "gemd",
                                          (char *)(uintptr_t) "--device",
                                          (char *)(uintptr_t)request.device,
                                          (char *)(uintptr_t) "--hwtest", (char *)(uintptr_t) "--"};
    memcpy(arguments + 5, request.arguments, request.count * sizeof(arguments[0]));
    execv(program, arguments);
    fprintf(stderr, "gemctl: hwtest: %s: %s\n", program, strerror(errno));
    return COMMAND_FAILED;
}
