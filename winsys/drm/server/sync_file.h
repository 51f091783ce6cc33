/* SPDX-License-Identifier: MIT */
/*
 * Sync files: descriptors that programs poll, merge, and give away. Here one is the read end of a
 * pipe whose write end is the server's: a byte in it says that the fence is done. The inode tells
 * which one it is, so it lives as long as anybody has the read end, in whatever process. Sync
 * objects that are given away are such pipes too.
 */
#ifndef GEMD_WINSYS_DRM_SERVER_SYNC_FILE_H
#define GEMD_WINSYS_DRM_SERVER_SYNC_FILE_H

#include <stdint.h>

#include "winsys/drm/server/fence.h"

struct drm_syncobj;

/* ---- as sync files; none takes a reference ---- */

/* A descriptor for the program, close-on-exec. -EMFILE, -ENOMEM. */
int drm_sync_file_open(struct drm_server *server, struct drm_fence *fence);
/* Its fence, with a reference; also of a sync file of the kernel's. -EINVAL: it is none; -1 too. */
int drm_sync_file_fence(struct drm_server *server, int fd, struct drm_fence **fence);
/* The same, and for what the screen waits for also a fence of another session: a pipe. */
int drm_sync_file_any_fence(struct drm_server *server, int fd, struct drm_fence **fence);
/*
 * What a descriptor is called between processes (DRM_WIRE_LOOK), for calls that name more of them
 * than a packet carries; 0: no sync file of this server.
 */
uint64_t drm_sync_file_id(struct drm_server *server, int fd);
/* The fence of that one, with a reference; NULL: it is none, or gone. */
struct drm_fence *drm_sync_file_named(struct drm_server *server, uint64_t id);

/* ---- as sync objects ---- */

int drm_sync_file_open_object(struct drm_server *server, struct drm_syncobj *object);
/* With a reference; NULL: it is none. */
struct drm_syncobj *drm_sync_file_object(struct drm_server *server, int fd);

/* ---- ioctls of descriptors ---- */

struct drm_descriptor_call {
    int fd;
    uint32_t request;
    void *argument; /* 'size' bytes */
    uint32_t size;
    uint64_t other; /* the sync file that the structure names: its id, or 0 */
    int fd_out;     /* what the structure is to name: the caller's to close; -1 */
    void *more;     /* what the structure's pointer is to show: the caller's to free; NULL */
    uint32_t more_bytes;
};

/* SYNC_IOC_*. -ENOTTY: no sync file, or no such call. */
int drm_sync_file_ioctl(struct drm_server *server, struct drm_descriptor_call *call);

/* How many there are, of both kinds: for tests. */
unsigned drm_sync_file_count(struct drm_server *server);

int drm_sync_files_init(struct drm_server *server);
void drm_sync_files_finish(struct drm_server *server);

#endif
