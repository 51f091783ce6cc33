/* SPDX-License-Identifier: MIT */
/* Chains of struct i915_user_extension, as calls carry them. */
#ifndef GEMD_WINSYS_DRM_SERVER_EXTENSION_H
#define GEMD_WINSYS_DRM_SERVER_EXTENSION_H

#include "winsys/drm/calls.h"

/* 0, or the errno that ends the walk. */
typedef int extension_handler(const struct drm_call_link *link, void *data);

/*
 * Each link to the handler of its name. -EINVAL: there is none, or reserved bits are set; -EFAULT:
 * the program's memory ends there; -E2BIG: longer than Linux follows them.
 */
int extension_each(const struct drm_call_array *chain, extension_handler *const *handlers,
                   uint32_t count, void *data);

#endif
