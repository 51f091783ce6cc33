/* SPDX-License-Identifier: MIT */
/* The table that Mesa's EGL core calls, found by its name at link time. */
#include "backend.h"

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

static EGLBoolean no_damage_region(_EGLDisplay *egl, _EGLSurface *surface, EGLint *rects,
                                   EGLint count)
{
    return refuse("eglSetDamageRegionKHR");
}

static EGLBoolean no_signal_sync(_EGLDisplay *egl, _EGLSync *sync, EGLenum mode)
{
    return refuse("eglSignalSyncKHR");
}

static EGLBoolean no_dmabuf_formats(_EGLDisplay *egl, EGLint max, EGLint *formats, EGLint *count)
{
    return refuse("eglQueryDmaBufFormatsEXT");
}

static EGLBoolean no_dmabuf_modifiers(_EGLDisplay *egl, EGLint format, EGLint max,
                                      EGLuint64KHR *modifiers, EGLBoolean *external_only,
                                      EGLint *count)
{
    return refuse("eglQueryDmaBufModifiersEXT");
}

static EGLBoolean no_dmabuf_query(_EGLDisplay *egl, _EGLImage *image, EGLint *fourcc,
                                  EGLint *planes, EGLuint64KHR *modifiers)
{
    return refuse("eglExportDMABUFImageQueryMESA");
}

static EGLBoolean no_dmabuf_export(_EGLDisplay *egl, _EGLImage *image, EGLint *fds, EGLint *strides,
                                   EGLint *offsets)
{
    return refuse("eglExportDMABUFImageMESA");
}

static EGLBoolean no_drm_export(_EGLDisplay *egl, _EGLImage *image, EGLint *name, EGLint *handle,
                                EGLint *stride)
{
    return refuse("eglExportDRMImageMESA");
}

static EGLBoolean no_wayland(_EGLDisplay *egl, struct wl_display *wayland)
{
    return refuse("eglBindWaylandDisplayWL");
}

static EGLBoolean no_wayland_buffer(_EGLDisplay *egl, struct wl_resource *buffer, EGLint attribute,
                                    EGLint *value)
{
    return refuse("eglQueryWaylandBufferWL");
}

static void no_blob_cache(_EGLDisplay *egl, EGLSetBlobFuncANDROID set, EGLGetBlobFuncANDROID get)
{
    refuse("eglSetBlobCacheFuncsANDROID");
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
    .QueryDriverName = query_driver_name,
    .QueryDriverConfig = query_driver_config,

    .SetDamageRegion = no_damage_region,
    .SignalSyncKHR = no_signal_sync,
    .QueryDmaBufFormatsEXT = no_dmabuf_formats,
    .QueryDmaBufModifiersEXT = no_dmabuf_modifiers,
    .ExportDMABUFImageQueryMESA = no_dmabuf_query,
    .ExportDMABUFImageMESA = no_dmabuf_export,
    .ExportDRMImageMESA = no_drm_export,
    .BindWaylandDisplayWL = no_wayland,
    .UnbindWaylandDisplayWL = no_wayland,
    .QueryWaylandBufferWL = no_wayland_buffer,
    .SetBlobCacheFuncsANDROID = no_blob_cache,
};
