/* SPDX-License-Identifier: MIT */
#include "tools/gemd-view/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: gemd-view [OPTION]...\n"
    "Shows live what the daemon's pipe scans out, in a window on Wayland, X11 or KMS; q closes "
    "it,\n"
    "? says which other keys there are.\n"
    "\n"
    "  -s, --socket PATH    the daemon's socket (default: $GEMD_SOCKET, or the usual places)\n"
    "      --fullscreen     begin with the whole screen\n"
    "      --once           show one picture and end\n"
    "      --pictures N     end after so many pictures, and say how many were lost\n"
    "      --vnc [ADDRESS:]PORT, --vnc unix:PATH\n"
    "                       no window: serve it by VNC, to look at only; on 127.0.0.1 or ::1 with\n"
    "                       a password, or on a socket of this user's\n"
    "      --vnc-password-file FILE\n"
    "                       the password's; else one is made up and printed\n"
    "      --help, --version\n";

enum {
    OPTION_ONCE = 256,
    OPTION_FULLSCREEN,
    OPTION_PICTURES,
    OPTION_VNC,
    OPTION_VNC_PASSWORD_FILE,
    OPTION_HELP,
    OPTION_VERSION
};

static void mistake(const char *what, const char *value)
{
    fprintf(stderr, "gemd-view: %s: '%s'? (try --help)\n", what, value);
    exit(2);
}

static unsigned long parse_count(const char *text)
{
    char *end;
    const unsigned long count = strtoul(text, &end, 10);
    if (*text < '1' || *text > '9' || *end != '\0') {
        mistake("--pictures", text);
    }
    return count;
}

static void check(const struct options *options)
{
    if (options->vnc == NULL && options->vnc_password != NULL) {
        mistake("--vnc-password-file without --vnc", options->vnc_password);
    }
    if (options->vnc != NULL && (options->once || options->fullscreen || options->pictures != 0)) {
        mistake("--vnc has no window", options->vnc);
    }
}

void options_parse(struct options *options, int argc, char **argv)
{
    static const struct option table[] = {
        {"socket", required_argument, NULL, 's'},
        {"once", no_argument, NULL, OPTION_ONCE},
        {"fullscreen", no_argument, NULL, OPTION_FULLSCREEN},
        {"pictures", required_argument, NULL, OPTION_PICTURES},
        {"vnc", required_argument, NULL, OPTION_VNC},
        {"vnc-password-file", required_argument, NULL, OPTION_VNC_PASSWORD_FILE},
        {"help", no_argument, NULL, OPTION_HELP},
        {"version", no_argument, NULL, OPTION_VERSION},
        {NULL, 0, NULL, 0},
    };
    *options = (struct options){0};
    for (int option; (option = getopt_long(argc, argv, "s:", table, NULL)) != -1;) {
        switch (option) {
        case 's':
            options->socket = optarg;
            break;
        case OPTION_ONCE:
            options->once = true;
            break;
        case OPTION_FULLSCREEN:
            options->fullscreen = true;
            break;
        case OPTION_PICTURES:
            options->pictures = parse_count(optarg);
            break;
        case OPTION_VNC:
            options->vnc = optarg;
            break;
        case OPTION_VNC_PASSWORD_FILE:
            options->vnc_password = optarg;
            break;
        case OPTION_HELP:
            fputs(usage, stdout);
            exit(0);
        case OPTION_VERSION:
            puts("gemd-view " GEMD_VERSION);
            exit(0);
        default:
            exit(2);
        }
    }
    if (optind < argc) {
        mistake("what is this", argv[optind]);
    }
    check(options);
}
