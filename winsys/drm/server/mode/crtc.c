/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/crtc.h"

#include <errno.h>

#include "winsys/drm/server/mode/check.h"
#include "winsys/drm/server/mode/commit.h"
#include "winsys/drm/server/mode/format.h"
#include "winsys/drm/server/mode/screen.h"

bool crtc_is_active(const struct drm_screen *screen)
{
    return screen->crtc.state.active && screen->crtc.window != NULL;
}

int crtc_get(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_crtc *get = call->argument;
    struct drm_screen *screen = screen_of(file);
    const struct mode_state *state = &screen->crtc.state;
    if (get->crtc_id != MODE_ID_CRTC) {
        return -ENOENT;
    }
    pthread_mutex_lock(&screen->lock);
    const struct drm_mode_modeinfo *mode = state_mode(state);
    get->gamma_size = GAMMA_SIZE;
    get->fb_id = state->primary.fb != NULL ? state->primary.fb->id : 0;
    get->x = state->primary.src_x >> 16;
    get->y = state->primary.src_y >> 16;
    get->mode_valid = mode != NULL;
    if (mode != NULL) {
        get->mode = *mode;
    }
    pthread_mutex_unlock(&screen->lock);
    return 0;
}

/* ---- SETCRTC ---- */

static int find_fb(struct drm_screen *screen, const struct drm_mode_crtc *set,
                   struct framebuffer **fb)
{
    if (set->fb_id == UINT32_MAX) {
        *fb = screen->crtc.state.primary.fb;
        return *fb != NULL ? 0 : -EINVAL;
    }
    *fb = framebuffer_find(screen, set->fb_id);
    return *fb != NULL ? 0 : -ENOENT;
}

static int check_viewport(const struct drm_mode_crtc *set, const struct framebuffer *fb)
{
    struct plane_state plane;
    plane_state_cover(&plane, set->x, set->y, set->mode.hdisplay, set->mode.vdisplay);
    return plane_check_source(&plane, fb);
}

static int check_connectors(const struct drm_mode_crtc *set, const struct drm_call *call)
{
    const struct drm_call_array *ids = &call->arrays[0];
    if ((set->count_connectors == 0) != (set->mode_valid == 0) || set->count_connectors > 1) {
        return -EINVAL;
    }
    return set->count_connectors == 1 &&
                   (ids->count < 1 || *(const uint32_t *)ids->bytes != MODE_ID_CONNECTOR)
               ? -ENOENT
               : 0;
}

static int check_set(struct drm_screen *screen, const struct drm_mode_crtc *set,
                     const struct drm_call *call, struct framebuffer **fb)
{
    int result = 0;
    if (set->mode_valid != 0) {
        result = find_fb(screen, set, fb);
        result = result == 0 ? mode_check(&set->mode) : result;
        result = result == 0 ? plane_check_format(*fb, true) : result;
        result = result == 0 ? check_viewport(set, *fb) : result;
    }
    return result == 0 ? check_connectors(set, call) : result;
}

static int change(struct drm_screen *screen, const struct drm_mode_crtc *set,
                  struct framebuffer *fb, struct mode_state *next)
{
    const bool on = set->mode_valid != 0;
    int result = state_set_mode(screen, next, on ? &set->mode : NULL);
    if (result != 0) {
        return result;
    }
    next->active = next->connected = on;
    plane_state_set_fb(&next->primary, fb);
    next->primary.on_crtc = on;
    if (on) {
        plane_state_cover(&next->primary, set->x, set->y, set->mode.hdisplay, set->mode.vdisplay);
    }
    return 0;
}

static int set_locked(struct drm_screen *screen, const struct drm_mode_crtc *set,
                      const struct drm_call *call)
{
    const unsigned parts = STATE_CRTC | STATE_PRIMARY | STATE_CONNECTOR;
    struct framebuffer *fb = NULL;
    struct mode_state next;
    int result = check_set(screen, set, call, &fb);
    if (result != 0) {
        return result;
    }
    state_copy(&next, &screen->crtc.state);
    result = change(screen, set, fb, &next);
    if (result == 0) {
        result = state_check(screen, &next,
                             &(struct state_change){.parts = parts, .allow_modeset = true});
    }
    result = result == 0 ? commit_state(screen, &next, &(struct commit){.parts = parts}) : result;
    state_drop(screen, &next);
    return result;
}

int crtc_set(struct drm_file *file, struct drm_call *call)
{
    const struct drm_mode_crtc *set = call->argument;
    struct drm_screen *screen = screen_of(file);
    if ((set->x & 0xffff0000) != 0 || (set->y & 0xffff0000) != 0) {
        return -ERANGE;
    }
    if (set->crtc_id != MODE_ID_CRTC) {
        return -ENOENT;
    }
    pthread_mutex_lock(&screen->lock);
    int result = set_locked(screen, set, call);
    pthread_mutex_unlock(&screen->lock);
    return result;
}
