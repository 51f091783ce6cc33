/* SPDX-License-Identifier: MIT */
/*
 * Windows of a Wayland compositor.
 *
 * The program's part of a window, struct wl_egl_window, may go before the surface does; from then
 * on the surface is lost, as it is when the connection breaks: swapping is EGL_BAD_NATIVE_WINDOW,
 * and drawing goes where nobody sees it.
 */
#include "wayland.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <wayland-client.h>
#include <wayland-egl-backend.h>

#include "eglglobals.h"
#include "linux-dmabuf-client-protocol.h"
#include "util/u_inlines.h"

/* ---- what the program does to its window ---- */

static bool is_fit(const struct wl_egl_window *native, const _EGLConfig *config)
{
    return native->width > 0 && native->height > 0 && native->width <= config->MaxPbufferWidth &&
           native->height <= config->MaxPbufferHeight;
}

void wayland_window_follow_size(struct wayland_window *window)
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

/*
 * May be called by another thread than the one that draws; that one renews the buffers. What is
 * told at once is the size, unless somebody is about to make a buffer.
 */
static void on_resize(struct wl_egl_window *native, void *data)
{
    struct wayland_window *window = data;

    pthread_mutex_lock(&window->lock);
    if (!window->begun && window->waiting == 0 && is_fit(native, window->surface.base.Config)) {
        window->surface.base.Width = native->width;
        window->surface.base.Height = native->height;
    }
    pthread_mutex_unlock(&window->lock);
    gemd_surface_invalidate(&window->surface);
}

/* Nothing comes for it any more, so nobody must wait. */
static void set_lost(struct wayland_window *window)
{
    window->surface.base.Lost = EGL_TRUE;
    eventfd_write(window->wake, 1);
}

/* Somebody may be waiting in another thread, for a frame of a window that nobody saw. */
static void on_destroy(void *data)
{
    struct wayland_window *window = data;

    pthread_mutex_lock(&window->lock);
    window->native = NULL;
    set_lost(window);
    pthread_mutex_unlock(&window->lock);
}

/* ---- drawing ---- */

static struct pipe_resource *window_color(struct gemd_surface *surface,
                                          enum st_attachment_type which)
{
    struct wayland_window *window = (struct wayland_window *)surface;
    struct pipe_resource *texture = NULL;

    pthread_mutex_lock(&window->lock);
    if (!wayland_window_is_lost(window)) {
        const bool front = which == ST_ATTACHMENT_FRONT_LEFT;
        const struct gemd_chain_buffer *buffer;
        bool made;

        wayland_window_follow_size(window);
        buffer = front ? gemd_chain_front(&window->chain, &made) : gemd_chain_back(&window->chain);
        texture = buffer ? buffer->texture : NULL;
        window->begun = window->begun || (buffer && !front && !surface->binding);
    }
    pthread_mutex_unlock(&window->lock);
    if (!texture && (surface->binding || wayland_window_is_lost(window))) {
        pipe_resource_reference(&surface->color, NULL);
        texture = gemd_offscreen_color(surface, which);
    }
    return texture;
}

static EGLint window_buffer_age(struct gemd_surface *surface)
{
    struct wayland_window *window = (struct wayland_window *)surface;
    EGLint age = 0;

    pthread_mutex_lock(&window->lock);
    if (!wayland_window_is_lost(window)) {
        wayland_window_follow_size(window);
        age = gemd_chain_age(&window->chain);
        window->begun = window->chain.back != GEMD_CHAIN_NONE;
    }
    pthread_mutex_unlock(&window->lock);
    return age;
}

/* ---- beginning and end ---- */

/* The window's objects on the connection, which is there. */
static void forget_objects(struct wayland_window *window)
{
    for (unsigned i = 0; i < GEMD_CHAIN_BUFFERS; i++) {
        if (window->chain.buffers[i].native) {
            wayland_buffer_free(&window->chain, &window->chain.buffers[i]);
        }
    }
    if (window->frame) {
        wl_callback_destroy(window->frame);
        window->frame = NULL;
    }
    if (window->asking) {
        zwp_linux_buffer_params_v1_destroy(window->asking);
        window->asking = NULL;
    }
    /* In any order, but wrappers before their queue. */
    void *const wrappers[] = {window->object, window->shm, window->dmabuf};

    for (unsigned i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
        if (wrappers[i]) {
            wl_proxy_wrapper_destroy(wrappers[i]);
        }
    }
    window->object = NULL;
    window->shm = NULL;
    window->dmabuf = NULL;
    if (window->queue) {
        wl_event_queue_destroy(window->queue);
        window->queue = NULL;
    }
    window->orphaned = true;
}

void wayland_window_orphan(struct wayland_window *window)
{
    pthread_mutex_lock(&window->lock);
    set_lost(window);
    while (window->waiting > 0) {
        pthread_cond_wait(&window->left, &window->lock);
    }
    forget_objects(window);
    pthread_mutex_unlock(&window->lock);
}

static void enlist(struct wayland_window *window)
{
    struct wayland *wayland = window->wayland;

    pthread_mutex_lock(&wayland->lock);
    window->next = wayland->windows;
    wayland->windows = window;
    pthread_mutex_unlock(&wayland->lock);
}

static void unlist(struct wayland_window *window)
{
    struct wayland *wayland = window->wayland;

    pthread_mutex_lock(&wayland->lock);
    for (struct wayland_window **place = &wayland->windows; *place; place = &(*place)->next) {
        if (*place == window) {
            *place = window->next;
            break;
        }
    }
    pthread_mutex_unlock(&wayland->lock);
}

static void window_finish(struct gemd_surface *surface)
{
    struct wayland_window *window = (struct wayland_window *)surface;

    unlist(window);
    if (window->native) {
        window->native->resize_callback = NULL;
        window->native->destroy_window_callback = NULL;
        window->native->driver_private = NULL;
    }
    if (!window->orphaned) {
        forget_objects(window);
        wl_display_flush(window->wayland->connection);
    }
    gemd_chain_finish(&window->chain);
    if (window->wake >= 0) {
        close(window->wake);
    }
    pthread_cond_destroy(&window->left);
    pthread_mutex_destroy(&window->lock);
}

static const struct gemd_surface_ops window_ops = {
    .color = window_color,
    .needs_complete = true,
    .present = wayland_present,
    .present_front = wayland_present_front,
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
static bool make_objects(struct wayland_window *window, struct wl_surface *object)
{
    struct wayland *wayland = window->wayland;

    window->queue = wl_display_create_queue(wayland->connection);
    if (!window->queue) {
        return false;
    }
    window->object = wrap(object, window->queue);
    window->shm = wrap(wayland->shm, window->queue);
    window->dmabuf = wrap(wayland->dmabuf, window->queue);
    return window->object && (window->shm || !wayland->shm) && (window->dmabuf || !wayland->dmabuf);
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

static bool init(struct wayland_window *window, _EGLDisplay *egl, _EGLConfig *config,
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
    window->wayland = wayland;
    pthread_mutex_init(&window->lock, NULL);
    pthread_cond_init(&window->left, NULL);
    window->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    gemd_chain_init(&window->chain, surface, &wayland_chain_ops);
    enlist(window);
    if (window->wake < 0 || !wayland_formats_has(&wayland->formats, window->format) ||
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
    struct wayland_window *window;

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
