/* SPDX-License-Identifier: MIT */
/* Handlers of the ioctls on buffers, by file. Errors: as Linux' i915 has them on gen3. */
#ifndef GEMD_WINSYS_DRM_SERVER_GEM_H
#define GEMD_WINSYS_DRM_SERVER_GEM_H

#include "winsys/drm/server/object.h"

/* wait.c */
drm_handler gem_busy, gem_wait, gem_throttle, gem_set_domain, gem_sw_finish;
/* map.c */
drm_handler gem_mmap, gem_mmap_offset, gem_map_dumb;
/* advice.c */
drm_handler gem_madvise;
/* tiling.c */
drm_handler gem_set_tiling, gem_get_tiling, gem_set_caching, gem_get_caching;
/* prime.c */
drm_handler gem_handle_to_fd, gem_fd_to_handle, gem_flink, gem_open_name;
/* dumb.c */
drm_handler gem_create_dumb, gem_destroy_dumb;

#endif
