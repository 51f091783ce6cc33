/* SPDX-License-Identifier: MIT */
/*
 * Watch mode: the model reports each range of memory that it reads or writes, with the command that
 * made it do so.
 *
 * A report covers bytes that were touched and none that were not. The ranges of one engine, one
 * direction and one command are disjoint, ascending, and do not adjoin: what a command touches in
 * several pieces is told as the union of the pieces. A command's reports come when it is complete,
 * reads before writes, the streamer's own (the command's dwords) first.
 *
 * Addresses are those of the GTT that the engine went to, as the page table sees them: for a tiled
 * surface, and behind a fence register, after the tiling and the swizzle of bit 6. 'physical': a
 * bus address instead, for the commands that have such operands.
 *
 * Where the model's accesses are not the silicon's:
 *   - The streamer fetches whole cachelines ahead of what it parses; the model reports the dwords
 *     of the commands that it runs.
 *   - Silicon's render cache works on blocks of pixels (2x2 and cachelines); the model reports the
 *     pixels that were drawn: written where they changed or could have, read where depth test,
 *     stencil, blending, logic operation or a write mask need the old value, and where a block of
 *     4x4 pixels was drawn only in part.
 *   - The blitter reports the bytes that masks and transparencies let it write, and reads of the
 *     destination only where the operation or a key looks at it. A colour pattern is read whole.
 *   - What an engine would touch in a page that is not there may be reported or not.
 *   - The map cache fetches whole cachelines of a texture; the model reports the texels (blocks,
 *     pairs of 4:2:2) that the filter needed, and those of helper pixels beside an edge.
 *   - Planes and cursors that are scanned out are not reported: no command reads them.
 *
 * While somebody watches, the engines run strictly in order, each command to its end before the
 * next begins, without shortcuts: it is slow. While nobody does, it costs nothing.
 */
#ifndef GEMD_HW_MODEL_WATCH_H
#define GEMD_HW_MODEL_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/device.h"

enum model_watch_engine {
    MODEL_WATCH_STREAMER, /* commands, stores, the status page, contexts */
    MODEL_WATCH_BLITTER,
    MODEL_WATCH_VERTEX,
    MODEL_WATCH_TEXTURE,
    MODEL_WATCH_COLOR,
    MODEL_WATCH_DEPTH, /* depth and stencil */
    MODEL_WATCH_ENGINES,
};

struct model_watch_access {
    uint64_t address;
    uint64_t size; /* bytes, not 0 */
    bool write;
    bool physical; /* 'address' is one of the bus, not of the GTT */
    enum model_watch_engine engine;
    uint64_t command; /* GTT address of the command's header */
    uint32_t header;
};

/*
 * Called from the streamer's thread, which goes on when it returns. It must not call the device.
 * The access is the callee's to read until it returns.
 */
typedef void (*model_watch_fn)(void *user, const struct model_watch_access *access);

/*
 * Starts to watch with the next command, or stops with fn NULL. When it returns, the command that
 * ran meanwhile is complete, and the function set before is not called any more.
 * 0, or -ENOMEM: nobody watches then.
 */
int model_set_watch(struct hw_device *dev, model_watch_fn fn, void *user);

#endif
