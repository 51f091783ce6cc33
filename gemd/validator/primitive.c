/* SPDX-License-Identifier: MIT */
/* Drawing: what may be live when a primitive runs, and the vertices that it names. */
#include "gemd/validator/internal.h"

#include <string.h>

#define TYPE_OF(header) ((header) >> 18 & 31u)
#define TYPE_CLEAR_RECT 0xau
#define CLEAR_DWORDS    6u

#define S1_WIDTH(s1) ((s1) >> 24 & 63u)
#define S1_PITCH(s1) ((s1) >> 16 & 63u)

#define S4_POINT_WIDTH  (1u << 12)
#define S4_SPECULAR     (1u << 11)
#define S4_DIFFUSE      (1u << 10)
#define S4_FOG          (1u << 2)
#define S4_POSITION(s4) ((s4) >> 6 & 7u)

#define S5_STENCIL      (3u << 2) /* test, write */
#define S6_DEPTH_TEST   (1u << 19)
#define S6_DEPTH_WRITE  (1u << 3)
#define S6_COLOUR_WRITE (1u << 2)
#define DRAW_STATE      0x74u /* S2, S4, S5, S6 */
#define INDIRECT_STATE  0x03u /* S0, S1 */

#define CLEAR_COLOUR 4u
#define CLEAR_DEPTH  3u /* depth, stencil */

/* A guess for the scheduler: pixels per vertex, where reading the vertices would cost more. */
#define PIXELS_PER_VERTEX 64u
#define MOST_PIXELS       (1u << 30) /* a rectangle that is none has more */

/* Vertices by type: a multiple of 'step', at least 'least'; no step: refused. */
static const struct {
    uint8_t step, least;
} types[32] = {
    [0x0] = {3, 3}, [0x1] = {1, 3}, [0x2] = {1, 3}, [0x3] = {1, 3}, [0x4] = {1, 3},
    [0x5] = {2, 2}, [0x6] = {1, 2}, [0x7] = {3, 3}, [0x8] = {1, 1},
};

static bool vertex_size(struct check *check, uint32_t *dwords)
{
    static const uint8_t position[8] = {[1] = 3, [2] = 4, [3] = 2, [4] = 3};
    static const uint8_t texcoord[16] = {[0] = 2, [1] = 3, [2] = 4, [3] = 1, [4] = 1, [5] = 2};
    uint32_t s2 = check->state.s[2];
    uint32_t s4 = check->state.s[4];
    uint32_t size = position[S4_POSITION(s4)];
    bool known = size != 0;

    size += (uint32_t)__builtin_popcount(s4 & (S4_POINT_WIDTH | S4_SPECULAR | S4_DIFFUSE | S4_FOG));
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t format = s2 >> 4 * i & 15;

        size += texcoord[format];
        known = known && (texcoord[format] != 0 || format == 15);
    }
    *dwords = size;
    if (!known) {
        return check_object(check, VALIDATOR_VERTEX_FORMAT, 0, "S2 0x%08x S4 0x%08x", s2, s4);
    }
    return true;
}

/*
 * A program that writes no colour would have the pixel take what another program left in oC: then
 * no colour is written, as long as this S6 is there. A later program with a colour would miss it.
 */
static bool check_colour_output(struct check *check)
{
    struct state *state = &check->state;

    if (!state->program.set || state->program.writes_colour == !state->colour_muted) {
        return true;
    }
    if (state->program.writes_colour) {
        return check_object(check, VALIDATOR_STATE_UNSET, 0,
                            "S6 is the same for programs with and without a colour");
    }
    state->s[6] &= ~S6_COLOUR_WRITE;
    check->job->words[state->s6_dword] = state->s[6];
    state->colour_muted = true;
    return true;
}

/* Everything that does not depend on the primitive itself. */
static bool check_drawable(struct check *check)
{
    struct state *state = &check->state;
    uint32_t unset = DRAW_STATE & ~state->s_set;

    if (state->drawable) {
        return true;
    }
    if ((unset != 0 || !state->program.set || !state->formats_set) &&
        !check_object(check, VALIDATOR_STATE_UNSET, 0, "S registers 0x%02x, %s%s", unset,
                      state->program.set ? "" : "no program ",
                      state->formats_set ? "" : "no DST_BUF_VARS")) {
        return false;
    }
    if ((state->program.constants & ~state->constants) != 0 &&
        !check_object(check, VALIDATOR_STATE_UNSET, 0, "constants 0x%08x",
                      state->program.constants & ~state->constants)) {
        return false;
    }
    if ((state->s[6] & S6_COLOUR_WRITE) != 0 || state->colour_muted) {
        if (!check_colour_output(check)) {
            return false;
        }
    }
    bool colour = (state->s[6] & S6_COLOUR_WRITE) != 0;
    bool depth =
        (state->s[6] & (S6_DEPTH_TEST | S6_DEPTH_WRITE)) != 0 || (state->s[5] & S5_STENCIL) != 0;
    if (!vertex_size(check, &state->vertex_dwords) || !check_rect(check) ||
        (colour && !check_colour_target(check)) || (depth && !check_depth_target(check)) ||
        !check_textures(check) || !check_blend(check)) {
        return false;
    }
    state->drawable = true;
    return true;
}

static bool check_count(struct check *check, uint32_t count)
{
    uint32_t type = TYPE_OF(check->dw[0]);

    if (types[type].step == 0) {
        return check_object(check, VALIDATOR_PRIMITIVE_TYPE, 0, "type 0x%x", type);
    }
    if ((count < types[type].least || count % types[type].step != 0) &&
        !check_object(check, VALIDATOR_VERTEX_COUNT, 0, "type 0x%x with %u vertices", type,
                      count)) {
        return false;
    }
    check->cost += (uint64_t)count * PIXELS_PER_VERTEX;
    return true;
}

