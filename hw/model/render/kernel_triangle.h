/* SPDX-License-Identifier: MIT */
/*
 * Triangles (gen3.md F.5): vertices are snapped to 1/256 pixel, edge functions are exact integers,
 * pixels on an edge belong to the triangle for which it is a top or left edge.
 */
#ifndef GEMD_HW_MODEL_RENDER_KERNEL_TRIANGLE_H
#define GEMD_HW_MODEL_RENDER_KERNEL_TRIANGLE_H

#define SUBPIXEL_BITS 8
#define SUBPIXEL      (1 << SUBPIXEL_BITS)
/* Coordinates beyond this are drawn as if they were there; the distance of two fits 32 bits. */
#define COORDINATE_LIMIT 4194303.0f

SIMD int32_t snap(float value, int32_t center)
{
    const float limited = value < -COORDINATE_LIMIT  ? -COORDINATE_LIMIT
                          : value > COORDINATE_LIMIT ? COORDINATE_LIMIT
                                                     : value;
    return (int32_t)__builtin_rintf(limited * SUBPIXEL) - center;
}

SIMD struct edge edge_between(int32_t x0, int32_t y0, int32_t x1, int32_t y1)
{
    const int64_t a = -((int64_t)y1 - y0);
    const int64_t b = (int64_t)x1 - x0;
    const bool top_left = a > 0 || (a == 0 && b > 0);
    const int64_t c = -a * x0 - b * y0 - (top_left ? 0 : 1);
    return (struct edge){c, a * SUBPIXEL, b * SUBPIXEL};
}

