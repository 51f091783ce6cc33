/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/framebuffer.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <i915_drm.h>

#include "winsys/drm/server/mode/commit.h"
#include "winsys/drm/server/mode/format.h"
#include "winsys/drm/server/mode/screen.h"
#include "winsys/drm/server/object.h"
#include "winsys/drm/server/view.h"

#define LINEAR_PITCH_MAX   16384u
#define TILED_PITCH_MAX    8192u
#define LINEAR_PITCH_ALIGN 64u
#define TILED_PITCH_ALIGN  512u
#define TILE_ROWS          8u
#define FRAME_OFFSET_ALIGN 4096u       /* of the daemon's frames */
#define DRAWN_NS           10000000000 /* who hangs the GPU loses it before */

struct framebuffer *framebuffer_find(struct drm_screen *screen, uint32_t id)
{
    struct framebuffer *fb = screen->framebuffers;
    while (fb != NULL && fb->id != id) {
        fb = fb->next;
    }
    return fb;
}

struct framebuffer *framebuffer_ref(struct framebuffer *fb)
{
    fb->references++;
    return fb;
}

void framebuffer_unref(struct framebuffer *fb)
{
    if (fb == NULL || --fb->references > 0) {
        return;
    }
    gemd_bo_unref(fb->bo);
    pthread_mutex_lock(&fb->object->lock);
    fb->object->framebuffers--;
    pthread_mutex_unlock(&fb->object->lock);
    drm_object_unref(fb->object);
    free(fb);
}

bool framebuffer_offset(const struct framebuffer *fb, uint32_t x, uint32_t y, uint32_t *offset)
{
    const bool linear = fb->modifier == DRM_FORMAT_MOD_LINEAR;
    const uint64_t at =
        linear ? fb->offset + (uint64_t)y * fb->pitch + (uint64_t)x * (fb->format->bpp / 8)
               : fb->offset;
    *offset = (uint32_t)at;
    return at % FRAME_OFFSET_ALIGN == 0 && at <= UINT32_MAX && (linear || (x == 0 && y == 0));
}

/* ---- what Linux' core and i915 check, in their order ---- */

static uint64_t row_bytes(const struct drm_mode_fb_cmd2 *request)
{
    return (uint64_t)request->width * (format_find(request->pixel_format)->bpp / 8);
}

static int check_first_plane(const struct drm_mode_fb_cmd2 *request)
{
    if (request->handles[0] == 0) {
        return -EINVAL;
    }
    if ((uint64_t)request->height * request->pitches[0] + request->offsets[0] > UINT32_MAX) {
        return -ERANGE;
    }
    if (request->pitches[0] < row_bytes(request)) {
        return -EINVAL;
    }
    return request->modifier[0] != 0 && (request->flags & DRM_MODE_FB_MODIFIERS) == 0 ? -EINVAL : 0;
}

static int check(const struct drm_mode_fb_cmd2 *request)
{
    if ((request->flags & ~(uint32_t)(DRM_MODE_FB_INTERLACED | DRM_MODE_FB_MODIFIERS)) != 0 ||
        request->width > SCREEN_SIZE_MAX || request->height > SCREEN_SIZE_MAX ||
        request->width == 0 || request->height == 0 || format_find(request->pixel_format) == NULL) {
        return -EINVAL;
    }
    int result = check_first_plane(request);
    for (unsigned i = 1; i < 4 && result == 0; i++) {
        if (request->modifier[i] != 0 ||
            ((request->flags & DRM_MODE_FB_MODIFIERS) != 0 &&
             (request->handles[i] != 0 || request->pitches[i] != 0 || request->offsets[i] != 0))) {
            result = -EINVAL;
        }
    }
    return result;
}

/* The plane walks memory as the buffer's tiling says: the modifier must say the same. */
static int check_tiling(const struct drm_mode_fb_cmd2 *request, const struct drm_object *object,
                        uint64_t *modifier)
{
    const bool tiled = object->tiling != I915_TILING_NONE;
    *modifier = (request->flags & DRM_MODE_FB_MODIFIERS) != 0 ? request->modifier[0]
                : tiled                                       ? I915_FORMAT_MOD_X_TILED
                                                              : DRM_FORMAT_MOD_LINEAR;
    if (object->tiling == I915_TILING_Y ||
        (*modifier != DRM_FORMAT_MOD_LINEAR && *modifier != I915_FORMAT_MOD_X_TILED) ||
        tiled != (*modifier == I915_FORMAT_MOD_X_TILED) ||
        (tiled && !format_find(request->pixel_format)->primary)) {
        return -EINVAL;
    }
    return 0;
}

