/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/view.h"

#include <errno.h>
#include <string.h>

static void copy_run(uint8_t *lines, uint8_t *tiles, size_t bytes, bool into_tiles)
{
    memcpy(into_tiles ? tiles : lines, into_tiles ? lines : tiles, bytes);
}

void view_copy(enum gen3_tiling walk, uint32_t pitch, uint64_t size, uint8_t *lines, uint8_t *tiles,
               bool into_tiles)
{
    const uint32_t height = gen3_tile_height(walk), width = gen3_tile_width(walk);
    const uint64_t band = gen3_rows_bytes(height, pitch);
    const uint64_t bands = pitch % width == 0 ? size / band : 0;
    for (uint32_t y = 0; y < bands * height; y++) {
        uint8_t *line = lines + gen3_rows_bytes(y, pitch);
        for (uint32_t x = 0, run; x < pitch; x += run) {
            run = gen3_tile_run(walk, x);
            copy_run(line + x, tiles + gen3_tile_offset(walk, pitch, x, y), run, into_tiles);
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
    view_copy(drm_object_walk(object), object->pitch, object->size, lines, tiles, into_tiles);
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
    if (!view_is_there(object) || object->view_valid || object->view_dirty) {
        return 0;
    }
    int result = copy(object, false);
    object->view_valid = result == 0;
    return result;
}
