/* SPDX-License-Identifier: MIT */
/* What the backend exports: its entry for libgbm, and its table for the EGL driver. */
#include "gbm_backend_abi.h"

#include "winsys/gbm/bo.h"
#include "winsys/gbm/device.h"
#include "winsys/gbm/seam.h"
#include "winsys/gbm/surface.h"

#define EXPORTED __attribute__((visibility("default")))

static const struct gbm_backend backend = {
    .v0 =
        {
            .backend_version = GBM_BACKEND_ABI_VERSION,
            .backend_name = "gemd",
            .create_device = gbm_device_create,
        },
};

EXPORTED const struct gbm_backend *GBM_GET_BACKEND_PROC(const struct gbm_core *core);

const struct gbm_backend *GBM_GET_BACKEND_PROC(const struct gbm_core *core)
{
    gbm_device_set_core(core);
    return &backend;
}

static bool has_device(const void *device)
{
    gbm_lock();
    const bool found = gbm_device_find(device) != NULL;
    gbm_unlock();
    return found;
}

static int device_fd(const void *wanted)
{
    gbm_lock();
    const struct gemd_gbm_device *device = gbm_device_find(wanted);
    const int fd = device != NULL ? device->base.v0.fd : -1;
    gbm_unlock();
    return fd;
}

EXPORTED extern const struct gemd_gbm_seam gemd_gbm_seam;

const struct gemd_gbm_seam gemd_gbm_seam = {
    .abi = GEMD_GBM_ABI,
    .has_device = has_device,
    .device_fd = device_fd,
    .surface_ref = gbm_surface_ref,
    .surface_unref = gbm_surface_unref,
    .surface_describe = gbm_surface_describe,
    .surface_take = gbm_surface_take,
    .surface_show = gbm_surface_show,
    .surface_give_back = gbm_surface_give_back,
    .bo_describe = gbm_bo_describe,
    .set_importer = gbm_bo_set_importer,
};
