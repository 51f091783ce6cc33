/* SPDX-License-Identifier: MIT */
/*
 * EGL images: a texture's level or a renderbuffer, shared with other contexts as it is; what else
 * they can be is in files of its own.
 */
#include "bind_wayland.h"
#include "image.h"
#include "platform.h"

#include <stdlib.h>

#include "main/mtypes.h"
#include "main/renderbuffer.h"
#include "main/teximage.h"
#include "main/texobj.h"
#include "main/texstate.h"
#include "state_tracker/st_context.h"
#include "state_tracker/st_texture.h"
#include "util/u_inlines.h"

struct gemd_image *gemd_image_create(_EGLDisplay *egl, struct pipe_resource *texture)
{
    struct gemd_image *image = calloc(1, sizeof(*image));

    if (!image) {
        _eglError(EGL_BAD_ALLOC, "eglCreateImage");
        return NULL;
    }
    _eglInitImage(&image->base, egl);
    image->display = gemd_display_ref(gemd_display(egl));
    pipe_resource_reference(&image->texture, texture);
    image->format = texture->format;
    return image;
}

static struct gemd_image *image_of_part(_EGLDisplay *egl, struct pipe_resource *texture,
                                        GLenum internal_format, unsigned level, unsigned layer)
{
    struct gemd_image *image = gemd_image_create(egl, texture);

    if (image) {
        image->internal_format = internal_format;
        image->level = level;
        image->layer = layer;
    }
    return image;
}

static struct gemd_image *refuse(EGLint error, const char *why)
{
    _eglError(error, why);
    return NULL;
}

static struct gemd_image *from_renderbuffer(_EGLDisplay *egl, struct gl_context *gl, GLuint name)
{
    struct gl_renderbuffer *buffer = _mesa_lookup_renderbuffer(gl, name);

    if (!buffer || buffer->NumSamples > 0 || !buffer->texture) {
        return refuse(EGL_BAD_PARAMETER, "eglCreateImage: not a renderbuffer with storage");
    }
    return image_of_part(egl, buffer->texture, buffer->InternalFormat, 0, 0);
}

/* Which texture target an EGL target means, and which layer of it. */
struct texture_part {
    GLenum target;
    GLuint face, layer;
};

static bool find_part(EGLenum target, const _EGLImageAttribs *attributes, struct texture_part *part)
{
    *part = (struct texture_part){0};
    switch (target) {
    case EGL_GL_TEXTURE_2D_KHR:
        part->target = GL_TEXTURE_2D;
        return true;
    case EGL_GL_TEXTURE_3D_KHR:
        part->target = GL_TEXTURE_3D;
        part->layer = attributes->GLTextureZOffset;
        return true;
    default:
        if (target < EGL_GL_TEXTURE_CUBE_MAP_POSITIVE_X_KHR ||
            target > EGL_GL_TEXTURE_CUBE_MAP_NEGATIVE_Z_KHR) {
            return false;
        }
        part->target = GL_TEXTURE_CUBE_MAP;
        part->face = target - EGL_GL_TEXTURE_CUBE_MAP_POSITIVE_X_KHR;
        part->layer = part->face;
        return true;
    }
}

static struct gemd_image *from_texture(_EGLDisplay *egl, struct gl_context *gl, GLuint name,
                                       const struct texture_part *part, GLint level)
{
    struct gl_texture_object *texture = _mesa_lookup_texture(gl, name);
    struct gl_texture_image *part_image;
    struct pipe_resource *resource;

    if (name == 0 || !texture || texture->Target != part->target) {
        return refuse(EGL_BAD_PARAMETER, "eglCreateImage: not a texture of that target");
    }
    if (texture->surface_based) {
        return refuse(EGL_BAD_ACCESS, "eglCreateImage: the texture is an image's or a pbuffer's");
    }
    resource = st_get_texobj_resource(texture);
    _mesa_test_texobj_completeness(gl, texture);
    if (!resource || !texture->_BaseComplete || (level > 0 && !texture->_MipmapComplete)) {
        return refuse(EGL_BAD_PARAMETER, "eglCreateImage: the texture is incomplete");
    }
    if (level < texture->Attrib.BaseLevel || level > texture->_MaxLevel) {
        return refuse(EGL_BAD_MATCH, "eglCreateImage: the texture has no such level");
    }
    part_image = texture->Image[part->face][level];
    if (part->target == GL_TEXTURE_3D && part->layer >= part_image->Depth) {
        return refuse(EGL_BAD_PARAMETER, "eglCreateImage: the texture has no such slice");
    }
    gl->Shared->HasExternallySharedImages = true;
    return image_of_part(egl, resource, part_image->InternalFormat, level, part->layer);
}

