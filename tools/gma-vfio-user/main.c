/* SPDX-License-Identifier: MIT */
/* gma-vfio-user: a modelled gen3 GPU as a PCI device of a virtual machine. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/gma-vfio-user/device.h"
#include "tools/gma-vfio-user/log.h"
#include "tools/gma-vfio-user/options.h"
#include "tools/gma-vfio-user/screen.h"
#include "tools/gma-vfio-user/server.h"

#define BACKLOG      4
#define REFRESH_USEC 33000

enum { SIGNALS = 3 };

struct program {
    struct options options;
    struct event_base *base;
    struct device device;
    struct server server;
    struct screen screen;
    struct event *accept, *refresh, *signals[SIGNALS];
    int listener;
    int trace; /* -1: none */
    int code;
};

static void stop(struct program *program, int code)
{
    program->code = code;
    event_base_loopbreak(program->base);
}

/* ---- who connects ---- */

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return address;
}

/* A socket that nobody answers at is left over, and makes room. Other files do not. */
static bool is_left_over(const struct sockaddr_un *address)
{
    struct stat status;
    if (lstat(address->sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) {
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool refused = fd >= 0 &&
                   connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
                   errno == ECONNREFUSED;
    if (fd >= 0) {
        close(fd);
    }
    return refused;
}

/* A descriptor, or a negative errno. Only this user may connect. */
static int listen_at(const char *path)
{
    struct sockaddr_un address = address_of(path);
    if (strlen(path) >= sizeof(address.sun_path)) {
        return -ENAMETOOLONG;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    mode_t before = umask(0077);
    int result = bind(fd, (struct sockaddr *)&address, sizeof(address));
    if (result != 0 && errno == EADDRINUSE && is_left_over(&address) && unlink(path) == 0) {
        result = bind(fd, (struct sockaddr *)&address, sizeof(address));
    }
    umask(before);
    if (result != 0 || listen(fd, BACKLOG) != 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    return fd;
}

static void on_accept(evutil_socket_t listener, short what, void *data)
{
    struct program *program = data;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    log_begin();
    if (server_attach(&program->server, fd) != 0) {
        log_say("out of memory");
        return;
    }
    /* Others wait until this one has gone. */
    event_del(program->accept);
    log_say("connected");
}

static void on_ending(void *data)
{
    struct program *program = data;
    if (program->options.screenshot != NULL) {
        screen_save(&program->screen, program->device.hw, program->options.screenshot);
    }
}

static void on_ended(void *data, const char *reason)
{
    struct program *program = data;
    if (reason[0] != '\0') {
        log_say("the connection was ended: %s", reason);
    } else {
        log_say("disconnected after %" PRIu64 " messages", program->server.messages);
    }
    if (program->device.hw == NULL) {
        stop(program, EXIT_FAILURE);
    } else if (program->options.once) {
        stop(program, EXIT_SUCCESS);
    } else {
        event_add(program->accept, NULL);
    }
}

/* ---- what else happens ---- */

static void on_signal(evutil_socket_t signal_number, short what, void *data)
{
    struct program *program = data;
    if (signal_number != SIGUSR1) {
        stop(program, EXIT_SUCCESS);
    } else if (program->options.screenshot != NULL && program->device.hw != NULL) {
        screen_save(&program->screen, program->device.hw, program->options.screenshot);
    }
}

static void on_refresh(evutil_socket_t fd, short what, void *data)
{
    struct program *program = data;
    if (program->device.hw != NULL &&
        !screen_window_refresh(&program->screen, program->device.hw)) {
        stop(program, EXIT_SUCCESS);
    }
}

static void print_access(void *user, const struct model_watch_access *access)
{
    static const char *const engines[MODEL_WATCH_ENGINES] = {
        [MODEL_WATCH_STREAMER] = "streamer", [MODEL_WATCH_BLITTER] = "blitter",
        [MODEL_WATCH_VERTEX] = "vertex",     [MODEL_WATCH_TEXTURE] = "texture",
        [MODEL_WATCH_COLOR] = "color",       [MODEL_WATCH_DEPTH] = "depth",
    };
    printf("%s %s %s 0x%08" PRIx64 " %" PRIu64 " by 0x%08x at 0x%08" PRIx64 "\n",
           engines[access->engine], access->write ? "writes" : "reads",
           access->physical ? "bus" : "gtt", access->address, access->size, access->header,
           access->command);
}

/* ---- beginning and end ---- */

static int fail(const char *what, int error)
{
    log_say("%s: %s", what, strerror(-error));
    return EXIT_FAILURE;
}

/* 0 or an exit code. */
static int open_trace(struct program *program)
{
    const char *path = program->options.trace;
    program->trace = -1;
    if (path != NULL) {
        program->trace = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    }
    return path == NULL || program->trace >= 0 ? 0 : fail(path, -errno);
}

/* 0 or an exit code. */
static int open_device(struct program *program)
{
    struct device_options options = {
        .model = program->options.model,
        .stolen_base = program->options.stolen_base,
        .maps_table = program->options.maps_table,
        .firmware = program->options.firmware,
        .watch = program->options.watch ? print_access : NULL,
        .trace = program->trace >= 0 ? &program->trace : NULL,
    };
    options.model.log = log_model;
    (void)model_load_compiler();
    int error = device_init(&program->device, &options);
    if (error == 0 && !firmware_can(program->device.hw, options.firmware)) {
        log_say("--firmware panel: a %s has no panel", program->device.hw->identity.board);
        return EXIT_FAILURE;
    }
    if (error == 0) {
        error = dma_guard_install(&program->device.dma);
    }
    if (error == 0) {
        error = server_init(&program->server, program->base, &program->device);
    }
    return error == 0 ? 0 : fail("the device", error);
}

static int add_events(struct program *program)
{
    static const int numbers[SIGNALS] = {SIGINT, SIGTERM, SIGUSR1};
    static const struct timeval period = {.tv_usec = REFRESH_USEC};
    program->accept =
        event_new(program->base, program->listener, EV_READ | EV_PERSIST, on_accept, program);
    bool added = program->accept != NULL && event_add(program->accept, NULL) == 0;
    for (unsigned i = 0; i < SIGNALS; i++) {
        program->signals[i] = evsignal_new(program->base, numbers[i], on_signal, program);
        added = added && program->signals[i] != NULL && event_add(program->signals[i], NULL) == 0;
    }
    if (program->options.view) {
        program->refresh = event_new(program->base, -1, EV_PERSIST, on_refresh, program);
        added = added && program->refresh != NULL && event_add(program->refresh, &period) == 0;
    }
    return added ? 0 : fail("events", -ENOMEM);
}

static void free_events(struct program *program)
{
    struct event *events[] = {program->accept, program->refresh, program->signals[0],
                              program->signals[1], program->signals[2]};
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (events[i] != NULL) {
            event_free(events[i]);
        }
    }
}

static int serve(struct program *program)
{
    program->server.ending = on_ending;
    program->server.ended = on_ended;
    program->server.data = program;
    program->listener = listen_at(program->options.socket);
    if (program->listener < 0) {
        return fail(program->options.socket, program->listener);
    }
    int code = add_events(program);
    if (code == 0) {
        log_say("%s at %s", program->device.hw->identity.board, program->options.socket);
        event_base_dispatch(program->base);
        code = program->code;
    }
    unlink(program->options.socket);
    close(program->listener);
    free_events(program);
    return code;
}

static int run(struct program *program)
{
    program->base = event_base_new();
    int code = program->base != NULL ? open_trace(program) : fail("events", -ENOMEM);
    if (code == 0) {
        code = open_device(program);
    }
    if (code != 0) {
        return code;
    }
    if (program->options.view && screen_window_open() != 0) {
        code = EXIT_FAILURE;
    } else {
        code = serve(program);
    }
    server_finish(&program->server);
    device_finish(&program->device);
    if (program->options.view) {
        screen_window_close();
    }
    screen_finish(&program->screen);
    if (program->trace >= 0) {
        close(program->trace);
    }
    event_base_free(program->base);
    return code;
}

int main(int argc, char **argv)
{
    static struct program program;
    int code;
    if (!options_parse(&program.options, argc, argv, &code)) {
        return code;
    }
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    return run(&program);
}
