/* SPDX-License-Identifier: MIT */
/* Reaching the memory behind buffers and maps. */
#include "hw/model/render/internal.h"

/*
 * Looks whether bytes [low, high) of the surface are one stretch of CPU memory. If not, or if a
 * page is missing, access goes byte by byte: only what is really touched can fault. The same when
 * somebody watches.
 */
void surface_resolve(struct render *render, struct surface *surface, uint64_t low, uint64_t high)
{
    surface->base = NULL;
    if (high <= low || render->watcher != NULL || surface->fenced) {
        return;
    }
    uint64_t span = 0;
    uint8_t *start = model_memory_at(render->memory, surface->address + low, high - low, &span);
    if (start != NULL && span >= high - low) {
        surface->base = (uint8_t *)((uintptr_t)start - (uintptr_t)low);
    }
}

static uint8_t *byte_at(struct worker *worker, const struct surface *surface, uint64_t offset,
                        uint32_t er)
{
    uint64_t span;
    uint8_t *byte =
        surface->fenced
            ? model_memory_fenced_at(worker->memory, surface->address + offset, 1, &span)
            : model_memory_at(worker->memory, surface->address + offset, 1, &span);
    if (byte == NULL && worker->fault == 0) {
        worker->fault = er;
        worker->fault_address = surface->address + offset;
    }
    return byte;
}

static void watch(struct worker *worker, const struct surface *surface, uint64_t offset,
                  unsigned bytes, bool write)
{
    uint64_t address = surface->address + offset;

    while (worker->watcher != NULL && bytes > 0) {
        uint64_t run = bytes;
        uint64_t at =
            surface->fenced ? model_memory_fenced_address(worker->memory, address, &run) : address;
        unsigned n = run < bytes ? (unsigned)run : bytes;
        watcher_touch(worker->watcher, (enum model_watch_engine)surface->engine, at, n, write);
        address += n;
        bytes -= n;
    }
}

/* Little endian; bytes <= 4. A missing page reads as zero and is noted in worker->fault. */
uint32_t surface_read(struct worker *worker, const struct surface *surface, uint64_t offset,
                      unsigned bytes, uint32_t er)
{
    uint32_t value = 0;
    watch(worker, surface, offset, bytes, false);
    for (unsigned i = 0; i < bytes; i++) {
        const uint8_t *byte = surface->base != NULL ? surface->base + offset + i
                                                    : byte_at(worker, surface, offset + i, er);
        value |= byte != NULL ? (uint32_t)*byte << 8 * i : 0;
    }
    return value;
}

void surface_write(struct worker *worker, const struct surface *surface, uint64_t offset,
                   unsigned bytes, uint32_t value)
{
    watch(worker, surface, offset, bytes, true);
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t *byte = surface->base != NULL
                            ? surface->base + offset + i
                            : byte_at(worker, surface, offset + i, RENDER_ER_TARGET);
        if (byte != NULL) {
            *byte = (uint8_t)(value >> 8 * i);
        }
    }
}
