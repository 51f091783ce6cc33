/* SPDX-License-Identifier: MIT */
/*
 * Memory that a session shares with the daemon, and the cutting of it into ranges.
 */
#ifndef GEMD_CLIENT_ARENA_H
#define GEMD_CLIENT_ARENA_H

#include "proto/client/session.h"

#define ARENA_PAGE  4096u
#define ARENA_HUGE  (2u << 20)  /* a huge page; arenas are multiples of it and aligned to it */
#define ARENA_BYTES (16u << 20) /* the least; a larger buffer gets an arena of its size */

struct range;

struct arena {
    struct arena *next;
    uint32_t id;
    uint64_t size;
    uint64_t free_bytes;
    int fd; /* its memory file */
    uint8_t *map;
    uint8_t *used;      /* for each page: 1 when it was ever given out, so it may hold old data */
    struct range *free; /* by offset, no two touch */
};

/*
 * Maps a memory file, writable and shared; huge pages where size and system allow. NULL when there
 * is no address space. Unmap with munmap().
 */
void *arena_map(int fd, uint64_t size);

/* Gives the daemon a memory file as arena 'id': ARENA_ADD. fd stays the caller's. No lock held. */
CODEC_CHECKED int arena_announce(struct gemd_session *session, uint32_t id, int fd, uint64_t size);
/* The same for who holds socket_lock, on a session that counts as lost. */
CODEC_CHECKED int arena_announce_again(struct gemd_session *session, uint32_t id, int fd,
                                       uint64_t size);
/* Takes it back: ARENA_REMOVE, whose answer nobody waits for. No lock held. */
void arena_renounce(struct gemd_session *session, uint32_t id);

/* A new arena for at least 'size' bytes, in the session's list. No lock held. */
CODEC_CHECKED int arena_create(struct gemd_session *session, uint64_t size);
/* Unmaps and frees it; it must be out of the list. */
void arena_destroy(struct arena *arena);

/* Cuts a range out of any arena; false when none has room. lock is held. */
bool arena_take(struct gemd_session *session, uint64_t size, struct arena **arena,
                uint64_t *offset);
/* Puts a range back. lock is held. */
void arena_give(struct arena *arena, uint64_t offset, uint64_t size);
/*
 * Takes arenas that are not needed any more out of the session's list: all free ones but one of
 * the usual size. They are the caller's, to renounce and destroy. lock is held.
 */
struct arena *arena_collect(struct gemd_session *session);

/*
 * Backs a range that was taken with memory and makes it zero. -ENOMEM: there is none. No lock
 * needed: ranges do not share pages.
 */
CODEC_CHECKED int arena_zero(struct arena *arena, uint64_t offset, uint64_t size);
/* The same for a map that is new. */
CODEC_CHECKED int arena_populate(void *map, uint64_t size);

#endif
