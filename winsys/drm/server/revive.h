/* SPDX-License-Identifier: MIT */
/* Sessions of files that were lost come back; their events are read in the event loop. */
#ifndef GEMD_WINSYS_DRM_SERVER_REVIVE_H
#define GEMD_WINSYS_DRM_SERVER_REVIVE_H

#include "winsys/drm/server/file.h"

/* Begins to look after the file's session. 0 or -ENOMEM. */
int revive_watch(struct drm_file *file);
void revive_unwatch(struct drm_file *file);

#endif
