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

SIMD void interpolate(struct worker *worker, const struct position *at)
{
    const struct planes *p = worker->planes;
    const struct vertex_layout *layout = &worker->draw->layout;
    const float *a0 = p->slot, *ax = a0 + p->stride, *ay = ax + p->stride;
    unsigned i = 0;
    for (; i < layout->linear; i++) {
        worker->reg[layout->reg[i]] = plane_at(a0[i], ax[i], ay[i], at);
    }
    if (layout->perspective != 0) {
        const v16f w = 1.0f / plane_at(p->w0, p->wx, p->wy, at);
        for (const unsigned end = i + layout->perspective; i < end; i++) {
            worker->reg[layout->reg[i]] = plane_at(a0[i], ax[i], ay[i], at) * w;
        }
    }
}

SIMD void outputs(const struct worker *worker, v16f rgba[4])
{
    const struct program *program = worker->draw->program;
    for (unsigned c = 0; c < 4; c++) {
        rgba[c] = (v16f)((v16u)worker->reg[program->output[c]] ^ program->output_negate[c]);
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

/* Interpolates and runs the program; returns the pixels that it did not kill. */
SIMD uint32_t run(struct worker *worker, const struct position *at, int32_t x, int32_t y,
                  uint32_t mask, v16f rgba[4])
{
    const struct draw *draw = worker->draw;
    if (draw->code != NULL) {
        const struct covered_block block = {x, y, mask};
        mask = draw->code(worker, draw, worker->planes, &block, 1);
        memcpy(rgba, &worker->reg[REG_OC], 4 * sizeof(v16f));
        return mask;
    }
    interpolate(worker, at);
    mask = run_program(worker, mask);
    outputs(worker, rgba);
    return mask;
}

/* One aligned block of 4x4 pixels. */
SIMD void shade(struct worker *worker, int32_t x, int32_t y, uint32_t mask)
{
    const struct pixel_state *pixel = &worker->draw->pixel;
    const struct planes *p = worker->planes;
    if (p->stipple) {
        mask &= stipple_mask(pixel->stipple_rows);
        if (mask == 0) {
            return;
        }
    }
    if (worker->draw->code != NULL && worker->draw->code_is_whole) {
        const struct covered_block block = {x, y, mask};
        (void)worker->draw->code(worker, worker->draw, p, &block, 1);
        return;
    }
    const struct position at = lanes_at(p, x, y);
    if (pixel->early) {
        if (pixel->uses_depth) {
            mask = depth_stencil(worker, x, y, mask, plane_at(p->z0, p->zx, p->zy, &at));
            if (mask == 0) {
                return;
            }
        }
        if (!pixel->color_write) {
            return;
        }
        if (pixel->constant) {
            store_color(worker, x, y, mask, worker->constant_pixel);
            return;
        }
    }
    v16f rgba[4];
    mask = run(worker, &at, x, y, mask, rgba);
    if (__builtin_expect(pixel->effects, 0)) {
        mask = effects(worker, mask, rgba);
    }
    if (pixel->alpha_test) {
        mask = alpha_test(pixel, mask, rgba[3]);
    }
    if (mask != 0 && !pixel->early && pixel->uses_depth) {
        const v16f z = worker->draw->program->writes_depth ? worker->reg[REG_OD + 3]
                       : pixel->depth_is_w                 ? 1.0f / worker->reg[REG_RHW]
                                                           : plane_at(p->z0, p->zx, p->zy, &at);
        mask = depth_stencil(worker, x, y, mask, z);
    }
    if (mask != 0 && pixel->color_write) {
        write_color(worker, x, y, mask, rgba);
    }
}

static void kernel_shade(struct worker *worker, int32_t x, int32_t y, uint32_t mask)
{
    shade(worker, x, y, mask);
}

static void begin_draw(struct worker *worker, const struct draw *draw)
{
    const struct program *program = draw->program;
    worker->draw = draw;
    if (draw->code != NULL) { /* which finds its inputs itself */
        return;
    }
    for (unsigned i = 0; i < program->uniforms; i++) {
        const unsigned reg = program->uniform[i];
        worker->reg[reg] = (v16f)v_uint(reg >= REG_CONSTANT ? draw->constant[reg - REG_CONSTANT]
                                                            : draw->fallback[reg - REG_T]);
    }
}

static void kernel_begin(struct worker *worker, const struct primitive *primitive)
{
    const struct draw *draw = primitive->draw;
    const struct planes *p = &primitive->planes;
    const struct vertex_layout *layout = &draw->layout;
    if (worker->draw != draw) {
        begin_draw(worker, draw);
    }
    worker->planes = p;
    const unsigned smooth = layout->linear + layout->perspective;
    for (unsigned i = 0; draw->code == NULL && i < layout->flat; i++) {
        worker->reg[layout->reg[smooth + i]] = v_float(p->slot[3 * p->stride + i]);
    }
    if (draw->pixel.constant) {
        v16f rgba[4];
        outputs(worker, rgba);
        worker->constant_pixel = pack_8888(rgba);
    }
}

#include "hw/model/render/kernel_triangle.h"

const struct kernel KERNEL_NAME = {
    .name = KERNEL_STRING,
    .sample = {[SAMPLING_PLAIN] = sample_plain,
               [SAMPLING_LEVELS] = sample_leveled,
               [SAMPLING_GENERAL] = sample_general},
    .triangle = kernel_triangle,
    .begin = kernel_begin,
    .triangle_blocks = triangle_blocks,
    .rectangle_blocks = rectangle_blocks,
    .shade = kernel_shade,
};
