/* SPDX-License-Identifier: MIT */
/* DRM files: from open() to the last close(). */
#include "winsys/drm/server/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "winsys/drm/server/revive.h"
#include "winsys/drm/server/server.h"
#include "winsys/drm/server/syncobj.h"
#include "winsys/drm/wire.h"

#define ROOM_PAUSE_NS   1000000
#define ROOM_PAUSES_MAX 2000u

/* What the daemon lists the session as: the program, not us. */
static void find_program(struct drm_file *file)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/comm", (int)file->opener.pid);
    FILE *comm = fopen(path, "re");
    if (comm != NULL) {
        if (fgets(file->program, sizeof(file->program), comm) == NULL) {
            file->program[0] = '\0';
        }
        fclose(comm);
    }
    file->program[strcspn(file->program, "\n")] = '\0';
    if (file->program[0] == '\0') {
        snprintf(file->program, sizeof(file->program), "drm");
    }
}

static void on_event(void *data, const struct gemd_msg_header *event, const char *text)
{
    struct drm_file *file = data;

    drm_gem_event(file, event, text);
    drm_mode_event(file, event);
}

static int open_session(struct drm_file *file)
{
    char reason[GEMD_TEXT_MAX];

    find_program(file);
    const struct gemd_connect_options options = {.socket = file->server->daemon_socket,
                                                 .name = file->program,
                                                 .on_event = on_event,
                                                 .on_event_data = file};
    if (gemd_session_open(&options, &file->session, reason) != 0) {
        fprintf(stderr, "gemd-drm: no session for %s (%d): %s\n", file->program,
                (int)file->opener.pid, reason);
        return -ENODEV;
    }
    return 0;
}

/* ---- the socket pair ---- */

/* What the program writes is thrown away; its end, or the last copy of it, closes the file. */
static void on_readable(evutil_socket_t socket, short what, void *data)
{
    struct drm_file *file = data;
    char bytes[64];

    const ssize_t n = recv(socket, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        drm_file_hang_up(file);
    }
}

static int bind_name(const struct drm_file *file, int socket)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int length =
        snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, DRM_WIRE_NAME_FORMAT,
                 (unsigned long long)file->server->id, (unsigned long long)file->id, file->minor);

    return bind(socket, (const struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) == 0
               ? 0
               : -errno;
}

static int open_pair(struct drm_file *file, int *descriptor)
{
    int ends[2];

    if (getrandom(&file->id, sizeof(file->id), 0) != sizeof(file->id)) {
        return -EIO;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return -errno;
    }
    const int error = bind_name(file, ends[0]);
    if (error != 0) {
        close(ends[0]);
        close(ends[1]);
        return error;
    }
    file->socket = ends[0];
    *descriptor = ends[1];
    return 0;
}

