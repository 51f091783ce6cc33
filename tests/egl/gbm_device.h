/* SPDX-License-Identifier: MIT */
/*
 * A file of a DRM device for GBM: one that the test plays by an ioctl() of its own (fake_drm.c), or
 * the adapter's (adapter_drm.c).
 */
#ifndef GEMD_TESTS_EGL_GBM_DEVICE_H
#define GEMD_TESTS_EGL_GBM_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

/* A descriptor, the caller's to close. */
int gbm_device_open(void);
/* GEM handles that are open; 0 where nobody knows. */
unsigned gbm_device_handles(void);
/* From now on buffers are said to have X tiles; false: where that cannot be said. */
bool gbm_device_say_tiles(bool tiles);
/* From now on its dma-bufs are as a kernel's: no memory files. False: as above. */
bool gbm_device_be_foreign(bool foreign);
/* Whether Mesa's i915 driver can be had on it. */
bool gbm_device_has_mesa(void);

#endif
