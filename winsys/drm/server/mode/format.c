/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/format.h"

#include <drm_fourcc.h>
#include <stddef.h>

const struct drm_format drm_formats[] = {
    {DRM_FORMAT_C8, 8, 8, true, GEMD_FORMAT_C8},
    {DRM_FORMAT_XRGB1555, 16, 15, true, GEMD_FORMAT_XRGB1555},
    {DRM_FORMAT_RGB565, 16, 16, true, GEMD_FORMAT_RGB565},
    {DRM_FORMAT_XRGB8888, 32, 24, true, GEMD_FORMAT_XRGB8888},
    {DRM_FORMAT_ARGB8888, 32, 32, false, GEMD_FORMAT_XRGB8888},
};

#define FORMATS (sizeof(drm_formats) / sizeof(drm_formats[0]))

_Static_assert(FORMATS == PRIMARY_FORMATS + 1, "the last one is the cursor's");

const struct drm_format *format_find(uint32_t name)
{
    for (size_t i = 0; i < FORMATS; i++) {
        if (drm_formats[i].name == name) {
            return &drm_formats[i];
        }
    }
    return NULL;
}

const struct drm_format *format_find_legacy(uint32_t bpp, uint32_t depth)
{
    for (size_t i = 0; i < FORMATS; i++) {
        if (drm_formats[i].bpp == bpp && drm_formats[i].depth == depth) {
            return &drm_formats[i];
        }
    }
    return NULL;
}
