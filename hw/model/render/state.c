/* SPDX-License-Identifier: MIT */
/* State commands (gen3.md E.3 to E.11): each checks its shape and keeps what it set. */
#include "hw/model/render/internal.h"

#define REFUSE(condition, ...)                                                                     \
    do {                                                                                           \
        if (condition) {                                                                           \
            return render_unknown(error, __VA_ARGS__);                                             \
        }                                                                                          \
    } while (0)

#define HANDLER(name)                                                                              \
    static enum render_status name(struct render *render, const uint32_t *dw, size_t count,        \
                                   struct render_error *error)

static float as_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* Replaces the bits of 'mask' in *old. */
static void merge(uint32_t *old, uint32_t value, uint32_t mask)
{
    *old = (*old & ~mask) | (value & mask);
}

HANDLER(load_immediate)
{
    const uint32_t mask = dw[0] >> 4 & 0xff;
    REFUSE((dw[0] & 0xf000) != 0 || count != 1 + (size_t)__builtin_popcount(mask),
           "LOAD_STATE_IMMEDIATE_1: mask 0x%02x with %zu dwords", mask, count);
    static const uint8_t dirties[8] = {
        0, 0, DIRTY_VERTEX, DIRTY_VERTEX, DIRTY_VERTEX, DIRTY_PIXEL, DIRTY_PIXEL, DIRTY_PIXEL};
    const uint32_t *value = dw + 1;
    for (unsigned i = 0; i < 8; i++) {
        if (mask & 1u << i) {
            render->state.s[i] = *value++;
            render->dirty |= dirties[i];
        }
    }
    return RENDER_OK;
}

/* MAP_STATE and SAMPLER_STATE have one shape: a mask and three dwords per set bit. */
static enum render_status load_units(const char *name, uint32_t (*units)[3], const uint32_t *dw,
                                     size_t count, struct render_error *error)
{
    REFUSE(count < 2 || (dw[0] & 0xffc0) != 0 || (dw[1] & 0xffff0000) != 0 ||
               count != 2 + 3 * (size_t)__builtin_popcount(dw[1]),
           "%s: header 0x%08x with %zu dwords", name, dw[0], count);
    const uint32_t *value = dw + 2;
    for (unsigned i = 0; i < MAP_COUNT; i++) {
        if (dw[1] & 1u << i) {
            memcpy(units[i], value, 3 * sizeof(*value));
            value += 3;
        }
    }
    return RENDER_OK;
}

HANDLER(map_state)
{
    render->dirty |= DIRTY_TEXTURE;
    return load_units("MAP_STATE", render->state.map, dw, count, error);
}

HANDLER(sampler_state)
{
    render->dirty |= DIRTY_TEXTURE;
    return load_units("SAMPLER_STATE", render->state.sampler, dw, count, error);
}

HANDLER(buffer_info)
{
    REFUSE(count != 3, "BUF_INFO: %zu dwords", count);
    const unsigned id = dw[1] >> 24 & 0xf;
    REFUSE(id != 3 && id != 7, "BUF_INFO: buffer id %u", id);
    REFUSE(dw[1] & 0xf0000000, "BUF_INFO: aux bits in 0x%08x", dw[1]);
    REFUSE(dw[1] & 1u << 23, "BUF_INFO: use of fence registers");
    struct buffer_info *buffer = id == 3 ? &render->state.color : &render->state.depth;
    *buffer = (struct buffer_info){dw[1], dw[2]};
    render->dirty |= DIRTY_TARGET;
    return RENDER_OK;
}

HANDLER(dst_vars)
{
    REFUSE(count != 2, "DST_BUF_VARS: %zu dwords", count);
    REFUSE(dw[1] & (1u << 25), "DST_BUF_VARS: linear gamma blend");
    REFUSE(dw[1] & (7u << 12), "DST_BUF_VARS: 4:2:2 channel writes");
    REFUSE(dw[1] & (1u << 6), "DST_BUF_VARS: depth is W");
    REFUSE(dw[1] & 3u, "DST_BUF_VARS: vertical line stride");
    render->state.dst_vars = dw[1];
    render->dirty |= DIRTY_TARGET | DIRTY_PIXEL;
    return RENDER_OK;
}

