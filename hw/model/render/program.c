/* SPDX-License-Identifier: MIT */
/*
 * PIXEL_SHADER_PROGRAM and its constants (gen3.md E.7, E.8): checks each instruction and turns it
 * into a form without bit fields, where every operand channel is the index of a register.
 */
#include "hw/model/render/internal.h"

#include <stdlib.h>

#define SIGN 0x80000000u

/* Limits of gen3.md E.8. Mesa adds up to two moves to a program after it has counted. */
#define DECLARATION_MAX 27
#define ARITHMETIC_MAX  (64 + 2)
#define TEXTURE_MAX     32

enum register_type { TYPE_R, TYPE_T, TYPE_CONST, TYPE_S, TYPE_OC, TYPE_OD, TYPE_U };

/* First register of a type and how many numbers it has; count 0: the number is ignored. */
static const struct {
    uint16_t base;
    uint8_t count;
    bool readable, writable;
} register_files[8] = {
    [TYPE_R] = {REG_R, 16, true, true},
    [TYPE_T] = {REG_T, T_COUNT, true, false},
    [TYPE_CONST] = {REG_CONSTANT, CONSTANT_COUNT, true, false},
    [TYPE_OC] = {REG_OC, 0, true, true},
    [TYPE_OD] = {REG_OD, 0, true, true},
    [TYPE_U] = {REG_U, 3, true, true},
};

enum shape { SHAPE_NONE, SHAPE_VECTOR, SHAPE_SCALAR, SHAPE_DOT, SHAPE_TEXTURE };

static const struct {
    const char *name;
    uint8_t shape;
    uint8_t operands;
} opcodes[] = {
    [OP_ADD] = {"ADD", SHAPE_VECTOR, 2},        [OP_MOV] = {"MOV", SHAPE_VECTOR, 1},
    [OP_MUL] = {"MUL", SHAPE_VECTOR, 2},        [OP_MAD] = {"MAD", SHAPE_VECTOR, 3},
    [OP_DP2ADD] = {"DP2ADD", SHAPE_DOT, 3},     [OP_DP3] = {"DP3", SHAPE_DOT, 2},
    [OP_DP4] = {"DP4", SHAPE_DOT, 2},           [OP_FRC] = {"FRC", SHAPE_VECTOR, 1},
    [OP_RCP] = {"RCP", SHAPE_SCALAR, 1},        [OP_RSQ] = {"RSQ", SHAPE_SCALAR, 1},
    [OP_EXP] = {"EXP", SHAPE_SCALAR, 1},        [OP_LOG] = {"LOG", SHAPE_SCALAR, 1},
    [OP_CMP] = {"CMP", SHAPE_VECTOR, 3},        [OP_MIN] = {"MIN", SHAPE_VECTOR, 2},
    [OP_MAX] = {"MAX", SHAPE_VECTOR, 2},        [OP_FLR] = {"FLR", SHAPE_VECTOR, 1},
    [OP_MOD] = {"MOD", SHAPE_VECTOR, 1},        [OP_TRC] = {"TRC", SHAPE_VECTOR, 1},
    [OP_SGE] = {"SGE", SHAPE_VECTOR, 2},        [OP_SLT] = {"SLT", SHAPE_VECTOR, 2},
    [OP_TEXLD] = {"TEXLD", SHAPE_TEXTURE, 1},   [OP_TEXLDP] = {"TEXLDP", SHAPE_TEXTURE, 1},
    [OP_TEXLDB] = {"TEXLDB", SHAPE_TEXTURE, 1}, [OP_TEXKILL] = {"TEXKILL", SHAPE_TEXTURE, 1},
};

struct translation {
    struct program *program;
    uint8_t declared[T_COUNT];
    uint8_t written_in[16]; /* phase that last wrote each R */
    unsigned phase, declarations, arithmetic, textures;
    unsigned number; /* of the instruction, for messages */
    struct render_error *error;
};

/* Channels of an operand before swizzling. */
struct operand {
    uint16_t base;
    uint8_t select[4];
};

