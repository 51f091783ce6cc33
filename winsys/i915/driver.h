/* SPDX-License-Identifier: MIT */
/*
 * What a loadable Gallium driver exports: one symbol, a table of this type.
 *
 * The object carries its own copy of Mesa's Gallium auxiliaries; the loader shares with it only
 * pipe_* structures of the same Mesa version, which it checks before it calls.
 */
#ifndef GEMD_WINSYS_DRIVER_H
#define GEMD_WINSYS_DRIVER_H

#include <stdint.h>

struct gemd_session;
struct pipe_resource;
struct pipe_screen;

#define GEMD_DRIVER_ABI    2
#define GEMD_DRIVER_SYMBOL "gemd_gallium_driver"

struct gemd_gallium_driver {
    uint32_t abi;             /* GEMD_DRIVER_ABI */
    const char *mesa_version; /* of the headers it was built with, PACKAGE_VERSION */
    const char *name;         /* "i915", "swrast" */
    /*
     * A screen over a session, which stays the caller's and outlives the screen; NULL on failure.
     * Textures made with PIPE_BIND_SCANOUT or PIPE_BIND_SHARED are shared buffers; their
     * resource_get_handle() with WINSYS_HANDLE_TYPE_KMS gives libgemd's struct gemd_bo * through
     * driver->resource_bo instead of a number.
     */
    struct pipe_screen *(*create_screen)(struct gemd_session *session);
    /* The buffer object of a texture, with stride and offset in bytes; NULL if it has none. */
    struct gemd_bo *(*resource_bo)(struct pipe_screen *screen, struct pipe_resource *resource,
                                   uint32_t *stride, uint32_t *offset);
    /*
     * Software drivers: a screen; name is "llvmpipe" or "softpipe". Textures made with
     * PIPE_BIND_DISPLAY_TARGET are memory files (winsys/swrast/winsys.h).
     */
    struct pipe_screen *(*create_software_screen)(const char *name);
    /*
     * How long the daemon holds work for another's fence, in milliseconds, of the screens that are
     * made from then on; for tests to change. NULL where nothing is held.
     */
    uint32_t *wait_limit_ms;
};

#endif
