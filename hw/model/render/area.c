/* SPDX-License-Identifier: MIT */
/*
 * Rectangles that are filled or copied: by the blitter, which drivers clear with, and by
 * CLEAR_RECT. They wait in the scene that draws to the same surface, and each tile is filled by the
 * thread that goes on to draw it.
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

void area_blocks(const struct primitive *primitive, const struct rect *within)
{
    const struct rect *box = &primitive->box;
    const struct rect rect = {larger(box->x0, within->x0), larger(box->y0, within->y0),
                              smaller(box->x1, within->x1), smaller(box->y1, within->y1)};
    if (primitive->kind == PRIMITIVE_FILL) {
        fill_rectangle(&primitive->fill, &rect);
    } else {
        primitive->copy.part(primitive + 1, rect.x0, rect.y0, rect.x1 + 1, rect.y1 + 1);
    }
}

/* Whether it is plainly in memory, and no row goes on in the next one. */
static bool can_wait(const struct target *target, const struct rect *rect)
{
    return target->surface.base != NULL &&
           (uint64_t)(rect->x1 + 1 + target->dx) * target->cpp <= target->surface.pitch;
}

bool area_fill_later(struct render *render, const struct tile_fill *fill, const struct rect *rect,
                     int32_t reach)
{
    struct primitive *primitive = NULL;
    if (can_wait(&fill->target, rect)) {
        primitive = draw_prepare_area(render, &fill->target, NULL, reach, sizeof(*primitive));
    }
    if (primitive == NULL) {
        return false;
    }
    primitive->draw = NULL;
    primitive->kind = PRIMITIVE_FILL;
    primitive->box = *rect;
    primitive->fill = *fill;
    return draw_area(render, primitive, sizeof(*primitive));
}

/* ---- the blitter's ---- */

static uint64_t area_pixels(const struct render_area *area)
{
    return (uint64_t)(area->x2 - area->x1) * (uint64_t)(area->y2 - area->y1);
}

/* Whether it is inside what 3D can draw to, and so can share a scene. */
static bool is_drawable(const struct render_area *area)
{
    return area->x1 >= 0 && area->y1 >= 0 && area->x1 < area->x2 && area->y1 < area->y2 &&
           area->x2 <= 2048 && area->y2 <= 2048 && area->pitch != 0 && (area->address & 3) == 0;
}

/* Its surface has no base when it is not plainly in memory. */
static struct target area_target(struct render *render, const struct render_area *area)
{
    const uint64_t pitch = area->pitch, rows = gen3_tile_height(area->tiling);
    struct target target = {.present = true, .direct = true, .cpp = area->cpp};
    target.surface.address = area->address;
    target.surface.tiling = area->tiling;
    target.surface.pitch = area->pitch;
    target.surface.engine = MODEL_WATCH_COLOR;
    if (area->tiling == GEN3_LINEAR) {
        target.low = (uint64_t)area->y1 * pitch + (uint64_t)area->x1 * area->cpp;
        target.high = (uint64_t)(area->y2 - 1) * pitch + (uint64_t)area->x2 * area->cpp;
    } else {
        target.low = (uint64_t)area->y1 / rows * rows * pitch;
        target.high = ((uint64_t)area->y2 + rows - 1) / rows * rows * pitch;
    }
    surface_resolve(render, &target.surface, target.low, target.high);
    return target;
}

static struct rect area_rect(const struct render_area *area)
{
    return (struct rect){area->x1, area->y1, area->x2 - 1, area->y2 - 1};
}

bool render_fill(struct render *render, const struct render_fill *what)
{
    const struct render_area *to = &what->to;
    if (!is_drawable(to) || area_pixels(to) < PIXELS_MIN ||
        (to->cpp != 4 && what->mask != 0xffffffff)) {
        return false;
    }
    const struct tile_fill fill = {.target = area_target(render, to),
                                   .value = pixels_repeat(what->value, to->cpp),
                                   .mask = what->mask};
    const struct rect rect = area_rect(to);
    return area_fill_later(render, &fill, &rect, to->x2 | to->y2);
}

bool render_copy(struct render *render, const struct render_copy *what)
{
    const struct render_area *to = &what->to;
    const size_t bytes = sizeof(struct primitive) + what->size;
    if (!is_drawable(to) || area_pixels(to) < PIXELS_MIN || what->size > RENDER_JOB_BYTES) {
        return false;
    }
    const struct target target = area_target(render, to);
    const struct rect rect = area_rect(to);
    const struct span read = {what->low, what->high};
    if (!can_wait(&target, &rect) ||
        (read.low < to->address + target.high && to->address + target.low < read.high)) {
        return false;
    }
    struct primitive *primitive = draw_prepare_area(render, &target, &read, to->x2 | to->y2, bytes);
    if (primitive == NULL) {
        return false;
    }
    primitive->draw = NULL;
    primitive->kind = PRIMITIVE_COPY;
    primitive->box = rect;
    primitive->copy.part = what->part;
    memcpy(primitive + 1, what->job, what->size);
    return draw_area(render, primitive, bytes);
}
