/* SPDX-License-Identifier: MIT */
#include "gemd/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gemd/chaos.h"
#include "proto/packet.h"

struct answer {
    struct list link;
    union {
        struct gemd_msg_header header;
        uint8_t bytes[GEMD_MESSAGE_MAX];
    };
    int fds[GEMD_FDS_MAX];
    unsigned fd_count;
};

void outbox_init(struct outbox *outbox, struct event_base *base, int socket)
{
    *outbox = (struct outbox){.socket = socket, .base = base};
    list_init(&outbox->waiting);
}

static void drop(struct outbox *outbox, struct answer *answer)
{
    for (unsigned i = 0; i < answer->fd_count; i++) {
        close(answer->fds[i]);
    }
    list_remove(&answer->link);
    outbox->count--;
    free(answer);
}

void outbox_finish(struct outbox *outbox)
{
    while (outbox->count > 0) {
        drop(outbox, list_first(&outbox->waiting, struct answer, link));
    }
    if (outbox->writable != NULL) {
        event_free(outbox->writable);
        outbox->writable = NULL;
    }
}

/* A broken socket is noticed where it is read; here only room matters. */
static void on_writable(evutil_socket_t fd, short what, void *data)
{
    struct outbox *outbox = data;
    while (outbox->count > 0) {
        struct answer *answer = list_first(&outbox->waiting, struct answer, link);
        if (chaos_hits(CHAOS_SEND_STILL) ||
            packet_send(outbox->socket, answer->bytes, answer->fds, MSG_DONTWAIT) == -EAGAIN) {
            if (chaos_hits(CHAOS_WATCH_STILL) || event_add(outbox->writable, NULL) != 0) {
                event_active(outbox->writable, EV_WRITE, 0); /* or the answer never leaves */
            }
            return;
        }
        drop(outbox, answer);
    }
}

static int keep(struct outbox *outbox, const void *message, const int *fds)
{
    const struct gemd_msg_header *header = message;
    if (outbox->count == OUTBOX_MAX) {
        return -ENOBUFS;
    }
    if (outbox->writable == NULL) {
        outbox->writable =
            chaos_hits(CHAOS_WATCH_ANSWER)
                ? NULL
                : event_new(outbox->base, outbox->socket, EV_WRITE, on_writable, outbox);
    }
    struct answer *answer = chaos_hits(CHAOS_ALLOC_ANSWER) ? NULL : calloc(1, sizeof(*answer));
    if (outbox->writable == NULL || answer == NULL) {
        free(answer);
        return -ENOMEM;
    }
    memcpy(answer->bytes, message, header->size);
    list_append(&outbox->waiting, &answer->link);
    outbox->count++;
    unsigned fd_count = codec_message(header->type)->fds;
    while (answer->fd_count < fd_count) {
        int fd =
            chaos_hits(CHAOS_DUP_ANSWER) ? -1 : fcntl(fds[answer->fd_count], F_DUPFD_CLOEXEC, 0);
        if (fd < 0) {
            drop(outbox, answer);
            return -EMFILE;
        }
        answer->fds[answer->fd_count++] = fd;
    }
    return event_add(outbox->writable, NULL) == 0 ? 0 : -ENOMEM;
}

int outbox_send(struct outbox *outbox, const void *message, const int *fds)
{
    if (outbox->count == 0 && !chaos_hits(CHAOS_SEND_AGAIN)) {
        int error = chaos_hits(CHAOS_SEND_BROKEN)
                        ? -EPIPE
                        : packet_send(outbox->socket, message, fds, MSG_DONTWAIT);
        if (error != -EAGAIN) {
            return error;
        }
    }
    return keep(outbox, message, fds);
}
