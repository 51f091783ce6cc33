/* SPDX-License-Identifier: MIT */
/* The table that the loadable driver exports. */

#include "i915/i915_public.h"
#include "i915/i915_resource.h"

#include "winsys/i915/driver.h"
#include "winsys/i915/winsys.h"
#include "winsys/shader_boundary.h"

static struct pipe_screen *create_wrapped(struct gemd_session *session)
{
    struct i915_winsys *winsys = winsys_create(session);
    if (winsys == NULL) {
        return NULL;
    }
    struct pipe_screen *screen = i915_screen_create(winsys);
    if (screen == NULL) {
        winsys->destroy(winsys);
        return NULL;
    }
    screen_wrap(screen);
    return screen;
}

static struct pipe_screen *create_screen(struct gemd_session *session)
{
    struct shader_boundary *boundary = shader_boundary_new();

    return boundary != NULL ? shader_boundary_wrap(boundary, create_wrapped(session)) : NULL;
}

static struct gemd_bo *resource_bo(struct pipe_screen *screen, struct pipe_resource *resource,
                                   uint32_t *stride, uint32_t *offset)
{
    if (resource->target == PIPE_BUFFER || i915_texture(resource)->buffer == NULL) {
        return NULL;
    }
    *stride = i915_texture(resource)->stride;
    *offset = i915_texture(resource)->buffer->offset;
    return i915_texture(resource)->buffer->bo;
}

__attribute__((visibility("default"))) extern const struct gemd_gallium_driver gemd_gallium_driver;

const struct gemd_gallium_driver gemd_gallium_driver = {
    .abi = GEMD_DRIVER_ABI,
    .mesa_version = PACKAGE_VERSION,
    .name = "i915",
    .create_screen = create_screen,
    .resource_bo = resource_bo,
    .wait_limit_ms = &winsys_wait_limit_ms,
};
