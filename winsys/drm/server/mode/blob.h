/* SPDX-License-Identifier: MIT */
/* Blobs: bytes with a name, of programs and of the server's own. They cannot change. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_BLOB_H
#define GEMD_WINSYS_DRM_SERVER_MODE_BLOB_H

#include <stdint.h>

#include "winsys/drm/call.h"

struct drm_screen;

#define BLOBS_MAX       4096u
#define BLOBS_BYTES_MAX (16u << 20) /* together */

struct blob {
    struct blob *next; /* drm_screen.blobs */
    uint32_t id;
    unsigned references; /* its maker's, and of states that have it */
    uint64_t owner;      /* drm_file.id; 0: the server's, or given up by its file */
    uint32_t length;
    uint8_t bytes[];
};

/* All under the screen's lock. blob_add: with one reference; NULL: no memory, or too many. */
struct blob *blob_find(struct drm_screen *screen, uint32_t id);
struct blob *blob_add(struct drm_screen *screen, uint64_t owner, const void *bytes,
                      uint32_t length);
/* NULL is fine. */
struct blob *blob_ref(struct blob *blob);
void blob_unref(struct drm_screen *screen, struct blob *blob);
/* A file ends, and gives up its own. */
void blob_close_all(struct drm_screen *screen, uint64_t owner);

drm_handler blob_get, blob_create, blob_destroy;

#endif
