/* SPDX-License-Identifier: MIT */
/* The CRTC's gamma table, as programs had it before there were properties for it. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_GAMMA_H
#define GEMD_WINSYS_DRM_SERVER_MODE_GAMMA_H

#include <stdbool.h>
#include <stdint.h>

#include "winsys/drm/call.h"

#define GAMMA_SIZE 256u

struct gemd_window;

struct gamma {
    bool set;                         /* a program has; else the window needs no palette */
    uint16_t channels[3][GAMMA_SIZE]; /* red, green, blue */
};

/* A straight line. */
void gamma_init(struct gamma *gamma);
/* Gives it to the window, if it was set. 0, -EIO, -ENOMEM, -EOPNOTSUPP. Under the screen's lock. */
int gamma_send(const struct gamma *gamma, struct gemd_window *window);

drm_handler gamma_get, gamma_set;

#endif
