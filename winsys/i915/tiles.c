/* SPDX-License-Identifier: MIT */
/*
 * Imports in X tiles: what other drivers' clients hand over. The GPU walks the tiles; the CPU is
 * shown lines, a copy that is made when it maps the buffer and put back when it lets go.
 *
 * A memory file has no room for a note on how its pixels lie; its name says it (proto/memfile.h).
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/memfile.h"
#include "winsys/i915/winsys.h"

#define TILE_WIDTH     512u /* bytes */
#define TILE_ROWS      8u
#define TILE_BYTES     4096u
#define RUN_BYTES      64u /* that swizzling moves as one */
#define PITCH_MAX      8192u
#define SIZE_MAX_TILED (128ull << 20) /* what a fence register covers */

bool tiles_are_in(int fd)
{
    return memfile_is_called(fd, MEMFILE_X_TILES) || memfile_is_called(fd, MEMFILE_Y_TILES);
}

/* What the daemon would refuse later, when nobody is told any more. */
static bool is_possible(uint32_t pitch, unsigned rows, uint64_t bytes)
{
    const uint64_t whole_rows = ((uint64_t)rows + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;

    return pitch >= TILE_WIDTH && pitch <= PITCH_MAX && (pitch & (pitch - 1)) == 0 &&
           bytes >= whole_rows * pitch && bytes <= SIZE_MAX_TILED;
}

int tiles_import(struct winsys *winsys, int fd, uint32_t pitch, unsigned rows, struct gemd_bo **bo)
{
    char reason[GEMD_TEXT_MAX];
    uint32_t x = 0, y = 0;
    uint64_t bytes;

    if (!memfile_is_called(fd, MEMFILE_X_TILES) || memfile_check(fd, 0, &bytes, reason) != 0 ||
        !is_possible(pitch, rows, bytes) || bytes > winsys->max_buffer_bytes) {
        return -EINVAL;
    }
    /* Where a page lies is not known here, and need not be where the tiles are not mixed by it. */
    const int error = gemd_query_swizzle(winsys->session, &x, &y);
    if (error != 0 && error != -EOPNOTSUPP) {
        return error;
    }
    if ((x & ~(TILE_BYTES - 1)) != 0) {
        return -EOPNOTSUPP;
    }
    atomic_store_explicit(&winsys->swizzle_x, x, memory_order_relaxed);
    return gemd_bo_import_tiled(winsys->session, fd, GEMD_TILING_X, pitch, bo);
}

static uint64_t place_of(uint32_t pitch, uint32_t swizzle, uint64_t line_at)
{
    const uint64_t y = line_at / pitch, x = line_at % pitch;
    const uint64_t at = y / TILE_ROWS * TILE_ROWS * pitch + x / TILE_WIDTH * TILE_BYTES +
                        y % TILE_ROWS * TILE_WIDTH + x % TILE_WIDTH;

    return at ^ (uint64_t)__builtin_parityll(at & swizzle) * RUN_BYTES;
}

static void copy(const struct winsys *winsys, struct i915_winsys_buffer *buffer, bool into_tiles)
{
    const uint32_t swizzle = atomic_load_explicit(&winsys->swizzle_x, memory_order_relaxed);
    const uint64_t band = (uint64_t)buffer->tile_pitch * TILE_ROWS;
    const uint64_t bytes = gemd_bo_size(buffer->bo) / band * band;
    uint8_t *tiles = gemd_bo_map(buffer->bo);

    for (uint64_t at = 0; at < bytes; at += RUN_BYTES) {
        uint8_t *in_tiles = tiles + place_of(buffer->tile_pitch, swizzle, at);

        memcpy(into_tiles ? in_tiles : buffer->lines + at,
               into_tiles ? buffer->lines + at : in_tiles, RUN_BYTES);
    }
}

void *tiles_map(struct winsys *winsys, struct i915_winsys_buffer *buffer, bool write)
{
    pthread_mutex_lock(&winsys->tiles_lock);
    if (buffer->lines == NULL) {
        buffer->lines = malloc(gemd_bo_size(buffer->bo));
    }
    uint8_t *lines = buffer->lines;
    if (lines != NULL) {
        if (buffer->maps++ == 0) {
            copy(winsys, buffer, false);
        }
        buffer->lines_changed |= write;
    }
    pthread_mutex_unlock(&winsys->tiles_lock);
    return lines;
}

void tiles_unmap(struct winsys *winsys, struct i915_winsys_buffer *buffer)
{
    pthread_mutex_lock(&winsys->tiles_lock);
    if (buffer->maps > 0 && --buffer->maps == 0) {
        if (buffer->lines_changed) {
            copy(winsys, buffer, true);
        }
        buffer->lines_changed = false;
        free(buffer->lines);
        buffer->lines = NULL;
    }
    pthread_mutex_unlock(&winsys->tiles_lock);
}
