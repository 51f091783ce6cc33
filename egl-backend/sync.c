/* SPDX-License-Identifier: MIT */
/* Fence syncs, over the fences of the Gallium screen. */
#include "backend.h"

#include <stdlib.h>

struct gemd_sync {
    _EGLSync base;
    struct gemd_display *display;    /* one reference */
    struct pipe_fence_handle *fence; /* NULL: there was nothing to wait for */
};

_EGLSync *gemd_create_sync(_EGLDisplay *egl, EGLenum type, const EGLAttrib *attributes)
{
    struct gemd_context *context = (struct gemd_context *)_eglGetCurrentContext();
    struct gemd_sync *sync;

    /* OpenCL events are named by EGL 1.5, but no OpenCL here makes any. */
    if (type != EGL_SYNC_FENCE_KHR) {
        _eglError(EGL_BAD_ATTRIBUTE, "eglCreateSync");
        return NULL;
    }
    sync = calloc(1, sizeof(*sync));
    if (!sync) {
        _eglError(EGL_BAD_ALLOC, "eglCreateSync");
        return NULL;
    }
    if (!_eglInitSync(&sync->base, egl, type, attributes)) {
        free(sync);
        return NULL;
    }
    sync->display = gemd_display_ref(gemd_display(egl));
    context->st->flush(context->st, 0, &sync->fence, NULL, NULL);
    return &sync->base;
}

static void sync_unref(struct gemd_sync *sync)
{
    struct pipe_screen *screen = sync->display->screen.pipe;

    if (_eglPutSync(&sync->base)) {
        screen->fence_reference(screen, &sync->fence, NULL);
        gemd_display_unref(sync->display);
        free(sync);
    }
}

EGLBoolean gemd_destroy_sync(_EGLDisplay *egl, _EGLSync *base)
{
    sync_unref((struct gemd_sync *)base);
    return EGL_TRUE;
}

/* The fence was submitted when it was made, so EGL_SYNC_FLUSH_COMMANDS_BIT finds nothing to do. */
EGLint gemd_client_wait_sync(_EGLDisplay *egl, _EGLSync *base, EGLint flags, EGLTime timeout)
{
    struct gemd_sync *sync = (struct gemd_sync *)base;
    struct pipe_screen *screen = sync->display->screen.pipe;
    EGLint result = EGL_CONDITION_SATISFIED_KHR;

    _eglGetSync(base); /* another thread may destroy it while we wait */
    if (sync->fence && !screen->fence_finish(screen, NULL, sync->fence, timeout)) {
        result = EGL_TIMEOUT_EXPIRED_KHR;
    } else {
        base->SyncStatus = EGL_SIGNALED_KHR;
    }
    sync_unref(sync);
    return result;
}

/* One session's work runs in the order of its submission; only others need to be told to wait. */
EGLint gemd_wait_sync(_EGLDisplay *egl, _EGLSync *base)
{
    struct gemd_context *context = (struct gemd_context *)_eglGetCurrentContext();
    struct gemd_sync *sync = (struct gemd_sync *)base;
    struct pipe_context *pipe = context->st->pipe;

    if (sync->fence && pipe->fence_server_sync) {
        pipe->fence_server_sync(pipe, sync->fence);
    }
    return EGL_TRUE;
}
