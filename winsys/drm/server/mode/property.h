/* SPDX-License-Identifier: MIT */
/* Properties of connector, CRTC and planes: what their values are, and what setting one changes. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_PROPERTY_H
#define GEMD_WINSYS_DRM_SERVER_MODE_PROPERTY_H

#include <stdint.h>

#include "winsys/drm/call.h"

struct drm_screen;
struct mode_state;

/* A state that is being changed. */
struct property_change {
    struct drm_screen *screen;
    struct mode_state *next;
    unsigned parts; /* enum state_part: what has been changed so far */
};

/* All under the screen's lock. What the planes can show, as blobs. */
void property_describe_formats(struct drm_screen *screen);
/*
 * The object's properties and values, as many as there is room for, without those of atomic
 * programs for others; returns how many it has.
 */
uint32_t property_tell(const struct drm_screen *screen, const struct drm_file *file,
                       uint32_t object, struct drm_call_array *ids, struct drm_call_array *values);
/* 0; -ENOENT: no such object; -EINVAL: one without properties. */
int property_find_object(struct drm_screen *screen, uint32_t id, uint32_t type);
/* -ENOENT: the object has no such property; -EINVAL: it cannot have that value. */
int property_change(struct property_change *change, uint32_t object, uint32_t id, uint64_t value);

drm_handler property_get, property_get_all, property_set, property_set_connector;

#endif
