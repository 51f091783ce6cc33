/* SPDX-License-Identifier: MIT */
/* State commands (gen3.md E.3 to E.11): each checks its shape and keeps what it set. */
#include "hw/model/render/state.h"

#define HANDLER(name)                                                                              \
    static enum render_status name(struct render *render, const uint32_t *dw, size_t count,        \
                                   struct render_error *error)

HANDLER(load_immediate)
{
    const uint32_t mask = dw[0] >> 4 & 0xff;
    REFUSE((dw[0] & 0xf000) != 0 || count != 1 + (size_t)__builtin_popcount(mask),
           "LOAD_STATE_IMMEDIATE_1: mask 0x%02x with %zu dwords", mask, count);
    static const uint8_t dirties[8] = {0,
                                       0,
                                       DIRTY_VERTEX,
                                       DIRTY_VERTEX,
                                       DIRTY_VERTEX | DIRTY_PIXEL,
                                       DIRTY_PIXEL | DIRTY_VERTEX,
                                       DIRTY_PIXEL,
                                       DIRTY_VERTEX};
    const uint32_t *value = dw + 1;
    for (unsigned i = 0; i < 8; i++) {
        if (mask & 1u << i) {
            render->state.s[i] = *value++;
            render->dirty |= dirties[i];
        }
    }
    return RENDER_OK;
}

/*
 * MAP_STATE and SAMPLER_STATE have one shape: a mask and three dwords per set bit. Bit 15,
 * "retain", changes nothing: what the mask does not name is kept anyway.
 */
static enum render_status load_units(const char *name, uint32_t (*units)[3], const uint32_t *dw,
                                     size_t count, struct render_error *error)
{
    REFUSE(count < 2 || (dw[0] & 0x7fc0) != 0 || (dw[1] & 0xffff0000) != 0 ||
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
    struct registers *state = &render->state;
    struct buffer_info *const buffers[16] = {
        [3] = &state->color, [4] = &state->color_aux, [5] = &state->intra, [7] = &state->depth};
    const unsigned id = dw[1] >> 24 & 0xf;
    REFUSE(buffers[id] == NULL, "BUF_INFO: buffer id %u", id);
    *buffers[id] = (struct buffer_info){dw[1], dw[2]};
    render->dirty |= DIRTY_TARGET;
    return RENDER_OK;
}

HANDLER(fog_mode)
{
    REFUSE(count != 4, "FOG_MODE: %zu dwords", count);
    uint32_t *fog = render->state.fog;
    merge_bits(&fog[0], dw[1],
               (dw[1] & 1u << 31 ? 3u << 28 : 0) | (dw[1] & 1u << 27 ? 1u << 25 : 0) |
                   (dw[1] & 1u << 24 ? 0xffffu << 4 : 0));
    merge_bits(&fog[1], dw[2], dw[1] & 1u << 24 ? ~0u : 0);
    merge_bits(&fog[2], dw[3], dw[1] & 1u << 23 ? ~0u : 0);
    render->dirty |= DIRTY_VERTEX | DIRTY_PIXEL;
    return RENDER_OK;
}

/* The entry is named as in gen4's command of the same name: DW1 31:30, then low and high. */
HANDLER(chroma_key)
{
    REFUSE(count != 4, "CHROMA_KEY: %zu dwords", count);
    memcpy(render->state.chroma_key[dw[1] >> 30], dw + 2, 2 * sizeof(*dw));
    render->state.tables++;
    render->dirty |= DIRTY_TEXTURE;
    return RENDER_OK;
}

HANDLER(palette_load)
{
    const size_t entries = count - 1;
    REFUSE(entries < 1 || entries > 17, "MAP_PALETTE_LOAD_32: %zu dwords", count);
    memcpy(render->state.palette, dw + 1, (entries < 16 ? entries : 16) * sizeof(*dw));
    render->state.tables++;
    render->dirty |= DIRTY_TEXTURE;
    return RENDER_OK;
}

/* Commands that only put their dwords somewhere. */
static const struct plain {
    uint8_t sub_opcode, dwords, dirty;
    uint16_t offset; /* in struct registers */
    const char *name;
} plains[] = {
#define PLAIN(sub, field, dirty, name)                                                             \
    {                                                                                              \
        sub, sizeof(((struct registers *)0)->field) / 4, dirty, offsetof(struct registers, field), \
            name                                                                                   \
    }
    PLAIN(0x80, draw_rect, DIRTY_TARGET | DIRTY_PIXEL, "DRAW_RECT"),
    PLAIN(0x81, scissor, DIRTY_TARGET, "SCISSOR_RECT"),
    PLAIN(0x83, stipple, DIRTY_PIXEL, "STIPPLE"),
    PLAIN(0x85, dst_vars, DIRTY_TARGET | DIRTY_PIXEL | DIRTY_VERTEX | DIRTY_TEXTURE,
          "DST_BUF_VARS"),
    PLAIN(0x87, dst_vars_mpeg, 0, "DST_BUF_VARS_MPEG"),
    PLAIN(0x88, blend_color, DIRTY_PIXEL, "CONST_BLEND"),
    PLAIN(0x97, depth_offset_scale, DIRTY_VERTEX, "DEPTH_OFFSET_SCALE"),
    PLAIN(0x98, default_z, 0, "DEFAULT_Z"),
    PLAIN(0x99, default_diffuse, DIRTY_VERTEX, "DEFAULT_DIFFUSE"),
    PLAIN(0x9a, default_specular, DIRTY_VERTEX, "DEFAULT_SPECULAR"),
    PLAIN(0x9c, clear, 0, "CLEAR_PARAMETERS"),
    PLAIN(0x9d, filter_4x4, DIRTY_TEXTURE, "FILTER_COEFFICIENTS_4X4"),
    PLAIN(0x9e, filter_6x5, DIRTY_TEXTURE, "FILTER_COEFFICIENTS_6X5"),
#undef PLAIN
};

HANDLER(plain)
{
    const unsigned sub = dw[0] >> 16 & 0xff;
    const struct plain *row = plains;
    while (row->sub_opcode != sub) {
        row++;
    }
    REFUSE(count != 1 + (size_t)row->dwords, "%s: %zu dwords", row->name, count);
    memcpy((uint8_t *)&render->state + row->offset, dw + 1, 4 * (size_t)row->dwords);
    render->dirty |= row->dirty;
    return RENDER_OK;
}

/* By sub-opcode 23:16 of opcode 0x1d. */
static const command_handler handlers[256] = {
    [0x00] = map_state,
    [0x01] = sampler_state,
    [0x04] = load_immediate,
    [0x05] = program_load,
    [0x06] = program_constants,
    [0x07] = state_indirect,
    [0x80] = plain,
    [0x81] = plain,
    [0x83] = plain,
    [0x85] = plain,
    [0x86] = chroma_key,
    [0x87] = plain,
    [0x88] = plain,
    [0x89] = fog_mode,
    [0x8e] = buffer_info,
    [0x8f] = palette_load,
    [0x97] = plain,
    [0x98] = plain,
    [0x99] = plain,
    [0x9a] = plain,
    [0x9c] = plain,
    [0x9d] = plain,
    [0x9e] = plain,
};

command_handler state_command_find(uint32_t header)
{
    if ((header >> 24 & 0x1f) == 0x1d) {
        return handlers[header >> 16 & 0xff];
    }
    return state_short_find(header);
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
