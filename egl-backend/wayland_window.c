/* SPDX-License-Identifier: MIT */
/*
 * Windows of a Wayland compositor.
 *
 * A swap hands the back buffer over and returns; the next one waits until the compositor has asked
 * for a frame (its frame callback) when the interval is 1. The next use of a back buffer takes one
 * that was released, and waits for it only when none is left.
 *
 * The program's part of a window, struct wl_egl_window, may go before the surface does; from then
 * on the surface is lost, as it is when the connection breaks: swapping is EGL_BAD_NATIVE_WINDOW,
 * and drawing goes where nobody sees it.
 */
#include "wayland.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <wayland-client.h>
#include <wayland-egl-backend.h>

#include "eglglobals.h"
#include "linux-dmabuf-client-protocol.h"

struct window {
    struct gemd_surface surface;
    struct wayland_window base;
    struct gemd_chain chain;
    const struct wayland_format *format;
    struct wl_egl_window *native; /* NULL: the program destroyed it */
    struct wl_surface *object;    /* a wrapper, whose events go to our queue */
    struct wl_callback *frame;    /* of the frame that was shown last, NULL once it came */
    EGLint width, height;         /* of the chain's buffers */
    bool begun;                   /* the back buffer may have been drawn into */
    bool unfit;                   /* the program wants a size that cannot be drawn */
    int32_t dx, dy;               /* by which the next frame moves the window */
};

static struct window *window_of_chain(struct gemd_chain *chain)
{
    return (struct window *)chain->surface;
}

static struct window *window_of_base(struct wayland_window *base)
{
    return (struct window *)((char *)base - offsetof(struct window, base));
}

static bool is_lost(const struct window *window)
{
    return window->base.orphaned || !window->native;
}

/* ---- events ---- */

static bool dispatch(struct wayland_window *base)
{
    return wl_display_dispatch_queue_pending(base->wayland->connection, base->queue) >= 0;
}

/*
 * Reads with the lock given up. The connection stays until we have left: see
 * wayland_window_orphan().
 */
static bool read_events(struct wayland_window *base, bool now)
{
    bool read;

    base->waiting++;
    pthread_mutex_unlock(&base->lock);
    read = wayland_read(base->wayland, now);
    pthread_mutex_lock(&base->lock);
    if (--base->waiting == 0) {
        pthread_cond_broadcast(&base->left);
    }
    return read && !base->orphaned;
}

/* Whether there is nothing in the queue, and reading is prepared; else tells who listens. */
static bool prepare(struct wayland_window *base)
{
    if (wl_display_prepare_read_queue(base->wayland->connection, base->queue) == 0) {
        return true;
    }
    (void)dispatch(base);
    return false;
}

bool wayland_window_wait(struct wayland_window *base)
{
    if (base->orphaned) {
        return false;
    }
    if (!prepare(base)) {
        return wl_display_get_error(base->wayland->connection) == 0;
    }
    return read_events(base, false) && dispatch(base);
}

static void chain_poll(struct gemd_chain *chain)
{
    struct wayland_window *base = &window_of_chain(chain)->base;

    if (!base->orphaned && prepare(base) && read_events(base, true)) {
        (void)dispatch(base);
    }
}

static bool chain_wait(struct gemd_chain *chain)
{
    struct window *window = window_of_chain(chain);

    return !is_lost(window) && wayland_window_wait(&window->base);
}

static const struct gemd_chain_ops chain_ops = {
    .poll = chain_poll,
    .wait = chain_wait,
    .free_native = wayland_buffer_free,
};

/* ---- what the program does to its window ---- */

static bool is_fit(const struct wl_egl_window *native, const _EGLConfig *config)
{
    return native->width > 0 && native->height > 0 && native->width <= config->MaxPbufferWidth &&
           native->height <= config->MaxPbufferHeight;
}

/*
 * Takes over the size that the program wants, for a frame of which nothing is drawn yet. While it
 * cannot be drawn the frames keep the old one, and are not shown.
 */
