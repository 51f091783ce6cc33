/* SPDX-License-Identifier: MIT */
/*
 * One message is one packet of a SOCK_SEQPACKET socket; descriptors ride with it.
 * Errors: negative errno. No call raises SIGPIPE; EINTR is retried inside.
 */
#ifndef GEMD_PROTO_PACKET_H
#define GEMD_PROTO_PACKET_H

#include "proto/codec.h"

/* A received packet. Its descriptors belong to it until packet_take_fd() or packet_clear(). */
struct packet {
    union {
        struct gemd_msg_header header; /* meaningful once packet_check() has accepted it */
        uint8_t bytes[GEMD_MESSAGE_MAX];
        uint64_t alignment;
    };
    size_t size;           /* bytes of the packet as it was sent, even beyond the array */
    unsigned fd_count;     /* as it was sent; more than GEMD_FDS_MAX: that or more */
    bool fds_lost;         /* this process could take no more: fd_count says too many */
    int fds[GEMD_FDS_MAX]; /* close-on-exec; -1 where there is none */
};

/*
 * Receives one packet; flags as for recvmsg (MSG_DONTWAIT). Descriptors beyond GEMD_FDS_MAX are
 * closed at once, but counted. 1: a packet is there; 0: the peer has closed (or sent an empty
 * packet, which nobody does); -EAGAIN; -ECONNRESET and others. Unless it returns 1 the packet owns
 * nothing.
 */
CODEC_CHECKED int packet_receive(int socket, struct packet *packet, int flags);

/* codec_check() of it. The row, or NULL with a reason; the packet keeps its descriptors. */
CODEC_CHECKED const struct codec_message *packet_check(const struct packet *packet,
                                                       enum codec_direction direction,
                                                       char reason[GEMD_TEXT_MAX]);

/* Descriptor 'index', from now on the caller's; -1 when there is none or it was taken. */
int packet_take_fd(struct packet *packet, unsigned index);

/* Closes what descriptors it still owns. */
void packet_clear(struct packet *packet);

/*
 * Sends a message (one that codec_begin() started) with as many descriptors as its row says; they
 * stay the caller's. flags as for sendmsg (MSG_DONTWAIT). 0, -EAGAIN (the peer does not read:
 * nothing was sent), -EPIPE, -ECONNRESET; -EINVAL: not of the table.
 */
CODEC_CHECKED int packet_send(int socket, const void *message, const int *fds, int flags);

/* The same for any bytes and any number of descriptors: for tests and fuzzing. */
CODEC_CHECKED int packet_send_raw(int socket, const void *bytes, size_t size, const int *fds,
                                  unsigned fd_count, int flags);

#endif
