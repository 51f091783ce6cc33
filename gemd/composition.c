/* SPDX-License-Identifier: MIT */
#include "gemd/composition.h"

#include <errno.h>
#include <string.h>

#include "gemd/cursor_picture.h"
#include "gemd/swizzle.h"
#include "proto/format.h"

/* Bits below this one are the same in the physical address of a byte and in its file. */
#define PAGE_BITS (HW_PAGE_SIZE - 1)
#define SWIZZLED  64u /* bytes that stay together, and the bit that is changed */

/* The buffer's memory, as the pipe has it. 0, -EFAULT: the buffer is smaller. */
static int read_memory(struct display *display, const struct bo *bo, uint64_t offset, void *to,
                       size_t size)
{
    if (offset > bo->size || size > bo->size - offset) {
        return -EFAULT;
    }
    hw_memory_flush(display->gpu->dev, &bo->arena->dma, (size_t)(bo->offset + offset), size);
    memcpy(to, (const uint8_t *)bo->arena->dma.cpu + bo->offset + offset, size);
    return 0;
}

/* Where bit 6 goes, by the bits of the address that the memory controller mixes into it. */
static uint64_t swizzle(uint64_t offset, uint32_t bits)
{
    return (unsigned)__builtin_popcountll(offset & bits) % 2 != 0 ? offset ^ SWIZZLED : offset;
}

/* A piece of a line that lies in one run of a tile. */
static int read_run(struct display *display, const struct bo *bo, uint64_t offset, uint32_t bits,
                    uint8_t *to, uint32_t size)
{
    int error = 0;
    if (bits == 0) {
        return read_memory(display, bo, offset, to, size);
    }
    for (uint32_t done = 0; done < size && error == 0;) {
        const uint64_t at = offset + done;
        const uint32_t left = size - done, run = SWIZZLED - (uint32_t)(at % SWIZZLED);
        const uint32_t piece = run < left ? run : left;
        error = read_memory(display, bo, swizzle(at, bits), to + done, piece);
        done += piece;
    }
    return error;
}

/*
 * Tiles are put together by hand where the bits say how: each dword through the aperture is a
 * transaction on the bus.
 */
static int read_tiles(struct display *display, const struct bo *bo, uint64_t offset, uint32_t bits,
                      uint8_t *to, uint32_t size)
{
    if ((bits & ~PAGE_BITS) != 0 || bo->pitch == 0) {
        return hw_aperture_read(display->gpu->dev, gtt_address(&bo->node) + offset, to, size);
    }
    const uint32_t x = (uint32_t)(offset % bo->pitch), y = (uint32_t)(offset / bo->pitch);
    int error = 0;
    for (uint32_t done = 0; done < size && error == 0;) {
        const uint32_t left = size - done, run = gen3_tile_run(bo->tiling, x + done);
        const uint32_t piece = run < left ? run : left;
        error = read_run(display, bo, gen3_tile_offset(bo->tiling, bo->pitch, x + done, y), bits,
                         to + done, piece);
        done += piece;
    }
    return error;
}

int composition_read(struct display *display, const struct frame *frame, const struct rows *rows,
                     uint32_t *pixels)
{
    static const struct palette none;
    const size_t line_bytes = (size_t)rows->width * sizeof(*pixels);
    if (frame == NULL) {
        memset(pixels + (size_t)rows->first * rows->width, 0,
               (rows->end - rows->first) * line_bytes);
        return 0;
    }
    const struct palette *palette = frame->gamma ? &display->scanout.palette : &none;
    const bool plain = frame->format == GEMD_FORMAT_XRGB8888 && palette->depth == 0;
    const size_t bytes = (size_t)rows->width * format_bytes(frame->format);
    uint32_t line[MODE_SIZE_MAX];
    if (bytes > sizeof(line)) {
        return -ERANGE;
    }
    const struct bo *bo = frame->bo;
    const uint32_t bits = swizzle_of(display->gpu->dev, bo->tiling);
    int error = 0;
    for (uint32_t y = rows->first; y < rows->end && error >= 0; y++) {
        uint32_t *row = pixels + (size_t)y * rows->width;
        const uint64_t offset = (uint64_t)frame->offset + (uint64_t)y * frame->stride;
        void *to = plain ? (void *)row : line;
        error = bo->tiling == GEN3_LINEAR
                    ? read_memory(display, bo, offset, to, bytes)
                    : read_tiles(display, bo, offset, bits, to, (uint32_t)bytes);
        if (!plain && error >= 0) {
            palette_decode_line(palette, frame->format, line, row, rows->width);
        }
    }
    return error;
}

void composition_add_cursor(const struct display *display, uint32_t *pixels, uint32_t width,
                            uint32_t height)
{
    list_for_each(window, &display->windows, struct window, link)
    {
        if (window->visible && display->cursor.on && display->cursor.owner == window) {
            cursor_draw(&window->cursor, &window->palette, pixels, width, height);
        }
    }
}
