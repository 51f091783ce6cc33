/* SPDX-License-Identifier: MIT */
/* The CRTC: a window of the daemon while it is on, with the picture of a framebuffer and a cursor.
 */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_CRTC_H
#define GEMD_WINSYS_DRM_SERVER_MODE_CRTC_H

#include <drm_mode.h>
#include <stdbool.h>
#include <stdint.h>

#include "winsys/drm/call.h"
#include "winsys/drm/server/mode/gamma.h"

struct drm_screen;
struct framebuffer;
struct gemd_window;

struct crtc {
    bool enabled;                  /* it has a mode */
    bool dark;                     /* DPMS says off: no window, all else stays */
    struct drm_mode_modeinfo mode; /* while enabled */
    uint32_t x, y;                 /* where in the framebuffer the picture begins */
    struct framebuffer *fb;        /* referenced; NULL: black */
    struct framebuffer *cursor_fb; /* referenced; NULL: none */
    int32_t cursor_x, cursor_y;
    uint64_t dpms; /* DRM_MODE_DPMS_* */
    struct gamma gamma;

    struct gemd_window *window; /* NULL: the pipe is not ours */
    uint64_t serial;            /* of its last frame */
    struct gemd_bo *black;      /* what it shows without a framebuffer */
};

/*
 * All under the screen's lock. fb NULL: black. 0; -EINVAL: the screen has no such mode, or the
 * picture cannot begin there; -ENOSPC: the framebuffer is smaller than that; -ENOMEM, -EIO.
 */
int crtc_set(struct drm_screen *screen, const struct drm_mode_modeinfo *mode,
             struct framebuffer *fb, uint32_t x, uint32_t y);
void crtc_disable(struct drm_screen *screen);
int crtc_set_dpms(struct drm_screen *screen, uint64_t value);
/* After the loss of the session, which has come back: its windows are empty. */
void crtc_show_again(struct drm_screen *screen);
/* Whether pictures reach the pipe. */
bool crtc_is_active(const struct drm_screen *screen);
/* A framebuffer goes: what shows it goes off. */
void crtc_forget(struct drm_screen *screen, const struct framebuffer *fb);
/* Whether the picture of the mode's size fits there: 0, -ENOSPC. */
int crtc_check_viewport(const struct drm_mode_modeinfo *mode, const struct framebuffer *fb,
                        uint32_t x, uint32_t y);
/* Another cursor: fb NULL: none. 0, -EINVAL: not such a picture. */
int crtc_set_cursor(struct drm_screen *screen, struct framebuffer *fb, bool image, int32_t x,
                    int32_t y);

drm_handler crtc_get, crtc_set_request;

#endif
