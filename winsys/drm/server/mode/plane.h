/* SPDX-License-Identifier: MIT */
/* Planes: the primary one covers the CRTC, the cursor's is a square above it. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_PLANE_H
#define GEMD_WINSYS_DRM_SERVER_MODE_PLANE_H

#include "winsys/drm/call.h"

drm_handler plane_list, plane_get, plane_set, plane_cursor, plane_cursor2;

#endif
