/* SPDX-License-Identifier: MIT */
#include "winsys/drm/preload/client.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "winsys/drm/preload/next.h"
#include "winsys/drm/preload/paths.h"

/* Out of the way of programs that count on low numbers, or close them all. */
enum { SOCKET_FROM = 200 };

static __thread struct client own = {.socket = -1};
static pthread_key_t at_thread_end;

static bool is_socket_of(const struct client *client)
{
    struct stat status;

    return client->socket >= 0 && NEXT(fstat)(client->socket, &status) == 0 &&
           status.st_ino == client->inode && status.st_dev == client->device;
}

static void disconnect(struct client *client)
{
    if (is_socket_of(client)) {
        close(client->socket);
    }
    client->socket = -1;
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

static int greet(struct client *client)
{
    struct drm_packet packet = {
        .request = {.type = DRM_WIRE_HELLO, .file = DRM_WIRE_VERSION},
        .fd = -1,
    };
    const int error = client_call(client, &packet);

    return error != 0 ? error : packet.answer.result;
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
    client->socket = fd;
    client->process = getpid();
    client->device = status.st_dev;
    client->inode = status.st_ino;
    const int error = greet(client);
    if (error != 0) {
        say_gone(path, -error);
        disconnect(client);
        return -ENODEV;
    }
    return 0;
}

int client_begin(struct client **client, struct client *spare)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    if (own.busy) {
        *spare = (struct client){.socket = -1, .temporary = true};
        *client = spare;
    } else {
        *client = &own;
    }
    (*client)->busy = true;
    if ((*client)->socket >= 0 && ((*client)->process != getpid() || !is_socket_of(*client))) {
        disconnect(*client);
    }
    if ((*client)->socket < 0) {
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

static int receive(struct client *client, struct drm_packet *packet)
{
    int result;

    /* The answer must be taken, or the next call would get it. */
    do {
        result = drm_packet_receive(client->socket, packet, &client->received);
    } while (result == -EINTR);
    return result == 1 ? 0 : result == 0 ? -ENODEV : result;
}

int client_call(struct client *client, struct drm_packet *packet)
{
    int error = drm_packet_send(client->socket, packet);

    if (error == 0) {
        error = receive(client, packet);
    } else if (error == -EPIPE || error == -ECONNRESET) {
        error = -ENODEV;
    }
    if (error == -ENODEV || error == -EPROTO || error == -ECONNRESET) {
        disconnect(client);
        say_gone(path_runtime(), ENODEV);
        error = -ENODEV;
    }
    return error;
}
