/* SPDX-License-Identifier: MIT */
/* A scene's memory and its bins. */
#include "hw/model/render/scene.h"

#include <stdlib.h>

_Static_assert(GRID_SIDE *GRID_SIDE * sizeof(struct bin_block) <=
                   (ARENA_CHUNKS - ARENA_FULL - 1) * ARENA_BYTES,
               "bins of the last primitive");

/* ---- memory ---- */

/* Makes sure that 'chunks' more are there behind the current one. */
static bool arena_extend(struct arena *arena, unsigned chunks)
{
    for (unsigned i = arena->chunks; i < arena->chunks + chunks; i++) {
        if (i >= ARENA_CHUNKS) {
            return false;
        }
        if (arena->chunk[i] == NULL) {
            arena->chunk[i] = aligned_alloc(64, ARENA_BYTES);
            if (arena->chunk[i] == NULL) {
                return false;
            }
        }
    }
    return true;
}

static void *arena_room(struct arena *arena, size_t bytes)
{
    if (arena->used + bytes > ARENA_BYTES) {
        if (!arena_extend(arena, 1)) {
            return NULL;
        }
        arena->chunks++;
        arena->used = 0;
    }
    return arena->chunk[arena->chunks - 1] + arena->used;
}

struct scene *scene_create(void)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    if (scene != NULL && !arena_extend(&scene->arena, 1)) {
        free(scene);
        return NULL;
    }
    return scene;
}

void scene_destroy(struct scene *scene)
{
    if (scene != NULL) {
        for (unsigned i = 0; i < ARENA_CHUNKS; i++) {
            free(scene->arena.chunk[i]);
        }
        free(scene);
    }
}

void scene_begin(struct scene *scene, uint64_t serial)
{
    for (unsigned i = 0; i < scene->tiles; i++) {
        scene->bin[scene->tile[i]] = (struct bin){NULL, NULL};
    }
    scene->serial = serial;
    scene->tiles = 0;
    scene->draw = NULL;
    scene->has_target[0] = scene->has_target[1] = false;
    scene->writes[0] = scene->writes[1] = (struct span){0, 0};
    scene->read_count = 0;
    scene->notes = scene->delivered = 0;
    scene->arena.chunks = 1;
    scene->arena.used = 0;
}

void *scene_room(struct scene *scene, size_t bytes)
{
    return scene->arena.chunks < ARENA_FULL ? arena_room(&scene->arena, bytes) : NULL;
}

void scene_keep(struct scene *scene, size_t bytes)
{
    scene->arena.used += (bytes + 15) & ~(size_t)15;
}

/* ---- bins ---- */

static void append(struct scene *scene, unsigned tile, bin_entry entry)
{
    struct bin *bin = &scene->bin[tile];
    if (bin->last == NULL || bin->last->count == BIN_ENTRIES) {
        struct bin_block *block = arena_room(&scene->arena, sizeof(*block));
        scene_keep(scene, sizeof(*block));
        block->next = NULL;
        block->count = 0;
        if (bin->last == NULL) {
            bin->first = block;
            scene->tile[scene->tiles++] = (uint16_t)tile;
        } else {
            bin->last->next = block;
        }
        bin->last = block;
    }
    bin->last->entry[bin->last->count++] = entry;
}

/* The least and the greatest value of an edge function among the pixels of a rectangle. */
static int64_t edge_corner(const struct edge *edge, const struct rect *rect, bool greatest)
{
    const int32_t x = (edge->a > 0) == greatest ? rect->x1 : rect->x0;
    const int32_t y = (edge->b > 0) == greatest ? rect->y1 : rect->y0;
    return edge->c + edge->a * x + edge->b * y;
}

/* Whether a triangle covers some of a rectangle, and in *all whether it covers every pixel. */
static bool triangle_touches(const struct triangle *triangle, const struct rect *rect, bool *all)
{
    *all = true;
    for (unsigned i = 0; i < 3; i++) {
        if (edge_corner(&triangle->edge[i], rect, true) < 0) {
            return false;
        }
        *all = *all && edge_corner(&triangle->edge[i], rect, false) >= 0;
    }
    return true;
}

