/* SPDX-License-Identifier: MIT */
/* Puts the daemon together: the only file that names a concrete device. */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gemd/chaos.h"
#include "gemd/listener.h"
#include "gemd/log.h"
#include "gemd/notify.h"
#include "gemd/options.h"
#include "gemd/server.h"
#include "gemd/service.h"
#include "hw/model/model.h"

#define MODEL_PREFIX "model:"

enum exit_code { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static void log_from_model(void *data, const char *line)
{
    log_info("model: %s", line);
}

static bool parse_threads(const char *text, unsigned *threads)
{
    char *end = NULL;
    if (text[0] < '1' || text[0] > '9') {
        return false;
    }
    unsigned long value = strtoul(text, &end, 10);
    *threads = (unsigned)value;
    return *end == '\0' && value <= MODEL_THREADS_MAX;
}

/* What follows the chipset's name: "threads=N" and "memory=NAME", with commas between them. */
static bool parse_model_options(char *text, struct model_options *options)
{
    static const char threads[] = "threads=", memory[] = "memory=";
    char *option;
    while ((option = strsep(&text, ",")) != NULL) {
        if (strncmp(option, threads, strlen(threads)) == 0) {
            if (!parse_threads(option + strlen(threads), &options->threads)) {
                return false;
            }
        } else if (strncmp(option, memory, strlen(memory)) == 0) {
            options->memory = option + strlen(memory);
        } else {
            return false;
        }
    }
    return true;
}

/* "model:CHIPSET", and options of the model behind a comma */
static struct hw_device *open_device(const char *name)
{
    char text[64];
    struct model_options options = {.chipset = text, .log = log_from_model};
    errno = EINVAL;
    if (strncmp(name, MODEL_PREFIX, strlen(MODEL_PREFIX)) != 0 ||
        strlen(name + strlen(MODEL_PREFIX)) >= sizeof(text)) {
        return NULL;
    }
    strcpy(text, name + strlen(MODEL_PREFIX));
    char *more = strchr(text, ',');
    if (more != NULL) {
        *more++ = '\0';
        if (!parse_model_options(more, &options)) {
            return NULL;
        }
    }
    return model_create(&options);
}

/* A line for each, as a user would type it. */
static void list_devices(FILE *to)
{
    const char *chipset, *memory;
    for (size_t i = 0; (chipset = model_chipset_name(i)) != NULL; i++) {
        fprintf(to, "%s%s[,threads=N][,memory=", MODEL_PREFIX, chipset);
        for (size_t j = 0; (memory = model_channels_name(chipset, j)) != NULL; j++) {
            fprintf(to, "%s%s", j != 0 ? "|" : "", memory);
        }
        fputs("]\n", to);
    }
}

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

static int run(const struct options *options, struct hw_device *dev, struct policy *policy,
               struct service *service)
{
    const struct server_options server_options = {
        .device_name = options->device,
        .width = options->width,
        .height = options->height,
        .capture = options->capture,
        .record = options->record,
        .purge_limit = (uint64_t)options->purge_mib << 20,
        .sessions_max = options->sessions_max,
        .hang_ns = (uint64_t)options->hang_ms * 1000000u,
        .policy = policy,
        .ban = options->ban,
        .batch_ns = (uint64_t)options->batch_ms * 1000000u,
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

/* A session takes two descriptors: as many as the system allows, not as it gives by habit. */
static void raise_files(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

static struct hw_device *open_device_or_say(const char *name, int *code)
{
    struct hw_device *dev = open_device(name);
    if (dev != NULL) {
        return dev;
    }
    int error = errno;
    log_error("--device %s: %s", name,
              error == EINVAL ? "there is no such device" : strerror(error));
    *code = EXIT_FAILED;
    if (error == EINVAL) {
        fputs("the devices are:\n", stderr);
        list_devices(stderr);
        *code = EXIT_USAGE;
    }
    return NULL;
}

/* Opens one thing after the other; an exit code. */
static int start(const struct options *options, struct service *service,
                 const struct policy_names *names)
{
    int code = EXIT_FAILED;
    int error;
    char reason[POLICY_REASON_MAX];
    struct policy *policy = policy_open(options->policy, names, &error, reason);
    if (policy == NULL) {
        log_error("no policy: %s", reason);
        return EXIT_FAILED;
    }
    error = policy_reader_start(&service->reader, options->policy, names);
    if (error != 0) {
        log_error("no process that reads the policy: %s", strerror(-error));
        policy_free(policy);
        return EXIT_FAILED;
    }
    struct hw_device *dev = open_device_or_say(options->device, &code);
    if (dev != NULL) {
        code = open_listener(&service->listener, options);
    }
    if (dev != NULL && code == 0) {
        code = run(options, dev, policy, service);
        listener_close(&service->listener);
    } else {
        policy_free(policy);
    }
    hw_device_destroy(dev);
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
        list_devices(stdout);
        return EXIT_FINE;
    }
    log_set_level(options.level);
    signal(SIGPIPE, SIG_IGN);
    raise_files();
    struct policy_names names = policy_system_names;
    names.self = geteuid();
    struct service service = {.reader = {.socket = -1},
                              .ready_fd = options.ready_fd,
                              .drain_ns = (uint64_t)options.drain_ms * 1000000u};
    int code = start(&options, &service, &names);
    policy_reader_stop(&service.reader);
    return code;
}
