/* SPDX-License-Identifier: MIT */
/* The table of ioctls on buffers; their lives, and their bytes by copies. */
#include "winsys/drm/server/gem.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <drm.h>
#include <i915_drm.h>

#include "winsys/drm/server/extension.h"
#include "winsys/drm/server/view.h"

/* ---- lives ---- */

static int make(struct drm_file *file, uint64_t size, __u32 *handle, __u64 *actual)
{
    struct drm_object *object;
    int result = drm_object_create(file->server, size, &object);
    if (result == 0) {
        result = drm_handle_create(file, object, handle);
        *actual = object->size;
    }
    drm_object_unref(object);
    return result;
}

static int create(struct drm_file *file, struct drm_call *call)
{
    struct drm_i915_gem_create *request = call->argument;
    return make(file, request->size, &request->handle, &request->size);
}

#define REGIONS_MAX 7u /* that i915 knows of all chips */

struct placing {
    const struct drm_call_array *regions;
    uint32_t at;
    bool is_set;
};

/* There is the system's memory, and it can be named once. */
static int set_regions(const struct drm_call_link *link, void *data)
{
    struct placing *placing = data;
    const struct drm_i915_gem_memory_class_instance *regions = placing->regions->bytes;
    const uint32_t pad = (uint32_t)link->body[0], count = (uint32_t)(link->body[0] >> 32);
    if (pad != 0 || count == 0 || count > REGIONS_MAX ||
        count > placing->regions->count - placing->at) {
        return -EINVAL;
    }
    const struct drm_i915_gem_memory_class_instance *first = &regions[placing->at];
    placing->at += count;
    if (count != 1 || first->memory_class != I915_MEMORY_CLASS_SYSTEM ||
        first->memory_instance != 0 || placing->is_set) {
        return -EINVAL;
    }
    placing->is_set = true;
    return 0;
}

static int set_protected(const struct drm_call_link *link, void *data)
{
    (void)data;
    return (uint32_t)link->body[0] != 0 ? -EINVAL : -ENODEV;
}

/* What needs the CPU's access needs a second region too, which gen3 has none of. */
static int create_ext(struct drm_file *file, struct drm_call *call)
{
    extension_handler *const handlers[] = {set_regions, set_protected};
    struct drm_i915_gem_create_ext *request = call->argument;
    struct placing placing = {.regions = &call->arrays[1]};
    if ((request->flags & ~(uint32_t)I915_GEM_CREATE_EXT_FLAG_NEEDS_CPU_ACCESS) != 0) {
        return -EINVAL;
    }
    int result = extension_each(&call->arrays[0], handlers, 2, &placing);
    if (result == 0 && request->flags != 0) {
        result = -EINVAL;
    }
    return result == 0 ? make(file, request->size, &request->handle, &request->size) : result;
}

static int close_handle(struct drm_file *file, struct drm_call *call)
{
    const struct drm_gem_close *request = call->argument;
    return drm_handle_close(file, request->handle);
}

/* ---- bytes ---- */

static bool is_inside(const struct drm_object *object, uint64_t offset, uint64_t size)
{
    return offset <= object->size && size <= object->size - offset;
}

static int move(struct drm_object *object, uint8_t *bytes, uint64_t size, uint64_t offset,
                bool write)
{
    if (object->unneeded || object->purged) {
        return -EFAULT;
    }
    int result = view_push(object);
    int fd = drm_object_memory(object)->fd;
    for (uint64_t at = 0; result == 0 && at < size;) {
        ssize_t moved = write ? pwrite(fd, bytes + at, size - at, (off_t)(offset + at))
                              : pread(fd, bytes + at, size - at, (off_t)(offset + at));
        result = moved > 0 ? 0 : -ENOMEM;
        at += moved > 0 ? (uint64_t)moved : 0;
    }
    object->view_valid = object->view_valid && !write;
    return result;
}

static int transfer(struct drm_file *file, uint32_t handle, struct drm_call_array *array,
                    uint64_t offset, bool write)
{
    struct drm_object *object = drm_handle_object(file, handle);
    if (object == NULL) {
        return -ENOENT;
    }
    int result = -EINVAL;
    if (is_inside(object, offset, array->count)) {
        (void)drm_object_wait(object, write, GEMD_FOREVER);
        view_await(object);
        pthread_mutex_lock(&object->lock);
        result = move(object, array->bytes, array->count, offset, write);
        pthread_mutex_unlock(&object->lock);
    }
    drm_object_unref(object);
    return result;
}

