/* SPDX-License-Identifier: MIT */
/*
 * Images that are memory files: a dma-buf is one here (doc/drm.md). Formats follow from what the
 * screen can sample; memory lies in lines. A file is imported whole and at any offset, and nobody
 * may be able to make it shorter.
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drm-uapi/drm_fourcc.h"
#include "frontend/winsys_handle.h"
#include "image.h"
#include "util/format/u_format.h"
#include "util/u_inlines.h"
#include "util/u_math.h"

#define ALIGN_OFFSET 64 /* bytes; what the GPU's surfaces begin at */
#define ALIGN_STRIDE 4

struct plane_format {
    enum pipe_format format;
    uint8_t width_shift, height_shift; /* how much coarser it is */
    uint8_t memory;                    /* which of the given planes it lies in */
};

struct format {
    uint32_t fourcc;
    enum pipe_format format;
    uint8_t memories; /* planes that are given */
    /* What is sampled instead, and put together in the shader, where 'format' cannot be. */
    uint8_t plane_count;
    struct plane_format planes[GEMD_DMABUF_PLANES];
};

static const struct format formats[] = {
    {DRM_FORMAT_ARGB8888, PIPE_FORMAT_B8G8R8A8_UNORM, 1, 0, {{0}}},
    {DRM_FORMAT_XRGB8888, PIPE_FORMAT_B8G8R8X8_UNORM, 1, 0, {{0}}},
    {DRM_FORMAT_ABGR8888, PIPE_FORMAT_R8G8B8A8_UNORM, 1, 0, {{0}}},
    {DRM_FORMAT_XBGR8888, PIPE_FORMAT_R8G8B8X8_UNORM, 1, 0, {{0}}},
    {DRM_FORMAT_ARGB2101010, PIPE_FORMAT_B10G10R10A2_UNORM, 1, 0, {{0}}},
    {DRM_FORMAT_XRGB2101010, PIPE_FORMAT_B10G10R10X2_UNORM, 1, 0, {{0}}},
    {DRM_FORMAT_RGB565, PIPE_FORMAT_B5G6R5_UNORM, 1, 0, {{0}}},
    {DRM_FORMAT_ARGB1555, PIPE_FORMAT_B5G5R5A1_UNORM, 1, 0, {{0}}},
    {DRM_FORMAT_ARGB4444, PIPE_FORMAT_B4G4R4A4_UNORM, 1, 0, {{0}}},
    {DRM_FORMAT_R8, PIPE_FORMAT_R8_UNORM, 1, 0, {{0}}},
    {DRM_FORMAT_GR88, PIPE_FORMAT_R8G8_UNORM, 1, 0, {{0}}},
    {DRM_FORMAT_YUYV,
     PIPE_FORMAT_YUYV,
     1,
     2,
     {{PIPE_FORMAT_R8G8_UNORM, 0, 0, 0}, {PIPE_FORMAT_B8G8R8A8_UNORM, 1, 0, 0}}},
    {DRM_FORMAT_UYVY,
     PIPE_FORMAT_UYVY,
     1,
     2,
     {{PIPE_FORMAT_R8G8_UNORM, 0, 0, 0}, {PIPE_FORMAT_R8G8B8A8_UNORM, 1, 0, 0}}},
    {DRM_FORMAT_NV12,
     PIPE_FORMAT_NV12,
     2,
     2,
     {{PIPE_FORMAT_R8_UNORM, 0, 0, 0}, {PIPE_FORMAT_R8G8_UNORM, 1, 1, 1}}},
    {DRM_FORMAT_YUV420,
     PIPE_FORMAT_IYUV,
     3,
     3,
     {{PIPE_FORMAT_R8_UNORM, 0, 0, 0},
      {PIPE_FORMAT_R8_UNORM, 1, 1, 1},
      {PIPE_FORMAT_R8_UNORM, 1, 1, 2}}},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct format *find_fourcc(uint32_t fourcc)
{
    for (unsigned i = 0; i < COUNT(formats); i++) {
        if (formats[i].fourcc == fourcc) {
            return &formats[i];
        }
    }
    return NULL;
}

static bool can_sample(struct pipe_screen *screen, enum pipe_format format)
{
    return screen->is_format_supported(screen, format, PIPE_TEXTURE_2D, 0, 0,
                                       PIPE_BIND_SAMPLER_VIEW);
}

static bool can_import(struct pipe_screen *screen, const struct format *format)
{
    if (can_sample(screen, format->format)) {
        return true;
    }
    for (unsigned i = 0; i < format->plane_count; i++) {
        if (!can_sample(screen, format->planes[i].format)) {
            return false;
        }
    }
    return format->plane_count > 0;
}

bool gemd_dmabuf_is_format(struct gemd_display *display, uint32_t fourcc)
{
    const struct format *format = find_fourcc(fourcc);

    return format && can_import(display->screen.pipe, format);
}

/* ---- what is offered ---- */

EGLBoolean gemd_query_dmabuf_formats(_EGLDisplay *egl, EGLint max, EGLint *wanted, EGLint *count)
{
    struct pipe_screen *screen = gemd_display(egl)->screen.pipe;
    EGLint found = 0;

    if (!egl->Extensions.EXT_image_dma_buf_import_modifiers || max < 0 || (max > 0 && !wanted) ||
        !count) {
        return _eglError(EGL_BAD_PARAMETER, "eglQueryDmaBufFormatsEXT");
    }
    for (unsigned i = 0; i < COUNT(formats); i++) {
        if (!can_import(screen, &formats[i]) || (max > 0 && found == max)) {
            continue;
        }
        if (max > 0) {
            wanted[found] = (EGLint)formats[i].fourcc;
        }
        found++;
    }
    *count = found;
    return EGL_TRUE;
}

EGLBoolean gemd_query_dmabuf_modifiers(_EGLDisplay *egl, EGLint fourcc, EGLint max,
                                       EGLuint64KHR *modifiers, EGLBoolean *external_only,
                                       EGLint *count)
{
    const struct format *format = find_fourcc((uint32_t)fourcc);

    if (!egl->Extensions.EXT_image_dma_buf_import_modifiers || max < 0 || (max > 0 && !modifiers) ||
        !count || !format || !can_import(gemd_display(egl)->screen.pipe, format)) {
        return _eglError(EGL_BAD_PARAMETER, "eglQueryDmaBufModifiersEXT");
    }
    if (max > 0) {
        modifiers[0] = DRM_FORMAT_MOD_LINEAR;
        if (external_only) {
            external_only[0] = util_format_is_yuv(format->format);
        }
    }
    *count = 1;
    return EGL_TRUE;
}

/* ---- import ---- */

static struct gemd_image *refuse(EGLint error, const char *why)
{
    _eglError(error, why);
    return NULL;
}

uint64_t gemd_dmabuf_bytes(int fd)
{
    const int seals = fcntl(fd, F_GET_SEALS), fixed = F_SEAL_SHRINK | F_SEAL_GROW;
    struct stat file;

    if (seals < 0 || (seals & fixed) != fixed ||
        (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) != 0 || fstat(fd, &file) != 0) {
        return 0;
    }
    return (uint64_t)file.st_size;
}

static bool check_plane(const struct gemd_dmabuf *dmabuf, const struct plane_format *plane,
                        EGLint max_stride)
{
    const struct gemd_dmabuf_plane *memory = &dmabuf->planes[plane->memory];
    const unsigned width = MAX2((unsigned)dmabuf->width >> plane->width_shift, 1u);
    const unsigned height = MAX2((unsigned)dmabuf->height >> plane->height_shift, 1u);
    const uint64_t row = (uint64_t)util_format_get_nblocksx(plane->format, width) *
                         util_format_get_blocksize(plane->format);
    const uint64_t bytes = gemd_dmabuf_bytes(memory->fd);

    if (bytes == 0) {
        return _eglError(EGL_BAD_PARAMETER, "eglCreateImage: not a dma-buf");
    }
    if (memory->stride <= 0 || (uint64_t)memory->stride < row ||
        memory->stride % ALIGN_STRIDE != 0 || memory->stride > max_stride) {
        return _eglError(EGL_BAD_ACCESS, "eglCreateImage: the pitch");
    }
    if (memory->offset < 0 || memory->offset % ALIGN_OFFSET != 0 ||
        (uint64_t)memory->offset + (uint64_t)memory->stride * height > bytes) {
        return _eglError(EGL_BAD_ACCESS, "eglCreateImage: the offset, or the buffer is too short");
    }
    return true;
}

static struct pipe_resource *import_plane(struct pipe_screen *screen,
                                          const struct gemd_dmabuf *dmabuf,
                                          const struct plane_format *plane,
                                          struct pipe_resource *next)
{
    const struct gemd_dmabuf_plane *memory = &dmabuf->planes[plane->memory];
    struct pipe_resource wanted = {
        .target = PIPE_TEXTURE_2D,
        .format = plane->format,
        .width0 = MAX2((unsigned)dmabuf->width >> plane->width_shift, 1u),
        .height0 = (uint16_t)MAX2((unsigned)dmabuf->height >> plane->height_shift, 1u),
        .depth0 = 1,
        .array_size = 1,
        .bind = PIPE_BIND_SAMPLER_VIEW | PIPE_BIND_SHARED,
        .next = next,
    };
    struct winsys_handle handle = {
        .type = WINSYS_HANDLE_TYPE_FD,
        .handle = (unsigned)memory->fd,
        .stride = (unsigned)memory->stride,
        .offset = (unsigned)memory->offset,
        .format = plane->format,
        .modifier = dmabuf->modifier,
        .plane = plane->memory,
    };

    if (screen->is_format_supported(screen, plane->format, PIPE_TEXTURE_2D, 0, 0,
                                    PIPE_BIND_RENDER_TARGET)) {
        wanted.bind |= PIPE_BIND_RENDER_TARGET;
    }
    return screen->resource_from_handle(screen, &wanted, &handle,
                                        PIPE_HANDLE_USAGE_FRAMEBUFFER_WRITE);
}

/* Of several, each is followed by the next, in the order in which the shader takes them. */
static struct pipe_resource *import_planes(struct pipe_screen *screen,
                                           const struct gemd_dmabuf *dmabuf,
                                           const struct plane_format *planes, unsigned count)
{
    struct pipe_resource *first = NULL;

    for (unsigned i = count; i-- > 0;) {
        struct pipe_resource *plane = import_plane(screen, dmabuf, &planes[i], first);

        if (!plane) {
            pipe_resource_reference(&first, NULL);
            return NULL;
        }
        first = plane;
    }
    return first;
}

struct gemd_image *gemd_dmabuf_import(_EGLDisplay *egl, const struct gemd_dmabuf *dmabuf)
{
    struct pipe_screen *screen = gemd_display(egl)->screen.pipe;
    const EGLint max_side = screen->get_param(screen, PIPE_CAP_MAX_TEXTURE_2D_SIZE);
    const struct format *format = find_fourcc(dmabuf->fourcc);
    struct plane_format whole = {0};
    const struct plane_format *planes = &whole;
    struct pipe_resource *texture;
    struct gemd_image *image;
    unsigned count = 1;

    if (!format || !can_import(screen, format)) {
        return refuse(EGL_BAD_MATCH, "eglCreateImage: a format that cannot be sampled");
    }
    if (dmabuf->modifier != DRM_FORMAT_MOD_LINEAR && dmabuf->modifier != DRM_FORMAT_MOD_INVALID) {
        return refuse(EGL_BAD_MATCH, "eglCreateImage: a modifier other than LINEAR");
    }
    if (dmabuf->plane_count != format->memories) {
        return refuse(EGL_BAD_PARAMETER, "eglCreateImage: the format has more or fewer planes");
    }
    if (dmabuf->width <= 0 || dmabuf->height <= 0) {
        return refuse(EGL_BAD_PARAMETER, "eglCreateImage: no size");
    }
    if (dmabuf->width > max_side || dmabuf->height > max_side) {
        return refuse(EGL_BAD_ALLOC, "eglCreateImage: larger than textures can be");
    }
    whole.format = format->format;
    if (!can_sample(screen, format->format)) {
        planes = format->planes;
        count = format->plane_count;
    }
    for (unsigned i = 0; i < count; i++) {
        if (!check_plane(dmabuf, &planes[i], max_side * 4)) {
            return NULL;
        }
    }
    texture = import_planes(screen, dmabuf, planes, count);
    if (!texture) {
        return refuse(EGL_BAD_ALLOC, "eglCreateImage: the renderer does not take the buffer");
    }
    image = gemd_image_create(egl, texture);
    pipe_resource_reference(&texture, NULL);
    if (image) {
        image->format = format->format;
        image->is_dmabuf = true;
    }
    return image;
}

static uint64_t modifier_of(const _EGLImageAttribs *wanted, unsigned i)
{
    if (!wanted->DMABufPlaneModifiersLo[i].IsPresent) {
        return DRM_FORMAT_MOD_INVALID;
    }
    return (uint64_t)(uint32_t)wanted->DMABufPlaneModifiersHi[i].Value << 32 |
           (uint32_t)wanted->DMABufPlaneModifiersLo[i].Value;
}

/* What the format has a plane for must be there, what it has none for must not. */
static EGLint get_plane(const _EGLImageAttribs *wanted, unsigned i, bool is_of_format,
                        struct gemd_dmabuf *dmabuf)
{
    const EGLint present = (wanted->DMABufPlaneFds[i].IsPresent ? 1 : 0) +
                           (wanted->DMABufPlaneOffsets[i].IsPresent ? 1 : 0) +
                           (wanted->DMABufPlanePitches[i].IsPresent ? 1 : 0);
    const bool has_modifier = wanted->DMABufPlaneModifiersLo[i].IsPresent;

    if (has_modifier != wanted->DMABufPlaneModifiersHi[i].IsPresent) {
        return EGL_BAD_PARAMETER;
    }
    if (!is_of_format) {
        return present > 0 || has_modifier ? EGL_BAD_ATTRIBUTE : EGL_SUCCESS;
    }
    if (present < 3 || modifier_of(wanted, i) != dmabuf->modifier) {
        return EGL_BAD_PARAMETER;
    }
    dmabuf->planes[dmabuf->plane_count++] = (struct gemd_dmabuf_plane){
        .fd = wanted->DMABufPlaneFds[i].Value,
        .offset = wanted->DMABufPlaneOffsets[i].Value,
        .stride = wanted->DMABufPlanePitches[i].Value,
    };
    return EGL_SUCCESS;
}

struct gemd_image *gemd_image_of_dmabuf(_EGLDisplay *egl, EGLClientBuffer buffer,
                                        const _EGLImageAttribs *wanted)
{
    struct gemd_dmabuf dmabuf = {
        .width = wanted->Width,
        .height = wanted->Height,
        .fourcc = (uint32_t)wanted->DMABufFourCC.Value,
        .modifier = modifier_of(wanted, 0),
    };
    const struct format *format = find_fourcc(dmabuf.fourcc);
    struct gemd_image *image;

    if (buffer || !wanted->DMABufFourCC.IsPresent) {
        return refuse(EGL_BAD_PARAMETER, "eglCreateImage: no format, or a client buffer beside it");
    }
    for (unsigned i = 0; format && i < DMA_BUF_MAX_PLANES; i++) {
        const EGLint error = get_plane(wanted, i, i < format->memories, &dmabuf);

        if (error != EGL_SUCCESS) {
            return refuse(error, "eglCreateImage: the planes are not those of the format");
        }
    }
    image = gemd_dmabuf_import(egl, &dmabuf);
    if (image) {
        image->yuv_color_space = (unsigned)wanted->DMABufYuvColorSpaceHint.Value;
        image->yuv_range = (unsigned)wanted->DMABufSampleRangeHint.Value;
    }
    return image;
}

/* ---- export ---- */

/* NULL, with the error set, when the image has no counterpart among dma-bufs. */
static const struct format *export_format(const struct gemd_image *image)
{
    if (image->level == 0 && image->layer == 0 && image->texture->target == PIPE_TEXTURE_2D &&
        !image->texture->next) {
        for (unsigned i = 0; i < COUNT(formats); i++) {
            if (formats[i].format == image->texture->format) {
                return &formats[i];
            }
        }
    }
    _eglError(EGL_BAD_MATCH, "no dma-buf can be what this image is");
    return NULL;
}

/* False with the error set. handle->handle is a descriptor, the caller's to close. */
static bool get_handle(_EGLDisplay *egl, struct gemd_image *image, struct winsys_handle *handle)
{
    struct pipe_screen *screen = gemd_display(egl)->screen.pipe;

    *handle = (struct winsys_handle){.type = WINSYS_HANDLE_TYPE_FD};
    return screen->resource_get_handle(screen, NULL, image->texture, handle,
                                       PIPE_HANDLE_USAGE_FRAMEBUFFER_WRITE) ||
           _eglError(EGL_BAD_ALLOC, "eglExportDMABUFImageMESA");
}

EGLBoolean gemd_query_dmabuf_export(_EGLDisplay *egl, _EGLImage *base, EGLint *fourcc,
                                    EGLint *planes, EGLuint64KHR *modifiers)
{
    struct gemd_image *image = (struct gemd_image *)base;
    const struct format *format;
    struct winsys_handle handle;

    if (!egl->Extensions.MESA_image_dma_buf_export) {
        return _eglError(EGL_BAD_ACCESS, "eglExportDMABUFImageQueryMESA");
    }
    format = export_format(image);
    if (!format || !get_handle(egl, image, &handle)) {
        return EGL_FALSE;
    }
    close((int)handle.handle);
    if (fourcc) {
        *fourcc = (EGLint)format->fourcc;
    }
    if (planes) {
        *planes = 1;
    }
    if (modifiers) {
        modifiers[0] = handle.modifier;
    }
    return EGL_TRUE;
}

/* What this thread has drawn so far is in the file when somebody gets it. */
static void finish_drawing(_EGLDisplay *egl)
{
    struct gemd_context *context = (struct gemd_context *)_eglGetCurrentContext();
    struct pipe_screen *screen = gemd_display(egl)->screen.pipe;
    struct pipe_fence_handle *fence = NULL;

    if (!context || context->base.Resource.Display != egl) {
        return;
    }
    context->st->flush(context->st, 0, &fence, NULL, NULL);
    if (fence) {
        screen->fence_finish(screen, NULL, fence, PIPE_TIMEOUT_INFINITE);
        screen->fence_reference(screen, &fence, NULL);
    }
}

EGLBoolean gemd_export_dmabuf(_EGLDisplay *egl, _EGLImage *base, EGLint *fds, EGLint *strides,
                              EGLint *offsets)
{
    struct gemd_image *image = (struct gemd_image *)base;
    struct winsys_handle handle;

    if (!egl->Extensions.MESA_image_dma_buf_export) {
        return _eglError(EGL_BAD_ACCESS, "eglExportDMABUFImageMESA");
    }
    if (!export_format(image)) {
        return EGL_FALSE;
    }
    finish_drawing(egl);
    if (!get_handle(egl, image, &handle)) {
        return EGL_FALSE;
    }
    if (fds) {
        fds[0] = (EGLint)handle.handle;
    } else {
        close((int)handle.handle);
    }
    if (strides) {
        strides[0] = (EGLint)handle.stride;
    }
    if (offsets) {
        offsets[0] = (EGLint)handle.offset;
    }
    return EGL_TRUE;
}
