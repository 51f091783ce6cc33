/* SPDX-License-Identifier: MIT */
/*
 * Ioctls of descriptors that a program can have of a DRM file: dma-bufs, which are memory files,
 * and sync files, which are pipes. The kernel knows neither call there, and says ENOTTY.
 */
#ifndef GEMD_WINSYS_DRM_PRELOAD_DESCRIPTOR_H
#define GEMD_WINSYS_DRM_PRELOAD_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

bool descriptor_has_call(uint32_t request);
/* What the call returns, or a negative errno: -ENOTTY for all other descriptors. */
int descriptor_call(int fd, uint32_t request, void *argument);

#endif
