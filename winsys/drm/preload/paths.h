/* SPDX-License-Identifier: MIT */
/*
 * Which paths of a program are not the host's: one table, one function that maps a path into the
 * runtime directory R, used by all hooks.
 *
 * R holds dri/ for /dev/dri, sys/ for parts of /sys, and udev/ for parts of /run/udev. It is where
 * this library was loaded from. A directory that has the host's entries and ours is one in R with
 * links to the host's (server/tree.c). A device file is a socket in R/dri.
 */
#ifndef GEMD_WINSYS_DRM_PRELOAD_PATHS_H
#define GEMD_WINSYS_DRM_PRELOAD_PATHS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PATH_ROOM (PATH_MAX + 64)

struct path_room {
    char text[PATH_ROOM];
};

/* R, without a slash at its end; "" when it cannot be found, and then nothing is mapped. */
const char *path_runtime(void);

/*
 * What the kernel is to be asked instead of 'path', an absolute path in 'room'; 'path' itself when
 * it is the host's. 'at' as openat() has it. Keeps errno.
 */
const char *path_map(int at, const char *path, struct path_room *room);

/* Turns a path in R into what the program knows it by, in place. False: it is none, and stays. */
bool path_unmap(char *path);

/* Whether 'path' names a descriptor: /proc/self/fd/3, /dev/fd/3. *process is 0 for the caller's. */
bool path_descriptor(int at, const char *path, pid_t *process, int *fd);

/* Whether 'path', as the kernel knows it, lies in R's 'part' ("/sys"). */
bool path_is_ours(const char *path, const char *part);

#endif
