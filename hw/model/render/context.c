/* SPDX-License-Identifier: MIT */
/*
 * The state as the commands that bring it back: what MI_SET_CONTEXT saves. No source says what the
 * silicon's image looks like; this one is checked by the commands' own handlers when it is read.
 */
#include "hw/model/render/state.h"

struct context {
    uint32_t *words;
    size_t count;
};

static void put(struct context *context, uint32_t header, const void *operands, size_t dwords)
{
    context->words[context->count++] = header;
    memcpy(context->words + context->count, operands, 4 * dwords);
    context->count += dwords;
}

static void put_buffer(struct context *context, const struct buffer_info *buffer)
{
    /* Without an id it has never been set. */
    if (buffer->info != 0) {
        const uint32_t operands[2] = {buffer->info, buffer->address};
        put(context, 0x7d8e0001, operands, 2);
    }
}

/* One-dword commands with all their modify bits; the fields' places are those of the handlers. */
static void put_short(struct context *context, const struct registers *state)
{
    const uint32_t words[] = {
        0x66000000 | 1u << 16 | 1u << 8 | state->aa,
        0x67000000 | 1u << 15 | 1u << 10 | 1u << 8 | 1u << 5 |
            (uint32_t)state->point_rule_ogl << 13 | (uint32_t)state->texkill_4d << 9 |
            (uint32_t)state->line_strip_last << 6 | (uint32_t)state->fan_provoking << 3,
        0x68000000 | 1u << 23 | 1u << 14 | 1u << 1 | state->backface_ops,
        0x69000000 | 1u << 17 | 1u << 16 | state->backface_masks,
        0x6b000000 | 1u << 23 | 1u << 21 | 1u << 11 | 1u << 5 | state->alpha_blend,
        0x6d000000 | 1u << 23 | 1u << 17 | 1u << 16 | state->modes4,
        0x75000000 | state->fog_color,
        0x76000000 | state->coord_bindings,
        0x7c800002 | (uint32_t)state->scissor_enable,
    };
    memcpy(context->words + context->count, words, sizeof(words));
    context->count += sizeof(words) / sizeof(words[0]);
}

static void put_tables(struct context *context, const struct registers *state)
{
    const uint32_t fog[3] = {state->fog[0] | 1u << 31 | 1u << 27 | 1u << 24 | 1u << 23,
                             state->fog[1], state->fog[2]};
    put(context, 0x7d890002, fog, 3);
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t key[3] = {i << 30, state->chroma_key[i][0], state->chroma_key[i][1]};
        put(context, 0x7d860002, key, 3);
    }
    put(context, 0x7d8f000f, state->palette, 16);
    put(context, 0x7d9d003f, state->filter_4x4, 64);
    put(context, 0x7d9e0002, state->filter_6x5, 3);
}

static void put_units(struct context *context, uint32_t header, const void *values, size_t dwords,
                      uint32_t mask)
{
    put(context, header, &mask, 1);
    memcpy(context->words + context->count, values, 4 * dwords);
    context->count += dwords;
}

_Static_assert(RENDER_CONTEXT_DWORDS >= 420 + 1 + 3 * PROGRAM_MAX + 2 + 4 * CONSTANT_COUNT,
               "a context has room for all state");

void render_save_context(struct render *render, uint32_t words[RENDER_CONTEXT_DWORDS])
{
    const struct registers *state = &render->state;
    struct context context = {.words = words};

    memset(words, 0, 4 * RENDER_CONTEXT_DWORDS);
    put(&context, 0x7d040ff7, state->s, 8);
    put_buffer(&context, &state->color);
    put_buffer(&context, &state->color_aux);
    put_buffer(&context, &state->intra);
    put_buffer(&context, &state->depth);
    put(&context, 0x7d800003, state->draw_rect, 4);
    put(&context, 0x7d810001, state->scissor, 2);
    put(&context, 0x7d830000, &state->stipple, 1);
    put(&context, 0x7d850000, &state->dst_vars, 1);
    put(&context, 0x7d870001, state->dst_vars_mpeg, 2);
    put(&context, 0x7d880000, &state->blend_color, 1);
    put(&context, 0x7d970000, &state->depth_offset_scale, 1);
    put(&context, 0x7d980000, &state->default_z, 1);
    put(&context, 0x7d990000, &state->default_diffuse, 1);
    put(&context, 0x7d9a0000, &state->default_specular, 1);
    put(&context, 0x7d9c0005, state->clear, 6);
    put_short(&context, state);
    put_tables(&context, state);
    put_units(&context, 0x7d000030, state->map, 3 * MAP_COUNT, 0xffff);
    put_units(&context, 0x7d010030, state->sampler, 3 * MAP_COUNT, 0xffff);
    if (render->program != NULL) {
        put(&context, render->program->text[0], render->program->text + 1,
            render->program->dwords - 1);
    }
    put_units(&context, 0x7d060080, render->draw.constant, 4 * CONSTANT_COUNT, 0xffffffff);
}
