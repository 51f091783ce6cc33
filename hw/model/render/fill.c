/* SPDX-License-Identifier: MIT */
/* One value in a rectangle of a surface, whatever its tiling. */
#include "hw/model/blit_pixels.h"
#include "hw/model/render/internal.h"

/* Pieces of 'rows' rows that are 'step' apart, from column x on. */
static void fill_pieces(const struct tile_fill *fill, uint8_t *to, uint32_t x, size_t bytes,
                        uint32_t rows, size_t step)
{
    const uint32_t value = pixels_rotate(fill->value, x);
    for (; rows != 0; rows--, to += step) {
        if (fill->mask == 0xffffffff) {
            pixels_fill(to, value, bytes);
        } else {
            pixels_merge(to, value, fill->mask, bytes);
        }
    }
}

/*
 * Every tiling is bands of rows. In a band bytes of a row lie in runs, and the next row's run
 * follows each; so whole runs are one stretch, and in a whole band runs follow each other.
 */
static uint32_t run_bytes(const struct surface *surface)
{
    if (surface->tiling != GEN3_LINEAR) {
        return 1u << gen3_tiles[surface->tiling].run;
    }
    return surface->pitch != 0 ? surface->pitch : UINT32_MAX;
}

/* Columns [x, x1), in bytes, of some rows of one band. */
static void fill_band(const struct tile_fill *fill, uint32_t x, uint32_t x1, uint32_t y,
                      uint32_t rows)
{
    const struct surface *surface = &fill->target.surface;
    const uint32_t run = run_bytes(surface);
    while (x < x1) {
        uint8_t *to = surface->base + surface_offset(surface, x, y);
        const uint32_t inside = x % run;
        uint32_t bytes = run - inside;
        if (inside == 0 && x1 - x >= run) {
            bytes = rows == gen3_tile_height(surface->tiling) ? (x1 - x) / run * run : run;
            fill_pieces(fill, to, x, (size_t)bytes * rows, 1, 0);
        } else {
            bytes = bytes < x1 - x ? bytes : x1 - x;
            fill_pieces(fill, to, x, bytes, rows, run);
        }
        x += bytes;
    }
}

void fill_rectangle(const struct tile_fill *fill, const struct rect *rect)
{
    const struct target *target = &fill->target;
    const struct surface *surface = &target->surface;
    const uint32_t band = gen3_tile_height(surface->tiling);
    const uint32_t x0 = (uint32_t)(rect->x0 + target->dx) * target->cpp;
    const uint32_t x1 = (uint32_t)(rect->x1 + 1 + target->dx) * target->cpp;
    const uint32_t y1 = (uint32_t)(rect->y1 + 1 + target->dy);
    uint32_t y = (uint32_t)(rect->y0 + target->dy);
    if (x0 == 0 && x1 == surface->pitch && x1 % 4 == 0 && y % band == 0 && y1 - y >= band) {
        /* whole bands follow each other, too */
        const uint32_t rows = (y1 - y) / band * band;
        fill_pieces(fill, surface->base + surface_offset(surface, 0, y), 0, (size_t)rows * x1, 1,
                    0);
        y += rows;
    }
    for (uint32_t end; y < y1; y = end) {
        end = y - y % band + band;
        end = end < y1 ? end : y1;
        fill_band(fill, x0, x1, y, end - y);
    }
}
