/* SPDX-License-Identifier: MIT */
/* Opening: a device becomes a DRM file of the server, our other paths are opened in R. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "winsys/drm/preload/next.h"
#include "winsys/drm/preload/node.h"
#include "winsys/drm/preload/paths.h"

/* The minor to open; -1 when the kernel is to open (mapped) *path. */
static int device_of(int at, const char **path, int flags, struct path_room *room)
{
    const char *given = *path;
    pid_t process;
    int fd;

    *path = path_map(at, given, room);
    if ((flags & (O_PATH | O_DIRECTORY)) != 0 ||
        (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
        return -1;
    }
    if (*path != given) {
        return node_of_path(*path, (flags & O_NOFOLLOW) == 0);
    }
    if ((flags & O_NOFOLLOW) == 0 && path_descriptor(at, given, &process, &fd)) {
        return node_of_descriptor(process, fd);
    }
    return -1;
}

#define MODE_OF(flags)                                                                             \
    mode_t mode = 0;                                                                               \
    if (((flags)&O_CREAT) != 0 || ((flags)&O_TMPFILE) == O_TMPFILE) {                              \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode = va_arg(list, mode_t);                                                               \
        va_end(list);                                                                              \
    }

HOOK int open(const char *path, int flags, ...)
{
    struct path_room room;
    MODE_OF(flags)
    const int minor = device_of(AT_FDCWD, &path, flags, &room);

    return minor >= 0 ? node_open(minor, flags) : NEXT(open)(path, flags, mode);
}

HOOK int open64(const char *path, int flags, ...)
{
    struct path_room room;
    MODE_OF(flags)
    const int minor = device_of(AT_FDCWD, &path, flags, &room);

    return minor >= 0 ? node_open(minor, flags) : NEXT(open64)(path, flags, mode);
}

HOOK int openat(int at, const char *path, int flags, ...)
{
    struct path_room room;
    MODE_OF(flags)
    const int minor = device_of(at, &path, flags, &room);

    return minor >= 0 ? node_open(minor, flags) : NEXT(openat)(at, path, flags, mode);
}

HOOK int openat64(int at, const char *path, int flags, ...)
{
    struct path_room room;
    MODE_OF(flags)
    const int minor = device_of(at, &path, flags, &room);

    return minor >= 0 ? node_open(minor, flags) : NEXT(openat64)(at, path, flags, mode);
}

/* What is compiled with checks calls these: no mode is given. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int at, const char *path, int flags);
int __openat64_2(int at, const char *path, int flags);

HOOK int __open_2(const char *path, int flags)
{
    struct path_room room;
    const int minor = device_of(AT_FDCWD, &path, flags, &room);

    return minor >= 0 ? node_open(minor, flags) : NEXT(__open_2)(path, flags);
}

HOOK int __open64_2(const char *path, int flags)
{
    struct path_room room;
    const int minor = device_of(AT_FDCWD, &path, flags, &room);

    return minor >= 0 ? node_open(minor, flags) : NEXT(__open64_2)(path, flags);
}

HOOK int __openat_2(int at, const char *path, int flags)
{
    struct path_room room;
    const int minor = device_of(at, &path, flags, &room);

    return minor >= 0 ? node_open(minor, flags) : NEXT(__openat_2)(at, path, flags);
}

HOOK int __openat64_2(int at, const char *path, int flags)
{
    struct path_room room;
    const int minor = device_of(at, &path, flags, &room);

    return minor >= 0 ? node_open(minor, flags) : NEXT(__openat64_2)(at, path, flags);
}

/* fopen() of a device: the stream is around a DRM file. */
static FILE *open_stream(int minor, const char *mode)
{
    const int fd = node_open(minor, O_RDWR | (strchr(mode, 'e') != NULL ? O_CLOEXEC : 0));
    FILE *stream = fd >= 0 ? fdopen(fd, mode) : NULL;

    if (stream == NULL && fd >= 0) {
        const int error = errno;
        close(fd);
        errno = error;
    }
    return stream;
}

HOOK FILE *fopen(const char *path, const char *mode)
{
    struct path_room room;
    const int minor = device_of(AT_FDCWD, &path, 0, &room);

    return minor >= 0 ? open_stream(minor, mode) : NEXT(fopen)(path, mode);
}

HOOK FILE *fopen64(const char *path, const char *mode)
{
    struct path_room room;
    const int minor = device_of(AT_FDCWD, &path, 0, &room);

    return minor >= 0 ? open_stream(minor, mode) : NEXT(fopen64)(path, mode);
}

HOOK FILE *freopen(const char *path, const char *mode, FILE *stream)
{
    struct path_room room;

    return NEXT(freopen)(path_map(AT_FDCWD, path, &room), mode, stream);
}

HOOK FILE *freopen64(const char *path, const char *mode, FILE *stream)
{
    struct path_room room;

    return NEXT(freopen64)(path_map(AT_FDCWD, path, &room), mode, stream);
}
