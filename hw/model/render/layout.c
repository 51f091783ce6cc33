/* SPDX-License-Identifier: MIT */
/*
 * Vertices (gen3.md F.1, F.2): which dwords feed which channel of the pixel program, worked out
 * once per change of state; then the decoding of one vertex.
 */
#include "hw/model/render/internal.h"

#include <math.h>

enum interpolation { LINEAR, PERSPECTIVE, FLAT };

/* Where the four channels of one T register come from. */
struct input {
    struct fetch fetch[4];
    uint8_t kind[4];
    uint8_t present; /* channels that the vertex carries */
    float fallback[4];
};

struct inputs {
    struct input t[T_COUNT];
    int fog_dword; /* of the packed colour with the fog factor; -1: not in the vertex */
};

/* What is interpolated beside the program's inputs. */
#define HIDDEN_MAX 6

struct hidden {
    unsigned count;
    struct {
        uint16_t reg;
        uint8_t kind;
        struct fetch fetch;
    } entry[HIDDEN_MAX];
};

static const struct {
    uint8_t dwords, components;
    bool half;
} texcoord_formats[16] = {{2, 2, false}, {3, 3, false}, {4, 4, false},
                          {1, 1, false}, {1, 2, true},  {2, 4, true}};

static float unorm8(uint32_t bits, unsigned shift)
{
    return (float)(bits >> shift & 0xff) * (1.0f / 255.0f);
}

static float half_to_float(uint32_t half)
{
    const uint32_t exponent = half >> 10 & 31;
    const float mantissa = (float)(half & 0x3ff);
    float value;
    if (exponent == 0) {
        value = ldexpf(mantissa, -24);
    } else if (exponent == 31) {
        value = half & 0x3ff ? NAN : INFINITY;
    } else {
        value = ldexpf(mantissa + 1024.0f, (int)exponent - 25);
    }
    return half & 0x8000 ? -value : value;
}

/* A packed colour: dword ARGB; the channel's shift by its place in rgba. */
static void add_color(struct input *input, int dword, uint32_t fallback, bool flat_rgb,
                      bool flat_alpha, bool perspective)
{
    static const uint8_t shifts[4] = {16, 8, 0, 24};
    for (unsigned c = 0; c < 4; c++) {
        const bool flat = c == 3 ? flat_alpha : flat_rgb;
        input->fallback[c] = unorm8(fallback, shifts[c]);
        input->kind[c] = flat ? FLAT : perspective ? PERSPECTIVE : LINEAR;
        if (dword >= 0) {
            input->present |= (uint8_t)(1u << c);
            input->fetch[c] = (struct fetch){FETCH_BYTE, (uint8_t)dword, shifts[c], 0, false};
        }
    }
}

/* s3: of this set; bits 3 2 1 wrap x y z, bit 0 switches perspective off. */
static void add_texcoord(struct input *input, unsigned dword, unsigned format, uint32_t s3,
                         bool perspective, bool sprite)
{
    const bool half = texcoord_formats[format].half;
    const unsigned components = texcoord_formats[format].components;
    for (unsigned c = 0; c < 4; c++) {
        input->kind[c] = perspective ? PERSPECTIVE : LINEAR;
        if (c < components || (sprite && c < 2)) {
            input->present |= (uint8_t)(1u << c);
            input->fetch[c] =
                (struct fetch){half ? FETCH_HALF : FETCH_FLOAT,
                               c >= components ? 0 : (uint8_t)(dword + (half ? c / 2 : c)),
                               half ? (uint8_t)(c % 2 * 16) : 0, sprite ? (uint8_t)(1 + c) : 0,
                               c < 3 && s3 >> (3 - c) & 1};
        }
    }
}

/* Registers of channels that the vertex does not carry hold one value for all pixels. */
static void set_constants(struct render *render, const struct inputs *inputs)
{
    for (unsigned t = 0; t < T_COUNT; t++) {
        for (unsigned c = 0; c < 4; c++) {
            if (!(inputs->t[t].present & render->program->t_read[t] & 1u << c)) {
                memcpy(&render->draw.fallback[4 * t + c], &inputs->t[t].fallback[c], 4);
            }
        }
    }
}

