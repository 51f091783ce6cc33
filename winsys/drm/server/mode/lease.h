/* SPDX-License-Identifier: MIT */
/* Leases of parts of the screen: there are none, and asking for one is refused once it is well
 * asked. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_LEASE_H
#define GEMD_WINSYS_DRM_SERVER_MODE_LEASE_H

#include "winsys/drm/call.h"

drm_handler lease_create, lease_list, lease_get, lease_revoke;

#endif
