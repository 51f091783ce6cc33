/* SPDX-License-Identifier: MIT */
/* A player, for its parts: player.c, player_memory.c, player_ring.c. */
#ifndef GEMD_TOOLS_GEMCTL_PLAYER_STATE_H
#define GEMD_TOOLS_GEMCTL_PLAYER_STATE_H

#include <xxhash.h>

#include "tools/gemctl/id_map.h"
#include "tools/gemctl/player.h"
#include "tools/gemctl/wire.h"

/* Memory that the file knows by a number: a memory file, or what a lent buffer is made of. */
struct memory {
    uint8_t *map;
    uint64_t size;
    uint64_t lent; /* the lender's handle; 0: an arena */
};

struct buffer {
    uint64_t offset, size; /* checked against its memory when that is used */
    uint32_t object;       /* arena; of a lent one its own handle */
    uint32_t space;        /* enum recording_space */
    uint32_t tiling;       /* enum gemd_tiling */
};

struct window {
    bool there;
    uint32_t slot; /* of the daemon that plays */
    uint32_t width, height;
    uint64_t serial;
    struct player_frame last;
};

struct player {
    const struct recording_file *file;
    const struct player_options *options;
    struct player_result *result;
    struct wire wire;
    struct wire lender; /* the session that lends buffers; opened when it is needed */
    bool lends;
    uint32_t lent;
    struct id_map arenas, imports, buffers;
    uint64_t memory; /* bytes */
    struct window windows[GEMD_WINDOWS_MAX];
    uint8_t *record;  /* room for one that is changed */
    uint8_t *picture; /* and for a frame without its tiles */
    size_t picture_size;
    /* The last batch: as it was recorded, and what it made. */
    uint64_t batch_seqno, batch_hash;
    bool batch_refused;
    bool is_refused; /* an event said so */
    char refusal[GEMD_TEXT_MAX];
    XXH3_state_t *frames;
    uint64_t began_ns;
};

/* ---- player.c ---- */

/* False, always, with a line for result->lost. */
__attribute__((format(printf, 2, 3))) bool player_give_up(struct player *player, const char *format,
                                                          ...);
/* False, with the wire's reason, when there is no session any more. */
bool player_goes_on(struct player *player);
/* Counts and tells what is not as it was recorded. */
__attribute__((format(printf, 2, 3))) void player_differ(struct player *player, const char *format,
                                                         ...);

/* ---- player_memory.c ---- */

/* What is asked of the daemon and answered by no more than a type; a negative errno. */
int player_ask(struct wire *wire, void *message, const int *fds, uint32_t type);
/* Bytes of a memory file or a lent buffer (enum recording_space); NULL: not all are there. */
uint8_t *player_memory(const struct player *player, uint32_t space, uint32_t object,
                       uint64_t offset, uint64_t size);
void player_free_memory(struct player *player, struct memory *memory);
/* With the map itself. */
void player_free_memories(struct player *player, struct id_map *map);

/* Items; false: it cannot be played on. */
bool player_play_arena(struct player *player, const struct recording_item *item);
bool player_play_page(struct player *player, const struct recording_item *item);
bool player_play_import(struct player *player, const struct recording_item *item);

/* ---- player_ring.c ---- */

bool player_play_record(struct player *player, const struct recording_item *item);

#endif
