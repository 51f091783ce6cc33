/* SPDX-License-Identifier: MIT */
#include "proto/client/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/memfile.h"

#ifndef MADV_POPULATE_WRITE /* Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif

struct range {
    struct range *next;
    uint64_t offset, size;
};

/* Address space of 'size' bytes that begins at a huge page; NULL when there is none. */
static uint8_t *reserve_aligned(uint64_t size)
{
    uint8_t *space = mmap(NULL, size + ARENA_HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (space == MAP_FAILED) {
        return NULL;
    }
    uint64_t before = (ARENA_HUGE - (uintptr_t)space % ARENA_HUGE) % ARENA_HUGE;
    if (before > 0) {
        munmap(space, before);
    }
    munmap(space + before + size, ARENA_HUGE - before);
    return space + before;
}

void *arena_map(int fd, uint64_t size)
{
    uint8_t *place = NULL;
    int flags = MAP_SHARED;
    if (size > SIZE_MAX - ARENA_HUGE) {
        return NULL;
    }
    if (size % ARENA_HUGE == 0) {
        place = reserve_aligned(size);
        flags |= place != NULL ? MAP_FIXED : 0;
    }
    void *map = mmap(place, size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (map == MAP_FAILED) {
        if (place != NULL) {
            munmap(place, size);
        }
        return NULL;
    }
    if (place != NULL) {
        madvise(map, size, MADV_HUGEPAGE); /* a wish; systems without them say EINVAL */
    }
    return map;
}

typedef int asker(struct gemd_session *session, void *message, const int *fds, uint32_t answer,
                  struct packet *packet);

static int announce(struct gemd_session *session, asker *ask, uint32_t id, int fd, uint64_t size)
{
    struct gemd_msg_arena_add add;
    struct packet answer;
    codec_begin(&add, GEMD_MSG_ARENA_ADD, 0);
    add.arena = id;
    add.size = size;
    int result = ask(session, &add, &fd, GEMD_MSG_DONE, &answer);
    if (result == 0) {
        packet_clear(&answer);
    }
    return result;
}

int arena_announce(struct gemd_session *session, uint32_t id, int fd, uint64_t size)
{
    return announce(session, request, id, fd, size);
}

int arena_announce_again(struct gemd_session *session, uint32_t id, int fd, uint64_t size)
{
    return announce(session, request_locked, id, fd, size);
}

void arena_renounce(struct gemd_session *session, uint32_t id)
{
    struct gemd_msg_arena_remove message;
    codec_begin(&message, GEMD_MSG_ARENA_REMOVE, 0);
    message.arena = id;
    request_forget(session, &message, NULL);
}

void arena_destroy(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    while (arena->free != NULL) {
        struct range *range = arena->free;
        arena->free = range->next;
        free(range);
    }
    if (arena->map != NULL) {
        munmap(arena->map, arena->size);
    }
    if (arena->fd >= 0) {
        close(arena->fd);
    }
    free(arena->used);
    free(arena);
}

/* An arena with all of it free, not yet known to the daemon; fd is its memory file, taken over. */
static struct arena *arena_new(uint64_t size, int fd)
{
    struct arena *arena = calloc(1, sizeof(*arena));
    if (arena == NULL) {
        close(fd);
        return NULL;
    }
    arena->fd = fd;
    arena->size = size;
    arena->free_bytes = size;
    arena->used = calloc(1, size / ARENA_PAGE);
    arena->free = calloc(1, sizeof(*arena->free));
    arena->map = arena_map(fd, size);
    if (arena->used == NULL || arena->free == NULL || arena->map == NULL) {
        arena_destroy(arena);
        return NULL;
    }
    arena->free->size = size;
    return arena;
}

int arena_create(struct gemd_session *session, uint64_t size)
{
    uint64_t bytes = (size + ARENA_HUGE - 1) / ARENA_HUGE * ARENA_HUGE;
    if (bytes < ARENA_BYTES) {
        bytes = ARENA_BYTES;
    }
    int fd = memfile_create("gemd-arena", bytes);
    if (fd < 0) {
        return -ENOMEM;
    }
    struct arena *arena = arena_new(bytes, fd);
    int result = arena == NULL ? -ENOMEM : 0;
    if (arena != NULL) {
        pthread_mutex_lock(&session->lock);
        arena->id = ++session->last_arena;
        pthread_mutex_unlock(&session->lock);
        result = arena_announce(session, arena->id, fd, bytes);
    }
    if (result < 0) {
        arena_destroy(arena);
        return result;
    }
    pthread_mutex_lock(&session->lock);
    /* Large ones last: they are cut from when no other has room, and so are soon given back. */
    struct arena **link = &session->arenas;
    while (bytes > ARENA_BYTES && *link != NULL) {
        link = &(*link)->next;
    }
    arena->next = *link;
    *link = arena;
    pthread_mutex_unlock(&session->lock);
    return 0;
}

/* Cuts 'size' bytes from the front of the first free range that has them. */
static bool cut(struct arena *arena, uint64_t size, uint64_t *offset)
{
    for (struct range **link = &arena->free; *link != NULL; link = &(*link)->next) {
        struct range *range = *link;
        if (range->size < size) {
            continue;
        }
        *offset = range->offset;
        range->offset += size;
        range->size -= size;
        arena->free_bytes -= size;
        if (range->size == 0) {
            *link = range->next;
            free(range);
        }
        return true;
    }
    return false;
}

bool arena_take(struct gemd_session *session, uint64_t size, struct arena **arena, uint64_t *offset)
{
    for (struct arena *a = session->arenas; a != NULL; a = a->next) {
        if (a->free_bytes >= size && cut(a, size, offset)) {
            *arena = a;
            return true;
        }
    }
    return false;
}

void arena_give(struct arena *arena, uint64_t offset, uint64_t size)
{
    struct range *before = NULL;
    struct range *after = arena->free;
    while (after != NULL && after->offset < offset) {
        before = after;
        after = after->next;
    }
    bool joins_before = before != NULL && before->offset + before->size == offset;
    bool joins_after = after != NULL && offset + size == after->offset;
    if (joins_before) {
        before->size += size;
        if (joins_after) {
            before->size += after->size;
            before->next = after->next;
            free(after);
        }
    } else if (joins_after) {
        after->offset = offset;
        after->size += size;
    } else {
        struct range *range = calloc(1, sizeof(*range));
        if (range == NULL) {
            return; /* the range is lost until the session ends; nothing else is harmed */
        }
        *range = (struct range){.next = after, .offset = offset, .size = size};
        *(before != NULL ? &before->next : &arena->free) = range;
    }
    arena->free_bytes += size;
}

struct arena *arena_collect(struct gemd_session *session)
{
    struct arena *collected = NULL;
    bool kept = false;
    for (struct arena **link = &session->arenas; *link != NULL;) {
        struct arena *arena = *link;
        bool idle = arena->free_bytes == arena->size;
        if (!idle || (arena->size == ARENA_BYTES && !kept)) {
            kept = kept || idle;
            link = &arena->next;
            continue;
        }
        *link = arena->next;
        arena->next = collected;
        collected = arena;
    }
    return collected;
}

int arena_populate(void *map, uint64_t size)
{
    /* Without this a lack of memory would show as SIGBUS at the first touch. */
    if (madvise(map, size, MADV_POPULATE_WRITE) < 0 && errno != EINVAL) {
        return -ENOMEM;
    }
    return 0;
}

int arena_zero(struct arena *arena, uint64_t offset, uint64_t size)
{
    uint64_t page = offset / ARENA_PAGE;
    uint64_t end = (offset + size) / ARENA_PAGE;
    while (page < end) {
        uint64_t first = page;
        uint8_t used = arena->used[page];
        while (page < end && arena->used[page] == used) {
            page++;
        }
        uint8_t *map = arena->map + first * ARENA_PAGE;
        uint64_t bytes = (page - first) * ARENA_PAGE;
        if (used != 0) {
            memset(map, 0, bytes);
        } else if (arena_populate(map, bytes) < 0) {
            return -ENOMEM;
        }
        memset(arena->used + first, 1, page - first);
    }
    return 0;
}
