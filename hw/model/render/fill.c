/* SPDX-License-Identifier: MIT */
/*
 * Solid fills of the blitter, which drivers clear with. They wait in the scene that draws to the
 * same surface, and each tile is filled by the thread that goes on to draw it.
 */
#include "hw/model/render/scene.h"

#include <wchar.h>

/* Smaller ones are not worth a scene. */
#define PIXELS_MIN (64 * 64)

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

_Static_assert(sizeof(wchar_t) == 4, "wmemset fills dwords");

/* 'to' is at a pixel, so at a dword unless pixels have 16 bits: then both halves are the same. */
static void fill_all(uint8_t *to, uint32_t value, uint32_t bytes)
{
    if ((uintptr_t)to & 2) {
        memcpy(to, &value, 2);
        to += 2;
        bytes -= 2;
    }
    wmemset((wchar_t *)(void *)to, (wchar_t)value, bytes / 4);
    if (bytes & 2) {
        memcpy(to + bytes - 2, &value, 2);
    }
}

static void fill_some(uint8_t *to, uint32_t value, uint32_t mask, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i += 4) {
        uint32_t old;
        memcpy(&old, to + i, 4);
        old = (old & ~mask) | (value & mask);
        memcpy(to + i, &old, 4);
    }
}

void fill_blocks(const struct primitive *primitive, const struct rect *within)
{
    const struct tile_fill *fill = &primitive->fill;
    const struct surface *surface = &fill->target.surface;
    const struct rect *box = &primitive->box;
    const int32_t y1 = smaller(box->y1, within->y1);
    const uint32_t cpp = fill->target.cpp;
    const uint32_t x0 = (uint32_t)larger(box->x0, within->x0) * cpp;
    const uint32_t x1 = (uint32_t)(smaller(box->x1, within->x1) + 1) * cpp;
    for (int32_t y = larger(box->y0, within->y0); y <= y1; y++) {
        for (uint32_t x = x0; x < x1;) {
            const uint32_t run = gen3_tile_run(surface->tiling, x);
            const uint32_t bytes = x1 - x < run ? x1 - x : run;
            uint8_t *to = surface->base + surface_offset(surface, x, (uint32_t)y);
            if (fill->mask == 0xffffffff) {
                fill_all(to, fill->value, bytes);
            } else {
                fill_some(to, fill->value, fill->mask, bytes);
            }
            x += bytes;
        }
    }
}

/* False: it is not plainly in memory. */
static bool find_target(struct render *render, const struct render_fill *what,
                        struct target *target)
{
    struct surface *surface = &target->surface;
    const uint64_t pitch = what->pitch, rows = gen3_tile_height(what->tiling);
    const uint64_t right = (uint64_t)what->x2 * what->cpp;
    *target = (struct target){.present = true, .direct = true, .cpp = what->cpp};
    surface->address = what->address;
    surface->tiling = what->tiling;
    surface->pitch = what->pitch;
    surface->engine = MODEL_WATCH_COLOR;
    if (what->tiling == GEN3_LINEAR) {
        target->low = (uint64_t)what->y1 * pitch + (uint64_t)what->x1 * what->cpp;
        target->high = (uint64_t)(what->y2 - 1) * pitch + right;
    } else {
        target->low = (uint64_t)what->y1 / rows * rows * pitch;
        target->high = ((uint64_t)what->y2 + rows - 1) / rows * rows * pitch;
    }
    surface_resolve(render, surface, target->low, target->high);
    return surface->base != NULL && right <= pitch;
}

bool render_fill(struct render *render, const struct render_fill *what)
{
    const int64_t width = (int64_t)what->x2 - what->x1, height = (int64_t)what->y2 - what->y1;
    struct target target;
    if (what->x1 < 0 || what->y1 < 0 || width <= 0 || height <= 0 || width * height < PIXELS_MIN ||
        what->x2 > 2048 || what->y2 > 2048 || what->pitch == 0 || (what->address & 3) != 0 ||
        (what->cpp != 4 && (what->cpp != 2 || what->mask != 0xffffffff)) ||
        !find_target(render, what, &target)) {
        return false;
    }
    struct primitive *primitive = draw_prepare_fill(render, &target, what->x2 | what->y2);
    if (primitive == NULL) {
        return false;
    }
    primitive->draw = NULL;
    primitive->kind = PRIMITIVE_FILL;
    primitive->box = (struct rect){what->x1, what->y1, what->x2 - 1, what->y2 - 1};
    primitive->fill.target = target;
    primitive->fill.mask = what->mask;
    primitive->fill.value = what->cpp == 4 ? what->value : (what->value & 0xffff) * 0x10001u;
    return draw_fill(render, primitive);
}
