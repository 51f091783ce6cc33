/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/plane.h"

#include <errno.h>
#include <string.h>

#include "winsys/drm/server/mode/check.h"
#include "winsys/drm/server/mode/commit.h"
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
    const struct mode_state *state = &screen->crtc.state;
    const struct plane_state *plane = cursor ? &state->cursor : &state->primary;
    get->crtc_id = plane->on_crtc ? MODE_ID_CRTC : 0;
    get->fb_id = plane->fb != NULL ? plane->fb->id : 0;
    pthread_mutex_unlock(&screen->lock);
    get->possible_crtcs = 1;
    get->gamma_size = 0;
    get->count_format_types = cursor ? 1 : PRIMARY_FORMATS;
    screen_tell_ids(&call->arrays[0], names, get->count_format_types);
    return 0;
}

/* ---- SETPLANE ---- */

/* What is asked for of a plane. */
struct wish {
    struct framebuffer *fb; /* NULL: off */
    struct plane_state place;
};

/* As the core checks it before it is anybody's state. */
static int check(const struct wish *wish, bool primary)
{
    if (wish->fb == NULL) {
        return 0;
    }
    int result = plane_check_format(wish->fb, primary);
    result = result == 0 ? plane_check_place(&wish->place) : result;
    return result == 0 ? plane_check_source(&wish->place, wish->fb) : result;
}

static void change(struct plane_state *plane, const struct wish *wish)
{
    if (wish->fb == NULL) {
        plane_state_disable(plane);
        return;
    }
    struct framebuffer *fb = plane->fb;
    *plane = wish->place;
    plane->fb = fb;
    plane->on_crtc = true;
    plane_state_set_fb(plane, wish->fb);
}

/* image: the cursor's picture may be another. */
static int set_plane(struct drm_screen *screen, bool primary, const struct wish *wish, bool image)
{
    const unsigned part = primary ? STATE_PRIMARY : STATE_CURSOR;
    struct mode_state next;
    int result = check(wish, primary);
    if (result != 0) {
        return result;
    }
    state_copy(&next, &screen->crtc.state);
    change(primary ? &next.primary : &next.cursor, wish);
    result =
        state_check(screen, &next, &(struct state_change){.parts = part, .allow_modeset = true});
    if (result == 0) {
        result = primary ? commit_state(screen, &next, &(struct commit){.parts = part})
                         : commit_cursor(screen, &next, image);
    }
    state_drop(screen, &next);
    return result;
}

static int set_locked(struct drm_screen *screen, const struct drm_mode_set_plane *set)
{
    struct wish wish = {.place = {.crtc_x = set->crtc_x,
                                  .crtc_y = set->crtc_y,
                                  .crtc_w = set->crtc_w,
                                  .crtc_h = set->crtc_h,
                                  .src_x = set->src_x,
                                  .src_y = set->src_y,
                                  .src_w = set->src_w,
                                  .src_h = set->src_h}};
    if (set->fb_id != 0) {
        wish.fb = framebuffer_find(screen, set->fb_id);
        if (wish.fb == NULL || set->crtc_id != MODE_ID_CRTC) {
            return -ENOENT;
        }
    }
    return set_plane(screen, set->plane_id == MODE_ID_PRIMARY, &wish, true);
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
static int find_picture(struct drm_file *file, const struct drm_mode_cursor2 *request,
                        struct framebuffer **fb)
{
    struct framebuffer *now = screen_of(file)->crtc.state.cursor.fb;
    if ((request->flags & DRM_MODE_CURSOR_BO) == 0) {
        *fb = now != NULL ? framebuffer_ref(now) : NULL;
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

static int cursor_locked(struct drm_file *file, const struct drm_mode_cursor2 *request)
{
    struct drm_screen *screen = screen_of(file);
    struct crtc *crtc = &screen->crtc;
    const bool moves = (request->flags & DRM_MODE_CURSOR_MOVE) != 0;
    const int32_t x = moves ? request->x : crtc->cursor_x;
    const int32_t y = moves ? request->y : crtc->cursor_y;
    struct wish wish = {0};
    int result = find_picture(file, request, &wish.fb);
    if (result != 0) {
        return result;
    }
    if (wish.fb != NULL) {
        plane_state_cover(&wish.place, 0, 0, wish.fb->width, wish.fb->height);
    }
    wish.place.crtc_x = x;
    wish.place.crtc_y = y;
    result = set_plane(screen, false, &wish, (request->flags & DRM_MODE_CURSOR_BO) != 0);
    if (result == 0) {
        crtc->cursor_x = x;
        crtc->cursor_y = y;
    }
    framebuffer_unref(wish.fb);
    return result;
}

static int cursor(struct drm_file *file, const struct drm_mode_cursor2 *request)
{
    struct drm_screen *screen = screen_of(file);
    if (request->flags == 0 || (request->flags & ~(uint32_t)DRM_MODE_CURSOR_FLAGS) != 0) {
        return -EINVAL;
    }
    if (request->crtc_id != MODE_ID_CRTC) {
        return -ENOENT;
    }
    pthread_mutex_lock(&screen->lock);
    int result = cursor_locked(file, request);
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