/* Raw pairs of floats: right bottom, left bottom, left top, from the rectangle's origin. */
static bool check_clear_rect(struct check *check)
{
    const struct state *state = &check->state;
    const struct rect *rect = &state->rect;
    float corner[CLEAR_DWORDS];

    if (check->length != CLEAR_DWORDS + 1) {
        return check_object(check, VALIDATOR_VERTEX_COUNT, 0, "CLEAR_RECT with %u dwords",
                            check->length - 1);
    }
    if ((!state->clear_set || !state->formats_set) &&
        !check_object(check, VALIDATOR_STATE_UNSET, 0, "no CLEAR_PARAMETERS or formats")) {
        return false;
    }
    if (!check_rect(check) || ((state->clear & CLEAR_COLOUR) != 0 && !check_colour_target(check)) ||
        ((state->clear & CLEAR_DEPTH) != 0 && !check_depth_target(check))) {
        return false;
    }
    uint32_t left = rect->xmin - rect->xorg, right = rect->xmax - rect->xorg + 1;
    uint32_t top = rect->ymin - rect->yorg, bottom = rect->ymax - rect->yorg + 1;
    memcpy(corner, &check->dw[1], sizeof(corner));
    for (uint32_t i = 0; i < CLEAR_DWORDS; i += 2) {
        /* Written so that a NaN fails. */
        if (!(corner[i] >= (float)left && corner[i] <= (float)right &&
              corner[i + 1] >= (float)top && corner[i + 1] <= (float)bottom) &&
            !check_object(check, VALIDATOR_CLEAR_RECT, i + 1, "%g,%g outside %u,%u to %u,%u",
                          (double)corner[i], (double)corner[i + 1], left, top, right, bottom)) {
            return false;
        }
    }
    uint64_t pixels = (uint64_t)(right - left) * (bottom - top);
    check->cost += pixels < MOST_PIXELS ? pixels : MOST_PIXELS;
    return true;
}

static bool check_inline(struct check *check)
{
    uint32_t dwords = check->length - 1;

    if (TYPE_OF(check->dw[0]) == TYPE_CLEAR_RECT) {
        return check_clear_rect(check);
    }
    if (!check->state.drawable && !check_drawable(check)) {
        return false;
    }
    if (check->state.vertex_dwords == 0) {
        return true; /* noted: no known format has none */
    }
    if (dwords % check->state.vertex_dwords != 0 &&
        !check_object(check, VALIDATOR_VERTEX_COUNT, 0, "%u dwords of vertices of %u", dwords,
                      check->state.vertex_dwords)) {
        return false;
    }
    return check_count(check, dwords / check->state.vertex_dwords);
}

static uint32_t greatest_element(const struct check *check, uint32_t count)
{
    uint32_t greatest = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = check->dw[1 + i / 2] >> 16 * (i % 2) & 0xffff;

        greatest = index > greatest ? index : greatest;
    }
    return greatest;
}

/* Bytes. The only product of two unknowns here: proofs of the rest take it as growing by index. */
static uint64_t vertex_end(uint64_t index, uint64_t pitch, uint64_t width)
{
    return (index * pitch + width) * 4;
}

static bool check_indirect(struct check *check)
{
    const struct state *state = &check->state;
    uint32_t count = check->dw[0] & 0xffff;

    if (!check_count(check, count) || !check_drawable(check)) {
        return false;
    }
    if ((state->s_set & INDIRECT_STATE) != INDIRECT_STATE || !state->vertices.set) {
        return check_object(check, VALIDATOR_STATE_UNSET, 0, "no vertex buffer");
    }
    const struct validator_buffer *buffer = check_buffer(check, &state->vertices);
    /* Nothing says whether fences are looked at for vertices: there must be none. */
    if (buffer->tiling != GEN3_LINEAR &&
        !check_object(check, VALIDATOR_TILING, 0, "vertex buffer %u is tiled", buffer->id)) {
        return false;
    }
    uint64_t width = S1_WIDTH(state->s[1]);
    uint64_t pitch = S1_PITCH(state->s[1]);
    if ((width != state->vertex_dwords || pitch < width) &&
        !check_object(check, VALIDATOR_VERTEX_BUFFER, 0,
                      "S1 has width %llu pitch %llu, vertices have %u dwords",
                      (unsigned long long)width, (unsigned long long)pitch, state->vertex_dwords)) {
        return false;
    }
    if (count == 0) {
        return true; /* noted */
    }
    uint64_t greatest = check->command->id == GEN3_3DPRIMITIVE_ELEMENTS
                            ? greatest_element(check, count)
                            : (uint64_t)check->dw[1] + count - 1;
    uint64_t needed = vertex_end(greatest, pitch, width);
    if (needed > check_room(check, &state->vertices)) {
        return check_object(check, VALIDATOR_VERTEX_BUFFER, 0,
                            "vertex %llu x %llu dwords ends at %llu; buffer %u has %llu",
                            (unsigned long long)greatest, (unsigned long long)pitch,
                            (unsigned long long)needed, buffer->id,
                            (unsigned long long)check_room(check, &state->vertices));
    }
    return true;
}

bool check_primitive(struct check *check)
{
    return check->command->id == GEN3_3DPRIMITIVE ? check_inline(check) : check_indirect(check);
}
