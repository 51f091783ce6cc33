/* SPDX-License-Identifier: MIT */
/*
 * The way of a primitive that is set up: into the open scene, or to its pixels at once. Decides
 * what may share a scene, and when scenes have to be drawn.
 */
#include <stdlib.h>
#include <unistd.h>

#include "hw/model/render/scene.h"

#define PRIMITIVE_BYTES (sizeof(struct primitive) + PLANES_FLOATS * sizeof(float))

/* ---- drawing ---- */

static struct rect common(const struct rect *a, const struct rect *b)
{
    return (struct rect){a->x0 > b->x0 ? a->x0 : b->x0, a->y0 > b->y0 ? a->y0 : b->y0,
                         a->x1 < b->x1 ? a->x1 : b->x1, a->y1 < b->y1 ? a->y1 : b->y1};
}

void primitive_draw_within(struct worker *worker, const struct primitive *primitive,
                           const struct rect *within, bool all)
{
    const struct kernel *kernel = worker->kernel;
    if (primitive->kind >= PRIMITIVE_FILL) {
        area_blocks(primitive, within);
        return;
    }
    kernel->begin(worker, primitive);
    if (all || primitive->kind == PRIMITIVE_RECTANGLE) {
        const struct rect rect = common(&primitive->box, within);
        kernel->rectangle_blocks(worker, &rect);
    } else if (primitive->kind == PRIMITIVE_TRIANGLE) {
        kernel->triangle_blocks(worker, primitive, within);
    } else {
        line_blocks(worker, primitive, within);
    }
}

static void draw_now(struct render *render, struct primitive *primitive)
{
    struct worker *worker = &render->worker;
    primitive->draw = &render->draw;
    worker->kernel = render->kernel;
    worker->draw = NULL;
    primitive_draw_within(worker, primitive, &primitive->box, false);
}

/* ---- hazards ---- */

static bool overlap(const struct span *a, const struct span *b)
{
    return a->low < b->high && b->low < a->high;
}

static struct span target_span(const struct target *target, bool used)
{
    const uint64_t address = target->surface.address;
    return used ? (struct span){address + target->low, address + target->high}
                : (struct span){0, 0};
}

static struct span texture_span(const struct texture *texture)
{
    return (struct span){texture->surface.address, texture->surface.address + texture->size};
}

static bool scene_touches(const struct scene *scene, const struct span *span, bool write)
{
    for (unsigned i = 0; i < scene->notes; i++) {
        const struct span stored = {scene->note[i].low, scene->note[i].high};
        if (overlap(&stored, span)) {
            return true;
        }
    }
    if (overlap(&scene->writes[0], span) || overlap(&scene->writes[1], span)) {
        return true;
    }
    for (unsigned i = 0; write && i < scene->read_count; i++) {
        if (overlap(&scene->reads[i], span)) {
            return true;
        }
    }
    return false;
}

static void note_read(struct scene *scene, const struct span *span)
{
    for (unsigned i = 0; i < scene->read_count; i++) {
        struct span *known = &scene->reads[i];
        if (known->low <= span->low && known->high >= span->high) {
            return;
        }
    }
    if (scene->read_count < READS_MAX) {
        scene->reads[scene->read_count++] = *span;
        return;
    }
    struct span *last = &scene->reads[READS_MAX - 1];
    last->low = span->low < last->low ? span->low : last->low;
    last->high = span->high > last->high ? span->high : last->high;
}

static void widen(struct span *span, const struct span *by)
{
    if (span->high == 0) {
        *span = *by;
    } else if (by->high != 0) {
        span->low = by->low < span->low ? by->low : span->low;
        span->high = by->high > span->high ? by->high : span->high;
    }
}

/* Rows that overlap each other: pixels of different tiles are the same bytes. */
static bool folds(const struct draw *draw, const struct target *target)
{
    return (uint64_t)(draw->clip.x1 + target->dx + 1) * target->cpp > target->surface.pitch;
}

static bool plain_target(const struct draw *draw, const struct target *target, bool used)
{
    return !used || (target->surface.base != NULL && !folds(draw, target));
}

