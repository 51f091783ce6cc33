/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/crtc.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "winsys/drm/server/mode/format.h"
#include "winsys/drm/server/mode/screen.h"

#define FRAME_OFFSET_ALIGN 4096u
#define SHOW_NS            1000000000 /* a picture that is not up by then is not waited for */

static int64_t deadline_in(int64_t ns)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec + ns;
}

bool crtc_is_active(const struct drm_screen *screen)
{
    return screen->crtc.enabled && screen->crtc.window != NULL;
}

int crtc_check_viewport(const struct drm_mode_modeinfo *mode, const struct framebuffer *fb,
                        uint32_t x, uint32_t y)
{
    return (uint64_t)x + mode->hdisplay > fb->width || (uint64_t)y + mode->vdisplay > fb->height
               ? -ENOSPC
               : 0;
}

/* The frame's offset in its buffer; false: the plane cannot begin there. */
static bool frame_offset(const struct framebuffer *fb, uint32_t x, uint32_t y, uint32_t *offset)
{
    uint64_t at = fb->modifier == DRM_FORMAT_MOD_LINEAR
                      ? fb->offset + (uint64_t)y * fb->pitch + (uint64_t)x * (fb->format->bpp / 8)
                      : fb->offset;
    *offset = (uint32_t)at;
    return at % FRAME_OFFSET_ALIGN == 0 && at <= UINT32_MAX &&
           (fb->modifier == DRM_FORMAT_MOD_LINEAR || (x == 0 && y == 0));
}

/* Shows black, from a buffer made for it. */
static int present_black(struct drm_screen *screen)
{
    struct crtc *crtc = &screen->crtc;
    const uint32_t stride = (gemd_window_width(crtc->window) * 4 + 63) & ~63u;
    const uint64_t size = (uint64_t)stride * gemd_window_height(crtc->window);
    if (crtc->black == NULL || gemd_bo_size(crtc->black) < size) {
        gemd_bo_unref(crtc->black);
        int result = gemd_bo_create(screen->session, size, true, &crtc->black);
        if (result != 0) {
            crtc->black = NULL;
            return result;
        }
    }
    int result = gemd_window_set_format(crtc->window, GEMD_FORMAT_XRGB8888);
    return result != 0
               ? result
               : gemd_window_present(crtc->window, crtc->black, 0, stride, 1, 0, &crtc->serial);
}

/* Shows what there is to show, and waits until it is seen. */
static int present(struct drm_screen *screen)
{
    struct crtc *crtc = &screen->crtc;
    uint32_t offset = 0;
    int result;
    if (crtc->fb == NULL) {
        result = present_black(screen);
    } else if (!frame_offset(crtc->fb, crtc->x, crtc->y, &offset)) {
        result = -EINVAL;
    } else {
        result = framebuffer_wait_before(crtc->fb, screen->session);
        result =
            result == 0 ? gemd_window_set_format(crtc->window, crtc->fb->format->format) : result;
        if (result == 0) {
            result = gemd_window_present(crtc->window, crtc->fb->bo, offset, crtc->fb->pitch, 1, 0,
                                         &crtc->serial);
        }
    }
    if (result == 0) {
        (void)gemd_window_wait_latched(crtc->window, crtc->serial, deadline_in(SHOW_NS));
    }
    return result;
}

/* The picture of the cursor's framebuffer, line by line. */
static int send_cursor_image(struct drm_screen *screen)
{
    static uint32_t image[GEMD_CURSOR_SIDE_MAX * GEMD_CURSOR_SIDE_MAX]; /* under the lock */
    const struct framebuffer *fb = screen->crtc.cursor_fb;
    const uint8_t *pixels = gemd_bo_map(fb->bo);
    for (uint32_t y = 0; y < fb->height; y++) {
        memcpy(image + (size_t)y * fb->width, pixels + (size_t)y * fb->pitch,
               fb->width * sizeof(uint32_t));
    }
    return gemd_cursor_set(screen->crtc.window, fb->width, image);
}

static int32_t clamp(int32_t value)
{
    return value < -4095 ? -4095 : value > 4095 ? 4095 : value;
}

static int send_cursor(struct drm_screen *screen, bool image)
{
    const struct crtc *crtc = &screen->crtc;
    if (crtc->window == NULL) {
        return 0;
    }
    int result = crtc->cursor_fb != NULL && image ? send_cursor_image(screen) : 0;
    return result != 0 ? result
                       : gemd_cursor_move(crtc->window, crtc->cursor_fb != NULL,
                                          clamp(crtc->cursor_x), clamp(crtc->cursor_y));
}

