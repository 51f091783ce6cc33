/* SPDX-License-Identifier: MIT */
/* What the device scans out, as pictures: in a window, and as files. */
#ifndef GEMD_TOOLS_GMA_VFIO_USER_SCREEN_H
#define GEMD_TOOLS_GMA_VFIO_USER_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/device.h"

struct screen {
    uint32_t width, height;
    uint32_t *pixels; /* 0xffRRGGBB, rows of 'width' */
};

/* The first pipe that is on. 0, -ENODATA: none is; or another negative errno. */
int screen_read(struct screen *screen, struct hw_device *hw);
void screen_finish(struct screen *screen);

/* Reads it and writes a PNG; says in one line what it wrote, or why not. */
void screen_save(struct screen *screen, struct hw_device *hw, const char *path);

/* The window. open: 0, or -1 after one line on stderr. refresh: false when it was closed. */
int screen_window_open(void);
bool screen_window_refresh(struct screen *screen, struct hw_device *hw);
void screen_window_close(void);

#endif
