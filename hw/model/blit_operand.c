/* SPDX-License-Identifier: MIT */
#include "hw/model/blit_operand.h"

#include <string.h>

#include "hw/gen3/regs.h"
#include "hw/model/memory.h"

#define PAGE 4096u

void blit_operand_extent(int64_t first, int64_t pitch, uint32_t bytes, uint32_t rows, int64_t *low,
                         int64_t *high)
{
    int64_t last = first + pitch * ((int64_t)rows - 1);

    *low = first < last ? first : last;
    *high = (first < last ? last : first) + bytes;
}

static void init_linear(struct blit_operand *operand, int64_t low, int64_t high)
{
    uint64_t span;
    uint8_t *host = model_memory_at(operand->memory, (uint64_t)low, (uint64_t)(high - low), &span);

    if (host != NULL && span >= (uint64_t)(high - low)) {
        operand->walk = BLIT_WALK_LINEAR;
        operand->host = host + (operand->first - low);
    }
}

static void init_tiled(struct blit_operand *operand, const struct model_fence *fence,
                       uint32_t bytes, uint32_t rows)
{
    uint64_t offset = (uint64_t)operand->first - fence->start;
    uint64_t x = offset % fence->pitch;
    uint64_t y = offset / fence->pitch;
    const struct gen3_tile tile = gen3_tiles[fence->tiling];

    if (operand->pitch != fence->pitch || x + bytes > fence->pitch ||
        model_memory_swizzles(operand->memory, fence->tiling)) {
        return;
    }
    operand->x = (uint32_t)x;
    operand->y = (uint32_t)y;
    operand->fence_pitch = fence->pitch;
    operand->run_shift = tile.run;
    operand->stride_shift = tile.run + tile.height;
    operand->band_shift = tile.height;

    uint64_t band_bytes = (uint64_t)fence->pitch << operand->band_shift;
    uint64_t low = (y >> operand->band_shift) * band_bytes + (x >> tile.width) * PAGE;
    uint64_t high = ((y + rows - 1) >> operand->band_shift) * band_bytes +
                    (((x + bytes - 1) >> tile.width) + 1) * PAGE;
    uint64_t span;
    uint8_t *host = model_memory_at(operand->memory, fence->start + low, high - low, &span);
    if (host != NULL && span >= high - low) {
        operand->walk = BLIT_WALK_TILED;
        /* Only addresses from 'low' on are ever formed. */
        operand->host = (uint8_t *)((uintptr_t)host - low);
    }
}

void blit_operand_init(struct blit_operand *operand, struct model_memory *memory, int64_t first,
                       int64_t pitch, uint32_t bytes, uint32_t rows, bool piecewise)
{
    struct model_fence fence;
    int64_t low;
    int64_t high;

    operand->memory = memory;
    operand->walk = BLIT_WALK_SCATTERED;
    operand->first = first;
    operand->pitch = pitch;
    operand->host = NULL;
    operand->x = operand->y = 0;
    blit_operand_extent(first, pitch, bytes, rows, &low, &high);
    if (low < 0 || piecewise) {
        return;
    }
    switch (model_memory_view(memory, (uint64_t)low, (uint64_t)high, &fence)) {
    case MODEL_VIEW_LINEAR:
        init_linear(operand, low, high);
        return;
    case MODEL_VIEW_FENCED:
        init_tiled(operand, &fence, bytes, rows);
        return;
    case MODEL_VIEW_MIXED:
        return;
    }
}

/* What is surely missing behind an address that is. */
static uint32_t missing_bytes(const struct blit_operand *operand, uint64_t address, uint32_t want)
{
    uint64_t run;
    uint64_t behind = model_memory_fenced_address(operand->memory, address, &run);
    uint64_t missing = model_memory_missing(operand->memory, behind, run < want ? run : want);

    return missing > 0 ? (uint32_t)missing : 1;
}

uint8_t *blit_operand_lookup(const struct blit_operand *operand, uint32_t x, uint32_t row,
                             uint32_t want, uint32_t *span)
{
    /* Addresses below the base of the GTT become huge, and so faults. */
    uint64_t address = (uint64_t)(operand->first + operand->pitch * (int64_t)row + (int64_t)x);
    uint64_t have;
    uint8_t *host = model_memory_fenced_at(operand->memory, address, want, &have);

    if (host == NULL) {
        model_memory_note_fault(operand->memory, PGTBL_ER_LC_PTE, address);
        have = missing_bytes(operand, address, want);
    }
    *span = have < want ? (uint32_t)have : want;
    return host;
}

void blit_operand_gather(const struct blit_operand *operand, uint32_t x, uint32_t row, uint8_t *to,
                         uint32_t n)
{
    while (n > 0) {
        uint32_t span;
        const uint8_t *at = blit_operand_run(operand, x, row, n, &span);
        if (span == 16 && n >= 16 && blit_operand_is_columns(operand)) {
            /* The columns of a Y tile: each next one is a stride away, also in the next tile. */
            size_t stride = (size_t)1 << operand->stride_shift;
            do {
                memcpy(to, at, 16);
                to += 16;
                at += stride;
                x += 16;
                n -= 16;
            } while (n >= 16);
            continue;
        }
        span = span < n ? span : n;
        if (at != NULL) {
            memcpy(to, at, span);
        } else {
            memset(to, 0, span);
        }
        to += span;
        x += span;
        n -= span;
    }
}

void blit_operand_scatter(const struct blit_operand *operand, uint32_t x, uint32_t row,
                          const uint8_t *from, uint32_t n)
{
    while (n > 0) {
        uint32_t span;
        uint8_t *at = blit_operand_run(operand, x, row, n, &span);
        if (span == 16 && n >= 16 && blit_operand_is_columns(operand)) {
            size_t stride = (size_t)1 << operand->stride_shift;
            do {
                memcpy(at, from, 16);
                from += 16;
                at += stride;
                x += 16;
                n -= 16;
            } while (n >= 16);
            continue;
        }
        span = span < n ? span : n;
        if (at != NULL) {
            memcpy(at, from, span);
        }
        from += span;
        x += span;
        n -= span;
    }
}
