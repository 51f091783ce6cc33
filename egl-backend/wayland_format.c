/* SPDX-License-Identifier: MIT */
/* Pixel formats of windows, and which of them a compositor takes. */
#include "wayland.h"

#include <wayland-client-protocol.h>

#include "drm-uapi/drm_fourcc.h"

static const struct wayland_format known[WAYLAND_FORMATS] = {
    {PIPE_FORMAT_B8G8R8A8_UNORM, WL_SHM_FORMAT_ARGB8888, DRM_FORMAT_ARGB8888},
    {PIPE_FORMAT_B8G8R8X8_UNORM, WL_SHM_FORMAT_XRGB8888, DRM_FORMAT_XRGB8888},
    {PIPE_FORMAT_B5G6R5_UNORM, WL_SHM_FORMAT_RGB565, DRM_FORMAT_RGB565},
};

const struct wayland_format *wayland_format_of(enum pipe_format format, bool opaque)
{
    if (opaque && format == PIPE_FORMAT_B8G8R8A8_UNORM) {
        format = PIPE_FORMAT_B8G8R8X8_UNORM;
    }
    for (unsigned i = 0; i < WAYLAND_FORMATS; i++) {
        if (known[i].format == format) {
            return &known[i];
        }
    }
    return NULL;
}

uint32_t wayland_format_bit(const struct wayland_format *format)
{
    return 1u << (format - known);
}

bool wayland_formats_has(const struct wayland_formats *formats, const struct wayland_format *format)
{
    return (formats->shm | formats->linear | formats->implicit) & wayland_format_bit(format);
}

void wayland_formats_add_shm(struct wayland_formats *formats, uint32_t shm)
{
    for (unsigned i = 0; i < WAYLAND_FORMATS; i++) {
        if (known[i].shm == shm) {
            formats->shm |= 1u << i;
        }
    }
}

void wayland_formats_add_dmabuf(struct wayland_formats *formats, uint32_t fourcc, uint64_t modifier)
{
    for (unsigned i = 0; i < WAYLAND_FORMATS; i++) {
        if (known[i].fourcc != fourcc) {
            continue;
        }
        if (modifier == DRM_FORMAT_MOD_LINEAR) {
            formats->linear |= 1u << i;
        } else if (modifier == DRM_FORMAT_MOD_INVALID) {
            formats->implicit |= 1u << i;
        }
    }
}
