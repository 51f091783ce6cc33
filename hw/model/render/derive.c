/* SPDX-License-Identifier: MIT */
/* From what commands set to what the inner loops need: all but targets, vertices and textures. */
#include "hw/model/render/internal.h"

#include <math.h>

/* Bits of each channel, r g b a, in a stored pixel. */
static const uint32_t channel_bits[16][4] = {
    [COLOR_8] = {0, 0xff, 0, 0},
    [COLOR_X1555] = {0x7c00, 0x03e0, 0x001f, 0x8000},
    [COLOR_565] = {0xf800, 0x07e0, 0x001f, 0},
    [COLOR_8888] = {0xff0000, 0xff00, 0xff, 0xff000000},
    [COLOR_UYVY] = {0x00ff, 0xff00, 0x00ff, 0},
    [COLOR_YUYV] = {0xff00, 0x00ff, 0xff00, 0},
    [COLOR_YVYU] = {0xff00, 0x00ff, 0xff00, 0},
    [COLOR_VYUY] = {0x00ff, 0xff00, 0x00ff, 0},
    [COLOR_4444] = {0x0f00, 0x00f0, 0x000f, 0xf000},
    [COLOR_1555] = {0x7c00, 0x03e0, 0x001f, 0x8000},
    [COLOR_2101010] = {0x3ff00000, 0x000ffc00, 0x000003ff, 0xc0000000},
};

/* Channels of Y, Cr, Cb and CrCb that DST_BUF_VARS 14:12 lets through; R is Cr and B is Cb. */
static const uint8_t channels_422[8] = {0xf, 1u << 1, 1u << 0, 1u << 2, 1u << 0 | 1u << 2};

static enum render_status derive_writes(struct render *render, struct pixel_state *pixel,
                                        struct render_error *error)
{
    static const uint8_t disable_bit[4] = {30, 29, 28, 31};
    const uint32_t s5 = render->state.s[5];
    const uint32_t dst_vars = render->state.dst_vars;
    const unsigned select = dst_vars >> 12 & 7;
    pixel->color_format = dst_vars >> 8 & 15;
    const bool is_422 = pixel->color_format >= COLOR_UYVY && pixel->color_format <= COLOR_VYUY;
    if (is_422 && select > 4) {
        return render_unknown(error, "DST_BUF_VARS: 4:2:2 channels %u", select);
    }
    const uint8_t allowed = is_422 ? channels_422[select] : 0xf;
    pixel->write_bits = pixel->pixel_bits = 0;
    for (unsigned c = 0; c < 4; c++) {
        const uint32_t bits = channel_bits[pixel->color_format][c];
        pixel->pixel_bits |= bits;
        const bool on = allowed >> c & 1 && !(s5 & 1u << disable_bit[c]);
        pixel->write_bits |= on ? bits : 0;
        pixel->write_lanes[c] = on ? bits : 0;
    }
    pixel->color_write = render->state.s[6] >> 2 & 1 && pixel->write_bits != 0;
    pixel->gamma = dst_vars >> 25 & 1 && pixel->color_format == COLOR_8888;
    pixel->special_color = is_422 || pixel->gamma;
    return RENDER_OK;
}

static void derive_stencil(struct render *render, struct pixel_state *pixel)
{
    const uint32_t s5 = render->state.s[5];
    const uint32_t bfo = render->state.backface_ops;
    const uint32_t bfm = render->state.backface_masks;
    struct stencil_state *front = &pixel->stencil[0];
    struct stencil_state *back = &pixel->stencil[1];
    pixel->stencil_test = s5 >> 2 & 1;
    pixel->stencil_write = s5 >> 3 & 1;
    *front = (struct stencil_state){.func = s5 >> 13 & 7,
                                    .fail = s5 >> 10 & 7,
                                    .zfail = s5 >> 7 & 7,
                                    .zpass = s5 >> 4 & 7,
                                    .ref = s5 >> 16 & 0xff,
                                    .test_mask = render->state.modes4 >> 8 & 0xff,
                                    .write_mask = render->state.modes4 & 0xff};
    *back = *front;
    if (bfo & 1) {
        *back = (struct stencil_state){.func = bfo >> 11 & 7,
                                       .fail = bfo >> 8 & 7,
                                       .zfail = bfo >> 5 & 7,
                                       .zpass = bfo >> 2 & 7,
                                       .ref = bfo >> 15 & 0xff,
                                       .test_mask = bfm >> 8 & 0xff,
                                       .write_mask = bfm & 0xff};
    }
}