static int check_layout(const struct drm_mode_fb_cmd2 *request, const struct drm_object *object)
{
    const bool tiled = object->tiling != I915_TILING_NONE;
    const uint32_t pitch = request->pitches[0];
    const uint64_t rows = tiled
                              ? ((uint64_t)request->height + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS
                              : request->height;
    const uint64_t bytes = tiled ? rows * pitch : (rows - 1) * pitch + row_bytes(request);
    return pitch > (tiled ? TILED_PITCH_MAX : LINEAR_PITCH_MAX) ||
                   (tiled && pitch != object->pitch) || request->offsets[0] != 0 ||
                   pitch % (tiled ? TILED_PITCH_ALIGN : LINEAR_PITCH_ALIGN) != 0 ||
                   bytes > object->size
               ? -EINVAL
               : 0;
}

/* Its memory, in the screen's session. The object's lock is held. */
static int import(struct drm_screen *screen, struct framebuffer *fb)
{
    struct drm_memory *memory = drm_object_memory(fb->object);
    if (memory == NULL || memory->fd < 0) {
        return -ENOMEM;
    }
    return fb->modifier == I915_FORMAT_MOD_X_TILED
               ? gemd_bo_import_tiled(screen->session, memory->fd, GEMD_TILING_X, fb->pitch,
                                      &fb->bo)
               : gemd_bo_import(screen->session, memory->fd, &fb->bo);
}

static int fill(struct drm_screen *screen, const struct drm_mode_fb_cmd2 *request,
                struct framebuffer *fb)
{
    int result = check_tiling(request, fb->object, &fb->modifier);
    result = result == 0 ? check_layout(request, fb->object) : result;
    if (result != 0) {
        return result;
    }
    fb->references = 1;
    fb->width = request->width;
    fb->height = request->height;
    fb->format = format_find(request->pixel_format);
    fb->pitch = request->pitches[0];
    fb->offset = request->offsets[0];
    result = import(screen, fb);
    if (result == 0) {
        fb->object->framebuffers++;
    }
    return result;
}

int framebuffer_create(struct drm_file *file, const struct drm_mode_fb_cmd2 *request,
                       struct framebuffer **fb)
{
    int result = check(request);
    if (result != 0) {
        return result;
    }
    struct drm_object *object = drm_handle_object(file, request->handles[0]);
    if (object == NULL) {
        return -ENOENT;
    }
    struct framebuffer *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        drm_object_unref(object);
        return -ENOMEM;
    }
    made->owner = file->id;
    made->object = object;
    pthread_mutex_lock(&object->lock);
    result = fill(screen_of(file), request, made);
    pthread_mutex_unlock(&object->lock);
    if (result != 0) {
        drm_object_unref(object);
        free(made);
        return result;
    }
    *fb = made;
    return 0;
}

/* ---- order behind the GPU ---- */

static int wait_before_one(struct drm_server *server, struct gemd_session *session,
                           const struct drm_pending *pending)
{
    struct drm_file *file = drm_file_find(server, pending->file);
    if (file == NULL) {
        return 0; /* its session has ended, and its work with it */
    }
    int fence = gemd_fence_export(file->session, pending->seqno);
    drm_file_unref(file);
    if (fence < 0) {
        return fence == -EIO ? 0 : fence;
    }
    int result = gemd_fence_wait_before(session, fence, drm_now_ns() + DRAWN_NS);
    close(fence);
    return result;
}

int framebuffer_wait_before(struct framebuffer *fb, struct gemd_session *session)
{
    struct drm_pending pending[DRM_FILES_MAX];
    view_await(fb->object);
    pthread_mutex_lock(&fb->object->lock);
    int result = view_push(fb->object);
    pthread_mutex_unlock(&fb->object->lock);
    unsigned count = drm_object_pending(fb->object, false, NULL, pending, 0);
    for (unsigned i = 0; i < count && result == 0; i++) {
        result = wait_before_one(fb->object->server, session, &pending[i]);
    }
    return result;
}

/* ---- names ---- */

static int add(struct drm_file *file, const struct drm_mode_fb_cmd2 *request, uint32_t *id)
{
    struct drm_screen *screen = screen_of(file);
    struct framebuffer *fb;
    pthread_mutex_lock(&screen->lock);
    int result = framebuffer_create(file, request, &fb);
    if (result == 0) {
        fb->id = ++screen->last_id;
        fb->modifiers = (request->flags & DRM_MODE_FB_MODIFIERS) != 0;
        fb->next = screen->framebuffers;
        screen->framebuffers = fb;
        *id = fb->id;
    }
    pthread_mutex_unlock(&screen->lock);
    return result;
}

