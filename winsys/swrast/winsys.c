/* SPDX-License-Identifier: MIT */
#include "winsys/swrast/winsys.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "drm-uapi/drm_fourcc.h"
#include "frontend/winsys_handle.h"
#include "pipe/p_state.h"
#include "util/format/u_format.h"
#include "util/u_math.h"
/* Which needs the ones above. */
#include "frontend/sw_winsys.h"

#include "proto/memfile.h"

#define STRIDE_ALIGN                                                                               \
    64u /* as buffers of the GPU have it, so that either can be shown or imported */
/* Renderers read and write whole blocks of so many rows, also at the lower edge. */
#define BLOCK_ROWS 4u

struct sw_displaytarget {
    int fd;
    uint8_t *map; /* the file, and private pages behind it for what is left of the last blocks */
    uint64_t map_bytes, file_bytes;
    uint32_t stride, offset; /* bytes */
};

static void target_destroy(struct sw_winsys *winsys, struct sw_displaytarget *target)
{
    if (target->map != NULL) {
        munmap(target->map, target->map_bytes);
    }
    if (target->fd >= 0) {
        close(target->fd);
    }
    free(target);
}

/* Takes the descriptor over. NULL when it cannot be mapped. */
static struct sw_displaytarget *target_map(int fd, uint64_t file_bytes, uint32_t stride,
                                           uint32_t offset)
{
    struct sw_displaytarget *target = calloc(1, sizeof(*target));

    if (target == NULL) {
        close(fd);
        return NULL;
    }
    *target = (struct sw_displaytarget){
        .fd = fd,
        .file_bytes = file_bytes,
        .map_bytes = file_bytes + ALIGN_POT((uint64_t)stride * BLOCK_ROWS, MEMFILE_PAGE),
        .stride = stride,
        .offset = offset,
    };
    void *map =
        mmap(NULL, target->map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map != MAP_FAILED) {
        target->map = map;
        if (mmap(map, file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == map) {
            return target;
        }
    }
    target_destroy(NULL, target);
    return NULL;
}

static struct sw_displaytarget *target_create(struct sw_winsys *winsys, unsigned usage,
                                              enum pipe_format format, unsigned width,
                                              unsigned height, unsigned alignment,
                                              const void *front_private, unsigned *stride)
{
    const uint64_t row =
        (uint64_t)util_format_get_nblocksx(format, width) * util_format_get_blocksize(format);
    const uint64_t aligned = ALIGN_POT(row, MAX2(alignment, STRIDE_ALIGN));
    const uint64_t bytes =
        ALIGN_POT(aligned * util_format_get_nblocksy(format, height), MEMFILE_PAGE);

    if (bytes == 0 || bytes > INT32_MAX) {
        return NULL;
    }
    const int fd = memfile_create("gemd-swrast", bytes);
    if (fd < 0) {
        return NULL;
    }
    *stride = (unsigned)aligned;
    return target_map(fd, bytes, (uint32_t)aligned, 0);
}

/* Tiles, which are not drawn here. */
static bool is_tiled(const struct winsys_handle *handle)
{
    return handle->modifier == DRM_FORMAT_MOD_INVALID &&
           (memfile_is_called((int)handle->handle, MEMFILE_X_TILES) ||
            memfile_is_called((int)handle->handle, MEMFILE_Y_TILES));
}

/* What a picture of this format and size takes from its offset on, in bytes; 0: it cannot be one.
 */
static uint64_t picture_bytes(const struct pipe_resource *picture, uint32_t stride)
{
    const uint64_t row = (uint64_t)util_format_get_nblocksx(picture->format, picture->width0) *
                         util_format_get_blocksize(picture->format);
    const unsigned rows = util_format_get_nblocksy(picture->format, picture->height0);

    return row == 0 || rows == 0 || row > stride ? 0 : (uint64_t)stride * (rows - 1) + row;
}

static _Atomic bool has_imported;

bool swrast_winsys_has_imported(void)
{
    return atomic_load_explicit(&has_imported, memory_order_relaxed);
}

static struct sw_displaytarget *target_from_handle(struct sw_winsys *winsys,
                                                   const struct pipe_resource *picture,
                                                   struct winsys_handle *handle, unsigned *stride)
{
    const uint64_t needed = picture_bytes(picture, handle->stride);
    char reason[GEMD_TEXT_MAX];
    uint64_t bytes = 0;

    if (handle->type != WINSYS_HANDLE_TYPE_FD || needed == 0 ||
        (handle->modifier != DRM_FORMAT_MOD_LINEAR && handle->modifier != DRM_FORMAT_MOD_INVALID) ||
        is_tiled(handle) || memfile_check((int)handle->handle, 0, &bytes, reason) != 0 ||
        bytes > INT32_MAX || handle->offset > bytes || needed > bytes - handle->offset) {
        return NULL;
    }
    const int fd = fcntl((int)handle->handle, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        return NULL;
    }
    *stride = handle->stride;
    atomic_store_explicit(&has_imported, true, memory_order_relaxed);
    return target_map(fd, bytes, handle->stride, handle->offset);
}

static bool target_get_handle(struct sw_winsys *winsys, struct sw_displaytarget *target,
                              struct winsys_handle *handle)
{
    if (handle->type != WINSYS_HANDLE_TYPE_FD) {
        return false;
    }
    const int fd = fcntl(target->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    handle->handle = (unsigned)fd;
    handle->stride = target->stride;
    handle->offset = target->offset;
    handle->modifier = DRM_FORMAT_MOD_LINEAR;
    handle->size = target->file_bytes;
    return true;
}

static void *map(struct sw_winsys *winsys, struct sw_displaytarget *target, unsigned flags)
{
    return target->map + target->offset;
}

static void unmap(struct sw_winsys *winsys, struct sw_displaytarget *target)
{
}

/* Who shows them reads the file; nothing is ever pushed. */
static void display(struct sw_winsys *winsys, struct sw_displaytarget *target, void *priv,
                    struct pipe_box *box)
{
}

static bool is_format_supported(struct sw_winsys *winsys, unsigned usage, enum pipe_format format)
{
    return true;
}

static void winsys_destroy(struct sw_winsys *winsys)
{
    free(winsys);
}

struct sw_winsys *swrast_winsys_create(void)
{
    struct sw_winsys *winsys = malloc(sizeof(*winsys));

    if (winsys != NULL) {
        *winsys = (struct sw_winsys){
            .destroy = winsys_destroy,
            .is_displaytarget_format_supported = is_format_supported,
            .displaytarget_create = target_create,
            .displaytarget_from_handle = target_from_handle,
            .displaytarget_get_handle = target_get_handle,
            .displaytarget_map = map,
            .displaytarget_unmap = unmap,
            .displaytarget_display = display,
            .displaytarget_destroy = target_destroy,
        };
    }
    return winsys;
}