static void bin_tile(struct scene *scene, const struct primitive *primitive, int32_t x, int32_t y)
{
    bin_entry entry = (bin_entry)primitive;
    if (primitive->kind == PRIMITIVE_TRIANGLE) {
        const struct rect *box = &primitive->box;
        const int32_t x0 = x << scene->shift, x1 = ((x + 1) << scene->shift) - 1;
        const int32_t y0 = y << scene->shift, y1 = ((y + 1) << scene->shift) - 1;
        const struct rect part = {x0 > box->x0 ? x0 : box->x0, y0 > box->y0 ? y0 : box->y0,
                                  x1 < box->x1 ? x1 : box->x1, y1 < box->y1 ? y1 : box->y1};
        bool all;
        if (!triangle_touches(&primitive->triangle, &part, &all)) {
            return;
        }
        entry |= all;
    }
    append(scene, (unsigned)(y * GRID_SIDE + x), entry);
}

bool scene_bin(struct scene *scene, const struct primitive *primitive)
{
    const struct rect *box = &primitive->box;
    const int32_t x0 = box->x0 >> scene->shift, x1 = box->x1 >> scene->shift;
    const int32_t y0 = box->y0 >> scene->shift, y1 = box->y1 >> scene->shift;
    const size_t bytes = (size_t)(x1 - x0 + 1) * (size_t)(y1 - y0 + 1) * sizeof(struct bin_block);
    if (scene->arena.used + bytes > ARENA_BYTES &&
        !arena_extend(&scene->arena, 1 + (unsigned)(bytes / ARENA_BYTES) + 1)) {
        return false;
    }
    if (x0 == x1 && y0 == y1) {
        append(scene, (unsigned)(y0 * GRID_SIDE + x0), (bin_entry)primitive);
        return true;
    }
    for (int32_t y = y0; y <= y1; y++) {
        for (int32_t x = x0; x <= x1; x++) {
            bin_tile(scene, primitive, x, y);
        }
    }
    return true;
}

/* ---- drawing ---- */

static const struct primitive *entry_primitive(bin_entry entry)
{
    return (const struct primitive *)(entry & ~(bin_entry)1);
}

/* Whether two tiles lie side by side and nothing but the same areas is to be done in either. */
static bool are_areas_alike(const struct scene *scene, unsigned left, unsigned right)
{
    const struct bin_block *a = scene->bin[left].first, *b = scene->bin[right].first;
    if (right != left + 1 || right % GRID_SIDE == 0) {
        return false;
    }
    for (; a != NULL && b != NULL && a->count == b->count; a = a->next, b = b->next) {
        for (unsigned i = 0; i < a->count; i++) {
            if (a->entry[i] != b->entry[i] || entry_primitive(a->entry[i])->kind < PRIMITIVE_FILL) {
                return false;
            }
        }
    }
    return a == NULL && b == NULL;
}

/* A tile is a share, but neighbours that are only filled or copied are one: memory likes long rows.
 */
void scene_share(struct scene *scene)
{
    scene->shares = 0;
    for (unsigned i = 0; i < scene->tiles; i++) {
        if (i == 0 || !are_areas_alike(scene, scene->tile[i - 1], scene->tile[i])) {
            scene->share[scene->shares++] = (uint16_t)i;
        }
    }
    scene->share[scene->shares] = (uint16_t)scene->tiles;
    atomic_store(&scene->next, 0);
}

/* 'tiles' of them side by side, from 'first' on, all with the same primitives. */
static void draw_tiles(const struct scene *scene, struct worker *worker, unsigned first,
                       unsigned tiles)
{
    const int32_t x = (int32_t)(first % GRID_SIDE) << scene->shift;
    const int32_t y = (int32_t)(first / GRID_SIDE) << scene->shift;
    const int32_t side = 1 << scene->shift;
    const struct rect within = {x, y, x + side * (int32_t)tiles - 1, y + side - 1};
    for (const struct bin_block *block = scene->bin[first].first; block != NULL;
         block = block->next) {
        for (unsigned i = 0; i < block->count; i++) {
            primitive_draw_within(worker, entry_primitive(block->entry[i]), &within,
                                  block->entry[i] & 1);
        }
    }
}

void scene_draw(struct scene *scene, struct worker *worker)
{
    worker->kernel = scene->kernel;
    worker->draw = NULL; /* the last one may have been at the same address */
    for (;;) {
        const unsigned next = atomic_fetch_add_explicit(&scene->next, 1, memory_order_relaxed);
        if (next >= scene->shares) {
            return;
        }
        const unsigned first = scene->share[next];
        draw_tiles(scene, worker, scene->tile[first], scene->share[next + 1] - first);
    }
}
