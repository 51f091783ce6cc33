/* SPDX-License-Identifier: MIT */
#include "winsys/gbm/bo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm.h>
#include <drm_fourcc.h>
#include <i915_drm.h>
#include <linux/dma-buf.h>

#include "winsys/gbm/format.h"

/* errno as libgbm's callers look for it. */
static void *fail(int error)
{
    errno = -error;
    return NULL;
}

/* ---- lives; the lock is held ---- */

/* Takes the descriptor and one use of the handle, also when it fails. */
static int bo_new(struct gemd_gbm_device *device, const struct gemd_gbm_buffer *like,
                  uint32_t handle, uint64_t size, struct gemd_gbm_bo **out)
{
    struct gemd_gbm_bo *bo = calloc(1, sizeof(*bo));

    if (bo == NULL) {
        gbm_device_drop_handle(device, handle);
        close(like->fd);
        return -ENOMEM;
    }
    *bo = (struct gemd_gbm_bo){
        .base = {.gbm = &device->base,
                 .v0 = {.width = like->width,
                        .height = like->height,
                        .stride = like->stride,
                        .format = like->format,
                        .handle = {.u32 = handle}}},
        .device = device,
        .next = device->bos,
        .fd = like->fd,
        .size = size,
        .modifier = like->modifier,
        .offset = like->offset,
    };
    gbm_device_ref(device);
    device->bos = bo;
    *out = bo;
    return 0;
}

int gbm_bo_make(struct gemd_gbm_device *device, uint32_t width, uint32_t height, uint32_t format,
                uint32_t usage, struct gemd_gbm_bo **bo)
{
    struct gemd_gbm_buffer like = {
        .width = width, .height = height, .format = format, .modifier = DRM_FORMAT_MOD_LINEAR};
    uint64_t size;
    int error = gbm_format_lay_out(width, height, format, usage, &like.stride, &size);
    struct drm_i915_gem_create create = {.size = error == 0 ? size : 0};

    if (error == 0) {
        error = gbm_device_call(device, DRM_IOCTL_I915_GEM_CREATE, &create);
    }
    if (error == 0) {
        error = gbm_device_use_handle(device, create.handle);
    }
    if (error != 0) {
        return error;
    }
    struct drm_prime_handle prime = {.handle = create.handle, .flags = DRM_CLOEXEC | DRM_RDWR};
    error = gbm_device_call(device, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime);
    if (error != 0) {
        gbm_device_drop_handle(device, create.handle);
        return error;
    }
    like.fd = prime.fd;
    return bo_new(device, &like, create.handle, create.size, bo);
}

void gbm_bo_free(struct gemd_gbm_bo *bo)
{
    struct gemd_gbm_device *device = bo->device;
    struct gemd_gbm_bo **link = &device->bos;

    while (*link != bo) {
        link = &(*link)->next;
    }
    *link = bo->next;
    if (bo->map != NULL) {
        munmap(bo->map, bo->size);
    }
    close(bo->fd);
    gbm_device_drop_handle(device, bo->base.v0.handle.u32);
    free(bo);
    gbm_device_unref(device);
}

void gbm_bo_tell(const struct gemd_gbm_bo *bo, struct gemd_gbm_buffer *buffer)
{
    *buffer = (struct gemd_gbm_buffer){
        .fd = bo->fd,
        .width = bo->base.v0.width,
        .height = bo->base.v0.height,
        .format = bo->base.v0.format,
        .stride = bo->base.v0.stride,
        .offset = bo->offset,
        .modifier = bo->modifier,
    };
}

/* ---- making and destroying ---- */

struct gbm_bo *gbm_bo_create_for(struct gbm_device *base, uint32_t width, uint32_t height,
                                 uint32_t format, uint32_t usage, const uint64_t *modifiers,
                                 const unsigned int count)
{
    struct gemd_gbm_device *device = (struct gemd_gbm_device *)base;
    struct gemd_gbm_bo *bo = NULL;
    int error = -EINVAL;

    if (!gbm_format_has_lines(modifiers, count)) {
        return fail(error);
    }
    gbm_lock();
    error = gbm_bo_make(device, width, height, gbm_device_format(format), usage, &bo);
    gbm_unlock();
    return error == 0 ? &bo->base : fail(error);
}

