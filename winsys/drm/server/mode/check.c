/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/check.h"

#include <errno.h>
#include <limits.h>

#include "winsys/drm/server/mode/blob.h"
#include "winsys/drm/server/mode/format.h"
#include "winsys/drm/server/mode/screen.h"

#define CLOCK_MAX 400000u /* kHz, of the analog port's converter on gen3 */
#define SIZE_MIN  16u     /* of the daemon's windows */
#define SIZE_MAX_ 2048u
#define TOTAL_MAX 8192u

bool change_concerns_crtc(const struct mode_state *now, const struct mode_state *next,
                          unsigned parts)
{
    return (parts & STATE_CRTC) != 0 ||
           ((parts & STATE_PRIMARY) != 0 && (now->primary.on_crtc || next->primary.on_crtc)) ||
           ((parts & STATE_CURSOR) != 0 && (now->cursor.on_crtc || next->cursor.on_crtc)) ||
           ((parts & STATE_CONNECTOR) != 0 && (now->connected || next->connected));
}

/* ---- modes ---- */

int mode_check(const struct drm_mode_modeinfo *mode)
{
    const uint32_t unknown = DRM_MODE_FLAG_HSKEW | DRM_MODE_FLAG_CSYNC | DRM_MODE_FLAG_PCSYNC |
                             DRM_MODE_FLAG_NCSYNC | DRM_MODE_FLAG_BCAST | DRM_MODE_FLAG_PIXMUX |
                             DRM_MODE_FLAG_CLKDIV2 | DRM_MODE_FLAG_PIC_AR_MASK |
                             DRM_MODE_FLAG_INTERLACE | DRM_MODE_FLAG_DBLSCAN |
                             DRM_MODE_FLAG_3D_MASK;
    if (mode->clock > INT_MAX || mode->vrefresh > INT_MAX) {
        return -ERANGE;
    }
    if ((mode->flags & unknown) != 0 || mode->vscan > 1 || mode->clock == 0 ||
        mode->clock > CLOCK_MAX || mode->hdisplay == 0 || mode->hsync_start < mode->hdisplay ||
        mode->hsync_end < mode->hsync_start || mode->htotal < mode->hsync_end ||
        mode->vdisplay == 0 || mode->vsync_start < mode->vdisplay ||
        mode->vsync_end < mode->vsync_start || mode->vtotal < mode->vsync_end ||
        mode->hdisplay > SCREEN_SIZE_MAX || mode->vdisplay > SCREEN_SIZE_MAX ||
        mode->htotal > TOTAL_MAX || mode->vtotal > TOTAL_MAX) {
        return -EINVAL;
    }
    return 0;
}

/* The daemon shows each size that is no larger than one that the monitor lists. */
static bool is_shown(const struct gemd_screen_modes *monitor, const struct drm_mode_modeinfo *mode)
{
    bool fits = monitor->monitor == GEMD_MONITOR_NONE;
    for (uint32_t i = 0; i < monitor->mode_count && !fits; i++) {
        fits =
            monitor->modes[i].width >= mode->hdisplay && monitor->modes[i].height >= mode->vdisplay;
    }
    return fits && mode->hdisplay >= SIZE_MIN && mode->vdisplay >= SIZE_MIN &&
           mode->hdisplay <= SIZE_MAX_ && mode->vdisplay <= SIZE_MAX_;
}

/* ---- planes, as the core sees them ---- */

int plane_check_format(const struct framebuffer *fb, bool primary)
{
    return fb->format->primary == primary && (primary || fb->modifier == DRM_FORMAT_MOD_LINEAR)
               ? 0
               : -EINVAL;
}

int plane_check_place(const struct plane_state *plane)
{
    return plane->crtc_w > INT_MAX || plane->crtc_x > INT_MAX - (int32_t)plane->crtc_w ||
                   plane->crtc_h > INT_MAX || plane->crtc_y > INT_MAX - (int32_t)plane->crtc_h
               ? -ERANGE
               : 0;
}

int plane_check_source(const struct plane_state *plane, const struct framebuffer *fb)
{
    const uint32_t width = fb->width << 16, height = fb->height << 16;
    return plane->src_w > width || plane->src_x > width - plane->src_w || plane->src_h > height ||
                   plane->src_y > height - plane->src_h
               ? -ENOSPC
               : 0;
}

