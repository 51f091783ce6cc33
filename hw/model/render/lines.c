/* SPDX-License-Identifier: MIT */
/* Points, lines and rectangles (gen3.md F.5): all but triangles. */
#include "hw/model/render/internal.h"

#include <math.h>

#define LIMIT 16384.0f /* beyond every surface; keeps the conversions to int defined */

static float limited(float value)
{
    return fmaxf(fminf(value, LIMIT), -LIMIT);
}

/* Points snap like a triangle's corners: a sum that went up by a rounding covers the same pixels.
 */
static float snapped(float value)
{
    return rintf(limited(value) * 256.0f) / 256.0f;
}

/* First and last pixel whose sample position is in [low, high). */
static int32_t first_pixel(float low, int32_t center)
{
    return (int32_t)ceilf(limited(low) - (float)center / 256.0f);
}

static int32_t last_pixel(float high, int32_t center)
{
    return (int32_t)ceilf(limited(high) - (float)center / 256.0f) - 1;
}

/* Draws the rectangle, which setup has given its planes. */
static void draw_rect(struct render *render, struct rect rect)
{
    struct primitive *primitive = render->primitive;
    const struct rect *clip = &render->draw.clip;
    rect.x0 = rect.x0 > clip->x0 ? rect.x0 : clip->x0;
    rect.y0 = rect.y0 > clip->y0 ? rect.y0 : clip->y0;
    rect.x1 = rect.x1 < clip->x1 ? rect.x1 : clip->x1;
    rect.y1 = rect.y1 < clip->y1 ? rect.y1 : clip->y1;
    if (rect.x0 <= rect.x1 && rect.y0 <= rect.y1) {
        primitive->kind = PRIMITIVE_RECTANGLE;
        primitive->box = rect;
        primitive_draw(render);
    }
}

/* All attributes as at 'v', everywhere; flat ones as at 'pv'. */
static void constant_planes(struct render *render, const struct vertex *v, const struct vertex *pv)
{
    struct planes *p = &render->primitive->planes;
    const struct vertex_layout *layout = &render->draw.layout;
    planes_begin(p, &render->draw, pv);
    p->x0 = v->x - (float)render->draw.center_x / 256.0f;
    p->y0 = v->y - (float)render->draw.center_y / 256.0f;
    p->z0 = v->z;
    p->w0 = v->w;
    p->zx = p->zy = p->wx = p->wy = 0.0f;
    for (unsigned i = 0; i < layout->linear + layout->perspective; i++) {
        p->slot[i] = v->attribute[i] * (i < layout->linear ? 1.0f : v->w);
        p->slot[i + p->stride] = p->slot[i + 2 * p->stride] = 0.0f;
    }
}

void point_draw(struct render *render, const struct vertex *v)
{
    const struct registers *state = &render->state;
    const struct vertex_layout *layout = &render->draw.layout;
    const bool own = layout->point_width >= 0 && !(state->s[5] & 1u << 27);
    float width = own ? v->point_width : (float)(state->s[4] >> 23 & 0x1ff);
    width = fmaxf(fminf(width, 511.0f), 1.0f); /* also for a NaN */
    const float left = snapped(v->x) - width * 0.5f, top = snapped(v->y) - width * 0.5f;
    constant_planes(render, v, v);
    if (state->s[4] & 2) {
        struct planes *p = &render->primitive->planes;
        for (unsigned i = 0; i < layout->linear + layout->perspective; i++) {
            static const float offset[5] = {0, 0.5f, 0.5f, 0, 1.0f};
            const unsigned sprite = layout->fetch[i].sprite;
            if (sprite == 0) {
                continue;
            }
            const float scale = (i < layout->linear ? 1.0f : v->w);
            p->slot[i] = offset[sprite] * scale;
            p->slot[i + p->stride] = sprite == 1 ? scale / width : 0.0f;
            p->slot[i + 2 * p->stride] = sprite == 2 ? scale / width : 0.0f;
        }
    }
    draw_rect(render, (struct rect){first_pixel(left, render->draw.center_x),
                                    first_pixel(top, render->draw.center_y),
                                    last_pixel(left + width, render->draw.center_x),
                                    last_pixel(top + width, render->draw.center_y)});
}

