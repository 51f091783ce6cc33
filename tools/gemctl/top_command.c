/* SPDX-License-Identifier: MIT */
/* gemctl top: the clients of the daemon and what each costs, again and again. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proto/gemd.h"
#include "tools/gemctl/command.h"
#include "tools/gemctl/report.h"
#include "tools/gemctl/top_screen.h"

static const char help[] =
    "usage: gemctl top [-b] [-d SECONDS] [-n COUNT] [-u USER]\n\n"
    "Shows the sessions that one may see, and what each of them uses, until q.\n\n"
    "  -b, --batch           lines of text, for files and scripts\n"
    "  -d, --delay SECONDS   between two looks (1); 0.05 to 3600\n"
    "  -n, --count COUNT     looks, then end\n"
    "  -u, --user USER       only the sessions of that user, a name or a number\n\n"
    "Columns: C the class; %GPU of the time in which it was its turn; %VAL the same of\n"
    "the validator; MEM bytes of buffers; GTT pages; B/s batches; W/s waits; FPS frames\n"
    "shown a second; REF batches refused so far. - stands for what the daemon does not say.\n"
    "Keys: h tells them.\n";

bool top_parse_user(const char *text, int64_t *uid)
{
    char *end = NULL;
    const struct passwd *user = getpwnam(text);
    if (user != NULL) {
        *uid = (int64_t)user->pw_uid;
        return true;
    }
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *uid = (int64_t)value;
    return text[0] >= '0' && text[0] <= '9' && errno == 0 && *end == '\0' && value < UINT32_MAX;
}

bool top_parse_delay(const char *text, double *delay)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= 0.05 && value <= 3600)) {
        return false;
    }
    *delay = value;
    return true;
}

static bool parse_count(const char *text, long *count)
{
    char *end = NULL;
    errno = 0;
    *count = strtol(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && *count > 0;
}

/* COMMAND_GO_ON, or an exit code. */
static int parse(struct top_options *options, bool *batch, int argc, char **argv)
{
    static const struct option table[] = {
        {"batch", no_argument, NULL, 'b'},       {"delay", required_argument, NULL, 'd'},
        {"count", required_argument, NULL, 'n'}, {"user", required_argument, NULL, 'u'},
        {"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0},
    };
    bool fine = true;
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, "+bd:n:u:h", table, NULL)) != -1;) {
        switch (option) {
        case 'b':
            *batch = true;
            break;
        case 'd':
            fine = top_parse_delay(optarg, &options->delay);
            break;
        case 'n':
            fine = parse_count(optarg, &options->count);
            break;
        case 'u':
            fine = top_parse_user(optarg, &options->view.uid);
            break;
        case 'h':
            fputs(help, stdout);
            return COMMAND_DONE;
        default:
            return COMMAND_MISUSED;
        }
        if (!fine) {
            fprintf(stderr, "gemctl: top: -%c %s will not do\n", option, optarg);
            return COMMAND_MISUSED;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "gemctl: what is %s? see gemctl top --help\n", argv[optind]);
        return COMMAND_MISUSED;
    }
    return COMMAND_GO_ON;
}

static json_t *look(void *data)
{
    char *text = NULL;
    int error = gemd_query_status(data, &text);
    json_t *status = error == 0 ? report_status(text) : NULL;
    free(text);
    return status;
}

static void put_line(void *data, enum top_line kind, const char *text)
{
    printf("%s\n", text);
}

/* False when nobody reads any more. */
static bool print_once(const struct top_options *options, const json_t *before, const json_t *now)
{
    struct top top;
    if (top_make(&top, before, now, &options->view) != 0) {
        return false;
    }
    const char *columns = getenv("COLUMNS");
    top_print(&top, &options->view, columns != NULL ? (unsigned)atoi(columns) : 0, 0, put_line,
              NULL);
    top_free(&top);
    return fflush(stdout) == 0;
}

static int run_batch(struct top_options *options)
{
    const struct timespec delay = {
        .tv_sec = (time_t)options->delay,
        .tv_nsec = (long)(fmod(options->delay, 1.0) * 1e9),
    };
    json_t *before = options->look(options->data);
    bool fine = before != NULL;
    for (long i = 0; fine && (options->count == 0 || i < options->count); i++) {
        nanosleep(&delay, NULL);
        json_t *now = options->look(options->data);
        if (i > 0) {
            putchar('\n');
        }
        fine = now != NULL && print_once(options, before, now);
        json_decref(before);
        before = now;
    }
    json_decref(before);
    return fine ? COMMAND_DONE : COMMAND_FAILED;
}

int command_top(const char *socket, int argc, char **argv)
{
    struct top_options options = {.delay = 1, .view = {.uid = -1}, .look = look};
    bool batch = false;
    int code = parse(&options, &batch, argc, argv);
    if (code != COMMAND_GO_ON) {
        return code;
    }
    if (!batch && (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)) {
        fputs("gemctl: top needs a terminal; -b writes lines\n", stderr);
        return COMMAND_FAILED;
    }
    struct gemd_session *session = command_connect_observer(socket);
    if (session == NULL) {
        return COMMAND_FAILED;
    }
    options.data = session;
    code = batch ? run_batch(&options) : top_screen_run(&options);
    if (code == COMMAND_FAILED) {
        fprintf(stderr, "gemctl: top: %s\n",
                gemd_session_lost(session) != GEMD_LOST_NOT ? "the daemon has gone"
                                                            : "it does not go on");
    }
    gemd_session_close(session);
    return code;
}
