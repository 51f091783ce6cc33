/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/commit.h"

#include <errno.h>
#include <string.h>

#include "winsys/drm/server/fence.h"
#include "winsys/drm/server/mode/check.h"
#include "winsys/drm/server/mode/format.h"
#include "winsys/drm/server/mode/screen.h"
#include "winsys/drm/server/object.h"

#define DONE_NS 10000000000 /* a frame that is not up by then is not waited for */

static void await(struct drm_screen *screen)
{
    const struct crtc *crtc = &screen->crtc;
    if (crtc->window != NULL && crtc->serial > 0) {
        (void)gemd_window_wait_latched(crtc->window, crtc->serial, drm_now_ns() + DONE_NS);
    }
}

bool commit_is_pending(struct drm_screen *screen)
{
    const struct crtc *crtc = &screen->crtc;
    return crtc->window != NULL && crtc->serial > 0 && crtc->serial != crtc->again_serial &&
           gemd_window_wait_latched(crtc->window, crtc->serial, 0) == -ETIME;
}

/* ---- the window ---- */

/* What was to come up is told as come. */
static void drop_window(struct drm_screen *screen)
{
    struct crtc *crtc = &screen->crtc;
    struct gemd_window *window = crtc->window;
    if (window == NULL) {
        return;
    }
    crtc->window = NULL;
    gemd_window_destroy(window);
    flip_finish_all(screen);
    gemd_bo_unref(crtc->black);
    crtc->black = NULL;
}

static void forget_cursor(struct crtc *crtc)
{
    crtc->is_cursor_known = false;
    crtc->picture_side = 0;
}

/* A new one before the old one goes, so that nothing else is seen between the two. */
static int open_window(struct drm_screen *screen, const struct drm_mode_modeinfo *mode)
{
    struct crtc *crtc = &screen->crtc;
    struct gemd_window *window;
    int result = gemd_window_create(screen->session, mode->hdisplay, mode->vdisplay, &window);
    if (result != 0) {
        return result == -ERANGE ? -EINVAL : result;
    }
    drop_window(screen);
    crtc->window = window;
    crtc->serial = crtc->again_serial = 0;
    crtc->has_palette = false;
    forget_cursor(crtc);
    return 0;
}

/* ---- what a frame takes along ---- */

static int32_t clamp(int32_t value)
{
    return value < -4095 ? -4095 : value > 4095 ? 4095 : value;
}

/* The plane's picture line by line, if it is not what the window has; *side 0: it is. */
static void read_picture(struct drm_screen *screen, const struct plane_state *plane, uint32_t *side)
{
    struct crtc *crtc = &screen->crtc;
    const uint32_t size = plane->crtc_w;
    const uint8_t *pixels = gemd_bo_map(plane->fb->bo);
    bool same = crtc->picture_side == size;
    for (uint32_t y = 0; y < size; y++) {
        uint32_t *line = crtc->picture + (size_t)y * size;
        const uint8_t *from = pixels + (size_t)y * plane->fb->pitch;
        if (!same || memcmp(line, from, size * sizeof(*line)) != 0) {
            memcpy(line, from, size * sizeof(*line));
            same = false;
        }
    }
    crtc->picture_side = size;
    *side = same ? 0 : size;
}

static int send_cursor(struct drm_screen *screen, const struct plane_state *plane, bool image,
                       bool with_frame)
{
    struct crtc *crtc = &screen->crtc;
    const bool visible = plane->fb != NULL;
    const int32_t x = clamp(plane->crtc_x), y = clamp(plane->crtc_y);
    uint32_t side = 0;
    if (visible && image) {
        read_picture(screen, plane, &side);
    }
    if (side == 0 && crtc->is_cursor_known && crtc->is_cursor_visible == visible &&
        crtc->sent_x == x && crtc->sent_y == y) {
        return 0;
    }
    int result;
    if (with_frame) {
        result = gemd_cursor_with_frame(crtc->window, side, side > 0 ? crtc->picture : NULL,
                                        visible, x, y);
    } else {
        result = side > 0 ? gemd_cursor_set(crtc->window, side, crtc->picture) : 0;
        result = result == 0 ? gemd_cursor_move(crtc->window, visible, x, y) : result;
    }
    if (result != 0) {
        forget_cursor(crtc);
        return result;
    }
    crtc->is_cursor_known = true;
    crtc->is_cursor_visible = visible;
    crtc->sent_x = x;
    crtc->sent_y = y;
    return 0;
}

