/* SPDX-License-Identifier: MIT */
/*
 * Windows of an X server.
 *
 * With Present, a swap gives the back buffer to the server, which copies it into the window at the
 * next vblank and then says that it is idle; the next swap waits for that vblank, which is what
 * paces a program. With MIT-SHM alone, a swap waits until the server has copied. Either way one
 * question at each swap tells whether there still is such a window, and its size.
 */
#include "x11.h"

#include <stdlib.h>

struct x11_window {
    struct gemd_x11_surface base;
    struct gemd_x11_present present;
    xcb_xfixes_region_t region; /* 0 until used */
    bool paced;                 /* the last frame waits for its vblank */
};

static struct x11_window *window_of(struct gemd_chain *chain)
{
    return (struct x11_window *)chain->surface;
}

static bool lose(struct x11_window *window)
{
    window->base.surface.base.Lost = EGL_TRUE;
    return _eglError(EGL_BAD_NATIVE_WINDOW, "eglSwapBuffers: the window has gone");
}

/* ---- the chain ---- */

static void poll_buffers(struct gemd_chain *chain)
{
    struct x11_window *window = window_of(chain);

    if (window->present.events) {
        gemd_x11_present_poll(gemd_x11_surface(chain->surface)->x11, &window->present, chain);
    }
}

/* Buffers that nobody can give back any more are ours: the program may draw on. */
static bool wait_buffer(struct gemd_chain *chain)
{
    struct x11_window *window = window_of(chain);

    if (!window->present.events) {
        return false; /* none is ever busy */
    }
    if (gemd_x11_present_wait(gemd_x11_surface(chain->surface)->x11, &window->present, chain)) {
        return true;
    }
    for (unsigned i = 0; i < GEMD_CHAIN_BUFFERS; i++) {
        if (chain->buffers[i].texture && chain->buffers[i].busy) {
            gemd_chain_returned(chain, &chain->buffers[i]);
        }
    }
    return true;
}

static void free_native(struct gemd_chain *chain, struct gemd_chain_buffer *buffer)
{
    gemd_x11_buffer_free(gemd_x11_surface(chain->surface)->x11, buffer);
}

static const struct gemd_chain_ops chain_ops = {
    .poll = poll_buffers,
    .wait = wait_buffer,
    .free_native = free_native,
};

/* ---- the size ---- */

/* A window may grow beyond what the renderer can draw; then its upper left part shows something. */
static void adopt_size(struct x11_window *window, uint16_t width, uint16_t height)
{
    _EGLSurface *base = &window->base.surface.base;
    const EGLint new_width = MIN2(width, base->Config->MaxPbufferWidth);
    const EGLint new_height = MIN2(height, base->Config->MaxPbufferHeight);

    if (base->Width != new_width || base->Height != new_height) {
        base->Width = new_width;
        base->Height = new_height;
        gemd_chain_resize(&window->base.chain);
        gemd_surface_invalidate(&window->base.surface);
    }
}

/* False when the window has gone. */
static bool ask_size(struct x11_window *window)
{
    struct gemd_x11_geometry geometry;

    if (!gemd_x11_get_geometry(window->base.x11, window->base.target.drawable, &geometry)) {
        return false;
    }
    window->present.resized = true;
    window->present.width = geometry.width;
    window->present.height = geometry.height;
    return true;
}

static void take_size(struct x11_window *window)
{
    if (window->present.resized) {
        window->present.resized = false;
        adopt_size(window, window->present.width, window->present.height);
    }
}

/* A frame begins: it has the size that the window has now. */
static void follow_size(struct x11_window *window)
{
    if (window->present.events) {
        poll_buffers(&window->base.chain);
    } else {
        (void)ask_size(window);
    }
    take_size(window);
}

/* ---- buffers ---- */

static bool is_single(const struct x11_window *window)
{
    return window->base.surface.base.ActiveRenderBuffer == EGL_SINGLE_BUFFER;
}

static struct gemd_chain_buffer *front_buffer(struct x11_window *window)
{
    struct gemd_x11 *x11 = window->base.x11;
    struct gemd_chain_buffer *front;
    bool made = false;

    if (is_single(window) && window->base.chain.front == GEMD_CHAIN_NONE) {
        follow_size(window);
    }
    front = gemd_chain_front(&window->base.chain, &made);
    if (front && made && gemd_x11_buffer(x11, front, window->base.target.pixels)) {
        gemd_x11_read_buffer(x11, &window->base.target, front);
    }
    return front;
}

