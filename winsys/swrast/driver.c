/* SPDX-License-Identifier: MIT */
/* The table of the software drivers: llvmpipe and softpipe. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "llvmpipe/lp_public.h"
#include "pipe/p_context.h"
#include "pipe/p_screen.h"
#include "util/format/u_format.h"
#include "softpipe/sp_public.h"
/* Which needs the ones above. */
#include "frontend/sw_winsys.h"

#include "winsys/i915/driver.h"
#include "winsys/shader_boundary.h"
#include "winsys/swrast/winsys.h"

typedef bool supports_function(struct pipe_screen *screen, enum pipe_format format,
                               enum pipe_texture_target target, unsigned samples,
                               unsigned storage_samples, unsigned bind);

/*
 * Both say that they sample pictures of several planes, and do not. Of what they do not sample the
 * state tracker puts the planes together in the shader.
 */
#define SUPPORTS(name)                                                                             \
    static supports_function *_Atomic name##_own_supports;                                         \
    static bool name##_supports(struct pipe_screen *screen, enum pipe_format format,               \
                                enum pipe_texture_target target, unsigned samples,                 \
                                unsigned storage_samples, unsigned bind)                           \
    {                                                                                              \
        return util_format_get_num_planes(format) <= 1 &&                                          \
               name##_own_supports(screen, format, target, samples, storage_samples, bind);        \
    }

SUPPORTS(llvmpipe)
SUPPORTS(softpipe)

/*
 * llvmpipe's threads go on behind a flush. Who else knows a buffer has nothing but that to say that
 * it has been drawn. Both are the same for all its contexts.
 */
static struct pipe_context *(*_Atomic own_context_create)(struct pipe_screen *screen, void *priv,
                                                          unsigned flags);
static void (*_Atomic own_flush)(struct pipe_context *context, struct pipe_fence_handle **fence,
                                 unsigned flags);

static void flush_whole(struct pipe_context *context, struct pipe_fence_handle **fence,
                        unsigned flags)
{
    struct pipe_screen *screen = context->screen;
    struct pipe_fence_handle *own = NULL;

    if ((flags & PIPE_FLUSH_DEFERRED) != 0 || !swrast_winsys_has_imported()) {
        own_flush(context, fence, flags);
        return;
    }
    own_flush(context, &own, flags);
    if (own != NULL) {
        screen->fence_finish(screen, NULL, own, PIPE_TIMEOUT_INFINITE);
    }
    if (fence != NULL) {
        screen->fence_reference(screen, fence, own);
    }
    screen->fence_reference(screen, &own, NULL);
}

static struct pipe_context *context_create(struct pipe_screen *screen, void *priv, unsigned flags)
{
    struct pipe_context *context = own_context_create(screen, priv, flags);

    if (context != NULL) {
        own_flush = context->flush;
        context->flush = flush_whole;
    }
    return context;
}

static struct pipe_screen *create_llvmpipe(struct sw_winsys *winsys)
{
    struct pipe_screen *screen = llvmpipe_create_screen(winsys);

    if (screen != NULL) {
        own_context_create = screen->context_create;
        screen->context_create = context_create;
    }
    return screen;
}

static const struct rasterizer {
    const char *name;
    struct pipe_screen *(*create)(struct sw_winsys *winsys);
    supports_function *supports, *_Atomic *own_supports; /* the latter is always the same */
} rasterizers[] = {
    {"llvmpipe", create_llvmpipe, llvmpipe_supports, &llvmpipe_own_supports},
    {"softpipe", softpipe_create_screen, softpipe_supports, &softpipe_own_supports},
};

static struct pipe_screen *create_rasterizer(const struct rasterizer *rasterizer)
{
    struct sw_winsys *winsys = swrast_winsys_create();
    struct pipe_screen *screen = winsys != NULL ? rasterizer->create(winsys) : NULL;

    if (winsys != NULL && screen == NULL) {
        winsys->destroy(winsys);
    }
    if (screen != NULL) {
        *rasterizer->own_supports = screen->is_format_supported;
        screen->is_format_supported = rasterizer->supports;
    }
    return screen;
}

static struct pipe_screen *create_software_screen(const char *name)
{
    for (size_t i = 0; i < sizeof(rasterizers) / sizeof(rasterizers[0]); i++) {
        if (strcmp(rasterizers[i].name, name) != 0) {
            continue;
        }
        struct shader_boundary *boundary = shader_boundary_new();
        return boundary != NULL ? shader_boundary_wrap(boundary, create_rasterizer(&rasterizers[i]))
                                : NULL;
    }
    return NULL;
}

__attribute__((visibility("default"))) extern const struct gemd_gallium_driver gemd_gallium_driver;

const struct gemd_gallium_driver gemd_gallium_driver = {
    .abi = GEMD_DRIVER_ABI,
    .mesa_version = PACKAGE_VERSION,
    .name = "swrast",
    .create_software_screen = create_software_screen,
};