/* A window without one needs none to show pixels as they are. */
static int send_palette(struct drm_screen *screen, const struct mode_state *state)
{
    struct crtc *crtc = &screen->crtc;
    if (state->gamma == NULL && !crtc->has_palette) {
        return 0;
    }
    int result = gamma_send(state->gamma, crtc->window);
    crtc->has_palette |= result == 0;
    return result;
}

/* ---- its frames ---- */

struct picture {
    struct gemd_bo *bo;
    uint32_t offset, stride;
    enum gemd_format format;
};

/* From a buffer made for it. */
static int find_black(struct drm_screen *screen, struct picture *picture)
{
    struct crtc *crtc = &screen->crtc;
    const uint32_t stride = (gemd_window_width(crtc->window) * 4 + 63) & ~63u;
    const uint64_t size = (uint64_t)stride * gemd_window_height(crtc->window);
    if (crtc->black == NULL) {
        int result = gemd_bo_create(screen->session, size, true, &crtc->black);
        if (result != 0) {
            crtc->black = NULL;
            return result;
        }
    }
    *picture = (struct picture){.bo = crtc->black, .stride = stride};
    return 0;
}

static int find_picture(struct drm_screen *screen, const struct mode_state *state,
                        struct picture *picture)
{
    uint32_t x, y;
    if (!state_primary_place(state, &x, &y)) {
        return find_black(screen, picture);
    }
    struct framebuffer *fb = state->primary.fb;
    *picture = (struct picture){.bo = fb->bo, .stride = fb->pitch, .format = fb->format->format};
    int result = framebuffer_offset(fb, x, y, &picture->offset) ? 0 : -EINVAL;
    return result == 0 ? framebuffer_wait_before(fb, screen->session) : result;
}

/* The event may come before gemd_window_flip() returns: who waits is there before. */
static int flip(struct drm_screen *screen, const struct picture *picture,
                const struct commit *commit)
{
    struct crtc *crtc = &screen->crtc;
    uint64_t serial;
    struct flip_wait *wait = NULL;
    if (commit->file != 0 || commit->done != NULL) {
        wait = flip_expect(screen, crtc->serial + 1, commit->file, commit->user_data, commit->done);
        if (wait == NULL) {
            return -ENOMEM;
        }
    }
    int result = gemd_window_flip(crtc->window, picture->bo, picture->offset, picture->stride, 0, 0,
                                  &serial);
    if (result == 0) {
        crtc->serial = serial;
    } else if (wait != NULL) {
        flip_withdraw(screen, wait);
    }
    return result;
}

static int show_picture(struct drm_screen *screen, const struct mode_state *state,
                        const struct commit *commit)
{
    struct crtc *crtc = &screen->crtc;
    struct picture picture;
    int result = find_picture(screen, state, &picture);
    if (result == 0 && commit->before != NULL) {
        result = drm_fence_wait_before(commit->before, screen->session, commit->channel);
    }
    result = result == 0 ? gemd_window_set_format(crtc->window, picture.format) : result;
    if (result != 0) {
        return result;
    }
    return commit->overtakes ? gemd_window_present(crtc->window, picture.bo, picture.offset,
                                                   picture.stride, 0, 0, &crtc->serial)
                             : flip(screen, &picture, commit);
}

static int show(struct drm_screen *screen, const struct mode_state *next,
                const struct commit *commit, bool fresh)
{
    const struct mode_state *now = &screen->crtc.state;
    const bool cursor = fresh || (commit->parts & STATE_CURSOR) != 0;
    int result = fresh || next->gamma != now->gamma ? send_palette(screen, next) : 0;
    if (result == 0 && cursor) {
        result = send_cursor(screen, &next->cursor, true, true);
    }
    result = result == 0 ? show_picture(screen, next, commit) : result;
    if (result == 0 && cursor) {
        screen->crtc.cursor_serial = screen->crtc.serial;
    }
    if (result != 0 && cursor && !fresh) { /* so that the next frame takes along what there is */
        (void)send_cursor(screen, &now->cursor, true, true);
    }
    return result;
}

/* ---- commits ---- */

static void become(struct drm_screen *screen, struct mode_state *next)
{
    struct crtc *crtc = &screen->crtc;
    if (state_needs_modeset(&crtc->state, next)) {
        crtc->dpms = next->active ? DRM_MODE_DPMS_ON : DRM_MODE_DPMS_OFF;
    }
    state_drop(screen, &crtc->state);
    crtc->state = *next;
    *next = (struct mode_state){0};
}

