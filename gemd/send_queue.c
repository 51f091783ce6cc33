/* SPDX-License-Identifier: MIT */
#include "gemd/send_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CHUNK_BYTES (256u << 10)

struct chunk {
    struct list link;
    size_t begin, end; /* of what waits */
    uint8_t bytes[CHUNK_BYTES];
};

void send_queue_init(struct send_queue *queue, int socket, uint64_t max)
{
    *queue = (struct send_queue){.socket = socket, .max = max};
    list_init(&queue->chunks);
}

static void drop_first(struct send_queue *queue)
{
    struct chunk *chunk = list_first(&queue->chunks, struct chunk, link);
    list_remove(&chunk->link);
    free(chunk);
}

void send_queue_finish(struct send_queue *queue)
{
    while (!list_empty(&queue->chunks)) {
        drop_first(queue);
    }
    queue->queued = 0;
}

/* The last chunk with room for all of it, or chunks behind it that have; NULL: out of memory. */
static struct chunk *make_room(struct send_queue *queue, size_t size)
{
    struct chunk *last = list_last(&queue->chunks, struct chunk, link);
    size_t room = last != NULL ? CHUNK_BYTES - last->end : 0;
    struct list fresh;
    list_init(&fresh);
    while (room < size) {
        struct chunk *chunk = malloc(sizeof(*chunk));
        if (chunk == NULL) {
            while (!list_empty(&fresh)) {
                chunk = list_first(&fresh, struct chunk, link);
                list_remove(&chunk->link);
                free(chunk);
            }
            return NULL;
        }
        chunk->begin = 0;
        chunk->end = 0;
        list_append(&fresh, &chunk->link);
        room += CHUNK_BYTES;
    }
    struct chunk *first =
        last != NULL && last->end < CHUNK_BYTES ? last : list_first(&fresh, struct chunk, link);
    while (!list_empty(&fresh)) {
        struct chunk *chunk = list_first(&fresh, struct chunk, link);
        list_remove(&chunk->link);
        list_append(&queue->chunks, &chunk->link);
    }
    return first;
}

int send_queue_put(struct send_queue *queue, const void *bytes, size_t size)
{
    if (size > queue->max || queue->queued > queue->max - size) {
        return -ENOBUFS;
    }
    struct chunk *chunk = size > 0 ? make_room(queue, size) : NULL;
    if (chunk == NULL) {
        return size > 0 ? -ENOMEM : 0;
    }
    const uint8_t *from = bytes;
    queue->queued += size;
    while (size > 0) {
        size_t part = CHUNK_BYTES - chunk->end < size ? CHUNK_BYTES - chunk->end : size;
        memcpy(chunk->bytes + chunk->end, from, part);
        chunk->end += part;
        from += part;
        size -= part;
        chunk = list_entry(chunk->link.next, struct chunk, link);
    }
    return 0;
}

int send_queue_flush(struct send_queue *queue)
{
    while (queue->queued > 0) {
        struct chunk *chunk = list_first(&queue->chunks, struct chunk, link);
        ssize_t sent = send(queue->socket, chunk->bytes + chunk->begin, chunk->end - chunk->begin,
                            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            return errno == EWOULDBLOCK ? -EAGAIN : -errno;
        }
        chunk->begin += (size_t)sent;
        queue->queued -= (uint64_t)sent;
        queue->sent += (uint64_t)sent;
        if (chunk->begin == chunk->end) {
            drop_first(queue);
        }
    }
    return 0;
}
