/* SPDX-License-Identifier: MIT */
#include "bind_wayland.h"

#include <stdlib.h>
#include <unistd.h>

#include <wayland-server.h>

#include "drm-uapi/drm_fourcc.h"
#include "wl-drm-server-protocol.h"

#define DEVICE      "/dev/dri/renderD128"
#define FORMATS_MAX 8

/* Lives as long as the global or any client's object of it does. */
struct gemd_bound_wayland {
    struct wl_display *wayland;
    struct wl_global *global;        /* NULL: unbound, or the compositor's display has gone */
    struct wl_listener display_gone; /* in the list while there is a global */
    unsigned references;             /* only the compositor's thread */
    uint32_t formats[FORMATS_MAX];
    unsigned format_count;
};

struct wayland_buffer {
    struct gemd_dmabuf dmabuf; /* its descriptor is ours */
};

static const uint32_t known_formats[] = {
    DRM_FORMAT_ARGB8888, DRM_FORMAT_XRGB8888, DRM_FORMAT_ABGR8888,
    DRM_FORMAT_XBGR8888, DRM_FORMAT_RGB565,
};

static void unref(struct gemd_bound_wayland *bound)
{
    if (--bound->references == 0) {
        free(bound);
    }
}

static bool has_format(const struct gemd_bound_wayland *bound, uint32_t format)
{
    for (unsigned i = 0; i < bound->format_count; i++) {
        if (bound->formats[i] == format) {
            return true;
        }
    }
    return false;
}

/* ---- buffers ---- */

static void buffer_destroy(struct wl_client *client, struct wl_resource *resource)
{
    wl_resource_destroy(resource);
}

static const struct wl_buffer_interface buffer_functions = {.destroy = buffer_destroy};

static void buffer_gone(struct wl_resource *resource)
{
    struct wayland_buffer *buffer = wl_resource_get_user_data(resource);

    close(buffer->dmabuf.planes[0].fd);
    free(buffer);
}

/* NULL: somebody else's, such as one of wl_shm. */
static struct wayland_buffer *buffer_of(struct wl_resource *resource)
{
    return resource && wl_resource_instance_of(resource, &wl_buffer_interface, &buffer_functions)
               ? wl_resource_get_user_data(resource)
               : NULL;
}

/* ---- wl_drm ---- */

static void authenticate(struct wl_client *client, struct wl_resource *drm, uint32_t id)
{
    wl_resource_post_error(drm, WL_DRM_ERROR_AUTHENTICATE_FAIL, "%s needs no authentication",
                           DEVICE);
}

static void create_named(struct wl_client *client, struct wl_resource *drm, uint32_t id,
                         uint32_t name, int32_t width, int32_t height, uint32_t stride,
                         uint32_t format)
{
    wl_resource_post_error(drm, WL_DRM_ERROR_INVALID_NAME, "buffers come as descriptors");
}

static void create_planar(struct wl_client *client, struct wl_resource *drm, uint32_t id,
                          uint32_t name, int32_t width, int32_t height, uint32_t format,
                          int32_t offset0, int32_t stride0, int32_t offset1, int32_t stride1,
                          int32_t offset2, int32_t stride2)
{
    wl_resource_post_error(drm, WL_DRM_ERROR_INVALID_NAME, "buffers come as descriptors");
}

/* What is wrong with the rest of it shows when the compositor makes an image of it. */
static void create_prime(struct wl_client *client, struct wl_resource *drm, uint32_t id, int32_t fd,
                         int32_t width, int32_t height, uint32_t format, int32_t offset0,
                         int32_t stride0, int32_t offset1, int32_t stride1, int32_t offset2,
                         int32_t stride2)
{
    const struct gemd_bound_wayland *bound = wl_resource_get_user_data(drm);
    struct wayland_buffer *buffer;
    struct wl_resource *resource;

    if (!has_format(bound, format)) {
        wl_resource_post_error(drm, WL_DRM_ERROR_INVALID_FORMAT, "format 0x%x", format);
        close(fd);
        return;
    }
    if (width <= 0 || height <= 0 || gemd_dmabuf_bytes(fd) == 0) {
        wl_resource_post_error(drm, WL_DRM_ERROR_INVALID_NAME, "not a buffer of %d by %d", width,
                               height);
        close(fd);
        return;
    }
    buffer = malloc(sizeof(*buffer));
    resource = buffer ? wl_resource_create(client, &wl_buffer_interface, 1, id) : NULL;
    if (!resource) {
        wl_resource_post_no_memory(drm);
        free(buffer);
        close(fd);
        return;
    }
    *buffer = (struct wayland_buffer){
        .dmabuf =
            {
                .width = width,
                .height = height,
                .fourcc = format,
                .modifier = DRM_FORMAT_MOD_INVALID,
                .plane_count = 1,
                .planes = {{.fd = fd, .offset = offset0, .stride = stride0}},
            },
    };
    wl_resource_set_implementation(resource, &buffer_functions, buffer, buffer_gone);
}

static const struct wl_drm_interface drm_functions = {
    .authenticate = authenticate,
    .create_buffer = create_named,
    .create_planar_buffer = create_planar,
    .create_prime_buffer = create_prime,
};