static unsigned add_slots(struct render *render, const struct inputs *inputs, unsigned at,
                          unsigned kind)
{
    struct vertex_layout *layout = &render->draw.layout;
    for (unsigned t = 0; t < T_COUNT; t++) {
        for (unsigned c = 0; c < 4; c++) {
            const struct input *input = &inputs->t[t];
            if ((input->present & render->program->t_read[t] & 1u << c) && input->kind[c] == kind) {
                layout->reg[at] = (uint16_t)(REG_T + 4 * t + c);
                layout->fetch[at++] = input->fetch[c];
            }
        }
    }
    return at;
}

static void hide(struct hidden *hidden, unsigned reg, unsigned kind, struct fetch fetch)
{
    hidden->entry[hidden->count].reg = (uint16_t)reg;
    hidden->entry[hidden->count].kind = (uint8_t)kind;
    hidden->entry[hidden->count++].fetch = fetch;
}

/* Fog coordinates or factors, 1 / w as depth, the distances in an antialiased line. */
static struct hidden find_hidden(const struct render *render, int fog_dword)
{
    const uint32_t s4 = render->state.s[4];
    const uint32_t fog = render->state.fog[0];
    const bool w = render->draw.layout.has_w;
    struct hidden hidden = {0};
    if (render->state.s[5] >> 24 & 1) {
        const unsigned smooth = w ? PERSPECTIVE : LINEAR;
        if ((fog >> 28 & 3) != FOG_VERTEX) {
            hide(&hidden, REG_FOG, LINEAR,
                 (struct fetch){.kind = fog >> 25 & 1 ? FETCH_W : FETCH_Z});
        } else {
            hide(&hidden, REG_FOG, s4 & 1u << 17 ? FLAT : smooth,
                 fog_dword < 0 ? (struct fetch){.kind = FETCH_DEFAULT_FOG}
                               : (struct fetch){
                                     .kind = FETCH_BYTE, .dword = (uint8_t)fog_dword, .shift = 24});
        }
    }
    if (render->state.dst_vars >> 6 & 1) {
        hide(&hidden, REG_RHW, LINEAR, (struct fetch){.kind = FETCH_W});
    }
    for (unsigned i = 0; (s4 & 1) && i < 4; i++) {
        hide(&hidden, REG_COVER + i, LINEAR, (struct fetch){.kind = FETCH_COVER});
    }
    return hidden;
}

static unsigned add_hidden(struct vertex_layout *layout, const struct hidden *hidden, unsigned at,
                           unsigned kind)
{
    for (unsigned i = 0; i < hidden->count; i++) {
        if (hidden->entry[i].kind == kind) {
            layout->reg[at] = hidden->entry[i].reg;
            layout->fetch[at++] = hidden->entry[i].fetch;
        }
    }
    return at;
}

/* Position and point width; returns the dwords used so far, 0 for an undefined format. */
static unsigned place_position(struct vertex_layout *layout, uint32_t s4)
{
    static const struct {
        uint8_t dwords;
        bool z, w;
    } positions[8] = {[1] = {3, true, false},
                      [2] = {4, true, true},
                      [3] = {2, false, false},
                      [4] = {3, false, true}};
    const unsigned position = s4 >> 6 & 7;
    layout->has_z = positions[position].z;
    layout->has_w = positions[position].w;
    layout->point_width = layout->depth_offset = -1;
    unsigned at = positions[position].dwords;
    if (at != 0 && s4 & 1u << 12) {
        layout->point_width = (int)at++;
    }
    return at;
}