static int read_bytes(struct drm_file *file, struct drm_call *call)
{
    const struct drm_i915_gem_pread *request = call->argument;
    if (request->size == 0) {
        return 0;
    }
    if (request->size != call->arrays[0].count) {
        return -EINVAL; /* no object is so large */
    }
    int result = transfer(file, request->handle, &call->arrays[0], request->offset, false);
    call->arrays[0].used = result == 0 ? call->arrays[0].count : 0;
    return result;
}

static int write_bytes(struct drm_file *file, struct drm_call *call)
{
    const struct drm_i915_gem_pwrite *request = call->argument;
    return request->size == 0
               ? 0
               : transfer(file, request->handle, &call->arrays[0], request->offset, true);
}

/* ---- what there is ---- */

static int get_aperture(struct drm_file *file, struct drm_call *call)
{
    struct drm_i915_gem_get_aperture *aperture = call->argument;
    aperture->aper_size = file->server->info.gtt_bytes;
    aperture->aper_available_size = aperture->aper_size;
    return 0;
}

/* ---- what this adapter has not ---- */

/*
 * A program's own pages cannot be shared without its threads seeing that, so the end is that of a
 * kernel that cannot either; what is wrong before that has its errno.
 */
static int userptr(struct drm_file *file, struct drm_call *call)
{
    const struct drm_i915_gem_userptr *request = call->argument;
    const uint64_t end = UINT64_C(1) << 47; /* of a program's addresses */
    (void)file;
    if ((request->flags & ~(uint32_t)(I915_USERPTR_READ_ONLY | I915_USERPTR_UNSYNCHRONIZED |
                                      I915_USERPTR_PROBE)) != 0) {
        return -EINVAL;
    }
    if (request->user_size / DRM_PAGE > INT32_MAX) {
        return -E2BIG;
    }
    if (request->user_size == 0 || (request->user_ptr | request->user_size) % DRM_PAGE != 0) {
        return -EINVAL;
    }
    return request->user_ptr > end || request->user_size > end - request->user_ptr ? -EFAULT
                                                                                   : -ENODEV;
}

#define NUMBER(request) ((request)&0xffu)
#define ANY(name, call)                                                                            \
    {                                                                                              \
        NUMBER(DRM_IOCTL_##name), DRM_IOCTL_RENDER, call                                           \
    }
#define CARD(name, call)                                                                           \
    {                                                                                              \
        NUMBER(DRM_IOCTL_##name), 0, call                                                          \
    }
#define AUTH(name, call)                                                                           \
    {                                                                                              \
        NUMBER(DRM_IOCTL_##name), DRM_IOCTL_AUTH, call                                             \
    }

const struct drm_ioctl drm_gem_ioctls[] = {
    ANY(GEM_CLOSE, close_handle),
    AUTH(GEM_FLINK, gem_flink),
    AUTH(GEM_OPEN, gem_open_name),
    ANY(PRIME_HANDLE_TO_FD, gem_handle_to_fd),
    ANY(PRIME_FD_TO_HANDLE, gem_fd_to_handle),
    CARD(MODE_CREATE_DUMB, gem_create_dumb),
    CARD(MODE_MAP_DUMB, gem_map_dumb),
    CARD(MODE_DESTROY_DUMB, gem_destroy_dumb),
    ANY(I915_GEM_CREATE, create),
    ANY(I915_GEM_CREATE_EXT, create_ext),
    ANY(I915_GEM_PREAD, read_bytes),
    ANY(I915_GEM_PWRITE, write_bytes),
    ANY(I915_GEM_MMAP, gem_mmap),
    ANY(I915_GEM_MMAP_OFFSET, gem_mmap_offset),
    ANY(I915_GEM_SET_DOMAIN, gem_set_domain),
    ANY(I915_GEM_SW_FINISH, gem_sw_finish),
    ANY(I915_GEM_BUSY, gem_busy),
    ANY(I915_GEM_WAIT, gem_wait),
    ANY(I915_GEM_THROTTLE, gem_throttle),
    ANY(I915_GEM_MADVISE, gem_madvise),
    ANY(I915_GEM_GET_APERTURE, get_aperture),
    ANY(I915_GEM_SET_TILING, gem_set_tiling),
    ANY(I915_GEM_GET_TILING, gem_get_tiling),
    ANY(I915_GEM_SET_CACHING, gem_set_caching),
    ANY(I915_GEM_GET_CACHING, gem_get_caching),
    ANY(I915_GEM_USERPTR, userptr),
    {0, 0, NULL},
};