static enum render_status check_equation(const struct blend_equation *equation, const char *name,
                                         struct render_error *error)
{
    const bool factors = equation->func < 3;
    if (equation->func > 4 || (factors && (equation->src == 0 || equation->dst == 0))) {
        return render_unknown(error, "%s: blend function %u, factors %u and %u", name,
                              equation->func, equation->src, equation->dst);
    }
    return RENDER_OK;
}

static enum render_status derive_blend(struct render *render, struct pixel_state *pixel,
                                       struct render_error *error)
{
    const uint32_t s6 = render->state.s[6];
    const uint32_t iab = render->state.alpha_blend;
    pixel->blend = s6 >> 15 & 1 && !pixel->logic_op;
    pixel->rgb = (struct blend_equation){s6 >> 12 & 7, s6 >> 8 & 15, s6 >> 4 & 15};
    pixel->alpha = pixel->rgb;
    if (iab & 1u << 22) {
        pixel->alpha = (struct blend_equation){iab >> 16 & 7, iab >> 6 & 15, iab & 15};
    }
    static const uint8_t shifts[4] = {16, 8, 0, 24};
    for (unsigned c = 0; c < 4; c++) {
        pixel->blend_color[c] =
            (float)(render->state.blend_color >> shifts[c] & 0xff) * (1.0f / 255.0f);
    }
    if (!pixel->blend || !pixel->color_write) {
        return RENDER_OK;
    }
    const enum render_status status = check_equation(&pixel->rgb, "S6", error);
    return status != RENDER_OK ? status
                               : check_equation(&pixel->alpha, "INDEPENDENT_ALPHA_BLEND", error);
}

/* FOG_MODE: constants are 16.16 fixed point for the index z, floats for w; C1 is U7.9. */
static void derive_fog(struct render *render, struct pixel_state *pixel)
{
    const uint32_t *fog = render->state.fog;
    const bool by_w = fog[0] >> 25 & 1;
    const float log2e = 1.44269504f;
    float c2, density;
    memcpy(&c2, &fog[1], sizeof(c2));
    memcpy(&density, &fog[2], sizeof(density));
    pixel->fog = render->state.s[5] >> 24 & 1;
    pixel->fog_func = fog[0] >> 28 & 3;
    pixel->fog_by_w = by_w && pixel->fog_func != FOG_VERTEX;
    pixel->fog_c1 = (float)(fog[0] >> 4 & 0xffff) / 512.0f;
    pixel->fog_c2 = by_w ? c2 : (float)fog[1] / 65536.0f;
    density = by_w ? density : (float)fog[2] / 65536.0f;
    pixel->fog_density = density * (pixel->fog_func == FOG_EXP2 ? sqrtf(log2e) : log2e);
    for (unsigned c = 0; c < 3; c++) {
        pixel->fog_color[c] =
            (float)(render->state.fog_color >> (16 - 8 * c) & 0xff) * (1.0f / 255.0f);
    }
}

static void derive_depth(struct render *render, struct pixel_state *pixel)
{
    static const float scales[4] = {65535.0f, 4096.0f, 16777215.0f, 1048576.0f};
    const uint32_t s6 = render->state.s[6];
    const uint32_t dst_vars = render->state.dst_vars;
    pixel->depth_test = s6 >> 19 & 1;
    pixel->depth_func = s6 >> 16 & 7;
    pixel->depth_write = s6 >> 3 & 1;
    pixel->uses_depth = pixel->depth_test || pixel->depth_write || pixel->stencil_test;
    pixel->depth_bytes = dst_vars & 8 ? 4 : 2;
    pixel->depth_float = dst_vars >> 2 & 1;
    pixel->depth_scale = scales[dst_vars >> 2 & 3];
    pixel->depth_is_w = dst_vars >> 6 & 1;
}