static void follow_size(struct window *window)
{
    _EGLSurface *base = &window->surface.base;
    struct wl_egl_window *native = window->native;

    if (!native || window->begun) {
        return;
    }
    window->unfit = !is_fit(native, base->Config);
    if (window->unfit) {
        return;
    }
    base->Width = native->width;
    base->Height = native->height;
    if (window->width == base->Width && window->height == base->Height) {
        return;
    }
    window->width = base->Width;
    window->height = base->Height;
    window->dx = native->dx;
    window->dy = native->dy;
    native->dx = native->dy = 0;
    gemd_chain_resize(&window->chain);
}

/* May be called by another thread than the one that draws; that one renews the buffers. */
static void on_resize(struct wl_egl_window *native, void *data)
{
    struct window *window = data;

    pthread_mutex_lock(&window->base.lock);
    if (!window->begun && is_fit(native, window->surface.base.Config)) {
        window->surface.base.Width = native->width;
        window->surface.base.Height = native->height;
    }
    pthread_mutex_unlock(&window->base.lock);
    gemd_surface_invalidate(&window->surface);
}

static void on_destroy(void *data)
{
    struct window *window = data;

    pthread_mutex_lock(&window->base.lock);
    window->native = NULL;
    window->surface.base.Lost = EGL_TRUE;
    pthread_mutex_unlock(&window->base.lock);
}

/* ---- drawing and showing ---- */

static struct pipe_resource *window_color(struct gemd_surface *surface,
                                          enum st_attachment_type which)
{
    struct window *window = (struct window *)surface;
    struct pipe_resource *texture = NULL;

    pthread_mutex_lock(&window->base.lock);
    if (which == ST_ATTACHMENT_FRONT_LEFT) {
        /* What is shown can be read; nobody is told of what is drawn into it. */
        if (window->chain.front != GEMD_CHAIN_NONE) {
            texture = window->chain.buffers[window->chain.front].texture;
        }
    } else if (!is_lost(window)) {
        follow_size(window);
        const struct gemd_chain_buffer *back = gemd_chain_back(&window->chain);

        texture = back ? back->texture : NULL;
        window->begun = window->begun || (back && !surface->binding);
    }
    pthread_mutex_unlock(&window->base.lock);
    if (!texture && (which == ST_ATTACHMENT_FRONT_LEFT || is_lost(window))) {
        texture = gemd_offscreen_color(surface, which);
    }
    return texture;
}