static struct pipe_resource *color(struct x11_window *window, enum st_attachment_type which)
{
    struct gemd_chain_buffer *buffer;

    if (which == ST_ATTACHMENT_FRONT_LEFT || is_single(window)) {
        buffer = front_buffer(window);
    } else {
        if (window->base.chain.back == GEMD_CHAIN_NONE) {
            follow_size(window);
        }
        buffer = gemd_chain_back(&window->base.chain);
    }
    return buffer ? buffer->texture : NULL;
}

static EGLint buffer_age(struct x11_window *window)
{
    if (is_single(window)) {
        return 0;
    }
    if (window->base.chain.back == GEMD_CHAIN_NONE) {
        follow_size(window);
    }
    return gemd_chain_age(&window->base.chain);
}

/* ---- showing ---- */

/* The part of the pixmap that goes into the window; 0: all of it. */
static xcb_xfixes_region_t update_region(struct x11_window *window,
                                         const struct gemd_chain_buffer *buffer,
                                         const struct gemd_damage *damage)
{
    xcb_connection_t *c = window->base.x11->connection;
    struct gemd_x11 *x11 = window->base.x11;
    xcb_rectangle_t rectangles[GEMD_X11_RECTANGLES];
    const uint32_t width = buffer->stride / (window->base.target.pixels->bits_per_pixel / 8u);

    if (damage->count == 0 && width == (uint32_t)buffer->width) {
        return 0;
    }
    const unsigned count = gemd_x11_rectangles(damage, buffer->width, buffer->height, rectangles);

    if (!window->region) {
        window->region = xcb_generate_id(c);
        gemd_x11_forget(x11,
                        xcb_xfixes_create_region_checked(c, window->region, count, rectangles));
    } else {
        gemd_x11_forget(x11, xcb_xfixes_set_region_checked(c, window->region, count, rectangles));
    }
    return window->region;
}

/* False when the window has gone. */
static bool wait_for_vblank(struct x11_window *window)
{
    struct gemd_x11_present *events = &window->present;

    while (window->paced && events->completed != events->serial) {
        if (!gemd_x11_present_wait(window->base.x11, events, &window->base.chain)) {
            return false;
        }
    }
    return true;
}

static bool show_by_present(struct x11_window *window, const struct gemd_chain_buffer *buffer,
                            const struct gemd_damage *damage)
{
    struct gemd_x11 *x11 = window->base.x11;
    struct gemd_x11_present *events = &window->present;
    const bool paced = window->base.surface.base.SwapInterval > 0;

    if (!ask_size(window) || !wait_for_vblank(window)) {
        return false;
    }
    window->paced = paced;
    gemd_x11_forget(x11, xcb_present_pixmap_checked(
                             x11->connection, events->window,
                             ((const struct gemd_x11_buffer *)buffer->native)->pixmap,
                             ++events->serial, 0, update_region(window, buffer, damage), 0, 0, 0, 0,
                             0, paced ? XCB_PRESENT_OPTION_NONE : XCB_PRESENT_OPTION_ASYNC,
                             paced ? events->msc + 1 : 0, 0, 0, 0, NULL));
    xcb_flush(x11->connection);
    return true;
}

static void put(struct x11_window *window, const struct gemd_chain_buffer *buffer,
                const struct gemd_damage *damage)
{
    xcb_rectangle_t rectangles[GEMD_X11_RECTANGLES];
    const unsigned count = gemd_x11_rectangles(damage, buffer->width, buffer->height, rectangles);

    gemd_x11_put_buffer(window->base.x11, &window->base.target, buffer, rectangles, count);
}

/* The buffer as the server knows it is made when it is first shown. */
static bool prepare(struct x11_window *window, struct gemd_chain_buffer *buffer)
{
    struct gemd_x11 *x11 = window->base.x11;

    if (!buffer) {
        return _eglError(EGL_BAD_ALLOC, "eglSwapBuffers");
    }
    if (gemd_x11_buffer(x11, buffer, window->base.target.pixels)) {
        return true;
    }
    return xcb_connection_has_error(x11->connection) ? lose(window)
                                                     : _eglError(EGL_BAD_ALLOC, "eglSwapBuffers");
}

