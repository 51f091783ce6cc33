/* SPDX-License-Identifier: MIT */
#include "gemd/screenshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gemd/chaos.h"
#include "gemd/cursor_picture.h"
#include "proto/format.h"
#include "proto/memfile.h"

/* Lines are read where they are: each dword through the aperture is a transaction on the bus. */
static int read_line(struct display *display, const struct frame *frame, uint64_t offset, void *to,
                     size_t size)
{
    const struct bo *bo = frame->bo;
    if (bo->tiling != GEN3_LINEAR) {
        return hw_aperture_read(display->gpu->dev, gtt_address(&bo->node) + offset, to, size);
    }
    if (offset > bo->size || size > bo->size - offset) {
        return -EFAULT;
    }
    hw_memory_flush(display->gpu->dev, &bo->arena->dma, (size_t)(bo->offset + offset), size);
    memcpy(to, (const uint8_t *)bo->arena->dma.cpu + bo->offset + offset, size);
    return 0;
}

/* Row by row: the frame's stride may be larger than ours, and its pixels smaller. */
static int read_frame(struct display *display, const struct frame *frame,
                      const struct screenshot *shot, uint32_t *to)
{
    static const struct palette none;
    const struct palette *palette = frame->gamma ? &display->scanout.palette : &none;
    const size_t bytes = (size_t)shot->width * format_bytes(frame->format);
    uint32_t line[MODE_SIZE_MAX];
    if (bytes > sizeof(line)) {
        return -ERANGE;
    }
    for (uint32_t y = 0; y < shot->height; y++) {
        int error = read_line(display, frame, (uint64_t)frame->offset + (uint64_t)y * frame->stride,
                              line, bytes);
        if (error < 0) {
            return error;
        }
        uint32_t *pixels = to + (uint64_t)y * shot->width;
        if (frame->format == GEMD_FORMAT_XRGB8888 && palette->depth == 0) {
            memcpy(pixels, line, bytes);
        } else {
            palette_decode_line(palette, frame->format, line, pixels, shot->width);
        }
    }
    return 0;
}

/* The cursor's plane is only seen by who sees the screen: it is drawn once more. */
static void add_cursor(const struct display *display, const struct screenshot *shot, uint32_t *map)
{
    list_for_each(window, &display->windows, struct window, link)
    {
        if (window->visible && display->cursor.on && display->cursor.owner == window) {
            cursor_draw(&window->cursor, &window->palette, map, shot->width, shot->height);
        }
    }
}

/* The picture of a device that does not know what its screen shows. */
static int compose(struct display *display, const struct screenshot *shot, uint32_t *map)
{
    int error = read_frame(display, display->scanout.front, shot, map);
    if (error >= 0) {
        add_cursor(display, shot, map);
    }
    return error;
}

/* What a monitor would see of the picture, without the borders around it; a device may know. */
static int read_screen(struct display *display, const struct screenshot *shot, uint32_t *map)
{
    const struct mode *mode = &display->scanout.mode;
    struct hw_device *dev = display->gpu->dev;
    const uint32_t left = mode->htotal - mode->hblank_end, top = mode->vtotal - mode->vblank_end;
    const uint32_t width = left + shot->width, height = top + shot->height;
    if (display->scanout.panel != NULL) {
        return -EOPNOTSUPP; /* its fitter has made another picture of it */
    }
    if (left == 0 && top == 0) {
        return hw_screen_read(dev, 0, map, shot->width, shot->height);
    }
    uint32_t *whole = malloc((size_t)width * height * sizeof(*whole));
    if (whole == NULL) {
        return -ENOMEM;
    }
    int error = hw_screen_read(dev, 0, whole, width, height);
    for (uint32_t y = 0; y < shot->height && error >= 0; y++) {
        memcpy(map + (size_t)y * shot->width, whole + (size_t)(top + y) * width + left,
               shot->stride);
    }
    free(whole);
    return error;
}

int screenshot_take(struct display *display, struct screenshot *shot)
{
    struct scanout *scanout = &display->scanout;
    if (!scanout->running) {
        return -ENODATA;
    }
    scanout_update(scanout);
    *shot = (struct screenshot){
        .width = scanout->mode.width,
        .height = scanout->mode.height,
        .stride = scanout->mode.width * 4,
        .frame = scanout_vblank(scanout),
    };
    size_t size = (size_t)shot->stride * shot->height;
    int fd = chaos_hits(CHAOS_ALLOC_SCREENSHOT) ? -ENOMEM : memfile_create("gemd-screenshot", size);
    if (fd < 0 || scanout->front == NULL) {
        return fd;
    }
    void *map = chaos_hits(CHAOS_MAP_SCREENSHOT)
                    ? MAP_FAILED
                    : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int error = -ENOMEM;
    if (map != MAP_FAILED) {
        error = read_screen(display, shot, map);
        error = error == -EOPNOTSUPP ? compose(display, shot, map) : error;
    }
    if (map != MAP_FAILED) {
        munmap(map, size);
    }
    if (error < 0) {
        close(fd);
        return error;
    }
    return fd;
}
