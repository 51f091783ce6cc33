/* SPDX-License-Identifier: MIT */
/* The daemon as a whole: what all sessions share, and the event loop. */
#ifndef GEMD_SERVER_H
#define GEMD_SERVER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "gemd/ban.h"
#include "gemd/capture.h"
#include "gemd/clock.h"
#include "gemd/display.h"
#include "gemd/error_capture.h"
#include "gemd/exec.h"
#include "gemd/fence.h"
#include "gemd/gpu.h"
#include "gemd/hang.h"
#include "gemd/log.h"
#include "gemd/mirror.h"
#include "gemd/policy/policy.h"
#include "gemd/power.h"
#include "gemd/purge.h"
#include "gemd/recording.h"
#include "gemd/replug.h"
#include "gemd/sched.h"
#include "gemd/share.h"
#include "gemd/vblank.h"
#include "gemd/vigil.h"

#define SERVER_SESSIONS_MAX 4096u /* without --max-sessions; fewer, when descriptors are few */

struct server_options {
    const char *device_name;   /* "model:g33", for WELCOME and status */
    uint32_t width, height;    /* the screen's mode; 0: the monitor's own */
    const struct found *found; /* the display as it was, for as long as the server; NULL: unknown */
    bool monitor;              /* ask it; else screens have timings of their own */
    const char *capture;       /* a directory for refused batches; NULL: none */
    const char *record;        /* a file for all batches; NULL: none */
    uint64_t hang_ns;          /* without progress: the GPU hangs */
    uint64_t batch_ns;         /* one batch may run so long; 0: any time */
    struct ban_rule ban;       /* of peers that hang the GPU again and again */
    uint64_t purge_limit;      /* bytes that buffers which nobody needs may keep */
    uint32_t sessions_max;     /* at once; 0: SERVER_SESSIONS_MAX, as far as descriptors go */
    const struct limits *limits; /* that sessions start with; NULL: limits_default() */
    struct policy *policy;       /* the server takes it over; NULL: the built-in one */
    uint64_t awake_ns;           /* for vigil_init(), with server_run(); 0: never */
    struct clock clock;
};

struct server {
    struct server_options options;
    struct event_base *base;
    struct gpu gpu;
    struct fence fence;
    struct display display;
    struct vblank vblank;
    struct mirror mirror;
    struct exec exec;
    struct capture capture;
    struct sched sched;
    struct hang hang;
    struct ban ban;
    struct power power;
    struct replug replug;
    struct policy *policy;
    struct share share;
    struct error_capture errors;
    struct purge purge;
    struct recordings recordings;
    struct vigil vigil;
    struct list sessions;
    struct list accounts; /* of their users */
    uint32_t session_count;
    uint32_t sessions_max;
    uint32_t next_session;
    struct event *irq_event;
    struct event *listen_event;
    struct event *listen_again; /* after a pause */
    uint64_t started_ns;
    uint64_t interrupts;
    uint64_t polls;             /* looks at a device that does not interrupt */
    struct log_limit log_limit; /* of lines about clients that got no session */
    bool failed;                /* the GPU does not come back */
    bool draining;              /* no ring is read any more */
};

/* 0 or a negative errno, logged. The device stays the caller's. */
int server_init(struct server *server, struct event_base *base, struct hw_device *dev,
                const struct server_options *options);

/* Tells and ends all sessions, stops the GPU. */
void server_finish(struct server *server);

/* Accepts clients on a listening socket, which stays the caller's. */
int server_listen(struct server *server, int socket);

/* Serves until somebody breaks the event loop, and stays awake in between (vigil.h). */
void server_run(struct server *server);

/* Accepts nobody any more, and begins no work; what is on the GPU goes on. */
void server_drain(struct server *server);

/* Ends the event loop with a failure. */
void server_fail(struct server *server, const char *why);

#endif
