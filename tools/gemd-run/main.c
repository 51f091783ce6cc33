/* SPDX-License-Identifier: MIT */
/* gemd-run: runs a program so that its OpenGL is drawn by gemd. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/gemd.h"
#include "tools/gemd-run/adapter.h"
#include "tools/gemd-run/driver.h"
#include "tools/lib/child.h"
#include "tools/lib/install.h"
#include "tools/lib/private_daemon.h"

/* Exit codes of our own, as env(1), nohup(1) and timeout(1) have them. */
enum { EXIT_OURS = 125, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

static const char usage[] =
    "usage: gemd-run [OPTION]... PROGRAM [ARGUMENT]...\n"
    "Runs PROGRAM with gemd's EGL driver. Uses the daemon that runs; when none does, starts one\n"
    "for this program alone, which ends with it.\n"
    "\n"
    "  -d, --device DEVICE  start a daemon of our own in any case, with this device;\n"
    "                       'gemd --device help' lists them\n"
    "      --private        start a daemon of our own in any case\n"
    "      --drm            give PROGRAM a DRM device, /dev/dri/card0, in place of our EGL\n"
    "                       driver: it and its children then draw with Mesa's i915 driver\n"
    "      --egl            our EGL driver also with --drm, for GBM, too\n"
    "  -v, --verbose        let that daemon say what it does\n"
    "      --help, --version\n";

enum { OPTION_PRIVATE = 256, OPTION_DRM, OPTION_EGL, OPTION_HELP, OPTION_VERSION };

struct options {
    const char *device;
    bool own_daemon, verbose, drm, egl;
    char **command;
};

static void parse(struct options *options, int argc, char **argv)
{
    static const struct option table[] = {
        {"device", required_argument, NULL, 'd'},
        {"drm", no_argument, NULL, OPTION_DRM},
        {"egl", no_argument, NULL, OPTION_EGL},
        {"private", no_argument, NULL, OPTION_PRIVATE},
        {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, OPTION_HELP},
        {"version", no_argument, NULL, OPTION_VERSION},
        {NULL, 0, NULL, 0},
    };
    *options = (struct options){0};
    /* "+": options after PROGRAM are the program's. */
    for (int option; (option = getopt_long(argc, argv, "+d:v", table, NULL)) != -1;) {
        switch (option) {
        case 'd':
            options->device = optarg;
            options->own_daemon = true;
            break;
        case OPTION_PRIVATE:
            options->own_daemon = true;
            break;
        case OPTION_DRM:
            options->drm = true;
            break;
        case OPTION_EGL:
            options->egl = true;
            break;
        case 'v':
            options->verbose = true;
            break;
        case OPTION_HELP:
            fputs(usage, stdout);
            exit(0);
        case OPTION_VERSION:
            puts("gemd-run " GEMD_VERSION);
            exit(0);
        default:
            exit(EXIT_OURS);
        }
    }
    if (optind >= argc) {
        fputs("gemd-run: which program? (try --help)\n", stderr);
        exit(EXIT_OURS);
    }
    options->command = argv + optind;
}

/* Whether a daemon answers on the socket that clients use by default. */
static bool daemon_answers(char *socket, size_t size)
{
    const struct gemd_connect_options connect = {.socket = socket, .name = "gemd-run"};
    struct gemd_session *session;
    char reason[GEMD_TEXT_MAX];
    if (gemd_socket_path(socket, size) != 0) {
        return false;
    }
    int error = gemd_session_open(&connect, &session, reason);
    if (error == 0) {
        gemd_session_close(session);
        return true;
    }
    if (error != -ENOENT && error != -ECONNREFUSED) {
        fprintf(stderr, "gemd-run: %s; starting a daemon of our own\n", reason);
    }
    return false;
}

static void exec_program(char **command)
{
    execvp(command[0], command);
    int error = errno;
    fprintf(stderr, "gemd-run: %s: %s\n", command[0], strerror(error));
    _exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

/* What runs beside the program. Each may be without a process. */
struct company {
    struct private_daemon daemon;
    struct adapter adapter;
};

/* Reaps what has ended. True when that was the program; its wait status is in *status. */
static bool reap(pid_t program, struct company *company, int *status)
{
    bool ended = false;
    int child_status;
    for (pid_t pid; (pid = waitpid(-1, &child_status, WNOHANG)) > 0;) {
        if (pid == program) {
            *status = child_status;
            ended = true;
        } else if (pid == company->daemon.pid) {
            company->daemon.pid = 0;
            fprintf(stderr, "gemd-run: the daemon has ended before the program\n");
        } else if (pid == company->adapter.pid) {
            company->adapter.pid = 0;
            fprintf(stderr, "gemd-run: the DRM adapter has ended before the program\n");
        }
    }
    return ended;
}

/* Waits for the program and passes signals on to it; returns its wait status. */
static int supervise(pid_t program, struct company *company, const sigset_t *signals)
{
    for (;;) {
        siginfo_t info;
        int number = sigwaitinfo(signals, &info), status;
        if (number == SIGCHLD && reap(program, company, &status)) {
            return status;
        }
        /* What the terminal sends reaches the program by itself. */
        if (number > 0 && number != SIGCHLD && info.si_code <= 0) {
            kill(program, number);
        }
    }
}

static int run_under(struct company *company, char **command, const sigset_t *signals,
                     const sigset_t *old_mask)
{
    const pid_t parent = getpid();
    const pid_t program = fork();
    if (program < 0) {
        fprintf(stderr, "gemd-run: fork: %s\n", strerror(errno));
        return EXIT_OURS;
    }
    if (program == 0) {
        die_with_parent(parent, SIGTERM);
        sigprocmask(SIG_SETMASK, old_mask, NULL);
        if (company->adapter.pid != 0) {
            adapter_set_environment(&company->adapter);
        }
        exec_program(command);
    }
    int status = supervise(program, company, signals);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Signals that wait until supervise() takes them. */
static void block_signals(sigset_t *signals, sigset_t *old_mask)
{
    static const int numbers[] = {SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT};
    sigemptyset(signals);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        sigaddset(signals, numbers[i]);
    }
    sigprocmask(SIG_BLOCK, signals, old_mask);
}

/* A daemon of our own; programs of DRM want to know the monitor, also a model's. 0, or -1 after one
 * line on stderr; its socket is then the default. */
static int start_daemon(struct private_daemon *daemon, const struct options *options)
{
    char path[PATH_MAX];

    if (install_find_daemon(path, sizeof path) != 0 ||
        private_daemon_start(daemon, path, options->device, options->drm ? "ask" : NULL,
                             options->verbose ? "info" : "warning") != 0) {
        return -1;
    }
    setenv("GEMD_SOCKET", daemon->socket, 1);
    return 0;
}

static int run_in_company(const struct options *options, bool daemon_runs)
{
    struct company company = {0};
    sigset_t signals, old_mask;
    int code = EXIT_OURS;

    block_signals(&signals, &old_mask);
    if ((daemon_runs || start_daemon(&company.daemon, options) == 0) &&
        (!options->drm || adapter_start(&company.adapter, getenv("GEMD_SOCKET")) == 0)) {
        code = run_under(&company, options->command, &signals, &old_mask);
    }
    adapter_stop(&company.adapter);
    private_daemon_stop(&company.daemon);
    return code;
}

int main(int argc, char **argv)
{
    struct options options;
    char socket[256];

    parse(&options, argc, argv);
    if (options.drm && !options.egl) {
        driver_choose_mesa();
    } else if (driver_choose_ours(options.drm) != 0) {
        return EXIT_OURS;
    }
    const bool daemon_runs = !options.own_daemon && daemon_answers(socket, sizeof socket);
    if (daemon_runs) {
        setenv("GEMD_SOCKET", socket, 1);
        if (!options.drm) {
            exec_program(options.command);
        }
    }
    return run_in_company(&options, daemon_runs);
}
