/* SPDX-License-Identifier: MIT */
/* 3DPRIMITIVE (gen3.md E.2): where vertices come from and how they form primitives. */
#include "hw/model/render/internal.h"

#define VERTEX_DWORDS_MAX 64

/* Vertex n of the command: inline, by sequence or by an element list. */
struct source {
    struct render *render;
    const uint32_t *inline_data;
    const uint32_t *elements;
    uint32_t first;
    uint32_t count;
    uint64_t address; /* S0 */
    uint32_t pitch;   /* dwords */
    /* addresses [low, high) are plainly in memory */
    uint64_t low, high;
    const uint8_t *plain;
    uint32_t copy[VERTEX_DWORDS_MAX];
};

/* How much is looked up at once. */
#define PLAIN_BYTES 16384u

/* Finds memory that is there from 'address' on; false when a vertex has to be copied. */
static bool find_plain(struct source *source, uint64_t address, uint64_t bytes)
{
    uint64_t span = 0;
    if (source->render->watcher != NULL) {
        return false;
    }
    source->plain = model_memory_at(source->render->memory, address, PLAIN_BYTES, &span);
    source->low = address;
    source->high = source->plain != NULL ? address + span : address;
    return span >= bytes && source->plain != NULL;
}

static const uint32_t *source_dwords(struct source *source, uint32_t n)
{
    struct render *render = source->render;
    const uint32_t size = render->draw.layout.size;
    if (source->inline_data != NULL) {
        return source->inline_data + (size_t)n * size;
    }
    const uint32_t index = source->elements != NULL
                               ? source->elements[n / 2] >> 16 * (n % 2) & 0xffff
                               : source->first + n;
    const uint64_t address = source->address + 4 * (uint64_t)index * source->pitch;
    const uint64_t bytes = 4 * (uint64_t)size;
    if ((address >= source->low && address + bytes <= source->high) ||
        find_plain(source, address, bytes)) {
        return (const uint32_t *)(source->plain + (address - source->low));
    }
    if (render->watcher != NULL) {
        watcher_touch(render->watcher, MODEL_WATCH_VERTEX, address, bytes, false);
    }
    if (!model_memory_read(render->memory, address, source->copy, bytes)) {
        if (render->worker.fault == 0) {
            render->worker.fault = RENDER_ER_VERTEX;
            render->worker.fault_address = address;
        }
        memset(source->copy, 0, sizeof(source->copy));
    }
    return source->copy;
}

static bool fetch(struct source *source, uint32_t n, struct vertex *vertex)
{
    return vertex_decode(source->render, source_dwords(source, n), vertex);
}

/* Vertices may have been drawn. */
static void wait_for_vertices(const struct source *source)
{
    const uint64_t pitch = 4 * (uint64_t)source->pitch;
    uint64_t low = source->address + source->first * pitch;
    uint64_t high = low + source->count * pitch + 4 * VERTEX_DWORDS_MAX;
    if (source->elements != NULL) {
        low = source->address;
        high = low + 65536 * pitch + 4 * VERTEX_DWORDS_MAX;
        if (!draw_pending(source->render, low, high, false)) {
            return;
        }
        uint32_t last = 0;
        for (uint32_t n = 0; n < source->count; n++) {
            const uint32_t index = source->elements[n / 2] >> 16 * (n % 2) & 0xffff;
            last = index > last ? index : last;
        }
        high = low + (last + 1) * pitch + 4 * VERTEX_DWORDS_MAX;
    }
    render_finish_range(source->render, low, high, false);
}

static enum render_status locate(struct source *source, const uint32_t *dw, size_t count,
                                 struct render_error *error)
{
    const uint32_t size = source->render->draw.layout.size;
    if (!(dw[0] & 1u << 23)) {
        if ((dw[0] & 1u << 17) || (count - 1) % size != 0) {
            return render_unknown(error, "3DPRIMITIVE: %zu dwords inline, vertices have %u",
                                  count - 1, size);
        }
        source->inline_data = dw + 1;
        source->count = (uint32_t)((count - 1) / size);
        return RENDER_OK;
    }
    const uint32_t s1 = source->render->state.s[1];
    const uint32_t width = s1 >> 24 & 0x3f;
    source->address = source->render->state.s[0] & 0x0ffffffc;
    source->pitch = s1 >> 16 & 0x3f;
    source->count = dw[0] & 0xffff;
    if (width != size || size > VERTEX_DWORDS_MAX) {
        return render_unknown(error, "S1: vertex width %u, S2 and S4 say %u", width, size);
    }
    const bool elements = dw[0] & 1u << 17;
    if (source->count == 0 || count != (elements ? 1 + (source->count + 1u) / 2 : 2)) {
        return render_unknown(error, "3DPRIMITIVE: %u vertices indirect with %zu dwords",
                              source->count, count);
    }
    source->elements = elements ? dw + 1 : NULL;
    source->first = elements ? 0 : dw[1];
    wait_for_vertices(source);
    return RENDER_OK;
}

/* Texture coordinates that take the shorter way around do so from the first corner. */
static void wrapped_triangle(struct render *render, const struct vertex *const v[3],
                             const struct vertex *pv)
{
    const struct vertex_layout *layout = &render->draw.layout;
    struct vertex second = *v[1], third = *v[2];
    vertex_wrap(layout, v[0], &second);
    vertex_wrap(layout, v[0], &third);
    render->kernel->triangle(render, v[0], &second, &third, pv);
}

