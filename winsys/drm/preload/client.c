/* SPDX-License-Identifier: MIT */
#include "winsys/drm/preload/client.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "winsys/drm/preload/next.h"
#include "winsys/drm/preload/paths.h"
#include "winsys/drm/calls.h"
#include "winsys/drm/process.h"

/* Out of the way of programs that count on low numbers, or close them all. */
enum { SOCKET_FROM = 200 };

#define LOOK_NS 20000u

static __thread struct client own = {.link.socket = -1};
static pthread_key_t at_thread_end;

static bool is_socket_of(const struct client *client)
{
    struct stat status;

    return NEXT(fstat)(client->link.socket, &status) == 0 && status.st_ino == client->inode &&
           status.st_dev == client->device;
}

/* A child has a descriptor, but neither the memory nor any right to its parent's channel. */
static bool is_parents(const struct client *client)
{
    return client->process != process_generation();
}

static void disconnect(struct client *client)
{
    if (client->link.socket < 0) {
        return;
    }
    if (is_socket_of(client)) {
        close(client->link.socket);
    }
    if (is_parents(client)) {
        client->link.shared = NULL; /* something else may be there by now */
    }
    drm_shared_close(&client->link);
    client->link.socket = -1;
}

static void thread_ends(void *client)
{
    disconnect(client);
    drm_buffer_clear(&((struct client *)client)->sent);
    drm_buffer_clear(&((struct client *)client)->received);
}

static void make_key(void)
{
    pthread_key_create(&at_thread_end, thread_ends);
}

/* Each process says it once. */
static void say_gone(const char *socket, int error)
{
    static int said;

    if (__atomic_exchange_n(&said, 1, __ATOMIC_RELAXED) == 0) {
        dprintf(STDERR_FILENO, "libgemd_drm: no server at %s: %s\n", socket, strerror(error));
    }
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(address.sun_path)) {
        return -ENAMETOOLONG;
    }
    strcpy(address.sun_path, path);
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    const int high = fcntl(fd, F_DUPFD_CLOEXEC, SOCKET_FROM);
    const int used = high >= 0 ? high : fd;
    if (high >= 0) {
        close(fd);
    }
    int result;
    do {
        result = connect(used, (struct sockaddr *)&address, sizeof(address));
    } while (result != 0 && errno == EINTR);
    if (result != 0) {
        const int error = -errno;
        close(used);
        return error;
    }
    return used;
}

static int exchange(struct client *client, struct drm_packet *packet)
{
    const int error = drm_packet_send(client->link.socket, packet);

    if (error != 0) {
        return error == -EPIPE || error == -ECONNRESET ? -ENODEV : error;
    }
    const int result = drm_packet_receive(client->link.socket, packet, &client->received);
    return result == 1 ? packet->answer.result : result == 0 ? -ENODEV : result;
}

static int greet(struct client *client, bool shares)
{
    struct drm_packet packet = {
        .request = {.type = DRM_WIRE_HELLO, .file = DRM_WIRE_VERSION, .length = shares},
        .fd = -1,
    };
    const int error = exchange(client, &packet);

    if (error != 0 || packet.fd < 0) {
        return error;
    }
    const int unshared = drm_shared_open(&client->link, packet.fd);
    close(packet.fd);
    return unshared == 0 ? 0 : greet(client, false); /* what is left is slower */
}

static int open_channel(struct client *client)
{
    char path[PATH_ROOM];
    struct stat status;

    snprintf(path, sizeof(path), "%s/" DRM_WIRE_SOCKET, path_runtime());
    const int fd = connect_to(path);
    if (fd < 0) {
        say_gone(path, -fd);
        return fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM ? fd : -ENODEV;
    }
    NEXT(fstat)(fd, &status);
    client->link = (struct drm_link){.socket = fd};
    client->process = process_generation();
    client->device = status.st_dev;
    client->inode = status.st_ino;
    client->may_look = drm_processors() > 1;
    const int error = greet(client, !client->temporary);
    if (error != 0) {
        say_gone(path, -error);
        disconnect(client);
        return -ENODEV;
    }
    return 0;
}