static struct gemd_image *image_of_object(_EGLDisplay *egl, struct gemd_context *context,
                                          EGLenum target, GLuint name,
                                          const _EGLImageAttribs *wanted)
{
    struct texture_part part;
    struct gl_context *gl;

    if (!context) {
        return refuse(EGL_BAD_PARAMETER, "eglCreateImage: the target needs a context");
    }
    if (context->st->thread_finish) {
        context->st->thread_finish(context->st);
    }
    gl = ((struct st_context *)context->st)->ctx;
    if (target == EGL_GL_RENDERBUFFER_KHR) {
        return from_renderbuffer(egl, gl, name);
    }
    if (!find_part(target, wanted, &part)) {
        return refuse(EGL_BAD_PARAMETER, "eglCreateImage: unknown target");
    }
    return from_texture(egl, gl, name, &part, wanted->GLTextureLevel);
}

_EGLImage *gemd_create_image(_EGLDisplay *egl, _EGLContext *base, EGLenum target,
                             EGLClientBuffer buffer, const EGLint *attributes)
{
    struct gemd_context *context = (struct gemd_context *)base;
    struct gemd_image *image;
    _EGLImageAttribs wanted;

    if (!_eglParseImageAttribList(&wanted, egl, attributes)) {
        return NULL;
    }
    if (target == EGL_LINUX_DMA_BUF_EXT && egl->Extensions.EXT_image_dma_buf_import) {
        image = gemd_image_of_dmabuf(egl, buffer, &wanted);
    } else if (target == EGL_WAYLAND_BUFFER_WL && egl->Extensions.WL_bind_wayland_display) {
        image = gemd_image_of_wayland(egl, (struct wl_resource *)buffer, &wanted);
    } else if (target == EGL_NATIVE_PIXMAP_KHR && egl->Extensions.KHR_image_pixmap) {
        image = context ? refuse(EGL_BAD_PARAMETER, "eglCreateImage: a pixmap has no context")
                        : gemd_display(egl)->platform->image_of_pixmap(egl, buffer);
    } else {
        image = image_of_object(egl, context, target, (GLuint)(uintptr_t)buffer, &wanted);
    }
    return image ? &image->base : NULL;
}

EGLBoolean gemd_destroy_image(_EGLDisplay *egl, _EGLImage *base)
{
    struct gemd_image *image = (struct gemd_image *)base;

    if (_eglPutImage(base)) {
        pipe_resource_reference(&image->texture, NULL);
        gemd_display_unref(image->display);
        free(image);
    }
    return EGL_TRUE;
}

bool gemd_get_egl_image(struct st_manager *manager, void *handle, struct st_egl_image *out)
{
    _EGLDisplay *egl = ((struct gemd_display *)manager)->egl;
    struct gemd_image *image;

    simple_mtx_lock(&egl->Mutex);
    image = (struct gemd_image *)_eglLookupImage(handle, egl);
    if (image) {
        *out = (struct st_egl_image){
            .format = image->format,
            .level = image->level,
            .layer = image->layer,
            .internalformat = image->internal_format,
            .yuv_color_space = image->yuv_color_space,
            .yuv_range = image->yuv_range,
            .imported_dmabuf = image->is_dmabuf,
        };
        pipe_resource_reference(&out->texture, image->texture);
    }
    simple_mtx_unlock(&egl->Mutex);
    return image != NULL;
}
