/* SPDX-License-Identifier: MIT */
/*
 * Framebuffer windows of the daemon's screen.
 *
 * A window has up to three buffers: one on the screen, one that waits for its vblank, one to draw
 * into. A swap queues a flip and returns; the next frame's first use of the back buffer takes a
 * buffer that the screen has released and waits for one only if there is none. That wait is what
 * paces a program: by vblanks with swap interval 1, by the GPU with interval 0.
 */
#include "backend.h"

#include <errno.h>
#include <stdlib.h>

#include "gbm.h"
#include "gemd_egl.h"
#include "platform.h"
#include "proto/gemd.h"
#include "util/u_inlines.h"
#include "winsys/i915/driver.h"

#define BUFFERS_MAX 3
#define NO_BUFFER   BUFFERS_MAX

struct buffer {
    struct pipe_resource *texture; /* NULL until used */
    struct gemd_bo *bo;            /* the texture's */
    uint32_t offset, stride;       /* bytes */
    uint64_t serial;               /* of the frame it was last shown as; 0: never shown */
    uint64_t swap;                 /* the window's count then */
};

struct framebuffer_window {
    struct gemd_surface surface;
    struct gemd_window *window;
    struct buffer buffers[BUFFERS_MAX];
    unsigned back;  /* being drawn, or NO_BUFFER */
    unsigned front; /* shown last, or NO_BUFFER */
    uint64_t swaps;
};

static bool allocate(struct framebuffer_window *window, struct buffer *buffer)
{
    struct gemd_screen *screen = &window->surface.display->screen;

    buffer->texture = gemd_surface_texture(&window->surface, window->surface.visual.color_format,
                                           PIPE_BIND_RENDER_TARGET | PIPE_BIND_DISPLAY_TARGET |
                                               PIPE_BIND_SCANOUT | PIPE_BIND_SHARED);
    if (!buffer->texture) {
        return false;
    }
    buffer->bo = screen->driver->resource_bo(screen->pipe, buffer->texture, &buffer->stride,
                                             &buffer->offset);
    if (!buffer->bo) {
        pipe_resource_reference(&buffer->texture, NULL);
    }
    return buffer->bo != NULL;
}

/* Whether it may become the other of back and front once the screen lets it go. */
static bool is_candidate(const struct framebuffer_window *window, unsigned i)
{
    return window->buffers[i].texture && i != window->back && i != window->front;
}

/* The buffer that was shown longest ago among those that the screen no longer needs. */
static unsigned find_released(struct framebuffer_window *window)
{
    unsigned found = NO_BUFFER;

    for (unsigned i = 0; i < BUFFERS_MAX; i++) {
        struct buffer *buffer = &window->buffers[i];

        if (is_candidate(window, i) && gemd_window_released(window->window, buffer->serial) &&
            (found == NO_BUFFER || buffer->serial < window->buffers[found].serial)) {
            found = i;
        }
    }
    return found;
}

/* When the session is lost any buffer will do: nobody shows it, and the program may draw on. */
static unsigned wait_released(struct framebuffer_window *window)
{
    unsigned owners[BUFFERS_MAX], count = 0, which = 0;
    uint64_t serials[BUFFERS_MAX];

    for (unsigned i = 0; i < BUFFERS_MAX; i++) {
        if (is_candidate(window, i)) {
            owners[count] = i;
            serials[count++] = window->buffers[i].serial;
        }
    }
    if (count == 0) {
        return NO_BUFFER;
    }
    if (gemd_window_wait_released(window->window, serials, count, GEMD_FOREVER, &which) != 0 ||
        which >= count) {
        which = 0;
    }
    return owners[which];
}

static unsigned take_back(struct framebuffer_window *window)
{
    unsigned found = find_released(window);

    for (unsigned i = 0; found == NO_BUFFER && i < BUFFERS_MAX; i++) {
        if (!window->buffers[i].texture && allocate(window, &window->buffers[i])) {
            found = i;
        }
    }
    return found != NO_BUFFER ? found : wait_released(window);
}

static struct pipe_resource *window_color(struct gemd_surface *surface,
                                          enum st_attachment_type which)
{
    struct framebuffer_window *window = (struct framebuffer_window *)surface;
    unsigned *place = which == ST_ATTACHMENT_FRONT_LEFT ? &window->front : &window->back;

    if (*place == NO_BUFFER) {
        *place = take_back(window);
        if (*place == NO_BUFFER) {
            return NULL;
        }
    }
    return window->buffers[*place].texture;
}

static bool show(struct framebuffer_window *window, struct buffer *buffer, uint32_t interval)
{
    struct gemd_session *session = window->surface.display->screen.session;
    int error = gemd_window_present(window->window, buffer->bo, buffer->offset, buffer->stride,
                                    interval, gemd_last_seqno(session), &buffer->serial);

    if (error == -EIO) {
        return _eglError(EGL_CONTEXT_LOST, "eglSwapBuffers: the daemon's session ended");
    }
    return error == 0 || _eglError(EGL_BAD_NATIVE_WINDOW, "eglSwapBuffers: not shown");
}

