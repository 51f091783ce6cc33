/* SPDX-License-Identifier: MIT */
/* The stat family: our paths are looked for in R, and what is a DRM file says so. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "winsys/drm/preload/next.h"
#include "winsys/drm/preload/node.h"
#include "winsys/drm/preload/paths.h"

_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "one layout for both");

/* After a call that gave 'status' of 'path': a socket may stand for a device. */
static int finish_path(int result, int at, const char *path, struct stat *status)
{
    pid_t process;
    int fd, minor = -1;

    if (result != 0 || !S_ISSOCK(status->st_mode)) {
        return result;
    }
    if (path_descriptor(at, path, &process, &fd)) {
        minor = node_of_descriptor(process, fd);
    }
    if (minor < 0) {
        minor = node_of_status(status);
    }
    if (minor >= 0) {
        node_dress(status, minor);
    }
    return 0;
}

static int finish_fd(int result, int fd, struct stat *status)
{
    if (result != 0 || !S_ISSOCK(status->st_mode)) {
        return result;
    }
    const int minor = node_of_fd(fd);
    if (minor >= 0) {
        node_dress(status, minor);
        return 0;
    }
    const int file = node_of_status(status); /* O_PATH */
    if (file >= 0) {
        node_dress(status, file);
    }
    return 0;
}

HOOK int stat(const char *path, struct stat *status)
{
    struct path_room room;

    return finish_path(NEXT(stat)(path_map(AT_FDCWD, path, &room), status), AT_FDCWD, path, status);
}

HOOK int lstat(const char *path, struct stat *status)
{
    struct path_room room;

    return finish_path(NEXT(lstat)(path_map(AT_FDCWD, path, &room), status), AT_FDCWD, path,
                       status);
}

HOOK int fstat(int fd, struct stat *status)
{
    return finish_fd(NEXT(fstat)(fd, status), fd, status);
}

HOOK int fstatat(int at, const char *path, struct stat *status, int flags)
{
    struct path_room room;

    if (path != NULL && path[0] == '\0' && at >= 0) {
        return finish_fd(NEXT(fstatat)(at, path, status, flags), at, status);
    }
    return finish_path(NEXT(fstatat)(at, path_map(at, path, &room), status, flags), at, path,
                       status);
}

HOOK int stat64(const char *path, struct stat64 *status)
{
    return stat(path, (struct stat *)status);
}

HOOK int lstat64(const char *path, struct stat64 *status)
{
    return lstat(path, (struct stat *)status);
}

HOOK int fstat64(int fd, struct stat64 *status)
{
    return fstat(fd, (struct stat *)status);
}

HOOK int fstatat64(int at, const char *path, struct stat64 *status, int flags)
{
    return fstatat(at, path, (struct stat *)status, flags);
}

/* Programs that were built before glibc 2.33. */
int __xstat(int version, const char *path, struct stat *status);
int __lxstat(int version, const char *path, struct stat *status);
int __fxstat(int version, int fd, struct stat *status);
int __fxstatat(int version, int at, const char *path, struct stat *status, int flags);
int __xstat64(int version, const char *path, struct stat64 *status);
int __lxstat64(int version, const char *path, struct stat64 *status);
int __fxstat64(int version, int fd, struct stat64 *status);
int __fxstatat64(int version, int at, const char *path, struct stat64 *status, int flags);

HOOK int __xstat(int version, const char *path, struct stat *status)
{
    return stat(path, status);
}

HOOK int __lxstat(int version, const char *path, struct stat *status)
{
    return lstat(path, status);
}

HOOK int __fxstat(int version, int fd, struct stat *status)
{
    return fstat(fd, status);
}

HOOK int __fxstatat(int version, int at, const char *path, struct stat *status, int flags)
{
    return fstatat(at, path, status, flags);
}

HOOK int __xstat64(int version, const char *path, struct stat64 *status)
{
    return stat64(path, status);
}

HOOK int __lxstat64(int version, const char *path, struct stat64 *status)
{
    return lstat64(path, status);
}

HOOK int __fxstat64(int version, int fd, struct stat64 *status)
{
    return fstat64(fd, status);
}

HOOK int __fxstatat64(int version, int at, const char *path, struct stat64 *status, int flags)
{
    return fstatat64(at, path, status, flags);
}

static void dress_extended(struct statx *extended, int minor)
{
    struct stat status = {.st_ino = extended->stx_ino};

    node_dress(&status, minor);
    extended->stx_mode = (uint16_t)status.st_mode;
    extended->stx_ino = status.st_ino;
    extended->stx_dev_major = major(status.st_dev);
    extended->stx_dev_minor = minor(status.st_dev);
    extended->stx_rdev_major = NODE_MAJOR;
    extended->stx_rdev_minor = (uint32_t)minor;
    extended->stx_size = 0;
}

/* Which device a socket that statx() met stands for. */
static int minor_of_extended(int at, const char *path, const struct statx *extended)
{
    const struct stat status = {
        .st_ino = extended->stx_ino,
        .st_dev = makedev(extended->stx_dev_major, extended->stx_dev_minor),
    };
    pid_t process;
    int fd, minor = -1;

    if (path == NULL || path[0] == '\0') {
        minor = node_of_fd(at);
    } else if (path_descriptor(at, path, &process, &fd)) {
        minor = node_of_descriptor(process, fd);
    }
    return minor >= 0 ? minor : node_of_status(&status);
}

HOOK int statx(int at, const char *path, int flags, unsigned mask, struct statx *extended)
{
    struct path_room room;
    /* The inode is what tells devices. */
    const int result = NEXT(statx)(at, path_map(at, path, &room), flags,
                                   mask | STATX_TYPE | STATX_MODE | STATX_INO, extended);

    if (result == 0 && S_ISSOCK(extended->stx_mode)) {
        const int minor = minor_of_extended(at, path, extended);
        if (minor >= 0) {
            dress_extended(extended, minor);
        }
    }
    return result;
}
