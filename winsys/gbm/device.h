/* SPDX-License-Identifier: MIT */
/*
 * A GBM device over a file of the DRM adapter, and what all devices of the process share.
 *
 * One lock guards all state of the backend: whoever has it sees devices, surfaces and buffers that
 * do not go. A device lives until the program has destroyed it and its last buffer and surface have
 * gone; from the first on its DRM file is not the device's to use.
 */
#ifndef GEMD_WINSYS_GBM_DEVICE_H
#define GEMD_WINSYS_GBM_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "gbm_backend_abi.h"

struct gemd_gbm_bo;
struct gemd_gbm_surface;

struct gemd_gbm_handle {
    uint32_t handle, users;
};

struct gemd_gbm_device {
    struct gbm_device base; /* must be first */
    bool is_destroyed;
    unsigned references; /* its own and one of each surface and buffer */
    struct gemd_gbm_device *next;
    struct gemd_gbm_bo *bos;
    struct gemd_gbm_surface *surfaces;
    /* GEM handles, which the same file gives again, and which are closed once */
    struct gemd_gbm_handle *handles;
    unsigned handle_count, handle_room;
};

/* libgbm's side, set once before the first device. */
void gbm_device_set_core(const struct gbm_core *core);
/* DRM_FORMAT_* of what a program calls a format. */
uint32_t gbm_device_format(uint32_t format);

/* NULL with errno: the file's buffers are not memory files (ENODEV), or no memory. */
struct gbm_device *gbm_device_create(int fd, uint32_t version);

void gbm_lock(void);
void gbm_unlock(void);

/* ---- with the lock ---- */

/* NULL: it is none of ours, or was destroyed. */
struct gemd_gbm_device *gbm_device_find(const void *device);
/* All devices, also those that were destroyed but have surfaces or buffers. */
struct gemd_gbm_device *gbm_device_first(void);
void gbm_device_ref(struct gemd_gbm_device *device);
void gbm_device_unref(struct gemd_gbm_device *device);
/* An ioctl on the device's file. 0 or a negative errno; -ENODEV: it was destroyed. */
int gbm_device_call(struct gemd_gbm_device *device, unsigned long request, void *argument);
/* One more user of a handle. -ENOMEM: the handle is closed, unless it had users. */
int gbm_device_use_handle(struct gemd_gbm_device *device, uint32_t handle);
/* The last user closes it. */
void gbm_device_drop_handle(struct gemd_gbm_device *device, uint32_t handle);

#endif
