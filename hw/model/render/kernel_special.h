/* SPDX-License-Identifier: MIT */
/*
 * What few draw with, out of the way of the common merge: sRGB and 4:2:2 targets, fixed-function
 * fog, the coverage of antialiased lines. Part of kernel_merge.h.
 */
#ifndef GEMD_HW_MODEL_RENDER_KERNEL_SPECIAL_H
#define GEMD_HW_MODEL_RENDER_KERNEL_SPECIAL_H

/* Between sRGB and linear light. */
static v16f gamma_decode(v16f a)
{
    const v16f power = v_exp2(v_log2((a + 0.055f) * (1.0f / 1.055f)) * 2.4f);
    return v_select(v_le(a, v_float(0.04045f)), a * (1.0f / 12.92f), power);
}

static v16f gamma_encode(v16f a)
{
    const v16f inside = v_saturate(a);
    const v16f power = v_exp2(v_log2(inside) * (1.0f / 2.4f)) * 1.055f - 0.055f;
    return v_select(v_le(inside, v_float(0.0031308f)), inside * 12.92f, power);
}

/* Lanes of odd columns: those that hold the second chroma sample. */
SIMD v16i odd_lanes(void)
{
    return -(v_columns() & 1);
}

/* Cr is red, Y green and Cb blue. The chroma that a pixel does not hold reads as the other. */
SIMD v16i cr_lanes(unsigned format)
{
    return format == COLOR_YVYU || format == COLOR_VYUY ? ~odd_lanes() : odd_lanes();
}

static void unpack_422(unsigned format, v16u old, v16f rgba[4])
{
    const bool y_high = format == COLOR_UYVY || format == COLOR_VYUY;
    const v16u y = y_high ? old >> 8 : old & 255, chroma = y_high ? old & 255 : old >> 8;
    rgba[1] = v_from_int((v16i)y) * (1.0f / 255.0f);
    rgba[0] = rgba[2] = v_from_int((v16i)chroma) * (1.0f / 255.0f);
    rgba[3] = v_float(1.0f);
}

static v16u pack_422(unsigned format, const v16f rgba[4])
{
    const bool y_high = format == COLOR_UYVY || format == COLOR_VYUY;
    const v16f half = v_float(0.5f);
    const v16u y = quantise(rgba[1], 255.0f, half);
    const v16u chroma = quantise(v_select(cr_lanes(format), rgba[0], rgba[2]), 255.0f, half);
    return y_high ? y << 8 | chroma : chroma << 8 | y;
}

static v16u write_bits_422(const struct pixel_state *pixel)
{
    const v16i cr = cr_lanes(pixel->color_format);
    return v_uint(pixel->write_lanes[1]) |
           v_select_uint(cr, v_uint(pixel->write_lanes[0]), v_uint(pixel->write_lanes[2]));
}

/* 4:2:2 and sRGB targets. */
static v16u merge_special(const struct pixel_state *pixel, v16u old, v16f rgba[4])
{
    const bool wide = pixel->gamma;
    if (pixel->blend) {
        v16f dst[4];
        if (wide) {
            unpack(pixel->color_format, old, dst);
            for (unsigned c = 0; c < 3; c++) {
                dst[c] = gamma_decode(dst[c]);
            }
        } else {
            unpack_422(pixel->color_format, old, dst);
        }
        blend_with(pixel, dst, rgba);
    }
    for (unsigned c = 0; wide && c < 3; c++) {
        rgba[c] = gamma_encode(rgba[c]);
    }
    v16u packed = wide ? pack_8888(rgba) : pack_422(pixel->color_format, rgba);
    if (pixel->logic_op) {
        packed = logic(pixel->logic_code, packed, old);
    }
    const v16u bits = wide ? v_uint(pixel->write_bits) : write_bits_422(pixel);
    return (packed & bits) | (old & ~bits);
}

/* What comes between the program and the alpha test: fog, and the edges of antialiased lines. */
static uint32_t effects(const struct worker *worker, uint32_t mask, v16f rgba[4])
{
    const struct pixel_state *pixel = &worker->draw->pixel;
    if (pixel->fog) {
        v16f c = worker->reg[REG_FOG];
        c = pixel->fog_by_w ? 1.0f / c : c;
        const v16f scaled = c * pixel->fog_density;
        const v16f f = pixel->fog_func == FOG_VERTEX ? c
                       : pixel->fog_func == FOG_EXP  ? v_exp2(-scaled)
                       : pixel->fog_func == FOG_EXP2 ? v_exp2(-(scaled * scaled))
                                                     : pixel->fog_c1 - pixel->fog_c2 * c;
        const v16f factor = v_saturate(f);
        for (unsigned i = 0; i < 3; i++) {
            rgba[i] = v_saturate(rgba[i]) * factor + pixel->fog_color[i] * (1.0f - factor);
        }
    }
    if (pixel->line_cover) {
        const v16f *d = &worker->reg[REG_COVER];
        const v16f cover = v_saturate(v_min(d[0], d[1])) * v_saturate(v_min(d[2], d[3]));
        rgba[3] = v_saturate(rgba[3]) * cover;
        mask &= v_signs(v_gt(cover, v_float(0.0f)));
    }
    return mask;
}

#endif
