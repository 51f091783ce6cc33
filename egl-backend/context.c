/* SPDX-License-Identifier: MIT */
/* Contexts: what EGL asked for, in the state tracker's terms; and which one is current. */
#include "backend.h"

#include <stdlib.h>

#include "util/u_inlines.h"

/* Bits of the core's answer and of the state tracker's question. */
static const struct {
    EGLint egl;
    unsigned st;
} context_flags[] = {
    {EGL_CONTEXT_OPENGL_DEBUG_BIT_KHR, ST_CONTEXT_FLAG_DEBUG},
    {EGL_CONTEXT_OPENGL_FORWARD_COMPATIBLE_BIT_KHR, ST_CONTEXT_FLAG_FORWARD_COMPATIBLE},
    {EGL_CONTEXT_OPENGL_ROBUST_ACCESS_BIT_KHR, ST_CONTEXT_FLAG_ROBUST_ACCESS},
};

static const EGLint context_errors[] = {
    [ST_CONTEXT_SUCCESS] = EGL_BAD_ALLOC,
    [ST_CONTEXT_ERROR_NO_MEMORY] = EGL_BAD_ALLOC,
    [ST_CONTEXT_ERROR_BAD_API] = EGL_BAD_MATCH,
    [ST_CONTEXT_ERROR_BAD_VERSION] = EGL_BAD_MATCH,
    [ST_CONTEXT_ERROR_BAD_FLAG] = EGL_BAD_MATCH,
    [ST_CONTEXT_ERROR_UNKNOWN_ATTRIBUTE] = EGL_BAD_ATTRIBUTE,
    [ST_CONTEXT_ERROR_UNKNOWN_FLAG] = EGL_BAD_MATCH,
};

/*
 * Profiles exist from OpenGL 3.2 on; before that everything is compatible, and 3.1 comes without
 * promises, so it may be core.
 */
static enum st_profile_type choose_profile(const _EGLContext *context)
{
    int version = context->ClientMajorVersion * 10 + context->ClientMinorVersion;

    if (context->ClientAPI == EGL_OPENGL_ES_API) {
        return version < 20 ? ST_PROFILE_OPENGL_ES1 : ST_PROFILE_OPENGL_ES2;
    }
    if (version >= 32 && context->Profile == EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT_KHR) {
        return ST_PROFILE_OPENGL_CORE;
    }
    return ST_PROFILE_DEFAULT;
}

static void fill_attributes(struct st_context_attribs *wanted, const struct gemd_display *display,
                            const _EGLContext *context)
{
    const struct gemd_config *config = (const struct gemd_config *)context->Config;

    *wanted = (struct st_context_attribs){
        .profile = choose_profile(context),
        .major = context->ClientMajorVersion,
        .minor = context->ClientMinorVersion,
        .options = display->options,
    };
    if (config) {
        wanted->visual = config->visual;
    }
    for (unsigned i = 0; i < sizeof(context_flags) / sizeof(context_flags[0]); i++) {
        if (context->Flags & context_flags[i].egl) {
            wanted->flags |= context_flags[i].st;
        }
    }
    if (context->ResetNotificationStrategy == EGL_LOSE_CONTEXT_ON_RESET_KHR) {
        wanted->flags |= ST_CONTEXT_FLAG_RESET_NOTIFICATION_ENABLED;
    }
    if (context->ReleaseBehavior == EGL_CONTEXT_RELEASE_BEHAVIOR_NONE_KHR) {
        wanted->flags |= ST_CONTEXT_FLAG_RELEASE_NONE;
    }
    if (context->NoError) {
        wanted->flags |= ST_CONTEXT_FLAG_NO_ERROR;
    }
}

