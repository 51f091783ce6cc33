/* SPDX-License-Identifier: MIT */
#include "tools/gma-vfio-user/server.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/gma-vfio-user/device.h"
#include "tools/gma-vfio-user/message.h"

/* Messages between two looks at what else there is, and bytes that are read at once. */
#define BATCH      1024
#define READ_AHEAD 65536u

enum progress { MORE, WAIT, GONE };

static void close_in_fds(struct server *server)
{
    for (unsigned i = 0; i < server->in_fd_count; i++) {
        if (server->in_fds[i] >= 0) {
            close(server->in_fds[i]);
        }
    }
    server->in_fd_count = 0;
}

static void free_event(struct event **event)
{
    if (*event != NULL) {
        event_free(*event);
    }
    *event = NULL;
}

void server_detach(struct server *server)
{
    if (server->fd < 0) {
        return;
    }
    free_event(&server->readable);
    free_event(&server->writable);
    close(server->fd);
    server->fd = -1;
    close_in_fds(server);
    if (server->ending != NULL && server->device->hw != NULL) {
        server->ending(server->data);
    }
    int error = device_forget_peer(server->device);
    if (error != 0) {
        (void)message_bad(server, "the device cannot start again: %s", strerror(-error));
    }
    if (server->ended != NULL) {
        server->ended(server->data, server->reason);
    }
}

/* ---- what comes ---- */

/* A peer that gives us its own end of the socket would never be seen to hang up. */
static bool is_socket(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

/* Descriptors belong to the message of which a byte came with them. */
static enum progress take_fds(struct server *server, struct msghdr *message)
{
    enum progress progress = MORE;
    bool too_many = false;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
         part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(fd));
            if (is_socket(fd)) {
                (void)message_bad(server, "a message with a socket");
                progress = GONE;
            }
            server->in_fds_end = server->in_end;
            if (server->in_fd_count < WIRE_FDS_MAX) {
                server->in_fds[server->in_fd_count++] = fd;
            } else {
                close(fd);
                too_many = true;
            }
        }
    }
    if (too_many || (message->msg_flags & MSG_CTRUNC)) {
        (void)message_bad(server, "a message with more than %u descriptors", WIRE_FDS_MAX);
        progress = GONE;
    }
    return progress;
}

/* How many bytes to ask for, so that the message that begins the buffer gets 'missing' more. */
static size_t ask_for(const struct server *server, size_t missing)
{
    /*
     * The kernel ends a read behind bytes that descriptors came with, so those belong to the
     * message of the last byte. While they wait for its rest, no others must come.
     */
    if (server->in_fd_count > 0) {
        return missing;
    }
    size_t room = WIRE_MESSAGE_MAX - server->in_end;
    size_t ask = missing > READ_AHEAD ? missing : READ_AHEAD;
    return ask < room ? ask : room;
}

/* More bytes, of which the message that begins the buffer wants 'missing'. */
static enum progress receive(struct server *server, size_t missing)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(WIRE_FDS_MAX * sizeof(int))];
    } control;
    size_t have = server->in_end - server->in_begin;
    memmove(server->in, server->in + server->in_begin, have);
    server->in_fds_end -= server->in_begin;
    server->in_begin = 0;
    server->in_end = have;
    struct iovec vector = {.iov_base = server->in + have, .iov_len = ask_for(server, missing)};
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    ssize_t got = recvmsg(server->fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (got < 0) {
        if (errno == EAGAIN || errno == EINTR) {
            return WAIT;
        }
        (void)message_bad(server, "the socket: %s", strerror(errno));
        return GONE;
    }
    server->in_end += (size_t)got;
    if (take_fds(server, &message) == GONE) {
        return GONE;
    }
    if (got == 0) {
        if (have != 0) {
            (void)message_bad(server, "it ended after %zu bytes of a message", have);
        }
        return GONE;
    }
    return MORE;
}

/* ---- what goes ---- */

/* MORE: all has gone. */
static enum progress transmit(struct server *server)
{
    while (server->out_sent < server->out_size) {
        union {
            struct cmsghdr align;
            char bytes[CMSG_SPACE(sizeof(int))];
        } control = {0};
        struct iovec vector = {.iov_base = server->out + server->out_sent,
                               .iov_len = server->out_size - server->out_sent};
        struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
        if (server->out_fd >= 0) {
            message.msg_control = control.bytes;
            message.msg_controllen = sizeof(control.bytes);
            struct cmsghdr *part = CMSG_FIRSTHDR(&message);
            part->cmsg_level = SOL_SOCKET;
            part->cmsg_type = SCM_RIGHTS;
            part->cmsg_len = CMSG_LEN(sizeof(int));
            memcpy(CMSG_DATA(part), &server->out_fd, sizeof(int));
        }
        ssize_t sent = sendmsg(server->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
            return WAIT;
        }
        if (sent < 0) {
            (void)message_bad(server, "an answer was not taken: %s", strerror(errno));
            return GONE;
        }
        server->out_fd = -1;
        server->out_sent += (size_t)sent;
    }
    server->out_size = 0;
    server->out_sent = 0;
    return MORE;
}

