/* SPDX-License-Identifier: MIT */
#include "gemd/service.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gemd/admission.h"
#include "gemd/chaos.h"
#include "gemd/log.h"
#include "gemd/notify.h"
#include "gemd/server.h"

/* How often a drain looks whether the GPU is done. */
static const struct timeval drain_tick = {.tv_usec = 2000};

/* ---- the end ---- */

static void on_drain_tick(evutil_socket_t fd, short what, void *data)
{
    struct service *service = data;
    struct server *server = service->server;
    unsigned left = server->fence.count;
    uint64_t now = clock_now(&server->options.clock);
    if (left > 0 && now < service->drain_end_ns) {
        return;
    }
    if (left > 0) {
        log_warning("%u batches are still on the GPU after %" PRIu64 " ms: ending without them",
                    left, service->drain_ns / 1000000u);
    }
    event_base_loopbreak(server->base);
}

static void on_end(evutil_socket_t number, short what, void *data)
{
    struct service *service = data;
    struct server *server = service->server;
    if (server->draining) {
        log_info("%s again: ending at once", strsignal((int)number));
        event_base_loopbreak(server->base);
        return;
    }
    server_drain(server);
    listener_close(&service->listener); /* who comes now is told at once that nobody is here */
    log_info("%s: ending, %u batches are on the GPU", strsignal((int)number), server->fence.count);
    notify_manager(service->manager, "STOPPING=1");
    service->drain_end_ns = clock_now(&server->options.clock) + service->drain_ns;
    if (event_add(service->drained, &drain_tick) != 0) {
        event_base_loopbreak(server->base);
        return;
    }
    on_drain_tick(-1, 0, service);
}

/* ---- the policy ---- */

static void say_ready(const struct service *service)
{
    notify_manager(service->manager, "READY=1");
}

static void on_reload(evutil_socket_t number, short what, void *data)
{
    struct service *service = data;
    struct timespec now;
    char state[64];
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    notify_manager(service->manager, state);
    int error = chaos_hits(CHAOS_POLICY_ASK) ? -EPIPE : policy_reader_ask(&service->reader);
    if (error != 0 && error != -EAGAIN) {
        log_error("the policy stays: it cannot be read again: %s", strerror(-error));
        say_ready(service);
    }
}

static void on_answer(evutil_socket_t fd, short what, void *data)
{
    struct service *service = data;
    char reason[POLICY_REASON_MAX];
    int error;
    struct policy *policy = policy_reader_take(&service->reader, &error, reason);
    if (policy != NULL && chaos_hits(CHAOS_POLICY_TAKE)) {
        policy_free(policy);
        policy = NULL;
        error = -ENOMEM;
        snprintf(reason, sizeof(reason), "chaos");
    }
    if (policy == NULL) {
        if (error == -EAGAIN) {
            return;
        }
        log_error("the policy stays: %s", reason);
        if (error == -EPIPE) {
            event_del(service->answer);
        }
    } else {
        log_info("policy: %s, %zu rules", policy_source(policy), policy_rule_count(policy));
        unsigned gone = admission_replace(service->server, policy);
        if (gone > 0) {
            log_info("policy: %u sessions may no longer be here", gone);
        }
    }
    say_ready(service);
}

/* ---- life ---- */

static const struct {
    int number;
    event_callback_fn handler;
} signal_rows[SERVICE_SIGNALS] = {{SIGTERM, on_end}, {SIGINT, on_end}, {SIGHUP, on_reload}};

static int init_events(struct service *service)
{
    struct event_base *base = service->server->base;
    for (unsigned i = 0; i < SERVICE_SIGNALS; i++) {
        service->signals[i] =
            evsignal_new(base, signal_rows[i].number, signal_rows[i].handler, service);
        if (service->signals[i] == NULL || event_add(service->signals[i], NULL) != 0) {
            return -ENOMEM;
        }
    }
    service->drained = event_new(base, -1, EV_PERSIST, on_drain_tick, service);
    if (service->drained == NULL) {
        return -ENOMEM;
    }
    if (service->reader.socket >= 0) {
        service->answer =
            event_new(base, service->reader.socket, EV_READ | EV_PERSIST, on_answer, service);
        if (service->answer == NULL || event_add(service->answer, NULL) != 0) {
            return -ENOMEM;
        }
    }
    return server_listen(service->server, service->listener.fd);
}

static void free_event(struct event **event)
{
    if (*event != NULL) {
        event_free(*event);
        *event = NULL;
    }
}

static void finish_events(struct service *service)
{
    for (unsigned i = 0; i < SERVICE_SIGNALS; i++) {
        free_event(&service->signals[i]);
    }
    free_event(&service->answer);
    free_event(&service->drained);
}

/* Everything has been started: what is still done needs few system calls. */
static int close_calls(const struct service *service)
{
    if (service->calls.mode == SANDBOX_OFF) {
        return 0;
    }
    int error = sandbox_close_calls(&service->calls);
    if (error == -EOPNOTSUPP && service->calls.mode != SANDBOX_STRICT) {
        log_warning("--sandbox: this kernel has no seccomp filters: all system calls stay open");
        return 0;
    }
    if (error != 0) {
        log_error("--sandbox: system calls cannot be closed: %s",
                  error == -EOPNOTSUPP ? "this kernel has no seccomp filters" : strerror(-error));
    }
    return error;
}

int service_run(struct service *service, struct server *server)
{
    service->server = server;
    int error = init_events(service);
    if (error != 0) {
        log_error("the event loop does not start: %s", strerror(-error));
    } else {
        error = close_calls(service);
    }
    if (error == 0) {
        log_info("%s: ready at %s, by %s", server->options.device_name,
                 service->listener.bound ? service->listener.path : "the socket that was passed",
                 policy_source(server->policy));
        say_ready(service);
        notify_ready_fd(service->ready_fd);
        server_run(server);
        error = server->failed ? -EIO : 0;
    }
    finish_events(service);
    return error;
}
