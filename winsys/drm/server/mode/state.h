/* SPDX-License-Identifier: MIT */
/*
 * What programs have said about the screen: connector, CRTC and planes. There is one that is so,
 * crtc.state; who wants a change makes a copy, changes that, has it checked and commits it.
 */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_STATE_H
#define GEMD_WINSYS_DRM_SERVER_MODE_STATE_H

#include <drm_mode.h>
#include <stdbool.h>
#include <stdint.h>

struct blob;
struct drm_screen;
struct framebuffer;

struct plane_state {
    struct framebuffer *fb; /* referenced; NULL: off */
    bool on_crtc;
    int32_t crtc_x, crtc_y; /* pixels of the CRTC */
    uint32_t crtc_w, crtc_h;
    uint32_t src_x, src_y, src_w, src_h; /* pixels of the framebuffer, in 16.16 */
};

/* Which objects a change is about. */
enum state_part {
    STATE_CRTC = 1,
    STATE_PRIMARY = 2,
    STATE_CURSOR = 4,
    STATE_CONNECTOR = 8,
};

struct mode_state {
    bool active;
    bool connected;     /* the connector is on the CRTC */
    bool vrr;           /* said, and without effect */
    struct blob *mode;  /* a struct drm_mode_modeinfo; referenced; NULL: the CRTC is disabled */
    struct blob *gamma; /* GAMMA_SIZE struct drm_color_lut; referenced; NULL: none */
    struct plane_state primary, cursor;
};

/* All under the screen's lock. The copy has references of its own. */
void state_copy(struct mode_state *to, const struct mode_state *from);
void state_drop(struct drm_screen *screen, struct mode_state *state);

/* NULL: off. */
void plane_state_set_fb(struct plane_state *plane, struct framebuffer *fb);
/* All of it, from there on of the framebuffer, pixels. */
void plane_state_cover(struct plane_state *plane, uint32_t x, uint32_t y, uint32_t width,
                       uint32_t height);
void plane_state_disable(struct plane_state *plane);
/* The blob may be NULL; it gets another reference. */
void state_set_blob(struct drm_screen *screen, struct blob **place, struct blob *blob);
/* -ENOMEM. mode NULL: none. */
int state_set_mode(struct drm_screen *screen, struct mode_state *state,
                   const struct drm_mode_modeinfo *mode);
/* NULL: the CRTC is disabled. */
const struct drm_mode_modeinfo *state_mode(const struct mode_state *state);

/* Whether the pipe has to stop for it. */
bool state_needs_modeset(const struct mode_state *now, const struct mode_state *next);
/* Whether anything of the primary plane is on the CRTC; then where in the framebuffer that begins.
 */
bool state_primary_place(const struct mode_state *state, uint32_t *x, uint32_t *y);

#endif
