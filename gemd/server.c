/* SPDX-License-Identifier: MIT */
#include "gemd/server.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gemd/chaos.h"
#include "gemd/admission.h"
#include "gemd/session.h"

static void on_batches(void *data)
{
    struct server *server = data;
    if (!chaos_hits(CHAOS_INTERRUPT)) {
        exec_progress(&server->exec);
    }
}

static void on_gpu_vblank(void *data)
{
    struct server *server = data;
    if (!chaos_hits(CHAOS_VBLANK)) {
        display_vblank(&server->display);
    }
}

static void on_gpu_error(void *data, uint32_t eir)
{
    struct server *server = data;
    hang_error(&server->hang, eir);
}

static void on_gpu_hotplug(void *data)
{
    struct server *server = data;
    replug_begin(&server->replug);
}

static void on_irq(evutil_socket_t fd, short what, void *data)
{
    struct server *server = data;
    *(server->gpu.dev->identity.polled ? &server->polls : &server->interrupts) += 1;
    gpu_interrupt(&server->gpu);
}

static void on_screen_vblank(void *data, uint64_t vblank, uint64_t time_ns)
{
    struct server *server = data;
    sched_vblank(&server->sched, time_ns, server->display.scanout.mode.refresh_millihertz);
    vblank_came(&server->vblank, vblank, time_ns);
    mirror_vblank(&server->mirror, vblank);
    bool left = !display_is_reading_closed(&server->display);
    list_for_each(session, &server->sessions, struct session, link)
    {
        if (left) {
            session_screen_left(session);
        }
    }
}

static void on_screen_turned(void *data, bool on)
{
    struct server *server = data;
    vblank_turned(&server->vblank, on);
    mirror_turned(&server->mirror, on);
}

static void on_screen_leaving(void *data, uint64_t vblank)
{
    struct server *server = data;
    mirror_settle(&server->mirror, vblank);
}

static void on_screen_changed(void *data, enum gemd_mirror_cause cause, uint64_t vblank)
{
    struct server *server = data;
    mirror_change(&server->mirror, cause, vblank);
}

static void on_screen_flipped(void *data, struct window *window, const struct flip *flip)
{
    vblank_flipped(window, flip);
}

static int init_display(struct server *server)
{
    const struct display_events events = {.vblank = on_screen_vblank,
                                          .turned = on_screen_turned,
                                          .flipped = on_screen_flipped,
                                          .leaving = on_screen_leaving,
                                          .changed = on_screen_changed,
                                          .data = server};
    return display_init(&server->display, &server->gpu, &server->options.clock,
                        server->options.width, server->options.height, server->options.monitor,
                        server->options.found, &events);
}

static int init_events(struct server *server)
{
    int error = sched_init(&server->sched, server);
    if (error == 0) {
        error = hang_init(&server->hang, server);
    }
    if (error == 0) {
        error = vblank_init(&server->vblank, server);
    }
    if (error == 0) {
        error = mirror_init(&server->mirror, server);
    }
    if (error == 0) {
        error = power_init(&server->power, server);
    }
    if (error == 0) {
        error = replug_init(&server->replug, server);
    }
    if (error != 0) {
        return error;
    }
    server->irq_event =
        event_new(server->base, hw_irq_fd(server->gpu.dev), EV_READ | EV_PERSIST, on_irq, server);
    return server->irq_event != NULL && event_add(server->irq_event, NULL) == 0 ? 0 : -ENOMEM;
}

#define LISTEN_PAUSE_US 20000

/* Descriptors that are not sessions': the device, the listener, the event loop, what is passed. */
#define OTHER_FDS 64u

/* How many sessions there may be: what was asked for, and what descriptors allow. */
static uint32_t count_sessions_max(const struct server_options *options)
{
    struct rlimit files = {.rlim_cur = 1024};
    (void)getrlimit(RLIMIT_NOFILE, &files);
    uint64_t room =
        files.rlim_cur > OTHER_FDS + SESSION_FDS ? (files.rlim_cur - OTHER_FDS) / SESSION_FDS : 1;
    uint64_t wanted = options->sessions_max != 0 ? options->sessions_max : SERVER_SESSIONS_MAX;
    if (wanted > room && options->sessions_max != 0) {
        log_warning("%u sessions at most, not %u: descriptors are limited to %llu", (uint32_t)room,
                    (uint32_t)wanted, (unsigned long long)files.rlim_cur);
    }
    return (uint32_t)(wanted < room ? wanted : room);
}

static int init_policy(struct server *server)
{
    char reason[POLICY_REASON_MAX];
    struct policy_names names = policy_system_names;
    int error = 0;
    names.self = geteuid();
    server->policy = server->options.policy;
    server->options.policy = NULL;
    if (server->policy == NULL) {
        server->policy = policy_open(POLICY_NONE, &names, &error, reason);
    }
    return error;
}

