/* SPDX-License-Identifier: MIT */
/*
 * One peer on one stream socket: takes its messages one by one, answers each in order, and reads
 * no further while an answer waits to be taken. Whatever is wrong with a message's form ends the
 * connection, with a reason that names the message and the numbers; an operation that cannot be
 * done is answered with an errno.
 *
 * All in the thread that runs the event base. The device must outlive the server, and is reset
 * when a connection ends.
 */
#ifndef GEMD_TOOLS_GMA_VFIO_USER_SERVER_H
#define GEMD_TOOLS_GMA_VFIO_USER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/gma-vfio-user/wire.h"

struct device;
struct event;
struct event_base;

#define SERVER_REASON_MAX 256

struct server {
    struct event_base *base;
    struct device *device;
    /* A connection ends: the device is still as it left it. NULL: nobody wants to know. */
    void (*ending)(void *data);
    /* A connection has ended, and everything of it is gone; reason "" if the peer just left. */
    void (*ended)(void *data, const char *reason);
    void *data;

    int fd; /* -1: nobody is there */
    struct event *readable, *writable, *line;
    bool agreed;    /* on the version */
    bool takes_fds; /* the peer said nothing else */
    char reason[SERVER_REASON_MAX];
    uint64_t messages; /* of this connection */

    uint8_t *in, *out;       /* WIRE_MESSAGE_MAX each */
    size_t in_begin, in_end; /* what has come and has not been answered */
    size_t out_size, out_sent;
    int in_fds[WIRE_FDS_MAX]; /* owned; of the message that holds the byte before in_fds_end */
    unsigned in_fd_count;
    size_t in_fds_end;
    int out_fd; /* not owned; -1: none */
};

/* 0 or a negative errno. */
int server_init(struct server *server, struct event_base *base, struct device *device);
void server_finish(struct server *server);

/* Serves a connected socket, which it then owns, non-blocking. Nobody may be there. 0, -ENOMEM. */
int server_attach(struct server *server, int fd);
/* Ends the connection, if there is one. */
void server_detach(struct server *server);

#endif
