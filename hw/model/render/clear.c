/* SPDX-License-Identifier: MIT */
/* CLEAR_RECT (gen3.md E.2, E.10): fills colour, depth and stencil, past all tests and masks. */
#include "hw/model/render/internal.h"

#include <math.h>

/* A value for part of every pixel in a rectangle. */
struct fill {
    struct target *target;
    uint32_t value;
    uint32_t bits; /* those to replace */
    uint32_t all;  /* those of a pixel */
};

static void fill_pixel(struct render *render, const struct fill *fill, int32_t x, int32_t y)
{
    const struct target *target = fill->target;
    const uint64_t offset = surface_offset(
        &target->surface, (uint32_t)(x + target->dx) * target->cpp, (uint32_t)(y + target->dy));
    uint32_t value = fill->value;
    if (fill->bits != fill->all) {
        value |=
            surface_read(&render->worker, &target->surface, offset, target->cpp, RENDER_ER_TARGET) &
            ~fill->bits;
    }
    surface_write(&render->worker, &target->surface, offset, target->cpp, value);
}

/* Four pixels of one aligned group are contiguous in every tiling. */
static void fill_group(struct render *render, const struct fill *fill, int32_t x, int32_t y)
{
    const struct target *target = fill->target;
    uint8_t *to = target->surface.base + surface_offset(&target->surface,
                                                        (uint32_t)(x + target->dx) * target->cpp,
                                                        (uint32_t)(y + target->dy));
    uint32_t group[4];
    if (target->cpp != 4 || fill->bits != fill->all) {
        for (int32_t i = 0; i < 4; i++) {
            fill_pixel(render, fill, x + i, y);
        }
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        group[i] = fill->value;
    }
    memcpy(to, group, sizeof(group));
}

static void fill_rows(struct render *render, const struct fill *fill, const struct rect *rect)
{
    for (int32_t y = rect->y0; y <= rect->y1; y++) {
        int32_t x = rect->x0;
        while (x <= rect->x1) {
            if (fill->target->direct && (x & 3) == 0 && x + 3 <= rect->x1) {
                fill_group(render, fill, x, y);
                x += 4;
            } else {
                fill_pixel(render, fill, x++, y);
            }
        }
    }
}

static uint32_t quantised(float value, uint32_t max)
{
    const double limited = value > 0.0f ? value < 1.0f ? value : 1.0 : 0.0;
    return (uint32_t)(limited * max + 0.5);
}

/* ARGB8888 to the pixel format of the colour buffer. */
static uint32_t color_value(unsigned format, uint32_t argb)
{
    static const struct {
        uint8_t shift[4], max_bits[4]; /* r g b a */
    } layouts[16] = {
        [COLOR_8] = {{0, 0, 0, 0}, {0, 8, 0, 0}},
        [COLOR_X1555] = {{10, 5, 0, 15}, {5, 5, 5, 1}},
        [COLOR_565] = {{11, 5, 0, 0}, {5, 6, 5, 0}},
        [COLOR_8888] = {{16, 8, 0, 24}, {8, 8, 8, 8}},
        [COLOR_4444] = {{8, 4, 0, 12}, {4, 4, 4, 4}},
        [COLOR_1555] = {{10, 5, 0, 15}, {5, 5, 5, 1}},
        [COLOR_2101010] = {{20, 10, 0, 30}, {10, 10, 10, 2}},
    };
    static const uint8_t source[4] = {16, 8, 0, 24};
    uint32_t value = 0;
    for (unsigned c = 0; c < 4; c++) {
        const uint32_t max = (1u << layouts[format].max_bits[c]) - 1;
        const float channel = (float)(argb >> source[c] & 0xff) / 255.0f;
        value |= quantised(channel, max) << layouts[format].shift[c];
    }
    return value;
}

static float as_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* Corners (x2, y2), (x1, y2), (x1, y1) in window coordinates. */
static struct rect corners(const struct render *render, const uint32_t *dw)
{
    const struct rect *clip = &render->draw.clip;
    const float x0 = as_float(dw[5]) + (float)render->draw.origin_x;
    const float y0 = as_float(dw[6]) + (float)render->draw.origin_y;
    const float x1 = as_float(dw[1]) + (float)render->draw.origin_x - 1.0f;
    const float y1 = as_float(dw[2]) + (float)render->draw.origin_y - 1.0f;
    return (struct rect){(int32_t)fmaxf(x0, (float)clip->x0), (int32_t)fmaxf(y0, (float)clip->y0),
                         (int32_t)fmaxf(-1.0f, fminf(x1, (float)clip->x1)),
                         (int32_t)fmaxf(-1.0f, fminf(y1, (float)clip->y1))};
}

static void clear_color(struct render *render, const struct rect *rect)
{
    const unsigned format = render->state.dst_vars >> 8 & 15;
    const uint32_t all = (uint32_t)((UINT64_C(1) << 8 * render->draw.color.cpp) - 1);
    const struct fill fill = {&render->draw.color, color_value(format, render->state.clear[3]), all,
                              all};
    fill_rows(render, &fill, rect);
}

static void clear_depth(struct render *render, const struct rect *rect)
{
    const uint32_t what = render->state.clear[0];
    const float depth = as_float(render->state.clear[4]);
    struct fill fill = {.target = &render->draw.depth};
    if (render->draw.depth.cpp == 2) {
        fill.all = 0xffff;
        fill.bits = what & 2 ? 0xffff : 0;
        fill.value = quantised(depth, 0xffff);
    } else {
        fill.all = 0xffffffff;
        fill.bits = (what & 2 ? 0x00ffffffu : 0) | (what & 1 ? 0xff000000u : 0);
        fill.value = quantised(depth, 0xffffff) | render->state.clear[5] << 24;
    }
    fill.value &= fill.bits;
    if (fill.bits != 0) {
        fill_rows(render, &fill, rect);
    }
}

enum render_status clear_rectangle(struct render *render, const uint32_t *dw, size_t count,
                                   struct render_error *error)
{
    const uint32_t what = render->state.clear[0];
    if ((dw[0] & 1u << 23) || count != 7) {
        return render_unknown(error, "CLEAR_RECT: header 0x%08x with %zu dwords", dw[0], count);
    }
    if (!(what & 1u << 16)) {
        return render_unknown(error, "CLEAR_RECT: no CLEAR_PARAMETERS before");
    }
    const enum render_status status = derive_target(render, error);
    if (status != RENDER_OK) {
        return status;
    }
    if (((what & 4) && !render->draw.color.present) ||
        ((what & 3) && !render->draw.depth.present)) {
        return render_unknown(error, "CLEAR_RECT: the buffer to clear was never set");
    }
    if ((what & 4) && (what & 3) && render->draw.color.cpp != render->draw.depth.cpp) {
        return render_unknown(error, "CLEAR_RECT: colour of %u and depth of %u bytes at once",
                              render->draw.color.cpp, render->draw.depth.cpp);
    }
    for (unsigned i = 1; i < 7; i++) {
        if (!isfinite(as_float(dw[i]))) {
            return render_unknown(error, "CLEAR_RECT: coordinate 0x%08x", dw[i]);
        }
    }
    const struct rect rect = corners(render, dw);
    render->worker.fault = 0;
    if (what & 4) {
        clear_color(render, &rect);
    }
    if (what & 3) {
        clear_depth(render, &rect);
    }
    return render->worker.fault != 0 ? render_faulted(render, error) : RENDER_OK;
}
