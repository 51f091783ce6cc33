/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/view.h"

#include <errno.h>
#include <string.h>

#include <i915_drm.h>

#define SWIZZLE_UNIT 64u /* bytes that bit 6 tells from their neighbours */

static void copy_run(uint8_t *lines, uint8_t *tiles, size_t bytes, bool into_tiles)
{
    memcpy(into_tiles ? tiles : lines, into_tiles ? lines : tiles, bytes);
}

/* Bytes from column x on that lie one after the other: what goes into bit 6 is above it. */
static uint32_t run_at(const struct view_walk *walk, uint32_t x)
{
    const uint32_t run = gen3_tile_run(walk->tiling, x);
    const uint32_t unit = SWIZZLE_UNIT - x % SWIZZLE_UNIT;
    return walk->swizzle != 0 && unit < run ? unit : run;
}

static uint64_t place_of(const struct view_walk *walk, uint32_t x, uint32_t y)
{
    const uint64_t at = gen3_tile_offset(walk->tiling, walk->pitch, x, y);
    return at ^ (uint64_t)__builtin_parityll(at & walk->swizzle) * SWIZZLE_UNIT;
}

void view_copy(const struct view_walk *walk, uint64_t size, uint8_t *lines, uint8_t *tiles,
               bool into_tiles)
{
    const uint32_t height = gen3_tile_height(walk->tiling), width = gen3_tile_width(walk->tiling);
    const uint64_t band = gen3_rows_bytes(height, walk->pitch);
    const uint64_t bands = walk->pitch % width == 0 ? size / band : 0;
    for (uint32_t y = 0; y < bands * height; y++) {
        uint8_t *line = lines + gen3_rows_bytes(y, walk->pitch);
        for (uint32_t x = 0, run; x < walk->pitch; x += run) {
            run = run_at(walk, x);
            copy_run(line + x, tiles + place_of(walk, x, y), run, into_tiles);
        }
    }
    copy_run(lines + bands * band, tiles + bands * band, size - bands * band, into_tiles);
}

bool view_is_there(const struct drm_object *object)
{
    return object->is_viewed && object->tiling != 0 && object->tiles.fd >= 0;
}

void view_await(struct drm_object *object)
{
    pthread_mutex_lock(&object->lock);
    bool is_dirty = view_is_there(object) && object->view_dirty;
    pthread_mutex_unlock(&object->lock);
    if (is_dirty) {
        (void)drm_object_wait(object, true, GEMD_FOREVER);
    }
}

static int copy(struct drm_object *object, bool into_tiles)
{
    uint8_t *lines = drm_memory_map(&object->linear, object->size);
    uint8_t *tiles = drm_memory_map(&object->tiles, object->size);
    if (lines == NULL || tiles == NULL) {
        return -ENOMEM;
    }
    const struct view_walk walk = {
        .tiling = drm_object_walk(object),
        .pitch = object->pitch,
        .swizzle = object->server->swizzle[object->tiling == I915_TILING_Y],
    };
    view_copy(&walk, object->size, lines, tiles, into_tiles);
    return 0;
}

int view_push(struct drm_object *object)
{
    if (!view_is_there(object) || !object->view_dirty) {
        return 0;
    }
    int result = copy(object, true);
    object->view_dirty = result != 0;
    return result;
}

int view_pull(struct drm_object *object)
{
    const bool is_valid = object->view_valid && !drm_object_is_elsewhere(object);
    if (!view_is_there(object) || is_valid || object->view_dirty) {
        return 0;
    }
    int result = copy(object, false);
    object->view_valid = result == 0;
    return result;
}