/* The callback of an earlier frame keeps nobody from showing this one when there is no interval. */
static bool wait_frame(struct window *window, EGLint interval)
{
    while (window->frame && interval > 0) {
        if (!wayland_window_wait(&window->base)) {
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
    struct window *window = data;

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
static void add_damage(struct window *window, const struct gemd_chain_buffer *buffer,
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

static void tell_damage(struct window *window, const struct gemd_chain_buffer *buffer,
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

static void attach(struct window *window, const struct gemd_chain_buffer *buffer)
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

static bool lose(struct window *window)
{
    window->surface.base.Lost = EGL_TRUE;
    return _eglError(EGL_BAD_NATIVE_WINDOW, "eglSwapBuffers: the window or the compositor is gone");
}

static bool is_broken(const struct window *window)
{
    return is_lost(window) || wl_display_get_error(window->base.wayland->connection) != 0;
}

static bool show(struct window *window, EGLint interval, const struct gemd_damage *damage)
{
    struct gemd_chain_buffer *back;

    if (is_broken(window) || !wait_frame(window, interval)) {
        return lose(window);
    }
    follow_size(window);
    if (window->unfit) {
        window->begun = false;
        return _eglError(EGL_BAD_ALLOC, "eglSwapBuffers: larger than the renderer can draw");
    }
    back = gemd_chain_back(&window->chain);
    if (!back || !wayland_buffer_make(&window->base, &window->chain, back, window->format)) {
        return is_broken(window) ? lose(window) : _eglError(EGL_BAD_ALLOC, "eglSwapBuffers");
    }
    if (is_broken(window)) { /* while we waited */
        return lose(window);
    }
    attach(window, back);
    tell_damage(window, back, damage);
    if (interval > 0) {
        window->frame = wl_surface_frame(window->object);
        if (window->frame) {
            wl_callback_add_listener(window->frame, &frame_listener, window);
        }
    }
    wl_surface_commit(window->object);
    /* What does not fit now goes with what waits for its answer. */
    if (wl_display_flush(window->base.wayland->connection) < 0 && errno != EAGAIN) {
        return lose(window);
    }
    gemd_chain_shown(&window->chain, true);
    window->begun = false;
    follow_size(window);
    return true;
}

static bool window_present(struct gemd_surface *surface, struct gemd_context *context,
                           const struct gemd_damage *damage)
{
    struct window *window = (struct window *)surface;
    bool shown;

    pthread_mutex_lock(&window->base.lock);
    shown = show(window, surface->base.SwapInterval, damage);
    pthread_mutex_unlock(&window->base.lock);
    return shown;
}

static EGLint window_buffer_age(struct gemd_surface *surface)
{
    struct window *window = (struct window *)surface;
    EGLint age = 0;

    pthread_mutex_lock(&window->base.lock);
    if (!is_lost(window)) {
        follow_size(window);
        age = gemd_chain_age(&window->chain);
        window->begun = window->chain.back != GEMD_CHAIN_NONE;
    }
    pthread_mutex_unlock(&window->base.lock);
    return age;
}

/* ---- beginning and end ---- */

/* The window's objects on the connection, which is there. */
static void forget_objects(struct window *window)
{
    struct wayland_window *base = &window->base;

    for (unsigned i = 0; i < GEMD_CHAIN_BUFFERS; i++) {
        if (window->chain.buffers[i].native) {
            wayland_buffer_free(&window->chain, &window->chain.buffers[i]);
        }
    }
    if (window->frame) {
        wl_callback_destroy(window->frame);
        window->frame = NULL;
    }
    if (base->asking) {
        zwp_linux_buffer_params_v1_destroy(base->asking);
        base->asking = NULL;
    }
    /* In any order, but wrappers before their queue. */
    void *const wrappers[] = {window->object, base->shm, base->dmabuf};

    for (unsigned i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
        if (wrappers[i]) {
            wl_proxy_wrapper_destroy(wrappers[i]);
        }
    }
    window->object = NULL;
    base->shm = NULL;
    base->dmabuf = NULL;
    if (base->queue) {
        wl_event_queue_destroy(base->queue);
        base->queue = NULL;
    }
    base->orphaned = true;
}

void wayland_window_orphan(struct wayland_window *base)
{
    struct window *window = window_of_base(base);

    pthread_mutex_lock(&base->lock);
    while (base->waiting > 0) {
        pthread_cond_wait(&base->left, &base->lock);
    }
    window->surface.base.Lost = EGL_TRUE;
    forget_objects(window);
    pthread_mutex_unlock(&base->lock);
}

static void enlist(struct window *window)
{
    struct wayland *wayland = window->base.wayland;

    pthread_mutex_lock(&wayland->lock);
    window->base.next = wayland->windows;
    wayland->windows = &window->base;
    pthread_mutex_unlock(&wayland->lock);
}

static void unlist(struct window *window)
{
    struct wayland *wayland = window->base.wayland;

    pthread_mutex_lock(&wayland->lock);
    for (struct wayland_window **place = &wayland->windows; *place; place = &(*place)->next) {
        if (*place == &window->base) {
            *place = window->base.next;
            break;
        }
    }
    pthread_mutex_unlock(&wayland->lock);
}

static void window_finish(struct gemd_surface *surface)
{
    struct window *window = (struct window *)surface;

    unlist(window);
    if (window->native) {
        window->native->resize_callback = NULL;
        window->native->destroy_window_callback = NULL;
        window->native->driver_private = NULL;
    }
    if (!window->base.orphaned) {
        forget_objects(window);
        wl_display_flush(window->base.wayland->connection);
    }
    gemd_chain_finish(&window->chain);
    pthread_cond_destroy(&window->base.left);
    pthread_mutex_destroy(&window->base.lock);
}

static const struct gemd_surface_ops window_ops = {
    .color = window_color,
    .needs_complete = true,
    .present = window_present,
    .buffer_age = window_buffer_age,
    .finish = window_finish,
};

static void *wrap(void *proxy, struct wl_event_queue *queue)
{
    void *wrapper = proxy ? wl_proxy_create_wrapper(proxy) : NULL;

    if (wrapper) {
        wl_proxy_set_queue(wrapper, queue);
    }
    return wrapper;
}

/* False when out of memory; what was made stays to be forgotten. */
static bool make_objects(struct window *window, struct wl_surface *object)
{
    struct wayland *wayland = window->base.wayland;

    window->base.queue = wl_display_create_queue(wayland->connection);
    if (!window->base.queue) {
        return false;
    }
    window->object = wrap(object, window->base.queue);
    window->base.shm = wrap(wayland->shm, window->base.queue);
    window->base.dmabuf = wrap(wayland->dmabuf, window->base.queue);
    return window->object && (window->base.shm || !wayland->shm) &&
           (window->base.dmabuf || !wayland->dmabuf);
}

/* Before version 3 of the structure, the surface stood where the version does now. */
static struct wl_surface *surface_of(const struct wl_egl_window *native)
{
    struct wl_surface *object;

    if (!_eglPointerIsDereferencable((void *)native)) {
        return NULL;
    }
    object = _eglPointerIsDereferencable((void *)native->version) ? (void *)native->version
                                                                  : native->surface;
    if (!_eglPointerIsDereferencable(object) ||
        strcmp(wl_proxy_get_class((struct wl_proxy *)object), wl_surface_interface.name) != 0) {
        return NULL;
    }
    return object;
}

/* An EGL error, or EGL_SUCCESS. */
static EGLint check(const struct wl_egl_window *native, const _EGLConfig *config)
{
    if (!surface_of(native) || !is_fit(native, config)) {
        return EGL_BAD_NATIVE_WINDOW;
    }
    return native->driver_private ? EGL_BAD_ALLOC : EGL_SUCCESS;
}

static bool init(struct window *window, _EGLDisplay *egl, _EGLConfig *config,
                 struct wl_egl_window *native, const EGLint *attributes)
{
    struct gemd_surface *surface = &window->surface;
    struct wayland *wayland = gemd_display(egl)->native;

    if (!gemd_surface_init(surface, &window_ops, egl, EGL_WINDOW_BIT, config, native, attributes)) {
        return false;
    }
    surface->base.Width = window->width = native->width;
    surface->base.Height = window->height = native->height;
    window->format = wayland_format_of(surface->visual.color_format, surface->base.PresentOpaque);
    window->base.wayland = wayland;
    pthread_mutex_init(&window->base.lock, NULL);
    pthread_cond_init(&window->base.left, NULL);
    gemd_chain_init(&window->chain, surface, &chain_ops);
    enlist(window);
    if (!wayland_formats_has(&wayland->formats, window->format) ||
        !make_objects(window, surface_of(native))) {
        window_finish(surface);
        gemd_surface_finish(surface);
        return _eglError(EGL_BAD_ALLOC, "eglCreateWindowSurface");
    }
    window->native = native;
    native->driver_private = window;
    native->resize_callback = on_resize;
    native->destroy_window_callback = on_destroy;
    return true;
}

_EGLSurface *wayland_create_window(_EGLDisplay *egl, _EGLConfig *config, void *native,
                                   const EGLint *attributes)
{
    const EGLint error = check(native, config);
    struct window *window;

    if (error != EGL_SUCCESS) {
        _eglError(error, "eglCreateWindowSurface: the window");
        return NULL;
    }
    window = calloc(1, sizeof(*window));
    if (!window) {
        _eglError(EGL_BAD_ALLOC, "eglCreateWindowSurface");
        return NULL;
    }
    if (!init(window, egl, config, native, attributes)) {
        free(window);
        return NULL;
    }
    return &window->surface.base;
}
