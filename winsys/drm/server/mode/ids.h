/* SPDX-License-Identifier: MIT */
/* Names of what there is one of; objects that come and go have larger ones. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_IDS_H
#define GEMD_WINSYS_DRM_SERVER_MODE_IDS_H

enum mode_id {
    MODE_ID_PRIMARY = 31,
    MODE_ID_CURSOR = 35,
    MODE_ID_CRTC = 41,
    MODE_ID_ENCODER = 45,
    MODE_ID_CONNECTOR = 48,
    MODE_ID_FIRST_FREE = 64,
};

#endif
