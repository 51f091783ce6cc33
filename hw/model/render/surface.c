/* SPDX-License-Identifier: MIT */
/* Reaching the memory behind buffers and maps. */
#include "hw/model/render/internal.h"

/*
 * Looks whether bytes [low, high) of the surface are one stretch of CPU memory. If not, or if a
 * page is missing, access goes piece by piece: only what is really touched can fault. The same when
 * somebody watches, and where the memory controller swizzles addresses in tiles.
 */
void surface_resolve(struct render *render, struct surface *surface, uint64_t low, uint64_t high)
{
    surface->base = NULL;
    if (high <= low || render->watcher != NULL || surface->fenced ||
        model_memory_swizzles(render->memory, surface->tiling)) {
        return;
    }
    uint64_t span = 0;
    uint8_t *start = model_memory_at(render->memory, surface->address + low, high - low, &span);
    if (start != NULL && span >= high - low) {
        surface->base = (uint8_t *)((uintptr_t)start - (uintptr_t)low);
    }
}

/* Where a byte of the surface is in the GTT, and in *run how many go on there. */
static uint64_t place(struct worker *worker, const struct surface *surface, uint64_t offset,
                      uint64_t *run)
{
    const uint64_t address = surface->address + offset;
    return surface->fenced
               ? model_memory_fenced_address(worker->memory, address, run)
               : model_memory_tiled_address(worker->memory, surface->tiling, address, run);
}

/* The CPU address of a byte, and in *count how many of those that are wanted go on there. */
static uint8_t *piece_at(struct worker *worker, const struct surface *surface, uint64_t offset,
                         unsigned *count, uint32_t er)
{
    uint64_t run, span = 0;
    const uint64_t address = place(worker, surface, offset, &run);
    *count = run < *count ? (unsigned)run : *count;
    uint8_t *at = model_memory_at(worker->memory, address, *count, &span);
    if (at == NULL) {
        *count = 1; /* the next one may be there */
        if (worker->fault == 0) {
            worker->fault = er;
            worker->fault_address = surface->address + offset;
        }
    } else if (span < *count) {
        *count = (unsigned)span;
    }
    return at;
}

static void watch(struct worker *worker, const struct surface *surface, uint64_t offset,
                  unsigned bytes, bool write)
{
    while (worker->watcher != NULL && bytes > 0) {
        uint64_t run;
        const uint64_t address = place(worker, surface, offset, &run);
        const unsigned n = run < bytes ? (unsigned)run : bytes;
        watcher_touch(worker->watcher, (enum model_watch_engine)surface->engine, address, n, write);
        offset += n;
        bytes -= n;
    }
}

/* Little endian; bytes <= 4. A missing page reads as zero and is noted in worker->fault. */
uint32_t surface_read(struct worker *worker, const struct surface *surface, uint64_t offset,
                      unsigned bytes, uint32_t er)
{
    uint32_t value = 0;
    watch(worker, surface, offset, bytes, false);
    if (surface->base != NULL) {
        memcpy(&value, surface->base + offset, bytes);
        return value;
    }
    for (unsigned done = 0, count; done < bytes; done += count) {
        count = bytes - done;
        const uint8_t *at = piece_at(worker, surface, offset + done, &count, er);
        if (at != NULL) {
            memcpy((uint8_t *)&value + done, at, count);
        }
    }
    return value;
}

void surface_write(struct worker *worker, const struct surface *surface, uint64_t offset,
                   unsigned bytes, uint32_t value)
{
    watch(worker, surface, offset, bytes, true);
    if (surface->base != NULL) {
        memcpy(surface->base + offset, &value, bytes);
        return;
    }
    for (unsigned done = 0, count; done < bytes; done += count) {
        count = bytes - done;
        uint8_t *at = piece_at(worker, surface, offset + done, &count, RENDER_ER_TARGET);
        if (at != NULL) {
            memcpy(at, (const uint8_t *)&value + done, count);
        }
    }
}