_EGLContext *gemd_create_context(_EGLDisplay *egl, _EGLConfig *config, _EGLContext *share,
                                 const EGLint *attributes)
{
    struct gemd_display *display = gemd_display(egl);
    struct st_context_iface *shared = share ? ((struct gemd_context *)share)->st : NULL;
    struct gemd_context *context = calloc(1, sizeof(*context));
    enum st_context_error error = ST_CONTEXT_SUCCESS;
    struct st_context_attribs wanted;

    if (!context) {
        _eglError(EGL_BAD_ALLOC, "eglCreateContext");
        return NULL;
    }
    if (!_eglInitContext(&context->base, egl, config, attributes)) {
        free(context);
        return NULL;
    }
    if (share && share->ResetNotificationStrategy != context->base.ResetNotificationStrategy) {
        _eglError(EGL_BAD_MATCH, "eglCreateContext: reset strategies of shared contexts differ");
        free(context);
        return NULL;
    }
    fill_attributes(&wanted, display, &context->base);
    /* A program that makes a new context after a loss wants to go on. */
    if (gemd_screen_lost(&display->screen)) {
        (void)gemd_screen_revive(&display->screen, true);
    }
    /* The state tracker does not survive being asked for a profile that the screen cannot do. */
    if (wanted.major * 10 + wanted.minor > display->versions[wanted.profile]) {
        _eglError(EGL_BAD_MATCH, "eglCreateContext: no such version");
        free(context);
        return NULL;
    }
    context->st = st_api_create_context(&display->manager, &wanted, &error, shared);
    if (!context->st) {
        _eglError(context_errors[error], "eglCreateContext");
        free(context);
        return NULL;
    }
    context->st->st_manager_private = context;
    gemd_display_ref(display);
    return &context->base;
}

EGLBoolean gemd_destroy_context(_EGLDisplay *egl, _EGLContext *base)
{
    struct gemd_context *context = (struct gemd_context *)base;
    struct gemd_display *display;

    if (!_eglPutContext(base)) {
        return EGL_TRUE;
    }
    display = (struct gemd_display *)context->st->state_manager;
    if (context->st->thread_finish) {
        context->st->thread_finish(context->st);
    }
    context->st->flush(context->st, 0, NULL, NULL, NULL);
    context->st->destroy(context->st);
    free(context);
    gemd_display_unref(display);
    return EGL_TRUE;
}

static bool bind(struct gemd_context *context, _EGLSurface *draw, _EGLSurface *read)
{
    struct gemd_surface *draw_surface = (struct gemd_surface *)draw;
    struct gemd_surface *read_surface = (struct gemd_surface *)read;

    if (!context) {
        return !st_api_get_current() || st_api_make_current(NULL, NULL, NULL);
    }
    if (draw) {
        draw_surface->binding = true;
    }
    bool bound = st_api_make_current(context->st, draw ? &draw_surface->framebuffer : NULL,
                                     read ? &read_surface->framebuffer : NULL);

    if (draw) {
        draw_surface->binding = false;
        gemd_surface_invalidate(draw_surface);
    }
    return bound;
}

EGLBoolean gemd_make_current(_EGLDisplay *egl, _EGLSurface *draw, _EGLSurface *read,
                             _EGLContext *base)
{
    _EGLContext *old_context, *undone_context;
    _EGLSurface *old_draw, *old_read, *undone_draw, *undone_read;

    /* Takes references to the new three and gives us those of the old three. */
    if (!_eglBindContext(base, draw, read, &old_context, &old_draw, &old_read)) {
        return EGL_FALSE;
    }
    bool bound = bind((struct gemd_context *)base, draw, read);

    if (!bound) {
        _eglBindContext(old_context, old_draw, old_read, &undone_context, &undone_draw,
                        &undone_read);
        bind((struct gemd_context *)old_context, old_draw, old_read);
        /* Both calls took references; what is bound now keeps one. */
        gemd_destroy_surface(egl, undone_draw);
        gemd_destroy_surface(egl, undone_read);
        gemd_destroy_context(egl, undone_context);
    }
    gemd_destroy_surface(egl, old_draw);
    gemd_destroy_surface(egl, old_read);
    gemd_destroy_context(egl, old_context);
    return bound ? EGL_TRUE : _eglError(EGL_BAD_MATCH, "eglMakeCurrent");
}

EGLBoolean gemd_wait_client(_EGLDisplay *egl, _EGLContext *base)
{
    struct gemd_context *context = (struct gemd_context *)base;
    struct pipe_fence_handle *fence = NULL;

    context->st->flush(context->st, ST_FLUSH_FRONT | ST_FLUSH_WAIT, &fence, NULL, NULL);
    return EGL_TRUE;
}

/* No native rendering interferes with ours. */
EGLBoolean gemd_wait_native(EGLint engine)
{
    return EGL_TRUE;
}
