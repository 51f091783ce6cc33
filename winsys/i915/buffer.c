/* SPDX-License-Identifier: MIT */
/*
 * Buffers: linear, in memory that the program has mapped all the time. So a map is a wait: the
 * driver flushes its batch before it maps a texture, and takes a new buffer for new vertices.
 * The driver maps textures as lines, and nobody shows it tiles so (doc/architecture.md, Tiles);
 * only what others hand over may lie in tiles (tiles.c).
 */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "drm-uapi/drm_fourcc.h"
#include "frontend/winsys_handle.h"
#include "util/u_math.h"

#include "proto/memfile.h"
#include "winsys/i915/winsys.h"

#define PAGE_BYTES   4096u
#define STRIDE_ALIGN 64u   /* of colour and depth buffers, textures and scan-out */
#define STRIDE_MAX   8192u /* of a 3D target or texture: 2048 pixels of 4 bytes */
#define OFFSET_ALIGN 64u   /* of what is imported */

#define POOLED_BYTES_MAX (1u << 20) /* a larger vertex buffer is a rare one */

static _Thread_local bool shared_textures;

void buffer_set_shared(bool shared)
{
    shared_textures = shared;
}

/* Takes over the reference to bo; NULL gives NULL. */
static struct i915_winsys_buffer *buffer_wrap(struct gemd_bo *bo)
{
    struct i915_winsys_buffer *buffer = bo != NULL ? calloc(1, sizeof(*buffer)) : NULL;

    if (buffer == NULL) {
        gemd_bo_unref(bo);
        return NULL;
    }
    atomic_init(&buffer->bo, bo);
    atomic_init(&buffer->references, 1);
    return buffer;
}

void buffer_free(struct i915_winsys_buffer *buffer)
{
    gemd_bo_unref(buffer->bo);
    gemd_bo_unref(buffer->arena);
    free(buffer->lines);
    free(buffer);
}

void buffer_ref(struct i915_winsys_buffer *buffer)
{
    atomic_fetch_add_explicit(&buffer->references, 1, memory_order_relaxed);
}

void buffer_unref(struct winsys *winsys, struct i915_winsys_buffer *buffer)
{
    if (atomic_fetch_sub_explicit(&buffer->references, 1, memory_order_acq_rel) > 1) {
        return;
    }
    if (!buffer->pooled || !vertex_pool_give(&winsys->pool, buffer)) {
        buffer_free(buffer);
    }
}

static struct i915_winsys_buffer *buffer_new(struct i915_winsys *base, uint64_t size, bool shared)
{
    const struct winsys *winsys = winsys_of(base);
    struct gemd_bo *bo = NULL;

    /* What no batch could ever use is out of memory now, not when it is drawn. */
    if (size == 0 || size > winsys->max_buffer_bytes ||
        gemd_bo_create(winsys->session, size, shared, &bo) != 0) {
        return NULL;
    }
    return buffer_wrap(bo);
}

static struct i915_winsys_buffer *buffer_create(struct i915_winsys *base, unsigned size,
                                                enum i915_winsys_buffer_type type)
{
    if (type != I915_NEW_VERTEX || size == 0 || size > POOLED_BYTES_MAX) {
        return buffer_new(base, size, type == I915_NEW_SCANOUT);
    }
    /* Few sizes, so that one fits where another one was. */
    size = util_next_power_of_two(MAX2(size, PAGE_BYTES));
    struct i915_winsys_buffer *buffer = vertex_pool_take(&winsys_of(base)->pool, size);
    if (buffer != NULL) {
        atomic_store_explicit(&buffer->references, 1, memory_order_relaxed);
        return buffer;
    }
    buffer = buffer_new(base, size, false);
    if (buffer != NULL) {
        buffer->pooled = true;
    }
    return buffer;
}

/*
 * height is in rows of blocks. One stride is added: the driver blits texels of one byte as if they
 * had two, and so names up to twice the bytes of the last row.
 */
