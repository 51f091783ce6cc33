/* SPDX-License-Identifier: MIT */
/* Buffers: their ioctls, and what a driver asks before it makes any. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <libdrm/i915_drm.h>

#include "hw/gen3/chip.h"
#include "tests/foreign/buffers.h"
#include "tests/foreign/device.h"

#define BUFFERS  65536u
#define APERTURE (256u << 20)
#define ROOM     (UINT64_C(1) << 38) /* never used twice: a new buffer is full of zeros */
#define PAGE     4096u

static struct foreign_buffer buffers[BUFFERS]; /* [handle] */
static int file = -1;
static uint8_t *bytes;
static uint64_t used = PAGE; /* offset 0 looks like a failure to some */

int foreign_buffers_file(void)
{
    if (file < 0) {
        file = memfd_create("foreign", MFD_CLOEXEC);
        if (file < 0 || ftruncate(file, ROOM) != 0) {
            abort();
        }
        bytes = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
        if (bytes == MAP_FAILED) {
            abort();
        }
    }
    return file;
}

struct foreign_buffer *foreign_buffer(uint32_t handle)
{
    return handle > 0 && handle < BUFFERS && buffers[handle].handle != 0 ? &buffers[handle] : NULL;
}

uint8_t *foreign_buffer_bytes(const struct foreign_buffer *buffer)
{
    return bytes + buffer->offset;
}

uint32_t foreign_buffer_create(uint64_t size)
{
    static uint32_t last;

    (void)foreign_buffers_file();
    size = (size + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    if (size == 0 || size > ROOM - used) {
        return 0;
    }
    for (uint32_t i = 1; i < BUFFERS; i++) {
        const uint32_t handle = 1 + (last + i) % (BUFFERS - 1);

        if (buffers[handle].handle == 0) {
            buffers[handle] = (struct foreign_buffer){
                .handle = handle, .references = 1, .size = size, .offset = used};
            used += size;
            last = handle;
            return handle;
        }
    }
    return 0;
}

/* ---- what there is ---- */

static int get_param(void *argument)
{
    const drm_i915_getparam_t *param = argument;
    static const struct {
        int param, value;
    } known[] = {
        {I915_PARAM_HAS_GEM, 1},           {I915_PARAM_NUM_FENCES_AVAIL, 8},
        {I915_PARAM_HAS_OVERLAY, 0},       {I915_PARAM_HAS_PAGEFLIPPING, 1},
        {I915_PARAM_HAS_EXECBUF2, 1},      {I915_PARAM_HAS_BSD, 0},
        {I915_PARAM_HAS_BLT, 0},           {I915_PARAM_HAS_RELAXED_FENCING, 1},
        {I915_PARAM_HAS_RELAXED_DELTA, 1}, {I915_PARAM_HAS_WAIT_TIMEOUT, 1},
        {I915_PARAM_HAS_LLC, 0},
    };

    if (param->param == I915_PARAM_CHIPSET_ID) {
        *param->value = foreign_chip();
        return 0;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].param == param->param) {
            *param->value = known[i].value;
            return 0;
        }
    }
    return -EINVAL;
}

static int get_aperture(void *argument)
{
    struct drm_i915_gem_get_aperture *aperture = argument;

    aperture->aper_size = APERTURE;
    aperture->aper_available_size = APERTURE;
    return 0;
}

/* ---- lives ---- */

static int create(void *argument)
{
    struct drm_i915_gem_create *request = argument;

    request->handle = foreign_buffer_create(request->size);
    return request->handle != 0 ? 0 : -ENOMEM;
}

static int create_dumb(void *argument)
{
    struct drm_mode_create_dumb *request = argument;

    request->pitch = (request->width * ((request->bpp + 7) / 8) + 63) & ~63u;
    request->size = (uint64_t)request->pitch * request->height;
    request->handle = foreign_buffer_create(request->size);
    return request->handle != 0 ? 0 : -ENOMEM;
}

static int map_dumb(void *argument)
{
    struct drm_mode_map_dumb *request = argument;
    const struct foreign_buffer *buffer = foreign_buffer(request->handle);

    if (buffer == NULL) {
        return -ENOENT;
    }
    request->offset = buffer->offset;
    return 0;
}

static int close_buffer(void *argument)
{
    const struct drm_gem_close *request = argument;
    struct foreign_buffer *buffer = foreign_buffer(request->handle);

    if (buffer == NULL) {
        return -EINVAL;
    }
    if (--buffer->references == 0) {
        (void)fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)buffer->offset,
                        (off_t)buffer->size);
        buffer->handle = 0;
    }
    return 0;
}

/* A buffer's name is its handle. */
static int flink(void *argument)
{
    struct drm_gem_flink *request = argument;

    request->name = request->handle;
    return foreign_buffer(request->handle) != NULL ? 0 : -ENOENT;
}

static int open_name(void *argument)
{
    struct drm_gem_open *request = argument;
    struct foreign_buffer *buffer = foreign_buffer(request->name);

    if (buffer == NULL) {
        return -ENOENT;
    }
    buffer->references++;
    request->handle = buffer->handle;
    request->size = buffer->size;
    return 0;
}