HANDLER(draw_rect)
{
    REFUSE(count != 5, "DRAW_RECT: %zu dwords", count);
    memcpy(render->state.draw_rect, dw + 1, sizeof(render->state.draw_rect));
    render->dirty |= DIRTY_TARGET | DIRTY_PIXEL;
    return RENDER_OK;
}

HANDLER(scissor_rect)
{
    REFUSE(count != 3, "SCISSOR_RECT: %zu dwords", count);
    memcpy(render->state.scissor, dw + 1, sizeof(render->state.scissor));
    render->dirty |= DIRTY_TARGET;
    return RENDER_OK;
}

HANDLER(scissor_enable)
{
    if (dw[0] & 2) {
        render->state.scissor_enable = dw[0] & 1;
        render->dirty |= DIRTY_TARGET;
    }
    return RENDER_OK;
}

HANDLER(depth_subrect)
{
    return RENDER_OK; /* a gen2 optimisation that the model does not have */
}

HANDLER(load_indirect)
{
    REFUSE(dw[0] != 0x7d070000 || count > 2 || (count == 2 && dw[1] != 0),
           "LOAD_INDIRECT: 0x%08x loads from memory", dw[0]);
    return RENDER_OK;
}

HANDLER(antialias)
{
    merge(&render->state.aa, dw[0],
          (dw[0] & 1u << 16 ? 3u << 14 : 0) | (dw[0] & 1u << 8 ? 3u << 6 : 0));
    return RENDER_OK;
}

HANDLER(raster_rules)
{
    struct registers *state = &render->state;
    if (dw[0] & 1u << 15) {
        state->point_rule_ogl = (dw[0] >> 13 & 3) == 1;
    }
    if (dw[0] & 1u << 10) {
        state->texkill_4d = dw[0] >> 9 & 1;
    }
    if (dw[0] & 1u << 8) {
        state->line_strip_last = (dw[0] >> 6 & 3) != 0;
    }
    if (dw[0] & 1u << 5) {
        state->fan_provoking = dw[0] >> 3 & 3;
    }
    return RENDER_OK;
}

HANDLER(backface_ops)
{
    const uint32_t mask = (dw[0] & 1u << 23 ? 0xffu << 15 : 0) |
                          (dw[0] & 1u << 14 ? 0xfffu << 2 : 0) | (dw[0] & 1u << 1 ? 1u : 0);
    merge(&render->state.backface_ops, dw[0], mask);
    render->dirty |= DIRTY_PIXEL;
    return RENDER_OK;
}

HANDLER(backface_masks)
{
    merge(&render->state.backface_masks, dw[0],
          (dw[0] & 1u << 17 ? 0xff00u : 0) | (dw[0] & 1u << 16 ? 0xffu : 0));
    render->dirty |= DIRTY_PIXEL;
    return RENDER_OK;
}

HANDLER(independent_alpha)
{
    merge(&render->state.alpha_blend, dw[0],
          (dw[0] & 1u << 23 ? 1u << 22 : 0) | (dw[0] & 1u << 21 ? 7u << 16 : 0) |
              (dw[0] & 1u << 11 ? 15u << 6 : 0) | (dw[0] & 1u << 5 ? 15u : 0));
    render->dirty |= DIRTY_PIXEL;
    return RENDER_OK;
}

HANDLER(modes4)
{
    merge(&render->state.modes4, dw[0],
          (dw[0] & 1u << 23 ? 15u << 18 : 0) | (dw[0] & 1u << 17 ? 0xff00u : 0) |
              (dw[0] & 1u << 16 ? 0xffu : 0));
    render->dirty |= DIRTY_PIXEL;
    return RENDER_OK;
}

HANDLER(modes5)
{
    render_flush(render);
    return RENDER_OK;
}

HANDLER(fog_color)
{
    render->state.fog_color = dw[0] & 0xffffff;
    return RENDER_OK;
}

HANDLER(fog_mode)
{
    return RENDER_OK; /* only matters to fixed-function fog, which S5 would have to enable */
}