/* What was to come up is told as come. */
static void drop_window(struct drm_screen *screen)
{
    struct crtc *crtc = &screen->crtc;
    struct gemd_window *window = crtc->window;
    crtc->window = NULL;
    if (window != NULL) {
        gemd_window_destroy(window);
        flip_finish_all(screen);
    }
}

/* A window of the mode's size; the one before goes once this has the screen. */
static int make_window(struct drm_screen *screen)
{
    struct crtc *crtc = &screen->crtc;
    struct gemd_window *before = crtc->window, *window;
    if (before != NULL && gemd_window_width(before) == crtc->mode.hdisplay &&
        gemd_window_height(before) == crtc->mode.vdisplay) {
        return 0;
    }
    int result =
        gemd_window_create(screen->session, crtc->mode.hdisplay, crtc->mode.vdisplay, &window);
    if (result != 0) {
        return result == -ERANGE ? -EINVAL : result;
    }
    drop_window(screen);
    crtc->window = window;
    crtc->serial = 0;
    result = gamma_send(&crtc->gamma, window);
    return result != 0 ? result : send_cursor(screen, true);
}

void crtc_show_again(struct drm_screen *screen)
{
    if (screen->crtc.window == NULL) {
        return;
    }
    flip_finish_all(screen);
    (void)gamma_send(&screen->crtc.gamma, screen->crtc.window);
    (void)send_cursor(screen, true);
    (void)present(screen);
}

static void set_fb(struct framebuffer **place, struct framebuffer *fb)
{
    struct framebuffer *before = *place;
    *place = fb != NULL ? framebuffer_ref(fb) : NULL;
    framebuffer_unref(before);
}

int crtc_set(struct drm_screen *screen, const struct drm_mode_modeinfo *mode,
             struct framebuffer *fb, uint32_t x, uint32_t y)
{
    struct crtc *crtc = &screen->crtc;
    const struct drm_mode_modeinfo mode_before = crtc->mode;
    uint32_t offset;
    if (fb != NULL && !frame_offset(fb, x, y, &offset)) {
        return -EINVAL;
    }
    crtc->mode = *mode;
    int result = make_window(screen);
    if (result != 0) {
        crtc->mode = mode_before;
        return result;
    }
    set_fb(&crtc->fb, fb);
    crtc->enabled = true;
    crtc->dark = false;
    crtc->dpms = DRM_MODE_DPMS_ON;
    crtc->x = x;
    crtc->y = y;
    return present(screen);
}

void crtc_disable(struct drm_screen *screen)
{
    struct crtc *crtc = &screen->crtc;
    drop_window(screen);
    set_fb(&crtc->fb, NULL);
    gemd_bo_unref(crtc->black);
    crtc->black = NULL;
    crtc->enabled = false;
    crtc->dpms = DRM_MODE_DPMS_OFF;
    memset(&crtc->mode, 0, sizeof(crtc->mode));
    crtc->x = crtc->y = 0;
}

int crtc_set_dpms(struct drm_screen *screen, uint64_t value)
{
    struct crtc *crtc = &screen->crtc;
    if (value > DRM_MODE_DPMS_OFF) {
        return -EINVAL;
    }
    /* The hardware knows on and off; standby and suspend are off. */
    value = value == DRM_MODE_DPMS_ON ? DRM_MODE_DPMS_ON : DRM_MODE_DPMS_OFF;
    crtc->dpms = value;
    if (!crtc->enabled || crtc->dark == (value != DRM_MODE_DPMS_ON)) {
        return 0;
    }
    crtc->dark = value != DRM_MODE_DPMS_ON;
    if (crtc->dark) {
        drop_window(screen);
        return 0;
    }
    int result = make_window(screen);
    return result != 0 ? result : present(screen);
}

void crtc_forget(struct drm_screen *screen, const struct framebuffer *fb)
{
    if (screen->crtc.fb == fb) {
        crtc_disable(screen);
    }
    if (screen->crtc.cursor_fb == fb) {
        (void)crtc_set_cursor(screen, NULL, false, screen->crtc.cursor_x, screen->crtc.cursor_y);
    }
}