static enum render_status find_register(struct translation *tr, unsigned type, unsigned number,
                                        bool write, uint16_t *base)
{
    const bool allowed = write ? register_files[type].writable : register_files[type].readable;
    const unsigned count = register_files[type].count;
    if (!allowed || (count != 0 && number >= count)) {
        return render_unknown(tr->error,
                              "PIXEL_SHADER_PROGRAM: instruction %u: %s register %u of type %u",
                              tr->number, write ? "destination" : "source", number, type);
    }
    *base = (uint16_t)(register_files[type].base + (count != 0 ? number * 4 : 0));
    return RENDER_OK;
}

/*
 * One channel of an operand: 0..3 the register's, 4 zero, 5 one; bit 3 negates. 6 and 7 mean
 * nothing, and stop nothing (doc/gen3.md E.8): zero.
 */
static void select_channel(struct translation *tr, const struct operand *operand, unsigned channel,
                           uint16_t *reg, uint32_t *negate)
{
    const unsigned select = operand->select[channel] & 7;
    *negate = operand->select[channel] & 8 ? SIGN : 0;
    if (select > 3) {
        *reg = select == 5 ? REG_ONE : REG_ZERO;
        return;
    }
    *reg = (uint16_t)(operand->base + select);
}

static void split_select(uint32_t nibbles, uint8_t select[4])
{
    for (unsigned i = 0; i < 4; i++) {
        select[i] = nibbles >> (12 - 4 * i) & 15;
    }
}

static enum render_status decode_operands(struct translation *tr, const uint32_t *dw,
                                          unsigned count, struct operand operands[3])
{
    const struct {
        unsigned type, number;
        uint32_t select;
    } fields[3] = {
        {dw[0] >> 7 & 7, dw[0] >> 2 & 31, dw[1] >> 16},
        {dw[1] >> 13 & 7, dw[1] >> 8 & 31, (dw[1] & 0xff) << 8 | dw[2] >> 24},
        {dw[2] >> 21 & 7, dw[2] >> 16 & 31, dw[2] & 0xffff},
    };
    for (unsigned i = 0; i < count; i++) {
        const enum render_status status =
            find_register(tr, fields[i].type, fields[i].number, false, &operands[i].base);
        if (status != RENDER_OK) {
            return status;
        }
        split_select(fields[i].select, operands[i].select);
    }
    return RENDER_OK;
}

/* Which operand channel feeds entry 'i' of an instruction of this shape. */
static unsigned source_channel(unsigned shape, unsigned operand, unsigned channel, unsigned i)
{
    switch (shape) {
    case SHAPE_SCALAR:
        return 0;
    case SHAPE_DOT:
        return operand == 2 ? 0 : i;
    default:
        return channel;
    }
}

static enum render_status translate_arithmetic(struct translation *tr, const uint32_t *dw,
                                               unsigned code)
{
    struct instruction *in = &tr->program->code[tr->program->count];
    memset(in, 0, sizeof(*in));
    /* Bits 1:0 are ignored: Mesa leaves two bits of operand 0's channel selects there. */
    if ((dw[0] & (1u << 23 | 1u << 18)) != 0) {
        return render_unknown(tr->error,
                              "PIXEL_SHADER_PROGRAM: instruction %u: reserved bits in 0x%08x",
                              tr->number, dw[0]);
    }
    uint16_t base = 0;
    enum render_status status = find_register(tr, dw[0] >> 19 & 7, dw[0] >> 14 & 15, true, &base);
    struct operand operands[3];
    if (status == RENDER_OK) {
        status = decode_operands(tr, dw, opcodes[code].operands, operands);
    }
    if (status != RENDER_OK) {
        return status;
    }
    in->code = (uint8_t)code;
    in->saturate = dw[0] >> 22 & 1 || base == REG_OC; /* oC is clamped when written */
    uint8_t channels[4];
    for (unsigned c = 0; c < 4; c++) {
        if (dw[0] & 1u << (10 + c)) {
            channels[in->count] = (uint8_t)c;
            in->dst[in->count++] = (uint16_t)(base + c);
        }
    }
    if (in->count == 0) {
        return RENDER_OK;
    }
    const unsigned shape = opcodes[code].shape;
    const unsigned used = code == OP_DP2ADD ? 2 : code == OP_DP3 ? 3 : 4;
    const unsigned entries = shape == SHAPE_DOT ? used : shape == SHAPE_SCALAR ? 1 : in->count;
    for (unsigned o = 0; o < opcodes[code].operands; o++) {
        for (unsigned i = 0; i < entries; i++) {
            const unsigned channel =
                source_channel(shape, o, shape == SHAPE_VECTOR ? channels[i] : 0, i);
            select_channel(tr, &operands[o], channel, &in->src[o][i], &in->negate[o][i]);
        }
    }
    if (base < REG_T) {
        tr->written_in[base / 4] = (uint8_t)tr->phase;
    }
    tr->program->writes_depth |= base == REG_OD && dw[0] & 1u << 13;
    tr->program->count++;
    return status;
}

