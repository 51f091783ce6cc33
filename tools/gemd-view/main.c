/* SPDX-License-Identifier: MIT */
/* gemd-view: the daemon's screen in a window of the desktop. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/gemd-view/viewer.h"

static const char usage[] =
    "usage: gemd-view [OPTION]...\n"
    "Shows live what the daemon's pipe scans out, in a window on Wayland or X11; q closes it.\n"
    "\n"
    "  -s, --socket PATH    the daemon's socket (default: $GEMD_SOCKET, or the usual places)\n"
    "      --once           show one picture and end\n"
    "      --help, --version\n";

enum { OPTION_ONCE = 256, OPTION_HELP, OPTION_VERSION };

struct options {
    const char *socket;
    bool once;
};

static void parse(struct options *options, int argc, char **argv)
{
    static const struct option table[] = {
        {"socket", required_argument, NULL, 's'},
        {"once", no_argument, NULL, OPTION_ONCE},
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
        fprintf(stderr, "gemd-view: what is '%s'? (try --help)\n", argv[optind]);
        exit(2);
    }
}

/* Asks politely: to the daemon, a picture of a pipe that is off is a refused request. */
static bool screen_is_off(struct gemd_session *session)
{
    char *text = NULL;
    bool off = gemd_query_status(session, &text) == 0 && strstr(text, "\nscreen: off\n") != NULL;
    free(text);
    return off;
}

/* One picture; 0, -ENODATA while there is none, or another negative errno after a line on stderr.
 */
static int refresh(struct gemd_session *session, struct viewer *viewer)
{
    struct gemd_screenshot shot;
    if (screen_is_off(session)) {
        return -ENODATA;
    }
    int error = gemd_take_screenshot(session, &shot);
    if (error == 0) {
        if (viewer->window == NULL || shot.frame != viewer->frame) {
            error = viewer_show(viewer, &shot) == 0 ? 0 : -EIO;
        }
        gemd_screenshot_free(&shot);
    } else if (error != -ENODATA) {
        fprintf(stderr, "gemd-view: the screen: %s\n", strerror(-error));
    }
    return error;
}

/* Takes a picture for every refresh of the pipe until the window or the daemon closes. */
static int watch(struct gemd_session *session, const struct options *options)
{
    const uint32_t millihertz = gemd_session_info(session)->refresh_millihertz;
    const uint32_t pause_ms = millihertz != 0 ? 1000000 / millihertz : 16;
    struct viewer viewer = {0};
    int error = 0;
    while (viewer_handle_events()) {
        const uint64_t start = SDL_GetTicks64();
        error = refresh(session, &viewer);
        if (options->once || (error != 0 && error != -ENODATA)) {
            break;
        }
        const uint64_t spent = SDL_GetTicks64() - start;
        if (spent < pause_ms) {
            SDL_Delay((uint32_t)(pause_ms - spent));
        }
        error = 0;
    }
    if (options->once && error == -ENODATA) {
        fprintf(stderr, "gemd-view: the pipe is off\n");
    } else if (options->once && error == 0) {
        printf("gemd-view: showed %ux%u\n", viewer.width, viewer.height);
    }
    viewer_finish(&viewer);
    return error;
}

int main(int argc, char **argv)
{
    struct options options;
    parse(&options, argc, argv);
    const struct gemd_connect_options connect = {
        .socket = options.socket, .name = "gemd-view", .role = GEMD_ROLE_OPERATOR};
    struct gemd_session *session;
    char reason[GEMD_TEXT_MAX];
    if (gemd_session_open(&connect, &session, reason) != 0) {
        fprintf(stderr, "gemd-view: %s\n", reason);
        return 1;
    }
    int error = -1;
    /* Under gemd-run: the viewer's own window is the desktop's affair, not that of gemd's EGL. */
    unsetenv("__EGL_VENDOR_LIBRARY_FILENAMES");
    if (SDL_Init(SDL_INIT_VIDEO) != 0) {
        fprintf(stderr, "gemd-view: no display: %s\n", SDL_GetError());
    } else {
        error = watch(session, &options);
        SDL_Quit();
    }
    gemd_session_close(session);
    return error == 0 ? 0 : 1;
}
