/* SPDX-License-Identifier: MIT */
/*
 * What the files of the EGL driver share.
 *
 * Mesa's EGL core (src/egl/main) checks every call and then calls the table in driver.c. Objects of
 * ours start with the core's object, so that a pointer to one is a pointer to the other. Drawing is
 * done by Mesa's state tracker (st_api) over a Gallium screen (screen.h).
 *
 * Locks: the core holds the display's mutex, except in calls that may take long (swap, make
 * current, creating surfaces and images, waiting). State that such calls share is atomic.
 */
#ifndef GEMD_EGL_BACKEND_H
#define GEMD_EGL_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "eglconfig.h"
#include "eglcontext.h"
#include "eglcurrent.h"
#include "egldisplay.h"
#include "egldriver.h"
#include "eglimage.h"
#include "eglsurface.h"
#include "eglsync.h"
#include "frontend/api.h"
#include "pipe/p_context.h"
#include "pipe/p_screen.h"
#include "pipe/p_state.h"
#include "util/simple_mtx.h"

#include "screen.h"

struct gemd_platform;
struct gemd_bound_wayland;
struct gemd_sync;

/* Lives from eglInitialize() until eglTerminate() and until its last context or surface is gone. */
struct gemd_display {
    struct st_manager manager; /* the state tracker's view of us; must be first */
    _EGLDisplay *egl;
    int32_t references; /* atomic */
    struct gemd_screen screen;
    struct st_config_options options;
    int versions[ST_PROFILE_OPENGL_ES2 + 1]; /* by enum st_profile_type, 21 is 2.1; 0: none */
    const struct gemd_platform *platform;
    void *native;                     /* the platform's, NULL: it has nothing to keep */
    struct gemd_bound_wayland *bound; /* bind_wayland.h, or NULL */
    simple_mtx_t orphans_lock;
    struct gemd_sync *orphans; /* destroyed, but perhaps still waited for */
};

struct gemd_config {
    _EGLConfig base;
    struct st_visual visual;
};

struct gemd_context {
    _EGLContext base;
    struct st_context_iface *st;
};

struct gemd_surface;

/* What of a frame is new, from the lower left corner: x, y, width, height of each rectangle. */
struct gemd_damage {
    const EGLint *rectangles;
    EGLint count; /* 0: perhaps all of it */
};

/* What kinds of surface differ in. */
struct gemd_surface_ops {
    /*
     * The texture behind ST_ATTACHMENT_BACK_LEFT or FRONT_LEFT, which stays the surface's; NULL
     * when out of memory. Waits for a free buffer when the screen still needs them all.
     */
    struct pipe_resource *(*color)(struct gemd_surface *surface, enum st_attachment_type which);
    /* present() finds the drawing complete, as somebody who knows no fence of ours reads it. */
    bool needs_complete;
    /*
     * Whoever swaps goes on with the frame, and must find one: present() also shows those of which
     * the drawing was lost with the session.
     */
    bool presents_lost;
    /* Shows the back buffer; its drawing has been submitted. Sets the EGL error on failure. */
    bool (*present)(struct gemd_surface *surface, struct gemd_context *context,
                    const struct gemd_damage *damage);
    /* Shows what was drawn into the front buffer. */
    void (*present_front)(struct gemd_surface *surface, struct pipe_context *pipe);
    /* Frames since the back buffer was filled, 0: never. NULL: unknown, which is 0. */
    EGLint (*buffer_age)(struct gemd_surface *surface);
    /*
     * The last vblank: when it was, in microseconds, and its number; and how many frames have been
     * shown. False when there is no telling. NULL: there are no vblanks.
     */
    bool (*sync_values)(struct gemd_surface *surface, uint64_t *ust, uint64_t *msc, uint64_t *sbc);
    /* Frees what the kind added. */
    void (*finish)(struct gemd_surface *surface);
};

struct gemd_surface {
    _EGLSurface base;
    const struct gemd_surface_ops *ops;
    struct gemd_display *display; /* one reference */
    struct st_framebuffer_iface framebuffer;
    struct st_visual visual;
    /* Being made current: buffers are asked for, but not drawn into; they are asked for again. */
    bool binding;
    struct pipe_resource *color; /* of the off-screen kind; NULL until used */
    struct pipe_resource *depth; /* NULL until used */
};

static inline struct gemd_display *gemd_display(_EGLDisplay *display)
{
    return display->DriverData;
}

/* ---- display.c ---- */
EGLBoolean gemd_initialize(_EGLDisplay *egl);
EGLBoolean gemd_terminate(_EGLDisplay *egl);
struct gemd_display *gemd_display_ref(struct gemd_display *display);
void gemd_display_unref(struct gemd_display *display);

/* ---- config.c ---- */
/* Adds the configs that the screen can do; false when out of memory or when there are none. */
bool gemd_configs_add(_EGLDisplay *egl, struct gemd_display *display);