/*
 * A phase ends where a texture instruction needs an R of the same phase, or writes oC or oD
 * (gen3.md E.8). More phases than the documented four are run too: Mesa sends such programs.
 */
static void begin_phase(struct translation *tr, struct instruction *in, unsigned type,
                        unsigned number)
{
    const unsigned dst = in->count != 0 ? in->dst[0] : REG_COUNT;
    const bool dependent = type == TYPE_R && tr->written_in[number] == tr->phase;
    in->new_phase = dependent || (dst >= REG_OC && dst < REG_U);
    tr->phase += (dst >= REG_OC && dst < REG_U) + (unsigned)dependent;
    if (dst < REG_T) {
        tr->written_in[dst / 4] = (uint8_t)tr->phase;
    }
}

static enum render_status translate_texture(struct translation *tr, const uint32_t *dw,
                                            unsigned code)
{
    struct program *program = tr->program;
    struct instruction *in = &program->code[program->count];
    memset(in, 0, sizeof(*in));
    const unsigned type = dw[1] >> 24 & 7;
    const unsigned number = dw[1] >> 17 & 15;
    const unsigned sampler = dw[0] & 15;
    uint16_t address = 0, base = REG_OC;
    enum render_status status = find_register(tr, type, number, false, &address);
    if (status == RENDER_OK && (type == TYPE_CONST || type == TYPE_U || dw[2] != 0)) {
        status = render_unknown(
            tr->error, "PIXEL_SHADER_PROGRAM: instruction %u: texture address 0x%08x 0x%08x",
            tr->number, dw[1], dw[2]);
    }
    if (status == RENDER_OK && code != OP_TEXKILL) {
        status = find_register(tr, dw[0] >> 19 & 7, dw[0] >> 14 & 15, true, &base);
        if (status == RENDER_OK && !(program->declared_samplers & 1u << sampler)) {
            status = render_unknown(
                tr->error, "PIXEL_SHADER_PROGRAM: instruction %u: sampler %u is not declared",
                tr->number, sampler);
        }
    }
    if (status != RENDER_OK) {
        return status;
    }
    in->code = (uint8_t)code;
    in->sampler = (uint8_t)sampler;
    in->count = code == OP_TEXKILL ? 0 : 4;
    for (unsigned c = 0; c < 4; c++) {
        in->dst[c] = (uint16_t)(base + c);
        in->src[0][c] = (uint16_t)(address + c);
    }
    in->saturate = code != OP_TEXKILL && base == REG_OC;
    program->kills |= code == OP_TEXKILL;
    program->writes_depth |= code != OP_TEXKILL && base == REG_OD;
    program->count++;
    begin_phase(tr, in, type, number);
    return RENDER_OK;
}

static enum render_status translate_declaration(struct translation *tr, const uint32_t *dw)
{
    const unsigned type = dw[0] >> 19 & 7;
    const unsigned number = dw[0] >> 14 & 15;
    const unsigned sample_type = dw[0] >> 22 & 3;
    if (type == TYPE_T && number < T_COUNT) {
        tr->declared[number] = dw[0] >> 10 & 15;
        return RENDER_OK;
    }
    if (type == TYPE_S && sample_type <= SAMPLE_VOLUME) {
        tr->program->declared_samplers |= (uint16_t)(1u << number);
        tr->program->sample_type[number] = (uint8_t)sample_type;
        return RENDER_OK;
    }
    return render_unknown(tr->error, "PIXEL_SHADER_PROGRAM: declaration 0x%08x", dw[0]);
}

