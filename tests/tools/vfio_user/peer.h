/* SPDX-License-Identifier: MIT */
/*
 * A peer of gma-vfio-user's server, in the same thread: the other end of a socket pair. What fails
 * in here fails the test.
 */
#ifndef GEMD_TESTS_TOOLS_VFIO_USER_PEER_H
#define GEMD_TESTS_TOOLS_VFIO_USER_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/gma-vfio-user/device.h"
#include "tools/gma-vfio-user/server.h"

#define PEER_FDS 16

struct peer {
    struct event_base *base;
    struct device device;
    struct server server;
    int fd; /* ours */
    uint16_t id;
    unsigned ended;
    char reason[SERVER_REASON_MAX]; /* of the last end */

    /* The last reply. */
    struct wire_header header;
    uint8_t body[WIRE_MESSAGE_MAX];
    size_t size; /* of the body */
    int got_fd;  /* that came along, -1 none; the next call closes it */
};

/* chip NULL: g33. The version has been agreed on. */
void peer_init(struct peer *peer, const char *chip);
void peer_finish(struct peer *peer);
/* A new connection, before VERSION; the old one must be over. */
void peer_connect(struct peer *peer);
void peer_agree(struct peer *peer);
/* Closes our end and lets the server see it. */
void peer_leave(struct peer *peer);

/* Bytes as they are, with descriptors; the server has looked at them when this returns. */
void peer_send(struct peer *peer, const void *bytes, size_t size, const int *fds, unsigned count);
/* Lets the server do what there is to do. */
void peer_turn(struct peer *peer);
/* False: the connection was ended instead. */
bool peer_receive(struct peer *peer);

/* A message, and its reply's error: 0, an errno, or -1: the connection was ended. */
int peer_call_fds(struct peer *peer, uint16_t command, const void *body, size_t size,
                  const int *fds, unsigned count);
int peer_call(struct peer *peer, uint16_t command, const void *body, size_t size);

/* REGION_READ and REGION_WRITE that must succeed. */
uint32_t peer_read(struct peer *peer, uint32_t region, uint64_t offset, uint32_t size);
void peer_write(struct peer *peer, uint32_t region, uint64_t offset, uint32_t size, uint32_t value);

/* A memory file, its mapping, and its DMA_MAP. */
int peer_file(size_t size, void **mapping);
int peer_map(struct peer *peer, uint64_t address, uint64_t size, int fd, uint64_t offset,
             uint32_t flags);
int peer_unmap(struct peer *peer, uint64_t address, uint64_t size);

/* SET_IRQS with count 1. fd -1: none comes along. */
int peer_irq(struct peer *peer, uint32_t index, uint32_t flags, int fd);
/* Whether an eventfd was signalled; takes the signal. */
bool peer_signalled(struct peer *peer, int eventfd);
/* The same, and waits for it. */
void peer_await(struct peer *peer, int eventfd);

/* How many descriptors this process has. */
unsigned peer_count_fds(void);

#endif
