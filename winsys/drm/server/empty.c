/* SPDX-License-Identifier: MIT */
/* What stands where a room has not come yet; each takes its part out of here. */
#include <errno.h>
#include <stddef.h>

#include "winsys/drm/server/server.h"

/* ---- mode/ ---- */

const struct drm_ioctl drm_mode_ioctls[] = {{0}};

int drm_mode_init(struct drm_server *server)
{
    return 0;
}

void drm_mode_finish(struct drm_server *server)
{
}

int drm_mode_open(struct drm_file *file)
{
    return 0;
}

void drm_mode_close(struct drm_file *file)
{
}

void drm_mode_master(struct drm_file *file, bool master)
{
}

void drm_mode_event(struct drm_file *file, const struct gemd_msg_header *event)
{
}
