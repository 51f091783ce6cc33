/* SPDX-License-Identifier: MIT */
/* Puts the daemon together. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gemd/chaos.h"
#include "gemd/devices.h"
#include "gemd/found.h"
#include "gemd/hwtest/command.h"
#include "gemd/listener.h"
#include "gemd/log.h"
#include "gemd/notify.h"
#include "gemd/options.h"
#include "gemd/privilege.h"
#include "gemd/server.h"
#include "gemd/service.h"
#include "gemd/supervisor.h"
#include "hw/trace/trace.h"

enum exit_code { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* 0 or an exit code. */
static int open_listener(struct listener *listener, const struct options *options)
{
    int passed = notify_passed_socket();
    if (passed >= 0) {
        listener_adopt(listener, passed);
        return 0;
    }
    char path[sizeof(listener->path)];
    int error = 0;
    if (options->socket != NULL) {
        if (snprintf(path, sizeof(path), "%s", options->socket) >= (int)sizeof(path)) {
            error = -ENAMETOOLONG;
        }
    } else {
        error = listener_default_path(path, sizeof(path));
    }
    if (error != 0) {
        log_error("no place for a socket: %s; try --socket",
                  error == -ENOENT ? "XDG_RUNTIME_DIR is not set" : strerror(-error));
        return EXIT_FAILED;
    }
    error = listener_open(listener, path);
    if (error != 0) {
        log_error("cannot listen at %s: %s", path,
                  error == -EADDRINUSE ? "a daemon answers there already" : strerror(-error));
        return EXIT_FAILED;
    }
    return 0;
}

static int run(const struct options *options, struct hw_device *dev, const struct found *found,
               struct policy *policy, struct service *service)
{
    const struct server_options server_options = {
        .device_name = options->device,
        .width = options->width,
        .height = options->height,
        .found = found,
        .monitor = options->monitor == MONITOR_ASK ||
                   (options->monitor == MONITOR_AUTO && dev->ops->release != NULL),
        .capture = options->capture,
        .record = options->record,
        .purge_limit = (uint64_t)options->purge_mib << 20,
        .sessions_max = options->sessions_max,
        .hang_ns = (uint64_t)options->hang_ms * 1000000u,
        .policy = policy,
        .ban = options->ban,
        .batch_ns = (uint64_t)options->batch_ms * 1000000u,
        .awake_ns = (uint64_t)options->awake_us * 1000u,
    };
    struct event_base *base = event_base_new();
    struct server *server = calloc(1, sizeof(*server));
    int code = EXIT_FAILED;
    if (base == NULL || server == NULL) {
        log_error("out of memory");
        policy_free(policy);
    } else if (server_init(server, base, dev, &server_options) == 0) {
        code = service_run(service, server) == 0 ? EXIT_FINE : EXIT_FAILED;
        server_finish(server);
        chaos_report();
    }
    free(server);
    if (base != NULL) {
        event_base_free(base);
    }
    return code;
}

/*
 * With the device, which it destroys. The screen comes back last: a device that goes on has its
 * page table again by then, and its engine no reset before it.
 */
static int run_and_restore(const struct options *options, struct hw_device *dev,
                           struct policy *policy, struct service *service)
{
    struct found found;
    struct supervisor supervisor;
    found_save(&found, dev);
    int error = supervisor_start(&supervisor, dev, &found, &service->listener.fd, 1);
    if (error != 0) {
        log_warning("no supervisor: the screen will not be put back: %s", strerror(-error));
    }
    int code = run(options, dev, &found, policy, service);
    if (dev->ops->release == NULL) {
        found_restore(&found, dev);
    }
    hw_device_destroy(dev);
    supervisor_finish(&supervisor);
    return code;
}

