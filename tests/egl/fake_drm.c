/* SPDX-License-Identifier: MIT */
/*
 * As much of an i915's DRM file as a GBM backend asks for. The program's ioctl() is this one, also
 * for the libraries that it loads; the file is /dev/null, as libgbm wants a character device.
 */
#include "tests/egl/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <drm.h>
#include <i915_drm.h>

#include "tests/egl/gbm_device.h"

#define OBJECTS 64u
#define SEALS   (F_SEAL_SHRINK | F_SEAL_GROW)

static struct {
    int fds[OBJECTS]; /* [handle - 1]; 0: none */
    bool tiles, foreign;
} device;

int gbm_device_open(void)
{
    const int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

unsigned gbm_device_handles(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < OBJECTS; i++) {
        count += device.fds[i] > 0 ? 1 : 0;
    }
    return count;
}

bool gbm_device_say_tiles(bool tiles)
{
    device.tiles = tiles;
    return true;
}

bool gbm_device_be_foreign(bool foreign)
{
    device.foreign = foreign;
    return true;
}

bool gbm_device_has_mesa(void)
{
    return false;
}

static int refuse(int error)
{
    errno = error;
    return -1;
}

static void copy_text(char *to, __kernel_size_t *room, const char *text)
{
    if (to != NULL) {
        memcpy(to, text, *room < strlen(text) ? *room : strlen(text));
    }
    *room = strlen(text);
}

static int version(struct drm_version *version)
{
    version->version_major = 1;
    version->version_minor = 6;
    copy_text(version->name, &version->name_len, "i915");
    copy_text(version->date, &version->date_len, "20201103");
    copy_text(version->desc, &version->desc_len, "Intel Graphics");
    return 0;
}

/* Takes the descriptor. */
static int enter(int fd, uint32_t *handle)
{
    for (unsigned i = 0; i < OBJECTS; i++) {
        if (device.fds[i] == 0) {
            device.fds[i] = fd;
            *handle = i + 1;
            return 0;
        }
    }
    close(fd);
    return refuse(ENOMEM);
}

static int create(struct drm_i915_gem_create *create)
{
    create->size = (create->size + 4095) & ~4095ull;
    if (create->size == 0) {
        return refuse(EINVAL);
    }
    const int fd =
        memfd_create("fake", MFD_CLOEXEC | (device.foreign ? 0 : (unsigned)MFD_ALLOW_SEALING));
    if (fd < 0 || ftruncate(fd, (off_t)create->size) != 0) {
        return -1;
    }
    (void)fcntl(fd, F_ADD_SEALS, SEALS);
    return enter(fd, &create->handle);
}

static int *object(uint32_t handle)
{
    return handle > 0 && handle <= OBJECTS && device.fds[handle - 1] > 0 ? &device.fds[handle - 1]
                                                                         : NULL;
}

static int export(struct drm_prime_handle *prime)
{
    const int *fd = object(prime->handle);

    if (fd == NULL) {
        return refuse(ENOENT);
    }
    prime->fd = fcntl(*fd, F_DUPFD_CLOEXEC, 0);
    return prime->fd >= 0 ? 0 : -1;
}

/* The same file is the same object. */
static int import(struct drm_prime_handle *prime)
{
    const int seals = fcntl(prime->fd, F_GET_SEALS);
    struct stat wanted, known;

    if (seals < 0 || (seals & SEALS) != SEALS || fstat(prime->fd, &wanted) != 0) {
        return refuse(EINVAL);
    }
    for (unsigned i = 0; i < OBJECTS; i++) {
        if (device.fds[i] > 0 && fstat(device.fds[i], &known) == 0 &&
            known.st_ino == wanted.st_ino && known.st_dev == wanted.st_dev) {
            prime->handle = i + 1;
            return 0;
        }
    }
    return enter(fcntl(prime->fd, F_DUPFD_CLOEXEC, 0), &prime->handle);
}

static int close_handle(const struct drm_gem_close *call)
{
    int *fd = object(call->handle);

    if (fd == NULL) {
        return refuse(EINVAL);
    }
    close(*fd);
    *fd = 0;
    return 0;
}

static int get_tiling(struct drm_i915_gem_get_tiling *tiling)
{
    tiling->tiling_mode = device.tiles ? I915_TILING_X : I915_TILING_NONE;
    return object(tiling->handle) != NULL ? 0 : refuse(ENOENT);
}

__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request, ...)
{
    va_list list;

    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    switch (request) {
    case DRM_IOCTL_VERSION:
        return version(argument);
    case DRM_IOCTL_I915_GEM_CREATE:
        return create(argument);
    case DRM_IOCTL_PRIME_HANDLE_TO_FD:
        return export(argument);
    case DRM_IOCTL_PRIME_FD_TO_HANDLE:
        return import(argument);
    case DRM_IOCTL_GEM_CLOSE:
        return close_handle(argument);
    case DRM_IOCTL_I915_GEM_GET_TILING:
        return get_tiling(argument);
    default:
        return (int)syscall(SYS_ioctl, fd, request, argument);
    }
}
