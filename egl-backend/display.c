/* SPDX-License-Identifier: MIT */
/* Displays: a screen each, the extensions they offer, and how long they live. */
#include "bind_wayland.h"

#include <stdlib.h>

#include "egldevice.h"
#include "platform.h"
#include "util/u_atomic.h"

struct gemd_display *gemd_display_ref(struct gemd_display *display)
{
    p_atomic_inc(&display->references);
    return display;
}

void gemd_display_unref(struct gemd_display *display)
{
    if (!p_atomic_dec_zero(&display->references)) {
        return;
    }
    if (display->manager.destroy) {
        display->manager.destroy(&display->manager);
    }
    gemd_screen_close(&display->screen);
    if (display->native) {
        display->platform->close(display);
    }
    simple_mtx_destroy(&display->orphans_lock);
    free(display);
}

static int get_param(struct st_manager *manager, enum st_manager_param param)
{
    return 0;
}

static void set_extensions(_EGLDisplay *egl, struct gemd_display *display)
{
    struct pipe_screen *screen = display->screen.pipe;
    _EGLExtensions *offered = &egl->Extensions;

    /* A descriptor for what software draws would have to come from a thread of its own. */
    offered->ANDROID_native_fence_sync = screen->get_param(screen, PIPE_CAP_NATIVE_FENCE_FD) != 0;

    offered->EXT_buffer_age = EGL_TRUE;
    offered->EXT_swap_buffers_with_damage = EGL_TRUE;
    /*
     * Part of EGL 1.5, which the core offers only when all of them are here. A renderer that cannot
     * be asked for resets (softpipe) has none to tell of.
     */
    offered->EXT_create_context_robustness = EGL_TRUE;
    offered->KHR_cl_event2 = EGL_TRUE;
    offered->KHR_create_context = EGL_TRUE;
    offered->KHR_fence_sync = EGL_TRUE;
    offered->KHR_gl_colorspace = EGL_TRUE;
    offered->KHR_gl_renderbuffer_image = EGL_TRUE;
    offered->KHR_gl_texture_2D_image = EGL_TRUE;
    offered->KHR_gl_texture_3D_image = EGL_TRUE;
    offered->KHR_gl_texture_cubemap_image = EGL_TRUE;
    offered->KHR_image_base = EGL_TRUE;
    offered->KHR_image_pixmap = display->platform->image_of_pixmap != NULL;
    offered->KHR_surfaceless_context = EGL_TRUE;
    offered->KHR_wait_sync = EGL_TRUE;

    offered->KHR_create_context_no_error = EGL_TRUE;
    offered->KHR_no_config_context = EGL_TRUE;
    offered->MESA_query_driver = EGL_TRUE;
    offered->EXT_image_dma_buf_import = EGL_TRUE;
    offered->EXT_image_dma_buf_import_modifiers = EGL_TRUE;
    /* What software has drawn into a texture lies in memory of its own, and cannot move. */
    offered->MESA_image_dma_buf_export = display->screen.session != NULL;
    offered->KHR_partial_update = EGL_TRUE;
    offered->KHR_context_flush_control = EGL_TRUE;
    /* A session's class is the policy's to choose: every context is as the others of it. */
    offered->IMG_context_priority = 1 << __EGL_CONTEXT_PRIORITY_MEDIUM_BIT;
    /* What clients have of us in software is wl_shm; those of wl_drm have a GPU. */
    offered->WL_bind_wayland_display = display->screen.session != NULL;
}

static void set_client_apis(_EGLDisplay *egl, struct gemd_display *display)
{
    int *versions = display->versions;
    bool desktop;

    st_api_query_versions(&display->manager, &display->options, &versions[ST_PROFILE_OPENGL_CORE],
                          &versions[ST_PROFILE_DEFAULT], &versions[ST_PROFILE_OPENGL_ES1],
                          &versions[ST_PROFILE_OPENGL_ES2]);
    desktop = versions[ST_PROFILE_OPENGL_CORE] || versions[ST_PROFILE_DEFAULT];
    egl->ClientAPIs = (desktop ? EGL_OPENGL_BIT : 0) |
                      (versions[ST_PROFILE_OPENGL_ES1] ? EGL_OPENGL_ES_BIT : 0) |
                      (versions[ST_PROFILE_OPENGL_ES2] ? EGL_OPENGL_ES2_BIT : 0) |
                      (versions[ST_PROFILE_OPENGL_ES2] >= 30 ? EGL_OPENGL_ES3_BIT_KHR : 0);
}

/*
 * A program that has a DRM device is told that one when the GPU draws. Of the others the core knows
 * one without a node, which it calls software's; it stands for us, whoever renders.
 */
static _EGLDevice *find_device(struct gemd_display *display, _EGLDisplay *egl)
{
    _EGLDevice *device = NULL;

    if (egl->Platform == _EGL_PLATFORM_DEVICE) {
        device = egl->PlatformDisplay;
    } else if (display->platform->drm_file && display->screen.session) {
        device = _eglAddDevice(display->platform->drm_file(egl), false);
    }
    return device ? device : _eglAddDevice(-1, true);
}

/*
 * A display that was terminated while a context was still current keeps its old screen alive only
 * for that context: initializing it again gets a new one.
 */
EGLBoolean gemd_initialize(_EGLDisplay *egl)
{
    struct gemd_display *display = calloc(1, sizeof(*display));

    if (!display) {
        return _eglError(EGL_BAD_ALLOC, "eglInitialize");
    }
    display->egl = egl;
    display->references = 1;
    display->platform = gemd_platform_find(egl);
    if (!gemd_screen_open(&display->screen, egl->Options.ForceSoftware)) {
        free(display);
        return _eglError(EGL_NOT_INITIALIZED, "no renderer");
    }
    if (display->platform->open && !display->platform->open(display, egl)) {
        gemd_screen_close(&display->screen);
        free(display);
        return EGL_FALSE;
    }
    simple_mtx_init(&display->orphans_lock, mtx_plain);
    display->manager.screen = display->screen.pipe;
    display->manager.get_param = get_param;
    display->manager.get_egl_image = gemd_get_egl_image;
    egl->DriverData = display;
    egl->Device = find_device(display, egl);
    set_extensions(egl, display);
    set_client_apis(egl, display);
    if (!gemd_configs_add(egl, display)) {
        gemd_terminate(egl);
        return _eglError(EGL_NOT_INITIALIZED, "no configs");
    }
    return EGL_TRUE;
}

EGLBoolean gemd_terminate(_EGLDisplay *egl)
{
    struct gemd_display *display = gemd_display(egl);

    if (!display) {
        return EGL_TRUE;
    }
    _eglReleaseDisplayResources(egl);
    gemd_bound_wayland_free(display->bound);
    display->bound = NULL;
    gemd_sync_free_orphans(display); /* no thread is in a call on the display any more */
    _eglCleanupDisplay(egl);
    egl->DriverData = NULL;
    if (display->native && display->platform->terminate) {
        display->platform->terminate(display);
    }
    gemd_display_unref(display);
    return EGL_TRUE;
}