int drm_file_send_event(struct drm_file *file, const void *event, uint32_t size)
{
    if (send(file->socket, event, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size) {
        return 0;
    }
    return -ENOMEM;
}

/* ---- life ---- */

static int open_rooms(struct drm_file *file)
{
    int error = drm_gem_open(file);

    if (error == 0) {
        error = drm_mode_open(file);
        if (error != 0) {
            drm_gem_close(file);
        }
    }
    return error;
}

/* The last reference: nobody else knows it. */
static void destroy(struct drm_file *file)
{
    drm_mode_close(file);
    drm_gem_close(file);
    drm_syncobj_close(file);
    gemd_session_close(file->session);
    close(file->socket);
    pthread_mutex_destroy(&file->revive_lock);
    pthread_mutex_destroy(&file->lock);
    free(file);
}

static void *destroy_slowly(void *data)
{
    struct drm_file *file = data;
    struct drm_server *server = file->server;

    destroy(file);
    pthread_mutex_lock(&server->lock);
    server->closer_count--;
    pthread_cond_broadcast(&server->channels_gone);
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

/* In a thread of its own: the event loop does not wait for the GPU. Whether that could be. */
static bool destroy_elsewhere(struct drm_file *file)
{
    struct drm_server *server = file->server;
    pthread_t thread;

    pthread_mutex_lock(&server->lock);
    const bool started = pthread_create(&thread, NULL, destroy_slowly, file) == 0;
    server->closer_count += started;
    pthread_mutex_unlock(&server->lock);
    if (started) {
        pthread_detach(thread);
    }
    return started;
}

void drm_files_await(struct drm_server *server)
{
    pthread_mutex_lock(&server->lock);
    while (server->closer_count > 0) {
        pthread_cond_wait(&server->channels_gone, &server->lock);
    }
    pthread_mutex_unlock(&server->lock);
}

/* Whether a file is there still that no program has any more. The lock is held. */
static bool has_ended_one(const struct drm_server *server)
{
    for (const struct drm_file *file = server->files; file != NULL; file = file->next) {
        struct pollfd end = {.fd = file->socket};
        if (poll(&end, 1, 0) == 1 && (end.revents & POLLHUP) != 0) {
            return true;
        }
    }
    return false;
}

/*
 * Takes the lock, with room for one more file if there is any. Programs that open and close quickly
 * are ahead of the event loop, which lets go of what they have closed.
 */
static bool lock_with_room(struct drm_server *server)
{
    const struct timespec pause = {.tv_nsec = ROOM_PAUSE_NS};

    pthread_mutex_lock(&server->lock);
    for (unsigned i = 0;
         i < ROOM_PAUSES_MAX && server->file_count >= DRM_FILES_MAX && has_ended_one(server); i++) {
        pthread_mutex_unlock(&server->lock);
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&server->lock);
    }
    return server->file_count < DRM_FILES_MAX;
}

/* Into the server's list; it is master when nobody is. */
static int enter(struct drm_file *file)
{
    struct drm_server *server = file->server;
    bool master = false;

    const bool room = lock_with_room(server);
    if (room) {
        file->references = 2; /* the list's, and of who opens it */
        file->next = server->files;
        server->files = file;
        server->file_count++;
        if (!drm_file_is_render(file) && server->master == NULL) {
            master = file->authenticated = file->was_master = true;
            server->master = file;
        }
    }
    pthread_mutex_unlock(&server->lock);
    if (master) {
        drm_mode_master(file, true);
    }
    return room ? 0 : -EMFILE;
}

static int watch(struct drm_file *file)
{
    file->readable =
        event_new(file->server->base, file->socket, EV_READ | EV_PERSIST, on_readable, file);
    if (file->readable == NULL || revive_watch(file) != 0) {
        return -ENOMEM;
    }
    event_add(file->readable, NULL);
    return 0;
}

static void unwatch(struct drm_file *file)
{
    revive_unwatch(file);
    if (file->readable != NULL) {
        event_free(file->readable);
        file->readable = NULL;
    }
}

int drm_file_open(struct drm_server *server, uint32_t minor, const struct ucred *opener,
                  struct drm_file **opened, int *descriptor)
{
    struct drm_file *file = calloc(1, sizeof(*file));

    if (file == NULL) {
        return -ENOMEM;
    }
    *file = (struct drm_file){.server = server, .minor = minor, .opener = *opener, .socket = -1};
    file->authenticated = opener->uid == 0; /* as Linux has it for who may do all */
    pthread_mutex_init(&file->lock, NULL);
    pthread_mutex_init(&file->revive_lock, NULL);
    int error = open_session(file);
    if (error != 0) {
        goto no_session;
    }
    error = open_pair(file, descriptor);
    if (error != 0) {
        goto no_pair;
    }
    error = open_rooms(file);
    if (error != 0) {
        goto no_rooms;
    }
    error = enter(file);
    if (error == 0) {
        error = watch(file);
        if (error == 0) {
            *opened = file;
            return 0;
        }
        close(*descriptor);
        drm_file_hang_up(file);
        drm_file_unref(file);
        return error;
    }
    drm_mode_close(file);
    drm_gem_close(file);
no_rooms:
    close(file->socket);
    close(*descriptor);
no_pair:
    gemd_session_close(file->session);
no_session:
    pthread_mutex_destroy(&file->revive_lock);
    pthread_mutex_destroy(&file->lock);
    free(file);
    return error;
}

struct drm_file *drm_file_find(struct drm_server *server, uint64_t id)
{
    pthread_mutex_lock(&server->lock);
    struct drm_file *file = server->files;
    while (file != NULL && file->id != id) {
        file = file->next;
    }
    if (file != NULL) {
        file->references++;
    }
    pthread_mutex_unlock(&server->lock);
    return file;
}

void drm_file_unref(struct drm_file *file)
{
    struct drm_server *server = file->server;

    pthread_mutex_lock(&server->lock);
    const bool last = --file->references == 0;
    pthread_mutex_unlock(&server->lock);
    if (last && !(drm_gem_is_awaited(file) && destroy_elsewhere(file))) {
        destroy(file);
    }
}

void drm_file_hang_up(struct drm_file *file)
{
    struct drm_server *server = file->server;
    bool was_master = false;

    unwatch(file);
    pthread_mutex_lock(&server->lock);
    for (struct drm_file **at = &server->files; *at != NULL; at = &(*at)->next) {
        if (*at == file) {
            *at = file->next;
            server->file_count--;
            break;
        }
    }
    file->gone = true;
    if (server->master == file) {
        server->master = NULL;
        was_master = true;
    }
    pthread_mutex_unlock(&server->lock);
    if (was_master) {
        drm_mode_master(file, false);
    }
    drm_file_unref(file);
}

bool drm_file_is_master(struct drm_file *file)
{
    pthread_mutex_lock(&file->server->lock);
    const bool master = file->server->master == file;
    pthread_mutex_unlock(&file->server->lock);
    return master;
}

bool drm_file_is_authenticated(struct drm_file *file)
{
    pthread_mutex_lock(&file->server->lock);
    const bool authenticated = file->authenticated;
    pthread_mutex_unlock(&file->server->lock);
    return authenticated;
}
