/* SPDX-License-Identifier: MIT */
/* The CRTC: what it is to show, and the window of the daemon that shows it while it is active. */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_CRTC_H
#define GEMD_WINSYS_DRM_SERVER_MODE_CRTC_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/protocol.h"
#include "winsys/drm/call.h"
#include "winsys/drm/server/mode/gamma.h"
#include "winsys/drm/server/mode/state.h"

struct drm_screen;
struct gemd_bo;
struct gemd_window;

struct crtc {
    struct mode_state state;
    uint64_t dpms;              /* the connector's: DRM_MODE_DPMS_* */
    int32_t cursor_x, cursor_y; /* as the ioctls of old said it last */
    struct gamma gamma;

    /* commit.c's */
    struct gemd_window *window; /* NULL: the pipe is not ours */
    uint64_t serial;            /* of its last frame */
    uint64_t again_serial;      /* of the one that commit_again() showed, which makes nobody busy */
    uint64_t cursor_serial;     /* of its last frame that takes the cursor along */
    bool has_palette;
    struct gemd_bo *black; /* what it shows without a framebuffer */
    /* What the window's cursor is, or will be with a frame that was sent. */
    bool is_cursor_known, is_cursor_visible;
    int32_t sent_x, sent_y;
    uint32_t picture_side; /* 0: it has none, or not known */
    uint32_t picture[GEMD_CURSOR_SIDE_MAX * GEMD_CURSOR_SIDE_MAX];
};

/* Whether pictures reach the pipe. Under the screen's lock. */
bool crtc_is_active(const struct drm_screen *screen);

drm_handler crtc_get, crtc_set;

#endif