static void drm_gone(struct wl_resource *drm)
{
    unref(wl_resource_get_user_data(drm));
}

static void bind_drm(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
    struct gemd_bound_wayland *bound = data;
    struct wl_resource *drm = wl_resource_create(client, &wl_drm_interface, (int)version, id);

    if (!drm) {
        wl_client_post_no_memory(client);
        return;
    }
    bound->references++;
    wl_resource_set_implementation(drm, &drm_functions, bound, drm_gone);
    wl_drm_send_device(drm, DEVICE);
    for (unsigned i = 0; i < bound->format_count; i++) {
        wl_drm_send_format(drm, bound->formats[i]);
    }
    if (version >= WL_DRM_CAPABILITIES_SINCE_VERSION) {
        wl_drm_send_capabilities(drm, WL_DRM_CAPABILITY_PRIME);
    }
}

/* ---- bind and unbind ---- */

/* The display frees its globals itself. */
static void on_display_gone(struct wl_listener *listener, void *data)
{
    struct gemd_bound_wayland *bound = wl_container_of(listener, bound, display_gone);

    wl_list_remove(&bound->display_gone.link);
    bound->global = NULL;
}

static struct gemd_bound_wayland *bind_to(struct gemd_display *display, struct wl_display *wayland)
{
    struct gemd_bound_wayland *bound = calloc(1, sizeof(*bound));

    if (!bound) {
        return NULL;
    }
    bound->wayland = wayland;
    bound->references = 1;
    for (unsigned i = 0; i < sizeof(known_formats) / sizeof(known_formats[0]); i++) {
        if (gemd_dmabuf_is_format(display, known_formats[i])) {
            bound->formats[bound->format_count++] = known_formats[i];
        }
    }
    bound->global = wl_global_create(wayland, &wl_drm_interface, 2, bound, bind_drm);
    if (!bound->global) {
        free(bound);
        return NULL;
    }
    bound->display_gone.notify = on_display_gone;
    wl_display_add_destroy_listener(wayland, &bound->display_gone);
    return bound;
}

void gemd_bound_wayland_free(struct gemd_bound_wayland *bound)
{
    if (!bound) {
        return;
    }
    if (bound->global) {
        wl_list_remove(&bound->display_gone.link);
        wl_global_destroy(bound->global);
        bound->global = NULL;
    }
    unref(bound);
}

EGLBoolean gemd_bind_wayland(_EGLDisplay *egl, struct wl_display *wayland)
{
    struct gemd_display *display = gemd_display(egl);

    if (!egl->Extensions.WL_bind_wayland_display || display->bound) {
        return _eglError(EGL_BAD_ACCESS, "eglBindWaylandDisplayWL");
    }
    display->bound = bind_to(display, wayland);
    return display->bound || _eglError(EGL_BAD_ALLOC, "eglBindWaylandDisplayWL");
}

EGLBoolean gemd_unbind_wayland(_EGLDisplay *egl, struct wl_display *wayland)
{
    struct gemd_display *display = gemd_display(egl);

    if (!display->bound || display->bound->wayland != wayland) {
        return _eglError(EGL_BAD_ACCESS, "eglUnbindWaylandDisplayWL");
    }
    gemd_bound_wayland_free(display->bound);
    display->bound = NULL;
    return EGL_TRUE;
}

/* ---- what the compositor does with buffers ---- */

static EGLint texture_format(uint32_t fourcc)
{
    return fourcc == DRM_FORMAT_ARGB8888 || fourcc == DRM_FORMAT_ABGR8888 ? EGL_TEXTURE_RGBA
                                                                          : EGL_TEXTURE_RGB;
}

EGLBoolean gemd_query_wayland_buffer(_EGLDisplay *egl, struct wl_resource *resource,
                                     EGLint attribute, EGLint *value)
{
    const struct wayland_buffer *buffer = buffer_of(resource);

    if (!buffer) {
        return _eglError(EGL_BAD_PARAMETER, "eglQueryWaylandBufferWL: not a buffer of wl_drm");
    }
    switch (attribute) {
    case EGL_WIDTH:
        *value = buffer->dmabuf.width;
        return EGL_TRUE;
    case EGL_HEIGHT:
        *value = buffer->dmabuf.height;
        return EGL_TRUE;
    case EGL_TEXTURE_FORMAT:
        *value = texture_format(buffer->dmabuf.fourcc);
        return EGL_TRUE;
    default:
        return _eglError(EGL_BAD_ATTRIBUTE, "eglQueryWaylandBufferWL");
    }
}

const struct gemd_dmabuf *gemd_dmabuf_of_wayland(struct wl_resource *resource)
{
    const struct wayland_buffer *buffer = buffer_of(resource);

    return buffer ? &buffer->dmabuf : NULL;
}

struct gemd_image *gemd_image_of_wayland(_EGLDisplay *egl, struct wl_resource *resource,
                                         const _EGLImageAttribs *wanted)
{
    const struct wayland_buffer *buffer = buffer_of(resource);

    if (!buffer || wanted->PlaneWL != 0) {
        _eglError(EGL_BAD_PARAMETER, "eglCreateImage: not a buffer of wl_drm, or a plane of it");
        return NULL;
    }
    return gemd_dmabuf_import(egl, &buffer->dmabuf);
}
