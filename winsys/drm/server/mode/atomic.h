/* SPDX-License-Identifier: MIT */
/* Atomic commits: many properties of several objects, at one vblank or not at all. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_ATOMIC_H
#define GEMD_WINSYS_DRM_SERVER_MODE_ATOMIC_H

#include "winsys/drm/call.h"

drm_handler atomic_request;

#endif