/* It loses its name, and planes that show it go off. */
static void forget(struct drm_screen *screen, struct framebuffer *fb, bool wait)
{
    struct framebuffer **link = &screen->framebuffers;
    while (*link != fb) {
        link = &(*link)->next;
    }
    *link = fb->next;
    commit_forget(screen, fb, wait);
    fb->id = 0;
    framebuffer_unref(fb);
}

void framebuffer_close_all(struct drm_screen *screen, uint64_t owner)
{
    for (struct framebuffer *fb = screen->framebuffers, *next; fb != NULL; fb = next) {
        next = fb->next;
        if (fb->owner == owner) {
            forget(screen, fb, false);
        }
    }
}

/* ---- ioctls ---- */

int framebuffer_add(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_fb_cmd *request = call->argument;
    const struct drm_format *format = format_find_legacy(request->bpp, request->depth);
    const struct drm_mode_fb_cmd2 whole = {
        .width = request->width,
        .height = request->height,
        .pixel_format = format != NULL ? format->name : 0,
        .handles = {request->handle},
        .pitches = {request->pitch},
    };
    return add(file, &whole, &request->fb_id);
}

int framebuffer_add2(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_fb_cmd2 *request = call->argument;
    return add(file, request, &request->fb_id);
}

int framebuffer_remove(struct drm_file *file, struct drm_call *call)
{
    const uint32_t id = *(const uint32_t *)call->argument;
    struct drm_screen *screen = screen_of(file);
    pthread_mutex_lock(&screen->lock);
    struct framebuffer *fb = framebuffer_find(screen, id);
    int result = fb == NULL || fb->owner != file->id ? -ENOENT : 0;
    if (result == 0) {
        forget(screen, fb, true);
    }
    pthread_mutex_unlock(&screen->lock);
    return result;
}

int framebuffer_get(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_fb_cmd *get = call->argument;
    struct drm_screen *screen = screen_of(file);
    int result = -ENOENT;
    const bool master = drm_file_is_master(file);
    pthread_mutex_lock(&screen->lock);
    const struct framebuffer *fb = framebuffer_find(screen, get->fb_id);
    if (fb != NULL) {
        get->width = fb->width;
        get->height = fb->height;
        get->pitch = fb->pitch;
        get->bpp = fb->format->bpp;
        get->depth = fb->format->depth;
        get->handle = 0;
        result = master ? drm_handle_create(file, fb->object, &get->handle) : 0;
    }
    pthread_mutex_unlock(&screen->lock);
    return result;
}

int framebuffer_get2(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_fb_cmd2 *get = call->argument;
    struct drm_screen *screen = screen_of(file);
    int result = -ENOENT;
    const bool master = drm_file_is_master(file);
    pthread_mutex_lock(&screen->lock);
    const struct framebuffer *fb = framebuffer_find(screen, get->fb_id);
    if (fb != NULL) {
        *get = (struct drm_mode_fb_cmd2){
            .fb_id = fb->id,
            .width = fb->width,
            .height = fb->height,
            .pixel_format = fb->format->name,
            .flags = DRM_MODE_FB_MODIFIERS,
            .pitches = {fb->pitch},
            .offsets = {fb->offset},
            .modifier = {fb->modifier},
        };
        result = master ? drm_handle_create(file, fb->object, &get->handles[0]) : 0;
    }
    pthread_mutex_unlock(&screen->lock);
    return result;
}

/* Who watches the screen is told; the pipe reads the buffer itself. Under the lock. */
static void tell_drawn(struct drm_screen *screen, const struct framebuffer *fb)
{
    const struct crtc *crtc = &screen->crtc;
    if (fb != NULL && fb == crtc->state.primary.fb && crtc->window != NULL) {
        (void)!gemd_window_drawn(crtc->window);
    }
}

int framebuffer_dirty(struct drm_file *file, struct drm_call *call)
{
    const struct drm_mode_fb_dirty_cmd *dirty = call->argument;
    struct drm_screen *screen = screen_of(file);
    pthread_mutex_lock(&screen->lock);
    const struct framebuffer *fb = framebuffer_find(screen, dirty->fb_id);
    tell_drawn(screen, fb);
    pthread_mutex_unlock(&screen->lock);
    if (fb == NULL) {
        return -ENOENT;
    }
    return (dirty->num_clips == 0) != (dirty->clips_ptr == 0) ||
                   ((dirty->flags & DRM_MODE_FB_DIRTY_ANNOTATE_COPY) != 0 &&
                    dirty->num_clips % 2 != 0) ||
                   dirty->num_clips > DRM_MODE_FB_DIRTY_MAX_CLIPS
               ? -EINVAL
               : 0;
}