/*
 * Whether the draw has to be done by one thread, primitive after primitive: because memory is not
 * plainly there (only a command that is executed can fault, or be watched), or because what it
 * writes is not separate from what else it writes or reads.
 */
static bool is_serial(const struct render *render)
{
    const struct draw *draw = &render->draw;
    const struct pixel_state *pixel = &draw->pixel;
    const struct span color = target_span(&draw->color, pixel->color_write);
    const struct span depth = target_span(&draw->depth, pixel->uses_depth);
    if (!plain_target(draw, &draw->color, pixel->color_write) ||
        !plain_target(draw, &draw->depth, pixel->uses_depth) || overlap(&color, &depth)) {
        return true;
    }
    for (uint32_t units = draw->program->samplers; units != 0; units &= units - 1) {
        const struct texture *texture = draw->texture[__builtin_ctz(units)];
        const struct span span = texture_span(texture);
        if (texture->surface.base == NULL || overlap(&span, &color) || overlap(&span, &depth)) {
            return true;
        }
    }
    return false;
}

static bool same_target(const struct target *a, const struct target *b)
{
    return a->surface.address == b->surface.address && a->surface.base == b->surface.base &&
           a->surface.pitch == b->surface.pitch && a->surface.tiling == b->surface.tiling &&
           a->cpp == b->cpp && a->dx == b->dx && a->dy == b->dy && a->row_shift == b->row_shift &&
           a->row_offset == b->row_offset;
}

static unsigned tile_shift(int32_t reach)
{
    unsigned shift = TILE_SHIFT;
    while (reach >> shift >= GRID_SIDE) {
        shift++;
    }
    return shift;
}

static unsigned shift_of(const struct draw *draw)
{
    return tile_shift(draw->clip.x1 | draw->clip.y1);
}

/* Which of the scene's targets it is, or can become, other than 'taken'; -1: none. */
static int find_slot(const struct scene *scene, const struct target *target, int taken)
{
    for (int i = 0; i < 2; i++) {
        if (i != taken && scene->has_target[i] && same_target(&scene->target[i], target)) {
            return i;
        }
    }
    for (int i = 0; i < 2; i++) {
        if (i != taken && !scene->has_target[i]) {
            return i;
        }
    }
    return -1;
}

/* Whether bytes are free to be written as the target in a slot. */
static bool may_write(const struct scene *scene, int slot, const struct span *span)
{
    if (slot < 0 || overlap(&scene->writes[1 - slot], span)) {
        return false;
    }
    for (unsigned i = 0; i < scene->read_count; i++) {
        if (overlap(&scene->reads[i], span)) {
            return false;
        }
    }
    return true;
}

static void take_slot(struct scene *scene, int slot, const struct target *target)
{
    const struct span span = target_span(target, true);
    scene->target[slot] = *target;
    scene->has_target[slot] = true;
    widen(&scene->writes[slot], &span);
}

struct slots {
    int color, depth; /* -1: not used, or none is left */
};

static struct slots find_slots(const struct scene *scene, const struct draw *draw)
{
    struct slots slots = {-1, -1};
    /* the one that is known first: an empty slot is good for either */
    if (draw->pixel.uses_depth && draw->pixel.color_write) {
        const int depth = find_slot(scene, &draw->depth, -1);
        const bool known = scene->has_target[depth < 0 ? 0 : depth];
        slots.color = find_slot(scene, &draw->color, depth >= 0 && known ? depth : -1);
        slots.depth = find_slot(scene, &draw->depth, slots.color);
    } else if (draw->pixel.color_write) {
        slots.color = find_slot(scene, &draw->color, -1);
    } else if (draw->pixel.uses_depth) {
        slots.depth = find_slot(scene, &draw->depth, -1);
    }
    return slots;
}

