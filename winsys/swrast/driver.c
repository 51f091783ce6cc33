/* SPDX-License-Identifier: MIT */
/* The table of the software drivers: llvmpipe and softpipe. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "llvmpipe/lp_public.h"
#include "pipe/p_screen.h"
#include "softpipe/sp_public.h"
/* Which needs the ones above. */
#include "frontend/sw_winsys.h"

#include "winsys/i915/driver.h"
#include "winsys/shader_boundary.h"
#include "winsys/swrast/winsys.h"

static const struct {
    const char *name;
    struct pipe_screen *(*create)(struct sw_winsys *winsys);
} rasterizers[] = {
    {"llvmpipe", llvmpipe_create_screen},
    {"softpipe", softpipe_create_screen},
};

static struct pipe_screen *create_rasterizer(struct pipe_screen *(*create)(struct sw_winsys *))
{
    struct sw_winsys *winsys = swrast_winsys_create();
    struct pipe_screen *screen = winsys != NULL ? create(winsys) : NULL;

    if (winsys != NULL && screen == NULL) {
        winsys->destroy(winsys);
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
        return boundary != NULL
                   ? shader_boundary_wrap(boundary, create_rasterizer(rasterizers[i].create))
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
