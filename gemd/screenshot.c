/* SPDX-License-Identifier: MIT */
#include "gemd/screenshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gemd/chaos.h"
#include "gemd/composition.h"
#include "proto/memfile.h"

/* The picture of a device that does not know what its screen shows. */
static int compose(struct display *display, const struct screenshot *shot, uint32_t *map)
{
    const struct rows rows = {0, shot->height, shot->width};
    int error = composition_read(display, display->scanout.front, &rows, map);
    if (error >= 0) {
        composition_add_cursor(display, map, shot->width, shot->height);
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
