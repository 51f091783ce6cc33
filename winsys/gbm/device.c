/* SPDX-License-Identifier: MIT */
#include "winsys/gbm/device.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <drm.h>
#include <drm_fourcc.h>
#include <i915_drm.h>

#include "winsys/gbm/bo.h"
#include "winsys/gbm/format.h"
#include "winsys/gbm/surface.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct gemd_gbm_device *devices;
static const struct gbm_core *gbm_core;

void gbm_lock(void)
{
    pthread_mutex_lock(&lock);
}

void gbm_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

void gbm_device_set_core(const struct gbm_core *core)
{
    gbm_core = core;
}

uint32_t gbm_device_format(uint32_t format)
{
    return gbm_core != NULL ? gbm_core->v0.format_canonicalize(format) : format;
}

/* ---- the DRM file ---- */

static int call(int fd, unsigned long request, void *argument)
{
    int result;

    do {
        result = ioctl(fd, request, argument);
    } while (result != 0 && (errno == EINTR || errno == EAGAIN));
    return result == 0 ? 0 : -errno;
}

int gbm_device_call(struct gemd_gbm_device *device, unsigned long request, void *argument)
{
    return device->is_destroyed ? -ENODEV : call(device->base.v0.fd, request, argument);
}

static struct gemd_gbm_handle *find_handle(struct gemd_gbm_device *device, uint32_t handle)
{
    for (unsigned i = 0; i < device->handle_count; i++) {
        if (device->handles[i].handle == handle) {
            return &device->handles[i];
        }
    }
    return NULL;
}

static void close_handle(struct gemd_gbm_device *device, uint32_t handle)
{
    struct drm_gem_close close = {.handle = handle};

    (void)gbm_device_call(device, DRM_IOCTL_GEM_CLOSE, &close);
}

int gbm_device_use_handle(struct gemd_gbm_device *device, uint32_t handle)
{
    struct gemd_gbm_handle *known = find_handle(device, handle);

    if (known != NULL) {
        known->users++;
        return 0;
    }
    if (device->handle_count == device->handle_room) {
        const unsigned room = device->handle_room * 2 + 16;
        struct gemd_gbm_handle *handles =
            realloc(device->handles, room * sizeof(device->handles[0]));

        if (handles == NULL) {
            close_handle(device, handle);
            return -ENOMEM;
        }
        device->handles = handles;
        device->handle_room = room;
    }
    device->handles[device->handle_count++] =
        (struct gemd_gbm_handle){.handle = handle, .users = 1};
    return 0;
}

void gbm_device_drop_handle(struct gemd_gbm_device *device, uint32_t handle)
{
    struct gemd_gbm_handle *known = find_handle(device, handle);

    if (known != NULL && --known->users == 0) {
        *known = device->handles[--device->handle_count];
        close_handle(device, handle);
    }
}

/*
 * Whether its dma-bufs are sealed memory files. They are the adapter's then, and our driver can
 * draw into them; a kernel's are not, and libgbm goes on with another backend.
 */
static bool has_memory_files(int fd)
{
    const int wanted = F_SEAL_SHRINK | F_SEAL_GROW;
    struct drm_i915_gem_create create = {.size = 4096};
    bool found = false;

    if (call(fd, DRM_IOCTL_I915_GEM_CREATE, &create) != 0) {
        return false;
    }
    struct drm_prime_handle prime = {.handle = create.handle, .flags = DRM_CLOEXEC};
    if (call(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime) == 0) {
        const int seals = fcntl(prime.fd, F_GET_SEALS);

        found = seals >= 0 && (seals & wanted) == wanted;
        close(prime.fd);
    }
    struct drm_gem_close close_it = {.handle = create.handle};
    (void)call(fd, DRM_IOCTL_GEM_CLOSE, &close_it);
    return found;
}

/* ---- lives ---- */

struct gemd_gbm_device *gbm_device_first(void)
{
    return devices;
}

struct gemd_gbm_device *gbm_device_find(const void *device)
{
    struct gemd_gbm_device *found = devices;

    while (found != NULL && (found->is_destroyed || found != device)) {
        found = found->next;
    }
    return found;
}

void gbm_device_ref(struct gemd_gbm_device *device)
{
    device->references++;
}

void gbm_device_unref(struct gemd_gbm_device *device)
{
    if (--device->references > 0) {
        return;
    }
    struct gemd_gbm_device **link = &devices;
    while (*link != device) {
        link = &(*link)->next;
    }
    *link = device->next;
    free(device->handles);
    free(device);
}

static void destroy(struct gbm_device *base)
{
    struct gemd_gbm_device *device = (struct gemd_gbm_device *)base;

    gbm_lock();
    device->is_destroyed = true;
    gbm_device_unref(device);
    gbm_unlock();
}

static int is_format_supported(struct gbm_device *device, uint32_t format, uint32_t usage)
{
    (void)device;
    return gbm_format_is_usable(gbm_device_format(format), usage);
}

static int plane_count(struct gbm_device *device, uint32_t format, uint64_t modifier)
{
    (void)device;
    return gbm_format_bytes(gbm_device_format(format)) != 0 && modifier == DRM_FORMAT_MOD_LINEAR
               ? 1
               : -1;
}

struct gbm_device *gbm_device_create(int fd, uint32_t version)
{
    if (!has_memory_files(fd)) {
        errno = ENODEV;
        return NULL;
    }
    struct gemd_gbm_device *device = calloc(1, sizeof(*device));
    if (device == NULL) {
        return NULL;
    }
    struct gbm_device_v0 *base = &device->base.v0;
    base->backend_version = version;
    base->fd = fd;
    base->name = "gemd";
    base->destroy = destroy;
    base->is_format_supported = is_format_supported;
    base->get_format_modifier_plane_count = plane_count;
    base->bo_create = gbm_bo_create_for;
    base->bo_import = gbm_bo_import_for;
    gbm_bo_set_functions(base);
    gbm_surface_set_functions(base);
    device->references = 1;
    gbm_lock();
    device->next = devices;
    devices = device;
    gbm_unlock();
    return &device->base;
}
