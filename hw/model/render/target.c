/* SPDX-License-Identifier: MIT */
/* The buffers to draw into (gen3.md E.9): clip rectangle, memory, formats' sizes. */
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

/*
 * With DIS_DEPTH_OFS the depth buffer begins at the origin: what lies before it has no depth, and
 * is not drawn.
 */
static void derive_clip(struct render *render)
{
    const struct registers *state = &render->state;
    struct draw *draw = &render->draw;
    draw->origin_x = low16(state->draw_rect[3]);
    draw->origin_y = high16(state->draw_rect[3]);
    struct rect clip = {max_int(low16(state->draw_rect[1]), 0),
                        max_int(high16(state->draw_rect[1]), 0), low16(state->draw_rect[2]),
                        high16(state->draw_rect[2])};
    if (state->scissor_enable) {
        clip.x0 = max_int(clip.x0, (int32_t)(state->scissor[0] & 0xffff) + draw->origin_x);
        clip.y0 = max_int(clip.y0, (int32_t)(state->scissor[0] >> 16) + draw->origin_y);
        clip.x1 = min_int(clip.x1, (int32_t)(state->scissor[1] & 0xffff) + draw->origin_x);
        clip.y1 = min_int(clip.y1, (int32_t)(state->scissor[1] >> 16) + draw->origin_y);
    }
    const bool own_origin = state->draw_rect[0] & 1u << 30;
    draw->depth.dx = own_origin ? -draw->origin_x : 0;
    draw->depth.dy = own_origin ? -draw->origin_y : 0;
    if (draw->depth.present) {
        clip.x0 = max_int(clip.x0, -draw->depth.dx);
        clip.y0 = max_int(clip.y0, -draw->depth.dy);
    }
    draw->clip = clip;
    draw->center_x = (int32_t)(state->dst_vars >> 20 & 15) * 16;
    draw->center_y = (int32_t)(state->dst_vars >> 16 & 15) * 16;
}

/* Bytes of the surface that the clip rectangle's whole blocks span. */
static void target_extent(const struct render *render, const struct target *target, uint64_t *low,
                          uint64_t *high)
{
    const struct rect *clip = &render->draw.clip;
    const uint64_t pitch = target->surface.pitch;
    const uint64_t y0 = (uint64_t)(clip->y0 + target->dy);
    const uint64_t y1 = (uint64_t)(clip->y1 + target->dy);
    const uint64_t height = gen3_tile_height(target->surface.tiling);
    if (target->surface.tiling == GEN3_LINEAR) {
        *low = y0 * pitch + (uint64_t)((clip->x0 & ~3) + target->dx) * target->cpp;
        *high = y1 * pitch + (uint64_t)((clip->x1 | 3) + 1 + target->dx) * target->cpp;
    } else {
        *low = y0 / height * height * pitch;
        *high = (y1 / height + 1) * height * pitch;
    }
}

/* DST_BUF_VARS 1:0: every second row of the buffer is drawn into, from row 0 or row 1 on. */
static void set_line_stride(struct target *target, uint32_t dst_vars)
{
    const bool stride = dst_vars & 2;
    target->row_shift = 0;
    target->row_offset = 0;
    if (!stride) {
        return;
    }
    if (target->surface.tiling == GEN3_LINEAR && !target->surface.fenced) {
        target->surface.address += dst_vars & 1 ? target->surface.pitch : 0;
        target->surface.pitch *= 2;
    } else {
        target->row_shift = 1;
        target->row_offset = dst_vars & 1;
    }
}

static void derive_buffer(struct render *render, const struct buffer_info *info,
                          struct target *target)
{
    struct surface *surface = &target->surface;
    surface->address = info->address & 0x1ffffffc;
    surface->pitch = info->info & 0x3ffc;
    surface->fenced = info->info & 1u << 23;
    surface->tiling = !(info->info & 1u << 22) || surface->fenced ? GEN3_LINEAR
                      : info->info & 1u << 21 ? gen3_tiling_y(render->is_945_class)
                                              : GEN3_TILED_X;
    surface->engine = target == &render->draw.depth ? MODEL_WATCH_DEPTH : MODEL_WATCH_COLOR;
    surface->base = NULL;
    target->direct = false;
    set_line_stride(target, render->state.dst_vars);
    const struct rect *clip = &render->draw.clip;
    if (!target->present || clip->x1 < clip->x0 || clip->y1 < clip->y0) {
        return;
    }
    const uint64_t width = (uint64_t)((clip->x1 | 3) + 1 + target->dx) * target->cpp;
    const bool in_tiles =
        surface->tiling == GEN3_LINEAR ||
        (surface->pitch % gen3_tile_width(surface->tiling) == 0 && width <= surface->pitch);
    if (surface->fenced || target->row_shift != 0 || !in_tiles) {
        return;
    }
    uint64_t low, high;
    target_extent(render, target, &low, &high);
    target->low = low;
    target->high = high;
    surface_resolve(render, surface, low, high);
    const bool rows_stay_in_tile = surface->tiling == GEN3_LINEAR || target->dy % 4 == 0;
    target->direct = surface->base != NULL && target->dx % 4 == 0 && rows_stay_in_tile;
    target->row_step =
        surface->tiling == GEN3_LINEAR ? surface->pitch : 1u << gen3_tiles[surface->tiling].run;
}

/* Bytes per pixel of DBV 11:8; 0 for codes that are undefined. */
static const uint8_t color_bytes[16] = {1, 2, 2, 4, 2, 2, 2, 2, 2, 2, 4};

enum render_status derive_target(struct render *render, struct render_error *error)
{
    const struct registers *state = &render->state;
    struct draw *draw = &render->draw;
    draw->color.present = state->color.info != 0;
    draw->depth.present = state->depth.info != 0;
    derive_clip(render);
    draw->color.cpp = color_bytes[state->dst_vars >> 8 & 15];
    if (draw->color.cpp == 0) {
        return render_unknown(error, "DST_BUF_VARS: colour format %u", state->dst_vars >> 8 & 15);
    }
    draw->depth.cpp = state->dst_vars & 8 ? 4 : 2;
    derive_buffer(render, &state->color, &draw->color);
    derive_buffer(render, &state->depth, &draw->depth);
    return RENDER_OK;
}
