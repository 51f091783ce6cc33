/* SPDX-License-Identifier: MIT */
#include "gemd/cursor.h"

#include <errno.h>
#include <string.h>

#include "gemd/chaos.h"
#include "gemd/window.h"
#include "hw/gen3/regs.h"

#define NEGATIVE    (1u << 15)
#define BYTES_MOST  (GEMD_CURSOR_SIDE_MAX * GEMD_CURSOR_SIDE_MAX * 4u)
#define BYTES_LEAST (64u * 64u * 4u)

void cursor_init(struct cursor *cursor, struct gpu *gpu)
{
    *cursor = (struct cursor){.gpu = gpu};
}

static void release(struct cursor *cursor, struct gpu_memory *memory)
{
    if (memory->dma.cpu == NULL) {
        return;
    }
    gtt_unpin(&cursor->gpu->gtt, &memory->node);
    gtt_unbind(&cursor->gpu->gtt, &memory->node);
    gtt_flush(&cursor->gpu->gtt);
    hw_dma_release(cursor->gpu->dev, &memory->dma);
    memory->dma.cpu = NULL;
}

/* A chip that wants a bus address wants pages that follow each other. */
static bool is_in_one_piece(struct hw_device *dev, const struct gpu_memory *memory)
{
    uint64_t first = hw_dma_bus_address(dev, &memory->dma, 0);
    for (size_t offset = HW_PAGE_SIZE; offset < memory->dma.size; offset += HW_PAGE_SIZE) {
        if (hw_dma_bus_address(dev, &memory->dma, offset) != first + offset) {
            return false;
        }
    }
    return first + memory->dma.size <= UINT32_MAX;
}

static uint32_t place(struct hw_device *dev, const struct gpu_memory *memory)
{
    return dev->identity.needs_physical ? (uint32_t)hw_dma_bus_address(dev, &memory->dma, 0)
                                        : gtt_address(&memory->node);
}

static int acquire_bytes(struct cursor *cursor, struct gpu_memory *memory, size_t bytes)
{
    struct gpu *gpu = cursor->gpu;
    int error =
        chaos_hits(CHAOS_ALLOC_CURSOR) ? -ENOMEM : hw_dma_alloc(gpu->dev, bytes, &memory->dma);
    if (error != 0) {
        memory->dma.cpu = NULL;
        return error;
    }
    gtt_node_init(&memory->node, &memory->dma, 0, bytes, false);
    memory->node.cache = GTT_UNCACHED;
    error = gtt_pin(&gpu->gtt, &memory->node, 1);
    if (error != 0) {
        hw_dma_release(gpu->dev, &memory->dma);
        memory->dma.cpu = NULL;
        return error;
    }
    gtt_flush(&gpu->gtt);
    if (gpu->dev->identity.needs_physical && !is_in_one_piece(gpu->dev, memory)) {
        release(cursor, memory);
        return -EOPNOTSUPP;
    }
    return 0;
}

/* Room for the largest, or else for the smallest; it stays. */
static int acquire(struct cursor *cursor, struct gpu_memory *memory, size_t bytes)
{
    int error = 0;
    if (memory->dma.cpu == NULL) {
        error = acquire_bytes(cursor, memory, BYTES_MOST);
        error = error == -EOPNOTSUPP ? acquire_bytes(cursor, memory, BYTES_LEAST) : error;
    }
    return error == 0 && bytes > memory->dma.size ? -EOPNOTSUPP : error;
}

static void hide(struct cursor *cursor)
{
    if (cursor->on) {
        hw_write(cursor->gpu->dev, CURCNTR_A + cursor->at, 0);
        hw_write(cursor->gpu->dev, CURBASE_A + cursor->at, 0); /* arms it */
    }
    cursor->on = false;
}

void cursor_finish(struct cursor *cursor)
{
    if (cursor->gpu == NULL || cursor->gpu->dev == NULL) {
        return;
    }
    hide(cursor);
    for (unsigned i = 0; i < CURSOR_SLOTS; i++) {
        release(cursor, &cursor->slots[i]);
    }
}

void cursor_forget(struct cursor *cursor)
{
    cursor->owner = NULL;
}

/* ARGB8888, by the side. */
static uint32_t mode_of(uint32_t side)
{
    return side == 64 ? 0x27u : side == 128 ? 0x22u : 0x23u;
}

static uint32_t coordinate(int32_t value)
{
    return value < 0 ? NEGATIVE | (uint32_t)-value : (uint32_t)value;
}

/* The window's picture of that number, where the plane does not read. */
static int load(struct cursor *cursor, const struct window *window, const uint32_t *image,
                uint32_t side, uint32_t number)
{
    if (cursor->owner == window && cursor->images == number) {
        return 0;
    }
    const size_t bytes = (size_t)side * side * 4;
    unsigned slot = (cursor->slot + 1) % CURSOR_SLOTS;
    struct gpu_memory *memory = &cursor->slots[slot];
    int error = acquire(cursor, memory, bytes);
    if (error != 0) {
        return error;
    }
    memcpy(memory->dma.cpu, image, bytes);
    hw_memory_flush(cursor->gpu->dev, &memory->dma, 0, bytes);
    cursor->slot = slot;
    cursor->owner = window;
    cursor->images = number;
    return 0;
}

static int load_image(struct cursor *cursor, const struct window *window)
{
    const struct window_cursor *of = &window->cursor;
    return load(cursor, window, of->image, of->side, of->images);
}

void cursor_prepare(struct cursor *cursor, const struct window *window)
{
    const struct window_cursor *of = &window->cursor;
    if (of->next.image != NULL) {
        (void)load(cursor, window, of->next.image, of->next.side, of->images + 1);
    }
}

int cursor_show(struct cursor *cursor, const struct pipe_head *head, const struct window *window)
{
    struct hw_device *dev = cursor->gpu->dev;
    if (window == NULL || !window->cursor.visible || window->cursor.image == NULL) {
        hide(cursor);
        return 0;
    }
    int error = load_image(cursor, window);
    if (error != 0) {
        hide(cursor);
        return error;
    }
    cursor->at = head->pipe * CURSOR_STRIDE;
    cursor->on = true;
    hw_write(dev, CURCNTR_A + cursor->at,
             mode_of(window->cursor.side) | head->pipe << CURCNTR_PIPE_SHIFT |
                 (window->palette.depth != 0 ? CURCNTR_GAMMA : 0));
    hw_write(dev, CURPOS_A + cursor->at,
             coordinate(window->cursor.y) << 16 | coordinate(window->cursor.x));
    hw_write(dev, CURBASE_A + cursor->at, place(dev, &cursor->slots[cursor->slot]));
    return 0;
}
