/* SPDX-License-Identifier: MIT */
/* The formats of framebuffers, by the names that DRM has for them. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_FORMAT_H
#define GEMD_WINSYS_DRM_SERVER_MODE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/protocol.h"

struct drm_format {
    uint32_t name;           /* DRM_FORMAT_* */
    uint32_t bpp, depth;     /* bits of a pixel, and of its colour, as before there were names */
    bool primary;            /* the primary plane can show it; else the cursor's */
    enum gemd_format format; /* of the primary plane */
};

#define PRIMARY_FORMATS 4u

/* Those of the primary plane first, in the order in which they are listed. */
extern const struct drm_format drm_formats[];

/* NULL: no plane has it. */
const struct drm_format *format_find(uint32_t name);
const struct drm_format *format_find_legacy(uint32_t bpp, uint32_t depth);

#endif