SIMD int32_t min3(int32_t a, int32_t b, int32_t c)
{
    const int32_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

SIMD int32_t max3(int32_t a, int32_t b, int32_t c)
{
    const int32_t ab = a > b ? a : b;
    return ab > c ? ab : c;
}

SIMD int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

SIMD int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* The part of the box that lies in the block at (x, y). */
SIMD uint32_t box_mask(const struct rect *box, int32_t x, int32_t y)
{
    uint32_t mask = 0xffff;
    if (x < box->x0) {
        mask &= 0x1111u * (15u << (box->x0 - x) & 15u);
    }
    if (x + 3 > box->x1) {
        mask &= 0x1111u * (15u >> (x + 3 - box->x1));
    }
    if (y < box->y0) {
        mask &= 0xffffu << 4 * (box->y0 - y);
    }
    if (y + 3 > box->y1) {
        mask &= 0xffffu >> 4 * (y + 3 - box->y1);
    }
    return mask & 0xffff;
}

SIMD int64_t edge_at(const struct edge *edge, int32_t x, int32_t y)
{
    return edge->c + edge->a * x + edge->b * y;
}

/* Edge values of all lanes relative to the block's corner; of no use for huge triangles. */
SIMD void edge_lanes(const struct triangle *t, v16i lanes[3])
{
    for (unsigned i = 0; i < 3; i++) {
        const int32_t a = t->huge ? 0 : (int32_t)t->edge[i].a;
        const int32_t b = t->huge ? 0 : (int32_t)t->edge[i].b;
        lanes[i] = v_columns() * a + v_rows() * b;
    }
}

/* Blocks to be shaded, collected where the loop is short and shaded where it is not. */
#define COVERED_SIDE 17 /* blocks, as 64 pixels may lie across */
#define COVERED_MAX  (COVERED_SIDE * COVERED_SIDE)

struct covered {
    unsigned count;
    struct {
        int32_t x, y;
        uint32_t mask;
    } block[COVERED_MAX + 1]; /* the last one is written and not counted */
};

static __attribute__((noinline)) void shade_covered(struct worker *worker,
                                                    const struct covered *covered)
{
    const struct draw *draw = worker->draw;
    const struct planes *planes = worker->planes;
    const unsigned count = covered->count;
    if (draw->code != NULL && draw->code_is_whole && !planes->stipple) {
        for (unsigned i = 0; i < count; i++) {
            (void)draw->code(worker, draw, planes, covered->block[i].x, covered->block[i].y,
                             covered->block[i].mask);
        }
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        shade(worker, covered->block[i].x, covered->block[i].y, covered->block[i].mask);
    }
}

SIMD void cover(struct worker *worker, struct covered *covered, int32_t x, int32_t y, uint32_t mask)
{
    if (covered->count == COVERED_MAX) {
        shade_covered(worker, covered);
        covered->count = 0;
    }
    covered->block[covered->count].x = x;
    covered->block[covered->count].y = y;
    covered->block[covered->count].mask = mask;
    covered->count += mask != 0;
}

/* Whether cover_small() can do a part of a triangle. */
SIMD bool is_small(const struct triangle *t, const struct rect *box)
{
    return !t->huge && (box->x1 >> 2) - (box->x0 >> 2) < COVERED_SIDE &&
           (box->y1 >> 2) - (box->y0 >> 2) < COVERED_SIDE;
}

/*
 * Steps per pixel are multiples of SUBPIXEL: without their low bits, and those of the value, an
 * edge function has the same sign. It then fits 32 bits inside the box; if it is far from zero at
 * the box's corner its sign does not change there.
 */
static __attribute__((noinline)) void cover_small(const struct triangle *t, const struct rect *box,
                                                  struct covered *covered)
{
    const int32_t x0 = box->x0 & ~3, y0 = box->y0 & ~3, x1 = box->x1 & ~3;
    const int64_t limit = 1 << 30;
    v16i row[3];
    int32_t step_x[3], step_y[3];
    for (unsigned i = 0; i < 3; i++) {
        const struct edge *edge = &t->edge[i];
        const int32_t a = (int32_t)(edge->a >> SUBPIXEL_BITS);
        const int32_t b = (int32_t)(edge->b >> SUBPIXEL_BITS);
        const int64_t e = edge_at(edge, x0, y0) >> SUBPIXEL_BITS;
        row[i] = v_columns() * a + v_rows() * b +
                 (int32_t)(e > limit    ? limit
                           : e < -limit ? -limit
                                        : e);
        step_x[i] = a * 4;
        step_y[i] = b * 4;
    }
    const uint32_t left = 0x1111u * (15u << (box->x0 - x0) & 15u);
    const uint32_t right = 0x1111u * (15u >> (x1 + 3 - box->x1));
    unsigned count = 0;
    for (int32_t y = y0; y <= box->y1; y += 4) {
        v16i e[3] = {row[0], row[1], row[2]};
        uint32_t rows = 0xffff;
        rows &= y < box->y0 ? 0xffffu << 4 * (box->y0 - y) : 0xffff;
        rows &= y + 3 > box->y1 ? 0xffffu >> 4 * (y + 3 - box->y1) : 0xffff;
        uint32_t columns = rows & left;
        for (int32_t x = x0; x <= x1; x += 4) {
            columns &= x == x1 ? right : 0xffff;
            const uint32_t mask = ~v_signs(e[0] | e[1] | e[2]) & columns;
            covered->block[count].x = x;
            covered->block[count].y = y;
            covered->block[count].mask = mask;
            count += mask != 0;
            columns = rows;
            for (unsigned i = 0; i < 3; i++) {
                e[i] += step_x[i];
            }
        }
        for (unsigned i = 0; i < 3; i++) {
            row[i] += step_y[i];
        }
    }
    covered->count = count;
}

/* Blocks of one row of blocks, by index from the left: touched, and fully covered. */
struct run {
    int32_t first, last;
    int32_t full_first, full_last;
};

/*
 * Narrows the run by one edge. 'low' and 'high' are the edge's least and greatest value in block 0.
 * The division is inexact: 'touched' errs outwards and 'full' inwards.
 */
SIMD void narrow(struct run *run, int64_t low, int64_t high, int64_t step)
{
    const double margin = 1e-3;
    if (step == 0) {
        if (high < 0) {
            run->last = -1;
        }
        if (low < 0) {
            run->full_last = -1;
        }
        return;
    }
    const double limit = 1 << 20;
    double touch = -(double)high / (double)step;
    double full = -(double)low / (double)step;
    touch = touch > limit ? limit : touch < -limit ? -limit : touch;
    full = full > limit ? limit : full < -limit ? -limit : full;
    if (step > 0) {
        run->first = larger(run->first, (int32_t)(touch - margin)); /* only matters above 0 */
        run->full_first = larger(run->full_first, (int32_t)(full + margin) + 1);
    } else {
        run->last = smaller(run->last, touch < -margin ? -1 : (int32_t)(touch + margin));
        run->full_last = smaller(run->full_last, full < 1 + margin ? -1 : (int32_t)(full - margin));
    }
}

/* Coverage of a block that an edge crosses. */
SIMD uint32_t block_coverage(const struct triangle *t, const v16i lanes[3], int32_t x, int32_t y)
{
    if (t->huge) {
        uint32_t mask = 0;
        for (int lane = 0; lane < LANES; lane++) {
            const int32_t px = x + (lane & 3), py = y + (lane >> 2);
            const int64_t outside = edge_at(&t->edge[0], px, py) | edge_at(&t->edge[1], px, py) |
                                    edge_at(&t->edge[2], px, py);
            mask |= (uint32_t)(outside >= 0) << lane;
        }
        return mask;
    }
    /* beyond 2^30 no pixel of the block changes the sign */
    const int64_t limit = 1 << 30;
    v16i outside = {0};
    for (unsigned i = 0; i < 3; i++) {
        const int64_t e = edge_at(&t->edge[i], x, y);
        outside |= lanes[i] + (int32_t)(e > limit ? limit : e < -limit ? -limit : e);
    }
    return ~v_signs(outside);
}

SIMD void draw_large(struct worker *worker, const struct triangle *t, const struct rect *box)
{
    v16i lanes[3];
    edge_lanes(t, lanes);
    struct covered covered;
    covered.count = 0;
    const int32_t x0 = box->x0 & ~3, y0 = box->y0 & ~3;
    const int32_t blocks = (box->x1 >> 2) - (x0 >> 2);
    for (int32_t y = y0; y <= box->y1; y += 4) {
        struct run run = {0, blocks, 0, blocks};
        for (unsigned i = 0; i < 3; i++) {
            const struct edge *edge = &t->edge[i];
            const int64_t e = edge_at(edge, x0, y);
            const int64_t low = (edge->a < 0 ? edge->a * 3 : 0) + (edge->b < 0 ? edge->b * 3 : 0);
            const int64_t high = (edge->a > 0 ? edge->a * 3 : 0) + (edge->b > 0 ? edge->b * 3 : 0);
            narrow(&run, e + low, e + high, edge->a * 4);
        }
        for (int32_t block = run.first; block <= run.last; block++) {
            const int32_t x = x0 + block * 4;
            const bool full = block >= run.full_first && block <= run.full_last;
            const uint32_t mask = full ? 0xffff : block_coverage(t, lanes, x, y);
            cover(worker, &covered, x, y, mask & box_mask(box, x, y));
        }
    }
    shade_covered(worker, &covered);
}

SIMD struct rect common(const struct rect *a, const struct rect *b)
{
    return (struct rect){larger(a->x0, b->x0), larger(a->y0, b->y0), smaller(a->x1, b->x1),
                         smaller(a->y1, b->y1)};
}

static void triangle_blocks(struct worker *worker, const struct primitive *primitive,
                            const struct rect *within)
{
    const struct rect box = common(&primitive->box, within);
    if (is_small(&primitive->triangle, &box)) {
        struct covered covered;
        cover_small(&primitive->triangle, &box, &covered);
        shade_covered(worker, &covered);
    } else {
        draw_large(worker, &primitive->triangle, &box);
    }
}

static void rectangle_blocks(struct worker *worker, const struct rect *rect)
{
    struct covered covered;
    covered.count = 0;
    for (int32_t y = rect->y0 & ~3; y <= rect->y1; y += 4) {
        for (int32_t x = rect->x0 & ~3; x <= rect->x1; x += 4) {
            cover(worker, &covered, x, y, box_mask(rect, x, y));
        }
    }
    shade_covered(worker, &covered);
}

/* Four slots at once. */
typedef float v4f __attribute__((vector_size(16)));
typedef int32_t v4i __attribute__((vector_size(16)));

SIMD v4f load_slots(const struct vertex *v, unsigned i, unsigned linear)
{
    v4f a;
    memcpy(&a, v->attribute + i, sizeof(a));
    const v4i perspective = (v4i){0, 1, 2, 3} + (int32_t)i >= (int32_t)linear;
    const v4f times_w = a * v->w;
    return (v4f)(((v4i)times_w & perspective) | ((v4i)a & ~perspective));
}

/* Gradients of everything that varies; corners are those of the snapped triangle. */
SIMD void set_planes(struct planes *p, const struct vertex_layout *layout, const struct vertex *v0,
                     const struct vertex *v1, const struct vertex *v2, const int32_t x[3],
                     const int32_t y[3], float area)
{
    const float scale = 1.0f / SUBPIXEL;
    const float inverse = 1.0f / area;
    const float x1 = (float)(x[1] - x[0]) * scale * inverse;
    const float y1 = (float)(y[1] - y[0]) * scale * inverse;
    const float x2 = (float)(x[2] - x[0]) * scale * inverse;
    const float y2 = (float)(y[2] - y[0]) * scale * inverse;
    p->x0 = (float)x[0] * scale;
    p->y0 = (float)y[0] * scale;
    p->z0 = v0->z;
    p->zx = (v1->z - v0->z) * y2 - (v2->z - v0->z) * y1;
    p->zy = (v2->z - v0->z) * x1 - (v1->z - v0->z) * x2;
    p->w0 = v0->w;
    p->wx = (v1->w - v0->w) * y2 - (v2->w - v0->w) * y1;
    p->wy = (v2->w - v0->w) * x1 - (v1->w - v0->w) * x2;
    const unsigned linear = layout->perspective != 0 ? layout->linear : SLOT_MAX;
    for (unsigned i = 0; i < p->stride; i += 4) {
        const v4f a0 = load_slots(v0, i, linear);
        const v4f d1 = load_slots(v1, i, linear) - a0;
        const v4f d2 = load_slots(v2, i, linear) - a0;
        const v4f ax = d1 * y2 - d2 * y1;
        const v4f ay = d2 * x1 - d1 * x2;
        memcpy(p->slot + i, &a0, sizeof(a0));
        memcpy(p->slot + i + p->stride, &ax, sizeof(ax));
        memcpy(p->slot + i + 2 * p->stride, &ay, sizeof(ay));
    }
}

/* False when no pixel centre can be inside. */
SIMD bool bound(const struct draw *draw, struct primitive *primitive, const int32_t x[3],
                const int32_t y[3])
{
    const int32_t left = min3(x[0], x[1], x[2]), right = max3(x[0], x[1], x[2]);
    const int32_t top = min3(y[0], y[1], y[2]), bottom = max3(y[0], y[1], y[2]);
    const int32_t up = SUBPIXEL - 1;
    const struct rect box = {(left + up) >> SUBPIXEL_BITS, (top + up) >> SUBPIXEL_BITS,
                             right >> SUBPIXEL_BITS, bottom >> SUBPIXEL_BITS};
    primitive->box = common(&box, &draw->clip);
    const int64_t size = larger(right - left, bottom - top);
    primitive->triangle.huge = size >= (int64_t)2048 * SUBPIXEL;
    return primitive->box.x0 <= primitive->box.x1 && primitive->box.y0 <= primitive->box.y1;
}

/* Whether a triangle of at most two pixels lies between their centres; larger ones seldom do. */
SIMD bool covers_nothing(const struct triangle *t, const struct rect *box)
{
    if (box->x1 - box->x0 + box->y1 - box->y0 > 1) {
        return false;
    }
    int64_t first = 0, last = 0;
    for (unsigned i = 0; i < 3; i++) {
        first |= edge_at(&t->edge[i], box->x0, box->y0);
        last |= edge_at(&t->edge[i], box->x1, box->y1);
    }
    return (first & last) < 0;
}

/* As D3D9 has it: in units of depth, the slope being the larger of the two. */
static void offset_depth(struct planes *planes, const struct draw *draw)
{
    const float x = __builtin_fabsf(planes->zx), y = __builtin_fabsf(planes->zy);
    planes->z0 += draw->depth_offset_constant + draw->depth_offset_scale * (x > y ? x : y);
}

static void kernel_triangle(struct render *render, const struct vertex *v0, const struct vertex *v1,
                            const struct vertex *v2, const struct vertex *pv)
{
    const struct draw *draw = &render->draw;
    const int32_t x[3] = {snap(v0->x, draw->center_x), snap(v1->x, draw->center_x),
                          snap(v2->x, draw->center_x)};
    const int32_t y[3] = {snap(v0->y, draw->center_y), snap(v1->y, draw->center_y),
                          snap(v2->y, draw->center_y)};
    const int64_t area = ((int64_t)x[1] - x[0]) * ((int64_t)y[2] - y[0]) -
                         ((int64_t)x[2] - x[0]) * ((int64_t)y[1] - y[0]);
    /* y points down: a positive area is clockwise on the screen */
    if (area == 0 || (area > 0 ? draw->cull_clockwise : draw->cull_counter)) {
        return;
    }
    struct primitive *primitive = render->primitive;
    if (!bound(draw, primitive, x, y)) {
        return;
    }
    const unsigned second = area > 0 ? 1 : 2, third = 3 - second;
    struct edge *edge = primitive->triangle.edge;
    edge[0] = edge_between(x[0], y[0], x[second], y[second]);
    edge[1] = edge_between(x[second], y[second], x[third], y[third]);
    edge[2] = edge_between(x[third], y[third], x[0], y[0]);
    if (covers_nothing(&primitive->triangle, &primitive->box)) {
        return;
    }
    primitive->kind = PRIMITIVE_TRIANGLE;
    struct planes *planes = &primitive->planes;
    planes_begin(planes, draw, pv);
    planes->back = area < 0;
    planes->stipple = draw->pixel.stipple;
    set_planes(planes, &draw->layout, v0, v1, v2, x, y,
               (float)area * (1.0f / (SUBPIXEL * SUBPIXEL)));
    if (draw->depth_offset) {
        offset_depth(planes, draw);
    }
    primitive_draw(render);
}

#endif
