/* SPDX-License-Identifier: MIT */
/* Mappings: two places of each object in a file's offsets, through the aperture and of the memory.
 */
#include <errno.h>
#include <fcntl.h>

#include <i915_drm.h>

#include "winsys/drm/server/gem.h"
#include "winsys/drm/server/objects.h"
#include "winsys/drm/server/view.h"

/* What GEM_MMAP_GTT gives, which is shorter than GEM_MMAP_OFFSET. */
#define SHORT_BYTES sizeof(struct drm_i915_gem_mmap_gtt)

static uint64_t memory_offset(const struct drm_object *object)
{
    return object->map_offset + object->size + DRM_PAGE;
}

/* What copying for a mapping waits for; no lock is held. */
static void await(struct drm_object *object)
{
    pthread_mutex_lock(&object->lock);
    const bool is_tiled = object->tiling != I915_TILING_NONE && object->tiles.fd >= 0;
    pthread_mutex_unlock(&object->lock);
    if (is_tiled) {
        (void)drm_object_wait(object, true, GEMD_FOREVER);
    }
}

/* The memory that a mapping of that kind shows, and that it is one; lock is held. */
static int show(struct drm_object *object, bool is_aperture)
{
    struct drm_memory *memory = drm_object_memory(object);
    int result = 0;
    if (is_aperture && object->tiles.fd >= 0) {
        memory = &object->linear;
    }
    if (is_aperture) {
        object->is_viewed = true;
        if (view_is_there(object)) {
            /* Some write before they say so. */
            result = view_pull(object);
            object->view_dirty = true;
        }
    } else {
        result = view_push(object);
        object->view_valid = false;
    }
    int fd = result == 0 ? fcntl(memory->fd, F_DUPFD_CLOEXEC, 0) : result;
    return result < 0 ? result : fd < 0 ? -errno : fd;
}

static struct drm_object *find(struct drm_file *file, uint64_t offset)
{
    struct drm_objects *objects = file->server->objects;
    struct drm_object *found = NULL;
    pthread_mutex_lock(&objects->lock);
    for (struct drm_use *use = file->gem->uses; use != NULL; use = use->of_file) {
        struct drm_object *object = use->object;
        if (use->handles != 0 && offset >= object->map_offset &&
            offset < memory_offset(object) + object->size) {
            object->references++;
            found = object;
            break;
        }
    }
    pthread_mutex_unlock(&objects->lock);
    return found;
}

int drm_gem_map(struct drm_file *file, uint64_t offset, uint64_t length, uint32_t prot,
                uint64_t *file_offset)
{
    struct drm_object *object = find(file, offset);
    (void)prot;
    if (object == NULL) {
        return -EINVAL;
    }
    const bool is_aperture = offset < memory_offset(object);
    int result = -EINVAL;
    *file_offset = offset - (is_aperture ? object->map_offset : memory_offset(object));
    if (*file_offset <= object->size && length <= object->size - *file_offset) {
        await(object);
        pthread_mutex_lock(&object->lock);
        result = show(object, is_aperture);
        pthread_mutex_unlock(&object->lock);
    }
    drm_object_unref(object);
    return result;
}

/* The program's side maps the descriptor where addr_ptr says. */
int gem_mmap(struct drm_file *file, struct drm_call *call)
{
    struct drm_i915_gem_mmap *map = call->argument;
    if ((map->flags & ~(uint64_t)I915_MMAP_WC) != 0) {
        return -EINVAL;
    }
    struct drm_object *object = drm_handle_object(file, map->handle);
    if (object == NULL) {
        return -ENOENT;
    }
    int result = -EINVAL;
    if (map->offset <= object->size && map->size <= object->size - map->offset && map->size != 0 &&
        map->offset % DRM_PAGE == 0) {
        await(object);
        pthread_mutex_lock(&object->lock);
        result = show(object, false);
        pthread_mutex_unlock(&object->lock);
    }
    if (result >= 0) {
        call->fd_out = result;
        map->addr_ptr = map->offset;
        result = 0;
    }
    drm_object_unref(object);
    return result;
}

static int give_offset(struct drm_file *file, uint32_t handle, bool is_aperture, __u64 *offset)
{
    struct drm_object *object = drm_handle_object(file, handle);
    if (object == NULL) {
        return -ENOENT;
    }
    *offset = is_aperture ? object->map_offset : memory_offset(object);
    drm_object_unref(object);
    return 0;
}

int gem_mmap_offset(struct drm_file *file, struct drm_call *call)
{
    struct drm_i915_gem_mmap_offset *map = call->argument;
    if (call->given <= SHORT_BYTES) {
        return give_offset(file, map->handle, true, &map->offset);
    }
    if (map->extensions != 0) {
        return -EINVAL; /* there are none */
    }
    if (map->flags == I915_MMAP_OFFSET_FIXED) {
        struct drm_object *object = drm_handle_object(file, map->handle);
        drm_object_unref(object);
        return object != NULL ? -ENODEV : -ENOENT;
    }
    if (map->flags > I915_MMAP_OFFSET_FIXED) {
        return -EINVAL;
    }
    return give_offset(file, map->handle, map->flags == I915_MMAP_OFFSET_GTT, &map->offset);
}

int gem_map_dumb(struct drm_file *file, struct drm_call *call)
{
    struct drm_mode_map_dumb *map = call->argument;
    return give_offset(file, map->handle, true, &map->offset);
}