/*
 * Without a daemon: commit_again() shows it, and tells who waits. Programs do not expect a screen
 * that refuses what it took before, and some never try again.
 */
static int put_off(struct drm_screen *screen, const struct commit *commit)
{
    const bool is_told = commit->file != 0 || commit->done != NULL;
    return !is_told || flip_expect(screen, screen->crtc.serial + 1, commit->file, commit->user_data,
                                   commit->done) != NULL
               ? 0
               : -ENOMEM;
}

int commit_state(struct drm_screen *screen, struct mode_state *next, const struct commit *commit)
{
    struct crtc *crtc = &screen->crtc;
    if (!change_concerns_crtc(&crtc->state, next, commit->parts)) {
        become(screen, next);
        return 0;
    }
    if (!commit->overtakes && commit->nonblock && commit_is_pending(screen)) {
        return -EBUSY;
    }
    if (!commit->overtakes && (!commit->nonblock || crtc->serial == crtc->again_serial)) {
        await(screen);
    }
    const bool fresh =
        next->active && (crtc->window == NULL || state_needs_modeset(&crtc->state, next));
    int result = fresh ? open_window(screen, state_mode(next)) : 0;
    if (result != 0) {
        return result;
    }
    result = next->active ? show(screen, next, commit, fresh) : 0;
    if (result == -EIO && !fresh && gemd_session_lost(screen->session) != GEMD_LOST_NOT) {
        result = put_off(screen, commit);
    }
    if (result != 0 && !fresh) {
        return result;
    }
    if (!next->active) {
        drop_window(screen);
        if (commit->file != 0 || commit->done != NULL) {
            flip_tell_now(screen, commit->file, commit->user_data, commit->done);
        }
    }
    become(screen, next);
    if (result == 0 && !commit->nonblock) {
        await(screen);
    }
    return result;
}

int commit_cursor(struct drm_screen *screen, struct mode_state *next, bool image)
{
    struct crtc *crtc = &screen->crtc;
    if (crtc->window != NULL) {
        if (crtc->cursor_serial == crtc->serial) { /* it would come after this one */
            await(screen);
        }
        int result = send_cursor(screen, &next->cursor, image, false);
        if (result != 0) {
            return result;
        }
    }
    become(screen, next);
    return 0;
}

void commit_again(struct drm_screen *screen)
{
    struct crtc *crtc = &screen->crtc;
    struct picture picture;
    if (crtc->window == NULL) {
        return;
    }
    flip_finish_all(screen);
    crtc->has_palette = false;
    forget_cursor(crtc);
    (void)send_palette(screen, &crtc->state);
    (void)send_cursor(screen, &crtc->state.cursor, true, false);
    int result = find_picture(screen, &crtc->state, &picture);
    result = result == 0 ? gemd_window_set_format(crtc->window, picture.format) : result;
    if (result == 0) { /* else it was lost again */
        result = gemd_window_present(crtc->window, picture.bo, picture.offset, picture.stride, 1, 0,
                                     &crtc->serial);
    }
    if (result == 0) {
        crtc->again_serial = crtc->serial;
    }
}

/* ---- what goes ---- */

void commit_forget(struct drm_screen *screen, const struct framebuffer *fb, bool wait)
{
    const struct mode_state *now = &screen->crtc.state;
    struct mode_state next;
    const struct commit commit = {.parts = (now->primary.fb == fb ? STATE_PRIMARY : 0u) |
                                           (now->cursor.fb == fb ? STATE_CURSOR : 0u),
                                  .nonblock = !wait,
                                  .overtakes = true};
    if (commit.parts == 0) {
        return;
    }
    state_copy(&next, now);
    struct plane_state *const planes[] = {&next.primary, &next.cursor};
    for (unsigned i = 0; i < 2; i++) {
        if (planes[i]->fb == fb) {
            plane_state_set_fb(planes[i], NULL);
            planes[i]->on_crtc = false;
        }
    }
    if (commit_state(screen, &next, &commit) != 0) {
        drop_window(screen); /* rather nothing than what is not the program's any more */
        become(screen, &next);
    }
}

void commit_off(struct drm_screen *screen)
{
    struct mode_state next = {0};
    drop_window(screen);
    become(screen, &next);
}
