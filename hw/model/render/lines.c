/* SPDX-License-Identifier: MIT */
/* Points, lines and rectangles (gen3.md F.5): all but triangles. */
#include "hw/model/render/internal.h"

#include <math.h>

#define LIMIT 16384.0f /* beyond every surface; keeps the conversions to int defined */

static float limited(float value)
{
    return fmaxf(fminf(value, LIMIT), -LIMIT);
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

static uint32_t rect_mask(const struct rect *rect, int32_t x, int32_t y)
{
    uint32_t mask = 0;
    for (int lane = 0; lane < LANES; lane++) {
        const int32_t px = x + (lane & 3), py = y + (lane >> 2);
        mask |= (uint32_t)(px >= rect->x0 && px <= rect->x1 && py >= rect->y0 && py <= rect->y1)
                << lane;
    }
    return mask;
}

static void fill_rect(struct render *render, struct rect rect)
{
    const struct rect *clip = &render->clip;
    rect.x0 = rect.x0 > clip->x0 ? rect.x0 : clip->x0;
    rect.y0 = rect.y0 > clip->y0 ? rect.y0 : clip->y0;
    rect.x1 = rect.x1 < clip->x1 ? rect.x1 : clip->x1;
    rect.y1 = rect.y1 < clip->y1 ? rect.y1 : clip->y1;
    for (int32_t y = rect.y0 & ~3; y <= rect.y1; y += 4) {
        for (int32_t x = rect.x0 & ~3; x <= rect.x1; x += 4) {
            const uint32_t mask = rect_mask(&rect, x, y);
            if (mask != 0) {
                render->kernel->shade(render, x, y, mask);
            }
        }
    }
}

/* All attributes as at 'v', everywhere. */
static void constant_planes(struct render *render, const struct vertex *v)
{
    struct planes *p = &render->planes;
    const struct vertex_layout *layout = &render->layout;
    p->x0 = v->x - (float)render->center_x / 256.0f;
    p->y0 = v->y - (float)render->center_y / 256.0f;
    p->z0 = v->z;
    p->w0 = v->w;
    p->zx = p->zy = p->wx = p->wy = 0.0f;
    p->back = 0;
    for (unsigned i = 0; i < layout->linear + layout->perspective; i++) {
        p->a0[i] = v->attribute[i] * (i < layout->linear ? 1.0f : v->w);
        p->ax[i] = p->ay[i] = 0.0f;
    }
}

void point_draw(struct render *render, const struct vertex *v)
{
    const struct registers *state = &render->state;
    const struct vertex_layout *layout = &render->layout;
    const bool own = layout->point_width >= 0 && !(state->s[5] & 1u << 27);
    float width = own ? v->point_width : (float)(state->s[4] >> 23 & 0x1ff);
    width = fmaxf(fminf(width, 511.0f), 1.0f); /* also for a NaN */
    const float left = v->x - width * 0.5f, top = v->y - width * 0.5f;
    constant_planes(render, v);
    if (state->s[4] & 2) {
        struct planes *p = &render->planes;
        for (unsigned i = 0; i < layout->linear + layout->perspective; i++) {
            static const float offset[5] = {0, 0.5f, 0.5f, 0, 1.0f};
            const unsigned sprite = layout->fetch[i].sprite;
            if (sprite == 0) {
                continue;
            }
            const float scale = (i < layout->linear ? 1.0f : v->w);
            p->a0[i] = offset[sprite] * scale;
            p->ax[i] = sprite == 1 ? scale / width : 0.0f;
            p->ay[i] = sprite == 2 ? scale / width : 0.0f;
        }
    }
    render->kernel->flat(render, v);
    fill_rect(render,
              (struct rect){first_pixel(left, render->center_x), first_pixel(top, render->center_y),
                            last_pixel(left + width, render->center_x),
                            last_pixel(top + width, render->center_y)});
}

/* Attributes as on a plane through three corners, not clipped to the triangle. */
void rectangle_draw(struct render *render, const struct vertex v[3])
{
    struct planes *p = &render->planes;
    const struct vertex_layout *layout = &render->layout;
    /* v0 bottom right, v1 bottom left, v2 top left */
    const float width = v[0].x - v[1].x, height = v[1].y - v[2].y;
    if (!(width > 0.0f) || !(height > 0.0f)) {
        return;
    }
    constant_planes(render, &v[2]);
    p->zx = (v[0].z - v[1].z) / width;
    p->zy = (v[1].z - v[2].z) / height;
    p->wx = (v[0].w - v[1].w) / width;
    p->wy = (v[1].w - v[2].w) / height;
    for (unsigned i = 0; i < layout->linear + layout->perspective; i++) {
        const bool w = i >= layout->linear;
        const float a0 = v[0].attribute[i] * (w ? v[0].w : 1.0f);
        const float a1 = v[1].attribute[i] * (w ? v[1].w : 1.0f);
        const float a2 = v[2].attribute[i] * (w ? v[2].w : 1.0f);
        p->ax[i] = (a0 - a1) / width;
        p->ay[i] = (a1 - a2) / height;
    }
    render->kernel->flat(render, &v[render->state.s[6] & 3 ? 2 : 0]);
    fill_rect(render, (struct rect){first_pixel(v[2].x, render->center_x),
                                    first_pixel(v[2].y, render->center_y),
                                    last_pixel(v[0].x, render->center_x),
                                    last_pixel(v[0].y, render->center_y)});
}

/* ---- lines ---- */

/* Pixels of one block, collected until the line leaves it. */
struct pending {
    int32_t x, y;
    uint32_t mask;
};

static void emit(struct render *render, struct pending *pending, int32_t x, int32_t y)
{
    const struct rect *clip = &render->clip;
    if (x < clip->x0 || x > clip->x1 || y < clip->y0 || y > clip->y1) {
        return;
    }
    if (pending->mask != 0 && (pending->x != (x & ~3) || pending->y != (y & ~3))) {
        render->kernel->shade(render, pending->x, pending->y, pending->mask);
        pending->mask = 0;
    }
    pending->x = x & ~3;
    pending->y = y & ~3;
    pending->mask |= 1u << ((x & 3) + 4 * (y & 3));
}

/* Attributes vary along the line and not across it. */
static void line_planes(struct render *render, const struct vertex *v0, const struct vertex *v1)
{
    struct planes *p = &render->planes;
    const struct vertex_layout *layout = &render->layout;
    const float dx = v1->x - v0->x, dy = v1->y - v0->y;
    const float square = dx * dx + dy * dy;
    const float gx = square > 0.0f ? dx / square : 0.0f;
    const float gy = square > 0.0f ? dy / square : 0.0f;
    constant_planes(render, v0);
    p->zx = (v1->z - v0->z) * gx;
    p->zy = (v1->z - v0->z) * gy;
    p->wx = (v1->w - v0->w) * gx;
    p->wy = (v1->w - v0->w) * gy;
    for (unsigned i = 0; i < layout->linear + layout->perspective; i++) {
        const float end = v1->attribute[i] * (i < layout->linear ? 1.0f : v1->w);
        p->ax[i] = (end - p->a0[i]) * gx;
        p->ay[i] = (end - p->a0[i]) * gy;
    }
}

/*
 * One pixel per step along the longer axis, from the pixel whose centre is passed first up to, not
 * including, the end: what the diamond-exit rule gives but for the ends' fractions. 'swap': the
 * longer axis is y.
 */
void line_draw(struct render *render, const struct vertex *v0, const struct vertex *v1,
               const struct vertex *pv)
{
    const uint32_t s4 = render->state.s[4];
    const bool swap = fabsf(v1->y - v0->y) > fabsf(v1->x - v0->x);
    const float cx = (float)render->center_x / 256.0f, cy = (float)render->center_y / 256.0f;
    const float a0 = limited(swap ? v0->y - cy : v0->x - cx);
    const float a1 = limited(swap ? v1->y - cy : v1->x - cx);
    const float b0 = swap ? v0->x - cx : v0->y - cy;
    const float b1 = swap ? v1->x - cx : v1->y - cy;
    const float slope = a1 != a0 ? (b1 - b0) / (a1 - a0) : 0.0f;
    line_planes(render, v0, v1);
    render->kernel->flat(render, pv);
    const int32_t width = (int32_t)fmaxf(1.0f, (float)(s4 >> 19 & 15) * 0.5f);
    const bool forward = a1 >= a0;
    int32_t first = forward ? (int32_t)floorf(a0 + 0.5f) : (int32_t)ceilf(a1 - 0.5f) + 1;
    int32_t last = forward ? (int32_t)floorf(a1 + 0.5f) - 1 : (int32_t)ceilf(a0 - 0.5f);
    const bool last_pixel_enabled = render->state.s[5] >> 26 & 1;
    first -= last_pixel_enabled && !forward;
    last += last_pixel_enabled && forward;
    const struct rect *clip = &render->clip;
    const int32_t low = swap ? clip->y0 : clip->x0, high = swap ? clip->y1 : clip->x1;
    first = first > low ? first : low;
    last = last < high ? last : high;
    struct pending pending = {0, 0, 0};
    for (int32_t a = first; a <= last; a++) {
        const float b = limited(b0 + ((float)a - a0) * slope);
        const int32_t start = (int32_t)floorf(b + 0.5f) - (width - 1) / 2;
        for (int32_t i = start; i < start + width; i++) {
            emit(render, &pending, swap ? i : a, swap ? a : i);
        }
    }
    if (pending.mask != 0) {
        render->kernel->shade(render, pending.x, pending.y, pending.mask);
    }
}
