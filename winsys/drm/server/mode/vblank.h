/* SPDX-License-Identifier: MIT */
/* Vblanks: who waits for one, and who wants to be told of one. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_VBLANK_H
#define GEMD_WINSYS_DRM_SERVER_MODE_VBLANK_H

#include <stdbool.h>
#include <stdint.h>

#include "winsys/drm/call.h"

struct drm_screen;
struct gemd_msg_vblank_event;

/* One that is still to be told. */
struct vblank_event {
    struct vblank_event *next;
    uint64_t cookie; /* of gemd_vblank_request() */
    uint64_t file, user_data;
    bool is_sequence; /* of CRTC_QUEUE_SEQUENCE */
};

/* From a callback of libgemd. */
void vblank_came(struct drm_screen *screen, const struct gemd_msg_vblank_event *event);
void vblank_drop_all(struct drm_screen *screen);

drm_handler vblank_wait, vblank_get_sequence, vblank_queue_sequence;

#endif
