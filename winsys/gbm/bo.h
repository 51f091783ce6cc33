/* SPDX-License-Identifier: MIT */
/* Buffers of GBM: a memory file, in lines, and the GEM handle that its DRM file knows it by. */
#ifndef GEMD_WINSYS_GBM_BO_H
#define GEMD_WINSYS_GBM_BO_H

#include "winsys/gbm/device.h"
#include "winsys/gbm/seam.h"

struct gemd_gbm_bo {
    struct gbm_bo base;             /* must be first */
    struct gemd_gbm_device *device; /* one reference */
    struct gemd_gbm_bo *next;       /* of the device's */
    int fd;                         /* the memory file */
    uint64_t size, modifier;
    uint32_t offset;
    uint8_t *map;    /* NULL: not mapped */
    unsigned maps;   /* how often the program has it mapped */
    bool is_surface; /* a surface's, which frees it */
};

/* ---- with the lock ---- */

/* 0, -EINVAL, -ENOMEM, -ENODEV. */
int gbm_bo_make(struct gemd_gbm_device *device, uint32_t width, uint32_t height, uint32_t format,
                uint32_t usage, struct gemd_gbm_bo **bo);
void gbm_bo_free(struct gemd_gbm_bo *bo);
/* The file stays the buffer's. */
void gbm_bo_tell(const struct gemd_gbm_bo *bo, struct gemd_gbm_buffer *buffer);

/* ---- without: what libgbm and EGL call ---- */

struct gbm_bo *gbm_bo_create_for(struct gbm_device *device, uint32_t width, uint32_t height,
                                 uint32_t format, uint32_t usage, const uint64_t *modifiers,
                                 const unsigned int count);
struct gbm_bo *gbm_bo_import_for(struct gbm_device *device, uint32_t type, void *source,
                                 uint32_t usage);
void gbm_bo_set_functions(struct gbm_device_v0 *functions);
void gbm_bo_set_importer(const struct gemd_gbm_importer *importer);
int gbm_bo_describe(const void *device, const void *native, struct gemd_gbm_buffer *buffer);

#endif
