/* SPDX-License-Identifier: MIT */
/*
 * Bounds: every S2, S4 and S1; up to 8 elements, sequences of any start and count; inline vertices
 * of any length; any vertex buffer within S0's reach. Other state is a model: any answer;
 * and so is the product of index and pitch (vertex.c).
 */
#include "world.h"

#include "gemd/validator/primitive.c"

bool check_rect(struct check *check)
{
    return nondet_bool();
}

bool check_colour_target(struct check *check)
{
    return nondet_bool();
}

bool check_depth_target(struct check *check)
{
    return nondet_bool();
}

bool check_textures(struct check *check)
{
    return nondet_bool();
}

bool check_blend(struct check *check)
{
    return nondet_bool();
}

/* For vertex_end(): what is known of whole numbers, with bounds that vertex.c proves. */
uint64_t end_of_vertex(uint64_t index, uint64_t pitch, uint64_t width)
{
    static uint64_t index_before, end_before;
    static bool is_second;
    const uint64_t end = nondet_u64();

    prove(index < UINT64_C(1) << 33 && pitch < 64 && width < 64, "within what vertex.c proves");
    bound(end <= (index << 8) + 256);
    bound(!is_second || index < index_before || end >= end_before);
    bound(!is_second || index > index_before || end <= end_before);
    index_before = index;
    end_before = end;
    is_second = true;
    return end;
}

/* The last byte of one of the vertices that are named. */
static void prove_vertex(uint32_t count)
{
    const struct state *state = &world.state;
    const uint64_t pitch = S1_PITCH(state->s[1]), width = S1_WIDTH(state->s[1]);
    const uint32_t i = nondet_u32();
    uint64_t index;

    bound(i < count);
    if (world.command->id == GEN3_3DPRIMITIVE_ELEMENTS) {
        index = world.dw[1 + i / 2] >> 16 * (i % 2) & 0xffff;
        prove(1 + i / 2 < world.length, "elements lie in the command");
        reach("an element");
    } else {
        index = (uint64_t)world.dw[1] + i; /* not wrapped */
        reach("one of a sequence");
    }
    prove(state->vertices.delta + vertex_end(index, pitch, width) <=
              check_buffer(&world, &state->vertices)->size,
          "each vertex lies in the buffer");
    prove(width == state->vertex_dwords && pitch >= width, "and is as large as its format");
}

int main(void)
{
    static struct gen3_command command;
    uint32_t words[5]; /* of any content */
    struct state *state = &world.state;
    uint32_t dwords = 0;

    world_make();
    world.dw = words;
    bound(world.length <= sizeof(words) / sizeof(words[0]));
    state->s_set = nondet_u32();
    for (unsigned i = 0; i < 8; i++) {
        state->s[i] = nondet_u32();
    }
    state->vertices = world_place(REACH_VERTEX);
    if (!vertex_size(&world, &dwords)) {
        reach("an unknown vertex");
        return 0;
    }
    prove(dwords <= 40 && (dwords >= 2 || proof_audit), "a vertex has a size");
    state->drawable = true;
    state->vertex_dwords = dwords;
    const uint32_t count = world.dw[0] & 0xffff;
    const bool elements = nondet_bool(), inlined = nondet_bool();
    command.id = inlined    ? GEN3_3DPRIMITIVE
                 : elements ? GEN3_3DPRIMITIVE_ELEMENTS
                            : GEN3_3DPRIMITIVE_SEQUENTIAL;
    world.command = &command;
    /* What gen3_command_length() makes of the header. */
    if (command.id == GEN3_3DPRIMITIVE_ELEMENTS) {
        given(count >= 1 && world.length == 1 + (count + 1) / 2);
    } else if (command.id == GEN3_3DPRIMITIVE_SEQUENTIAL) {
        given(world.length == 2);
    }
    bound(TYPE_OF(world.dw[0]) != TYPE_CLEAR_RECT);
    if (check_primitive(&world) && !proof_audit) {
        if (!inlined) {
            prove_vertex(count);
        } else {
            prove((world.length - 1) % dwords == 0, "whole vertices");
            reach("inline vertices");
        }
    }
    return 0;
}
