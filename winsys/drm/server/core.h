/* SPDX-License-Identifier: MIT */
/* Parts of core.c that stand alone. */
#ifndef GEMD_WINSYS_DRM_SERVER_CORE_H
#define GEMD_WINSYS_DRM_SERVER_CORE_H

#include "winsys/drm/server/file.h"

#define CORE_REVISION 2      /* of the PCI device, as tree.c has it */
#define CORE_ENOTSUPP 524    /* Linux' ENOTSUPP, which is not EOPNOTSUPP */
#define CORE_915G     0x2582 /* whose GTT is not coherent with the caches */

/* GETPARAM: a value, or a negative errno. */
int core_param(const struct drm_file *file, int32_t param);
/* DRM_IOCTL_I915_QUERY (query.c). */
int core_query(struct drm_file *file, struct drm_call *call);

#endif
