/* SPDX-License-Identifier: MIT */
/* State commands of one dword (gen3.md E.10). Most change only the fields that their modify bits
 * name. */
#include "hw/model/render/state.h"

#define HANDLER(name)                                                                              \
    static enum render_status name(struct render *render, const uint32_t *dw, size_t count,        \
                                   struct render_error *error)

HANDLER(antialias)
{
    merge_bits(&render->state.aa, dw[0],
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
        render->dirty |= DIRTY_PIXEL;
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
    merge_bits(&render->state.backface_ops, dw[0], mask);
    render->dirty |= DIRTY_PIXEL;
    return RENDER_OK;
}

HANDLER(backface_masks)
{
    merge_bits(&render->state.backface_masks, dw[0],
               (dw[0] & 1u << 17 ? 0xff00u : 0) | (dw[0] & 1u << 16 ? 0xffu : 0));
    render->dirty |= DIRTY_PIXEL;
    return RENDER_OK;
}

HANDLER(independent_alpha)
{
    merge_bits(&render->state.alpha_blend, dw[0],
               (dw[0] & 1u << 23 ? 1u << 22 : 0) | (dw[0] & 1u << 21 ? 7u << 16 : 0) |
                   (dw[0] & 1u << 11 ? 15u << 6 : 0) | (dw[0] & 1u << 5 ? 15u : 0));
    render->dirty |= DIRTY_PIXEL;
    return RENDER_OK;
}

HANDLER(modes4)
{
    merge_bits(&render->state.modes4, dw[0],
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
    render->dirty |= DIRTY_PIXEL;
    return RENDER_OK;
}

HANDLER(coord_bindings)
{
    render->state.coord_bindings = dw[0] & 0xffffff;
    render->dirty |= DIRTY_VERTEX;
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

/* By opcode 28:24, two kinds by sub-opcode 23:19 of opcode 0x1c. */
static const command_handler handlers[0x1c] = {
    [0x06] = antialias,      [0x07] = raster_rules,      [0x08] = backface_ops,
    [0x09] = backface_masks, [0x0b] = independent_alpha, [0x0c] = modes5,
    [0x0d] = modes4,         [0x15] = fog_color,         [0x16] = coord_bindings,
};

command_handler state_short_find(uint32_t header)
{
    const unsigned opcode = header >> 24 & 0x1f;
    const unsigned sub = header >> 19 & 0x1f;
    if (opcode < 0x1c) {
        return handlers[opcode];
    }
    return opcode != 0x1c ? NULL
           : sub == 0x10  ? scissor_enable
           : sub == 0x11  ? depth_subrect
                          : NULL;
}