/* Whether it is there still, as far as can be seen without a system call if it is awake. */
static bool is_good(struct client *client)
{
    if (is_parents(client)) {
        return false;
    }
    if (client->link.shared != NULL && !drm_link_sleeps(&client->link)) {
        return true;
    }
    client->is_sure = is_socket_of(client);
    return client->is_sure;
}

int client_begin(struct client **client, struct client *spare)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    if (own.busy) {
        *spare = (struct client){.link.socket = -1, .temporary = true};
        *client = spare;
    } else {
        *client = &own;
    }
    (*client)->busy = true;
    (*client)->is_sure = false;
    if ((*client)->link.socket >= 0 && !is_good(*client)) {
        disconnect(*client);
    }
    if ((*client)->link.socket < 0) {
        const int error = open_channel(*client);
        if (error != 0) {
            (*client)->busy = false;
            return error;
        }
        if (!(*client)->temporary) {
            pthread_once(&once, make_key);
            pthread_setspecific(at_thread_end, &own);
        }
    }
    return 0;
}

void client_end(struct client *client)
{
    if (client->temporary) {
        thread_ends(client);
        return;
    }
    drm_buffer_trim(&client->sent);
    drm_buffer_trim(&client->received);
    client->busy = false;
}

/*
 * Most answers are there sooner than this thread could have gone to sleep. 0; -ENODEV: it would
 * have to sleep at a socket that the program has closed.
 */
static int look(struct client *client, uint32_t number)
{
    struct drm_looks *looks = &client->looks[number];

    if (client->link.shared == NULL) {
        return 0;
    }
    if (client->may_look && drm_looks_may(looks)) {
        drm_looks_note(looks, drm_link_look(&client->link, LOOK_NS));
    }
    return drm_link_look(&client->link, 0) || client->is_sure || is_socket_of(client) ? 0 : -ENODEV;
}

static int receive(struct client *client, struct drm_packet *packet)
{
    int result;

    /* The answer must be taken, or the next call would get it. */
    do {
        result = drm_link_receive(&client->link, packet, &client->received);
    } while (result == -EINTR);
    return result == 1 ? 0 : result == 0 ? -ENODEV : result;
}

/* Whether the answer to a request brings a descriptor, as far as its structure says. */
static bool brings_descriptor(const struct drm_packet *packet)
{
    const struct drm_call_row *row = drm_call_row(packet->request.request);

    if (packet->request.type != DRM_WIRE_IOCTL || row == NULL || row->maps) {
        return true;
    }
    return row->fd_out.there && (drm_call_bytes_in(row, packet->request.request) < row->size ||
                                 drm_call_names_fd(&row->fd_out, packet->payload));
}

/* Whether the socket is needed for a request or for its answer, and so must be ours still. */
static bool uses_socket(const struct client *client, const struct drm_packet *packet)
{
    return !drm_link_fits(&client->link, packet) || brings_descriptor(packet);
}

static int ask(struct client *client, struct drm_packet *packet)
{
    const uint32_t number =
        packet->request.type == DRM_WIRE_IOCTL ? _IOC_NR(packet->request.request) : 0;

    if (uses_socket(client, packet) && !client->is_sure && !is_socket_of(client)) {
        disconnect(client);
        const int error = open_channel(client);
        if (error != 0) {
            return error;
        }
    }
    int error = drm_link_send(&client->link, packet);
    if (error == 0) {
        error = look(client, number);
    }
    return error != 0 ? error : receive(client, packet);
}

int client_call(struct client *client, struct drm_packet *packet)
{
    const int error = ask(client, packet);

    if (error != -ENODEV && error != -EPROTO && error != -ECONNRESET && error != -EPIPE) {
        return error;
    }
    disconnect(client);
    say_gone(path_runtime(), ENODEV);
    return -ENODEV;
}
