/* SPDX-License-Identifier: MIT */
/*
 * Surfaces: what all kinds share, and the off-screen kind (pbuffers, and framebuffer windows of a
 * display that renders in software).
 */
#include "backend.h"

#include <stdlib.h>

#include "platform.h"
#include "util/u_atomic.h"
#include "util/u_inlines.h"

/* Names a framebuffer for the state tracker; never reused. */
static uint32_t last_framebuffer;

static bool validate(struct st_context_iface *st, struct st_framebuffer_iface *framebuffer,
                     const enum st_attachment_type *attachments, unsigned count,
                     struct pipe_resource **textures)
{
    struct gemd_surface *surface = framebuffer->st_manager_private;

    for (unsigned i = 0; i < count; i++) {
        struct pipe_resource *texture;

        if (attachments[i] == ST_ATTACHMENT_DEPTH_STENCIL) {
            if (!surface->depth) {
                surface->depth = gemd_surface_texture(surface, surface->visual.depth_stencil_format,
                                                      PIPE_BIND_DEPTH_STENCIL);
            }
            texture = surface->depth;
        } else {
            texture = surface->ops->color(surface, attachments[i]);
        }
        if (!texture) {
            for (unsigned k = 0; k < count; k++) {
                pipe_resource_reference(&textures[k], NULL);
            }
            return false;
        }
        /* Asked again because the surface changed meanwhile, there is a texture here already. */
        pipe_resource_reference(&textures[i], texture);
    }
    return true;
}

static bool flush_front(struct st_context_iface *st, struct st_framebuffer_iface *framebuffer,
                        enum st_attachment_type attachment)
{
    struct gemd_surface *surface = framebuffer->st_manager_private;
    /* With a single buffer, what the state tracker takes for the back is the front. */
    const bool front = attachment == ST_ATTACHMENT_FRONT_LEFT ||
                       surface->base.ActiveRenderBuffer == EGL_SINGLE_BUFFER;

    if (front && surface->ops->present_front) {
        surface->ops->present_front(surface, st->pipe);
    }
    return true;
}

bool gemd_surface_init(struct gemd_surface *surface, const struct gemd_surface_ops *ops,
                       _EGLDisplay *egl, EGLint type, _EGLConfig *config, void *native,
                       const EGLint *attributes)
{
    struct gemd_display *display = gemd_display(egl);

    if (!_eglInitSurface(&surface->base, egl, type, config, attributes, native)) {
        return false;
    }
    if (surface->base.GLColorspace != EGL_GL_COLORSPACE_LINEAR_KHR) {
        return _eglError(EGL_BAD_MATCH, "no config has an sRGB colour buffer");
    }
    surface->ops = ops;
    surface->display = gemd_display_ref(display);
    surface->visual = ((struct gemd_config *)config)->visual;
    surface->framebuffer = (struct st_framebuffer_iface){
        .stamp = 1,
        .ID = p_atomic_inc_return(&last_framebuffer),
        .state_manager = &display->manager,
        .st_manager_private = surface,
        .visual = &surface->visual,
        .flush_front = flush_front,
        .validate = validate,
    };
    return true;
}

void gemd_surface_drop_buffers(struct gemd_surface *surface)
{
    pipe_resource_reference(&surface->color, NULL);
    pipe_resource_reference(&surface->depth, NULL);
}

void gemd_surface_finish(struct gemd_surface *surface)
{
    st_api_destroy_drawable(&surface->framebuffer);
    gemd_surface_drop_buffers(surface);
    gemd_display_unref(surface->display);
}

struct pipe_resource *gemd_surface_texture(struct gemd_surface *surface, enum pipe_format format,
                                           unsigned bind)
{
    struct pipe_screen *screen = surface->display->screen.pipe;
    struct pipe_resource wanted = {
        .target = PIPE_TEXTURE_2D,
        .format = format,
        .width0 = surface->base.Width,
        .height0 = surface->base.Height,
        .depth0 = 1,
        .array_size = 1,
        .bind = bind,
    };

    return screen->resource_create(screen, &wanted);
}

void gemd_surface_invalidate(struct gemd_surface *surface)
{
    p_atomic_inc(&surface->framebuffer.stamp);
}

