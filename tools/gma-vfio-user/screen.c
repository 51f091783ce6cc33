/* SPDX-License-Identifier: MIT */
#include "tools/gma-vfio-user/screen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/lib/picture.h"

#define PIPES 2

static int read_pipe(struct screen *screen, struct hw_device *hw, unsigned pipe)
{
    uint32_t width, height;
    int error = hw_screen_size(hw, pipe, &width, &height);
    if (error != 0) {
        return error;
    }
    if (width != screen->width || height != screen->height || screen->pixels == NULL) {
        uint32_t *pixels = calloc((size_t)width * height, sizeof(*pixels));
        if (pixels == NULL) {
            return -ENOMEM;
        }
        free(screen->pixels);
        *screen = (struct screen){.width = width, .height = height, .pixels = pixels};
    }
    return hw_screen_read(hw, pipe, screen->pixels, width, height);
}

int screen_read(struct screen *screen, struct hw_device *hw)
{
    int error = -ENODATA;
    for (unsigned pipe = 0; pipe < PIPES && error == -ENODATA; pipe++) {
        error = read_pipe(screen, hw, pipe);
    }
    return error;
}

void screen_finish(struct screen *screen)
{
    free(screen->pixels);
    *screen = (struct screen){0};
}

void screen_save(struct screen *screen, struct hw_device *hw, const char *path)
{
    int error = screen_read(screen, hw);
    if (error == 0) {
        const struct picture picture = {.width = screen->width,
                                        .height = screen->height,
                                        .stride = screen->width * 4,
                                        .order = PICTURE_BGRX,
                                        .pixels = (uint8_t *)screen->pixels};
        error = picture_save(&picture, path);
        if (error == 0) {
            printf("gma-vfio-user: %s: %ux%u\n", path, screen->width, screen->height);
        }
        return; /* picture_save() has said why not */
    }
    fprintf(stderr, "gma-vfio-user: no %s: %s\n", path,
            error == -ENODATA ? "all pipes are off" : strerror(-error));
}
