/* SPDX-License-Identifier: MIT */
/* Properties of connector, CRTC and planes: what their values are, and what setting one changes. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_PROPERTY_H
#define GEMD_WINSYS_DRM_SERVER_MODE_PROPERTY_H

#include <stdbool.h>
#include <stdint.h>

#include "winsys/drm/call.h"

struct drm_fence;
struct drm_screen;
struct mode_state;

/* A state that is being changed. */
struct property_change {
    struct drm_screen *screen;
    struct mode_state *next;
    unsigned parts;             /* enum state_part: what has been changed so far */
    int fence_fd;               /* the one that IN_FENCE_FD means; -1: none came */
    unsigned fenced;            /* enum state_part: planes that have a fence */
    struct drm_fence *in_fence; /* theirs, a reference of whoever has the change; NULL */
    bool wants_out_fence;
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