/* ---- context.c ---- */
_EGLContext *gemd_create_context(_EGLDisplay *egl, _EGLConfig *config, _EGLContext *share,
                                 const EGLint *attributes);
/* Gives back one reference; NULL is fine. So does gemd_destroy_surface(). */
EGLBoolean gemd_destroy_context(_EGLDisplay *egl, _EGLContext *context);
EGLBoolean gemd_make_current(_EGLDisplay *egl, _EGLSurface *draw, _EGLSurface *read,
                             _EGLContext *context);
EGLBoolean gemd_wait_client(_EGLDisplay *egl, _EGLContext *context);
EGLBoolean gemd_wait_native(EGLint engine);

/* ---- surface.c ---- */
/* The part that all kinds share; false with the EGL error set. finish: its counterpart. */
bool gemd_surface_init(struct gemd_surface *surface, const struct gemd_surface_ops *ops,
                       _EGLDisplay *egl, EGLint type, _EGLConfig *config, void *native,
                       const EGLint *attributes);
void gemd_surface_finish(struct gemd_surface *surface);
/* A 2D texture of the surface's size, or NULL. */
struct pipe_resource *gemd_surface_texture(struct gemd_surface *surface, enum pipe_format format,
                                           unsigned bind);
/* Waits until what was drawn is in the textures, for those who know no fence of ours. */
void gemd_surface_wait_drawn(struct gemd_surface *surface, struct pipe_context *pipe);
/* Makes the state tracker ask again for the buffers. */
void gemd_surface_invalidate(struct gemd_surface *surface);
/* Forgets buffers whose size is no longer the surface's. */
void gemd_surface_drop_buffers(struct gemd_surface *surface);
_EGLSurface *gemd_create_offscreen(_EGLDisplay *egl, _EGLConfig *config, EGLint type, void *native,
                                   EGLint width, EGLint height, const EGLint *attributes);
struct pipe_resource *gemd_offscreen_color(struct gemd_surface *surface,
                                           enum st_attachment_type which);
_EGLSurface *gemd_create_window_surface(_EGLDisplay *egl, _EGLConfig *config, void *native,
                                        const EGLint *attributes);
_EGLSurface *gemd_create_pixmap_surface(_EGLDisplay *egl, _EGLConfig *config, void *native,
                                        const EGLint *attributes);
_EGLSurface *gemd_create_pbuffer_surface(_EGLDisplay *egl, _EGLConfig *config,
                                         const EGLint *attributes);
EGLBoolean gemd_destroy_surface(_EGLDisplay *egl, _EGLSurface *surface);
EGLBoolean gemd_swap_buffers(_EGLDisplay *egl, _EGLSurface *surface);
EGLBoolean gemd_swap_buffers_with_damage(_EGLDisplay *egl, _EGLSurface *surface,
                                         const EGLint *rects, EGLint count);
EGLBoolean gemd_get_sync_values(_EGLDisplay *egl, _EGLSurface *surface, EGLuint64KHR *ust,
                                EGLuint64KHR *msc, EGLuint64KHR *sbc);
EGLint gemd_query_buffer_age(_EGLDisplay *egl, _EGLSurface *surface);
EGLBoolean gemd_bind_tex_image(_EGLDisplay *egl, _EGLSurface *surface, EGLint buffer);
EGLBoolean gemd_release_tex_image(_EGLDisplay *egl, _EGLSurface *surface, EGLint buffer);
EGLBoolean gemd_copy_buffers(_EGLDisplay *egl, _EGLSurface *surface, void *pixmap);

/* ---- image.c ---- */
_EGLImage *gemd_create_image(_EGLDisplay *egl, _EGLContext *context, EGLenum target,
                             EGLClientBuffer buffer, const EGLint *attributes);
EGLBoolean gemd_destroy_image(_EGLDisplay *egl, _EGLImage *image);
/* struct st_manager.get_egl_image */
bool gemd_get_egl_image(struct st_manager *manager, void *handle, struct st_egl_image *out);

/* ---- sync.c ---- */
_EGLSync *gemd_create_sync(_EGLDisplay *egl, EGLenum type, const EGLAttrib *attributes);
EGLBoolean gemd_destroy_sync(_EGLDisplay *egl, _EGLSync *sync);
EGLint gemd_client_wait_sync(_EGLDisplay *egl, _EGLSync *sync, EGLint flags, EGLTime timeout);
EGLint gemd_wait_sync(_EGLDisplay *egl, _EGLSync *sync);
EGLint gemd_dup_native_fence_fd(_EGLDisplay *egl, _EGLSync *sync);
/* Frees those that were destroyed while threads waited for them, once they do not. */
void gemd_sync_free_orphans(struct gemd_display *display);

#endif
