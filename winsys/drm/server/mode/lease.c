/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/mode/lease.h"

#include <errno.h>
#include <fcntl.h>

#include "winsys/drm/server/mode/screen.h"

static bool is_plane(uint32_t id)
{
    return id == MODE_ID_PRIMARY || id == MODE_ID_CURSOR;
}

static bool is_there(struct drm_screen *screen, uint32_t id)
{
    return id == MODE_ID_ENCODER ||
           property_find_object(screen, id, DRM_MODE_OBJECT_ANY) != -ENOENT;
}

/* A CRTC and a connector at least, and a plane for who knows of planes. */
static int check_objects(struct drm_file *file, const uint32_t *ids, uint32_t count)
{
    bool crtc = false, connector = false, plane = !file->universal_planes, twice = false;
    for (uint32_t i = 0; i < count; i++) {
        if (!is_there(screen_of(file), ids[i])) {
            return -ENOENT;
        }
        if (ids[i] != MODE_ID_CRTC && ids[i] != MODE_ID_CONNECTOR && !is_plane(ids[i])) {
            return -EINVAL;
        }
        for (uint32_t k = 0; k < i && !twice; k++) {
            twice = ids[k] == ids[i];
        }
        crtc |= ids[i] == MODE_ID_CRTC;
        connector |= ids[i] == MODE_ID_CONNECTOR;
        plane |= is_plane(ids[i]);
    }
    return !crtc || !connector || !plane ? -EINVAL : twice ? -ENOSPC : 0;
}

int lease_create(struct drm_file *file, struct drm_call *call)
{
    const struct drm_mode_create_lease *create = call->argument;
    struct drm_screen *screen = screen_of(file);
    if ((create->flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK)) != 0) {
        return -EINVAL;
    }
    pthread_mutex_lock(&screen->lock);
    int result = call->arrays[0].count > 0
                     ? check_objects(file, call->arrays[0].bytes, call->arrays[0].count)
                     : 0;
    pthread_mutex_unlock(&screen->lock);
    return result != 0 ? result : -EOPNOTSUPP;
}

int lease_list(struct drm_file *file, struct drm_call *call)
{
    const struct drm_mode_list_lessees *list = call->argument;
    return list->pad != 0 ? -EINVAL : -EOPNOTSUPP;
}

int lease_get(struct drm_file *file, struct drm_call *call)
{
    const struct drm_mode_get_lease *get = call->argument;
    return get->pad != 0 ? -EINVAL : -EOPNOTSUPP;
}

int lease_revoke(struct drm_file *file, struct drm_call *call)
{
    return -EOPNOTSUPP;
}
