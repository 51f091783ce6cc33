/* SPDX-License-Identifier: MIT */
/*
 * Sync objects, over the fences of the Gallium screen: those that follow what was drawn
 * (EGL_SYNC_FENCE), and those that are descriptors (EGL_ANDROID_native_fence_sync).
 *
 * A fence is submitted when it is made, so there is never anything to flush for who waits for it.
 * eglWaitSync() costs nothing among the contexts of a display: they draw in one session, whose work
 * runs in the order of its submission. For fences of other displays and other processes the daemon
 * holds the session's work back (winsys/i915/native_fence.c). doc/egl.md says what programs see.
 *
 * Reusable syncs (EGL_KHR_reusable_sync) are not offered: Mesa's core knows their names, but leaves
 * waiting and signalling to drivers.
 */
#include "backend.h"

#include <stdlib.h>
#include <unistd.h>

#define WAIT_LIMIT_NS 10000000000ull /* in software */

struct gemd_sync {
    _EGLSync base;
    struct gemd_display *display;    /* one reference */
    struct pipe_fence_handle *fence; /* NULL: there was nothing to wait for; only in software */
    struct gemd_sync *next;          /* of the display's orphans */
};

/* ---- life ---- */

static void sync_free(struct gemd_sync *sync)
{
    struct pipe_screen *screen = sync->display->screen.pipe;

    screen->fence_reference(screen, &sync->fence, NULL);
    gemd_display_unref(sync->display);
    free(sync);
}

/*
 * One that is destroyed while a thread waits for it is still the core's for a while, which gives
 * its reference back without telling us. They are looked for later.
 */
static void orphans_add(struct gemd_display *display, struct gemd_sync *sync)
{
    simple_mtx_lock(&display->orphans_lock);
    sync->next = display->orphans;
    display->orphans = sync;
    simple_mtx_unlock(&display->orphans_lock);
}

void gemd_sync_free_orphans(struct gemd_display *display)
{
    struct gemd_sync *unused = NULL;

    simple_mtx_lock(&display->orphans_lock);
    for (struct gemd_sync **link = &display->orphans; *link;) {
        struct gemd_sync *sync = *link;

        if (__atomic_load_n(&sync->base.Resource.RefCount, __ATOMIC_ACQUIRE) != 0) {
            link = &sync->next;
            continue;
        }
        *link = sync->next;
        sync->next = unused;
        unused = sync;
    }
    simple_mtx_unlock(&display->orphans_lock);
    while (unused) {
        struct gemd_sync *sync = unused;

        unused = sync->next;
        sync_free(sync);
    }
}

/* The descriptor is ours from now on, and the fence has one of its own. */
static bool import(struct gemd_sync *sync, struct gemd_context *context)
{
    struct pipe_context *pipe = context->st->pipe;

    pipe->create_fence_fd(pipe, &sync->fence, sync->base.SyncFd, PIPE_FD_TYPE_NATIVE_SYNC);
    if (!sync->fence) {
        return _eglError(EGL_BAD_ATTRIBUTE, "eglCreateSync: no descriptor of a fence");
    }
    close(sync->base.SyncFd);
    sync->base.SyncFd = EGL_NO_NATIVE_FENCE_FD_ANDROID;
    return true;
}

static bool insert(struct gemd_sync *sync, struct gemd_context *context)
{
    const bool is_native = sync->base.Type == EGL_SYNC_NATIVE_FENCE_ANDROID;

    context->st->flush(context->st, is_native ? ST_FLUSH_FENCE_FD : 0, &sync->fence, NULL, NULL);
    return sync->fence || !sync->display->screen.session ||
           _eglError(EGL_BAD_ALLOC, "eglCreateSync");
}

