/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/plane.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "winsys/drm/server/mode/format.h"
#include "winsys/drm/server/mode/screen.h"

/* Who does not know of universal planes is told of overlays only, and there are none. */
int plane_list(struct drm_file *file, struct drm_call *call)
{
    static const uint32_t ids[] = {MODE_ID_PRIMARY, MODE_ID_CURSOR};
    struct drm_mode_get_plane_res *list = call->argument;
    const uint32_t count = file->universal_planes ? 2 : 0;
    screen_tell_ids(&call->arrays[0], ids, count);
    list->count_planes = count;
    return 0;
}

int plane_get(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_get_plane *get = call->argument;
    struct drm_screen *screen = screen_of(file);
    if (get->plane_id != MODE_ID_PRIMARY && get->plane_id != MODE_ID_CURSOR) {
        return -ENOENT;
    }
    const bool cursor = get->plane_id == MODE_ID_CURSOR;
    uint32_t names[PRIMARY_FORMATS] = {DRM_FORMAT_ARGB8888};
    for (unsigned i = 0; i < PRIMARY_FORMATS && !cursor; i++) {
        names[i] = drm_formats[i].name;
    }
    pthread_mutex_lock(&screen->lock);
    const struct crtc *crtc = &screen->crtc;
    const struct framebuffer *fb = cursor ? crtc->cursor_fb : crtc->fb;
    get->crtc_id = fb != NULL && (cursor || crtc->enabled) ? MODE_ID_CRTC : 0;
    get->fb_id = fb != NULL ? fb->id : 0;
    pthread_mutex_unlock(&screen->lock);
    get->possible_crtcs = 1;
    get->gamma_size = 0;
    get->count_format_types = cursor ? 1 : PRIMARY_FORMATS;
    screen_tell_ids(&call->arrays[0], names, get->count_format_types);
    return 0;
}

/* The part of the framebuffer, in 16.16. */
static int check_source(const struct drm_mode_set_plane *set, const struct framebuffer *fb)
{
    const uint64_t width = (uint64_t)fb->width << 16, height = (uint64_t)fb->height << 16;
    return set->src_w > width || set->src_x > width - set->src_w || set->src_h > height ||
                   set->src_y > height - set->src_h
               ? -ENOSPC
               : 0;
}

static int check(const struct drm_mode_set_plane *set, const struct framebuffer *fb)
{
    if (fb->format->primary != (set->plane_id == MODE_ID_PRIMARY)) {
        return -EINVAL;
    }
    if (set->crtc_w > INT_MAX || set->crtc_x > INT_MAX - (int32_t)set->crtc_w ||
        set->crtc_h > INT_MAX || set->crtc_y > INT_MAX - (int32_t)set->crtc_h) {
        return -ERANGE;
    }
    int result = check_source(set, fb);
    if (result != 0) {
        return result;
    }
    /* Nothing here scales. */
    return set->src_w != set->crtc_w << 16 || set->src_h != set->crtc_h << 16 ||
                   ((set->src_x | set->src_y) & 0xffff) != 0
               ? -EINVAL
               : 0;
}

static int set_primary(struct drm_screen *screen, const struct drm_mode_set_plane *set,
                       struct framebuffer *fb)
{
    const struct crtc *crtc = &screen->crtc;
    const struct drm_mode_modeinfo mode = crtc->mode;
    if (!crtc->enabled) {
        return fb == NULL ? 0 : -EINVAL;
    }
    if (fb == NULL) {
        return crtc_set(screen, &mode, NULL, 0, 0);
    }
    if (set->crtc_x != 0 || set->crtc_y != 0 || set->crtc_w != mode.hdisplay ||
        set->crtc_h != mode.vdisplay) {
        return -EINVAL; /* it covers the CRTC, no more and no less */
    }
    return crtc_set(screen, &mode, fb, set->src_x >> 16, set->src_y >> 16);
}

static int set_cursor(struct drm_screen *screen, const struct drm_mode_set_plane *set,
                      struct framebuffer *fb)
{
    return crtc_set_cursor(screen, fb, true, fb != NULL ? set->crtc_x : screen->crtc.cursor_x,
                           fb != NULL ? set->crtc_y : screen->crtc.cursor_y);
}

static int set_locked(struct drm_screen *screen, const struct drm_mode_set_plane *set)
{
    struct framebuffer *fb = NULL;
    if (set->fb_id != 0) {
        fb = framebuffer_find(screen, set->fb_id);
        if (fb == NULL || set->crtc_id != MODE_ID_CRTC) {
            return -ENOENT;
        }
        int result = check(set, fb);
        if (result != 0) {
            return result;
        }
    }
    return set->plane_id == MODE_ID_CURSOR ? set_cursor(screen, set, fb)
                                           : set_primary(screen, set, fb);
}

int plane_set(struct drm_file *file, struct drm_call *call)
{
    const struct drm_mode_set_plane *set = call->argument;
    struct drm_screen *screen = screen_of(file);
    if (set->plane_id != MODE_ID_PRIMARY && set->plane_id != MODE_ID_CURSOR) {
        return -ENOENT;
    }
    pthread_mutex_lock(&screen->lock);
    int result = set_locked(screen, set);
    pthread_mutex_unlock(&screen->lock);
    return result;
}

/* ---- the cursor, as before there were planes ---- */

/* The picture is a framebuffer without a name. */
static int cursor_fb(struct drm_file *file, const struct drm_mode_cursor2 *request,
                     struct framebuffer **fb)
{
    struct drm_screen *screen = screen_of(file);
    if ((request->flags & DRM_MODE_CURSOR_BO) == 0) {
        *fb = screen->crtc.cursor_fb != NULL ? framebuffer_ref(screen->crtc.cursor_fb) : NULL;
        return 0;
    }
    *fb = NULL;
    if (request->handle == 0) {
        return 0;
    }
    const struct drm_mode_fb_cmd2 wrapped = {
        .width = request->width,
        .height = request->height,
        .pixel_format = DRM_FORMAT_ARGB8888,
        .handles = {request->handle},
        .pitches = {request->width * 4},
    };
    return framebuffer_create(file, &wrapped, fb);
}

static int cursor(struct drm_file *file, const struct drm_mode_cursor2 *request)
{
    struct drm_screen *screen = screen_of(file);
    struct framebuffer *fb;
    if (request->flags == 0 || (request->flags & ~(uint32_t)DRM_MODE_CURSOR_FLAGS) != 0) {
        return -EINVAL;
    }
    if (request->crtc_id != MODE_ID_CRTC) {
        return -ENOENT;
    }
    const bool moves = (request->flags & DRM_MODE_CURSOR_MOVE) != 0;
    pthread_mutex_lock(&screen->lock);
    int result = cursor_fb(file, request, &fb);
    if (result == 0) {
        result = crtc_set_cursor(screen, fb, (request->flags & DRM_MODE_CURSOR_BO) != 0,
                                 moves ? request->x : screen->crtc.cursor_x,
                                 moves ? request->y : screen->crtc.cursor_y);
        framebuffer_unref(fb);
    }
    pthread_mutex_unlock(&screen->lock);
    return result;
}

int plane_cursor(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_cursor2 request = {0};
    memcpy(&request, call->argument, sizeof(struct drm_mode_cursor));
    return cursor(file, &request);
}

int plane_cursor2(struct drm_file *file, struct drm_call *call)
{
    return cursor(file, call->argument);
}