static struct i915_winsys_buffer *buffer_create_tiled(struct i915_winsys *base, unsigned *stride,
                                                      unsigned height,
                                                      enum i915_winsys_buffer_tile *tiling,
                                                      enum i915_winsys_buffer_type type)
{
    const uint64_t aligned = ALIGN_POT((uint64_t)*stride, STRIDE_ALIGN);
    const uint64_t rows = ALIGN_POT((uint64_t)height, 2) + 1;

    if (aligned > UINT32_MAX) {
        return NULL;
    }
    *stride = (unsigned)aligned;
    *tiling = I915_TILE_NONE;
    return buffer_new(base, aligned * rows, type == I915_NEW_SCANOUT || shared_textures);
}

static struct i915_winsys_buffer *import_lines(struct winsys *winsys,
                                               const struct winsys_handle *handle, unsigned rows)
{
    const uint64_t needed = handle->offset + (uint64_t)handle->stride * rows;
    char reason[GEMD_TEXT_MAX];
    struct gemd_bo *bo = NULL;
    uint64_t bytes = 0;

    /* What no batch could ever use is not asked for; the file may be anybody's. */
    if (memfile_check((int)handle->handle, 0, &bytes, reason) != 0 || bytes < needed ||
        bytes > winsys->max_buffer_bytes ||
        gemd_bo_import(winsys->session, (int)handle->handle, &bo) != 0) {
        return NULL;
    }
    struct i915_winsys_buffer *buffer = buffer_wrap(bo);
    if (buffer != NULL) {
        buffer->offset = handle->offset;
        buffer->is_elsewhere = true;
    }
    return buffer;
}

static struct i915_winsys_buffer *import_tiles(struct winsys *winsys,
                                               const struct winsys_handle *handle, unsigned rows)
{
    struct gemd_bo *bo = NULL;

    if (handle->offset != 0 ||
        tiles_import(winsys, (int)handle->handle, handle->stride, rows, &bo) != 0) {
        return NULL;
    }
    struct i915_winsys_buffer *buffer = buffer_wrap(bo);
    if (buffer != NULL) {
        buffer->tile_pitch = handle->stride;
        buffer->is_elsewhere = true;
    }
    return buffer;
}

static struct i915_winsys_buffer *buffer_from_handle(struct i915_winsys *base,
                                                     struct winsys_handle *handle, unsigned height,
                                                     enum i915_winsys_buffer_tile *tiling,
                                                     unsigned *stride)
{
    if (handle->type != WINSYS_HANDLE_TYPE_FD || handle->offset % OFFSET_ALIGN != 0 ||
        handle->stride == 0 || handle->stride % 4 != 0 || handle->stride > STRIDE_MAX ||
        (handle->modifier != DRM_FORMAT_MOD_LINEAR && handle->modifier != DRM_FORMAT_MOD_INVALID)) {
        return NULL;
    }
    const bool tiled =
        handle->modifier == DRM_FORMAT_MOD_INVALID && tiles_are_in((int)handle->handle);
    *tiling = tiled ? I915_TILE_X : I915_TILE_NONE;
    *stride = handle->stride;
    return tiled ? import_tiles(winsys_of(base), handle, height)
                 : import_lines(winsys_of(base), handle, height);
}

/*
 * Work that was submitted is waited for; what is still in some context's batch is submitted with
 * the new one (batch.c).
 */
static int move_to_file(struct winsys *winsys, struct i915_winsys_buffer *buffer)
{
    struct gemd_bo *arena = buffer->bo, *file = NULL;
    const int error = gemd_bo_create(winsys->session, gemd_bo_size(arena), true, &file);

    if (error != 0) {
        return error;
    }
    (void)gemd_bo_wait(arena, false, GEMD_FOREVER);
    memcpy(gemd_bo_map(file), gemd_bo_map(arena), gemd_bo_size(arena));
    buffer->bo = file;
    buffer->arena = arena;
    buffer->is_elsewhere = true;
    return 0;
}

