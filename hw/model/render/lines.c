/* SPDX-License-Identifier: MIT */
/* Points, lines and rectangles (gen3.md F.5): all but triangles. */
#include "hw/model/render/internal.h"

#include <math.h>
#include <stdlib.h>

#define UNIT  256      /* per pixel */
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

/* The same for (low, high], OpenGL's rule for the columns of points. */
static int32_t first_pixel_after(float low, int32_t center)
{
    return (int32_t)floorf(limited(low) - (float)center / 256.0f) + 1;
}

static int32_t last_pixel_at(float high, int32_t center)
{
    return (int32_t)floorf(limited(high) - (float)center / 256.0f);
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
    const int32_t cx = render->draw.center_x, cy = render->draw.center_y;
    const bool ogl = state->point_rule_ogl;
    draw_rect(render,
              (struct rect){ogl ? first_pixel_after(left, cx) : first_pixel(left, cx),
                            first_pixel(top, cy),
                            ogl ? last_pixel_at(left + width, cx) : last_pixel(left + width, cx),
                            last_pixel(top + width, cy)});
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

static struct rect inside(const struct rect *a, const struct rect *b)
{
    return (struct rect){a->x0 > b->x0 ? a->x0 : b->x0, a->y0 > b->y0 ? a->y0 : b->y0,
                         a->x1 < b->x1 ? a->x1 : b->x1, a->y1 < b->y1 ? a->y1 : b->y1};
}

/* Rounded up; divisor > 0. */
struct quotient {
    int64_t whole, rest; /* dividend = whole * divisor - rest, 0 <= rest < divisor */
};

static struct quotient divide_up(int64_t dividend, int64_t divisor)
{
    const int64_t down = dividend / divisor;
    const int64_t whole = down + (dividend > down * divisor);
    return (struct quotient){whole, whole * divisor - dividend};
}

/* The first pixel across whose centre is at 'offset' or more from the line, at pixel a along. */
static struct quotient first_across(const struct line *line, int64_t a, int64_t offset)
{
    return divide_up((line->b0 + offset) * line->da + (a * UNIT - line->a0) * line->db,
                     line->da * UNIT);
}

static void step(struct quotient *at, const struct quotient *by, int64_t divisor)
{
    at->whole += by->whole;
    at->rest += by->rest;
    if (at->rest >= divisor) {
        at->rest -= divisor;
        at->whole--;
    }
}

void line_blocks(struct worker *worker, const struct primitive *primitive,
                 const struct rect *within)
{
    const struct line *line = &primitive->line;
    const struct rect rect = inside(&primitive->box, within);
    const int32_t low = line->swap ? rect.y0 : rect.x0, high = line->swap ? rect.y1 : rect.x1;
    const int32_t first = line->first > low ? line->first : low;
    const int32_t last = line->last < high ? line->last : high;
    const int64_t divisor = line->da * UNIT;
    const struct quotient by = divide_up(line->db * UNIT, divisor);
    struct quotient near = first_across(line, first, -line->half);
    struct quotient far = first_across(line, first, line->half);
    struct pending pending = {0, 0, 0};
    for (int32_t a = first; a <= last; a++) {
        for (int64_t b = near.whole; b < far.whole; b++) {
            emit(worker, &rect, &pending, line->swap ? (int32_t)b : a, line->swap ? a : (int32_t)b);
        }
        step(&near, &by, divisor);
        step(&far, &by, divisor);
    }
    if (pending.mask != 0) {
        worker->kernel->shade(worker, pending.x, pending.y, pending.mask);
    }
}

/* Everything that the line's pixels can be, inside the clip. */
static struct rect line_box(const struct line *line, const struct rect *clip)
{
    const int32_t low = line->swap ? clip->y0 : clip->x0, high = line->swap ? clip->y1 : clip->x1;
    const int32_t first = line->first > low ? line->first : low;
    const int32_t last = line->last < high ? line->last : high;
    if (first > last) {
        return (struct rect){0, 0, -1, -1};
    }
    const int64_t from = first_across(line, first, -line->half).whole;
    const int64_t to = first_across(line, last, -line->half).whole;
    const int64_t reach = 2 * line->half / UNIT + 1;
    const int32_t b0 = (int32_t)(from < to ? from : to);
    const int32_t b1 = (int32_t)((from > to ? from : to) + reach);
    const struct rect box =
        line->swap ? (struct rect){b0, first, b1, last} : (struct rect){first, b0, last, b1};
    return inside(&box, clip);
}

/*
 * Whether a point is in the diamond of a pixel, 'a' and 'b' from its centre along and across the
 * line's longer axis: |a| + |b| < 1/2, the lower edges with their corner, and of lines closer to y
 * the right corner too (D3D10's rule for lines without antialiasing).
 */
static bool in_diamond(bool swap, int64_t a, int64_t b)
{
    const int64_t half = UNIT / 2;
    const int64_t x = swap ? b : a, y = swap ? a : b;
    if (swap && x == half && y == 0) {
        return true;
    }
    return x + y <= half && y - x <= half && -x - y < half && x - y < half;
}

static bool end_in_diamond(const struct line *line, int64_t a, int64_t b, int64_t pixel)
{
    const int64_t across = first_across(line, pixel, -UNIT / 2).whole;
    return in_diamond(line->swap, a - pixel * UNIT, b - across * UNIT);
}

static int64_t floor_pixel(int64_t a)
{
    return a >= 0 ? a / UNIT : -((-a + UNIT - 1) / UNIT);
}

/*
 * Which pixels along the longer axis the line touches and leaves. Between its ends it passes the
 * middle of one diamond in each column. A start beyond the middle counts if it is inside; an end
 * inside does not count unless the last pixel is wanted. (a0, b0) is the start or, when the line
 * goes backward, the end.
 */
static void find_ends(struct line *line, const int64_t low[2], const int64_t high[2], bool forward,
                      bool last_pixel)
{
    int64_t first = floor_pixel(low[0] + UNIT - 1), last = floor_pixel(high[0]);
    const bool before = end_in_diamond(line, low[0], low[1], first - 1);
    const bool after = end_in_diamond(line, high[0], high[1], last + 1);
    if (forward) {
        first -= before;
        if (last_pixel) {
            last += after;
        } else {
            last -= end_in_diamond(line, high[0], high[1], last);
        }
    } else {
        last += after;
        if (last_pixel) {
            first -= before;
        } else {
            first += end_in_diamond(line, low[0], low[1], first);
        }
    }
    line->first = (int32_t)first;
    line->last = (int32_t)last;
}

static int64_t fixed_point(float value, int32_t center)
{
    const float limit = 1048576.0f; /* pixels: products of two differences fit 64 bits */
    return (int64_t)rintf(fmaxf(fminf(value, limit), -limit) * (float)UNIT) - center;
}

/* S4 22:19 is in half pixels; less than one pixel is one. */
static int32_t half_width(const struct render *render)
{
    const int32_t width = (int32_t)(render->state.s[4] >> 19 & 15);
    return (width > 2 ? width : 2) * (UNIT / 4);
}

static void thin_line(struct render *render, const struct vertex *v0, const struct vertex *v1,
                      const struct vertex *pv)
{
    const struct draw *draw = &render->draw;
    struct primitive *primitive = render->primitive;
    struct line *line = &primitive->line;
    const int64_t x0 = fixed_point(v0->x, draw->center_x), y0 = fixed_point(v0->y, draw->center_y);
    const int64_t x1 = fixed_point(v1->x, draw->center_x), y1 = fixed_point(v1->y, draw->center_y);
    const int64_t dx = x1 - x0, dy = y1 - y0;
    line->swap = llabs(dy) > llabs(dx);
    const int64_t start[2] = {line->swap ? y0 : x0, line->swap ? x0 : y0};
    const int64_t end[2] = {line->swap ? y1 : x1, line->swap ? x1 : y1};
    const bool forward = end[0] >= start[0];
    const int64_t *low = forward ? start : end, *high = forward ? end : start;
    line->a0 = low[0];
    line->b0 = low[1];
    line->da = high[0] - low[0];
    line->db = high[1] - low[1];
    line->da += line->da == 0; /* a point: any direction will do */
    line->half = half_width(render);
    find_ends(line, low, high, forward, render->state.s[5] >> 26 & 1);
    primitive->kind = PRIMITIVE_LINE;
    primitive->box = line_box(line, &draw->clip);
    if (primitive->box.x0 <= primitive->box.x1 && primitive->box.y0 <= primitive->box.y1) {
        line_planes(render, v0, v1, pv);
        primitive_draw(render);
    }
}

/* ---- antialiased ---- */

/* What is 'along' the line (0 at v0, 1 at v1) and 'across' it in pixels, distances set. */
static struct vertex corner_at(const struct render *render, const struct vertex *v0,
                               const struct vertex *v1, float along, float across,
                               const float distance[4])
{
    const struct vertex_layout *layout = &render->draw.layout;
    const float dx = v1->x - v0->x, dy = v1->y - v0->y;
    const float length = sqrtf(dx * dx + dy * dy);
    struct vertex v = *v0;
    v.x += dx * along - dy / length * across;
    v.y += dy * along + dx / length * across;
    v.z += (v1->z - v0->z) * along;
    v.w += (v1->w - v0->w) * along;
    for (unsigned i = 0; i < layout->linear + layout->perspective; i++) {
        const bool flat_w = i < layout->linear;
        const float a0 = v0->attribute[i] * (flat_w ? 1.0f : v0->w);
        const float a1 = v1->attribute[i] * (flat_w ? 1.0f : v1->w);
        v.attribute[i] = (a0 + (a1 - a0) * along) / (flat_w ? 1.0f : v.w);
        if (layout->reg[i] >= REG_COVER) {
            v.attribute[i] = distance[layout->reg[i] - REG_COVER];
        }
    }
    return v;
}

/*
 * A rectangle around the line, as wide as it and the region where coverage falls from one to
 * nothing (gen3.md F.5). It is no polygon: neither culled nor stippled nor offset.
 */
static void smooth_line(struct render *render, const struct vertex *v0, const struct vertex *v1,
                        const struct vertex *pv)
{
    static const float widths[4] = {0.5f, 1.0f, 2.0f, 4.0f};
    struct draw *draw = &render->draw;
    const float region = widths[render->state.aa >> 6 & 3];
    const float cap = widths[render->state.aa >> 14 & 3];
    const float half = (float)half_width(render) / UNIT;
    const float dx = v1->x - v0->x, dy = v1->y - v0->y;
    const float length = sqrtf(dx * dx + dy * dy);
    if (!(length > 0.0f && length < 4e6f)) {
        return;
    }
    const float side = half + region / 2, over = cap / 2;
    const float full_side = 2 * side / region, full_over = (length + 2 * over) / cap;
    struct vertex corner[4];
    for (unsigned i = 0; i < 4; i++) {
        const bool right = i == 1 || i == 2, far = i >= 2;
        const float distance[4] = {right ? full_side : 0, right ? 0 : full_side,
                                   far ? full_over : 0, far ? 0 : full_over};
        corner[i] = corner_at(render, v0, v1, far ? 1 + over / length : -over / length,
                              right ? side : -side, distance);
    }
    const bool clockwise = draw->cull_clockwise, counter = draw->cull_counter;
    const bool offset = draw->depth_offset, stipple = draw->pixel.stipple;
    draw->cull_clockwise = draw->cull_counter = draw->depth_offset = false;
    draw->pixel.stipple = false;
    render->kernel->triangle(render, &corner[0], &corner[3], &corner[1], pv);
    render->kernel->triangle(render, &corner[1], &corner[3], &corner[2], pv);
    draw->cull_clockwise = clockwise;
    draw->cull_counter = counter;
    draw->depth_offset = offset;
    draw->pixel.stipple = stipple;
}

void line_draw(struct render *render, const struct vertex *v0, const struct vertex *v1,
               const struct vertex *pv)
{
    struct vertex end;
    if (render->draw.layout.wraps) {
        end = *v1;
        vertex_wrap(&render->draw.layout, v0, &end);
        v1 = &end;
    }
    if (render->state.s[4] & 1) {
        smooth_line(render, v0, v1, pv);
    } else {
        thin_line(render, v0, v1, pv);
    }
}