/* What the plane can show: squares of three sizes, line upon line. */
static bool is_cursor(const struct framebuffer *fb)
{
    return !fb->format->primary && fb->modifier == DRM_FORMAT_MOD_LINEAR &&
           (fb->width == 64 || fb->width == 128 || fb->width == 256) && fb->height == fb->width &&
           fb->pitch == fb->width * 4;
}

int crtc_set_cursor(struct drm_screen *screen, struct framebuffer *fb, bool image, int32_t x,
                    int32_t y)
{
    struct crtc *crtc = &screen->crtc;
    if (fb != NULL && !is_cursor(fb)) {
        return -EINVAL;
    }
    set_fb(&crtc->cursor_fb, fb);
    crtc->cursor_x = x;
    crtc->cursor_y = y;
    return send_cursor(screen, image);
}

/* ---- ioctls ---- */

int crtc_get(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_crtc *get = call->argument;
    struct drm_screen *screen = screen_of(file);
    const struct crtc *crtc = &screen->crtc;
    if (get->crtc_id != MODE_ID_CRTC) {
        return -ENOENT;
    }
    pthread_mutex_lock(&screen->lock);
    get->gamma_size = GAMMA_SIZE;
    get->fb_id = crtc->fb != NULL ? crtc->fb->id : 0;
    get->x = crtc->x;
    get->y = crtc->y;
    get->mode_valid = crtc->enabled;
    if (crtc->enabled) {
        get->mode = crtc->mode;
    }
    pthread_mutex_unlock(&screen->lock);
    return 0;
}

/* As Linux checks what a program makes up; -ERANGE, -EINVAL. */
static int check_mode(const struct drm_mode_modeinfo *mode)
{
    if (mode->clock > INT_MAX || mode->vrefresh > INT_MAX) {
        return -ERANGE;
    }
    if ((mode->flags & DRM_MODE_FLAG_PIC_AR_MASK) != 0 || mode->clock == 0 || mode->hdisplay == 0 ||
        mode->hsync_start < mode->hdisplay || mode->hsync_end < mode->hsync_start ||
        mode->htotal < mode->hsync_end || mode->vdisplay == 0 ||
        mode->vsync_start < mode->vdisplay || mode->vsync_end < mode->vsync_start ||
        mode->vtotal < mode->vsync_end ||
        (mode->flags & (DRM_MODE_FLAG_INTERLACE | DRM_MODE_FLAG_DBLSCAN)) != 0 ||
        (mode->flags & DRM_MODE_FLAG_3D_MASK) != 0) {
        return -EINVAL;
    }
    return 0;
}

static int find_fb(struct drm_screen *screen, const struct drm_mode_crtc *set,
                   struct framebuffer **fb)
{
    if (set->fb_id == UINT32_MAX) {
        *fb = screen->crtc.fb;
        return *fb != NULL ? 0 : -EINVAL;
    }
    *fb = framebuffer_find(screen, set->fb_id);
    return *fb != NULL ? 0 : -ENOENT;
}

static int check_connectors(const struct drm_mode_crtc *set, const struct drm_call *call)
{
    const struct drm_call_array *ids = &call->arrays[0];
    if ((set->count_connectors == 0) != (set->mode_valid == 0)) {
        return -EINVAL;
    }
    if (set->count_connectors > 1) {
        return -EINVAL;
    }
    return set->count_connectors == 1 &&
                   (ids->count < 1 || *(const uint32_t *)ids->bytes != MODE_ID_CONNECTOR)
               ? -ENOENT
               : 0;
}

static int set_locked(struct drm_screen *screen, const struct drm_mode_crtc *set,
                      const struct drm_call *call)
{
    struct framebuffer *fb = NULL;
    int result = 0;
    if (set->mode_valid != 0) {
        result = find_fb(screen, set, &fb);
        result = result == 0 ? check_mode(&set->mode) : result;
        if (result == 0 && !fb->format->primary) {
            result = -EINVAL;
        }
        result = result == 0 ? crtc_check_viewport(&set->mode, fb, set->x, set->y) : result;
    }
    result = result == 0 ? check_connectors(set, call) : result;
    if (result == 0 && set->mode_valid == 0) {
        crtc_disable(screen);
        return 0;
    }
    return result == 0 ? crtc_set(screen, &set->mode, fb, set->x, set->y) : result;
}

int crtc_set_request(struct drm_file *file, struct drm_call *call)
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