static enum render_status derive_pixel(struct render *render, struct render_error *error)
{
    struct pixel_state *pixel = &render->draw.pixel;
    const struct registers *state = &render->state;
    const uint32_t s5 = state->s[5];
    const uint32_t s6 = state->s[6];
    const enum render_status written = derive_writes(render, pixel, error);
    if (written != RENDER_OK) {
        return written;
    }
    derive_stencil(render, pixel);
    derive_depth(render, pixel);
    derive_fog(render, pixel);
    pixel->logic_op = s5 & 1;
    pixel->logic_code = state->modes4 >> 18 & 15;
    pixel->dither = s5 >> 1 & 1;
    pixel->dither_x = state->draw_rect[0] >> 26 & 3;
    pixel->dither_y = state->draw_rect[0] >> 24 & 3;
    pixel->alpha_test = s6 >> 31;
    pixel->alpha_func = s6 >> 28 & 7;
    pixel->alpha_ref = (float)(s6 >> 20 & 0xff) * (1.0f / 255.0f);
    pixel->line_cover = state->s[4] & 1;
    pixel->effects = pixel->fog || pixel->line_cover;
    pixel->early = !render->program->kills && !render->draw.texture_kills &&
                   !render->program->writes_depth && !pixel->alpha_test && !pixel->line_cover &&
                   !pixel->depth_is_w;
    const unsigned cull = state->s[4] >> 13 & 3;
    render->draw.cull_clockwise = cull == 0 || cull == 2;
    render->draw.cull_counter = cull == 0 || cull == 3;
    render->draw.depth_offset = s5 >> 25 & 1;
    memcpy(&render->draw.depth_offset_constant, &state->s[7], sizeof(float));
    render->draw.depth_offset_scale = state->depth_offset_scale;
    pixel->texkill_4d = state->texkill_4d;
    pixel->stipple = state->stipple >> 16 & 1;
    pixel->stipple_rows = state->stipple & 0xffff;
    const enum render_status status = derive_blend(render, pixel, error);
    pixel->color_read = pixel->blend || pixel->logic_op || pixel->special_color ||
                        pixel->write_bits != pixel->pixel_bits;
    return status;
}

/* Flat and constant colours that need no old pixel are packed once per primitive. */
static bool has_constant_color(const struct render *render)
{
    const struct pixel_state *pixel = &render->draw.pixel;
    const struct vertex_layout *layout = &render->draw.layout;
    if (render->program->count != 0 || pixel->color_read || pixel->effects || !pixel->early ||
        pixel->color_format != COLOR_8888) {
        return false;
    }
    for (unsigned i = 0; i < layout->linear + layout->perspective; i++) {
        for (unsigned c = 0; c < 4; c++) {
            if (render->program->output[c] == layout->reg[i]) {
                return false;
            }
        }
    }
    return true;
}

enum render_status derive(struct render *render, struct render_error *error)
{
    if (render->program == NULL) {
        return render_unknown(error, "3DPRIMITIVE: no pixel program");
    }
    static const struct {
        unsigned flag;
        enum render_status (*derive)(struct render *render, struct render_error *error);
    } steps[] = {{DIRTY_VERTEX, layout_derive},
                 {DIRTY_TARGET, derive_target},
                 {DIRTY_TEXTURE, texture_derive}, /* may make derive_pixel() necessary */
                 {DIRTY_PIXEL, derive_pixel}};
    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (render->dirty & steps[i].flag) {
            const enum render_status status = steps[i].derive(render, error);
            if (status != RENDER_OK) {
                return status;
            }
            render->dirty &= ~steps[i].flag;
        }
    }
    render->dirty = 0;
    struct pixel_state *pixel = &render->draw.pixel;
    render->draw.program = render->program;
    pixel->constant = has_constant_color(render);
    if (pixel->color_write && !render->draw.color.present) {
        return render_unknown(error, "3DPRIMITIVE: colour write without a colour buffer");
    }
    if (pixel->uses_depth && !render->draw.depth.present) {
        return render_unknown(error, "3DPRIMITIVE: depth or stencil without a depth buffer");
    }
    jit_select(render);
    return RENDER_OK;
}