HANDLER(coord_bindings)
{
    render->state.coord_bindings = dw[0] & 0xffffff;
    render->dirty |= DIRTY_VERTEX;
    return RENDER_OK;
}

HANDLER(stipple)
{
    REFUSE(count != 2, "STIPPLE: %zu dwords", count);
    render->state.stipple = dw[1];
    render->dirty |= DIRTY_PIXEL;
    return RENDER_OK;
}

HANDLER(blend_color)
{
    REFUSE(count != 2, "CONST_BLEND: %zu dwords", count);
    render->state.blend_color = dw[1];
    render->dirty |= DIRTY_PIXEL;
    return RENDER_OK;
}

HANDLER(depth_offset_scale)
{
    REFUSE(count != 2, "DEPTH_OFFSET_SCALE: %zu dwords", count);
    render->state.depth_offset_scale = as_float(dw[1]);
    return RENDER_OK;
}

HANDLER(default_z)
{
    REFUSE(count != 2, "DEFAULT_Z: %zu dwords", count);
    render->state.default_z = as_float(dw[1]);
    return RENDER_OK;
}

HANDLER(default_diffuse)
{
    REFUSE(count != 2, "DEFAULT_DIFFUSE: %zu dwords", count);
    render->state.default_diffuse = dw[1];
    render->dirty |= DIRTY_VERTEX;
    return RENDER_OK;
}

HANDLER(default_specular)
{
    REFUSE(count != 2, "DEFAULT_SPECULAR: %zu dwords", count);
    render->state.default_specular = dw[1];
    render->dirty |= DIRTY_VERTEX;
    return RENDER_OK;
}

HANDLER(clear_parameters)
{
    REFUSE(count != 7, "CLEAR_PARAMETERS: %zu dwords", count);
    REFUSE(!(dw[1] & 1u << 16), "CLEAR_PARAMETERS: zone init");
    memcpy(render->state.clear, dw + 1, sizeof(render->state.clear));
    return RENDER_OK;
}

/* One-dword commands by opcode 28:24, two kinds by sub-opcode. */
static const command_handler short_handlers[0x1c] = {
    [0x06] = antialias,      [0x07] = raster_rules,      [0x08] = backface_ops,
    [0x09] = backface_masks, [0x0b] = independent_alpha, [0x0c] = modes5,
    [0x0d] = modes4,         [0x15] = fog_color,         [0x16] = coord_bindings,
};

static const command_handler long_handlers[256] = {
    [0x00] = map_state,       [0x01] = sampler_state,      [0x04] = load_immediate,
    [0x05] = program_load,    [0x06] = program_constants,  [0x07] = load_indirect,
    [0x80] = draw_rect,       [0x81] = scissor_rect,       [0x83] = stipple,
    [0x85] = dst_vars,        [0x88] = blend_color,        [0x89] = fog_mode,
    [0x8e] = buffer_info,     [0x97] = depth_offset_scale, [0x98] = default_z,
    [0x99] = default_diffuse, [0x9a] = default_specular,   [0x9c] = clear_parameters,
};

command_handler state_command_find(uint32_t header)
{
    const unsigned opcode = header >> 24 & 0x1f;
    if (opcode < 0x1c) {
        return short_handlers[opcode];
    }
    if (opcode == 0x1d) {
        return long_handlers[header >> 16 & 0xff];
    }
    if (opcode == 0x1c) {
        const unsigned sub = header >> 19 & 0x1f;
        return sub == 0x10 ? scissor_enable : sub == 0x11 ? depth_subrect : NULL;
    }
    return NULL;
}

/* What the hardware has after reset is not documented; these are harmless. */
void state_reset(struct render *render)
{
    memset(&render->state, 0, sizeof(render->state));
    render->state.coord_bindings = 0xfac688;
    render->state.s[2] = 0xffffffff;
    render->state.fan_provoking = 2;
    render->state.line_strip_last = true;
    render->state.modes4 = 0xcu << 18 | 0xffff;
    render->state.backface_masks = 0xffff;
    render->state.texkill_4d = true;
    render->state.alpha_blend = 2u << 6 | 1; /* one, zero: drivers may set other fields first */
}
