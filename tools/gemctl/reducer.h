/* SPDX-License-Identifier: MIT */
/*
 * A recording that becomes smaller: which of its items are left, and which packets of its batches.
 *
 * Items that only tell what came of it (what the GPU wrote, frames, flips, events, waits) are left
 * out from the start: they would not be true of what is smaller.
 */
#ifndef GEMD_TOOLS_GEMCTL_REDUCER_H
#define GEMD_TOOLS_GEMCTL_REDUCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/gemctl/recording_file.h"

struct reducer_packet {
    uint32_t first, length; /* dwords of its batch */
    bool kept;
};

struct reducer_batch {
    size_t item;
    struct reducer_packet *packets;
    size_t count;
};

/* Items or packets that go together; 'kept' of all of them is the same. */
struct reducer_part {
    bool **kept;
    size_t count;
};

struct reducer {
    const struct recording_file *file;
    bool *kept; /* by item */
    struct reducer_batch *batches;
    size_t batch_count;
    bool compact; /* packets that are gone take no room; else they are MI_NOOPs */
    uint8_t *record;
    /* The parts of the stage that runs. */
    struct reducer_part *parts;
    size_t part_count;
    /* Whether what is left, written to a file, is still of interest. */
    bool (*test)(void *data);
    void *data;
};

enum reducer_stage {
    REDUCER_FRAMES,  /* batches, frames and contents, from one frame to the next */
    REDUCER_BATCHES, /* each batch, each frame */
    REDUCER_CONTENTS,
    REDUCER_OBJECTS, /* what is left beside them */
    REDUCER_PACKETS,
    REDUCER_STAGES
};

struct reducer_size {
    size_t items, batches, frames, pages, packets;
};

/* False: out of memory. reducer_finish() in any case. */
__attribute__((warn_unused_result)) bool reducer_init(struct reducer *reducer,
                                                      const struct recording_file *file,
                                                      bool (*test)(void *data), void *data);
void reducer_finish(struct reducer *reducer);

/*
 * Takes away what can be taken away: halves of the stage's parts, quarters, ..., single ones, the
 * last ones first, as long as 'test' says yes. Whether anything went.
 */
bool reducer_run(struct reducer *reducer, enum reducer_stage stage);
/* Tries to have packets that are gone take no room, and lists without unused buffers. */
void reducer_compact(struct reducer *reducer);

/* Writes what is left. 0 or a negative errno. */
__attribute__((warn_unused_result)) int reducer_write(const struct reducer *reducer,
                                                      const char *path);
void reducer_measure(const struct reducer *reducer, struct reducer_size *size);
const char *reducer_stage_name(enum reducer_stage stage);

#endif