/* What a surface made is the surface's, whoever asks. */
static void bo_destroy(struct gbm_bo *base)
{
    struct gemd_gbm_bo *bo = (struct gemd_gbm_bo *)base;

    gbm_lock();
    if (!bo->is_surface) {
        gbm_bo_free(bo);
    }
    gbm_unlock();
}

/* ---- importing ---- */

/* How the other side's buffer lies, when the importer was not told. */
static int find_modifier(struct gemd_gbm_device *device, uint32_t handle, uint64_t *modifier)
{
    struct drm_i915_gem_get_tiling tiling = {.handle = handle};
    const int error = gbm_device_call(device, DRM_IOCTL_I915_GEM_GET_TILING, &tiling);

    *modifier = tiling.tiling_mode == I915_TILING_NONE ? DRM_FORMAT_MOD_LINEAR
                : tiling.tiling_mode == I915_TILING_X  ? I915_FORMAT_MOD_X_TILED
                                                       : I915_FORMAT_MOD_Y_TILED;
    return error;
}

/*
 * The lock is held; like->fd is the caller's. Tiles may be shown, as KMS knows them by the handle;
 * nothing here can draw into them or map them.
 */
static int import(struct gemd_gbm_device *device, struct gemd_gbm_buffer *like,
                  struct gemd_gbm_bo **bo)
{
    const off_t size = lseek(like->fd, 0, SEEK_END);
    struct drm_prime_handle prime = {.fd = like->fd};
    uint64_t modifier;

    if (size < 0 || !gbm_format_fits(like->width, like->height, like->format, like->stride,
                                     like->offset, (uint64_t)size)) {
        return -EINVAL;
    }
    int error = gbm_device_call(device, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime);
    if (error == 0) {
        error = gbm_device_use_handle(device, prime.handle);
    }
    if (error != 0) {
        return error;
    }
    error = find_modifier(device, prime.handle, &modifier);
    if (error == 0 && like->modifier != DRM_FORMAT_MOD_INVALID && like->modifier != modifier) {
        error = -EINVAL;
    }
    like->modifier = modifier;
    like->fd = error == 0 ? fcntl(like->fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (like->fd < 0) {
        error = error != 0 ? error : -errno;
        gbm_device_drop_handle(device, prime.handle);
        return error;
    }
    return bo_new(device, like, prime.handle, (uint64_t)size, bo);
}

static bool source_of_fd(const struct gbm_import_fd_data *data, struct gemd_gbm_buffer *like)
{
    *like = (struct gemd_gbm_buffer){
        .fd = data->fd,
        .width = data->width,
        .height = data->height,
        .format = gbm_device_format(data->format),
        .stride = data->stride,
        .modifier = DRM_FORMAT_MOD_INVALID,
    };
    return true;
}

static bool source_of_planes(const struct gbm_import_fd_modifier_data *data,
                             struct gemd_gbm_buffer *like)
{
    if (data->num_fds != 1 || data->strides[0] < 0 || data->offsets[0] < 0) {
        return false;
    }
    *like = (struct gemd_gbm_buffer){
        .fd = data->fds[0],
        .width = data->width,
        .height = data->height,
        .format = gbm_device_format(data->format),
        .stride = (uint32_t)data->strides[0],
        .offset = (uint32_t)data->offsets[0],
        .modifier = data->modifier,
    };
    return true;
}

static const struct gemd_gbm_importer *egl_importer; /* atomic; NULL: no EGL driver of ours */

void gbm_bo_set_importer(const struct gemd_gbm_importer *importer)
{
    __atomic_store_n(&egl_importer, importer, __ATOMIC_RELEASE);
}

/* is_own: the file is to be closed. */
static int find_source(struct gbm_device *device, uint32_t type, void *source,
                       struct gemd_gbm_buffer *like, bool *is_own)
{
    const struct gemd_gbm_importer *importer = __atomic_load_n(&egl_importer, __ATOMIC_ACQUIRE);
    int error;