static int check_plane(const struct plane_state *plane, bool primary)
{
    if (plane->on_crtc != (plane->fb != NULL)) {
        return -EINVAL;
    }
    if (!plane->on_crtc) {
        return 0;
    }
    int result = plane_check_format(plane->fb, primary);
    result = result == 0 ? plane_check_place(plane) : result;
    return result == 0 ? plane_check_source(plane, plane->fb) : result;
}

/* ---- and as the hardware does: nothing scales ---- */

static int check_scale(const struct plane_state *plane)
{
    return (plane->crtc_w != 0 && plane->src_w != (uint64_t)plane->crtc_w << 16) ||
                   (plane->crtc_h != 0 && plane->src_h != (uint64_t)plane->crtc_h << 16)
               ? -ERANGE
               : 0;
}

/* What is seen of it covers the CRTC, and begins where the daemon's frames can. */
static int check_primary(const struct mode_state *state)
{
    const struct plane_state *plane = &state->primary;
    const struct drm_mode_modeinfo *mode = state_mode(state);
    uint32_t x, y, offset;
    if (plane->fb == NULL) {
        return 0;
    }
    int result = check_scale(plane);
    if (result != 0 || !state_primary_place(state, &x, &y)) {
        return result;
    }
    if (plane->crtc_x > 0 || (int64_t)plane->crtc_x + plane->crtc_w < mode->hdisplay ||
        plane->crtc_y > 0 || (int64_t)plane->crtc_y + plane->crtc_h < mode->vdisplay) {
        return -EINVAL;
    }
    return framebuffer_offset(plane->fb, x, y, &offset) ? 0 : -EINVAL;
}

/* A square of one of three sizes, line upon line. */
static int check_cursor(const struct mode_state *state)
{
    const struct plane_state *plane = &state->cursor;
    if (plane->fb == NULL) {
        return 0;
    }
    int result = check_scale(plane);
    if (result != 0) {
        return result;
    }
    return (plane->src_x >> 16) != 0 || (plane->src_y >> 16) != 0 ||
                   (plane->crtc_w != 64 && plane->crtc_w != 128 && plane->crtc_w != 256) ||
                   plane->crtc_h != plane->crtc_w || plane->fb->pitch != plane->crtc_w * 4
               ? -EINVAL
               : 0;
}

/* ---- the CRTC ---- */

static int check_crtc(const struct mode_state *now, const struct mode_state *next, bool wants_event)
{
    const bool enabled = next->mode != NULL;
    if ((next->active && !enabled) || (wants_event && !next->active && !now->active)) {
        return -EINVAL;
    }
    return enabled != next->connected ? -EINVAL : 0;
}

static int check_modeset(const struct drm_screen *screen, const struct mode_state *next)
{
    const struct drm_mode_modeinfo *mode = state_mode(next);
    return mode != NULL && !is_shown(&screen->monitor, mode) ? -EINVAL : 0;
}

static int check_gamma(const struct mode_state *next)
{
    return next->gamma != NULL && next->gamma->length != GAMMA_BYTES ? -EINVAL : 0;
}

int state_check(const struct drm_screen *screen, const struct mode_state *next,
                const struct state_change *change)
{
    const struct mode_state *now = &screen->crtc.state;
    const bool concerns = change_concerns_crtc(now, next, change->parts);
    const bool modeset = concerns && state_needs_modeset(now, next);
    const bool primary = (change->parts & STATE_PRIMARY) != 0;
    const bool cursor = (change->parts & STATE_CURSOR) != 0;
    int result = primary ? check_plane(&next->primary, true) : 0;
    result = result == 0 && cursor ? check_plane(&next->cursor, false) : result;
    result = result == 0 && concerns ? check_crtc(now, next, change->wants_event) : result;
    result = result == 0 && modeset ? check_modeset(screen, next) : result;
    result = result == 0 && (primary || modeset) ? check_primary(next) : result;
    result = result == 0 && (cursor || modeset) ? check_cursor(next) : result;
    result = result == 0 && concerns ? check_gamma(next) : result;
    return result == 0 && modeset && !change->allow_modeset ? -EINVAL : result;
}
