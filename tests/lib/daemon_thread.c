/* SPDX-License-Identifier: MIT */
#include "tests/lib/daemon_thread.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <cmocka.h>

static void on_stop(evutil_socket_t fd, short what, void *data)
{
    event_base_loopbreak(data);
}

static void *serve(void *data)
{
    event_base_dispatch(((struct daemon_thread *)data)->base);
    return NULL;
}

void daemon_thread_start(struct daemon_thread *daemon, struct hw_device *dev,
                         const struct server_options *options)
{
    char path[100];
    strcpy(daemon->directory, "/tmp/gemd-thread-XXXXXX");
    assert_non_null(mkdtemp(daemon->directory));
    snprintf(path, sizeof(path), "%s/gemd.sock", daemon->directory);
    daemon->server = calloc(1, sizeof(*daemon->server));
    daemon->base = event_base_new();
    assert_true(dev != NULL && daemon->server != NULL && daemon->base != NULL);
    assert_int_equal(server_init(daemon->server, daemon->base, dev, options), 0);
    assert_int_equal(listener_open(&daemon->listener, path), 0);
    assert_int_equal(server_listen(daemon->server, daemon->listener.fd), 0);
    daemon->stop = eventfd(0, EFD_CLOEXEC);
    daemon->stop_event = event_new(daemon->base, daemon->stop, EV_READ, on_stop, daemon->base);
    assert_int_equal(event_add(daemon->stop_event, NULL), 0);
    assert_int_equal(pthread_create(&daemon->thread, NULL, serve, daemon), 0);
}

void daemon_thread_join(struct daemon_thread *daemon)
{
    const uint64_t one = 1;
    assert_int_equal(write(daemon->stop, &one, sizeof(one)), sizeof(one));
    pthread_join(daemon->thread, NULL);
}

void daemon_thread_finish(struct daemon_thread *daemon)
{
    event_free(daemon->stop_event);
    server_finish(daemon->server);
    listener_close(&daemon->listener);
    event_base_free(daemon->base);
    free(daemon->server);
    close(daemon->stop);
    assert_int_equal(rmdir(daemon->directory), 0);
}

struct gemd_session *daemon_thread_open(const struct daemon_thread *daemon, uint32_t role)
{
    struct gemd_session *session = NULL;
    char reason[GEMD_TEXT_MAX];
    const struct gemd_connect_options options = {.socket = daemon->listener.path, .role = role};
    assert_int_equal(gemd_session_open(&options, &session, reason), 0);
    return session;
}
