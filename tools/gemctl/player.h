/* SPDX-License-Identifier: MIT */
/*
 * Plays a recording to a daemon: one item after the other, each batch when the one before it has
 * retired, so that the same comes of it each time. Memory is the player's own; what the file names
 * is checked against it.
 */
#ifndef GEMD_TOOLS_GEMCTL_PLAYER_H
#define GEMD_TOOLS_GEMCTL_PLAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/gemctl/recording_file.h"

#define PLAYER_MEMORY_MAX (UINT64_C(8) << 30) /* bytes of all memory files of a recording */

struct player_frame {
    uint64_t number; /* from 1 on, of all windows */
    uint32_t window, width, height, stride;
    enum gemd_format format;
    const uint8_t *pixels; /* XRGB8888: B G R X; good until the function returns */
    uint64_t hash;
};

struct player_options {
    const char *socket;
    bool in_time;        /* not before the time that each item was recorded at */
    bool quiet;          /* no lines about what is refused or differs */
    uint64_t last_frame; /* ends behind it; 0: plays all */
    /* Told of each frame, may be NULL. False: play no more. */
    bool (*on_frame)(void *data, const struct player_frame *frame);
    void *data;
};

struct player_result {
    uint64_t batches, frames, refused;
    uint64_t differs; /* batches and frames that are not as they were recorded, also refusals */
    uint64_t skipped; /* records that are not played: waits, and what this program does not know */
    uint64_t hash;    /* of all frames */
    bool stopped;     /* by on_frame */
    char lost[GEMD_TEXT_MAX]; /* why it could not be played to its end; "": it was */
};

/* Plays all of it, or says in result->lost what was in the way. */
void player_play(const struct recording_file *file, const struct player_options *options,
                 struct player_result *result);

#endif