/* What the server has not read before it is drawn over is shown in a later state. */
static void present_front(struct x11_window *window, struct pipe_context *pipe)
{
    struct gemd_surface *surface = &window->base.surface;
    struct gemd_chain_buffer *buffer = front_buffer(window);

    if (surface->base.Lost || !prepare(window, buffer)) {
        return;
    }
    gemd_surface_wait_drawn(surface, pipe);
    put(window, buffer, NULL);
    if (!ask_size(window)) {
        surface->base.Lost = EGL_TRUE;
    } else if (is_single(window)) {
        poll_buffers(&window->base.chain);
        take_size(window);
    }
}

static bool present(struct x11_window *window, struct gemd_context *context,
                    const struct gemd_damage *damage)
{
    struct gemd_chain_buffer *buffer;
    bool shown;

    if (is_single(window)) {
        present_front(window, context->st->pipe);
        return window->base.surface.base.Lost ? lose(window) : true;
    }
    buffer = gemd_chain_back(&window->base.chain);
    if (!prepare(window, buffer)) {
        return false;
    }
    if (window->present.events) {
        shown = show_by_present(window, buffer, damage);
    } else {
        put(window, buffer, damage);
        shown = ask_size(window); /* the answer tells too that the server has read the buffer */
    }
    gemd_chain_shown(&window->base.chain, shown && window->present.events);
    poll_buffers(&window->base.chain);
    take_size(window);
    return shown ? true : lose(window);
}

static bool sync_values(struct x11_window *window, uint64_t *ust, uint64_t *msc, uint64_t *sbc)
{
    struct gemd_x11_present *seen = &window->present;

    if (!seen->events || !gemd_x11_present_ask(window->base.x11, seen, &window->base.chain)) {
        return false;
    }
    *ust = seen->ust;
    *msc = seen->msc;
    *sbc = window->base.chain.swaps - (seen->serial - seen->completed);
    return true;
}

/* Buffers that are still out are ours again: nobody shows them any more. */
static void window_end(struct gemd_x11_surface *surface)
{
    struct x11_window *window = (struct x11_window *)surface;
    struct gemd_x11 *x11 = surface->x11;

    gemd_x11_present_finish(x11, &window->present);
    for (unsigned i = 0; i < GEMD_CHAIN_BUFFERS; i++) {
        struct gemd_chain_buffer *buffer = &surface->chain.buffers[i];

        if (buffer->texture && buffer->native) {
            gemd_x11_buffer_free(x11, buffer);
        }
        if (buffer->texture && buffer->busy) {
            gemd_chain_returned(&surface->chain, buffer);
        }
    }
    if (window->region) {
        gemd_x11_forget(x11, xcb_xfixes_destroy_region_checked(x11->connection, window->region));
        window->region = 0;
    }
    gemd_x11_forget(x11, xcb_free_gc_checked(x11->connection, surface->target.gc));
    xcb_flush(x11->connection);
}

/* ---- the same under the lock ---- */

static struct pipe_resource *window_color(struct gemd_surface *surface,
                                          enum st_attachment_type which)
{
    struct x11_window *window = (struct x11_window *)surface;

    simple_mtx_lock(&window->base.lock);
    struct pipe_resource *texture = color(window, which);
    simple_mtx_unlock(&window->base.lock);
    return texture;
}

static EGLint window_buffer_age(struct gemd_surface *surface)
{
    struct x11_window *window = (struct x11_window *)surface;

    simple_mtx_lock(&window->base.lock);
    const EGLint age = buffer_age(window);
    simple_mtx_unlock(&window->base.lock);
    return age;
}

static void window_present_front(struct gemd_surface *surface, struct pipe_context *pipe)
{
    struct x11_window *window = (struct x11_window *)surface;

    simple_mtx_lock(&window->base.lock);
    present_front(window, pipe);
    simple_mtx_unlock(&window->base.lock);
}

static bool window_present(struct gemd_surface *surface, struct gemd_context *context,
                           const struct gemd_damage *damage)
{
    struct x11_window *window = (struct x11_window *)surface;

    simple_mtx_lock(&window->base.lock);
    const bool shown = present(window, context, damage);
    simple_mtx_unlock(&window->base.lock);
    return shown;
}

static bool window_sync_values(struct gemd_surface *surface, uint64_t *ust, uint64_t *msc,
                               uint64_t *sbc)
{
    struct x11_window *window = (struct x11_window *)surface;

    simple_mtx_lock(&window->base.lock);
    const bool told = sync_values(window, ust, msc, sbc);
    simple_mtx_unlock(&window->base.lock);
    return told;
}

