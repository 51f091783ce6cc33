/* SPDX-License-Identifier: MIT */
/* The CRTC's gamma table: a blob of the state, and the table of before there were properties. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_GAMMA_H
#define GEMD_WINSYS_DRM_SERVER_MODE_GAMMA_H

#include <drm_mode.h>
#include <stdint.h>

#include "winsys/drm/call.h"

#define GAMMA_SIZE  256u
#define GAMMA_BYTES (GAMMA_SIZE * (uint32_t)sizeof(struct drm_color_lut))

struct blob;
struct gemd_window;

struct gamma {
    uint16_t channels[3][GAMMA_SIZE]; /* red, green, blue, as SETGAMMA gave them last */
};

/* A straight line. */
void gamma_init(struct gamma *gamma);
/*
 * Gives it to the window: GAMMA_BYTES, or NULL: a straight line. 0, -EIO, -ENOMEM, -EOPNOTSUPP.
 */
int gamma_send(const struct blob *blob, struct gemd_window *window);

drm_handler gamma_get, gamma_set;

#endif
