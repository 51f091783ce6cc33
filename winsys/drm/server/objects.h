/* SPDX-License-Identifier: MIT */
/* All objects of a server. */
#ifndef GEMD_WINSYS_DRM_SERVER_OBJECTS_H
#define GEMD_WINSYS_DRM_SERVER_OBJECTS_H

#include <pthread.h>
#include <stdint.h>

#include "winsys/drm/server/object.h"

#define DRM_OBJECT_BUCKETS 4096u

struct drm_objects {
    pthread_mutex_t lock;
    struct drm_memory *buckets[DRM_OBJECT_BUCKETS]; /* by identity */
    struct drm_object *named;
    uint32_t last_name, next_place;
    uint64_t next_offset;
};

#endif
