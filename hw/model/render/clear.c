/* SPDX-License-Identifier: MIT */
/*
 * CLEAR_RECT and ZONE_INIT (gen3.md E.2, E.10): fill colour, depth and stencil inside draw
 * rectangle and scissor, past all tests and masks. CLEAR_RECT converts its values, ZONE_INIT has
 * raw ones.
 */
#include <math.h>

#include "hw/model/blit_pixels.h"
#include "hw/model/render/internal.h"

static void fill_pixel(struct render *render, const struct tile_fill *fill, int32_t x, int32_t y)
{
    const struct target *target = &fill->target;
    const uint32_t column = (uint32_t)(x + target->dx) * target->cpp;
    const uint32_t row = (uint32_t)(y + target->dy) << target->row_shift | target->row_offset;
    const uint64_t offset = surface_offset(&target->surface, column, row);
    uint32_t value = pixels_rotate(fill->value, column);
    if (fill->mask != 0xffffffff) {
        const uint32_t old =
            surface_read(&render->worker, &target->surface, offset, target->cpp, RENDER_ER_TARGET);
        value = (value & fill->mask) | (old & ~fill->mask);
    }
    surface_write(&render->worker, &target->surface, offset, target->cpp, value);
}

/* What is plainly in memory can wait for what is drawn to it; only what is not can fault. */
static void fill_target(struct render *render, const struct tile_fill *fill,
                        const struct rect *rect)
{
    const struct rect *clip = &render->draw.clip;
    if (area_fill_later(render, fill, rect, clip->x1 | clip->y1)) {
        return;
    }
    render_finish(render);
    if (fill->target.surface.base != NULL) {
        fill_rectangle(fill, rect);
        return;
    }
    for (int32_t y = rect->y0; y <= rect->y1; y++) {
        for (int32_t x = rect->x0; x <= rect->x1; x++) {
            fill_pixel(render, fill, x, y);
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

/* The corners are (x2, y2), (x1, y2), (x1, y1) in window coordinates; not a number is beyond. */
static struct rect corners(const struct render *render, const uint32_t *dw)
{
    const struct rect *clip = &render->draw.clip;
    const float x0 = as_float(dw[5]) + (float)render->draw.origin_x;
    const float y0 = as_float(dw[6]) + (float)render->draw.origin_y;
    const float x1 = as_float(dw[1]) + (float)render->draw.origin_x - 1.0f;
    const float y1 = as_float(dw[2]) + (float)render->draw.origin_y - 1.0f;
    const bool empty = !(x0 <= (float)clip->x1 && y0 <= (float)clip->y1 && x1 >= (float)clip->x0 &&
                         y1 >= (float)clip->y0);
    if (empty) {
        return (struct rect){0, 0, -1, -1};
    }
    return (struct rect){(int32_t)fmaxf(x0, (float)clip->x0), (int32_t)fmaxf(y0, (float)clip->y0),
                         (int32_t)fminf(x1, (float)clip->x1), (int32_t)fminf(y1, (float)clip->y1)};
}

/* Y, and of the chroma samples the one that the column keeps; red is Cr, blue is Cb. */
static uint32_t value_422(unsigned format, uint32_t argb, bool odd)
{
    const bool y_high = format == COLOR_UYVY || format == COLOR_VYUY;
    const bool cr_first = format == COLOR_YVYU || format == COLOR_VYUY;
    const uint32_t y = argb >> 8 & 0xff, chroma = argb >> (odd != cr_first ? 16 : 0) & 0xff;
    return y_high ? y << 8 | chroma : chroma << 8 | y;
}

static void clear_color(struct render *render, const struct rect *rect, bool raw)
{
    const uint32_t *parameters = render->state.clear;
    const unsigned format = render->state.dst_vars >> 8 & 15;
    struct tile_fill fill = {.target = render->draw.color, .mask = 0xffffffff};
    if (!raw && format >= COLOR_UYVY && format <= COLOR_VYUY) {
        const uint32_t even = value_422(format, parameters[3], false);
        const uint32_t odd = value_422(format, parameters[3], true);
        fill.value = fill.target.dx & 1 ? odd | even << 16 : even | odd << 16;
    } else {
        fill.value = pixels_repeat(raw ? parameters[1] : color_value(format, parameters[3]),
                                   fill.target.cpp);
    }
    fill_target(render, &fill, rect);
}

/* As the inner loops store it: fixed point, or 4 bits of exponent and 'mantissa' bits. */
static uint32_t depth_value(uint32_t dst_vars, float depth)
{
    const bool wide = dst_vars & 8;
    if (!(dst_vars & 4)) {
        return quantised(depth, wide ? 0xffffff : 0xffff);
    }
    const int mantissa = wide ? 20 : 12;
    const double value = depth > 0.0f ? depth < 1.0f ? depth : 1.0 : 0.0;
    if (value < 1.0 / 16384) {
        return (uint32_t)(ldexp(value, mantissa + 14) + 0.5);
    }
    int exponent;
    (void)frexp(value, &exponent); /* 2^(exponent - 1) <= value < 2^exponent */
    const uint32_t steps = (uint32_t)(ldexp(value, mantissa + 1 - exponent) + 0.5);
    return steps + ((uint32_t)(exponent + 13) << mantissa);
}

static void clear_depth(struct render *render, const struct rect *rect, bool raw)
{
    const uint32_t *parameters = render->state.clear;
    const uint32_t what = parameters[0];
    const bool wide = render->draw.depth.cpp == 4;
    struct tile_fill fill = {.target = render->draw.depth};
    fill.mask = wide ? (what & 2 ? 0x00ffffffu : 0) | (what & 1 ? 0xff000000u : 0)
                     : (what & 2 ? 0xffffffffu : 0);
    const uint32_t value = depth_value(render->state.dst_vars, as_float(parameters[4])) |
                           (wide ? parameters[5] << 24 : 0);
    fill.value = pixels_repeat(raw ? parameters[2] : value, fill.target.cpp);
    if (fill.mask != 0) {
        fill_target(render, &fill, rect);
    }
}

enum render_status clear_rectangle(struct render *render, const uint32_t *dw, size_t count,
                                   struct render_error *error)
{
    const uint32_t what = render->state.clear[0];
    const bool raw = (dw[0] >> 18 & 31) == ZONE_INIT;
    if ((dw[0] & 1u << 23) || count != 7) {
        return render_unknown(error, "CLEAR_RECT: header 0x%08x with %zu dwords", dw[0], count);
    }
    const enum render_status status = derive_target(render, error);
    if (status != RENDER_OK) {
        return status;
    }
    if (((what & 4) && !render->draw.color.present) ||
        ((what & 3) && !render->draw.depth.present)) {
        return render_unknown(error, "CLEAR_RECT: the buffer to clear was never set");
    }
    const struct rect rect = corners(render, dw);
    if (rect.x0 > rect.x1 || rect.y0 > rect.y1) {
        return RENDER_OK;
    }
    render->worker.fault = 0;
    if (what & 4) {
        clear_color(render, &rect, raw);
    }
    if (what & 3) {
        clear_depth(render, &rect, raw);
    }
    return render->worker.fault != 0 ? render_faulted(render, error) : RENDER_OK;
}
