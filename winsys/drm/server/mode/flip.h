/* SPDX-License-Identifier: MIT */
/* Page flips, and who waits to hear that one is done. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_FLIP_H
#define GEMD_WINSYS_DRM_SERVER_MODE_FLIP_H

#include <stdint.h>

#include "winsys/drm/call.h"

struct drm_screen;
struct gemd_msg_flip_event;

/* A frame of the window that has not been told to be up. */
struct flip_wait {
    struct flip_wait *next;
    uint64_t serial;
    uint64_t file, user_data;
    uint32_t wants_event;
};

/* From a callback of libgemd. */
void flip_came(struct drm_screen *screen, const struct gemd_msg_flip_event *event);
/* The window is gone: all are told that they are done. */
void flip_finish_all(struct drm_screen *screen);

drm_handler flip_request;

#endif
