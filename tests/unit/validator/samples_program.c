/* SPDX-License-Identifier: MIT */
/* Pixel programs and their constants. Offsets of words: from the header of the program. */
#include "samples.h"

#define MOV  0x02203ca0u /* oC, T8 */
#define XYZW 0x01230000u

static void texture(struct stream *s)
{
    stream_put_texture_program(s);
}

static void program(struct stream *s)
{
    stream_put_program(s);
}

/* Nothing reads what is declared, and no later check can find fault with it. */
static void declaration_alone(struct stream *s)
{
    PUT(s, 0x7d050005, 0x190a3c00, 0, 0, 0, 0, 0);
}

static void repeated(struct stream *s, uint32_t header, uint32_t count, uint32_t dw0, uint32_t dw1)
{
    PUT(s, header | (3 * (count + 2) - 1), 0x190a3c00, 0, 0, 0x19180000, 0, 0);
    for (uint32_t i = 0; i < count; i++) {
        PUT(s, dw0, dw1, 0);
    }
}

static void most_arithmetic(struct stream *s)
{
    repeated(s, 0x7d050000, 65, MOV, XYZW);
}

static void too_much_arithmetic(struct stream *s)
{
    repeated(s, 0x7d050000, 66, MOV, XYZW);
}

static void most_texture(struct stream *s)
{
    repeated(s, 0x7d050000, 32, 0x15000000, 0x01100000);
}

static void too_much_texture(struct stream *s)
{
    repeated(s, 0x7d050000, 33, 0x15000000, 0x01100000);
}

static void nothing_but_declarations(struct stream *s)
{
    PUT(s, 0x7d050002, 0x190a3c00, 0, 0);
}

static void too_many_declarations(struct stream *s)
{
    PUT(s, 0x7d050000 | (3 * 29 - 1));
    for (uint32_t i = 0; i < 28; i++) {
        PUT(s, 0x190a3c00, 0, 0);
    }
    PUT(s, MOV, XYZW, 0);
}

static void late_declaration(struct stream *s)
{
    PUT(s, 0x7d050008, 0x190a3c00, 0, 0, MOV, XYZW, 0, 0x19000400, 0, 0);
}

static void half_an_instruction(struct stream *s)
{
    PUT(s, 0x7d050006, 0x190a3c00, 0, 0, MOV, XYZW, 0, 0);
}

/* Mesa's program for a shader that did not compile: R0, with constant selects only. */
static void fallback(struct stream *s)
{
    PUT(s, 0x7d050002, 0x02203c00, 0x54450000, 0);
}

/* The move that Mesa adds for another order of channels: reads oC, under the number 8. */
static void fixup(struct stream *s)
{
    PUT(s, 0x7d050008, 0x190a3c00, 0, 0, MOV, XYZW, 0, 0x02203e20, 0x21030000, 0);
}

/* MAD oC, R0, R0, R0 */
static void sum(struct stream *s)
{
    PUT(s, 0x7d050002, 0x04203c00, XYZW, 0);
}

static void texkill(struct stream *s)
{
    PUT(s, 0x7d050008, 0x190a3c00, 0, 0, 0x18300000, 0x00000000, 0, MOV, XYZW, 0);
}

static void constants(struct stream *s)
{
    PUT(s, 0x7d060008, 0x00000005, 1, 2, 3, 4, 5, 6, 7, 8);
}

/* A triangle whose program reads constant 2 (MOV oC, C2) and the constants 0 and 2. */
static void triangle_of_a_constant(struct stream *s)
{
    stream_put_triangle_state(s);
    constants(s);
    PUT(s, 0x7d050002, 0x02203d08, XYZW, 0);
    stream_put_triangle(s);
}

enum { AT_CONSTANT_MASK = 23, AT_CONSTANT_MOV = 33 };