/* Whether the open scene can take the draw. */
static bool fits(const struct scene *scene, const struct draw *draw)
{
    const struct pixel_state *pixel = &draw->pixel;
    const struct span color = target_span(&draw->color, pixel->color_write);
    const struct span depth = target_span(&draw->depth, pixel->uses_depth);
    const struct slots slots = find_slots(scene, draw);
    if (shift_of(draw) > scene->shift ||
        (pixel->color_write && !may_write(scene, slots.color, &color)) ||
        (pixel->uses_depth && !may_write(scene, slots.depth, &depth))) {
        return false;
    }
    for (uint32_t units = draw->program->samplers; units != 0; units &= units - 1) {
        const struct span span = texture_span(draw->texture[__builtin_ctz(units)]);
        if (scene_touches(scene, &span, false)) {
            return false;
        }
    }
    return true;
}

/* ---- scenes ---- */

static void submit(struct render *render)
{
    struct scene *scene = render->scene;
    render->scene = NULL;
    if (scene == NULL || scene->tiles == 0) {
        return;
    }
    render->submitted = scene->serial;
    pool_submit(render->pool, scene, &render->worker);
}

static void open_scene(struct render *render, unsigned shift)
{
    if (render->submitted == render->serial) {
        render->serial++;
    }
    struct scene *scene = render->scenes[render->serial % SCENES];
    if (scene->serial <= render->submitted) {
        pool_wait(render->pool, scene->serial, &render->worker);
    }
    scene_begin(scene, render->serial);
    scene->kernel = render->kernel;
    scene->shift = shift;
    render->scene = scene;
}

/* A copy of render->draw that the scene's primitives refer to. */
static bool keep_draw(struct render *render, struct scene *scene)
{
    const struct draw *draw = &render->draw;
    struct draw *copy = scene_room(scene, sizeof(*copy));
    if (copy == NULL) {
        return false;
    }
    *copy = *draw;
    scene_keep(scene, sizeof(*copy));
    scene->draw = copy;
    const struct slots slots = find_slots(scene, draw);
    if (slots.color >= 0) {
        take_slot(scene, slots.color, &draw->color);
    }
    if (slots.depth >= 0) {
        take_slot(scene, slots.depth, &draw->depth);
    }
    for (uint32_t units = draw->program->samplers; units != 0; units &= units - 1) {
        const struct texture *texture = draw->texture[__builtin_ctz(units)];
        const struct span span = texture_span(texture);
        note_read(scene, &span);
        texture_used(render, texture);
    }
    program_used(render, draw->program);
    return true;
}

/* Whether threads wait for work and the scene has enough to be worth waking them. */
static bool is_awaited(const struct render *render, const struct scene *scene)
{
    const struct pool *pool = render->pool;
    return scene->arena.chunks > ARENA_WORTH && pool->threads != 0 &&
           atomic_load_explicit(&pool->drawn, memory_order_relaxed) >= render->submitted;
}

/* A place for the next primitive; in no scene when there is no memory for one. */
static void make_room(struct render *render)
{
    struct scene *scene = render->scene;
    if (scene != NULL && !is_awaited(render, scene) &&
        (scene->draw != NULL || keep_draw(render, scene))) {
        render->primitive = scene_room(scene, PRIMITIVE_BYTES);
        if (render->primitive != NULL) {
            return;
        }
    }
    /* full, or awaited: the next one begins */
    submit(render);
    open_scene(render, shift_of(&render->draw));
    scene = render->scene;
    render->primitive =
        keep_draw(render, scene) ? scene_room(scene, PRIMITIVE_BYTES) : render->spare;
    if (render->primitive == NULL || render->primitive == render->spare) {
        render_finish(render);
        render->primitive = render->spare;
    }
}

void draw_prepare(struct render *render)
{
    if (render->scene != NULL && render->scene->draw != NULL) {
        return;
    }
    const struct rect *clip = &render->draw.clip;
    if (clip->x0 > clip->x1 || clip->y0 > clip->y1) {
        render->primitive = render->spare; /* to be set up, and found to cover nothing */
        return;
    }
    if (is_serial(render)) {
        render_finish(render);
        render->primitive = render->spare;
        return;
    }
    if (render->scene != NULL && !fits(render->scene, &render->draw)) {
        submit(render);
    }
    if (render->scene == NULL) {
        open_scene(render, shift_of(&render->draw));
    }
    make_room(render);
}