static unsigned place_colors(struct render *render, struct inputs *inputs, unsigned at)
{
    const uint32_t s4 = render->state.s[4];
    const bool w = render->draw.layout.has_w;
    const int diffuse = s4 & 1u << 10 ? (int)at++ : -1;
    const int specular = s4 & 1u << 11 ? (int)at++ : -1;
    inputs->fog_dword = s4 & 1u << 4 ? -1 : specular;
    add_color(&inputs->t[T_DIFFUSE], s4 & 1u << 5 ? -1 : diffuse, render->state.default_diffuse,
              s4 >> 15 & 1, s4 >> 18 & 1, w);
    add_color(&inputs->t[T_SPECULAR], s4 & 1u << 4 ? -1 : specular, render->state.default_specular,
              s4 >> 16 & 1, s4 >> 18 & 1, w);
    if (s4 & 1u << 2) {
        struct input *fog = &inputs->t[T_FOG];
        fog->present = 8;
        fog->fetch[3] = (struct fetch){FETCH_FLOAT, (uint8_t)at++, 0, 0, false};
        fog->kind[3] = s4 & 1u << 17 ? FLAT : w ? PERSPECTIVE : LINEAR;
    }
    if (s4 & 1u << 9) {
        render->draw.layout.depth_offset = s4 & 1u << 3 ? (int)at : -1;
        at++;
    }
    return at;
}

static bool is_color(const struct fetch *fetch)
{
    static const uint8_t shifts[4] = {16, 8, 0, 24};
    for (unsigned c = 0; c < 4; c++) {
        if (fetch[c].kind != FETCH_BYTE || fetch[c].shift != shifts[c] ||
            fetch[c].dword != fetch[0].dword) {
            return false;
        }
    }
    return true;
}

/* Slots that are decoded together. */
static void find_steps(struct vertex_layout *layout, unsigned slots)
{
    const struct fetch *fetch = layout->fetch;
    layout->steps = 0;
    for (unsigned i = 0; i < slots;) {
        struct fetch_step step = {fetch[i].kind, fetch[i].dword, (uint8_t)i, 1};
        if (i + 4 <= slots && is_color(fetch + i)) {
            step.kind = FETCH_COLOR;
            step.count = 4;
        }
        while (step.kind == FETCH_FLOAT && i + step.count < slots &&
               fetch[i + step.count].kind == FETCH_FLOAT &&
               fetch[i + step.count].dword == step.dword + step.count) {
            step.count++;
        }
        layout->step[layout->steps++] = step;
        i += step.count;
    }
}

enum render_status layout_derive(struct render *render, struct render_error *error)
{
    const struct registers *state = &render->state;
    const uint32_t s4 = state->s[4];
    struct vertex_layout *layout = &render->draw.layout;
    memset(layout, 0, sizeof(*layout));
    unsigned at = place_position(layout, s4);
    if (at == 0) {
        return render_unknown(error, "S4: position format %u", s4 >> 6 & 7);
    }
    struct inputs inputs;
    memset(&inputs, 0, sizeof(inputs));
    for (unsigned t = 0; t < T_COUNT; t++) {
        inputs.t[t].fallback[3] = 1.0f;
    }
    at = place_colors(render, &inputs, at);
    /* the program sees specular alpha as one unless it declares the channel */
    if (!(render->program->t_read[T_SPECULAR] & 8)) {
        inputs.t[T_SPECULAR].fallback[3] = 1.0f;
    }
    uint8_t set_dword[TEXCOORD_SETS];
    for (unsigned i = 0; i < TEXCOORD_SETS; i++) {
        const unsigned format = state->s[2] >> 4 * i & 15;
        if (format != 15 && texcoord_formats[format].dwords == 0) {
            return render_unknown(error, "S2: format %u of texture coordinate set %u", format, i);
        }
        set_dword[i] = (uint8_t)at;
        at += texcoord_formats[format].dwords;
    }
    for (unsigned t = 0; t < TEXCOORD_SETS; t++) {
        const unsigned set = state->coord_bindings >> 3 * t & 7;
        const unsigned format = state->s[2] >> 4 * set & 15;
        const uint32_t s3 = state->s[3] >> 4 * set & 15;
        if (format != 15) {
            add_texcoord(&inputs.t[t], set_dword[set], format, s3, layout->has_w && !(s3 & 1),
                         s4 >> 1 & 1);
        }
    }
    layout->size = at;
    const struct hidden hidden = find_hidden(render, inputs.fog_dword);
    unsigned slot = add_slots(render, &inputs, 0, LINEAR);
    layout->linear = slot = add_hidden(layout, &hidden, slot, LINEAR);
    slot = add_slots(render, &inputs, slot, PERSPECTIVE);
    slot = add_hidden(layout, &hidden, slot, PERSPECTIVE);
    layout->perspective = slot - layout->linear;
    const unsigned smooth = slot;
    slot = add_slots(render, &inputs, slot, FLAT);
    layout->flat = add_hidden(layout, &hidden, slot, FLAT) - smooth;
    for (unsigned i = 0; i < smooth; i++) {
        layout->wraps |= layout->fetch[i].wrap;
    }
    find_steps(layout, smooth + layout->flat);
    set_constants(render, &inputs);
    return RENDER_OK;
}

