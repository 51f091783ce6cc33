/* SPDX-License-Identifier: MIT */
#include "proto/packet.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Linux passes at most 253 descriptors with one packet (SCM_MAX_FD in net/scm.h). */
#define RAW_FDS_MAX 253

/* Takes the first GEMD_FDS_MAX descriptors of a control message and closes the others. */
static void take_rights(struct packet *packet, const struct cmsghdr *control)
{
    size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
        int fd;
        memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof(int));
        if (packet->fd_count < GEMD_FDS_MAX) {
            packet->fds[packet->fd_count] = fd;
        } else {
            close(fd);
        }
        packet->fd_count++;
    }
}

int packet_receive(int socket, struct packet *packet, int flags)
{
    union {
        struct cmsghdr header;
        uint8_t bytes[CMSG_SPACE(sizeof(int) * (GEMD_FDS_MAX + 1))];
    } control;
    struct iovec data = {.iov_base = packet->bytes, .iov_len = sizeof(packet->bytes)};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    ssize_t size;

    packet->size = 0;
    packet->fd_count = 0;
    packet->fds_lost = false;
    for (unsigned i = 0; i < GEMD_FDS_MAX; i++) {
        packet->fds[i] = -1;
    }
    do {
        /* MSG_TRUNC: the size as sent, so that an oversized packet is seen to be one. */
        size = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC | MSG_TRUNC);
    } while (size < 0 && errno == EINTR);
    if (size < 0) {
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    }
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
            take_rights(packet, c);
        }
    }
    if ((message.msg_flags & MSG_CTRUNC) != 0 && packet->fd_count <= GEMD_FDS_MAX) {
        /* The kernel dropped some: too many, or this process has no descriptors left. */
        packet->fd_count = GEMD_FDS_MAX + 1;
        packet->fds_lost = true;
    }
    if (size == 0) {
        packet_clear(packet);
        return 0;
    }
    packet->size = (size_t)size;
    return 1;
}

const struct codec_message *packet_check(const struct packet *packet,
                                         enum codec_direction direction, char reason[GEMD_TEXT_MAX])
{
    return codec_check(packet->bytes, packet->size, packet->fd_count, direction, reason);
}

int packet_take_fd(struct packet *packet, unsigned index)
{
    if (index >= GEMD_FDS_MAX) {
        return -1;
    }
    int fd = packet->fds[index];
    packet->fds[index] = -1;
    return fd;
}

void packet_clear(struct packet *packet)
{
    for (unsigned i = 0; i < GEMD_FDS_MAX; i++) {
        int fd = packet_take_fd(packet, i);
        if (fd >= 0) {
            close(fd);
        }
    }
}

int packet_send(int socket, const void *message, const int *fds, int flags)
{
    const struct gemd_msg_header *header = message;
    const struct codec_message *row = codec_message(header->type);
    if (row == NULL || header->size != row->size) {
        return -EINVAL;
    }
    return packet_send_raw(socket, message, row->size, fds, row->fds, flags);
}

int packet_send_raw(int socket, const void *bytes, size_t size, const int *fds, unsigned fd_count,
                    int flags)
{
    union {
        struct cmsghdr header;
        uint8_t bytes[CMSG_SPACE(sizeof(int) * RAW_FDS_MAX)];
    } control;
    struct iovec data = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    ssize_t sent;

    if (fd_count > RAW_FDS_MAX) {
        return -EINVAL;
    }
    if (fd_count > 0) {
        memset(&control, 0, sizeof(control));
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * fd_count);
    }
    do {
        sent = sendmsg(socket, &message, flags | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    }
    return 0;
}