void primitive_draw(struct render *render)
{
    struct scene *scene = render->scene;
    struct primitive *primitive = render->primitive;
    if (scene == NULL) {
        draw_now(render, primitive);
        return;
    }
    primitive->draw = scene->draw;
    scene_keep(scene, sizeof(*primitive) + planes_floats(&scene->draw->layout) * sizeof(float));
    if (!scene_bin(scene, primitive)) {
        render_finish(render);
        draw_now(render, primitive);
        render->primitive = render->spare;
        return;
    }
    make_room(render);
}

struct primitive *draw_prepare_area(struct render *render, const struct target *target,
                                    const struct span *read, int32_t reach, size_t bytes)
{
    const struct span span = target_span(target, true);
    struct scene *scene = render->scene;
    if (scene != NULL && (tile_shift(reach) > scene->shift ||
                          !may_write(scene, find_slot(scene, target, -1), &span) ||
                          (read != NULL && scene_touches(scene, read, false)))) {
        submit(render);
    }
    if (render->scene == NULL) {
        open_scene(render, tile_shift(reach));
    }
    scene = render->scene;
    scene->draw = NULL; /* its room is taken */
    struct primitive *primitive = scene_room(scene, bytes);
    if (primitive != NULL) {
        take_slot(scene, find_slot(scene, target, -1), target);
    }
    if (primitive != NULL && read != NULL) {
        note_read(scene, read);
    }
    return primitive;
}

bool draw_area(struct render *render, struct primitive *primitive, size_t bytes)
{
    scene_keep(render->scene, bytes);
    return scene_bin(render->scene, primitive);
}

void draw_changed(struct render *render)
{
    if (render->scene != NULL) {
        render->scene->draw = NULL;
    }
}

/* ---- ordering ---- */

void render_finish(struct render *render)
{
    submit(render);
    pool_wait(render->pool, render->submitted, &render->worker);
}

void render_notify(struct render *render, const struct render_note *note)
{
    submit(render);
    if (!pool_note(render->pool, note)) {
        render_finish(render);
        note->deliver(note->owner, note);
    }
}

void cache_wait(struct render *render, uint64_t used)
{
    if (used > atomic_load(&render->pool->drawn)) {
        render_finish(render);
    }
}

bool draw_pending(const struct render *render, uint64_t low, uint64_t high, bool write)
{
    const struct span span = {low, high};
    for (unsigned i = 0; i < SCENES; i++) {
        const struct scene *scene = render->scenes[i];
        if (scene->serial > atomic_load(&render->pool->drawn) &&
            scene_touches(scene, &span, write)) {
            return true;
        }
    }
    return false;
}

void render_finish_range(struct render *render, uint64_t low, uint64_t high, bool write)
{
    if (draw_pending(render, low, high, write)) {
        render_finish(render);
    }
}

void render_set_threads(struct render *render, unsigned threads)
{
    if (threads == 0) {
        const long processors = sysconf(_SC_NPROCESSORS_ONLN);
        threads = processors > 0 ? (unsigned)processors : 1;
    }
    render_finish(render);
    pool_set_threads(render->pool, threads, &render->worker);
}

bool draw_init(struct render *render)
{
    render->spare = malloc(PRIMITIVE_BYTES);
    render->primitive = render->spare;
    render->pool = pool_create();
    bool complete = render->spare != NULL && render->pool != NULL;
    for (unsigned i = 0; i < SCENES; i++) {
        render->scenes[i] = scene_create();
        complete = complete && render->scenes[i] != NULL;
    }
    return complete;
}

void draw_finish(struct render *render)
{
    if (render->pool != NULL) {
        render_finish(render);
    }
    pool_destroy(render->pool);
    for (unsigned i = 0; i < SCENES; i++) {
        scene_destroy(render->scenes[i]);
    }
    free(render->spare);
}
