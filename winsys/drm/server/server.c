/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/thread.h>

#include "winsys/drm/server/sync_file.h"
#include "winsys/drm/server/uevent.h"
#include "winsys/drm/shared.h"

/* What the daemon's chip is; sessions come with the files. */
static int ask_daemon(struct drm_server *server, char reason[GEMD_TEXT_MAX])
{
    const struct gemd_connect_options options = {.socket = server->daemon_socket,
                                                 .name = DRM_WIRE_NAME};
    struct gemd_session *session;
    const int error = gemd_session_open(&options, &session, reason);

    if (error != 0) {
        return error;
    }
    server->info = *gemd_session_info(session);
    if (gemd_query_swizzle(session, &server->swizzle[0], &server->swizzle[1]) != 0) {
        server->swizzle[0] = server->swizzle[1] = 0; /* a daemon that does not say */
    }
    gemd_session_close(session);
    return 0;
}

static int init_all_rooms(struct drm_server *server)
{
    int error = drm_sync_files_init(server);

    if (error != 0) {
        return error;
    }
    error = drm_gem_init(server);
    if (error == 0) {
        error = drm_mode_init(server);
        if (error != 0) {
            drm_gem_finish(server);
        }
    }
    if (error != 0) {
        drm_sync_files_finish(server);
    }
    return error;
}

static int init_rooms(struct drm_server *server)
{
    int error = drm_uevent_init(server);

    if (error == 0) {
        error = init_all_rooms(server);
        if (error != 0) {
            drm_uevent_finish(server);
        }
    }
    return error;
}

static void finish_base(struct drm_server *server)
{
    if (server->own_base) {
        event_base_free(server->base);
    }
    pthread_cond_destroy(&server->channels_gone);
    pthread_mutex_destroy(&server->lock);
}

int drm_server_init(struct drm_server *server, struct event_base *base, const char *daemon_socket,
                    char reason[GEMD_TEXT_MAX])
{
    *server = (struct drm_server){
        .base = base, .own_base = base == NULL, .listener = -1, .daemon_socket = daemon_socket};
    snprintf(reason, GEMD_TEXT_MAX, "no memory");
    if (server->own_base) {
        if (evthread_use_pthreads() != 0 || (server->base = event_base_new()) == NULL) {
            return -ENOMEM;
        }
    }
    server->processors = drm_processors();
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->channels_gone, NULL);
    int error = 0;
    while (server->id == 0 && error == 0) {
        error = getrandom(&server->id, sizeof(server->id), 0) == sizeof(server->id) ? 0 : -EIO;
    }
    if (error == 0) {
        error = ask_daemon(server, reason);
    }
    if (error == 0) {
        error = init_rooms(server);
    }
    if (error != 0) {
        finish_base(server);
    }
    return error;
}

/* ---- new channels ---- */

static void on_channel(evutil_socket_t listener, short what, void *data)
{
    const int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    if (socket >= 0 && drm_channel_start(data, socket) != 0) {
        fprintf(stderr, "gemd-drm: too many threads of programs\n");
    }
}

int drm_server_listen(struct drm_server *server, const char *directory)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int length =
        snprintf(address.sun_path, sizeof(address.sun_path), "%s/" DRM_WIRE_SOCKET, directory);

    if (length < 0 || (size_t)length >= sizeof(address.sun_path)) {
        return -ENAMETOOLONG;
    }
    server->directory = directory;
    server->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (server->listener < 0) {
        return -errno;
    }
    if (bind(server->listener, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(server->listener, SOMAXCONN) != 0) {
        return -errno;
    }
    memcpy(server->socket_path, address.sun_path, sizeof(address.sun_path));
    server->listening =
        event_new(server->base, server->listener, EV_READ | EV_PERSIST, on_channel, server);
    if (server->listening == NULL) {
        return -ENOMEM;
    }
    return event_add(server->listening, NULL);
}

void drm_server_run(struct drm_server *server)
{
    event_base_loop(server->base, EVLOOP_NO_EXIT_ON_EMPTY);
}

void drm_server_stop(struct drm_server *server)
{
    event_base_loopbreak(server->base);
}

static void stop_listening(struct drm_server *server)
{
    if (server->listening != NULL) {
        event_free(server->listening);
    }
    if (server->listener >= 0) {
        close(server->listener);
    }
    if (server->socket_path[0] != '\0') {
        unlink(server->socket_path);
    }
}

void drm_server_finish(struct drm_server *server)
{
    stop_listening(server);
    drm_channels_end(server);
    while (server->files != NULL) {
        drm_file_hang_up(server->files);
    }
    drm_files_await(server);
    drm_mode_finish(server);
    drm_gem_finish(server);
    drm_sync_files_finish(server);
    drm_uevent_finish(server);
    finish_base(server);
}