/* Attributes as on a plane through three corners, not clipped to the triangle. */
void rectangle_draw(struct render *render, const struct vertex v[3])
{
    struct planes *p = &render->primitive->planes;
    const struct vertex_layout *layout = &render->draw.layout;
    /* v0 bottom right, v1 bottom left, v2 top left */
    const float width = v[0].x - v[1].x, height = v[1].y - v[2].y;
    if (!(width > 0.0f) || !(height > 0.0f)) {
        return;
    }
    constant_planes(render, &v[2], &v[render->state.s[6] & 3 ? 2 : 0]);
    p->zx = (v[0].z - v[1].z) / width;
    p->zy = (v[1].z - v[2].z) / height;
    p->wx = (v[0].w - v[1].w) / width;
    p->wy = (v[1].w - v[2].w) / height;
    for (unsigned i = 0; i < layout->linear + layout->perspective; i++) {
        const bool w = i >= layout->linear;
        const float a0 = v[0].attribute[i] * (w ? v[0].w : 1.0f);
        const float a1 = v[1].attribute[i] * (w ? v[1].w : 1.0f);
        const float a2 = v[2].attribute[i] * (w ? v[2].w : 1.0f);
        p->slot[i + p->stride] = (a0 - a1) / width;
        p->slot[i + 2 * p->stride] = (a1 - a2) / height;
    }
    draw_rect(render, (struct rect){first_pixel(v[2].x, render->draw.center_x),
                                    first_pixel(v[2].y, render->draw.center_y),
                                    last_pixel(v[0].x, render->draw.center_x),
                                    last_pixel(v[0].y, render->draw.center_y)});
}

/* ---- lines ---- */

/* Pixels of one block, collected until the line leaves it. */
struct pending {
    int32_t x, y;
    uint32_t mask;
};

static void emit(struct worker *worker, const struct rect *within, struct pending *pending,
                 int32_t x, int32_t y)
{
    if (x < within->x0 || x > within->x1 || y < within->y0 || y > within->y1) {
        return;
    }
    if (pending->mask != 0 && (pending->x != (x & ~3) || pending->y != (y & ~3))) {
        worker->kernel->shade(worker, pending->x, pending->y, pending->mask);
        pending->mask = 0;
    }
    pending->x = x & ~3;
    pending->y = y & ~3;
    pending->mask |= 1u << ((x & 3) + 4 * (y & 3));
}

/* Attributes vary along the line and not across it. */
static void line_planes(struct render *render, const struct vertex *v0, const struct vertex *v1,
                        const struct vertex *pv)
{
    struct planes *p = &render->primitive->planes;
    const struct vertex_layout *layout = &render->draw.layout;
    const float dx = v1->x - v0->x, dy = v1->y - v0->y;
    const float square = dx * dx + dy * dy;
    const float gx = square > 0.0f ? dx / square : 0.0f;
    const float gy = square > 0.0f ? dy / square : 0.0f;
    constant_planes(render, v0, pv);
    p->zx = (v1->z - v0->z) * gx;
    p->zy = (v1->z - v0->z) * gy;
    p->wx = (v1->w - v0->w) * gx;
    p->wy = (v1->w - v0->w) * gy;
    for (unsigned i = 0; i < layout->linear + layout->perspective; i++) {
        const float end = v1->attribute[i] * (i < layout->linear ? 1.0f : v1->w);
        p->slot[i + p->stride] = (end - p->slot[i]) * gx;
        p->slot[i + 2 * p->stride] = (end - p->slot[i]) * gy;
    }
}