static void window_finish(struct gemd_surface *surface)
{
    struct x11_window *window = (struct x11_window *)surface;

    gemd_x11_surface_remove(&window->base);
    gemd_chain_finish(&window->base.chain);
}

static const struct gemd_surface_ops window_ops = {
    .color = window_color,
    .needs_complete = true,
    .present = window_present,
    .present_front = window_present_front,
    .buffer_age = window_buffer_age,
    .sync_values = window_sync_values,
    .finish = window_finish,
};

/* ---- creating ---- */

/* The window's visual; false when it is none that can be drawn into. */
static bool get_visual(struct gemd_x11 *x11, xcb_window_t id, xcb_visualid_t *visual)
{
    xcb_get_window_attributes_cookie_t request = xcb_get_window_attributes(x11->connection, id);
    xcb_generic_error_t *error = NULL;
    xcb_get_window_attributes_reply_t *reply =
        xcb_get_window_attributes_reply(x11->connection, request, &error);
    const bool found = reply && reply->_class == XCB_WINDOW_CLASS_INPUT_OUTPUT;

    if (found) {
        *visual = reply->visual;
    }
    free(error);
    free(reply);
    return found;
}

/* EGL_SUCCESS, or the error that the specification has for this window. */
static EGLint find_window(struct gemd_x11 *x11, struct x11_window *window, void *native,
                          const _EGLConfig *config, struct gemd_x11_geometry *geometry)
{
    const struct gemd_config *ours = (const struct gemd_config *)config;
    xcb_visualid_t visual;

    window->base.target.drawable = (xcb_window_t)(uintptr_t)native;
    if ((uintptr_t)native > UINT32_MAX || !get_visual(x11, window->base.target.drawable, &visual) ||
        !gemd_x11_get_geometry(x11, window->base.target.drawable, geometry)) {
        return EGL_BAD_NATIVE_WINDOW;
    }
    window->base.target.pixels =
        gemd_x11_match(x11, ours->visual.color_format, geometry->depth, visual);
    if (!window->base.target.pixels) {
        return EGL_BAD_MATCH;
    }
    return geometry->width > config->MaxPbufferWidth || geometry->height > config->MaxPbufferHeight
               ? EGL_BAD_ALLOC
               : EGL_SUCCESS;
}

_EGLSurface *gemd_x11_create_window(_EGLDisplay *egl, _EGLConfig *config, void *native,
                                    const EGLint *attributes)
{
    struct gemd_x11 *x11 = &gemd_x11_display(gemd_display(egl))->x11;
    struct x11_window *window = calloc(1, sizeof(*window));
    struct gemd_x11_geometry geometry;
    EGLint error;

    if (!window) {
        _eglError(EGL_BAD_ALLOC, "eglCreateWindowSurface");
        return NULL;
    }
    error = find_window(x11, window, native, config, &geometry);
    if (error != EGL_SUCCESS) {
        _eglError(error, "eglCreateWindowSurface");
        free(window);
        return NULL;
    }
    if (!gemd_surface_init(&window->base.surface, &window_ops, egl, EGL_WINDOW_BIT, config, native,
                           attributes)) {
        free(window);
        return NULL;
    }
    /* The core leaves it at the back buffer, as not everybody can. */
    window->base.surface.base.ActiveRenderBuffer = window->base.surface.base.RequestedRenderBuffer;
    window->base.x11 = x11;
    gemd_chain_init(&window->base.chain, &window->base.surface, &chain_ops);
    window->base.target.gc = xcb_generate_id(x11->connection);
    gemd_x11_forget(x11, xcb_create_gc_checked(x11->connection, window->base.target.gc,
                                               window->base.target.drawable,
                                               XCB_GC_GRAPHICS_EXPOSURES, &(uint32_t){0}));
    if (x11->present &&
        !gemd_x11_present_init(x11, &window->present, window->base.target.drawable)) {
        /* It went meanwhile, and swaps will find that. */
    }
    window->base.end = window_end;
    gemd_x11_surface_add(&window->base);
    /* Asked for again, as from now on changes of it are told. */
    if (gemd_x11_get_geometry(x11, window->base.target.drawable, &geometry)) {
        adopt_size(window, geometry.width, geometry.height);
    }
    return &window->base.surface.base;
}
