/* SPDX-License-Identifier: MIT */
/* Pixel programs: straight lines of instructions, three dwords each (doc/gen3.md E.8). */
#include "gemd/validator/program.h"

#include <string.h>

#define OPCODE_OF(dw) ((dw) >> 24)
#define OP_NOP        0x00u
#define OP_TEXLD      0x15u
#define OP_TEXKILL    0x18u
#define OP_DCL        0x19u

#define TYPES_DEST    (1u << TYPE_R | 1u << TYPE_OC | 1u << TYPE_OD | 1u << TYPE_U)
#define TYPES_SOURCE  (TYPES_DEST | 1u << TYPE_T | 1u << TYPE_CONST)
#define TYPES_ADDRESS (1u << TYPE_R | 1u << TYPE_T | 1u << TYPE_OC | 1u << TYPE_OD)

/* How many there are. The outputs are one each, and their number is ignored. */
static const uint8_t registers[8] = {
    [TYPE_R] = 16,  [TYPE_T] = 11,  [TYPE_CONST] = 32, [TYPE_S] = 16,
    [TYPE_OC] = 32, [TYPE_OD] = 32, [TYPE_U] = 3,
};

/* How many sources the arithmetic opcodes read: NOP to SLT; those that give one result for all. */
static const uint8_t operands[OP_TEXLD] = {
    0, 2, 1, 2, 3, 3, 2, 2, 1, 1, 1, 1, 1, 3, 2, 2, 1, 1, 1, 2, 2,
};

#define OPS_BROADCAST (1u << 5 | 1u << 6 | 1u << 7 | 1u << 9 | 1u << 10 | 1u << 11 | 1u << 12)

/* The driver's compiler keeps to 64, and then adds one move for formats in another byte order. */
#define MAX_ARITHMETIC   65u
#define MAX_TEXTURE      32u
#define MAX_DECLARATIONS 27u

#define ARITHMETIC_RESERVED_0 0xe0840000u /* 1:0 are ignored, and not zero in what Mesa sends */
#define TEXTURE_RESERVED_0    0xe0c43ff0u
#define TEXTURE_RESERVED_1    0xf8e1ffffu
#define DECLARE_RESERVED_0    0xe00403ffu

#define OD_DEPTH 8u /* its w */

static bool object_to_bits(struct program_walk *walk, uint32_t dword, uint32_t bits)
{
    return check_object(walk->check, VALIDATOR_RESERVED_BITS, walk->offset + dword,
                        "instruction %u has 0x%08x", (walk->offset - 1) / 3, bits);
}

static bool check_register(struct program_walk *walk, uint32_t dword, uint32_t types, uint32_t type,
                           uint32_t number)
{
    if (((types & 1u << type) == 0 || number >= registers[type]) &&
        !check_object(walk->check, VALIDATOR_PROGRAM_REGISTER, walk->offset + dword,
                      "instruction %u: register type %u number %u", (walk->offset - 1) / 3, type,
                      number)) {
        return false;
    }
    if (type == TYPE_T && (walk->declared_t & 1u << number) == 0 &&
        !check_object(walk->check, VALIDATOR_PROGRAM_REGISTER, walk->offset + dword,
                      "instruction %u: T%u is not declared", (walk->offset - 1) / 3, number)) {
        return false;
    }
    if (type == TYPE_CONST) {
        walk->program.constants |= 1u << number;
    }
    return true;
}

static bool check_declaration(struct program_walk *walk, const uint32_t *dw)
{
    static const uint32_t masks = 1u << 1 | 1u << 3 | 1u << 7 | 1u << 8 | 1u << 15;
    uint32_t type = dw[0] >> 19 & 7;
    uint32_t number = dw[0] >> 14 & 15;
    uint32_t mask = dw[0] >> 10 & 15;
    uint32_t sample = dw[0] >> 22 & 3;

    if (((dw[0] & DECLARE_RESERVED_0) != 0 || dw[1] != 0 || dw[2] != 0) &&
        !object_to_bits(walk, 0, dw[0] & DECLARE_RESERVED_0)) {
        return false;
    }
    if (walk->arithmetic + walk->texture != 0 &&
        !check_object(walk->check, VALIDATOR_PROGRAM_OPCODE, walk->offset,
                      "a declaration after the first instruction")) {
        return false;
    }
    if (type == TYPE_T && number < registers[TYPE_T] && (masks & 1u << mask) != 0 && sample == 0) {
        walk->declared_t |= 1u << number;
    } else if (type == TYPE_S && mask == 0 && sample <= SAMPLE_VOLUME) {
        walk->program.samplers |= 1u << number;
        walk->program.sample_type[number] = (uint8_t)sample;
    } else if (!check_object(walk->check, VALIDATOR_PROGRAM_REGISTER, walk->offset,
                             "declares type %u number %u channels 0x%x sample type %u", type,
                             number, mask, sample)) {
        return false;
    }
    walk->declarations++;
    return true;
}

static bool check_texture_load(struct program_walk *walk, uint32_t *dw)
{
    uint32_t sampler = dw[0] & 15;
    bool kills = OPCODE_OF(dw[0]) == OP_TEXKILL;

    if (((dw[0] & TEXTURE_RESERVED_0) != 0 || (dw[1] & TEXTURE_RESERVED_1) != 0 || dw[2] != 0) &&
        !object_to_bits(walk, 0, dw[0] & TEXTURE_RESERVED_0)) {
        return false;
    }
    if (!check_register(walk, 0, TYPES_DEST, dw[0] >> 19 & 7, dw[0] >> 14 & 15) ||
        !check_register(walk, 1, TYPES_ADDRESS, dw[1] >> 24 & 7, dw[1] >> 17 & 15)) {
        return false;
    }
    if (!kills && (walk->program.samplers & 1u << sampler) == 0 &&
        !check_object(walk->check, VALIDATOR_PROGRAM_REGISTER, walk->offset,
                      "instruction %u: S%u is not declared", (walk->offset - 1) / 3, sampler)) {
        return false;
    }
    /* The fourth component divides or biases, where it is looked at. */
    if (written_texture(walk, dw, OPCODE_OF(dw[0]) == OP_TEXLD ? 7u : ALL_COMPONENTS, kills)) {
        walk->texture++;
    } else {
        walk->arithmetic++;
    }
    return true;
}

