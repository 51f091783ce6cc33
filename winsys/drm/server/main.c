/* SPDX-License-Identifier: MIT */
/* gemd-drm: serves DRM files to the programs of one gemd-run --drm. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "winsys/drm/server/core.h"
#include "winsys/drm/server/mode/hotplug.h"
#include "winsys/drm/server/mode/screen.h"
#include "winsys/drm/server/server.h"
#include "winsys/drm/server/tree.h"

static const char help[] =
    "usage: gemd-drm --directory DIR [OPTION...]\n"
    "Serves DRM files to programs that have the adapter's library; gemd-run --drm starts it.\n"
    "\n"
    "  --directory DIR  where programs find it: DIR/server.sock\n"
    "  --socket PATH    the daemon's ($GEMD_SOCKET, or the usual one)\n"
    "  --ready-fd N     write READY and a newline to descriptor N when programs can connect\n"
    "  --help, --version\n";

enum { ID_DIRECTORY = 256, ID_SOCKET, ID_READY_FD, ID_HELP, ID_VERSION };

struct options {
    const char *directory, *socket;
    int ready_fd;
};

static int parse_fd(const char *text)
{
    char *end;

    errno = 0;
    const long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < 0 || number > INT32_MAX) {
        fprintf(stderr, "gemd-drm: --ready-fd %s: not a descriptor\n", text);
        exit(2);
    }
    return (int)number;
}

static void parse(struct options *options, int argc, char **argv)
{
    static const struct option table[] = {
        {"directory", required_argument, NULL, ID_DIRECTORY},
        {"socket", required_argument, NULL, ID_SOCKET},
        {"ready-fd", required_argument, NULL, ID_READY_FD},
        {"help", no_argument, NULL, ID_HELP},
        {"version", no_argument, NULL, ID_VERSION},
        {NULL, 0, NULL, 0},
    };

    *options = (struct options){.ready_fd = -1};
    for (int option; (option = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        switch (option) {
        case ID_DIRECTORY:
            options->directory = optarg;
            break;
        case ID_SOCKET:
            options->socket = optarg;
            break;
        case ID_READY_FD:
            options->ready_fd = parse_fd(optarg);
            break;
        case ID_HELP:
            fputs(help, stdout);
            exit(0);
        case ID_VERSION:
            puts("gemd-drm " GEMD_VERSION);
            exit(0);
        default:
            exit(2);
        }
    }
    if (options->directory == NULL || optind < argc) {
        fputs(options->directory == NULL ? "gemd-drm: no --directory (try --help)\n"
                                         : "gemd-drm: too many arguments (try --help)\n",
              stderr);
        exit(2);
    }
}

/* Each file and buffer is some descriptors. */
static void raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void on_signal(evutil_socket_t number, short what, void *data)
{
    drm_server_stop(data);
}

static void say_ready(int fd)
{
    if (fd >= 0) {
        (void)!write(fd, "READY\n", 6);
        close(fd);
    }
}

static int make_tree(const struct drm_server *server, const char *directory)
{
    struct drm_screen *screen = server->screen;
    char modes[HOTPLUG_MODES_BYTES];

    pthread_mutex_lock(&screen->lock);
    const struct gemd_screen_modes monitor = screen->monitor;
    pthread_mutex_unlock(&screen->lock);
    struct drm_tree_info info = {.pci_device = server->info.pci_device, .revision = CORE_REVISION};
    hotplug_describe(&monitor, &info, modes);
    return drm_tree_make(directory, &info);
}

static int run(struct drm_server *server, const struct options *options)
{
    int error = make_tree(server, options->directory);

    if (error != 0) {
        fprintf(stderr, "gemd-drm: files in %s: %s\n", options->directory, strerror(-error));
        return 1;
    }
    error = drm_server_listen(server, options->directory);
    if (error != 0) {
        fprintf(stderr, "gemd-drm: %s/server.sock: %s\n", options->directory, strerror(-error));
        return 1;
    }
    struct event *term = evsignal_new(server->base, SIGTERM, on_signal, server);
    struct event *interrupt = evsignal_new(server->base, SIGINT, on_signal, server);
    if (term == NULL || interrupt == NULL || event_add(term, NULL) != 0 ||
        event_add(interrupt, NULL) != 0) {
        fprintf(stderr, "gemd-drm: signals: %s\n", strerror(errno));
        return 1;
    }
    say_ready(options->ready_fd);
    drm_server_run(server);
    event_free(term);
    event_free(interrupt);
    return 0;
}

int main(int argc, char **argv)
{
    struct options options;
    struct drm_server server;
    char reason[GEMD_TEXT_MAX];

    parse(&options, argc, argv);
    umask(077);
    signal(SIGPIPE, SIG_IGN);
    raise_limit();
    if (drm_server_init(&server, NULL, options.socket, reason) != 0) {
        fprintf(stderr, "gemd-drm: %s\n", reason);
        return 1;
    }
    const int code = run(&server, &options);
    /* A call that waits for the GPU would hold us up; the kernel closes all. */
    unlink(server.socket_path);
    fflush(NULL);
    _exit(code);
}
