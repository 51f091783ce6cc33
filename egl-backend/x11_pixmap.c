/* SPDX-License-Identifier: MIT */
/*
 * Pixmaps of an X server. Drawing goes to a memory file that starts with what the pixmap holds, and
 * is put into the pixmap whenever the program flushes.
 */
#include "x11.h"

#include <stdlib.h>

#include "pipe/p_context.h"
#include "util/u_inlines.h"

/* ---- the surface ---- */

static void poll_buffers(struct gemd_chain *chain)
{
}

static void free_native(struct gemd_chain *chain, struct gemd_chain_buffer *buffer)
{
    gemd_x11_buffer_free(gemd_x11_surface(chain->surface)->x11, buffer);
}

static const struct gemd_chain_ops chain_ops = {
    .poll = poll_buffers,
    .free_native = free_native,
};

static struct pipe_resource *color(struct gemd_x11_surface *pixmap)
{
    struct gemd_x11 *x11 = pixmap->x11;
    struct gemd_chain_buffer *buffer = gemd_chain_back(&pixmap->chain);

    if (!buffer) {
        return NULL;
    }
    if (!buffer->native) {
        if (!gemd_x11_buffer(x11, buffer, pixmap->target.pixels)) {
            return NULL;
        }
        gemd_x11_read_buffer(x11, &pixmap->target, buffer);
    }
    return buffer->texture;
}

static struct pipe_resource *pixmap_color(struct gemd_surface *surface,
                                          enum st_attachment_type which)
{
    struct gemd_x11_surface *pixmap = gemd_x11_surface(surface);

    simple_mtx_lock(&pixmap->lock);
    struct pipe_resource *texture = color(pixmap);
    simple_mtx_unlock(&pixmap->lock);
    return texture;
}

/* The program may go on with X as soon as this returns, and with drawing as well. */
static void pixmap_present_front(struct gemd_surface *surface, struct pipe_context *pipe)
{
    struct gemd_x11_surface *pixmap = gemd_x11_surface(surface);
    const xcb_rectangle_t all = {0, 0, (uint16_t)surface->base.Width,
                                 (uint16_t)surface->base.Height};
    struct gemd_x11_geometry geometry;

    simple_mtx_lock(&pixmap->lock);
    if (color(pixmap)) {
        gemd_surface_wait_drawn(surface, pipe);
        gemd_x11_put_buffer(pixmap->x11, &pixmap->target, gemd_chain_back(&pixmap->chain), &all, 1);
        (void)gemd_x11_get_geometry(pixmap->x11, pixmap->target.drawable, &geometry);
    }
    simple_mtx_unlock(&pixmap->lock);
}

static void pixmap_end(struct gemd_x11_surface *pixmap)
{
    struct gemd_chain_buffer *buffer = &pixmap->chain.buffers[0];

    if (buffer->texture && buffer->native) {
        gemd_x11_buffer_free(pixmap->x11, buffer);
    }
    gemd_x11_forget(pixmap->x11, xcb_free_gc_checked(pixmap->x11->connection, pixmap->target.gc));
    xcb_flush(pixmap->x11->connection);
}

static void pixmap_finish(struct gemd_surface *surface)
{
    struct gemd_x11_surface *pixmap = gemd_x11_surface(surface);

    gemd_x11_surface_remove(pixmap);
    gemd_chain_finish(&pixmap->chain);
}

static const struct gemd_surface_ops pixmap_ops = {
    .color = pixmap_color,
    .present_front = pixmap_present_front,
    .finish = pixmap_finish,
};

/* ---- creating, and copying into one ---- */

static bool is_window(struct gemd_x11 *x11, xcb_drawable_t id)
{
    xcb_generic_error_t *error = NULL;
    xcb_get_window_attributes_reply_t *reply = xcb_get_window_attributes_reply(
        x11->connection, xcb_get_window_attributes(x11->connection, id), &error);
    const bool found = reply != NULL;

    free(error);
    free(reply);
    return found;
}

/* EGL_SUCCESS with target filled in but for its GC, or the error that EGL has for this pixmap. */
static EGLint find_pixmap(struct gemd_x11 *x11, void *native, const _EGLConfig *config,
                          struct gemd_x11_target *target)
{
    const struct gemd_config *ours = (const struct gemd_config *)config;
    struct gemd_x11_geometry geometry;

    target->drawable = (xcb_drawable_t)(uintptr_t)native;
    if ((uintptr_t)native > UINT32_MAX || is_window(x11, target->drawable) ||
        !gemd_x11_get_geometry(x11, target->drawable, &geometry)) {
        return EGL_BAD_NATIVE_PIXMAP;
    }
    target->width = geometry.width;
    target->height = geometry.height;
    target->pixels = gemd_x11_match(x11, ours->visual.color_format, geometry.depth, 0);
    return target->pixels ? EGL_SUCCESS : EGL_BAD_MATCH;
}