static bool check_arithmetic(struct program_walk *walk, uint32_t *dw)
{
    if ((dw[0] & ARITHMETIC_RESERVED_0) != 0 &&
        !object_to_bits(walk, 0, dw[0] & ARITHMETIC_RESERVED_0)) {
        return false;
    }
    /*
     * Operands that the opcode has not are anything, and so are channel selects: before the first
     * colour buffer Mesa's move for another order of channels has ones wherever it has selects.
     */
    const uint32_t opcode = OPCODE_OF(dw[0]);
    const unsigned count = operands[opcode];
    if (!check_register(walk, 0, TYPES_DEST, dw[0] >> 19 & 7, dw[0] >> 14 & 15) ||
        (count > 0 && !check_register(walk, 0, TYPES_SOURCE, dw[0] >> 7 & 7, dw[0] >> 2 & 31)) ||
        (count > 1 && !check_register(walk, 1, TYPES_SOURCE, dw[1] >> 13 & 7, dw[1] >> 8 & 31)) ||
        (count > 2 && !check_register(walk, 2, TYPES_SOURCE, dw[2] >> 21 & 7, dw[2] >> 16 & 31))) {
        return false;
    }
    if (opcode != OP_NOP) {
        written_arithmetic(walk, dw, count, (OPS_BROADCAST & 1u << opcode) == 0);
    }
    walk->arithmetic++;
    return true;
}

static bool check_instruction(struct program_walk *walk)
{
    uint32_t *dw = &walk->check->dw[walk->offset];
    uint32_t opcode = OPCODE_OF(dw[0]);

    if (opcode == OP_DCL) {
        return check_declaration(walk, dw);
    }
    if (opcode > OP_DCL) {
        return check_object(walk->check, VALIDATOR_PROGRAM_OPCODE, walk->offset,
                            "instruction %u: opcode 0x%02x", (walk->offset - 1) / 3, opcode);
    }
    return opcode >= OP_TEXLD ? check_texture_load(walk, dw) : check_arithmetic(walk, dw);
}

/* What the program leaves in its outputs is not what another one has left there. */
static bool check_outputs(struct program_walk *walk)
{
    uint32_t depth = walk->written[FILE_OD].components;

    walk->program.writes_colour = written_colour(walk);
    if (depth != 0 && (depth & OD_DEPTH) == 0) {
        return check_object(walk->check, VALIDATOR_PROGRAM_REGISTER, 0,
                            "writes 0x%x of oD, but not the depth", depth);
    }
    return true;
}

/*
 * Drivers send the same few programs again and again. What a program is depends on its own words
 * alone, so one that has come before and was not mended is what it was then.
 */
static const struct program *find_seen(const struct check *check)
{
    for (uint32_t i = 0; i < SEEN_PROGRAMS; i++) {
        const struct seen_program *seen = &check->state.seen[i];

        if (seen->length == check->length && memcmp(&check->job->words[seen->start], check->dw,
                                                    seen->length * sizeof(uint32_t)) == 0) {
            return &seen->program;
        }
    }
    return NULL;
}

/* Not in an audit, which counts each breach. */
static void remember(struct check *check, const struct program_walk *walk)
{
    struct state *state = &check->state;

    if (!walk->mended && check->job->audit == NULL) {
        state->seen[state->next_seen] = (struct seen_program){
            .start = check->start, .length = check->length, .program = walk->program};
        state->next_seen = (state->next_seen + 1) % SEEN_PROGRAMS;
    }
}

bool check_program(struct check *check)
{
    struct program_walk walk = {.check = check, .offset = 1, .phase = 1};
    const struct program *seen = find_seen(check);

    check->state.drawable = false;
    if (seen != NULL) {
        check->state.program = *seen;
        return true;
    }
    if (check->length % 3 != 1) {
        return check_refuse(check, VALIDATOR_COUNT_MISMATCH, 0, "%u dwords of instructions",
                            check->length - 1);
    }
    for (; walk.offset < check->length; walk.offset += 3) {
        if (!check_instruction(&walk)) {
            return false;
        }
    }
    if ((walk.arithmetic > MAX_ARITHMETIC || walk.texture > MAX_TEXTURE ||
         walk.declarations > MAX_DECLARATIONS || walk.arithmetic + walk.texture == 0) &&
        !check_object(check, VALIDATOR_PROGRAM_LIMIT, 0,
                      "%u declarations of %u, %u arithmetic of %u, %u texture of %u",
                      walk.declarations, MAX_DECLARATIONS, walk.arithmetic, MAX_ARITHMETIC,
                      walk.texture, MAX_TEXTURE)) {
        return false;
    }
    if (!check_outputs(&walk)) {
        return false;
    }
    walk.program.set = true;
    check->state.program = walk.program;
    remember(check, &walk);
    return true;
}

bool check_constants(struct check *check)
{
    uint32_t mask = check->dw[1];

    if (4 * (uint32_t)__builtin_popcount(mask) + 2 != check->length) {
        return check_refuse(check, VALIDATOR_COUNT_MISMATCH, 1, "mask 0x%08x, %u dwords", mask,
                            check->length);
    }
    check->state.constants |= mask;
    check->state.drawable = false;
    return true;
}
