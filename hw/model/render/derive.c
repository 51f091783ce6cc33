/* SPDX-License-Identifier: MIT */
/* From what commands set to what the inner loops need: render targets, clip and pixel state. */
#include "hw/model/render/internal.h"

static int16_t low16(uint32_t dword)
{
    return (int16_t)(dword & 0xffff);
}

static int16_t high16(uint32_t dword)
{
    return (int16_t)(dword >> 16);
}

static int32_t max_int(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static int32_t min_int(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static void derive_clip(struct render *render)
{
    const struct registers *state = &render->state;
    render->draw.origin_x = low16(state->draw_rect[3]);
    render->draw.origin_y = high16(state->draw_rect[3]);
    struct rect clip = {max_int(low16(state->draw_rect[1]), 0),
                        max_int(high16(state->draw_rect[1]), 0), low16(state->draw_rect[2]),
                        high16(state->draw_rect[2])};
    if (state->scissor_enable) {
        clip.x0 = max_int(clip.x0, (int32_t)(state->scissor[0] & 0xffff) + render->draw.origin_x);
        clip.y0 = max_int(clip.y0, (int32_t)(state->scissor[0] >> 16) + render->draw.origin_y);
        clip.x1 = min_int(clip.x1, (int32_t)(state->scissor[1] & 0xffff) + render->draw.origin_x);
        clip.y1 = min_int(clip.y1, (int32_t)(state->scissor[1] >> 16) + render->draw.origin_y);
    }
    render->draw.clip = clip;
    render->draw.center_x = (int32_t)(state->dst_vars >> 20 & 15) * 16;
    render->draw.center_y = (int32_t)(state->dst_vars >> 16 & 15) * 16;
}

/* Bytes of the surface that the clip rectangle's whole blocks span. */
static void target_extent(const struct render *render, const struct target *target, uint64_t *low,
                          uint64_t *high)
{
    const struct rect *clip = &render->draw.clip;
    const uint64_t pitch = target->surface.pitch;
    const uint64_t y0 = (uint64_t)(clip->y0 + target->dy);
    const uint64_t y1 = (uint64_t)(clip->y1 + target->dy);
    const uint64_t height = target->surface.tiling == GEN3_TILED_X   ? 8
                            : target->surface.tiling == GEN3_TILED_Y ? 32
                                                                     : 1;
    if (height == 1) {
        *low = y0 * pitch + (uint64_t)((clip->x0 & ~3) + target->dx) * target->cpp;
        *high = y1 * pitch + (uint64_t)((clip->x1 | 3) + 1 + target->dx) * target->cpp;
    } else {
        *low = y0 / height * height * pitch;
        *high = (y1 / height + 1) * height * pitch;
    }
}

static enum render_status derive_buffer(struct render *render, const struct buffer_info *info,
                                        const char *name, struct target *target,
                                        struct render_error *error)
{
    struct surface *surface = &target->surface;
    target->present = info->info != 0;
    surface->address = info->address & 0x1ffffffc;
    surface->pitch = info->info & 0x3ffc;
    surface->tiling = !(info->info & 1u << 22) ? GEN3_LINEAR
                      : info->info & 1u << 21  ? GEN3_TILED_Y
                                               : GEN3_TILED_X;
    surface->engine = target == &render->draw.depth ? MODEL_WATCH_DEPTH : MODEL_WATCH_COLOR;
    surface->base = NULL;
    target->direct = false;
    const struct rect *clip = &render->draw.clip;
    if (!target->present || clip->x1 < clip->x0 || clip->y1 < clip->y0) {
        return RENDER_OK;
    }
    if (clip->x0 + target->dx < 0 || clip->y0 + target->dy < 0) {
        return render_unknown(error, "DRAW_RECT: origin beyond the minimum of the rectangle");
    }
    const uint64_t width = (uint64_t)((clip->x1 | 3) + 1 + target->dx) * target->cpp;
    const uint32_t tile_width = surface->tiling == GEN3_TILED_X ? 512 : 128;
    const bool y_on_915 = surface->tiling == GEN3_TILED_Y && !render->is_945_class;
    if (surface->tiling != GEN3_LINEAR &&
        (surface->pitch % tile_width != 0 || width > surface->pitch || y_on_915)) {
        return render_unknown(error, "BUF_INFO: %s buffer of pitch %u, tiling %d", name,
                              surface->pitch, (int)surface->tiling);
    }
    uint64_t low, high;
    target_extent(render, target, &low, &high);
    surface_resolve(render, surface, low, high);
    const bool rows_stay_in_tile = surface->tiling == GEN3_LINEAR || target->dy % 4 == 0;
    target->direct = surface->base != NULL && target->dx % 4 == 0 && rows_stay_in_tile;
    target->row_step = surface->tiling == GEN3_TILED_X   ? 512
                       : surface->tiling == GEN3_TILED_Y ? 16
                                                         : surface->pitch;
    return RENDER_OK;
}

/* Bytes per pixel of DBV 11:8; 0 for formats that the model does not draw into. */
static const uint8_t color_bytes[16] = {1, 2, 2, 4, 0, 0, 0, 0, 2, 2, 4};

enum render_status derive_target(struct render *render, struct render_error *error)
{
    const struct registers *state = &render->state;
    const uint32_t undrawn = 1u << 25 | 7u << 12 | 1u << 6 | 3u;
    if ((state->dst_vars & undrawn) || ((state->color.info | state->depth.info) & 1u << 23)) {
        return render_unknown(error, "DST_BUF_VARS 0x%08x, BUF_INFO 0x%08x 0x%08x", state->dst_vars,
                              state->color.info, state->depth.info);
    }
    derive_clip(render);
    render->draw.color.cpp = color_bytes[state->dst_vars >> 8 & 15];
    if (render->draw.color.cpp == 0) {
        return render_unknown(error, "DST_BUF_VARS: colour format %u", state->dst_vars >> 8 & 15);
    }
    render->draw.depth.cpp = (state->dst_vars >> 2 & 3) == 0 ? 2 : 4;
    const bool origin = !(state->draw_rect[0] & 1u << 30);
    render->draw.depth.dx = origin ? 0 : -render->draw.origin_x;
    render->draw.depth.dy = origin ? 0 : -render->draw.origin_y;
    const enum render_status status =
        derive_buffer(render, &state->color, "colour", &render->draw.color, error);
    if (status != RENDER_OK) {
        return status;
    }
    return derive_buffer(render, &state->depth, "depth", &render->draw.depth, error);
}

/* Bits of each channel, r g b a, in a stored pixel. */
static const uint32_t channel_bits[16][4] = {
    [COLOR_8] = {0, 0xff, 0, 0},
    [COLOR_X1555] = {0x7c00, 0x03e0, 0x001f, 0x8000},
    [COLOR_565] = {0xf800, 0x07e0, 0x001f, 0},
    [COLOR_8888] = {0xff0000, 0xff00, 0xff, 0xff000000},
    [COLOR_4444] = {0x0f00, 0x00f0, 0x000f, 0xf000},
    [COLOR_1555] = {0x7c00, 0x03e0, 0x001f, 0x8000},
    [COLOR_2101010] = {0x3ff00000, 0x000ffc00, 0x000003ff, 0xc0000000},
};

static void derive_writes(struct render *render, struct pixel_state *pixel)
{
    static const uint8_t disable_bit[4] = {30, 29, 28, 31};
    const uint32_t s5 = render->state.s[5];
    pixel->color_format = render->state.dst_vars >> 8 & 15;
    pixel->write_bits = pixel->pixel_bits = 0;
    for (unsigned c = 0; c < 4; c++) {
        const uint32_t bits = channel_bits[pixel->color_format][c];
        pixel->pixel_bits |= bits;
        pixel->write_bits |= s5 & 1u << disable_bit[c] ? 0 : bits;
    }
    pixel->color_write = render->state.s[6] >> 2 & 1 && pixel->write_bits != 0;
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

static enum render_status derive_pixel(struct render *render, struct render_error *error)
{
    struct pixel_state *pixel = &render->draw.pixel;
    const struct registers *state = &render->state;
    const uint32_t s5 = state->s[5];
    const uint32_t s6 = state->s[6];
    if (s5 & (1u << 24 | 1u << 25)) {
        return render_unknown(error, "S5: %s", s5 & 1u << 24 ? "fog" : "global depth offset");
    }
    derive_writes(render, pixel);
    derive_stencil(render, pixel);
    pixel->logic_op = s5 & 1;
    pixel->logic_code = state->modes4 >> 18 & 15;
    pixel->dither = s5 >> 1 & 1;
    if (pixel->dither && state->dst_vars >> 26 & 3) {
        return render_unknown(error, "DST_BUF_VARS: dither mode %u", state->dst_vars >> 26 & 3);
    }
    pixel->dither_x = state->draw_rect[0] >> 26 & 3;
    pixel->dither_y = state->draw_rect[0] >> 24 & 3;
    pixel->alpha_test = s6 >> 31;
    pixel->alpha_func = s6 >> 28 & 7;
    pixel->alpha_ref = (float)(s6 >> 20 & 0xff) * (1.0f / 255.0f);
    pixel->depth_test = s6 >> 19 & 1;
    pixel->depth_func = s6 >> 16 & 7;
    pixel->depth_write = s6 >> 3 & 1;
    pixel->uses_depth = pixel->depth_test || pixel->depth_write || pixel->stencil_test;
    pixel->depth_bytes = (state->dst_vars >> 2 & 3) == 0 ? 2 : 4;
    if (pixel->uses_depth && state->dst_vars >> 2 & 1) {
        return render_unknown(error, "DST_BUF_VARS: depth format %u", state->dst_vars >> 2 & 3);
    }
    pixel->early = !render->program->kills && !render->draw.texture_kills &&
                   !render->program->writes_depth && !pixel->alpha_test;
    const unsigned cull = state->s[4] >> 13 & 3;
    render->draw.cull_clockwise = cull == 0 || cull == 2;
    render->draw.cull_counter = cull == 0 || cull == 3;
    pixel->texkill_4d = state->texkill_4d;
    pixel->stipple = state->stipple >> 16 & 1;
    pixel->stipple_rows = state->stipple & 0xffff;
    const enum render_status status = derive_blend(render, pixel, error);
    pixel->color_read = pixel->blend || pixel->logic_op || pixel->write_bits != pixel->pixel_bits;
    return status;
}

/* Flat and constant colours that need no old pixel are packed once per primitive. */
static bool has_constant_color(const struct render *render)
{
    const struct pixel_state *pixel = &render->draw.pixel;
    const struct vertex_layout *layout = &render->draw.layout;
    if (render->program->count != 0 || pixel->color_read || !pixel->early ||
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
    return RENDER_OK;
}
