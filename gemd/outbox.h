/* SPDX-License-Identifier: MIT */
/* Answers to a client, sent at once or, when its socket has no room, as soon as it has. */
#ifndef GEMD_OUTBOX_H
#define GEMD_OUTBOX_H

#include <event2/event.h>
#include <stdbool.h>

#include "gemd/list.h"

#define OUTBOX_MAX 16u /* answers that wait, at most */

struct outbox {
    int socket; /* not its own */
    struct event_base *base;
    struct event *writable;
    struct list waiting;
    unsigned count;
};

void outbox_init(struct outbox *outbox, struct event_base *base, int socket);
void outbox_finish(struct outbox *outbox);

/*
 * Sends a message with the descriptors that its type has; they stay the caller's. 0: sent, or kept
 * for later; -ENOBUFS: too many wait already; -ENOMEM, -EPIPE and others.
 */
int outbox_send(struct outbox *outbox, const void *message, const int *fds);

static inline bool outbox_waits(const struct outbox *outbox)
{
    return outbox->count > 0;
}

#endif
