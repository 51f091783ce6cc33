/* SPDX-License-Identifier: MIT */
/* How a buffer lies in memory, and which caches see it. */
#include <errno.h>

#include <i915_drm.h>

#include "hw/gen3/chip.h"
#include "winsys/drm/server/gem.h"

#define PITCH_MAX 8192u
#define BIT(n)    (1u << (n))
#define IN_PAGE   (BIT(12) - 1)

static bool is_945_class(const struct drm_server *server)
{
    const struct gen3_chip *chip = gen3_chip_find(server->info.pci_device);
    return chip == NULL || chip->is_945_class;
}

/* What a fence register can say. */
static bool check_tiling(const struct drm_server *server, uint32_t tiling, uint32_t pitch)
{
    if (tiling == I915_TILING_NONE) {
        return true;
    }
    if (tiling > I915_TILING_LAST) {
        return false;
    }
    const enum gen3_tiling walk =
        tiling == I915_TILING_X ? GEN3_TILED_X : gen3_tiling_y(is_945_class(server));
    return pitch >= gen3_tile_width(walk) && pitch <= PITCH_MAX && (pitch & (pitch - 1)) == 0;
}

static uint32_t swizzle_of(const struct drm_server *server, uint32_t tiling)
{
    return tiling == I915_TILING_NONE ? 0 : server->swizzle[tiling == I915_TILING_Y];
}

/* What programs that tile for themselves go by. */
static uint32_t swizzle_mode(const struct drm_server *server, uint32_t tiling)
{
    static const struct {
        uint32_t bits, mode;
    } modes[] = {
        {0, I915_BIT_6_SWIZZLE_NONE},
        {BIT(9), I915_BIT_6_SWIZZLE_9},
        {BIT(9) | BIT(10), I915_BIT_6_SWIZZLE_9_10},
        {BIT(9) | BIT(11), I915_BIT_6_SWIZZLE_9_11},
        {BIT(9) | BIT(10) | BIT(11), I915_BIT_6_SWIZZLE_9_10_11},
    };
    const uint32_t bits = swizzle_of(server, tiling);
    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (modes[i].bits == bits) {
            return modes[i].mode;
        }
    }
    return I915_BIT_6_SWIZZLE_UNKNOWN;
}

/*
 * A driver has to live with another answer than it asked for: Y tiles of 915 are not known, nor
 * where a page is that the physical address's bit 17 matters to.
 */
static void settle(const struct drm_object *object, uint32_t *tiling, uint32_t *pitch)
{
    const bool is_unknown = (*tiling == I915_TILING_Y && !is_945_class(object->server)) ||
                            (swizzle_of(object->server, *tiling) & ~IN_PAGE) != 0;
    const uint64_t least = gen3_rows_bytes(
        gen3_tile_height(*tiling == I915_TILING_Y ? GEN3_TILED_Y : GEN3_TILED_X), *pitch);
    if (*tiling == I915_TILING_NONE || is_unknown || object->size < least) {
        *tiling = I915_TILING_NONE;
        *pitch = 0;
    }
}

int gem_set_tiling(struct drm_file *file, struct drm_call *call)
{
    struct drm_i915_gem_set_tiling *set = call->argument;
    struct drm_object *object = drm_handle_object(file, set->handle);
    if (object == NULL) {
        return -ENOENT;
    }
    int result = -EINVAL;
    if (check_tiling(file->server, set->tiling_mode, set->stride)) {
        settle(object, &set->tiling_mode, &set->stride);
        result = drm_object_set_tiling(object, set->tiling_mode, set->stride);
        pthread_mutex_lock(&object->lock);
        set->tiling_mode = object->tiling;
        set->stride = object->pitch;
        pthread_mutex_unlock(&object->lock);
        set->swizzle_mode = swizzle_mode(file->server, set->tiling_mode);
    }
    drm_object_unref(object);
    return result;
}

int gem_get_tiling(struct drm_file *file, struct drm_call *call)
{
    struct drm_i915_gem_get_tiling *get = call->argument;
    struct drm_object *object = drm_handle_object(file, get->handle);
    if (object == NULL) {
        return -ENOENT;
    }
    pthread_mutex_lock(&object->lock);
    get->tiling_mode = object->tiling;
    pthread_mutex_unlock(&object->lock);
    get->swizzle_mode = swizzle_mode(file->server, get->tiling_mode);
    get->phys_swizzle_mode = get->swizzle_mode;
    drm_object_unref(object);
    return 0;
}

int gem_set_caching(struct drm_file *file, struct drm_call *call)
{
    struct drm_i915_gem_caching *caching = call->argument;
    if (caching->caching > I915_CACHING_DISPLAY) {
        return -EINVAL;
    }
    struct drm_object *object = drm_handle_object(file, caching->handle);
    if (object == NULL) {
        return -ENOENT;
    }
    pthread_mutex_lock(&object->lock);
    object->caching =
        caching->caching == I915_CACHING_CACHED ? I915_CACHING_CACHED : I915_CACHING_NONE;
    pthread_mutex_unlock(&object->lock);
    drm_object_unref(object);
    return 0;
}

int gem_get_caching(struct drm_file *file, struct drm_call *call)
{
    struct drm_i915_gem_caching *caching = call->argument;
    struct drm_object *object = drm_handle_object(file, caching->handle);
    if (object == NULL) {
        return -ENOENT;
    }
    pthread_mutex_lock(&object->lock);
    caching->caching = object->caching;
    pthread_mutex_unlock(&object->lock);
    drm_object_unref(object);
    return 0;
}
