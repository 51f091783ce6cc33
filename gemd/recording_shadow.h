/* SPDX-License-Identifier: MIT */
/*
 * What whoever replays a recording has in its memory by now: a hash for each page of each memory
 * file of a session, and of each buffer that was lent to it.
 */
#ifndef GEMD_RECORDING_SHADOW_H
#define GEMD_RECORDING_SHADOW_H

#include <stdbool.h>
#include <stdint.h>
#include <xxhash.h>

#include "gemd/list.h"
#include "proto/recording.h"

struct arena;
struct bo;

struct shadow {
    struct list link;
    enum recording_space space;
    uint32_t object;           /* arena, or handle */
    const struct arena *arena; /* for comparison only */
    uint64_t first, pages;     /* in the arena */
    XXH128_hash_t hashes[];
};

struct shadows {
    struct list list; /* used last first */
    XXH128_hash_t zero;
};

void shadows_init(struct shadows *shadows);
void shadows_finish(struct shadows *shadows);

/* Of zeroed memory; NULL: out of memory. */
struct shadow *shadows_add_arena(struct shadows *shadows, uint32_t object,
                                 const struct arena *arena);
struct shadow *shadows_add_import(struct shadows *shadows, const struct bo *bo);
struct shadow *shadows_find(struct shadows *shadows, enum recording_space space, uint32_t object);
void shadows_remove(struct shadow *shadow);

/* The shadow that a buffer lies in, and the first of its pages there; NULL: none. */
struct shadow *shadows_of(struct shadows *shadows, const struct bo *bo, uint64_t *first);

#endif
