/* SPDX-License-Identifier: MIT */
/*
 * EGL images, whatever they are made of, and those that are memory files: dma-bufs of
 * EGL_EXT_image_dma_buf_import and EGL_MESA_image_dma_buf_export. Functions that return NULL or
 * EGL_FALSE have set the EGL error.
 */
#ifndef GEMD_EGL_IMAGE_H
#define GEMD_EGL_IMAGE_H

#include "backend.h"

struct gemd_image {
    _EGLImage base;
    struct gemd_display *display; /* one reference */
    struct pipe_resource *texture;
    enum pipe_format format; /* the texture's; of several planes together: what they make */
    unsigned level, layer;
    unsigned internal_format;            /* GL; 0: what follows from the format */
    unsigned yuv_color_space, yuv_range; /* of YUV formats, EGL's values; 0: not said */
    bool is_dmabuf;                      /* imported */
};

/* Takes a reference to the texture, and looks at its first image. */
struct gemd_image *gemd_image_create(_EGLDisplay *egl, struct pipe_resource *texture);

/* ---- dmabuf.c ---- */

#define GEMD_DMABUF_PLANES 3

struct gemd_dmabuf_plane {
    int fd;                /* the caller's */
    EGLint offset, stride; /* bytes */
};

/* What is imported. 'planes' may be fewer than there is room for. */
struct gemd_dmabuf {
    EGLint width, height;
    uint32_t fourcc;
    uint64_t modifier; /* DRM_FORMAT_MOD_INVALID: not said */
    unsigned plane_count;
    struct gemd_dmabuf_plane planes[GEMD_DMABUF_PLANES];
};

/* Bytes of a memory file that nobody can shrink and everybody may write; 0: it is none. */
uint64_t gemd_dmabuf_bytes(int fd);
/* Whether the screen can sample what has this format. */
bool gemd_dmabuf_is_format(struct gemd_display *display, uint32_t fourcc);
/* An image of it. Descriptors stay the caller's and are not needed afterwards. */
struct gemd_image *gemd_dmabuf_import(_EGLDisplay *egl, const struct gemd_dmabuf *dmabuf);
/* eglCreateImage() with EGL_LINUX_DMA_BUF_EXT. */
struct gemd_image *gemd_image_of_dmabuf(_EGLDisplay *egl, EGLClientBuffer buffer,
                                        const _EGLImageAttribs *wanted);

EGLBoolean gemd_query_dmabuf_formats(_EGLDisplay *egl, EGLint max, EGLint *formats, EGLint *count);
EGLBoolean gemd_query_dmabuf_modifiers(_EGLDisplay *egl, EGLint format, EGLint max,
                                       EGLuint64KHR *modifiers, EGLBoolean *external_only,
                                       EGLint *count);
EGLBoolean gemd_query_dmabuf_export(_EGLDisplay *egl, _EGLImage *image, EGLint *fourcc,
                                    EGLint *planes, EGLuint64KHR *modifiers);
EGLBoolean gemd_export_dmabuf(_EGLDisplay *egl, _EGLImage *image, EGLint *fds, EGLint *strides,
                              EGLint *offsets);

#endif
