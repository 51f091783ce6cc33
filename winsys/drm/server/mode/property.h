/* SPDX-License-Identifier: MIT */
/* Properties of connector, CRTC and planes, and blobs. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_PROPERTY_H
#define GEMD_WINSYS_DRM_SERVER_MODE_PROPERTY_H

#include <stdint.h>

#include "winsys/drm/call.h"

struct drm_screen;

#define BLOBS_MAX       4096u
#define BLOBS_BYTES_MAX (16u << 20) /* together */

struct blob {
    struct blob *next; /* drm_screen.blobs */
    uint32_t id;
    uint64_t owner; /* drm_file.id; 0: the server's */
    uint32_t length;
    uint8_t bytes[];
};

/* Under the screen's lock. Its id; 0: no memory, or too many. */
uint32_t blob_add(struct drm_screen *screen, uint64_t owner, const void *bytes, uint32_t length);
void blob_remove(struct drm_screen *screen, uint32_t id);
void blob_close_all(struct drm_screen *screen, uint64_t owner);

/* What the planes can show, as blobs. Under the screen's lock. */
void property_describe_formats(struct drm_screen *screen);

/* The object's properties and values, as many as there is room for; returns how many it has. */
uint32_t property_tell(const struct drm_screen *screen, uint32_t object, struct drm_call_array *ids,
                       struct drm_call_array *values);

drm_handler property_get, property_get_blob, property_create_blob, property_destroy_blob,
    property_get_all, property_set, property_set_connector;

#endif
