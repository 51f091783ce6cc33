/* SPDX-License-Identifier: MIT */
/*
 * Solid fills: of the blitter, which drivers clear with, and CLEAR_RECT's. They wait in the scene
 * that draws to the same surface, and each tile is filled by the thread that goes on to draw it.
 */
#include "hw/model/blit_pixels.h"
#include "hw/model/render/scene.h"

/* Smaller ones of the blitter are not worth a scene. */
#define PIXELS_MIN (64 * 64)

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

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
    const uint32_t band = gen3_tile_height(target->surface.tiling);
    const uint32_t x0 = (uint32_t)(rect->x0 + target->dx) * target->cpp;
    const uint32_t x1 = (uint32_t)(rect->x1 + 1 + target->dx) * target->cpp;
    const uint32_t y1 = (uint32_t)(rect->y1 + 1 + target->dy);
    for (uint32_t y = (uint32_t)(rect->y0 + target->dy), end; y < y1; y = end) {
        end = y - y % band + band;
        end = end < y1 ? end : y1;
        fill_band(fill, x0, x1, y, end - y);
    }
}

void fill_blocks(const struct primitive *primitive, const struct rect *within)
{
    const struct rect *box = &primitive->box;
    const struct rect rect = {larger(box->x0, within->x0), larger(box->y0, within->y0),
                              smaller(box->x1, within->x1), smaller(box->y1, within->y1)};
    fill_rectangle(&primitive->fill, &rect);
}

bool fill_later(struct render *render, const struct tile_fill *fill, const struct rect *rect,
                int32_t reach)
{
    const struct target *target = &fill->target;
    if (target->surface.base == NULL ||
        (uint64_t)(rect->x1 + 1 + target->dx) * target->cpp > target->surface.pitch) {
        return false;
    }
    struct primitive *primitive = draw_prepare_fill(render, target, reach);
    if (primitive == NULL) {
        return false;
    }
    primitive->draw = NULL;
    primitive->kind = PRIMITIVE_FILL;
    primitive->box = *rect;
    primitive->fill = *fill;
    return draw_fill(render, primitive);
}

/* Where the blitter fills; its surface has no base when it is not plainly in memory. */
static struct target find_target(struct render *render, const struct render_fill *what)
{
    const uint64_t pitch = what->pitch, rows = gen3_tile_height(what->tiling);
    struct target target = {.present = true, .direct = true, .cpp = what->cpp};
    target.surface.address = what->address;
    target.surface.tiling = what->tiling;
    target.surface.pitch = what->pitch;
    target.surface.engine = MODEL_WATCH_COLOR;
    if (what->tiling == GEN3_LINEAR) {
        target.low = (uint64_t)what->y1 * pitch + (uint64_t)what->x1 * what->cpp;
        target.high = (uint64_t)(what->y2 - 1) * pitch + (uint64_t)what->x2 * what->cpp;
    } else {
        target.low = (uint64_t)what->y1 / rows * rows * pitch;
        target.high = ((uint64_t)what->y2 + rows - 1) / rows * rows * pitch;
    }
    surface_resolve(render, &target.surface, target.low, target.high);
    return target;
}

bool render_fill(struct render *render, const struct render_fill *what)
{
    const int64_t width = (int64_t)what->x2 - what->x1, height = (int64_t)what->y2 - what->y1;
    if (what->x1 < 0 || what->y1 < 0 || width <= 0 || height <= 0 || width * height < PIXELS_MIN ||
        what->x2 > 2048 || what->y2 > 2048 || what->pitch == 0 || (what->address & 3) != 0 ||
        (what->cpp != 4 && what->mask != 0xffffffff)) {
        return false;
    }
    const struct tile_fill fill = {.target = find_target(render, what),
                                   .value = pixels_repeat(what->value, what->cpp),
                                   .mask = what->mask};
    const struct rect box = {what->x1, what->y1, what->x2 - 1, what->y2 - 1};
    return fill_later(render, &fill, &box, what->x2 | what->y2);
}
