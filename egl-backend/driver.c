/* SPDX-License-Identifier: MIT */
/* The table that Mesa's EGL core calls, found by its name at link time. */
#include "bind_wayland.h"
#include "image.h"

#include <string.h>

#include "mapi/glapi/glapi.h"
#include "winsys/i915/driver.h"

static _EGLProc get_proc_address(const char *name)
{
    return (_EGLProc)_glapi_get_proc_address(name);
}

/* EGL_MESA_query_driver: the name, and driconf options in XML, of which there are none. */
static const char *query_driver_name(_EGLDisplay *egl)
{
    return gemd_display(egl)->screen.driver->name;
}

static char *query_driver_config(_EGLDisplay *egl)
{
    return strdup("<driinfo></driinfo>");
}

/*
 * What we do not offer, for programs that call it without having looked: the core relies on
 * assertions there that a release does not have.
 */
static EGLBoolean refuse(const char *function)
{
    return _eglError(EGL_BAD_ACCESS, function);
}

static EGLBoolean no_signal_sync(_EGLDisplay *egl, _EGLSync *sync, EGLenum mode)
{
    return refuse("eglSignalSyncKHR");
}

static EGLBoolean no_drm_export(_EGLDisplay *egl, _EGLImage *image, EGLint *name, EGLint *handle,
                                EGLint *stride)
{
    return refuse("eglExportDRMImageMESA");
}

static void no_blob_cache(_EGLDisplay *egl, EGLSetBlobFuncANDROID set, EGLGetBlobFuncANDROID get)
{
    refuse("eglSetBlobCacheFuncsANDROID");
}

/* A hint for renderers that load tiles; the core has checked that the age was asked for before. */
static EGLBoolean set_damage_region(_EGLDisplay *egl, _EGLSurface *surface, EGLint *rects,
                                    EGLint count)
{
    return egl->Extensions.KHR_partial_update ? EGL_TRUE : refuse("eglSetDamageRegionKHR");
}

extern const _EGLDriver _eglDriver;

const _EGLDriver _eglDriver = {
    .Initialize = gemd_initialize,
    .Terminate = gemd_terminate,
    .CreateContext = gemd_create_context,
    .DestroyContext = gemd_destroy_context,
    .MakeCurrent = gemd_make_current,
    .CreateWindowSurface = gemd_create_window_surface,
    .CreatePixmapSurface = gemd_create_pixmap_surface,
    .CreatePbufferSurface = gemd_create_pbuffer_surface,
    .DestroySurface = gemd_destroy_surface,
    .BindTexImage = gemd_bind_tex_image,
    .ReleaseTexImage = gemd_release_tex_image,
    .SwapBuffers = gemd_swap_buffers,
    .SwapBuffersWithDamageEXT = gemd_swap_buffers_with_damage,
    .CopyBuffers = gemd_copy_buffers,
    .WaitClient = gemd_wait_client,
    .WaitNative = gemd_wait_native,
    .GetProcAddress = get_proc_address,
    .CreateImageKHR = gemd_create_image,
    .DestroyImageKHR = gemd_destroy_image,
    .CreateSyncKHR = gemd_create_sync,
    .DestroySyncKHR = gemd_destroy_sync,
    .ClientWaitSyncKHR = gemd_client_wait_sync,
    .WaitSyncKHR = gemd_wait_sync,
    .DupNativeFenceFDANDROID = gemd_dup_native_fence_fd,
    .QueryBufferAge = gemd_query_buffer_age,
    .GetSyncValuesCHROMIUM = gemd_get_sync_values,
    .QueryDriverName = query_driver_name,
    .QueryDriverConfig = query_driver_config,
    .SetDamageRegion = set_damage_region,
    .QueryDmaBufFormatsEXT = gemd_query_dmabuf_formats,
    .QueryDmaBufModifiersEXT = gemd_query_dmabuf_modifiers,
    .ExportDMABUFImageQueryMESA = gemd_query_dmabuf_export,
    .ExportDMABUFImageMESA = gemd_export_dmabuf,
    .BindWaylandDisplayWL = gemd_bind_wayland,
    .UnbindWaylandDisplayWL = gemd_unbind_wayland,
    .QueryWaylandBufferWL = gemd_query_wayland_buffer,

    .SignalSyncKHR = no_signal_sync,
    .ExportDRMImageMESA = no_drm_export,
    .SetBlobCacheFuncsANDROID = no_blob_cache,
};
