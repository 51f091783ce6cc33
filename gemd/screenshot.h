/* SPDX-License-Identifier: MIT */
/* What the pipe scans out. */
#ifndef GEMD_SCREENSHOT_H
#define GEMD_SCREENSHOT_H

#include <stdint.h>

#include "gemd/display.h"

struct screenshot {
    uint32_t width, height, stride; /* XRGB8888 */
    uint64_t frame;                 /* vblank number */
};

/* A sealed memory file of stride * height bytes, the caller's to close; -ENODATA: the pipe is off;
 * other negative errnos. A dark screen gives a black picture. */
int screenshot_take(struct display *display, struct screenshot *shot);

#endif