/* A flip shows the whole buffer. */
static bool window_present(struct gemd_surface *surface, struct gemd_context *context,
                           const struct gemd_damage *damage)
{
    struct framebuffer_window *window = (struct framebuffer_window *)surface;

    if (window->back == NO_BUFFER && !window_color(surface, ST_ATTACHMENT_BACK_LEFT)) {
        return _eglError(EGL_BAD_ALLOC, "eglSwapBuffers");
    }
    if (!show(window, &window->buffers[window->back], surface->base.SwapInterval)) {
        return false;
    }
    window->buffers[window->back].swap = ++window->swaps;
    window->front = window->back;
    window->back = NO_BUFFER;
    return true;
}

/*
 * The front buffer is the one on the screen, so that drawing into it shows by itself. Only a window
 * that never swapped has to be brought there.
 */
static void window_present_front(struct gemd_surface *surface, struct pipe_context *pipe)
{
    struct framebuffer_window *window = (struct framebuffer_window *)surface;

    if (window->front != NO_BUFFER && window->buffers[window->front].serial == 0) {
        show(window, &window->buffers[window->front], 0);
    }
}

static EGLint window_buffer_age(struct gemd_surface *surface)
{
    struct framebuffer_window *window = (struct framebuffer_window *)surface;

    if (!window_color(surface, ST_ATTACHMENT_BACK_LEFT)) {
        return 0;
    }
    const struct buffer *back = &window->buffers[window->back];

    return back->swap == 0 ? 0 : (EGLint)(window->swaps - back->swap + 1);
}

static void window_finish(struct gemd_surface *surface)
{
    struct framebuffer_window *window = (struct framebuffer_window *)surface;

    gemd_window_destroy(window->window);
    for (unsigned i = 0; i < BUFFERS_MAX; i++) {
        pipe_resource_reference(&window->buffers[i].texture, NULL);
    }
}

static const struct gemd_surface_ops window_ops = {
    .color = window_color,
    .present = window_present,
    .present_front = window_present_front,
    .buffer_age = window_buffer_age,
    .finish = window_finish,
};

static _EGLSurface *create_framebuffer(_EGLDisplay *egl, _EGLConfig *config, void *native,
                                       const EGLint *attributes)
{
    struct gemd_session *session = gemd_display(egl)->screen.session;
    const struct gemd_egl_window *wanted = native;
    struct framebuffer_window *window = calloc(1, sizeof(*window));
    int error;

    if (!window) {
        _eglError(EGL_BAD_ALLOC, "eglCreateWindowSurface");
        return NULL;
    }
    if (!gemd_surface_init(&window->surface, &window_ops, egl, EGL_WINDOW_BIT, config, native,
                           attributes)) {
        free(window);
        return NULL;
    }
    window->back = window->front = NO_BUFFER;
    error = gemd_window_create(session, wanted->width, wanted->height, &window->window);
    if (error != 0) {
        _eglError(error == -EINVAL ? EGL_BAD_NATIVE_WINDOW : EGL_BAD_ALLOC,
                  "eglCreateWindowSurface: the daemon refuses the window");
        gemd_surface_finish(&window->surface);
        free(window);
        return NULL;
    }
    window->surface.base.Width = gemd_window_width(window->window);
    window->surface.base.Height = gemd_window_height(window->window);
    return &window->surface.base;
}

#define INTERVAL_MAX 4 /* vblanks: 15 frames a second */

static void set_config(struct gemd_display *display, const struct gemd_color_format *color,
                       _EGLConfig *config)
{
    config->NativeVisualID = (EGLint)color->fourcc;
    config->SurfaceType |= EGL_WINDOW_BIT;
    config->MinSwapInterval = 0;
    config->MaxSwapInterval = INTERVAL_MAX;
}

static _EGLSurface *create_window(_EGLDisplay *egl, _EGLConfig *config, void *native,
                                  const EGLint *attributes)
{
    const struct gemd_egl_window *window = native;

    /* Who asks for GBM without a device has this display. */
    if (gemd_gbm_has_surface(native)) {
        return gemd_platform_gbm.create_window(egl, config, native, attributes);
    }
    const bool sized = window->width != 0;

    if (sized != (window->height != 0) || window->width > INT32_MAX || window->height > INT32_MAX) {
        _eglError(EGL_BAD_NATIVE_WINDOW, "eglCreateWindowSurface: the window's size");
        return NULL;
    }
    if (gemd_display(egl)->screen.session) {
        return create_framebuffer(egl, config, native, attributes);
    }
    return gemd_create_offscreen(egl, config, EGL_WINDOW_BIT, native,
                                 sized ? (EGLint)window->width : 640,
                                 sized ? (EGLint)window->height : 480, attributes);
}

const struct gemd_platform gemd_platform_screen = {
    .set_config = set_config,
    .create_window = create_window,
    .image_of_pixmap = gemd_gbm_image,
};
