/* SPDX-License-Identifier: MIT */
/*
 * Whether a state can be: as Linux' core, its helpers and i915 on gen3 check it, in their order.
 * What passes can be committed, if memory and the daemon's session last.
 */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_CHECK_H
#define GEMD_WINSYS_DRM_SERVER_MODE_CHECK_H

#include <drm_mode.h>
#include <stdbool.h>

struct drm_screen;
struct framebuffer;
struct mode_state;
struct plane_state;

struct state_change {
    unsigned parts; /* enum state_part: what it is about */
    bool allow_modeset;
    bool wants_event; /* or a fence, which is the same to Linux */
};

/* Whether the change concerns the CRTC: it does what its planes and its connector do. */
bool change_concerns_crtc(const struct mode_state *now, const struct mode_state *next,
                          unsigned parts);
/*
 * next against the state that is. Under the screen's lock. -EINVAL; -ERANGE: coordinates that
 * overflow, or a plane that would have to scale; -ENOSPC: beyond the framebuffer.
 */
int state_check(const struct drm_screen *screen, const struct mode_state *next,
                const struct state_change *change);

/* Its parts, for who checks them before. */
int mode_check(const struct drm_mode_modeinfo *mode);
int plane_check_format(const struct framebuffer *fb, bool primary);
int plane_check_source(const struct plane_state *plane, const struct framebuffer *fb);
int plane_check_place(const struct plane_state *plane);

#endif
