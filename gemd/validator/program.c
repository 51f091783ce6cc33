/* SPDX-License-Identifier: MIT */
/* Pixel programs: straight lines of instructions, three dwords each (doc/gen3.md E.8). */
#include "gemd/validator/internal.h"

#define OPCODE_OF(dw) ((dw) >> 24)
#define OP_TEXLD      0x15u
#define OP_TEXKILL    0x18u
#define OP_DCL        0x19u

enum { TYPE_R, TYPE_T, TYPE_CONST, TYPE_S, TYPE_OC, TYPE_OD, TYPE_U };

#define TYPES_DEST    (1u << TYPE_R | 1u << TYPE_OC | 1u << TYPE_OD | 1u << TYPE_U)
#define TYPES_SOURCE  (TYPES_DEST | 1u << TYPE_T | 1u << TYPE_CONST)
#define TYPES_ADDRESS (1u << TYPE_R | 1u << TYPE_T | 1u << TYPE_OC | 1u << TYPE_OD)

/* How many there are. The outputs are one each, and their number is ignored. */
static const uint8_t registers[8] = {
    [TYPE_R] = 16,  [TYPE_T] = 11,  [TYPE_CONST] = 32, [TYPE_S] = 16,
    [TYPE_OC] = 32, [TYPE_OD] = 32, [TYPE_U] = 3,
};

/* How many sources the arithmetic opcodes read: NOP to SLT. */
static const uint8_t operands[OP_TEXLD] = {
    0, 2, 1, 2, 3, 3, 2, 2, 1, 1, 1, 1, 1, 3, 2, 2, 1, 1, 1, 2, 2,
};

/* The driver's compiler keeps to 64, and then adds one move for formats in another byte order. */
#define MAX_ARITHMETIC   65u
#define MAX_TEXTURE      32u
#define MAX_DECLARATIONS 27u

#define ARITHMETIC_RESERVED_0 0xe0840000u /* 1:0 are ignored, and not zero in what Mesa sends */
#define TEXTURE_RESERVED_0    0xe0c43ff0u
#define TEXTURE_RESERVED_1    0xf8e1ffffu
#define DECLARE_RESERVED_0    0xe00403ffu

struct walk {
    struct check *check;
    uint32_t offset; /* of the instruction in the command */
    uint32_t declared_t;
    uint32_t declarations, arithmetic, texture;
    struct program program;
};

static bool refuse_bits(struct walk *walk, uint32_t dword, uint32_t bits)
{
    return check_refuse(walk->check, VALIDATOR_RESERVED_BITS, walk->offset + dword,
                        "instruction %u has 0x%08x", (walk->offset - 1) / 3, bits);
}

static bool check_register(struct walk *walk, uint32_t dword, uint32_t types, uint32_t type,
                           uint32_t number)
{
    if ((types & 1u << type) == 0 || number >= registers[type]) {
        return check_refuse(walk->check, VALIDATOR_PROGRAM_REGISTER, walk->offset + dword,
                            "instruction %u: register type %u number %u", (walk->offset - 1) / 3,
                            type, number);
    }
    if (type == TYPE_T && (walk->declared_t & 1u << number) == 0) {
        return check_refuse(walk->check, VALIDATOR_PROGRAM_REGISTER, walk->offset + dword,
                            "instruction %u: T%u is not declared", (walk->offset - 1) / 3, number);
    }
    if (type == TYPE_CONST) {
        walk->program.constants |= 1u << number;
    }
    return true;
}

static bool check_declaration(struct walk *walk, const uint32_t *dw)
{
    static const uint32_t masks = 1u << 1 | 1u << 3 | 1u << 7 | 1u << 8 | 1u << 15;
    uint32_t type = dw[0] >> 19 & 7;
    uint32_t number = dw[0] >> 14 & 15;
    uint32_t mask = dw[0] >> 10 & 15;
    uint32_t sample = dw[0] >> 22 & 3;

    if ((dw[0] & DECLARE_RESERVED_0) != 0 || dw[1] != 0 || dw[2] != 0) {
        return refuse_bits(walk, 0, dw[0] & DECLARE_RESERVED_0);
    }
    if (walk->arithmetic + walk->texture != 0) {
        return check_refuse(walk->check, VALIDATOR_PROGRAM_OPCODE, walk->offset,
                            "a declaration after the first instruction");
    }
    if (type == TYPE_T && number < registers[TYPE_T] && (masks & 1u << mask) != 0 && sample == 0) {
        walk->declared_t |= 1u << number;
    } else if (type == TYPE_S && mask == 0 && sample <= SAMPLE_VOLUME) {
        walk->program.samplers |= 1u << number;
        walk->program.sample_type[number] = (uint8_t)sample;
    } else {
        return check_refuse(walk->check, VALIDATOR_PROGRAM_REGISTER, walk->offset,
                            "declares type %u number %u channels 0x%x sample type %u", type, number,
                            mask, sample);
    }
    walk->declarations++;
    return true;
}

