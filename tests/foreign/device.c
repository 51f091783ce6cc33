/* SPDX-License-Identifier: MIT */
/*
 * The calls of the C library that a program reaches a DRM device by. The descriptor is one end of a
 * socket pair, so that events can be polled and read without help; it is known again by its inode,
 * also when it was duplicated.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <libdrm/drm.h>

#include "tests/foreign/buffers.h"
#include "tests/foreign/device.h"

/* What is defined here replaces what the program would call. */
#pragma GCC visibility push(default)

#define DRM_MAJOR 226

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int ends[2] = {-1, -1}; /* the program's, and ours */
static ino_t device_inode;
static int console = -1;

uint16_t foreign_chip(void)
{
    const char *chip = getenv("FOREIGN_CHIP");

    return chip != NULL ? (uint16_t)strtoul(chip, NULL, 16) : 0x29c2;
}

/* The kernel's own, without the C library's: that is what is replaced here. */
static int true_fstat(int fd, struct stat *status)
{
    return (int)syscall(SYS_fstat, fd, status);
}

static bool is_device(int fd)
{
    struct stat status;

    return device_inode != 0 && true_fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode) &&
           status.st_ino == device_inode;
}

int foreign_device_open(void)
{
    struct stat status;

    if (ends[0] < 0) {
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
            return -1;
        }
        true_fstat(ends[0], &status);
        device_inode = status.st_ino;
    }
    return fcntl(ends[0], F_DUPFD_CLOEXEC, 0);
}

void foreign_device_event(const void *event, size_t size)
{
    (void)!write(ends[1], event, size);
}

/* ---- ioctls ---- */

static int call(const struct foreign_ioctl *table, unsigned long request, void *argument)
{
    for (; table->request != 0; table++) {
        if ((table->request & 0xff) == (request & 0xff)) {
            return table->handle(argument);
        }
    }
    return -ENOTTY;
}

static int device_ioctl(unsigned long request, void *argument)
{
    static const struct foreign_ioctl *const tables[] = {foreign_gem_ioctls, foreign_exec_ioctls,
                                                         foreign_mode_ioctls};
    int error = -ENOTTY;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < 3 && error == -ENOTTY; i++) {
        error = call(tables[i], request, argument);
    }
    pthread_mutex_unlock(&lock);
    if (error == -ENOTTY && getenv("FOREIGN_VERBOSE") != NULL) {
        fprintf(stderr, "foreign: no ioctl 0x%02lx\n", request & 0xff);
    }
    return error == -ENOTTY ? -EINVAL : error;
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    void *argument;

    va_start(list, request);
    argument = va_arg(list, void *);
    va_end(list);
    const bool drm = ((request >> 8) & 0xff) == DRM_IOCTL_BASE && is_device(fd);
    if (!drm && (console < 0 || fd != console)) {
        return (int)syscall(SYS_ioctl, fd, request, argument);
    }
    const int error =
        drm ? device_ioctl(request, argument) : foreign_console_ioctl(request, argument);
    if (error != 0) {
        errno = -error;
        return -1;
    }
    return 0;
}

/* ---- files ---- */

static bool is_node(const char *path)
{
    return strcmp(path, "/dev/dri/card0") == 0;
}

static int open_path(int at, const char *path, int flags, mode_t mode)
{
    if (is_node(path)) {
        return foreign_device_open();
    }
    if (foreign_console_is(path)) {
        const int fd = (int)syscall(SYS_openat, at, "/dev/null", O_RDWR, 0);
        if (console < 0) {
            console = fd;
        }
        return fd;
    }
    return (int)syscall(SYS_openat, at, path, flags, mode);
}

#define MODE_OF(flags)                                                                             \
    mode_t mode = 0;                                                                               \
    if (((flags) & (O_CREAT | O_TMPFILE)) != 0) {                                                  \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode = va_arg(list, mode_t);                                                               \
        va_end(list);                                                                              \
    }

int open(const char *path, int flags, ...)
{
    MODE_OF(flags)
    return open_path(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE_OF(flags)
    return open_path(AT_FDCWD, path, flags, mode);
}

int openat(int at, const char *path, int flags, ...)
{
    MODE_OF(flags)
    return open_path(at, path, flags, mode);
}

/* What is compiled with checks calls these. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);

int __open_2(const char *path, int flags)
{
    return open_path(AT_FDCWD, path, flags, 0);
}

int __open64_2(const char *path, int flags)
{
    return open_path(AT_FDCWD, path, flags, 0);
}

static int as_node(struct stat *status)
{
    memset(status, 0, sizeof(*status));
    status->st_mode = S_IFCHR | 0666;
    status->st_rdev = makedev(DRM_MAJOR, 0);
    return 0;
}

int stat(const char *path, struct stat *status)
{
    return is_node(path) ? as_node(status) : (int)syscall(SYS_stat, path, status);
}

int fstat(int fd, struct stat *status)
{
    return is_device(fd) ? as_node(status) : true_fstat(fd, status);
}

/* The same structure on machines of 64 bits. */
int stat64(const char *path, struct stat64 *status)
{
    return stat(path, (struct stat *)status);
}

int fstat64(int fd, struct stat64 *status)
{
    return fstat(fd, (struct stat *)status);
}

int access(const char *path, int mode)
{
    return is_node(path) ? 0 : (int)syscall(SYS_access, path, mode);
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    const int file = fd >= 0 && is_device(fd) ? foreign_buffers_file() : fd;

    return (void *)syscall(SYS_mmap, address, size, protection, flags, file, offset);
}

void *mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    return mmap(address, size, protection, flags, fd, offset);
}
