/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/uevent.h"

#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>
#include <linux/netlink.h>

#include "winsys/drm/server/mode/ids.h"
#include "winsys/drm/server/server.h"
#include "winsys/drm/wire.h"

#define LISTENERS_MAX 256u
#define MESSAGE_MAX   8192u
#define PCI_PATH      "/devices/pci0000:00/0000:00:02.0"
#define CARD_PATH     PCI_PATH "/drm/card0"

/* What stands before udev's messages; numbers with "be" are big endian. */
struct udev_header {
    char prefix[8]; /* "libudev" */
    uint32_t magic_be;
    uint32_t header_size, properties_offset, properties_bytes;
    uint32_t subsystem_be, devtype_be; /* hashes, for filters in the kernel */
    uint32_t tags_high_be, tags_low_be;
};

#define UDEV_MAGIC     0xfeedcafeu
#define UDEV_DRM       0x16664179u /* MurmurHash2 of "drm" */
#define UDEV_DRM_MINOR 0x1ca6541eu /* of "drm_minor" */
#define UDEV_ANY_TAG   UINT32_MAX  /* a Bloom filter that has all */

struct uevent_listener {
    struct uevent_listener *next;
    struct drm_server *server;
    int socket;
    struct event *readable;
    uint32_t groups; /* DRM_WIRE_UEVENT_KERNEL, DRM_WIRE_UEVENT_UDEV */
};

struct drm_uevents {
    pthread_mutex_t lock;
    struct uevent_listener *listeners;
    unsigned count;
    uint64_t number;   /* of the last listener */
    uint64_t sequence; /* of the last event of ours */
    int host;          /* -1: none */
    struct event *host_readable;
};

/* ---- listeners ---- */

static void destroy(struct uevent_listener *listener)
{
    event_free(listener->readable);
    close(listener->socket);
    free(listener);
}

static void forget(struct uevent_listener *listener)
{
    struct drm_uevents *uevents = listener->server->uevents;
    struct uevent_listener **at = &uevents->listeners;

    pthread_mutex_lock(&uevents->lock);
    while (*at != listener) {
        at = &(*at)->next;
    }
    *at = listener->next;
    uevents->count--;
    pthread_mutex_unlock(&uevents->lock);
    destroy(listener);
}

/* The library says which groups the program has bound it to. */
static void on_readable(evutil_socket_t socket, short what, void *data)
{
    struct uevent_listener *listener = data;
    uint32_t groups;

    const ssize_t count = recv(socket, &groups, sizeof(groups), MSG_DONTWAIT | MSG_TRUNC);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
        forget(listener);
    } else if (count == sizeof(groups)) {
        pthread_mutex_lock(&listener->server->uevents->lock);
        listener->groups = groups;
        pthread_mutex_unlock(&listener->server->uevents->lock);
    }
}

/* Who does not read loses events, as with the kernel's. */
static void tell(struct drm_uevents *uevents, uint32_t group, const void *message, size_t size)
{
    pthread_mutex_lock(&uevents->lock);
    for (struct uevent_listener *to = uevents->listeners; to != NULL; to = to->next) {
        if ((to->groups & group) != 0) {
            (void)send(to->socket, message, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        }
    }
    pthread_mutex_unlock(&uevents->lock);
}

static int bind_name(struct drm_server *server, int socket)
{
    struct drm_uevents *uevents = server->uevents;
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    pthread_mutex_lock(&uevents->lock);
    const uint64_t number = ++uevents->number;
    pthread_mutex_unlock(&uevents->lock);
    const int length =
        snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, DRM_WIRE_UEVENT_FORMAT,
                 (unsigned long long)server->id, (unsigned long long)number);
    return bind(socket, (const struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) == 0
               ? 0
               : -errno;
}

/* Takes the socket. */
static int add(struct drm_server *server, int socket)
{
    struct drm_uevents *uevents = server->uevents;
    struct uevent_listener *listener = calloc(1, sizeof(*listener));
    struct event *readable =
        listener != NULL
            ? event_new(server->base, socket, EV_READ | EV_PERSIST, on_readable, listener)
            : NULL;

    if (readable == NULL) {
        free(listener);
        close(socket);
        return -ENOMEM;
    }
    *listener = (struct uevent_listener){.server = server, .socket = socket, .readable = readable};
    pthread_mutex_lock(&uevents->lock);
    const bool room = uevents->count < LISTENERS_MAX;
    if (room) {
        listener->next = uevents->listeners;
        uevents->listeners = listener;
        uevents->count++;
        event_add(readable, NULL);
    }
    pthread_mutex_unlock(&uevents->lock);
    if (!room) {
        destroy(listener);
        return -EMFILE;
    }
    return 0;
}

int drm_uevent_open(struct drm_server *server)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return -errno;
    }
    int error = bind_name(server, ends[0]);
    if (error != 0) {
        close(ends[0]);
    } else {
        error = add(server, ends[0]);
    }
    if (error != 0) {
        close(ends[1]);
        return error;
    }
    return ends[1];
}

/* ---- the host's ---- */

/* As libudev has it: only root's, and to a group. */
static bool is_trusted(const struct msghdr *message, const struct sockaddr_nl *from)
{
    struct ucred credentials = {.uid = 1};

    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
         part = CMSG_NXTHDR((struct msghdr *)(uintptr_t)message, part)) {
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_CREDENTIALS &&
            part->cmsg_len == CMSG_LEN(sizeof(credentials))) {
            memcpy(&credentials, CMSG_DATA(part), sizeof(credentials));
        }
    }
    return credentials.uid == 0 && from->nl_groups != 0 &&
           (from->nl_groups != DRM_WIRE_UEVENT_KERNEL || from->nl_pid == 0);
}

