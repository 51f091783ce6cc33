/* SPDX-License-Identifier: MIT */
/* What stands where a room has not come yet; each takes its part out of here. */
#include <errno.h>
#include <stddef.h>

#include "winsys/drm/server/server.h"

/* ---- gem.c, object.c, prime.c, exec.c ---- */

const struct drm_ioctl drm_gem_ioctls[] = {{0}};
const struct drm_ioctl drm_exec_ioctls[] = {{0}};

int drm_gem_init(struct drm_server *server)
{
    return 0;
}

void drm_gem_finish(struct drm_server *server)
{
}

int drm_gem_open(struct drm_file *file)
{
    return 0;
}

void drm_gem_close(struct drm_file *file)
{
}

void drm_gem_event(struct drm_file *file, const struct gemd_msg_header *event, const char *text)
{
}

int drm_gem_map(struct drm_file *file, uint64_t offset, uint64_t length, uint32_t prot,
                uint64_t *file_offset)
{
    return -EINVAL;
}

int drm_gem_dmabuf(struct drm_server *server, int fd, uint32_t request, void *argument,
                   uint32_t size)
{
    return -ENOTTY;
}

bool drm_gem_is_dmabuf(struct drm_server *server, int fd)
{
    return false;
}

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
