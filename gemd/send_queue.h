/* SPDX-License-Identifier: MIT */
/* Bytes for a stream socket whose reader may be slow: sent as far as it takes them, queued up to a
 * bound, never waited for. */
#ifndef GEMD_SEND_QUEUE_H
#define GEMD_SEND_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "gemd/list.h"

struct send_queue {
    int socket; /* the caller's */
    struct list chunks;
    uint64_t queued, max; /* bytes */
    uint64_t sent;
};

/* max: bytes that may wait. */
void send_queue_init(struct send_queue *queue, int socket, uint64_t max);
void send_queue_finish(struct send_queue *queue);

/* Takes bytes to the end of the queue. -ENOBUFS: more than may wait; -ENOMEM; nothing was taken. */
__attribute__((warn_unused_result)) int send_queue_put(struct send_queue *queue, const void *bytes,
                                                       size_t size);

/* Sends what the socket takes. 0: all of it; -EAGAIN: it is full; -EPIPE and others: nobody reads.
 */
int send_queue_flush(struct send_queue *queue);

#endif
