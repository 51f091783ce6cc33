/* SPDX-License-Identifier: MIT */
/* gemctl: looks at a running gemd, and at command streams. */
#include <getopt.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/gemctl/command.h"

static const struct command {
    const char *name;
    const char *arguments;
    unsigned least, most; /* how many arguments */
    int (*run)(const char *socket, int argc, char **argv);
    const char *meaning;
} commands[] = {
    {"status", "[--json]", 0, UINT_MAX, command_status, "what the daemon holds, key by key"},
    {"top", "[-b] [-d SECONDS] ...", 0, UINT_MAX, command_top,
     "the same again and again, on a screen"},
    {"sessions", "[--json]", 0, UINT_MAX, command_sessions, "a table of the clients"},
    {"buffers", "[--json]", 0, UINT_MAX, command_list, "a table of the open buffers"},
    {"gtt", "[--png FILE] ...", 0, UINT_MAX, command_gtt, "who has which part of the GTT"},
    {"fences", "[--json]", 0, UINT_MAX, command_list, "a table of the batches on the GPU"},
    {"rings", "[--json]", 0, UINT_MAX, command_list,
     "a table of the rings: how far written and read"},
    {"registers", "[--json]", 0, UINT_MAX, command_list,
     "a table of the fence registers: whose tiles they show"},
    {"windows", "[--json]", 0, UINT_MAX, command_list, "a table of the windows and their frames"},
    {"pipes", "[--json]", 0, UINT_MAX, command_list, "a table of the pipes: mode, vblank, waits"},
    {"screenshot", "FILE.png", 1, 1, command_screenshot, "save what the pipe scans out"},
    {"monitor", "plug [EDID-FILE]|unplug", 1, 2, command_monitor, "the model's: in, or out"},
    {"suspend", "", 0, 0, command_suspend, "before the machine sleeps: the GPU stands still"},
    {"resume", "", 0, 0, command_resume, "after it has slept: all goes on"},
    {"audit", "SESSION on|off", 2, 2, command_audit, "log a session's broken batches, run them"},
    {"policy", "check|show ...", 1, 3, command_policy, "read a policy; what it gives a user"},
    {"errors", "[N] [--json] [--save FILE]", 0, 4, command_errors, "what the GPU did when it hung"},
    {"decode", "FILE", 1, 1, command_decode, "name every dword of a command stream; - reads stdin"},
    {"check", "FILE...", 1, UINT_MAX, command_check, "what the validator says of command streams"},
    {"record", "-o FILE [--session ID | -- COMMAND...]", 0, UINT_MAX, command_record,
     "keep what a session does"},
    {"replay", "FILE", 0, UINT_MAX, command_replay, "do it again, frame by frame"},
    {"reduce", "FILE -o SMALLER -- COMMAND {}", 0, UINT_MAX, command_reduce,
     "make it smaller while a command still fails"},
    {"trace", "replay|compare ...", 0, UINT_MAX, command_trace,
     "registers: on the model, or with another's"},
    {"hwtest", "[--list] [OPTION]...", 0, UINT_MAX, command_hwtest,
     "measure a real GPU, into one report"},
};

enum { COMMANDS = sizeof commands / sizeof commands[0], OPTION_VERSION = 256 };

static void print_usage(FILE *to)
{
    fputs("usage: gemctl [--socket PATH] COMMAND [ARGUMENT]...\n\n", to);
    for (unsigned i = 0; i < COMMANDS; i++) {
        fprintf(to, "  %-10s %-22s %s\n", commands[i].name, commands[i].arguments,
                commands[i].meaning);
    }
    fputs(
        "  help                              this text\n\n"
        "  -s, --socket PATH    the daemon's socket (default: $GEMD_SOCKET, or the usual places)\n"
        "      --help, --version\n",
        to);
}

static int run(const char *socket, int argc, char **argv)
{
    const unsigned arguments = (unsigned)argc - 1;
    for (unsigned i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[0], commands[i].name) != 0) {
            continue;
        }
        if (commands[i].most != UINT_MAX && arguments == 1 && strcmp(argv[1], "--help") == 0) {
            printf("usage: gemctl %s %s\n\n%s\n", commands[i].name, commands[i].arguments,
                   commands[i].meaning);
            return COMMAND_DONE;
        }
        if (arguments < commands[i].least || arguments > commands[i].most) {
            fprintf(stderr, "usage: gemctl %s %s\n", commands[i].name, commands[i].arguments);
            return COMMAND_MISUSED;
        }
        return commands[i].run(socket, argc, argv);
    }
    if (strcmp(argv[0], "help") == 0) {
        print_usage(stdout);
        return COMMAND_DONE;
    }
    fprintf(stderr, "gemctl: no command '%s' (try gemctl help)\n", argv[0]);
    return COMMAND_MISUSED;
}

int main(int argc, char **argv)
{
    static const struct option table[] = {
        {"socket", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, OPTION_VERSION},
        {NULL, 0, NULL, 0},
    };
    const char *socket = NULL;
    setlocale(LC_ALL, "");
    for (int option; (option = getopt_long(argc, argv, "+s:h", table, NULL)) != -1;) {
        switch (option) {
        case 's':
            socket = optarg;
            break;
        case 'h':
            print_usage(stdout);
            return COMMAND_DONE;
        case OPTION_VERSION:
            puts("gemctl " GEMD_VERSION);
            return COMMAND_DONE;
        default:
            return COMMAND_MISUSED;
        }
    }
    if (optind >= argc) {
        print_usage(stderr);
        return COMMAND_MISUSED;
    }
    return run(socket, argc - optind, argv + optind);
}
