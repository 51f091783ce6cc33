/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/state.h"

#include <errno.h>
#include <string.h>

#include "winsys/drm/server/mode/blob.h"
#include "winsys/drm/server/mode/screen.h"

void state_copy(struct mode_state *to, const struct mode_state *from)
{
    *to = *from;
    (void)blob_ref(to->mode);
    (void)blob_ref(to->gamma);
    if (to->primary.fb != NULL) {
        (void)framebuffer_ref(to->primary.fb);
    }
    if (to->cursor.fb != NULL) {
        (void)framebuffer_ref(to->cursor.fb);
    }
}

void state_drop(struct drm_screen *screen, struct mode_state *state)
{
    blob_unref(screen, state->mode);
    blob_unref(screen, state->gamma);
    framebuffer_unref(state->primary.fb);
    framebuffer_unref(state->cursor.fb);
    *state = (struct mode_state){0};
}

void plane_state_set_fb(struct plane_state *plane, struct framebuffer *fb)
{
    struct framebuffer *before = plane->fb;
    plane->fb = fb != NULL ? framebuffer_ref(fb) : NULL;
    framebuffer_unref(before);
}

void plane_state_cover(struct plane_state *plane, uint32_t x, uint32_t y, uint32_t width,
                       uint32_t height)
{
    plane->on_crtc = true;
    plane->crtc_x = plane->crtc_y = 0;
    plane->crtc_w = width;
    plane->crtc_h = height;
    plane->src_x = x << 16;
    plane->src_y = y << 16;
    plane->src_w = width << 16;
    plane->src_h = height << 16;
}

void plane_state_disable(struct plane_state *plane)
{
    plane_state_set_fb(plane, NULL);
    *plane = (struct plane_state){0};
}

void state_set_blob(struct drm_screen *screen, struct blob **place, struct blob *blob)
{
    struct blob *before = *place;
    *place = blob_ref(blob);
    blob_unref(screen, before);
}

int state_set_mode(struct drm_screen *screen, struct mode_state *state,
                   const struct drm_mode_modeinfo *mode)
{
    struct blob *blob = NULL;
    if (mode != NULL) {
        blob = blob_add(screen, 0, mode, sizeof(*mode));
        if (blob == NULL) {
            return -ENOMEM;
        }
    }
    blob_unref(screen, state->mode);
    state->mode = blob;
    return 0;
}

const struct drm_mode_modeinfo *state_mode(const struct mode_state *state)
{
    return state->mode != NULL ? (const void *)state->mode->bytes : NULL;
}

/* By what the pipe does; names and kinds do not matter. */
static bool same_mode(const struct drm_mode_modeinfo *a, const struct drm_mode_modeinfo *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    return a->clock == b->clock && a->flags == b->flags && a->hdisplay == b->hdisplay &&
           a->hsync_start == b->hsync_start && a->hsync_end == b->hsync_end &&
           a->htotal == b->htotal && a->hskew == b->hskew && a->vdisplay == b->vdisplay &&
           a->vsync_start == b->vsync_start && a->vsync_end == b->vsync_end &&
           a->vtotal == b->vtotal && a->vscan == b->vscan;
}

bool state_needs_modeset(const struct mode_state *now, const struct mode_state *next)
{
    return now->active != next->active || now->connected != next->connected ||
           !same_mode(state_mode(now), state_mode(next));
}

static bool is_outside(int32_t at, uint32_t size, uint32_t of)
{
    return size == 0 || at >= (int64_t)of || at + (int64_t)size <= 0;
}

bool state_primary_place(const struct mode_state *state, uint32_t *x, uint32_t *y)
{
    const struct plane_state *plane = &state->primary;
    const struct drm_mode_modeinfo *mode = state_mode(state);
    if (plane->fb == NULL || mode == NULL ||
        is_outside(plane->crtc_x, plane->crtc_w, mode->hdisplay) ||
        is_outside(plane->crtc_y, plane->crtc_h, mode->vdisplay)) {
        return false;
    }
    *x = (plane->src_x >> 16) + (plane->crtc_x < 0 ? (uint32_t)-plane->crtc_x : 0);
    *y = (plane->src_y >> 16) + (plane->crtc_y < 0 ? (uint32_t)-plane->crtc_y : 0);
    return true;
}
