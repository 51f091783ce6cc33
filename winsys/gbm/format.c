/* SPDX-License-Identifier: MIT */
#include "winsys/gbm/format.h"

#include <errno.h>
#include <stddef.h>

#include <drm_fourcc.h>
#include <gbm.h>

#define SIZE_MAX_PIXELS 2048u /* of a target, a texture and a plane */
#define STRIDE_ALIGN    64u
#define STRIDE_MAX      16384u
#define CURSOR_PIXELS   64u

#define USES                                                                                       \
    (GBM_BO_USE_SCANOUT | GBM_BO_USE_CURSOR | GBM_BO_USE_RENDERING | GBM_BO_USE_WRITE |            \
     GBM_BO_USE_LINEAR | GBM_BO_USE_FRONT_RENDERING)

static const struct {
    uint32_t format, bytes;
} formats[] = {
    {DRM_FORMAT_XRGB8888, 4},
    {DRM_FORMAT_ARGB8888, 4},
    {DRM_FORMAT_RGB565, 2},
};

uint32_t gbm_format_bytes(uint32_t format)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (formats[i].format == format) {
            return formats[i].bytes;
        }
    }
    return 0;
}

bool gbm_format_is_usable(uint32_t format, uint32_t usage)
{
    const bool is_cursor = (usage & GBM_BO_USE_CURSOR) != 0;

    if (gbm_format_bytes(format) == 0 || (usage & ~(uint32_t)USES) != 0) {
        return false;
    }
    /* The cursor is written by the CPU. */
    return !is_cursor || (format == DRM_FORMAT_ARGB8888 && (usage & GBM_BO_USE_RENDERING) == 0);
}

bool gbm_format_has_lines(const uint64_t *modifiers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (modifiers[i] == DRM_FORMAT_MOD_LINEAR || modifiers[i] == DRM_FORMAT_MOD_INVALID) {
            return true;
        }
    }
    return count == 0;
}

/* Two rows more at most: the GPU draws pairs of lines, and blits up to one beyond them. */
int gbm_format_lay_out(uint32_t width, uint32_t height, uint32_t format, uint32_t usage,
                       uint32_t *stride, uint64_t *size)
{
    const uint32_t limit = (usage & GBM_BO_USE_CURSOR) != 0 ? CURSOR_PIXELS : SIZE_MAX_PIXELS;

    if (!gbm_format_is_usable(format, usage) || width == 0 || height == 0 || width > limit ||
        height > limit) {
        return -EINVAL;
    }
    *stride = (width * gbm_format_bytes(format) + STRIDE_ALIGN - 1) & ~(STRIDE_ALIGN - 1);
    *size = (uint64_t)*stride * (((height + 1) & ~1u) + 1);
    return 0;
}

bool gbm_format_fits(uint32_t width, uint32_t height, uint32_t format, uint32_t stride,
                     uint32_t offset, uint64_t size)
{
    const uint64_t line = (uint64_t)width * gbm_format_bytes(format);

    if (line == 0 || height == 0 || width > SIZE_MAX_PIXELS || height > SIZE_MAX_PIXELS ||
        stride < line || stride > STRIDE_MAX || stride % 4 != 0 || offset > size) {
        return false;
    }
    return (uint64_t)stride * (height - 1) + line <= size - offset;
}
