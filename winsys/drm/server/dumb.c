/* SPDX-License-Identifier: MIT */
/* Dumb buffers: linear ones to draw into with the CPU and to show. */
#include <errno.h>

#include <drm_mode.h>

#include "winsys/drm/server/gem.h"

#define PITCH_ALIGNMENT 64u

int gem_create_dumb(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_create_dumb *dumb = call->argument;
    if (dumb->width == 0 || dumb->height == 0 || dumb->bpp == 0 || dumb->bpp > UINT32_MAX - 8) {
        return -EINVAL;
    }
    const uint64_t bytes = (dumb->bpp + 7) / 8;
    const uint64_t pitch = (dumb->width * bytes + PITCH_ALIGNMENT - 1) & ~(PITCH_ALIGNMENT - 1ull);
    if ((bytes != 1 && bytes != 2 && bytes != 4) || pitch > UINT32_MAX ||
        pitch * dumb->height > UINT32_MAX - DRM_PAGE) {
        return -EINVAL;
    }
    struct drm_object *object;
    int result = drm_object_create(file->server, pitch * dumb->height, &object);
    if (result == 0) {
        result = drm_handle_create(file, object, &dumb->handle);
        dumb->pitch = (uint32_t)pitch;
        dumb->size = object->size;
    }
    drm_object_unref(object);
    return result;
}

int gem_destroy_dumb(struct drm_file *file, struct drm_call *call)
{
    const struct drm_mode_destroy_dumb *dumb = call->argument;
    return drm_handle_close(file, dumb->handle);
}