/* A session takes two descriptors: as many as the system allows, not as it gives by habit. */
static void raise_files(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

/*
 * What else whoever started the daemon had open stays with him: a file of root's would stay open
 * for the user that the daemon becomes. Only sockets that are passed begin at 3.
 */
static void close_strangers(int ready_fd)
{
    unsigned first = getenv("LISTEN_FDS") != NULL ? 4 : 3;
    if (ready_fd >= (int)first) {
        if (ready_fd > (int)first) {
            (void)close_range(first, (unsigned)ready_fd - 1, 0);
        }
        first = (unsigned)ready_fd + 1;
    }
    (void)close_range(first, ~0u, 0);
}

/* 0 or an exit code. */
static int find_device(const char *name, struct device *device)
{
    if (device_parse(name, device)) {
        return 0;
    }
    log_error("--device %s: there is no such device", name);
    fputs("the devices are:\n", stderr);
    devices_list(stderr);
    return EXIT_USAGE;
}

/* Becomes the user, and one who has and can gain nothing. 0 or an exit code. */
static int drop_privileges(const struct privilege_user *user, const struct listener *listener)
{
    const char *step = NULL;
    int error = user != NULL ? listener_give(listener, user->uid) : 0;
    if (error != 0) {
        log_error("--user: the socket cannot be given away: %s", strerror(-error));
        return EXIT_FAILED;
    }
    error = privilege_drop(user, &step);
    if (error != 0) {
        log_error("privileges cannot be given up: %s: %s", step, strerror(-error));
        return EXIT_FAILED;
    }
    if (user == NULL && geteuid() == 0) {
        log_info("this is root, if without capabilities: --user makes it somebody else");
    }
    return 0;
}

/* The file of --record must be there to be written later. */
static int make_record(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        log_error("--record %s: %s", path, strerror(errno));
        return EXIT_FAILED;
    }
    close(fd);
    return 0;
}

/* No file but what options name, from here on. 0 or an exit code. */
static int close_files(const struct options *options, const struct listener *listener, bool *names)
{
    struct sandbox_path paths[3];
    size_t count = 0;
    char directory[sizeof(listener->path)];
    *names = true;
    if (options->sandbox == SANDBOX_OFF) {
        return 0;
    }
    if (options->capture != NULL) {
        paths[count++] = (struct sandbox_path){options->capture, SANDBOX_CREATE};
    }
    if (options->record != NULL) {
        if (make_record(options->record) != 0) {
            return EXIT_FAILED;
        }
        paths[count++] = (struct sandbox_path){options->record, SANDBOX_WRITE};
    }
    if (listener->bound) {
        snprintf(directory, sizeof(directory), "%s", listener->path);
        paths[count++] = (struct sandbox_path){dirname(directory), SANDBOX_REMOVE};
    }
    int error = sandbox_close_files(paths, count);
    if (error == -EOPNOTSUPP && options->sandbox != SANDBOX_STRICT) {
        *names = false;
        log_warning("--sandbox: this kernel has no Landlock: no file can be opened or removed%s",
                    options->capture != NULL ? ", --capture keeps nothing" : "");
        return 0;
    }
    if (error != 0) {
        log_error("--sandbox: files cannot be closed: %s",
                  error == -EOPNOTSUPP ? "this kernel has no Landlock" : strerror(-error));
        return EXIT_FAILED;
    }
    return 0;
}

/* All that is read is read, and then no file can be opened. 0 or an exit code. */
static int confine(const struct options *options, struct service *service,
                   const struct policy_names *names, struct policy **policy)
{
    char reason[POLICY_REASON_MAX];
    int error = policy_reader_start(&service->reader, options->policy, names);
    if (error != 0) {
        log_error("no process that reads the policy: %s", strerror(-error));
        return EXIT_FAILED;
    }
    *policy = policy_open(options->policy, names, &error, reason);
    if (*policy == NULL) {
        log_error("no policy: %s", reason);
        return EXIT_FAILED;
    }
    log_prepare();
    return close_files(options, &service->listener, &service->calls.names);
}

/* Opened while it can be named. The descriptor; -1: nobody asked for it; -2: it was logged. */
static int open_trace(const char *path)
{
    if (path == NULL) {
        return -1;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        log_error("--trace-registers %s: %s", path, strerror(errno));
        return -2;
    }
    return fd;
}

