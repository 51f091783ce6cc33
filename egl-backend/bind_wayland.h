/* SPDX-License-Identifier: MIT */
/*
 * EGL_WL_bind_wayland_display: a compositor that draws with us takes buffers of clients whose
 * driver is Mesa's and knows nothing but wl_drm. They come as descriptors (PRIME); such a buffer is
 * imported when an image is made of it. Names of GEM are refused, and there is nobody to
 * authenticate with: the device that clients are told has no need for it.
 */
#ifndef GEMD_EGL_BIND_WAYLAND_H
#define GEMD_EGL_BIND_WAYLAND_H

#include "image.h"

struct wl_display;
struct wl_resource;

EGLBoolean gemd_bind_wayland(_EGLDisplay *egl, struct wl_display *wayland);
EGLBoolean gemd_unbind_wayland(_EGLDisplay *egl, struct wl_display *wayland);
/* Ends it, if there is one: the EGL display goes. */
void gemd_bound_wayland_free(struct gemd_bound_wayland *bound);
EGLBoolean gemd_query_wayland_buffer(_EGLDisplay *egl, struct wl_resource *resource,
                                     EGLint attribute, EGLint *value);
/* What such a buffer is; NULL: it is somebody else's. */
const struct gemd_dmabuf *gemd_dmabuf_of_wayland(struct wl_resource *resource);
/* eglCreateImage() with EGL_WAYLAND_BUFFER_WL. */
struct gemd_image *gemd_image_of_wayland(_EGLDisplay *egl, struct wl_resource *resource,
                                         const _EGLImageAttribs *wanted);

#endif
