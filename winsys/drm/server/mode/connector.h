/* SPDX-License-Identifier: MIT */
/* The connector, its encoder, and the list of all that there is. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_CONNECTOR_H
#define GEMD_WINSYS_DRM_SERVER_MODE_CONNECTOR_H

#include "winsys/drm/call.h"

drm_handler connector_resources, connector_get, connector_get_encoder, connector_get_pipe;

#endif
