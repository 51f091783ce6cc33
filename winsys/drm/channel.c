/* SPDX-License-Identifier: MIT */
/* Packets between a program and the server. */
#include "winsys/drm/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD        sizeof(struct drm_wire_request)
#define BUFFER_KEPT ((size_t)1 << 20)

_Static_assert(sizeof(struct drm_wire_request) == sizeof(struct drm_wire_answer),
               "one head for both ways");

int drm_buffer_reserve(struct drm_buffer *buffer, size_t size)
{
    if (size <= buffer->room) {
        return 0;
    }
    uint8_t *bytes = malloc(size);
    if (bytes == NULL) {
        return -ENOMEM;
    }
    free(buffer->bytes);
    *buffer = (struct drm_buffer){bytes, size};
    return 0;
}

void drm_buffer_clear(struct drm_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct drm_buffer){0};
}

void drm_buffer_trim(struct drm_buffer *buffer)
{
    if (buffer->room > BUFFER_KEPT) {
        drm_buffer_clear(buffer);
    }
}

/* All of it at offset 0 of a file. */
static int write_all(int file, const uint8_t *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        const ssize_t n = pwrite(file, bytes + done, size - done, (off_t)done);
        if (n <= 0) {
            return n < 0 ? -errno : -EIO;
        }
        done += (size_t)n;
    }
    return 0;
}

static int read_all(int file, uint8_t *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        const ssize_t n = pread(file, bytes + done, size - done, (off_t)done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return -EPROTO; /* no file, or shorter than was said */
        }
        done += (size_t)n;
    }
    return 0;
}

/* A memory file with the payload. Nobody maps it: the other side copies it, so it needs no seals.
 */
static int put_outside(const struct drm_packet *packet)
{
    const int file = memfd_create("gemd-drm-payload", MFD_CLOEXEC);

    if (file < 0) {
        return -errno;
    }
    const int error = write_all(file, packet->payload, (size_t)packet->request.payload);
    if (error != 0) {
        close(file);
        return error;
    }
    return file;
}

static int send_parts(int socket, const struct drm_packet *packet, size_t payload, const int *fds,
                      unsigned fd_count)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * DRM_WIRE_FDS_MAX)];
    } control = {0};
    struct iovec parts[2] = {{(void *)&packet->request, HEAD}, {packet->payload, payload}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = payload > 0 ? 2 : 1};

    if (fd_count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * fd_count);
    }
    while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

int drm_packet_send(int socket, struct drm_packet *packet)
{
    int fds[DRM_WIRE_FDS_MAX], outside = -1;
    unsigned count = 0;
    size_t payload = (size_t)packet->request.payload;

    packet->request.flags &= ~(uint32_t)(DRM_WIRE_FD | DRM_WIRE_OUTSIDE);
    if (packet->fd >= 0) {
        packet->request.flags |= DRM_WIRE_FD;
        fds[count++] = packet->fd;
    }
    if (payload > DRM_WIRE_INLINE_MAX - HEAD) {
        outside = put_outside(packet);
        if (outside < 0) {
            return outside;
        }
        packet->request.flags |= DRM_WIRE_OUTSIDE;
        fds[count++] = outside;
        payload = 0;
    }
    const int error = send_parts(socket, packet, payload, fds, count);
    if (outside >= 0) {
        close(outside);
    }
    return error;
}

/* What has come beside the bytes; more than there may be is closed, and counted. */
static unsigned take_fds(struct msghdr *message, int fds[DRM_WIRE_FDS_MAX])
{
    unsigned count = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        const size_t here = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < here; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            if (count < DRM_WIRE_FDS_MAX) {
                fds[count] = fd;
            } else {
                close(fd);
            }
            count++;
        }
    }
    return count;
}

/* Payload and descriptor of a packet whose head has come. Takes 'fds' that it does not close. */
static int complete(struct drm_packet *packet, struct drm_buffer *buffer, size_t inside,
                    const int *fds, unsigned count)
{
    const uint32_t flags = packet->request.flags;
    const unsigned named = (flags & DRM_WIRE_FD) != 0, outside = (flags & DRM_WIRE_OUTSIDE) != 0;
    const uint64_t payload = packet->request.payload;

    if (count != named + outside || payload > DRM_WIRE_PAYLOAD_MAX ||
        inside != (outside != 0 ? 0 : payload)) {
        return -EPROTO;
    }
    if (outside != 0) {
        struct stat file;
        /* Not only said to be large: nothing is allocated that was not written. */
        if (fstat(fds[named], &file) != 0 || !S_ISREG(file.st_mode) ||
            (uint64_t)file.st_size < payload) {
            return -EPROTO;
        }
        int error = drm_buffer_reserve(buffer, (size_t)payload);
        if (error == 0) {
            error = read_all(fds[named], buffer->bytes, (size_t)payload);
        }
        if (error != 0) {
            return error;
        }
        close(fds[named]);
    }
    packet->payload = buffer->bytes;
    packet->fd = named != 0 ? fds[0] : -1;
    return 1;
}

static ssize_t receive(int socket, struct msghdr *message)
{
    for (;;) {
        const ssize_t n = recvmsg(socket, message, MSG_CMSG_CLOEXEC);
        if (n >= 0 || errno != EINTR) {
            return n;
        }
    }
}

int drm_packet_receive(int socket, struct drm_packet *packet, struct drm_buffer *buffer)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * (DRM_WIRE_FDS_MAX + 1))];
    } control;
    int fds[DRM_WIRE_FDS_MAX];

    packet->fd = -1;
    if (drm_buffer_reserve(buffer, DRM_WIRE_INLINE_MAX) != 0) {
        return -ENOMEM;
    }
    struct iovec parts[2] = {{&packet->request, HEAD}, {buffer->bytes, DRM_WIRE_INLINE_MAX}};
    struct msghdr message = {.msg_iov = parts,
                             .msg_iovlen = 2,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    const ssize_t n = receive(socket, &message);
    if (n < 0) {
        return errno == ECONNRESET ? 0 : -errno;
    }
    const unsigned count = take_fds(&message, fds);
    int result = -EPROTO;
    if (n == 0 && count == 0) {
        result = 0;
    } else if ((message.msg_flags & MSG_CTRUNC) != 0 && count < DRM_WIRE_FDS_MAX) {
        result = -EMFILE;
    } else if ((size_t)n >= HEAD && (message.msg_flags & MSG_TRUNC) == 0) {
        result = complete(packet, buffer, (size_t)n - HEAD, fds, count);
    }
    for (unsigned i = 0; result != 1 && i < count && i < DRM_WIRE_FDS_MAX; i++) {
        close(fds[i]);
    }
    return result;
}
