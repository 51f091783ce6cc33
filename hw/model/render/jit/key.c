/* SPDX-License-Identifier: MIT */
/* What of a draw is folded into its code. */
#include "hw/model/render/jit/jit.h"

/* Channels of eight bits and more are not dithered. */
static bool dithers(const struct pixel_state *pixel)
{
    return pixel->dither && pixel->color_format != COLOR_8888;
}

/* States whose depth and colour stages the compiler knows. */
static bool is_plain(const struct draw *draw)
{
    const struct pixel_state *pixel = &draw->pixel;
    const bool depth = !pixel->uses_depth || (draw->depth.direct && !pixel->stencil_test &&
                                              !pixel->depth_float && !pixel->depth_is_w);
    const bool color =
        !pixel->color_write || (draw->color.direct && !dithers(pixel) && !pixel->special_color);
    return depth && color && !pixel->effects;
}

/* Values that the code reads from the draw are no part of the key. */
static void copy_state(const struct draw *draw, struct jit_key *key)
{
    struct pixel_state *pixel = &key->pixel;
    memcpy(pixel, &draw->pixel, sizeof(*pixel));
    memset(pixel->stencil, 0, sizeof(pixel->stencil));
    memset(pixel->blend_color, 0, sizeof(pixel->blend_color));
    memset(pixel->fog_color, 0, sizeof(pixel->fog_color));
    pixel->fog_c1 = pixel->fog_c2 = pixel->fog_density = 0;
    pixel->fog_func = 0;
    pixel->fog_by_w = false;
    pixel->alpha_ref = 0;
    pixel->dither = false;
    pixel->dither_x = pixel->dither_y = 0;
    pixel->stipple = false;
    pixel->stipple_rows = 0;
    key->color_tiling = (uint8_t)draw->color.surface.tiling;
    key->depth_tiling = (uint8_t)draw->depth.surface.tiling;
}

bool jit_key_make(const struct render *render, struct jit_key *key)
{
    const struct draw *draw = &render->draw;
    const struct vertex_layout *layout = &draw->layout;
    const struct program *program = draw->program;
    memset(key, 0, sizeof(*key));
    key->whole = is_plain(draw);
    if (draw->pixel.constant || (program->count == 0 && !key->whole)) {
        return false;
    }
    key->texkill_4d = draw->pixel.texkill_4d;
    key->texture_kills = draw->texture_kills;
    key->linear = layout->linear;
    key->perspective = layout->perspective;
    key->flat = layout->flat;
    memcpy(key->reg, layout->reg,
           (layout->linear + layout->perspective + layout->flat) * sizeof(key->reg[0]));
    for (uint32_t units = program->samplers; units != 0; units &= units - 1) {
        const unsigned unit = (unsigned)__builtin_ctz(units);
        key->shadow |= (uint16_t)(draw->texture[unit]->shadow << unit);
    }
    if (key->whole) {
        copy_state(draw, key);
    }
    return true;
}