void gemd_surface_wait_drawn(struct gemd_surface *surface, struct pipe_context *pipe)
{
    struct pipe_screen *screen = surface->display->screen.pipe;
    struct pipe_fence_handle *fence = NULL;

    pipe->flush(pipe, &fence, 0);
    if (fence) {
        screen->fence_finish(screen, NULL, fence, PIPE_TIMEOUT_INFINITE);
        screen->fence_reference(screen, &fence, NULL);
    }
}

/* ---- the off-screen kind: one texture is back and front ---- */

struct pipe_resource *gemd_offscreen_color(struct gemd_surface *surface,
                                           enum st_attachment_type which)
{
    if (!surface->color) {
        surface->color = gemd_surface_texture(surface, surface->visual.color_format,
                                              PIPE_BIND_RENDER_TARGET | PIPE_BIND_SAMPLER_VIEW);
    }
    return surface->color;
}

static const struct gemd_surface_ops offscreen_ops = {
    .color = gemd_offscreen_color,
};

/* A pbuffer of no size is allowed; textures are not that small. */
static EGLint clamp_size(EGLint size, EGLint limit)
{
    return size < 1 ? 1 : size > limit ? limit : size;
}

_EGLSurface *gemd_create_offscreen(_EGLDisplay *egl, _EGLConfig *config, EGLint type, void *native,
                                   EGLint width, EGLint height, const EGLint *attributes)
{
    struct gemd_surface *surface = calloc(1, sizeof(*surface));
    _EGLSurface *base;

    if (!surface) {
        _eglError(EGL_BAD_ALLOC, "eglCreateSurface");
        return NULL;
    }
    base = &surface->base;
    if (!gemd_surface_init(surface, &offscreen_ops, egl, type, config, native, attributes)) {
        free(surface);
        return NULL;
    }
    if (type != EGL_PBUFFER_BIT) {
        base->Width = width;
        base->Height = height;
    }
    EGLint wanted_width = base->Width, wanted_height = base->Height;

    base->Width = clamp_size(base->Width, config->MaxPbufferWidth);
    base->Height = clamp_size(base->Height, config->MaxPbufferHeight);
    if (!base->LargestPbuffer && (base->Width < wanted_width || base->Height < wanted_height)) {
        _eglError(type == EGL_PBUFFER_BIT ? EGL_BAD_ALLOC : EGL_BAD_NATIVE_WINDOW,
                  "larger than the renderer can draw");
        gemd_surface_finish(surface);
        free(surface);
        return NULL;
    }
    return base;
}

_EGLSurface *gemd_create_pbuffer_surface(_EGLDisplay *egl, _EGLConfig *config,
                                         const EGLint *attributes)
{
    return gemd_create_offscreen(egl, config, EGL_PBUFFER_BIT, NULL, 0, 0, attributes);
}

_EGLSurface *gemd_create_window_surface(_EGLDisplay *egl, _EGLConfig *config, void *native,
                                        const EGLint *attributes)
{
    const struct gemd_platform *platform = gemd_display(egl)->platform;

    if (!platform->create_window) {
        _eglError(EGL_BAD_NATIVE_WINDOW, "eglCreateWindowSurface");
        return NULL;
    }
    return platform->create_window(egl, config, native, attributes);
}

_EGLSurface *gemd_create_pixmap_surface(_EGLDisplay *egl, _EGLConfig *config, void *native,
                                        const EGLint *attributes)
{
    const struct gemd_platform *platform = gemd_display(egl)->platform;

    if (!platform->create_pixmap) {
        _eglError(EGL_BAD_NATIVE_PIXMAP, "eglCreatePixmapSurface");
        return NULL;
    }
    return platform->create_pixmap(egl, config, native, attributes);
}

EGLBoolean gemd_copy_buffers(_EGLDisplay *egl, _EGLSurface *surface, void *pixmap)
{
    const struct gemd_platform *platform = gemd_display(egl)->platform;

    return platform->copy_buffers ? platform->copy_buffers(egl, surface, pixmap)
                                  : _eglError(EGL_BAD_NATIVE_PIXMAP, "eglCopyBuffers");
}

EGLBoolean gemd_destroy_surface(_EGLDisplay *egl, _EGLSurface *base)
{
    struct gemd_surface *surface = (struct gemd_surface *)base;

    if (!_eglPutSurface(base)) {
        return EGL_TRUE;
    }
    if (surface->ops->finish) {
        surface->ops->finish(surface);
    }
    gemd_surface_finish(surface);
    free(surface);
    return EGL_TRUE;
}

