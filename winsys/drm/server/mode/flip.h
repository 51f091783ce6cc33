/* SPDX-License-Identifier: MIT */
/* Page flips, and who waits to hear that a frame is up. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_FLIP_H
#define GEMD_WINSYS_DRM_SERVER_MODE_FLIP_H

#include <stdint.h>

#include "winsys/drm/call.h"

struct drm_fence;
struct drm_screen;
struct gemd_msg_flip_event;

/* Somebody who waits for a frame of the window. */
struct flip_wait {
    struct flip_wait *next;
    uint32_t slot;            /* of the window */
    uint64_t serial;          /* of the frame */
    uint64_t file, user_data; /* file 0: no event is wanted */
    struct drm_fence *fence;  /* referenced; NULL */
};

/* Before the frame is sent; NULL: no memory. Under the screen's lock. */
struct flip_wait *flip_expect(struct drm_screen *screen, uint64_t serial, uint64_t file,
                              uint64_t user_data, struct drm_fence *fence);
/* The frame was not sent. */
void flip_withdraw(struct drm_screen *screen, struct flip_wait *wait);
/* A change that has been made already. */
void flip_tell_now(struct drm_screen *screen, uint64_t file, uint64_t user_data,
                   struct drm_fence *fence);
/* From a callback of libgemd. */
void flip_came(struct drm_screen *screen, const struct gemd_msg_flip_event *event);
/* The window is gone: all are told that they are done. */
void flip_finish_all(struct drm_screen *screen);

drm_handler flip_request;

#endif
