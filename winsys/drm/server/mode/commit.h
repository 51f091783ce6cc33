/* SPDX-License-Identifier: MIT */
/*
 * A checked state becomes the screen's: as a window of the daemon while the CRTC is active, whose
 * frames show the primary plane, or black, and take the cursor along.
 */
#ifndef GEMD_WINSYS_DRM_SERVER_MODE_COMMIT_H
#define GEMD_WINSYS_DRM_SERVER_MODE_COMMIT_H

#include <stdbool.h>
#include <stdint.h>

struct drm_fence;
struct drm_screen;
struct framebuffer;
struct mode_state;

struct commit {
    unsigned parts; /* enum state_part: what it is about */
    bool nonblock;  /* -EBUSY while the one before is not done; does not wait for itself */
    bool overtakes; /* takes the place of the one before, if that is not done */
    uint64_t file;  /* which is told when it is done; 0: nobody is */
    uint64_t user_data;
    struct drm_fence *before; /* it waits for that; NULL */
    int channel;              /* drm_call.channel of who waits */
    struct drm_fence *done;   /* is signalled when it is done; NULL */
};

/*
 * next is used up when it succeeds. All under the screen's lock. -EBUSY; -ENOMEM; -EIO: the daemon
 * is gone, and a mode was to be set; else it is shown when there is one again. What was there
 * stays.
 */
int commit_state(struct drm_screen *screen, struct mode_state *next, const struct commit *commit);
/* The cursor's plane alone, as the ioctls of old set it: not with a frame. image: a new picture. */
int commit_cursor(struct drm_screen *screen, struct mode_state *next, bool image);
/* Whether a frame still waits for its vblank. */
bool commit_is_pending(struct drm_screen *screen);
/* After the loss of the session, which has come back: its windows are empty. */
void commit_again(struct drm_screen *screen);
/* A framebuffer goes: planes that show it go off. wait: until it is not seen any more. */
void commit_forget(struct drm_screen *screen, const struct framebuffer *fb, bool wait);
/* All goes off. */
void commit_off(struct drm_screen *screen);

#endif