void line_blocks(struct worker *worker, const struct primitive *primitive,
                 const struct rect *within)
{
    const struct line *line = &primitive->line;
    const struct rect *box = &primitive->box;
    const struct rect rect = {
        within->x0 > box->x0 ? within->x0 : box->x0, within->y0 > box->y0 ? within->y0 : box->y0,
        within->x1 < box->x1 ? within->x1 : box->x1, within->y1 < box->y1 ? within->y1 : box->y1};
    const int32_t low = line->swap ? rect.y0 : rect.x0, high = line->swap ? rect.y1 : rect.x1;
    const int32_t first = line->first > low ? line->first : low;
    const int32_t last = line->last < high ? line->last : high;
    struct pending pending = {0, 0, 0};
    for (int32_t a = first; a <= last; a++) {
        const float b = limited(line->b0 + ((float)a - line->a0) * line->slope);
        const int32_t start = (int32_t)floorf(b + 0.5f) - (line->width - 1) / 2;
        for (int32_t i = start; i < start + line->width; i++) {
            emit(worker, &rect, &pending, line->swap ? i : a, line->swap ? a : i);
        }
    }
    if (pending.mask != 0) {
        worker->kernel->shade(worker, pending.x, pending.y, pending.mask);
    }
}

/* Everything that the line's pixels can be, inside the clip. */
static struct rect line_box(const struct line *line, const struct rect *clip)
{
    const float from = limited(line->b0 + ((float)line->first - line->a0) * line->slope);
    const float to = limited(line->b0 + ((float)line->last - line->a0) * line->slope);
    const int32_t reach = line->width + 1;
    const int32_t low = (int32_t)floorf(fminf(from, to)) - reach;
    const int32_t high = (int32_t)ceilf(fmaxf(from, to)) + reach;
    struct rect box = {line->first, low, line->last, high};
    if (line->swap) {
        box = (struct rect){low, line->first, high, line->last};
    }
    box.x0 = box.x0 > clip->x0 ? box.x0 : clip->x0;
    box.y0 = box.y0 > clip->y0 ? box.y0 : clip->y0;
    box.x1 = box.x1 < clip->x1 ? box.x1 : clip->x1;
    box.y1 = box.y1 < clip->y1 ? box.y1 : clip->y1;
    return box;
}

/*
 * One pixel per step along the longer axis, from the pixel whose centre is passed first up to, not
 * including, the end: what the diamond-exit rule gives but for the ends' fractions.
 */
void line_draw(struct render *render, const struct vertex *v0, const struct vertex *v1,
               const struct vertex *pv)
{
    const uint32_t s4 = render->state.s[4];
    const struct draw *draw = &render->draw;
    struct primitive *primitive = render->primitive;
    struct line *line = &primitive->line;
    const bool swap = fabsf(v1->y - v0->y) > fabsf(v1->x - v0->x);
    const float cx = (float)draw->center_x / 256.0f, cy = (float)draw->center_y / 256.0f;
    const float a0 = limited(swap ? v0->y - cy : v0->x - cx);
    const float a1 = limited(swap ? v1->y - cy : v1->x - cx);
    const float b0 = swap ? v0->x - cx : v0->y - cy;
    const float b1 = swap ? v1->x - cx : v1->y - cy;
    line_planes(render, v0, v1, pv);
    line->swap = swap;
    line->a0 = a0;
    line->b0 = b0;
    line->slope = a1 != a0 ? (b1 - b0) / (a1 - a0) : 0.0f;
    line->width = (int32_t)fmaxf(1.0f, (float)(s4 >> 19 & 15) * 0.5f);
    const bool forward = a1 >= a0;
    line->first = forward ? (int32_t)floorf(a0 + 0.5f) : (int32_t)ceilf(a1 - 0.5f) + 1;
    line->last = forward ? (int32_t)floorf(a1 + 0.5f) - 1 : (int32_t)ceilf(a0 - 0.5f);
    const bool last_pixel_enabled = render->state.s[5] >> 26 & 1;
    line->first -= last_pixel_enabled && !forward;
    line->last += last_pixel_enabled && forward;
    primitive->kind = PRIMITIVE_LINE;
    primitive->box = line_box(line, &draw->clip);
    if (primitive->box.x0 <= primitive->box.x1 && primitive->box.y0 <= primitive->box.y1) {
        primitive_draw(render);
    }
}