static void make_gc(struct gemd_x11 *x11, struct gemd_x11_target *target)
{
    target->gc = xcb_generate_id(x11->connection);
    gemd_x11_forget(x11, xcb_create_gc_checked(x11->connection, target->gc, target->drawable,
                                               XCB_GC_GRAPHICS_EXPOSURES, &(uint32_t){0}));
}

_EGLSurface *gemd_x11_create_pixmap(_EGLDisplay *egl, _EGLConfig *config, void *native,
                                    const EGLint *attributes)
{
    struct gemd_x11 *x11 = &gemd_x11_display(gemd_display(egl))->x11;
    struct gemd_x11_surface *pixmap = calloc(1, sizeof(*pixmap));
    EGLint error;

    if (!pixmap) {
        _eglError(EGL_BAD_ALLOC, "eglCreatePixmapSurface");
        return NULL;
    }
    error = find_pixmap(x11, native, config, &pixmap->target);
    if (error == EGL_SUCCESS && (pixmap->target.width > config->MaxPbufferWidth ||
                                 pixmap->target.height > config->MaxPbufferHeight)) {
        error = EGL_BAD_ALLOC;
    }
    if (error != EGL_SUCCESS) {
        _eglError(error, "eglCreatePixmapSurface");
        free(pixmap);
        return NULL;
    }
    if (!gemd_surface_init(&pixmap->surface, &pixmap_ops, egl, EGL_PIXMAP_BIT, config, native,
                           attributes)) {
        free(pixmap);
        return NULL;
    }
    pixmap->surface.base.Width = pixmap->target.width;
    pixmap->surface.base.Height = pixmap->target.height;
    gemd_chain_init(&pixmap->chain, &pixmap->surface, &chain_ops);
    make_gc(x11, &pixmap->target);
    pixmap->end = pixmap_end;
    gemd_x11_surface_add(pixmap);
    return &pixmap->surface.base;
}

/* Any surface's texture, mapped, goes through the connection: what is copied is asked for. */
static bool copy_texture(struct gemd_x11 *x11, const struct gemd_x11_target *target,
                         struct pipe_context *pipe, struct pipe_resource *texture)
{
    const xcb_rectangle_t all = {0, 0, (uint16_t)MIN2(target->width, (EGLint)texture->width0),
                                 (uint16_t)MIN2(target->height, (EGLint)texture->height0)};
    struct gemd_x11_geometry geometry;
    struct pipe_transfer *transfer = NULL;
    const void *pixels = pipe_texture_map(pipe, texture, 0, 0, PIPE_MAP_READ, 0, 0, texture->width0,
                                          texture->height0, &transfer);

    if (!pixels) {
        return _eglError(EGL_BAD_ALLOC, "eglCopyBuffers");
    }
    gemd_x11_put_memory(x11, target, pixels, transfer->stride, &all, 1);
    pipe_texture_unmap(pipe, transfer);
    return gemd_x11_get_geometry(x11, target->drawable, &geometry) ||
           _eglError(EGL_BAD_NATIVE_PIXMAP, "eglCopyBuffers");
}

EGLBoolean gemd_x11_copy_buffers(_EGLDisplay *egl, _EGLSurface *base, void *native)
{
    struct gemd_x11 *x11 = &gemd_x11_display(gemd_display(egl))->x11;
    struct pipe_screen *screen = gemd_display(egl)->screen.pipe;
    struct gemd_surface *surface = (struct gemd_surface *)base;
    struct gemd_context *context = (struct gemd_context *)_eglGetCurrentContext();
    const bool current = context && base->CurrentContext == &context->base;
    struct gemd_x11_target target;
    struct pipe_fence_handle *fence = NULL;
    struct pipe_resource *texture;
    struct pipe_context *pipe;
    EGLBoolean copied = EGL_FALSE;
    EGLint error = find_pixmap(x11, native, base->Config, &target);

    if (error != EGL_SUCCESS) {
        return _eglError(error, "eglCopyBuffers");
    }
    if (current) {
        context->st->flush(context->st, ST_FLUSH_WAIT, &fence, NULL, NULL);
    }
    texture = surface->ops->color(surface, ST_ATTACHMENT_BACK_LEFT);
    /* A surface that is not current here has no context that this thread may use. */
    pipe = current ? context->st->pipe : screen->context_create(screen, NULL, 0);
    if (texture && pipe) {
        make_gc(x11, &target);
        copied = copy_texture(x11, &target, pipe, texture);
        gemd_x11_forget(x11, xcb_free_gc_checked(x11->connection, target.gc));
    } else {
        _eglError(EGL_BAD_ALLOC, "eglCopyBuffers");
    }
    if (pipe && !current) {
        pipe->destroy(pipe);
    }
    return copied;
}