/* Answers the message that begins the buffer, which is whole. */
static enum progress answer(struct server *server, const struct wire_header *header)
{
    size_t end = server->in_begin + header->size;
    bool has_fds = server->in_fd_count > 0 && server->in_fds_end <= end;
    struct request request = {.header = *header,
                              .body = server->in + server->in_begin + sizeof(*header),
                              .size = header->size - (uint32_t)sizeof(*header),
                              .fds = server->in_fds,
                              .fd_count = has_fds ? server->in_fd_count : 0};
    struct reply reply = {.body = server->out + sizeof(*header), .fd = -1};
    int result = message_handle(server, &request, &reply);
    if (has_fds) {
        close_in_fds(server);
    }
    server->in_begin = end;
    server->messages++;
    if (result >= 0 && dma_was_cut()) {
        result = message_bad(server, "a file of the guest's memory has become shorter");
    }
    if (result == MESSAGE_BAD) {
        return GONE;
    }
    if (header->flags & WIRE_NO_REPLY) {
        return MORE;
    }
    const struct wire_header head = {
        .id = header->id,
        .command = header->command,
        .size = (uint32_t)sizeof(head) + (result == 0 ? reply.size : 0),
        .flags = WIRE_TYPE_REPLY | (result != 0 ? WIRE_ERROR : 0),
        .error = (uint32_t)result,
    };
    memcpy(server->out, &head, sizeof(head));
    server->out_size = head.size;
    server->out_fd = result == 0 ? reply.fd : -1;
    return transmit(server);
}

/* A message more is answered, or what there is of it is not enough. */
static enum progress step(struct server *server)
{
    struct wire_header header;
    size_t have = server->in_end - server->in_begin;
    if (have < sizeof(header)) {
        return receive(server, sizeof(header) - have);
    }
    memcpy(&header, server->in + server->in_begin, sizeof(header));
    if (message_check_header(server, &header) != 0) {
        return GONE;
    }
    return have < header.size ? receive(server, header.size - have) : answer(server, &header);
}

static void on_readable(evutil_socket_t fd, short what, void *data)
{
    struct server *server = data;
    enum progress progress = MORE;
    for (unsigned i = 0; i < BATCH && progress == MORE; i++) {
        progress = step(server);
    }
    if (progress == GONE) {
        server_detach(server);
    } else if (server->out_size != 0) {
        event_del(server->readable);
        event_add(server->writable, NULL);
    } else if (progress == MORE) {
        event_active(server->readable, EV_READ, 0); /* there may be more in the buffer */
    }
}

static void on_writable(evutil_socket_t fd, short what, void *data)
{
    struct server *server = data;
    switch (transmit(server)) {
    case MORE:
        event_del(server->writable);
        event_add(server->readable, NULL);
        event_active(server->readable, EV_READ, 0);
        break;
    case WAIT:
        break;
    case GONE:
        server_detach(server);
        break;
    }
}

static void on_line(evutil_socket_t fd, short what, void *data)
{
    struct server *server = data;
    irq_poll(server->device);
}

static void watch_line(void *data, int fd)
{
    struct server *server = data;
    free_event(&server->line);
    if (fd >= 0) {
        server->line = event_new(server->base, fd, EV_READ | EV_PERSIST, on_line, server);
        if (server->line != NULL) {
            event_add(server->line, NULL);
        }
    }
}

int server_init(struct server *server, struct event_base *base, struct device *device)
{
    *server = (struct server){.base = base, .device = device, .fd = -1, .out_fd = -1};
    server->in = malloc(WIRE_MESSAGE_MAX);
    server->out = malloc(WIRE_MESSAGE_MAX);
    if (server->in == NULL || server->out == NULL) {
        server_finish(server);
        return -ENOMEM;
    }
    device->line_changed = watch_line;
    device->line_data = server;
    watch_line(server, hw_irq_fd(device->hw));
    return 0;
}

void server_finish(struct server *server)
{
    server->ending = NULL;
    server->ended = NULL;
    server_detach(server);
    free_event(&server->line);
    server->device->line_changed = NULL;
    free(server->in);
    free(server->out);
    server->in = NULL;
    server->out = NULL;
}

int server_attach(struct server *server, int fd)
{
    server->readable = event_new(server->base, fd, EV_READ | EV_PERSIST, on_readable, server);
    server->writable = event_new(server->base, fd, EV_WRITE | EV_PERSIST, on_writable, server);
    if (server->readable == NULL || server->writable == NULL ||
        evutil_make_socket_nonblocking(fd) != 0) {
        free_event(&server->readable);
        free_event(&server->writable);
        close(fd);
        return -ENOMEM;
    }
    server->fd = fd;
    server->agreed = false;
    server->takes_fds = true;
    server->reason[0] = '\0';
    server->messages = 0;
    server->in_begin = 0;
    server->in_end = 0;
    server->in_fds_end = 0;
    server->out_size = 0;
    server->out_sent = 0;
    server->out_fd = -1;
    event_add(server->readable, NULL);
    return 0;
}