static bool check_texture_load(struct walk *walk, const uint32_t *dw)
{
    uint32_t sampler = dw[0] & 15;

    if ((dw[0] & TEXTURE_RESERVED_0) != 0 || (dw[1] & TEXTURE_RESERVED_1) != 0 || dw[2] != 0) {
        return refuse_bits(walk, 0, dw[0] & TEXTURE_RESERVED_0);
    }
    if (!check_register(walk, 0, TYPES_DEST, dw[0] >> 19 & 7, dw[0] >> 14 & 15) ||
        !check_register(walk, 1, TYPES_ADDRESS, dw[1] >> 24 & 7, dw[1] >> 17 & 15)) {
        return false;
    }
    if (OPCODE_OF(dw[0]) != OP_TEXKILL && (walk->program.samplers & 1u << sampler) == 0) {
        return check_refuse(walk->check, VALIDATOR_PROGRAM_REGISTER, walk->offset,
                            "instruction %u: S%u is not declared", (walk->offset - 1) / 3, sampler);
    }
    walk->texture++;
    return true;
}

static bool check_arithmetic(struct walk *walk, const uint32_t *dw)
{
    if ((dw[0] & ARITHMETIC_RESERVED_0) != 0) {
        return refuse_bits(walk, 0, dw[0] & ARITHMETIC_RESERVED_0);
    }
    /*
     * Operands that the opcode has not are anything, and so are channel selects: before the first
     * colour buffer Mesa's move for another order of channels has ones wherever it has selects.
     */
    const unsigned count = operands[OPCODE_OF(dw[0])];
    if (!check_register(walk, 0, TYPES_DEST, dw[0] >> 19 & 7, dw[0] >> 14 & 15) ||
        (count > 0 && !check_register(walk, 0, TYPES_SOURCE, dw[0] >> 7 & 7, dw[0] >> 2 & 31)) ||
        (count > 1 && !check_register(walk, 1, TYPES_SOURCE, dw[1] >> 13 & 7, dw[1] >> 8 & 31)) ||
        (count > 2 && !check_register(walk, 2, TYPES_SOURCE, dw[2] >> 21 & 7, dw[2] >> 16 & 31))) {
        return false;
    }
    walk->arithmetic++;
    return true;
}

static bool check_instruction(struct walk *walk)
{
    const uint32_t *dw = &walk->check->dw[walk->offset];
    uint32_t opcode = OPCODE_OF(dw[0]);

    if (opcode == OP_DCL) {
        return check_declaration(walk, dw);
    }
    if (opcode > OP_DCL) {
        return check_refuse(walk->check, VALIDATOR_PROGRAM_OPCODE, walk->offset,
                            "instruction %u: opcode 0x%02x", (walk->offset - 1) / 3, opcode);
    }
    return opcode >= OP_TEXLD ? check_texture_load(walk, dw) : check_arithmetic(walk, dw);
}

bool check_program(struct check *check)
{
    struct walk walk = {.check = check, .offset = 1};

    if (check->length % 3 != 1) {
        return check_refuse(check, VALIDATOR_COUNT_MISMATCH, 0, "%u dwords of instructions",
                            check->length - 1);
    }
    for (; walk.offset < check->length; walk.offset += 3) {
        if (!check_instruction(&walk)) {
            return false;
        }
    }
    if (walk.arithmetic > MAX_ARITHMETIC || walk.texture > MAX_TEXTURE ||
        walk.declarations > MAX_DECLARATIONS || walk.arithmetic + walk.texture == 0) {
        return check_refuse(check, VALIDATOR_PROGRAM_LIMIT, 0,
                            "%u declarations of %u, %u arithmetic of %u, %u texture of %u",
                            walk.declarations, MAX_DECLARATIONS, walk.arithmetic, MAX_ARITHMETIC,
                            walk.texture, MAX_TEXTURE);
    }
    walk.program.set = true;
    check->state.program = walk.program;
    check->state.drawable = false;
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
