/* SPDX-License-Identifier: MIT */
#include "gemd/cursor.h"

#include <errno.h>
#include <string.h>

#include "gemd/window.h"
#include "hw/gen3/regs.h"

#define CURSOR_ARGB_64 0x27u
#define NEGATIVE       (1u << 15)

_Static_assert(CURSOR_BYTES == GEMD_CURSOR_SIDE * GEMD_CURSOR_SIDE * 4, "one picture");

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

/* Where a chip that wants bus addresses finds the picture; 0: its pages do not follow each other.
 */
static uint32_t bus_place(struct hw_device *dev, const struct gpu_memory *memory)
{
    uint64_t first = hw_dma_bus_address(dev, &memory->dma, 0);
    for (uint32_t offset = HW_PAGE_SIZE; offset < CURSOR_BYTES; offset += HW_PAGE_SIZE) {
        if (hw_dma_bus_address(dev, &memory->dma, offset) != first + offset) {
            return 0;
        }
    }
    return first + CURSOR_BYTES <= UINT32_MAX ? (uint32_t)first : 0;
}

static uint32_t place(struct hw_device *dev, const struct gpu_memory *memory)
{
    return dev->identity.needs_physical ? bus_place(dev, memory) : gtt_address(&memory->node);
}

static int acquire(struct cursor *cursor, struct gpu_memory *memory)
{
    struct gpu *gpu = cursor->gpu;
    if (memory->dma.cpu != NULL) {
        return 0;
    }
    int error = hw_dma_alloc(gpu->dev, CURSOR_BYTES, &memory->dma);
    if (error != 0) {
        memory->dma.cpu = NULL;
        return error;
    }
    gtt_node_init(&memory->node, &memory->dma, 0, CURSOR_BYTES, false);
    memory->node.cache = GTT_UNCACHED;
    error = gtt_pin(&gpu->gtt, &memory->node, 1);
    if (error != 0) {
        hw_dma_release(gpu->dev, &memory->dma);
        memory->dma.cpu = NULL;
        return error;
    }
    gtt_flush(&gpu->gtt);
    if (place(gpu->dev, memory) == 0) {
        release(cursor, memory);
        return -EOPNOTSUPP;
    }
    return 0;
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

static uint32_t coordinate(int32_t value)
{
    return value < 0 ? NEGATIVE | (uint32_t)-value : (uint32_t)value;
}

static int load_image(struct cursor *cursor, const struct window *window)
{
    if (cursor->owner == window && cursor->images == window->cursor.images) {
        return 0;
    }
    unsigned slot = (cursor->slot + 1) % CURSOR_SLOTS;
    struct gpu_memory *memory = &cursor->slots[slot];
    int error = acquire(cursor, memory);
    if (error != 0) {
        return error;
    }
    memcpy(memory->dma.cpu, window->cursor.image, CURSOR_BYTES);
    hw_memory_flush(cursor->gpu->dev, &memory->dma, 0, CURSOR_BYTES);
    cursor->slot = slot;
    cursor->owner = window;
    cursor->images = window->cursor.images;
    return 0;
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
    hw_write(dev, CURCNTR_A + cursor->at, CURSOR_ARGB_64 | head->pipe << CURCNTR_PIPE_SHIFT);
    hw_write(dev, CURPOS_A + cursor->at,
             coordinate(window->cursor.y) << 16 | coordinate(window->cursor.x));
    hw_write(dev, CURBASE_A + cursor->at, place(dev, &cursor->slots[cursor->slot]));
    return 0;
}