static enum render_status translate(struct translation *tr, const uint32_t *dw)
{
    const unsigned code = dw[0] >> 24;
    if (code == 0) {
        return RENDER_OK;
    }
    if (code == OP_DCL) {
        tr->declarations++;
        return translate_declaration(tr, dw);
    }
    if (code > OP_DCL) {
        return render_unknown(tr->error, "PIXEL_SHADER_PROGRAM: instruction %u: opcode in 0x%08x",
                              tr->number, dw[0]);
    }
    if (opcodes[code].shape == SHAPE_TEXTURE) {
        tr->textures++;
        return translate_texture(tr, dw, code);
    }
    tr->arithmetic++;
    return translate_arithmetic(tr, dw, code);
}

static enum render_status check_limits(const struct translation *tr)
{
    if (tr->declarations > DECLARATION_MAX || tr->arithmetic > ARITHMETIC_MAX ||
        tr->textures > TEXTURE_MAX) {
        return render_unknown(tr->error,
                              "PIXEL_SHADER_PROGRAM: %u declarations, %u arithmetic, %u texture",
                              tr->declarations, tr->arithmetic, tr->textures);
    }
    return RENDER_OK;
}

static enum render_status build(struct program *program, const uint32_t *dw, size_t count,
                                struct render_error *error)
{
    struct translation tr = {.program = program, .phase = 1, .error = error};
    for (size_t at = 1; at < count; at += 3, tr.number++) {
        const enum render_status status = translate(&tr, dw + at);
        if (status != RENDER_OK) {
            return status;
        }
    }
    if (check_limits(&tr) != RENDER_OK) {
        return RENDER_UNKNOWN;
    }
    program_optimise(program);
    for (unsigned t = 0; t < T_COUNT; t++) {
        program->t_read[t] &= tr.declared[t];
    }
    return RENDER_OK;
}

enum render_status program_load(struct render *render, const uint32_t *dw, size_t count,
                                struct render_error *error)
{
    render->program = NULL;
    render->dirty |= DIRTY_VERTEX | DIRTY_PIXEL | DIRTY_TEXTURE;
    if ((dw[0] & 0x7e00) != 0 || count < 4 || count % 3 != 1 || count / 3 > PROGRAM_MAX) {
        return render_unknown(error, "PIXEL_SHADER_PROGRAM: header 0x%08x with %zu dwords", dw[0],
                              count);
    }
    render->program = program_find(render, dw, count);
    if (render->program != NULL) {
        return RENDER_OK;
    }
    struct program *program = calloc(1, sizeof(*program));
    if (program == NULL) {
        return render_unknown(error, "PIXEL_SHADER_PROGRAM: out of memory");
    }
    const enum render_status status = build(program, dw, count, error);
    if (status != RENDER_OK) {
        program_destroy(program);
        return status;
    }
    program_keep(render, program, dw, count);
    render->program = program;
    return RENDER_OK;
}

void program_destroy(struct program *program)
{
    free(program);
}

enum render_status program_constants(struct render *render, const uint32_t *dw, size_t count,
                                     struct render_error *error)
{
    if (count < 2 || (dw[0] & 0xff00) != 0 || count != 2 + 4 * (size_t)__builtin_popcount(dw[1])) {
        return render_unknown(error, "PIXEL_SHADER_CONSTANTS: header 0x%08x with %zu dwords", dw[0],
                              count);
    }
    render->dirty |= DIRTY_CONSTANT;
    const uint32_t *value = dw + 2;
    for (unsigned i = 0; i < CONSTANT_COUNT; i++) {
        for (unsigned c = 0; dw[1] & 1u << i && c < 4; c++) {
            render->draw.constant[4 * i + c] = *value++;
        }
    }
    return RENDER_OK;
}
