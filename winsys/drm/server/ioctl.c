/* SPDX-License-Identifier: MIT */
/* From a number to its handler, with who may call it. */
#include <errno.h>
#include <pthread.h>
#include <stddef.h>

#include "winsys/drm/server/server.h"

#define NUMBERS 256u

static const struct drm_ioctl *handlers[NUMBERS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(void)
{
    const struct drm_ioctl *const tables[] = {drm_core_ioctls, drm_gem_ioctls, drm_exec_ioctls,
                                              drm_syncobj_ioctls, drm_mode_ioctls};

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        for (const struct drm_ioctl *row = tables[i]; row->handle != NULL; row++) {
            handlers[row->number % NUMBERS] = row;
        }
    }
}

static const struct drm_ioctl *find(uint32_t number)
{
    pthread_once(&once, fill);
    return number < NUMBERS ? handlers[number] : NULL;
}

bool drm_ioctl_is_served(uint32_t number)
{
    return find(number) != NULL;
}

/* In Linux' order, which decides between two errors only by accident: they are all the same. */
static int permit(struct drm_file *file, const struct drm_ioctl *row, const struct drm_call *call)
{
    const bool render = drm_file_is_render(file);

    if ((row->flags & DRM_IOCTL_ROOT) != 0 && call->uid != 0) {
        return -EACCES;
    }
    if ((row->flags & DRM_IOCTL_AUTH) != 0 && !render && !drm_file_is_authenticated(file)) {
        return -EACCES;
    }
    if ((row->flags & DRM_IOCTL_MASTER) != 0 && !drm_file_is_master(file)) {
        return -EACCES;
    }
    return render && (row->flags & DRM_IOCTL_RENDER) == 0 ? -EACCES : 0;
}

int drm_ioctl(struct drm_file *file, struct drm_call *call)
{
    const struct drm_ioctl *row = find(call->number);

    if (row == NULL) {
        return -EINVAL;
    }
    const int error = permit(file, row, call);
    return error != 0 ? error : row->handle(file, call);
}
