/* SPDX-License-Identifier: MIT */
/*
 * The 3D pipeline of the model, as the command streamer drives it: one call per complete command.
 * State persists in struct render until the next command that sets it, as on hardware.
 */
#ifndef GEMD_HW_MODEL_RENDER_H
#define GEMD_HW_MODEL_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/gen3/surface.h"
#include "hw/model/memory.h"

struct render;
struct watcher;

/* Why a command stopped the pipeline. */
enum render_status {
    RENDER_OK,
    RENDER_UNKNOWN, /* a command, or a use of one, that the model does not execute */
    RENDER_FAULT,   /* memory behind an address was not there: PGTBL_ER */
};

struct render_error {
    uint32_t pgtbl_er; /* bits for PGTBL_ER when RENDER_FAULT */
    char text[160];    /* one line for the log, naming the field and the value */
};

/* is_945_class: texture layouts and tile widths of 945, G33 and Pineview instead of 915's. */
struct render *render_create(struct model_memory *memory, bool is_945_class);
void render_destroy(struct render *render);

/* Power-on state. */
void render_reset(struct render *render);

/*
 * For MI_FLUSH and at the start of a batch: translations of GTT addresses are looked up again.
 * Every command that sets an address does the same for that address.
 */
void render_flush(struct render *render);

/* All state as commands that set it again, followed by zeros: an image of one page. */
#define RENDER_CONTEXT_DWORDS 1024u
void render_save_context(struct render *render, uint32_t words[RENDER_CONTEXT_DWORDS]);

/*
 * Watch mode (hw/model/watcher.h); NULL: off. While it is on, everything is reached through
 * surface_read() and surface_write(), which tell it. Called between commands.
 */
void render_set_watch(struct render *render, struct watcher *watcher);

/*
 * Threads that draw, the caller's counted; 0: as many as there are processors. One from the start.
 * The pixels are the same for any number.
 */
void render_set_threads(struct render *render, unsigned threads);

/* Loads the compiler now, for all that render_create() makes; false: there is none. */
bool render_load_compiler(void);

/* Programs are interpreted from now on, and no thread compiles them. The pixels are the same. */
void render_interpret(struct render *render);

/*
 * Commands return before what they draw is in memory. It is when render_finish() returns: to be
 * called before anything else can see it. render_finish_range() does so only if bytes [low, high)
 * of the GTT are still to be written, or, before somebody writes them, to be read.
 */
void render_finish(struct render *render);
void render_finish_range(struct render *render, uint64_t low, uint64_t high, bool write);

/*
 * Something that tells others of what was drawn: a store, an interrupt. 'deliver' is called once
 * all of it is in memory, in the order of the notes; at once, or later by a thread that draws.
 * render_finish() returns after all notes. The bytes [low, high) of the GTT are those it writes.
 */
struct render_note {
    void (*deliver)(void *owner, const struct render_note *note);
    void *owner;
    uint64_t low, high;
    uint32_t place, value; /* the owner's */
};
void render_notify(struct render *render, const struct render_note *note);

/* Pixels [x1, x2) x [y1, y2) of a surface; 1, 2 or 4 bytes each. */
struct render_area {
    uint64_t address;
    enum gen3_tiling tiling;
    uint32_t pitch, cpp;
    int32_t x1, y1, x2, y2;
};

/* One value everywhere. 'mask': the bits that are written; all if pixels have less than 32. */
struct render_fill {
    struct render_area to;
    uint32_t value, mask;
};

/*
 * A copy from bytes [low, high) of the GTT that somebody else knows how to make, in parts: 'part'
 * is called for rectangles of the area, on several threads. 'job' of 'size' bytes is copied.
 */
struct render_copy {
    struct render_area to;
    uint64_t low, high;
    const void *job;
    size_t size; /* at most RENDER_JOB_BYTES */
    void (*part)(const void *job, int32_t x1, int32_t y1, int32_t x2, int32_t y2);
};
#define RENDER_JOB_BYTES 1024u

/*
 * They take over what is to be done in the order of the commands. False: it is nothing that can
 * wait, and is the caller's; who has to see to the order then.
 */
bool render_fill(struct render *render, const struct render_fill *fill);
bool render_copy(struct render *render, const struct render_copy *copy);

/* Executes one command of client 3 (dw[0] bits 31:29 = 3), all of its 'count' dwords present. */
enum render_status render_command(struct render *render, const uint32_t *dw, size_t count,
                                  struct render_error *error);

#endif
