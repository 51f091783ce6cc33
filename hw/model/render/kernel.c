/* SPDX-License-Identifier: MIT */
/*
 * The inner loops. This file is compiled once per instruction set, with KERNEL_NAME naming the
 * result; contraction to fused multiply-add is off, so all of them compute the same bits.
 */
#include "hw/model/render/internal.h"
#include "hw/model/render/kernel_merge.h"
#include "hw/model/render/kernel_program.h"

struct position {
    v16f x, y; /* of the lanes, from the planes' origin */
};

SIMD struct position lanes_at(const struct planes *planes, int32_t x, int32_t y)
{
    return (struct position){v_from_int(v_columns()) + ((float)x - planes->x0),
                             v_from_int(v_rows()) + ((float)y - planes->y0)};
}

SIMD v16f plane_at(float a0, float ax, float ay, const struct position *at)
{
    return a0 + ax * at->x + ay * at->y;
}

SIMD void interpolate(struct render *render, const struct position *at)
{
    const struct planes *p = &render->planes;
    const struct vertex_layout *layout = &render->layout;
    unsigned i = 0;
    for (; i < layout->linear; i++) {
        render->reg[layout->reg[i]] = plane_at(p->a0[i], p->ax[i], p->ay[i], at);
    }
    if (layout->perspective != 0) {
        const v16f w = 1.0f / plane_at(p->w0, p->wx, p->wy, at);
        for (const unsigned end = i + layout->perspective; i < end; i++) {
            render->reg[layout->reg[i]] = plane_at(p->a0[i], p->ax[i], p->ay[i], at) * w;
        }
    }
}

SIMD void outputs(const struct render *render, v16f rgba[4])
{
    for (unsigned c = 0; c < 4; c++) {
        rgba[c] =
            (v16f)((v16u)render->reg[render->program.output[c]] ^ render->program.output_negate[c]);
    }
}

/* STIPPLE: 4x4 pixels as blocks are, its rows 0..3 in nibbles 3..0, the left pixel in a nibble's
 * high bit. */
SIMD uint32_t stipple_mask(uint32_t pattern)
{
    static const uint8_t mirrored[16] = {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15};
    uint32_t mask = 0;
    for (unsigned row = 0; row < 4; row++) {
        mask |= (uint32_t)mirrored[pattern >> 4 * (3 - row) & 15] << 4 * row;
    }
    return mask;
}

/* One aligned block of 4x4 pixels. */
SIMD void shade(struct render *render, int32_t x, int32_t y, uint32_t mask)
{
    const struct pixel_state *pixel = &render->pixel;
    const struct planes *p = &render->planes;
    const struct position at = lanes_at(p, x, y);
    if (render->stipple) {
        mask &= stipple_mask(pixel->stipple_rows);
        if (mask == 0) {
            return;
        }
    }
    if (pixel->early) {
        if (pixel->uses_depth) {
            mask = depth_stencil(render, x, y, mask, plane_at(p->z0, p->zx, p->zy, &at));
            if (mask == 0) {
                return;
            }
        }
        if (!pixel->color_write) {
            return;
        }
        if (pixel->constant) {
            store_color(render, x, y, mask, render->constant_pixel);
            return;
        }
    }
    interpolate(render, &at);
    mask = run_program(render, mask);
    v16f rgba[4];
    outputs(render, rgba);
    if (pixel->alpha_test) {
        mask = alpha_test(pixel, mask, rgba[3]);
    }
    if (mask != 0 && !pixel->early && pixel->uses_depth) {
        const v16f z = render->program.writes_depth ? render->reg[REG_OD + 3]
                                                    : plane_at(p->z0, p->zx, p->zy, &at);
        mask = depth_stencil(render, x, y, mask, z);
    }
    if (mask != 0 && pixel->color_write) {
        write_color(render, x, y, mask, rgba);
    }
}

static void kernel_shade(struct render *render, int32_t x, int32_t y, uint32_t mask)
{
    shade(render, x, y, mask);
}

static void kernel_flat(struct render *render, const struct vertex *pv)
{
    const struct vertex_layout *layout = &render->layout;
    unsigned i = layout->linear + layout->perspective;
    for (const unsigned end = i + layout->flat; i < end; i++) {
        render->reg[layout->reg[i]] = v_float(pv->attribute[i]);
    }
    if (render->pixel.constant) {
        v16f rgba[4];
        outputs(render, rgba);
        render->constant_pixel = pack_8888(rgba);
    }
}

#include "hw/model/render/kernel_triangle.h"

const struct kernel KERNEL_NAME = {KERNEL_STRING, kernel_triangle, kernel_flat, kernel_shade};
