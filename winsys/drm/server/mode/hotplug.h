/* SPDX-License-Identifier: MIT */
/* Another monitor at the connector: its file in sysfs says so, and programs are told. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_HOTPLUG_H
#define GEMD_WINSYS_DRM_SERVER_MODE_HOTPLUG_H

#include "proto/gemd.h"

#define HOTPLUG_MODES_BYTES (16u * GEMD_MODES_MAX + 1u)

struct drm_screen;
struct drm_tree_info;

/* From a callback of libgemd: something has changed. */
void hotplug_came(struct drm_screen *screen);
/* The screen's reader, without a lock: asks what, and tells, when something came. */
void hotplug_look(struct drm_screen *screen);

/* What the connector's files are to say; 'modes' has its text, and stays the caller's. */
void hotplug_describe(const struct gemd_screen_modes *monitor, struct drm_tree_info *info,
                      char modes[HOTPLUG_MODES_BYTES]);

#endif