/* NULL: it was logged why. */
static struct hw_device *create_device(struct device *device, int trace_fd)
{
    struct hw_device *dev = device_create(device);
    if (dev == NULL || trace_fd < 0) {
        return dev;
    }
    dev = trace_create(dev, trace_fd);
    if (dev == NULL) {
        log_error("--trace-registers: %s", strerror(errno));
    }
    return dev;
}

/*
 * With the socket, for clients wait there: device, privileges, files, and only then threads, who
 * inherit what is left of these.
 */
static int start_confined(const struct options *options, struct device *device,
                          struct service *service, const struct privilege_user *user,
                          const struct policy_names *names)
{
    struct policy *policy = NULL;
    int trace_fd = open_trace(options->trace);
    if (trace_fd == -2 || device_open(device, &service->calls) != 0) {
        return EXIT_FAILED;
    }
    int code = drop_privileges(user, &service->listener);
    if (code == 0) {
        code = confine(options, service, names, &policy);
    }
    struct hw_device *dev = code == 0 ? create_device(device, trace_fd) : NULL;
    if (dev != NULL) {
        code = run_and_restore(options, dev, policy, service);
    } else {
        policy_free(policy);
        code = EXIT_FAILED;
    }
    device_close(device);
    return code;
}

/* The device for itself, with all privileges: files of the system tell of the machine. */
static int start_hwtest(const struct options *options, struct device *device,
                        struct sandbox_calls *calls, int argc, char **argv)
{
    struct hwtest_command command;
    /* argv from before the arguments on, where getopt expects a name. */
    int code = hwtest_command_parse(&command, argc - options->rest + 1, argv + options->rest - 1);
    if (code != 0 || command.lists) {
        if (code == 0) {
            hwtest_list(stdout);
        }
        return code;
    }
    int trace_fd = open_trace(options->trace);
    device->skips_test = true;
    if (trace_fd == -2 || device_open(device, calls) != 0) {
        return EXIT_FAILED;
    }
    struct hw_device *dev = create_device(device, trace_fd);
    command.options.device = options->device;
    command.options.has_files = !device->is_modelled;
    code = dev != NULL ? hwtest_command_run(&command, dev) : EXIT_FAILED;
    device_close(device);
    return code;
}

/* Opens one thing after the other; an exit code. */
static int start(const struct options *options, struct device *device, struct service *service)
{
    struct policy_names names = policy_system_names;
    struct privilege_user user = {.uid = geteuid()};
    if (options->user != NULL) {
        int error = privilege_find(options->user, &user);
        if (error != 0) {
            log_error("--user %s: %s", options->user,
                      error == -ENOENT ? "there is no such user" : strerror(-error));
            return EXIT_FAILED;
        }
    }
    names.self = user.uid;
    int code = open_listener(&service->listener, options);
    if (code == 0) {
        code =
            start_confined(options, device, service, options->user != NULL ? &user : NULL, &names);
        listener_close(&service->listener);
    }
    return code;
}

int main(int argc, char **argv)
{
    struct options options;
    switch (options_parse(&options, argc, argv)) {
    case OPTIONS_RUN:
        break;
    case OPTIONS_DONE:
        return EXIT_FINE;
    case OPTIONS_USAGE:
        return EXIT_USAGE;
    }
    if (strcmp(options.device, "help") == 0) {
        devices_list(stdout);
        return EXIT_FINE;
    }
    log_set_level(options.level);
    struct device device;
    int code = find_device(options.device, &device);
    if (code != 0) {
        return code;
    }
    signal(SIGPIPE, SIG_IGN);
    close_strangers(options.ready_fd);
    raise_files();
    struct service service = {.reader = {.socket = -1},
                              .ready_fd = options.ready_fd,
                              .manager = notify_connect(),
                              .calls = {.mode = options.sandbox},
                              .drain_ns = (uint64_t)options.drain_ms * 1000000u};
    code = options.hwtest ? start_hwtest(&options, &device, &service.calls, argc, argv)
                          : start(&options, &device, &service);
    policy_reader_stop(&service.reader);
    return code;
}
