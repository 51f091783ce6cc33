/* SPDX-License-Identifier: MIT */
/* Sessions of files that were lost come back; their events are read in the event loop. */
#ifndef GEMD_WINSYS_DRM_SERVER_REVIVE_H
#define GEMD_WINSYS_DRM_SERVER_REVIVE_H

#include "winsys/drm/server/file.h"

/*
 * Brings a lost session back, and counts what it was lost by, whoever notices first. 0, also when
 * it is there; or as gemd_session_reconnect().
 */
int revive_session(struct drm_file *file, char reason[GEMD_TEXT_MAX]);
/* Begins to look after the file's session. 0 or -ENOMEM. */
int revive_watch(struct drm_file *file);
void revive_unwatch(struct drm_file *file);

#endif
