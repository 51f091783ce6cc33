/* SPDX-License-Identifier: MIT */
/*
 * The daemon as what a service manager starts, reloads and stops.
 *
 * SIGTERM and SIGINT drain: nobody is accepted any more, no new work begins, and when what the GPU
 * has is done (or after a time) the sessions are told and the daemon ends; a second one does not
 * wait. SIGHUP reads the policy again.
 */
#ifndef GEMD_SERVICE_H
#define GEMD_SERVICE_H

#include <event2/event.h>
#include <stdint.h>

#include "gemd/listener.h"
#include "gemd/policy/reader.h"
#include "gemd/sandbox.h"

#define SERVICE_SIGNALS 3u

struct server;

struct service {
    struct listener listener;
    struct policy_reader reader; /* socket -1: the policy cannot be read again */
    int ready_fd;                /* -1: none */
    int manager;                 /* of notify_connect() */
    struct sandbox_calls calls;  /* what is left of them when it is ready */
    uint64_t drain_ns;

    struct server *server;
    struct event *signals[SERVICE_SIGNALS];
    struct event *answer; /* of the reader */
    struct event *drained;
    uint64_t drain_end_ns;
};

/* Says that it is ready, and serves until a signal. 0, or -EIO: the server failed; -ENOMEM. */
int service_run(struct service *service, struct server *server);

#endif