int buffer_share(struct winsys *winsys, struct i915_winsys_buffer *buffer)
{
    pthread_rwlock_wrlock(&winsys->share_lock);
    int fd = gemd_bo_export(buffer->bo);
    if (fd == -EINVAL && buffer->arena == NULL) {
        fd = move_to_file(winsys, buffer);
        fd = fd == 0 ? gemd_bo_export(buffer->bo) : fd;
    }
    pthread_rwlock_unlock(&winsys->share_lock);
    return fd;
}

static bool buffer_get_handle(struct i915_winsys *base, struct i915_winsys_buffer *buffer,
                              struct winsys_handle *handle, unsigned stride)
{
    int fd;

    if (buffer == NULL) {
        return false;
    }
    switch (handle->type) {
    case WINSYS_HANDLE_TYPE_KMS:
        handle->handle = gemd_bo_handle(buffer->bo);
        break;
    case WINSYS_HANDLE_TYPE_FD:
        fd = buffer_share(winsys_of(base), buffer);
        if (fd < 0) {
            return false;
        }
        handle->handle = (unsigned)fd;
        break;
    default:
        return false;
    }
    handle->stride = stride;
    handle->offset = buffer->offset;
    handle->modifier = buffer->tile_pitch != 0 ? I915_FORMAT_MOD_X_TILED : DRM_FORMAT_MOD_LINEAR;
    return true;
}

/* For reading, the GPU's writes must have ended; for writing, its reads as well. */
static void *buffer_map(struct i915_winsys *base, struct i915_winsys_buffer *buffer, bool write)
{
    if (buffer == NULL) {
        return NULL;
    }
    /* Fails when the session is lost; the memory is still the program's to look at. */
    struct gemd_bo *bo = buffer->bo;
    (void)gemd_bo_wait(bo, !write, GEMD_FOREVER);
    if (buffer->tile_pitch != 0) {
        return tiles_map(winsys_of(base), buffer, write);
    }
    return (uint8_t *)gemd_bo_map(bo) + buffer->offset;
}

static void buffer_unmap(struct i915_winsys *base, struct i915_winsys_buffer *buffer)
{
    if (buffer != NULL && buffer->tile_pitch != 0) {
        tiles_unmap(winsys_of(base), buffer);
    }
}

static int buffer_write(struct i915_winsys *base, struct i915_winsys_buffer *buffer, size_t offset,
                        size_t size, const void *data)
{
    if (buffer == NULL) {
        return -ENOMEM;
    }
    const uint64_t total = gemd_bo_size(buffer->bo) - buffer->offset;
    if (offset > total || size > total - offset) {
        return -EINVAL;
    }
    uint8_t *map = buffer_map(base, buffer, true);
    if (map == NULL) {
        return -ENOMEM;
    }
    memcpy(map + offset, data, size);
    buffer_unmap(base, buffer);
    return 0;
}

static void buffer_destroy(struct i915_winsys *base, struct i915_winsys_buffer *buffer)
{
    if (buffer != NULL) {
        buffer_unref(winsys_of(base), buffer);
    }
}

static bool buffer_is_busy(struct i915_winsys *base, struct i915_winsys_buffer *buffer)
{
    return buffer != NULL && gemd_bo_busy(buffer->bo, false);
}

void buffer_init_functions(struct i915_winsys *base)
{
    base->buffer_create = buffer_create;
    base->buffer_create_tiled = buffer_create_tiled;
    base->buffer_from_handle = buffer_from_handle;
    base->buffer_get_handle = buffer_get_handle;
    base->buffer_map = buffer_map;
    base->buffer_unmap = buffer_unmap;
    base->buffer_write = buffer_write;
    base->buffer_destroy = buffer_destroy;
    base->buffer_is_busy = buffer_is_busy;
}
