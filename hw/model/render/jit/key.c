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

static bool is_simple_mode(unsigned mode, uint32_t size)
{
    return mode == ADDRESS_CLAMP || (mode == ADDRESS_WRAP && (size & (size - 1)) == 0);
}

/* 32 bits in rows, which kernel_sample.h would not sample by sample_general(). */
static bool is_simple(const struct texture *t)
{
    return t->sampling != SAMPLING_GENERAL && t->surface.tiling == GEN3_LINEAR &&
           t->line_step == 0 && t->raw == RAW_32 && t->expansion <= EXPAND_SWAPPED_OPAQUE &&
           t->normalized && is_simple_mode(t->mode[0], t->level[0].width) &&
           is_simple_mode(t->mode[1], t->level[0].height) &&
           (t->sampling == SAMPLING_PLAIN || t->min_filter == t->mag_filter);
}

static void copy_texture(const struct texture *t, struct jit_texture *key)
{
    if (is_simple(t)) {
        key->sampling = t->sampling == SAMPLING_PLAIN ? JIT_PLAIN
                        : t->mip_filter == 1          ? JIT_NEAREST
                                                      : JIT_MIXED;
        key->linear = t->mag_filter == FILTER_LINEAR;
        key->clamp_u = t->mode[0] == ADDRESS_CLAMP;
        key->clamp_v = t->mode[1] == ADDRESS_CLAMP;
        key->swapped = t->expansion == EXPAND_SWAPPED || t->expansion == EXPAND_SWAPPED_OPAQUE;
        key->opaque = t->expansion == EXPAND_OPAQUE || t->expansion == EXPAND_SWAPPED_OPAQUE;
        key->preclamp = key->sampling != JIT_PLAIN && t->preclamp;
    }
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
        copy_texture(draw->texture[unit], &key->texture[unit]);
    }
    if (key->whole) {
        copy_state(draw, key);
    }
    return true;
}
