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
/*
 * Whether the file has hung the GPU so often that it draws no more: i915 does the same, and the
 * daemon would at the next time give no session to anybody of this server. Not one that may not be
 * banned (CONTEXT_SETPARAM, which takes root).
 */
bool revive_is_banned(const struct drm_file *file);
/* Begins to look after the file's session. 0 or -ENOMEM. */
int revive_watch(struct drm_file *file);
void revive_unwatch(struct drm_file *file);

#endif
