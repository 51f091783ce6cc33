/* SPDX-License-Identifier: MIT */
/*
 * Showing a buffer: a swap hands the back buffer over and returns. With interval 1 the next one
 * waits until the compositor has asked for another frame (the frame callback).
 */
#include "wayland.h"

#include <errno.h>

#include <wayland-client.h>
#include <wayland-egl-backend.h>

/* The callback of an earlier frame keeps nobody from showing this one when there is no interval. */
static bool wait_frame(struct wayland_window *window, EGLint interval)
{
    while (window->frame && interval > 0) {
        if (!wayland_window_wait(window)) {
            return false;
        }
    }
    if (window->frame) {
        wl_callback_destroy(window->frame);
        window->frame = NULL;
    }
    return true;
}

static void on_frame(void *data, struct wl_callback *callback, uint32_t time)
{
    struct wayland_window *window = data;

    wl_callback_destroy(callback);
    window->frame = NULL;
}

static const struct wl_callback_listener frame_listener = {
    .done = on_frame,
};

static int32_t clamp(int64_t value, int64_t limit)
{
    return (int32_t)(value < 0 ? 0 : value > limit ? limit : value);
}

/* EGL counts rows from below, Wayland from above. */
static void add_damage(struct wayland_window *window, const struct gemd_chain_buffer *buffer,
                       const EGLint rectangle[4])
{
    const int64_t x = rectangle[0], y = rectangle[1];
    const int32_t left = clamp(x, buffer->width), below = clamp(y, buffer->height);
    const int32_t right = clamp(x + rectangle[2], buffer->width);
    const int32_t above = clamp(y + rectangle[3], buffer->height);

    if (right > left && above > below) {
        wl_surface_damage_buffer(window->object, left, buffer->height - above, right - left,
                                 above - below);
    }
}

static void tell_damage(struct wayland_window *window, const struct gemd_chain_buffer *buffer,
                        const struct gemd_damage *damage)
{
    if (wl_proxy_get_version((struct wl_proxy *)window->object) <
        WL_SURFACE_DAMAGE_BUFFER_SINCE_VERSION) {
        /* In coordinates of the surface, whose scale we do not know. */
        wl_surface_damage(window->object, 0, 0, INT32_MAX, INT32_MAX);
    } else if (damage->count == 0) {
        wl_surface_damage_buffer(window->object, 0, 0, buffer->width, buffer->height);
    } else {
        for (EGLint i = 0; i < damage->count; i++) {
            add_damage(window, buffer, &damage->rectangles[(ptrdiff_t)4 * i]);
        }
    }
}

static void attach(struct wayland_window *window, const struct gemd_chain_buffer *buffer)
{
    int32_t dx = window->dx, dy = window->dy;

    if (wl_proxy_get_version((struct wl_proxy *)window->object) >=
            WL_SURFACE_OFFSET_SINCE_VERSION &&
        (dx != 0 || dy != 0)) {
        wl_surface_offset(window->object, dx, dy);
        dx = dy = 0;
    }
    wl_surface_attach(window->object, wayland_buffer_object(buffer), dx, dy);
    window->dx = window->dy = 0;
    window->native->attached_width = buffer->width;
    window->native->attached_height = buffer->height;
}

static bool lose(struct wayland_window *window)
{
    window->surface.base.Lost = EGL_TRUE;
    return _eglError(EGL_BAD_NATIVE_WINDOW, "eglSwapBuffers: the window or the compositor is gone");
}

static bool is_broken(const struct wayland_window *window)
{
    return wayland_window_is_lost(window) || wl_display_get_error(window->wayland->connection) != 0;
}

/* interval 0: nobody waits for the compositor's wish of another frame. */
static bool commit(struct wayland_window *window, const struct gemd_chain_buffer *buffer,
                   EGLint interval, const struct gemd_damage *damage)
{
    attach(window, buffer);
    tell_damage(window, buffer, damage);
    if (interval > 0) {
        window->frame = wl_surface_frame(window->object);
        if (window->frame) {
            wl_callback_add_listener(window->frame, &frame_listener, window);
        }
    }
    wl_surface_commit(window->object);
    /* What does not fit now goes with what waits for its answer. */
    return wl_display_flush(window->wayland->connection) >= 0 || errno == EAGAIN;
}

static bool show(struct wayland_window *window, EGLint interval, const struct gemd_damage *damage)
{
    struct gemd_chain_buffer *back;

    if (is_broken(window) || !wait_frame(window, interval)) {
        return lose(window);
    }
    wayland_window_follow_size(window);
    if (window->unfit) {
        window->begun = false;
        return _eglError(EGL_BAD_ALLOC, "eglSwapBuffers: larger than the renderer can draw");
    }
    back = gemd_chain_back(&window->chain);
    if (!back || !wayland_buffer_make(window, back)) {
        return is_broken(window) ? lose(window) : _eglError(EGL_BAD_ALLOC, "eglSwapBuffers");
    }
    /* Much may have happened while we waited. */
    if (is_broken(window) || !commit(window, back, interval, damage)) {
        return lose(window);
    }
    gemd_chain_shown(&window->chain, true);
    window->begun = false;
    wayland_window_follow_size(window);
    return true;
}

bool wayland_present(struct gemd_surface *surface, struct gemd_context *context,
                     const struct gemd_damage *damage)
{
    struct wayland_window *window = (struct wayland_window *)surface;
    bool shown;

    pthread_mutex_lock(&window->lock);
    shown = show(window, surface->base.SwapInterval, damage);
    pthread_mutex_unlock(&window->lock);
    return shown;
}

/* The buffer that is shown is shown again, whatever the compositor has read of it. */
void wayland_present_front(struct gemd_surface *surface, struct pipe_context *pipe)
{
    struct wayland_window *window = (struct wayland_window *)surface;
    const struct gemd_damage all = {0};

    gemd_surface_wait_drawn(surface, pipe);
    pthread_mutex_lock(&window->lock);
    if (window->chain.front != GEMD_CHAIN_NONE && !is_broken(window)) {
        struct gemd_chain_buffer *front = &window->chain.buffers[window->chain.front];

        if (wayland_buffer_make(window, front) && !is_broken(window)) {
            front->busy = commit(window, front, 0, &all);
        }
    }
    pthread_mutex_unlock(&window->lock);
}