int server_init(struct server *server, struct event_base *base, struct hw_device *dev,
                const struct server_options *options)
{
    memset(server, 0, sizeof(*server));
    server->options = *options;
    server->base = base;
    server->sessions_max = count_sessions_max(options);
    server->started_ns = clock_now(&options->clock);
    list_init(&server->sessions);
    list_init(&server->accounts);
    list_init(&server->mirror.viewers); /* display_finish() may come before mirror_init() */
    recordings_init(&server->recordings);
    signal(SIGPIPE, SIG_IGN); /* the reader of a fence may have gone */
    share_init(&server->share);
    purge_init(&server->purge, options->purge_limit);
    vigil_init(&server->vigil, server, options->awake_ns);
    const struct gpu_events events = {.batches = on_batches,
                                      .vblank = on_gpu_vblank,
                                      .error = on_gpu_error,
                                      .hotplug = on_gpu_hotplug,
                                      .data = server};
    int error = gpu_init(&server->gpu, dev, &events);
    if (error != 0) {
        log_error("the GPU does not start: %s", strerror(-error));
        policy_free(server->options.policy);
        return error;
    }
    fence_init(&server->fence, &server->gpu, exec_retired, &server->exec);
    server->fence.clock = options->clock;
    exec_init(&server->exec, server);
    ban_init(&server->ban, &options->ban);
    error = init_policy(server);
    if (error == 0) {
        error = init_display(server);
    }
    if (error == 0) {
        const struct validator_job largest = {.word_count = SESSION_MAX_WORDS,
                                              .reloc_count = SESSION_MAX_RELOCS,
                                              .buffer_count = SESSION_MAX_BUFFERS};
        error = capture_init(&server->capture, options->capture, options->record, &largest);
    }
    if (error == 0) {
        error = init_events(server);
    }
    if (error != 0) {
        log_error("cannot start: %s", strerror(-error));
        server_finish(server);
    }
    return error;
}

static void free_event(struct event **event)
{
    if (*event != NULL) {
        event_free(*event);
        *event = NULL;
    }
}

void server_finish(struct server *server)
{
    free_event(&server->listen_again);
    free_event(&server->listen_event);
    free_event(&server->irq_event);
    vigil_finish(&server->vigil);
    while (!list_empty(&server->sessions)) {
        session_lose(list_first(&server->sessions, struct session, link), GEMD_LOST_UNKNOWN,
                     "the daemon ends");
    }
    recordings_finish(&server->recordings);
    display_finish(&server->display);
    vblank_finish(&server->vblank);
    mirror_finish(&server->mirror);
    gpu_stop(&server->gpu);
    fence_abandon(&server->fence);
    share_finish(&server->share);
    hang_finish(&server->hang);
    power_finish(&server->power);
    replug_finish(&server->replug);
    sched_finish(&server->sched);
    capture_finish(&server->capture);
    error_capture_finish(&server->errors);
    gpu_finish(&server->gpu);
    policy_free(server->policy);
    server->policy = NULL;
}

static void turn_away(struct server *server, const char *why)
{
    uint32_t suppressed = 0;
    uint64_t now = clock_now(&server->options.clock);
    if (log_limit_pass(&server->log_limit, now, &suppressed) && log_clients_pass(now)) {
        log_warning("a client got no session: %s%s", why,
                    suppressed > 0 ? " (and others before it)" : "");
    }
}

static void on_listen_again(evutil_socket_t fd, short what, void *data)
{
    struct server *server = data;
    (void)event_add(server->listen_event, NULL);
}

/* Out of descriptors or memory: who waits stays readable, and asking at once again is no use. */
static void pause_listening(struct server *server)
{
    const struct timeval pause = {.tv_usec = LISTEN_PAUSE_US};
    if (event_add(server->listen_again, &pause) == 0) {
        (void)event_del(server->listen_event);
    }
}

static int accept_client(int fd)
{
    if (chaos_hits(CHAOS_ALLOC_CONNECTION)) {
        errno = EMFILE;
        return -1;
    }
    return accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static void on_connection(evutil_socket_t fd, short what, void *data)
{
    struct server *server = data;
    int socket = accept_client(fd);
    if (socket < 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
            turn_away(server, strerror(errno));
            pause_listening(server);
        }
        return;
    }
    if (server->session_count >= server->sessions_max || chaos_hits(CHAOS_ACCEPT)) {
        turn_away(server, "there are too many");
        close(socket);
        return;
    }
    struct session *session = session_create(server, socket);
    if (session == NULL) {
        turn_away(server, "no memory");
    } else if (!admission_enter(session)) {
        turn_away(server, "its user has too many connections");
        session_end(session);
    }
}

int server_listen(struct server *server, int socket)
{
    server->listen_event =
        event_new(server->base, socket, EV_READ | EV_PERSIST, on_connection, server);
    server->listen_again = event_new(server->base, -1, 0, on_listen_again, server);
    return server->listen_event != NULL && server->listen_again != NULL &&
                   event_add(server->listen_event, NULL) == 0
               ? 0
               : -ENOMEM;
}

void server_run(struct server *server)
{
    struct event_base *base = server->base;
    bool may_sleep = true;
    do {
        if (event_base_loop(base, may_sleep ? EVLOOP_ONCE : EVLOOP_NONBLOCK) != 0 ||
            event_base_got_break(base)) {
            return;
        }
        may_sleep = !vigil_keep(&server->vigil);
    } while (!event_base_got_break(base));
}

void server_drain(struct server *server)
{
    server->draining = true;
    free_event(&server->listen_again);
    free_event(&server->listen_event);
}

void server_fail(struct server *server, const char *why)
{
    log_error("%s", why);
    server->failed = true;
    event_base_loopbreak(server->base);
}
