/* SPDX-License-Identifier: MIT */
#include "gemd/bo.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "gemd/chaos.h"
#include "gemd/tiling.h"

int arena_create(struct gtt *gtt, int fd, uint64_t size, struct arena **arena)
{
    struct arena *made = chaos_hits(CHAOS_ALLOC_ARENA) ? NULL : calloc(1, sizeof(*made));
    if (made == NULL) {
        return -ENOMEM;
    }
    int error = chaos_hits(CHAOS_MAP_ARENA)
                    ? -ENOMEM
                    : hw_dma_attach(gtt->dev, fd, 0, (size_t)size, &made->dma);
    if (error != 0) {
        free(made);
        return error;
    }
    struct stat file;
    if (fstat(fd, &file) == 0) {
        made->device = file.st_dev;
        made->inode = file.st_ino;
    }
    made->gtt = gtt;
    made->size = size;
    made->refs = 1;
    page_set_init(&made->covered, size / HW_PAGE_SIZE);
    *arena = made;
    return 0;
}

void arena_unref(struct arena *arena)
{
    if (--arena->refs != 0) {
        return;
    }
    gtt_flush(arena->gtt);
    hw_dma_release(arena->gtt->dev, &arena->dma);
    page_set_finish(&arena->covered);
    free(arena);
}

void arena_cover(struct arena *arena, const struct bo *bo)
{
    if (arena->overlapped ||
        page_set_add(&arena->covered, bo->offset / HW_PAGE_SIZE, bo->size / HW_PAGE_SIZE)) {
        return;
    }
    arena->overlapped = true;
    quota_add(bo->quota, LIMIT_BYTES, arena->given_back);
    arena->given_back = 0;
    page_set_finish(&arena->covered);
}

void arena_uncover(struct arena *arena, const struct bo *bo)
{
    if (!arena->overlapped) {
        page_set_remove(&arena->covered, bo->offset / HW_PAGE_SIZE, bo->size / HW_PAGE_SIZE);
    }
}

struct bo *bo_create(struct arena *arena, struct quota *quota, uint32_t handle, uint64_t offset,
                     uint64_t size)
{
    struct bo *bo = chaos_hits(CHAOS_ALLOC_BUFFER) ? NULL : calloc(1, sizeof(*bo));
    if (bo == NULL) {
        return NULL;
    }
    gtt_node_init(&bo->node, &arena->dma, offset, size, true);
    if (arena->gtt->dev->identity.snoops) {
        bo->node.cache = GTT_SNOOPED; /* its client's processor caches it */
    }
    if (quota != NULL) {
        bo->quota = quota_ref(quota);
        bo->node.owner = &quota->owner;
    }
    bo->arena = arena;
    bo->handle = handle;
    bo->offset = offset;
    bo->size = size;
    bo->refs = 1;
    bo->open = true;
    bo->rights = GEMD_USE_READ | GEMD_USE_WRITE;
    list_init(&bo->shared);
    list_init(&bo->unneeded_link);
    arena->refs++;
    arena->buffers++;
    return bo;
}

void bo_tile(struct bo *bo, enum gen3_tiling tiling, uint32_t pitch)
{
    if (tiling != GEN3_LINEAR) {
        uint32_t span = tiling_span(bo->size);
        bo->tiling = tiling;
        bo->pitch = pitch;
        bo->node.cache = GTT_UNCACHED; /* gen3 does not snoop tiles (A.5) */
        gtt_node_tile(&bo->node, span, tiling_register(tiling, pitch, span));
    }
}

struct bo *bo_ref(struct bo *bo)
{
    bo->refs++;
    return bo;
}

void bo_unref(struct bo *bo)
{
    if (--bo->refs != 0) {
        return;
    }
    gtt_unbind(bo->arena->gtt, &bo->node);
    arena_unref(bo->arena);
    quota_unref(bo->quota);
    free(bo);
}