/* ---- showing and sampling ---- */

static EGLBoolean swap(_EGLSurface *base, const struct gemd_damage *damage)
{
    struct gemd_surface *surface = (struct gemd_surface *)base;
    struct gemd_context *context = (struct gemd_context *)base->CurrentContext;
    struct pipe_fence_handle *fence = NULL;
    bool shown = true;

    /* The core has made sure that the surface is current in this thread. */
    if (surface->ops->needs_complete) {
        context->st->flush(context->st, ST_FLUSH_END_OF_FRAME | ST_FLUSH_WAIT, &fence, NULL, NULL);
    } else {
        context->st->flush(context->st, ST_FLUSH_END_OF_FRAME, NULL, NULL, NULL);
    }
    if (gemd_screen_lost(&surface->display->screen)) {
        /* What was drawn of this frame is gone; the next one is whole. */
        const bool revived = gemd_screen_revive(&surface->display->screen, false);

        if (surface->ops->presents_lost) {
            (void)surface->ops->present(surface, context, damage);
        }
        if (revived || surface->ops->presents_lost) {
            gemd_surface_invalidate(surface);
        }
        if (revived) {
            return EGL_TRUE;
        }
        return _eglError(EGL_CONTEXT_LOST, "eglSwapBuffers: the daemon's session ended");
    }
    if (surface->ops->present) {
        shown = surface->ops->present(surface, context, damage);
    }
    gemd_surface_invalidate(surface);
    return shown ? EGL_TRUE : EGL_FALSE;
}

EGLBoolean gemd_swap_buffers(_EGLDisplay *egl, _EGLSurface *surface)
{
    return swap(surface, &(struct gemd_damage){0});
}

EGLBoolean gemd_swap_buffers_with_damage(_EGLDisplay *egl, _EGLSurface *surface,
                                         const EGLint *rects, EGLint count)
{
    return swap(surface, &(struct gemd_damage){.rectangles = rects, .count = count});
}

EGLBoolean gemd_get_sync_values(_EGLDisplay *egl, _EGLSurface *base, EGLuint64KHR *ust,
                                EGLuint64KHR *msc, EGLuint64KHR *sbc)
{
    struct gemd_surface *surface = (struct gemd_surface *)base;
    uint64_t values[3];

    if (!surface->ops->sync_values ||
        !surface->ops->sync_values(surface, &values[0], &values[1], &values[2])) {
        return _eglError(EGL_BAD_SURFACE, "eglGetSyncValuesCHROMIUM");
    }
    *ust = values[0];
    *msc = values[1];
    *sbc = values[2];
    return EGL_TRUE;
}

EGLint gemd_query_buffer_age(_EGLDisplay *egl, _EGLSurface *base)
{
    struct gemd_surface *surface = (struct gemd_surface *)base;

    return surface->ops->buffer_age ? surface->ops->buffer_age(surface) : 0;
}

/* The core has checked that the surface is a pbuffer made for this and that a context is current.
 */
EGLBoolean gemd_bind_tex_image(_EGLDisplay *egl, _EGLSurface *base, EGLint buffer)
{
    struct gemd_surface *surface = (struct gemd_surface *)base;
    struct gemd_context *context = (struct gemd_context *)_eglGetCurrentContext();
    struct pipe_resource *texture;

    if (!_eglBindTexImage(egl, base, buffer)) {
        return EGL_FALSE;
    }
    texture = gemd_offscreen_color(surface, ST_ATTACHMENT_BACK_LEFT);
    if (!texture) {
        return _eglError(EGL_BAD_ALLOC, "eglBindTexImage");
    }
    if (context) {
        enum pipe_format format = texture->format;

        if (base->TextureFormat == EGL_TEXTURE_RGB && format == PIPE_FORMAT_B8G8R8A8_UNORM) {
            format = PIPE_FORMAT_B8G8R8X8_UNORM;
        }
        context->st->teximage(context->st, ST_TEXTURE_2D, base->MipmapLevel, format, texture,
                              base->MipmapTexture);
    }
    return EGL_TRUE;
}

EGLBoolean gemd_release_tex_image(_EGLDisplay *egl, _EGLSurface *base, EGLint buffer)
{
    return _eglReleaseTexImage(egl, base, buffer);
}
