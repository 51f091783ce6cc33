/* SPDX-License-Identifier: MIT */
/* Buffers that a program does not need for now: the daemon may drop what is in them. */
#include <errno.h>
#include <sys/stat.h>

#include <i915_drm.h>

#include "winsys/drm/server/gem.h"
#include "winsys/drm/server/objects.h"

/* Only who has it alone may lose it. */
static bool is_alone(const struct drm_object *object)
{
    struct drm_objects *objects = object->server->objects;
    pthread_mutex_lock(&objects->lock);
    const bool is = object->uses != NULL && object->uses->of_object == NULL &&
                    object->references <= object->uses->handles + 1;
    pthread_mutex_unlock(&objects->lock);
    return is && !object->is_exported && object->framebuffers == 0;
}

/* What nobody has written goes at once. */
static bool is_empty(struct drm_object *object)
{
    struct stat file;
    return fstat(drm_object_memory(object)->fd, &file) == 0 && file.st_blocks == 0;
}

static void dont_need(struct drm_object *object, struct drm_use *use)
{
    if (object->unneeded || object->purged) {
        return;
    }
    object->unneeded = true;
    if (!is_alone(object)) {
        return;
    }
    if (is_empty(object)) {
        object->purged = true;
    } else if (use->bo != NULL && use->tiling == object->tiling && use->pitch == object->pitch) {
        use->unneeded = gemd_bo_dont_need(use->bo) == 0;
    }
}

static void need(struct drm_object *object, struct drm_use *use)
{
    bool retained = true;
    if (use->unneeded && use->bo != NULL) {
        int result = gemd_bo_need(use->bo, &retained);
        retained = retained && result == 0;
    }
    use->unneeded = false;
    object->unneeded = false;
    object->purged = object->purged || !retained;
}

int gem_madvise(struct drm_file *file, struct drm_call *call)
{
    struct drm_i915_gem_madvise *advice = call->argument;
    if (advice->madv != I915_MADV_WILLNEED && advice->madv != I915_MADV_DONTNEED) {
        return -EINVAL;
    }
    struct drm_use *use = drm_handle_use(file, advice->handle);
    if (use == NULL) {
        return -ENOENT;
    }
    struct drm_object *object = use->object;
    pthread_mutex_lock(&file->gem->exec_lock);
    pthread_mutex_lock(&object->lock);
    if (advice->madv == I915_MADV_DONTNEED) {
        dont_need(object, use);
    } else {
        need(object, use);
    }
    advice->retained = !object->purged;
    pthread_mutex_unlock(&object->lock);
    pthread_mutex_unlock(&file->gem->exec_lock);
    drm_object_unref(object);
    return 0;
}