static void triangle(struct render *render, const struct vertex *const v[3], bool finite,
                     const struct vertex *pv)
{
    if (finite && render->draw.layout.wraps) {
        wrapped_triangle(render, v, pv);
    } else if (finite) {
        render->kernel->triangle(render, v[0], v[1], v[2], pv);
    }
}

/* S6 1:0: which vertex of a list's or strip's triangle gives flat attributes. */
static unsigned provoking(const struct render *render)
{
    const unsigned pv = render->state.s[6] & 3;
    return pv > 2 ? 2 : pv;
}

static void draw_triangle_list(struct source *source)
{
    struct render *render = source->render;
    struct vertex *v = render->vertex;
    const struct vertex *corner[3] = {&v[0], &v[1], &v[2]};
    const unsigned pv = provoking(render);
    for (uint32_t n = 0; n + 2 < source->count; n += 3) {
        bool finite = true;
        for (uint32_t i = 0; i < 3; i++) {
            finite &= fetch(source, n + i, &v[i]);
        }
        triangle(render, corner, finite, corner[pv]);
    }
}

/* Odd triangles swap two corners to keep the winding; the provoking vertex keeps its place. */
static void draw_strip(struct source *source, bool reversed)
{
    struct render *render = source->render;
    struct vertex *v = render->vertex;
    bool finite[3] = {false, false, false};
    const unsigned pv = provoking(render);
    for (uint32_t n = 0; n < source->count; n++) {
        finite[n % 3] = fetch(source, n, &v[n % 3]);
        if (n < 2) {
            continue;
        }
        const struct vertex *in_order[3] = {&v[(n - 2) % 3], &v[(n - 1) % 3], &v[n % 3]};
        const bool swap = ((n & 1) != 0) != reversed;
        const struct vertex *corner[3] = {in_order[swap ? 1 : 0], in_order[swap ? 0 : 1],
                                          in_order[2]};
        triangle(render, corner, finite[0] && finite[1] && finite[2], in_order[pv]);
    }
}

static void draw_fan(struct source *source, unsigned pv)
{
    struct render *render = source->render;
    struct vertex *v = render->vertex;
    bool finite[3] = {false, false, false};
    for (uint32_t n = 0; n < source->count; n++) {
        const unsigned at = n == 0 ? 0 : 1 + (n & 1);
        finite[at] = fetch(source, n, &v[at]);
        if (n >= 2) {
            const struct vertex *corner[3] = {&v[0], &v[1 + (~n & 1)], &v[at]};
            triangle(render, corner, finite[0] && finite[1] && finite[2], corner[pv]);
        }
    }
}

static void draw_lines(struct source *source, bool strip)
{
    struct render *render = source->render;
    struct vertex *v = render->vertex;
    const bool last = strip ? render->state.line_strip_last : provoking(render) != 0;
    bool finite[2] = {false, false};
    for (uint32_t n = 0; n < source->count; n++) {
        finite[n & 1] = fetch(source, n, &v[n & 1]);
        const bool complete = strip ? n > 0 : n & 1;
        if (complete && finite[0] && finite[1]) {
            const struct vertex *from = &v[~n & 1], *to = &v[n & 1];
            line_draw(render, from, to, last ? to : from);
        }
    }
}

static void draw_rectangles(struct source *source)
{
    struct vertex *v = source->render->vertex;
    for (uint32_t n = 0; n + 2 < source->count; n += 3) {
        bool finite = true;
        for (uint32_t i = 0; i < 3; i++) {
            finite &= fetch(source, n + i, &v[i]);
        }
        if (finite) {
            rectangle_draw(source->render, v);
        }
    }
}

static void draw_points(struct source *source)
{
    struct vertex *v = source->render->vertex;
    for (uint32_t n = 0; n < source->count; n++) {
        if (fetch(source, n, v)) {
            point_draw(source->render, v);
        }
    }
}

static void draw(struct source *source, unsigned type)
{
    switch (type) {
    case TRILIST:
        draw_triangle_list(source);
        break;
    case TRISTRIP:
    case TRISTRIP_RVRSE:
        draw_strip(source, type == TRISTRIP_RVRSE);
        break;
    case TRIFAN:
        draw_fan(source, source->render->state.fan_provoking == 1 ? 1 : 2);
        break;
    case POLY:
        draw_fan(source, 0);
        break;
    case LINELIST:
    case LINESTRIP:
        draw_lines(source, type == LINESTRIP);
        break;
    case RECTLIST:
        draw_rectangles(source);
        break;
    default:
        draw_points(source);
        break;
    }
}

enum render_status primitive_command(struct render *render, const uint32_t *dw, size_t count,
                                     struct render_error *error)
{
    const unsigned type = dw[0] >> 18 & 31;
    if (type == CLEAR_RECT || type == ZONE_INIT) {
        return clear_rectangle(render, dw, count, error);
    }
    if (type > POINTLIST) {
        return render_unknown(error, "3DPRIMITIVE: primitive type %u", type);
    }
    enum render_status status = RENDER_OK;
    if (render->dirty != 0) {
        draw_changed(render);
        status = derive(render, error);
    }
    struct source source;
    source.render = render;
    source.inline_data = NULL;
    source.low = source.high = 0;
    source.plain = NULL;
    if (status == RENDER_OK) {
        status = locate(&source, dw, count, error);
    }
    if (status != RENDER_OK) {
        return status;
    }
    draw_prepare(render);
    render->worker.fault = 0;
    draw(&source, type);
    return render->worker.fault != 0 ? render_faulted(render, error) : RENDER_OK;
}