/* The host's device is hidden by ours, which does not change with it. */
static bool is_hidden(const char *message, size_t size)
{
    static const char path[] = "DEVPATH=" PCI_PATH;

    return memmem(message, size, path, sizeof(path) - 1) != NULL;
}

static void on_host(evutil_socket_t socket, short what, void *data)
{
    char bytes[MESSAGE_MAX];
    struct sockaddr_nl from = {0};
    struct iovec part = {bytes, sizeof(bytes)};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct msghdr message = {
        .msg_name = &from,
        .msg_namelen = sizeof(from),
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof(control),
    };

    const ssize_t size = recvmsg(socket, &message, MSG_DONTWAIT);
    if (size > 0 && (message.msg_flags & MSG_TRUNC) == 0 && is_trusted(&message, &from) &&
        !is_hidden(bytes, (size_t)size)) {
        tell(data, from.nl_groups, bytes, (size_t)size);
    }
}

static void listen_to_host(struct drm_server *server)
{
    struct drm_uevents *uevents = server->uevents;
    const struct sockaddr_nl address = {.nl_family = AF_NETLINK,
                                        .nl_groups = DRM_WIRE_UEVENT_KERNEL | DRM_WIRE_UEVENT_UDEV};
    const int on = 1;

    uevents->host = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    if (uevents->host < 0) {
        return;
    }
    uevents->host_readable =
        event_new(server->base, uevents->host, EV_READ | EV_PERSIST, on_host, uevents);
    if (setsockopt(uevents->host, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0 ||
        bind(uevents->host, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        uevents->host_readable == NULL || event_add(uevents->host_readable, NULL) != 0) {
        close(uevents->host);
        uevents->host = -1;
    }
}

/* ---- ours ---- */

/* "KEY=value\0" for each; the count of bytes. */
static size_t describe(char *text, size_t size, uint64_t sequence, bool udev)
{
    const int used =
        snprintf(text, size,
                 "ACTION=change%cDEVPATH=" CARD_PATH "%cSUBSYSTEM=drm%cHOTPLUG=1%cCONNECTOR=%d%c"
                 "DEVNAME=%s%cDEVTYPE=drm_minor%cSEQNUM=%llu%cMAJOR=226%cMINOR=0%c%s%c",
                 0, 0, 0, 0, MODE_ID_CONNECTOR, 0, udev ? "/dev/dri/card0" : "dri/card0", 0, 0,
                 (unsigned long long)sequence, 0, 0, 0, udev ? "USEC_INITIALIZED=1000000" : "", 0);

    return udev ? (size_t)used : (size_t)used - 1;
}

static void tell_as_kernel(struct drm_uevents *uevents, uint64_t sequence)
{
    static const char head[] = "change@" CARD_PATH;
    char message[1024];

    memcpy(message, head, sizeof(head));
    const size_t size =
        describe(message + sizeof(head), sizeof(message) - sizeof(head), sequence, false);
    tell(uevents, DRM_WIRE_UEVENT_KERNEL, message, sizeof(head) + size);
}

static void tell_as_udev(struct drm_uevents *uevents, uint64_t sequence)
{
    static const char tags[] = "ID_SEAT=seat0\0TAGS=:seat:master-of-seat:uaccess:\0"
                               "CURRENT_TAGS=:seat:master-of-seat:uaccess:";
    struct {
        struct udev_header header;
        char text[1024];
    } message = {
        .header = {.prefix = "libudev",
                   .magic_be = htobe32(UDEV_MAGIC),
                   .header_size = sizeof(struct udev_header),
                   .properties_offset = sizeof(struct udev_header),
                   .subsystem_be = htobe32(UDEV_DRM),
                   .devtype_be = htobe32(UDEV_DRM_MINOR),
                   .tags_high_be = UDEV_ANY_TAG,
                   .tags_low_be = UDEV_ANY_TAG},
    };
    const size_t size = describe(message.text, sizeof(message.text) - sizeof(tags), sequence, true);

    memcpy(message.text + size, tags, sizeof(tags));
    message.header.properties_bytes = (uint32_t)(size + sizeof(tags));
    tell(uevents, DRM_WIRE_UEVENT_UDEV, &message, sizeof(message.header) + size + sizeof(tags));
}

void drm_uevent_hotplug(struct drm_server *server)
{
    struct drm_uevents *uevents = server->uevents;

    pthread_mutex_lock(&uevents->lock);
    const uint64_t sequence = ++uevents->sequence;
    pthread_mutex_unlock(&uevents->lock);
    tell_as_kernel(uevents, sequence);
    tell_as_udev(uevents, sequence);
}

/* ---- life ---- */

int drm_uevent_init(struct drm_server *server)
{
    struct drm_uevents *uevents = calloc(1, sizeof(*uevents));

    if (uevents == NULL) {
        return -ENOMEM;
    }
    uevents->host = -1;
    pthread_mutex_init(&uevents->lock, NULL);
    server->uevents = uevents;
    listen_to_host(server);
    return 0;
}

void drm_uevent_finish(struct drm_server *server)
{
    struct drm_uevents *uevents = server->uevents;

    while (uevents->listeners != NULL) {
        forget(uevents->listeners);
    }
    if (uevents->host_readable != NULL) {
        event_free(uevents->host_readable);
    }
    if (uevents->host >= 0) {
        close(uevents->host);
    }
    pthread_mutex_destroy(&uevents->lock);
    server->uevents = NULL;
    free(uevents);
}
