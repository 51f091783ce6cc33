/* SPDX-License-Identifier: MIT */
/* Platform GBM, for who has to know of it besides the table of platforms. */
#ifndef GEMD_EGL_GBM_H
#define GEMD_EGL_GBM_H

#include "platform.h"

/* Whether it is a device of our GBM backend (winsys/gbm), which is the only one we can draw for. */
bool gemd_gbm_has_device(const void *native);
/* Whether it is a surface of any such device. */
bool gemd_gbm_has_surface(const void *native);
/* struct gemd_platform.image_of_pixmap: a gbm_bo, of any device where the display has none. */
struct gemd_image *gemd_gbm_image(_EGLDisplay *egl, void *native);

#endif
