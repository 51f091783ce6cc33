/* SPDX-License-Identifier: MIT */
/*
 * The daemon's server in a thread of the test, on a device of the test's, so that the test can look
 * into it, and at the device behind its back. All of it asserts.
 */
#ifndef GEMD_TESTS_DAEMON_THREAD_H
#define GEMD_TESTS_DAEMON_THREAD_H

#include <pthread.h>

#include "gemd/listener.h"
#include "gemd/server.h"
#include "proto/gemd.h"

struct daemon_thread {
    struct server *server; /* not to be touched while the thread has work */
    struct event_base *base;
    struct listener listener;
    struct event *stop_event;
    int stop;
    pthread_t thread;
    char directory[64];
};

/* The device stays the caller's, and outlives it. */
void daemon_thread_start(struct daemon_thread *daemon, struct hw_device *dev,
                         const struct server_options *options);
/* The thread has ended; the server is as it left it. */
void daemon_thread_join(struct daemon_thread *daemon);
/* After that: the server ends, and must have let go of everything. */
void daemon_thread_finish(struct daemon_thread *daemon);

struct gemd_session *daemon_thread_open(const struct daemon_thread *daemon, uint32_t role);

#endif