    switch (type) {
    case GBM_BO_IMPORT_FD:
        return source_of_fd(source, like) ? 0 : -EINVAL;
    case GBM_BO_IMPORT_FD_MODIFIER:
        return source_of_planes(source, like) ? 0 : -EINVAL;
    case GBM_BO_IMPORT_WL_BUFFER:
        error = importer != NULL ? importer->of_wayland(source, like) : -ENOSYS;
        break;
    case GBM_BO_IMPORT_EGL_IMAGE:
        error = importer != NULL ? importer->of_image(device, source, like) : -ENOSYS;
        break;
    default:
        return -ENOSYS;
    }
    *is_own = error == 0;
    return error;
}

struct gbm_bo *gbm_bo_import_for(struct gbm_device *base, uint32_t type, void *source,
                                 uint32_t usage)
{
    struct gemd_gbm_device *device = (struct gemd_gbm_device *)base;
    struct gemd_gbm_buffer like = {.fd = -1};
    struct gemd_gbm_bo *bo = NULL;
    bool is_own = false;
    int error = source != NULL ? find_source(base, type, source, &like, &is_own) : -EINVAL;
    const int fd = like.fd;

    if (error == 0 && (fd < 0 || !gbm_format_is_usable(like.format, usage))) {
        error = -EINVAL;
    }
    if (error == 0) {
        gbm_lock();
        error = import(device, &like, &bo);
        gbm_unlock();
    }
    if (is_own) {
        close(fd);
    }
    return error == 0 ? &bo->base : fail(error);
}

/* ---- the CPU ---- */

/* Waits for what the adapter's files do with it; our EGL driver has waited for itself. */
static void sync_cpu(const struct gemd_gbm_bo *bo, uint64_t flags)
{
    struct dma_buf_sync sync = {.flags = flags};

    (void)ioctl(bo->fd, DMA_BUF_IOCTL_SYNC, &sync);
}

/* The lock is held. NULL with errno. */
static uint8_t *bo_pixels(struct gemd_gbm_bo *bo)
{
    if (bo->modifier != DRM_FORMAT_MOD_LINEAR) {
        return fail(-EINVAL);
    }
    if (bo->map == NULL) {
        void *map = mmap(NULL, bo->size, PROT_READ | PROT_WRITE, MAP_SHARED, bo->fd, 0);

        if (map == MAP_FAILED) {
            return NULL;
        }
        bo->map = map;
    }
    return bo->map + bo->offset;
}

static void *bo_map(struct gbm_bo *base, uint32_t x, uint32_t y, uint32_t width, uint32_t height,
                    uint32_t flags, uint32_t *stride, void **map_data)
{
    struct gemd_gbm_bo *bo = (struct gemd_gbm_bo *)base;
    const struct gbm_bo_v0 *v0 = &base->v0;
    const uint32_t known = GBM_BO_TRANSFER_READ_WRITE;

    if ((flags & known) == 0 || (flags & ~known) != 0 || *map_data != NULL || x >= v0->width ||
        y >= v0->height || width > v0->width - x || height > v0->height - y) {
        return fail(-EINVAL);
    }
    gbm_lock();
    uint8_t *pixels = bo_pixels(bo);
    bo->maps += pixels != NULL ? 1 : 0;
    gbm_unlock();
    if (pixels == NULL) {
        return NULL;
    }
    sync_cpu(bo, DMA_BUF_SYNC_START |
                     ((flags & GBM_BO_TRANSFER_READ) != 0 ? DMA_BUF_SYNC_READ : 0) |
                     ((flags & GBM_BO_TRANSFER_WRITE) != 0 ? DMA_BUF_SYNC_WRITE : 0));
    *stride = v0->stride;
    *map_data = bo;
    return pixels + (uint64_t)y * v0->stride + (uint64_t)x * gbm_format_bytes(v0->format);
}

static void bo_unmap(struct gbm_bo *base, void *map_data)
{
    struct gemd_gbm_bo *bo = (struct gemd_gbm_bo *)base;

    gbm_lock();
    if (map_data == bo && bo->maps > 0 && --bo->maps == 0) {
        munmap(bo->map, bo->size);
        bo->map = NULL;
    }
    gbm_unlock();
}

/* Bytes as they lie, from the first line on. */
static int bo_write(struct gbm_bo *base, const void *bytes, size_t count)
{
    struct gemd_gbm_bo *bo = (struct gemd_gbm_bo *)base;

    if (bytes == NULL || count > bo->size - bo->offset) {
        errno = EINVAL;
        return -1;
    }
    sync_cpu(bo, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
    gbm_lock();
    uint8_t *pixels = bo_pixels(bo);
    if (pixels != NULL) {
        memcpy(pixels, bytes, count);
    }
    gbm_unlock();
    return pixels != NULL ? 0 : -1;
}

/* ---- what a buffer tells ---- */

/* Of all formats here; with errno for a plane that is none. */
static bool has_plane(int plane)
{
    if (plane != 0) {
        errno = EINVAL;
    }
    return plane == 0;
}

static int bo_get_plane_fd(struct gbm_bo *base, int plane)
{
    return has_plane(plane) ? fcntl(((struct gemd_gbm_bo *)base)->fd, F_DUPFD_CLOEXEC, 0) : -1;
}

static int bo_get_fd(struct gbm_bo *base)
{
    return bo_get_plane_fd(base, 0);
}

static int bo_get_planes(struct gbm_bo *base)
{
    (void)base;
    return 1;
}

static union gbm_bo_handle bo_get_handle(struct gbm_bo *base, int plane)
{
    return has_plane(plane) ? base->v0.handle : (union gbm_bo_handle){.s32 = -1};
}

static uint32_t bo_get_stride(struct gbm_bo *base, int plane)
{
    return has_plane(plane) ? base->v0.stride : 0;
}

static uint32_t bo_get_offset(struct gbm_bo *base, int plane)
{
    return has_plane(plane) ? ((struct gemd_gbm_bo *)base)->offset : 0;
}

static uint64_t bo_get_modifier(struct gbm_bo *base)
{
    return ((struct gemd_gbm_bo *)base)->modifier;
}

void gbm_bo_set_functions(struct gbm_device_v0 *functions)
{
    functions->bo_map = bo_map;
    functions->bo_unmap = bo_unmap;
    functions->bo_write = bo_write;
    functions->bo_get_fd = bo_get_fd;
    functions->bo_get_planes = bo_get_planes;
    functions->bo_get_handle = bo_get_handle;
    functions->bo_get_plane_fd = bo_get_plane_fd;
    functions->bo_get_stride = bo_get_stride;
    functions->bo_get_offset = bo_get_offset;
    functions->bo_get_modifier = bo_get_modifier;
    functions->bo_destroy = bo_destroy;
}

/* ---- EGL ---- */

static const struct gemd_gbm_bo *find(const struct gemd_gbm_device *device, const void *native)
{
    const struct gemd_gbm_bo *bo = device->bos;

    while (bo != NULL && bo != native) {
        bo = bo->next;
    }
    return bo;
}

int gbm_bo_describe(const void *wanted, const void *native, struct gemd_gbm_buffer *buffer)
{
    const struct gemd_gbm_bo *bo = NULL;
    int error = -EINVAL;

    gbm_lock();
    for (const struct gemd_gbm_device *device = gbm_device_first(); device != NULL && bo == NULL;
         device = device->next) {
        bo = wanted == NULL || wanted == device ? find(device, native) : NULL;
    }
    if (bo != NULL) {
        gbm_bo_tell(bo, buffer);
        buffer->fd = fcntl(bo->fd, F_DUPFD_CLOEXEC, 0);
        error = buffer->fd >= 0 ? 0 : -errno;
    }
    gbm_unlock();
    return error;
}
