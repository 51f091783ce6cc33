/* SPDX-License-Identifier: MIT */
/* Surfaces of GBM: what EGL draws into and the program takes to show. */
#ifndef GEMD_WINSYS_GBM_SURFACE_H
#define GEMD_WINSYS_GBM_SURFACE_H

#include "winsys/gbm/device.h"
#include "winsys/gbm/seam.h"

void gbm_surface_set_functions(struct gbm_device_v0 *functions);

/* ---- struct gemd_gbm_seam ---- */
struct gemd_gbm_surface *gbm_surface_ref(const void *device, const void *native);
void gbm_surface_unref(struct gemd_gbm_surface *surface);
void gbm_surface_describe(struct gemd_gbm_surface *surface, struct gemd_gbm_buffer *like);
int gbm_surface_take(struct gemd_gbm_surface *surface, unsigned *slot,
                     struct gemd_gbm_buffer *buffer);
void gbm_surface_show(struct gemd_gbm_surface *surface, unsigned slot);
void gbm_surface_give_back(struct gemd_gbm_surface *surface, unsigned slot);

#endif