_EGLSync *gemd_create_sync(_EGLDisplay *egl, EGLenum type, const EGLAttrib *attributes)
{
    struct gemd_context *context = (struct gemd_context *)_eglGetCurrentContext();
    struct gemd_sync *sync;

    /* OpenCL events are named by EGL 1.5, but no OpenCL here makes any. */
    if (type != EGL_SYNC_FENCE_KHR && type != EGL_SYNC_NATIVE_FENCE_ANDROID) {
        _eglError(EGL_BAD_ATTRIBUTE, "eglCreateSync");
        return NULL;
    }
    gemd_sync_free_orphans(gemd_display(egl));
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
    if (sync->base.SyncFd != EGL_NO_NATIVE_FENCE_FD_ANDROID ? !import(sync, context)
                                                            : !insert(sync, context)) {
        sync_free(sync);
        return NULL;
    }
    return &sync->base;
}

EGLBoolean gemd_destroy_sync(_EGLDisplay *egl, _EGLSync *base)
{
    struct gemd_sync *sync = (struct gemd_sync *)base;

    gemd_sync_free_orphans(sync->display);
    if (_eglPutSync(base)) {
        sync_free(sync);
    } else {
        orphans_add(sync->display, sync);
    }
    return EGL_TRUE;
}

/* ---- waiting: the core keeps the sync meanwhile, whoever destroys it ---- */

EGLint gemd_client_wait_sync(_EGLDisplay *egl, _EGLSync *base, EGLint flags, EGLTime timeout)
{
    struct gemd_sync *sync = (struct gemd_sync *)base;
    struct pipe_screen *screen = sync->display->screen.pipe;

    if (sync->fence && !screen->fence_finish(screen, NULL, sync->fence, timeout)) {
        return EGL_TIMEOUT_EXPIRED_KHR;
    }
    /* The core asks for the status with its lock held, and without a timeout. */
    if (timeout == 0) {
        __atomic_store_n(&base->SyncStatus, EGL_SIGNALED_KHR, __ATOMIC_RELAXED);
    }
    return EGL_CONDITION_SATISFIED_KHR;
}

/* A descriptor leads from one screen to another; where one of them has none, we wait here. */
static bool wait_across(struct gemd_sync *sync, struct pipe_context *pipe)
{
    struct pipe_screen *screen = sync->display->screen.pipe;
    struct pipe_fence_handle *fence = NULL;

    if (!screen->fence_get_fd || !pipe->create_fence_fd) {
        (void)screen->fence_finish(screen, NULL, sync->fence, WAIT_LIMIT_NS);
        return true;
    }
    int fd = screen->fence_get_fd(screen, sync->fence);

    if (fd >= 0) {
        pipe->create_fence_fd(pipe, &fence, fd, PIPE_FD_TYPE_NATIVE_SYNC);
        close(fd);
    }
    if (!fence) {
        return _eglError(EGL_BAD_ALLOC, "eglWaitSync");
    }
    pipe->fence_server_sync(pipe, fence);
    pipe->screen->fence_reference(pipe->screen, &fence, NULL);
    return true;
}

/* The core does not ask whether sync and context are of one display, and neither do we. */
EGLint gemd_wait_sync(_EGLDisplay *egl, _EGLSync *base)
{
    struct gemd_context *context = (struct gemd_context *)_eglGetCurrentContext();
    struct gemd_sync *sync = (struct gemd_sync *)base;
    struct pipe_screen *screen = sync->display->screen.pipe;
    struct pipe_context *pipe = context->st->pipe;

    if (!sync->fence || screen->fence_finish(screen, NULL, sync->fence, 0)) {
        return EGL_TRUE;
    }
    if (pipe->screen != screen) {
        return wait_across(sync, pipe);
    }
    if (pipe->fence_server_sync) {
        pipe->fence_server_sync(pipe, sync->fence);
    }
    return EGL_TRUE;
}

/* ---- descriptors ---- */

/* Made now, not kept: it may be one of the session's many. The core forgets our error code. */
EGLint gemd_dup_native_fence_fd(_EGLDisplay *egl, _EGLSync *base)
{
    struct gemd_sync *sync = (struct gemd_sync *)base;
    struct pipe_screen *screen = sync->display->screen.pipe;
    int fd = screen->fence_get_fd(screen, sync->fence);

    if (fd < 0) {
        _eglError(EGL_BAD_ALLOC, "eglDupNativeFenceFDANDROID");
        return EGL_NO_NATIVE_FENCE_FD_ANDROID;
    }
    return fd;
}