static float dword_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static float fetch_attribute(const struct render *render, const struct fetch *fetch,
                             const uint32_t *dw, const struct vertex *vertex)
{
    const uint32_t bits = dw[fetch->dword];
    switch (fetch->kind) {
    case FETCH_FLOAT:
        return dword_float(bits);
    case FETCH_BYTE:
        return unorm8(bits, fetch->shift);
    case FETCH_HALF:
        return half_to_float(bits >> fetch->shift & 0xffff);
    case FETCH_Z:
        return vertex->z;
    case FETCH_W:
        return vertex->w;
    case FETCH_DEFAULT_FOG:
        return unorm8(render->state.default_specular, 24);
    default:
        return 1.0f; /* inside of all edges */
    }
}

typedef float v4f __attribute__((vector_size(16)));
typedef int32_t v4i __attribute__((vector_size(16)));

static void copy_floats(float *to, const uint32_t *dw, unsigned count)
{
    for (; count >= 4; count -= 4, to += 4, dw += 4) {
        memcpy(to, dw, 16);
    }
    for (; count > 0; count--) {
        memcpy(to++, dw++, 4);
    }
}

static void unpack_color(float *to, uint32_t argb)
{
    const v4i bytes = {(int32_t)(argb >> 16 & 0xff), (int32_t)(argb >> 8 & 0xff),
                       (int32_t)(argb & 0xff), (int32_t)(argb >> 24)};
    const v4f rgba = __builtin_convertvector(bytes, v4f) * (1.0f / 255.0f);
    memcpy(to, &rgba, sizeof(rgba));
}

/* False for a vertex whose position is no finite number: its primitive is dropped. */
bool vertex_decode(struct render *render, const uint32_t *dw, struct vertex *vertex)
{
    const struct vertex_layout *layout = &render->draw.layout;
    vertex->x = dword_float(dw[0]) + (float)render->draw.origin_x;
    vertex->y = dword_float(dw[1]) + (float)render->draw.origin_y;
    vertex->z = layout->has_z ? dword_float(dw[2]) : render->state.default_z;
    vertex->w = layout->has_w ? dword_float(dw[layout->has_z ? 3 : 2]) : 1.0f;
    vertex->point_width = layout->point_width >= 0 ? dword_float(dw[layout->point_width]) : 0.0f;
    if (layout->depth_offset >= 0) {
        vertex->z += dword_float(dw[layout->depth_offset]);
    }
    for (unsigned i = 0; i < layout->steps; i++) {
        const struct fetch_step *step = &layout->step[i];
        float *to = vertex->attribute + step->slot;
        if (step->kind == FETCH_FLOAT) {
            copy_floats(to, dw + step->dword, step->count);
        } else if (step->kind == FETCH_COLOR) {
            unpack_color(to, dw[step->dword]);
        } else {
            *to = fetch_attribute(render, &layout->fetch[step->slot], dw, vertex);
        }
    }
    return isfinite(vertex->x) && isfinite(vertex->y) && isfinite(vertex->z);
}

void vertex_wrap(const struct vertex_layout *layout, const struct vertex *from,
                 struct vertex *vertex)
{
    for (unsigned i = 0; i < layout->linear + layout->perspective; i++) {
        if (layout->fetch[i].wrap) {
            const float distance = vertex->attribute[i] - from->attribute[i];
            vertex->attribute[i] -= floorf(distance + 0.5f);
        }
    }
}
