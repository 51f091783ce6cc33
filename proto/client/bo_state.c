/* SPDX-License-Identifier: MIT */
/* What a buffer is, and whether the GPU still uses it. */
#include "proto/client/bo.h"

#include <errno.h>
#include <fcntl.h>

struct gemd_bo *gemd_bo_ref(struct gemd_bo *bo)
{
    __atomic_add_fetch(&bo->references, 1, __ATOMIC_RELAXED);
    return bo;
}

uint64_t gemd_bo_size(const struct gemd_bo *bo)
{
    return bo->size;
}

uint32_t gemd_bo_handle(const struct gemd_bo *bo)
{
    return bo->handle;
}

uint32_t gemd_bo_tiling(const struct gemd_bo *bo, uint32_t *pitch)
{
    *pitch = bo->pitch;
    return bo->tiling;
}

void *gemd_bo_map(struct gemd_bo *bo)
{
    return bo->map;
}

int gemd_bo_export(struct gemd_bo *bo)
{
    if (bo->fd < 0 || bo->handle == 0) { /* no daemon knows it */
        return -EINVAL;
    }
    int fd = fcntl(bo->fd, F_DUPFD_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

uint64_t gemd_bo_last_use(const struct gemd_bo *bo, bool write)
{
    return __atomic_load_n(write ? &bo->last_write : &bo->last_use, __ATOMIC_ACQUIRE);
}

bool gemd_bo_busy(struct gemd_bo *bo, bool write_only)
{
    return !gemd_seqno_passed(bo->session, gemd_bo_last_use(bo, write_only));
}

int gemd_bo_wait(struct gemd_bo *bo, bool write_only, int64_t deadline)
{
    return gemd_seqno_wait(bo->session, gemd_bo_last_use(bo, write_only), deadline);
}
