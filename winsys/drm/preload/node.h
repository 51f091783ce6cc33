/* SPDX-License-Identifier: MIT */
/*
 * Device files, and the descriptors that they were opened as: minor 0 is /dev/dri/card0, 128 is
 * /dev/dri/renderD128. A DRM file is a socket whose peer has a name (winsys/drm/wire.h); nothing
 * about it is remembered here, so that it may be closed, duplicated, inherited and passed on.
 *
 * All but node_open() keep errno, and give -1 for what is neither.
 */
#ifndef GEMD_WINSYS_DRM_PRELOAD_NODE_H
#define GEMD_WINSYS_DRM_PRELOAD_NODE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#define NODE_MAJOR 226

/* The minor of a DRM file. */
int node_of_fd(int fd);
/* Whether the descriptor is a DRM file, and the server's number for it. */
bool node_file(int fd, uint64_t *file);
/* Opens a device: a descriptor, the lowest that is free, or -1 and errno. */
int node_open(int minor, int flags);
/* O_CLOEXEC and O_NONBLOCK, as an answer's descriptor is to have them. */
void node_set_flags(int fd, int flags);

/* The same for a descriptor of another process, when the kernel lets us look; 0: our own. */
int node_of_descriptor(pid_t process, int fd);
/* The minor of a device file in R, by a path that path_map() gave. */
int node_of_path(const char *mapped, bool follow);

/* What 'status' of a socket in R/dri stands for. */
int node_of_status(const struct stat *status);
/* Makes 'status' that of a device file. */
void node_dress(struct stat *status, int minor);

#endif
