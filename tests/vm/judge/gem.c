/* SPDX-License-Identifier: MIT */
#include "tests/vm/judge/gem.h"

#include <errno.h>
#include <fcntl.h>
#include <libdrm/i915_drm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define CARDS           4
#define BATCH_SIZE      4096
#define MI_BATCH_END    0x05000000u
#define MI_NOOP         0u
#define NSEC_PER_SECOND 1000000000ll

static int call(int fd, unsigned long request, void *argument)
{
    int status;

    do {
        status = ioctl(fd, request, argument);
    } while (status < 0 && (errno == EINTR || errno == EAGAIN));
    return status < 0 ? -errno : 0;
}

int gem_open(void)
{
    char path[32];
    int error = ENODEV;

    for (unsigned card = 0; card < CARDS; card++) {
        int id = 0;
        snprintf(path, sizeof(path), "/dev/dri/card%u", card);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0) {
            error = errno;
            continue;
        }
        if (gem_parameter(fd, I915_PARAM_CHIPSET_ID, &id) == 0) {
            return fd;
        }
        close(fd);
    }
    return -error;
}

int gem_parameter(int fd, int parameter, int *value)
{
    struct drm_i915_getparam request = {.param = parameter, .value = value};

    return call(fd, DRM_IOCTL_I915_GETPARAM, &request);
}

int gem_create(int fd, uint64_t size, uint32_t *handle)
{
    struct drm_i915_gem_create request = {.size = size};
    int error = call(fd, DRM_IOCTL_I915_GEM_CREATE, &request);

    *handle = request.handle;
    return error;
}

void gem_close(int fd, uint32_t handle)
{
    struct drm_gem_close request = {.handle = handle};

    call(fd, DRM_IOCTL_GEM_CLOSE, &request);
}

int gem_write(int fd, uint32_t handle, const void *from, size_t size)
{
    struct drm_i915_gem_pwrite request = {
        .handle = handle, .size = size, .data_ptr = (uintptr_t)from};

    return call(fd, DRM_IOCTL_I915_GEM_PWRITE, &request);
}

int gem_read(int fd, uint32_t handle, void *to, size_t size)
{
    struct drm_i915_gem_pread request = {.handle = handle, .size = size, .data_ptr = (uintptr_t)to};

    return call(fd, DRM_IOCTL_I915_GEM_PREAD, &request);
}

void *gem_map_aperture(int fd, uint32_t handle, size_t size)
{
    struct drm_i915_gem_mmap_gtt request = {.handle = handle};
    struct drm_i915_gem_set_domain domain = {.handle = handle, .read_domains = I915_GEM_DOMAIN_GTT};
    int error = call(fd, DRM_IOCTL_I915_GEM_MMAP_GTT, &request);

    if (error == 0) {
        error = call(fd, DRM_IOCTL_I915_GEM_SET_DOMAIN, &domain);
    }
    if (error != 0) {
        errno = -error;
        return NULL;
    }
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)request.offset);
    return map == MAP_FAILED ? NULL : map;
}

void gem_emit(struct gem_batch *batch, uint32_t dword)
{
    if (batch->count < GEM_BATCH_DWORDS) {
        batch->dwords[batch->count++] = dword;
    }
}

void gem_emit_address(struct gem_batch *batch, uint32_t handle, uint32_t delta, bool write)
{
    if (batch->relocation_count < GEM_RELOCATIONS_MAX) {
        batch->relocations[batch->relocation_count++] = (struct gem_relocation){
            .dword = (uint32_t)batch->count, .handle = handle, .delta = delta, .write = write};
    }
    gem_emit(batch, 0);
}

/* The buffers that the batch names, each once, and itself last. */
static size_t list_objects(const struct gem_batch *batch, uint32_t self,
                           struct drm_i915_gem_exec_object2 *objects)
{
    size_t count = 0;

    for (size_t i = 0; i < batch->relocation_count; i++) {
        uint32_t handle = batch->relocations[i].handle;
        bool known = handle == 0;
        for (size_t j = 0; j < count && !known; j++) {
            known = objects[j].handle == handle;
        }
        if (!known) {
            objects[count++] = (struct drm_i915_gem_exec_object2){.handle = handle};
        }
    }
    objects[count++] = (struct drm_i915_gem_exec_object2){.handle = self};
    return count;
}

static int execute(int fd, const struct gem_batch *batch, uint32_t self)
{
    struct drm_i915_gem_exec_object2 objects[GEM_RELOCATIONS_MAX + 1];
    struct drm_i915_gem_relocation_entry entries[GEM_RELOCATIONS_MAX];
    size_t count = list_objects(batch, self, objects);

    for (size_t i = 0; i < batch->relocation_count; i++) {
        const struct gem_relocation *from = &batch->relocations[i];
        bool jump = from->handle == 0;
        entries[i] = (struct drm_i915_gem_relocation_entry){
            .target_handle = jump ? self : from->handle,
            .delta = from->delta,
            .offset = (uint64_t)from->dword * 4,
            .presumed_offset = UINT64_MAX,
            .read_domains = jump ? I915_GEM_DOMAIN_COMMAND : I915_GEM_DOMAIN_RENDER,
            .write_domain = from->write ? I915_GEM_DOMAIN_RENDER : 0,
        };
    }
    objects[count - 1].relocs_ptr = (uintptr_t)entries;
    objects[count - 1].relocation_count = (uint32_t)batch->relocation_count;
    struct drm_i915_gem_execbuffer2 request = {
        .buffers_ptr = (uintptr_t)objects,
        .buffer_count = (uint32_t)count,
        .batch_len = (uint32_t)batch->count * 4,
        .flags = I915_EXEC_RENDER | (batch->secure ? I915_EXEC_SECURE : 0),
    };
    return call(fd, DRM_IOCTL_I915_GEM_EXECBUFFER2, &request);
}

int gem_submit(int fd, struct gem_batch *batch, uint32_t *handle)
{
    gem_emit(batch, MI_BATCH_END);
    if (batch->count % 2 != 0) {
        gem_emit(batch, MI_NOOP);
    }
    int error = gem_create(fd, BATCH_SIZE, handle);
    if (error != 0) {
        return error;
    }
    error = gem_write(fd, *handle, batch->dwords, batch->count * 4);
    return error != 0 ? error : execute(fd, batch, *handle);
}

int gem_wait(int fd, uint32_t handle, unsigned seconds)
{
    struct drm_i915_gem_wait request = {.bo_handle = handle,
                                        .timeout_ns = (int64_t)seconds * NSEC_PER_SECOND};

    return call(fd, DRM_IOCTL_I915_GEM_WAIT, &request);
}

int gem_reset_stats(int fd, uint32_t *active, uint32_t *pending)
{
    struct drm_i915_reset_stats request = {0};
    int error = call(fd, DRM_IOCTL_I915_GET_RESET_STATS, &request);

    *active = request.batch_active;
    *pending = request.batch_pending;
    return error;
}