const struct sample samples_program[] = {
    {"the program of J.2", program, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"the program of J.3", texture, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"most arithmetic", most_arithmetic, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"too much arithmetic", too_much_arithmetic, AS_BUILT, 0, VALIDATOR_PROGRAM_LIMIT},
    {"most texture loads", most_texture, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"too many texture loads", too_much_texture, AS_BUILT, 0, VALIDATOR_PROGRAM_LIMIT},
    {"nothing but declarations", nothing_but_declarations, AS_BUILT, 0, VALIDATOR_PROGRAM_LIMIT},
    {"too many declarations", too_many_declarations, AS_BUILT, 0, VALIDATOR_PROGRAM_LIMIT},
    {"a declaration too late", late_declaration, AS_BUILT, 0, VALIDATOR_PROGRAM_OPCODE},
    {"half an instruction", half_an_instruction, AS_BUILT, 0, VALIDATOR_COUNT_MISMATCH},
    {"Mesa's fallback", fallback, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"Mesa's order of channels", fixup, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a kill", texkill, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"an opcode 0x1a", program, 4, 0x1a203ca0, VALIDATOR_PROGRAM_OPCODE},
    {"an opcode of 6 bits", program, 4, 0x22203ca0, VALIDATOR_PROGRAM_OPCODE},
    {"a retained program", program, 0, 0x7d058005, VALIDATOR_RESERVED_BITS},
    {"an instruction's bit 23", program, 4, 0x02a03ca0, VALIDATOR_RESERVED_BITS},
    {"a saturated move", program, 4, 0x02603ca0, VALIDATOR_ACCEPTED},
    {"a move to T", program, 4, 0x02083ca0, VALIDATOR_PROGRAM_REGISTER},
    {"a move to a constant", program, 4, 0x02103ca0, VALIDATOR_PROGRAM_REGISTER},
    {"a move to U3", program, 4, 0x0230fca0, VALIDATOR_PROGRAM_REGISTER},
    {"a move to U2", program, 4, 0x0230bca0, VALIDATOR_ACCEPTED},
    {"a move from R16", program, 4, 0x02203c40, VALIDATOR_PROGRAM_REGISTER},
    {"a move from R15", program, 4, 0x02203c3c, VALIDATOR_ACCEPTED},
    {"a move from T7, not declared", program, 4, 0x02203c9c, VALIDATOR_PROGRAM_REGISTER},
    {"a move from T11", program, 4, 0x02203cac, VALIDATOR_PROGRAM_REGISTER},
    {"a move from a sampler", program, 4, 0x02203d80, VALIDATOR_PROGRAM_REGISTER},
    {"a move from type 7", program, 4, 0x02203f80, VALIDATOR_PROGRAM_REGISTER},
    {"a select 6", program, 5, 0x61230000, VALIDATOR_ACCEPTED},
    {"a move whose other operands are ones", program, 5, 0xffffffff, VALIDATOR_ACCEPTED},
    {"a negated one", program, 5, 0xd1230000, VALIDATOR_ACCEPTED},
    {"a second operand of type 7", sum, 2, 0x0123e000, VALIDATOR_PROGRAM_REGISTER},
    {"a third operand R16", sum, 3, 0x00100000, VALIDATOR_PROGRAM_REGISTER},
    {"a sum's operands are ones", sum, 2, 0xffffffff, VALIDATOR_PROGRAM_REGISTER},
    {"a declaration of T11", program, 1, 0x190afc00, VALIDATOR_PROGRAM_REGISTER},
    {"a declaration of channels xz", program, 1, 0x190a1400, VALIDATOR_PROGRAM_REGISTER},
    {"a declaration of R", program, 1, 0x19023c00, VALIDATOR_PROGRAM_REGISTER},
    {"a declaration with a low bit", program, 1, 0x190a3c01, VALIDATOR_RESERVED_BITS},
    {"a declaration's second dword", program, 2, 1, VALIDATOR_RESERVED_BITS},
    {"a sampler of type 3", texture, 4, 0x19d80000, VALIDATOR_PROGRAM_REGISTER},
    {"a sampler with channels", texture, 4, 0x19180400, VALIDATOR_PROGRAM_REGISTER},
    {"a declaration alone", declaration_alone, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a declaration alone, of a temporary", declaration_alone, 1, 0x19023c00,
     VALIDATOR_PROGRAM_REGISTER},
    {"a load by S1, not declared", texture, 7, 0x15200001, VALIDATOR_PROGRAM_REGISTER},
    {"a load at a constant", texture, 8, 0x02000000, VALIDATOR_PROGRAM_REGISTER},
    {"a load at T1, not declared", texture, 8, 0x01020000, VALIDATOR_PROGRAM_REGISTER},
    {"a load at R3", texture, 8, 0x00060000, VALIDATOR_ACCEPTED},
    {"a load with a mask", texture, 7, 0x15200400, VALIDATOR_RESERVED_BITS},
    {"a load's address with a low bit", texture, 8, 0x01000001, VALIDATOR_RESERVED_BITS},
    {"a load's third dword", texture, 9, 1, VALIDATOR_RESERVED_BITS},
    {"constants", constants, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a constant more than the length has", constants, 1, 7, VALIDATOR_COUNT_MISMATCH},
    {"a constant that was loaded", triangle_of_a_constant, AS_BUILT, 0, VALIDATOR_ACCEPTED},
    {"a constant that was not", triangle_of_a_constant, AT_CONSTANT_MASK, 3, VALIDATOR_STATE_UNSET},
    {"constant 1", triangle_of_a_constant, AT_CONSTANT_MOV, 0x02203d04, VALIDATOR_STATE_UNSET},
    {"a declaration with a second dword", declaration_alone, 2, 1, VALIDATOR_RESERVED_BITS},
    {"a declaration with a third dword", declaration_alone, 3, 1, VALIDATOR_RESERVED_BITS},
    {"a texcoord that there is not", declaration_alone, 1, 0x190bfc00, VALIDATOR_PROGRAM_REGISTER},
    {"a texcoord of a cube", declaration_alone, 1, 0x194a3c00, VALIDATOR_PROGRAM_REGISTER},
    {"a load into a texcoord", texture, 7, 0x15080000, VALIDATOR_PROGRAM_REGISTER},
    {0},
};
