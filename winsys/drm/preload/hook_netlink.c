/* SPDX-License-Identifier: MIT */
/*
 * Sockets of NETLINK_KOBJECT_UEVENT, by which monitors of udev hear of devices: each is one of the
 * server's (server/uevent.h), whose peer has a name (wire.h), and looks like netlink's to who
 * binds it, asks for its address, and receives from it.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "winsys/drm/preload/client.h"
#include "winsys/drm/preload/next.h"
#include "winsys/drm/preload/node.h"
#include "winsys/drm/preload/paths.h"

#define UDEV_PID 1u /* who sends udev's: somebody, which is all that libudev asks */

static const char prefix[] = "\0" DRM_WIRE_UEVENT_NAME "/";

/* Whether that is how the server's ends are called, as far as there is room for it. */
static bool is_name(const struct sockaddr_un *address, size_t size)
{
    const size_t head = offsetof(struct sockaddr_un, sun_path);
    const size_t room = size > head ? size - head : 0;
    const size_t length = room < sizeof(prefix) - 1 ? room : sizeof(prefix) - 1;

    return length > 4 && address->sun_family == AF_UNIX &&
           memcmp(address->sun_path, prefix, length) == 0;
}

static bool is_ours(int fd)
{
    struct sockaddr_un address;
    socklen_t size = sizeof(address);
    const int error = errno;
    const bool is = getpeername(fd, (struct sockaddr *)&address, &size) == 0 &&
                    size <= sizeof(address) && is_name(&address, size);

    errno = error;
    return is;
}

/* A descriptor; -1: there is no server, and the host's will do. */
static int open_monitor(int type)
{
    struct drm_packet packet = {.request = {.type = DRM_WIRE_UEVENT}, .fd = -1};
    struct client spare, *client;

    if (path_runtime()[0] == '\0' || client_begin(&client, &spare) != 0) {
        return -1;
    }
    const int error = client_call(client, &packet);
    client_end(client);
    if (error != 0 || packet.answer.result != 0 || packet.fd < 0) {
        return -1;
    }
    node_set_flags(packet.fd, type);
    return packet.fd;
}

HOOK int socket(int domain, int type, int protocol)
{
    if (domain == AF_NETLINK && protocol == NETLINK_KOBJECT_UEVENT) {
        const int error = errno, fd = open_monitor(type);
        if (fd >= 0) {
            errno = error;
            return fd;
        }
    }
    return NEXT(socket)(domain, type, protocol);
}

static int join(int fd, uint32_t groups)
{
    return send(fd, &groups, sizeof(groups), MSG_NOSIGNAL) == (ssize_t)sizeof(groups) ? 0 : -1;
}

HOOK int bind(int fd, __CONST_SOCKADDR_ARG to, socklen_t size)
{
    const struct sockaddr *address = to.__sockaddr__;

    if (address != NULL && size >= sizeof(struct sockaddr_nl) && address->sa_family == AF_NETLINK &&
        is_ours(fd)) {
        return join(fd, ((const struct sockaddr_nl *)address)->nl_groups);
    }
    return NEXT(bind)(fd, to, size);
}

HOOK int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
    uint32_t group;

    if (level != SOL_NETLINK || !is_ours(fd)) {
        return NEXT(setsockopt)(fd, level, name, value, size);
    }
    if (name == NETLINK_ADD_MEMBERSHIP && value != NULL && size >= sizeof(group)) {
        memcpy(&group, value, sizeof(group));
        return group >= 1 && group <= 32 ? join(fd, 1u << (group - 1)) : 0;
    }
    return 0;
}

/* As much of it as there is room for, and its true size. */
static void put_address(const struct sockaddr_nl *address, void *to, socklen_t room,
                        socklen_t *size)
{
    memcpy(to, address, room < sizeof(*address) ? room : sizeof(*address));
    *size = sizeof(*address);
}

HOOK int getsockname(int fd, __SOCKADDR_ARG to, socklen_t *size)
{
    struct sockaddr *address = to.__sockaddr__;
    const socklen_t room = size != NULL ? *size : 0;
    const int result = NEXT(getsockname)(fd, to, size);

    if (result == 0 && *size == sizeof(sa_family_t) && room >= sizeof(sa_family_t) &&
        address->sa_family == AF_UNIX && is_ours(fd)) {
        const struct sockaddr_nl own = {.nl_family = AF_NETLINK, .nl_pid = (uint32_t)getpid()};
        put_address(&own, address, room, size);
    }
    return result;
}

/* Who sent that: the kernel, or udev. */
static struct sockaddr_nl sender_of(const void *message, size_t size)
{
    static const char udev[] = "libudev";
    const bool is_udev = size >= sizeof(udev) && memcmp(message, udev, sizeof(udev)) == 0;

    return (struct sockaddr_nl){
        .nl_family = AF_NETLINK,
        .nl_groups = is_udev ? DRM_WIRE_UEVENT_UDEV : DRM_WIRE_UEVENT_KERNEL,
        .nl_pid = is_udev ? UDEV_PID : 0,
    };
}

/* The server has looked who sent it: root. */
static void put_credentials(struct msghdr *message)
{
    const struct ucred root = {.pid = 0, .uid = 0, .gid = 0};

    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
         part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_CREDENTIALS &&
            part->cmsg_len >= CMSG_LEN(sizeof(root))) {
            memcpy(CMSG_DATA(part), &root, sizeof(root));
        }
    }
}

HOOK ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    const socklen_t room = message != NULL ? message->msg_namelen : 0;
    const ssize_t count = NEXT(recvmsg)(fd, message, flags);

    /* Who does not ask where it comes from is none of udev's. */
    if (count > 0 && message->msg_name != NULL && message->msg_iovlen > 0 &&
        is_name(message->msg_name, message->msg_namelen < room ? message->msg_namelen : room) &&
        is_ours(fd)) {
        const struct iovec *first = message->msg_iov;
        const size_t size = (size_t)count < first->iov_len ? (size_t)count : first->iov_len;
        const struct sockaddr_nl from = sender_of(first->iov_base, size);
        put_address(&from, message->msg_name, room, &message->msg_namelen);
        put_credentials(message);
    }
    return count;
}

static ssize_t finish_receive(int fd, ssize_t count, const void *buffer, size_t size,
                              struct sockaddr *address, socklen_t room, socklen_t *used)
{
    if (count > 0 && address != NULL && used != NULL &&
        is_name((const struct sockaddr_un *)address, *used < room ? *used : room) && is_ours(fd)) {
        const struct sockaddr_nl from =
            sender_of(buffer, (size_t)count < size ? (size_t)count : size);
        put_address(&from, address, room, used);
    }
    return count;
}

HOOK ssize_t recvfrom(int fd, void *buffer, size_t size, int flags, __SOCKADDR_ARG address,
                      socklen_t *used)
{
    const socklen_t room = used != NULL ? *used : 0;

    return finish_receive(fd, NEXT(recvfrom)(fd, buffer, size, flags, address, used), buffer, size,
                          address.__sockaddr__, room, used);
}

ssize_t __recvfrom_chk(int fd, void *buffer, size_t size, size_t whole, int flags,
                       __SOCKADDR_ARG address, socklen_t *used);

HOOK ssize_t __recvfrom_chk(int fd, void *buffer, size_t size, size_t whole, int flags,
                            __SOCKADDR_ARG address, socklen_t *used)
{
    if (size > whole) {
        abort(); /* as libc's, before anything is written behind the end */
    }
    return recvfrom(fd, buffer, size, flags, address, used);
}