/* ---- contents ---- */

static int map(void *argument)
{
    struct drm_i915_gem_mmap *request = argument;
    const struct foreign_buffer *buffer = foreign_buffer(request->handle);

    if (buffer == NULL || request->offset > buffer->size ||
        request->size > buffer->size - request->offset) {
        return -EINVAL;
    }
    void *at = mmap(NULL, request->size, PROT_READ | PROT_WRITE, MAP_SHARED, file,
                    (off_t)(buffer->offset + request->offset));
    request->addr_ptr = (uintptr_t)at;
    return at != MAP_FAILED ? 0 : -ENOMEM;
}

/* Without the tiles that a fence would hide: nobody looks at pixels here. */
static int map_gtt(void *argument)
{
    struct drm_i915_gem_mmap_gtt *request = argument;
    const struct foreign_buffer *buffer = foreign_buffer(request->handle);

    if (buffer == NULL) {
        return -ENOENT;
    }
    request->offset = buffer->offset;
    return 0;
}

static uint8_t *part(uint32_t handle, uint64_t offset, uint64_t size)
{
    const struct foreign_buffer *buffer = foreign_buffer(handle);

    if (buffer == NULL || offset > buffer->size || size > buffer->size - offset) {
        return NULL;
    }
    return foreign_buffer_bytes(buffer) + offset;
}

static int write_part(void *argument)
{
    const struct drm_i915_gem_pwrite *request = argument;
    uint8_t *to = part(request->handle, request->offset, request->size);

    if (to == NULL) {
        return -EINVAL;
    }
    memcpy(to, (const void *)(uintptr_t)request->data_ptr, request->size);
    return 0;
}

static int read_part(void *argument)
{
    const struct drm_i915_gem_pread *request = argument;
    const uint8_t *from = part(request->handle, request->offset, request->size);

    if (from == NULL) {
        return -EINVAL;
    }
    memcpy((void *)(uintptr_t)request->data_ptr, from, request->size);
    return 0;
}

/* ---- state ---- */

static int set_tiling(void *argument)
{
    struct drm_i915_gem_set_tiling *request = argument;
    struct foreign_buffer *buffer = foreign_buffer(request->handle);

    if (buffer == NULL) {
        return -ENOENT;
    }
    /* What the daemon's clients get on 915: no Y tiles. A driver has to live with the answer. */
    if (request->tiling_mode == I915_TILING_Y && !gen3_chip_find(foreign_chip())->is_945_class) {
        request->tiling_mode = I915_TILING_NONE;
        request->stride = 0;
    }
    request->swizzle_mode = I915_BIT_6_SWIZZLE_NONE;
    buffer->tiling = request->tiling_mode;
    buffer->pitch = request->tiling_mode != I915_TILING_NONE ? request->stride : 0;
    return 0;
}

static int get_tiling(void *argument)
{
    struct drm_i915_gem_get_tiling *request = argument;
    const struct foreign_buffer *buffer = foreign_buffer(request->handle);

    if (buffer == NULL) {
        return -ENOENT;
    }
    request->tiling_mode = buffer->tiling;
    request->swizzle_mode = I915_BIT_6_SWIZZLE_NONE;
    return 0;
}

static int busy(void *argument)
{
    ((struct drm_i915_gem_busy *)argument)->busy = 0;
    return 0;
}

static int retain(void *argument)
{
    ((struct drm_i915_gem_madvise *)argument)->retained = 1;
    return 0;
}

static int nothing(void *argument)
{
    (void)argument;
    return 0;
}

const struct foreign_ioctl foreign_gem_ioctls[] = {
    {DRM_IOCTL_I915_GETPARAM, get_param},
    {DRM_IOCTL_I915_GEM_GET_APERTURE, get_aperture},
    {DRM_IOCTL_I915_GEM_CREATE, create},
    {DRM_IOCTL_I915_GEM_MMAP, map},
    {DRM_IOCTL_I915_GEM_MMAP_GTT, map_gtt},
    {DRM_IOCTL_I915_GEM_PWRITE, write_part},
    {DRM_IOCTL_I915_GEM_PREAD, read_part},
    {DRM_IOCTL_I915_GEM_SET_TILING, set_tiling},
    {DRM_IOCTL_I915_GEM_GET_TILING, get_tiling},
    {DRM_IOCTL_I915_GEM_SET_DOMAIN, nothing},
    {DRM_IOCTL_I915_GEM_SW_FINISH, nothing},
    {DRM_IOCTL_I915_GEM_BUSY, busy},
    {DRM_IOCTL_I915_GEM_WAIT, nothing},
    {DRM_IOCTL_I915_GEM_THROTTLE, nothing},
    {DRM_IOCTL_I915_GEM_MADVISE, retain},
    {DRM_IOCTL_GEM_CLOSE, close_buffer},
    {DRM_IOCTL_GEM_FLINK, flink},
    {DRM_IOCTL_GEM_OPEN, open_name},
    {DRM_IOCTL_MODE_CREATE_DUMB, create_dumb},
    {DRM_IOCTL_MODE_MAP_DUMB, map_dumb},
    {0, NULL},
};
