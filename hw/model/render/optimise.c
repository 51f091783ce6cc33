/* SPDX-License-Identifier: MIT */
/*
 * A translated pixel program is made shorter before anything runs it: copies are read from where
 * they come from (drivers move a lot), what nobody reads is not computed, and the program's inputs
 * are only those that are still read. All of it per channel; none of it changes a result.
 */
#include "hw/model/render/internal.h"

#define WRITABLE_END REG_CONSTANT /* T lies below, too */

/* Where the value of a register can be read instead. */
struct copy {
    uint16_t reg;
    uint32_t negate;
};

struct copies {
    struct copy of[REG_COUNT];
    struct copy shown[4]; /* of oC at the end: what is clamped once more does not matter */
};

static bool is_input(unsigned reg)
{
    return (reg >= REG_T && reg < REG_OC) || reg >= WRITABLE_END;
}

/* Before the program has written a register it reads zero, whoever used it before. */
static void start(struct copies *copies)
{
    for (unsigned reg = 0; reg < REG_COUNT; reg++) {
        copies->of[reg] = (struct copy){(uint16_t)(is_input(reg) ? reg : REG_ZERO), 0};
    }
    for (unsigned c = 0; c < 4; c++) {
        copies->shown[c] = (struct copy){REG_ZERO, 0};
    }
}

/* Temporaries U do not survive the end of a phase (gen3.md E.8). */
static void forget_unpreserved(struct copies *copies)
{
    for (unsigned reg = REG_U; reg < REG_U + 3 * 4; reg++) {
        copies->of[reg] = (struct copy){REG_ZERO, 0};
    }
}

static void overwrite(struct copies *copies, uint16_t reg)
{
    for (unsigned other = 0; other < WRITABLE_END; other++) {
        if (copies->of[other].reg == reg) {
            copies->of[other] = (struct copy){(uint16_t)other, 0};
        }
    }
    for (unsigned c = 0; c < 4; c++) {
        if (copies->shown[c].reg == reg || reg == REG_OC + c) {
            copies->shown[c] = (struct copy){(uint16_t)(REG_OC + c), 0};
        }
    }
    copies->of[reg] = (struct copy){reg, 0};
}

/* Texture instructions cannot negate their address. */
static void read_originals(const struct copies *copies, struct instruction *in)
{
    for (unsigned o = 0; o < 3; o++) {
        const unsigned channels = instruction_sources(in, o);
        for (unsigned i = 0; i < channels; i++) {
            const struct copy *copy = &copies->of[in->src[o][i]];
            if (in->code < OP_TEXLD || copy->negate == 0) {
                in->src[o][i] = copy->reg;
                in->negate[o][i] ^= copy->negate;
            }
        }
    }
}

static bool writes(const struct instruction *in, uint16_t reg)
{
    for (unsigned i = 0; i < in->count; i++) {
        if (in->dst[i] == reg) {
            return true;
        }
    }
    return false;
}

static void record_writes(struct copies *copies, const struct instruction *in)
{
    struct copy shown[4];
    memcpy(shown, copies->shown, sizeof(shown));
    for (unsigned i = 0; i < in->count; i++) {
        overwrite(copies, in->dst[i]);
    }
    if (in->code != OP_MOV) {
        return;
    }
    for (unsigned i = 0; i < in->count; i++) {
        struct copy copy = {in->src[0][i], in->negate[0][i]};
        const bool kept = !writes(in, copy.reg);
        if (kept && !in->saturate) {
            copies->of[in->dst[i]] = copy;
        }
        if (in->dst[i] < REG_OC || in->dst[i] >= REG_OC + 4) {
            continue;
        }
        if (copy.reg >= REG_OC && copy.reg < REG_OC + 4 && copy.negate == 0) {
            copy = shown[copy.reg - REG_OC];
        }
        if (!writes(in, copy.reg)) {
            copies->shown[in->dst[i] - REG_OC] = copy;
        }
    }
}

static void propagate(struct program *program)
{
    struct copies copies;
    start(&copies);
    for (unsigned n = 0; n < program->count; n++) {
        struct instruction *in = &program->code[n];
        if (in->new_phase) {
            forget_unpreserved(&copies);
        }
        read_originals(&copies, in);
        record_writes(&copies, in);
    }
    for (unsigned c = 0; c < 4; c++) {
        program->output[c] = copies.shown[c].reg;
        program->output_negate[c] = copies.shown[c].negate;
    }
}

/* Who still reads the value that is in a register. */
enum { LIVE_OUTPUT = 1, LIVE_READ = 2 };

static void drop_channel(struct instruction *in, unsigned i)
{
    const bool per_channel = instruction_is_vector(in);
    in->count--;
    for (unsigned k = i; k < in->count; k++) {
        in->dst[k] = in->dst[k + 1];
        for (unsigned o = 0; o < 3 && per_channel; o++) {
            in->src[o][k] = in->src[o][k + 1];
            in->negate[o][k] = in->negate[o][k + 1];
        }
    }
}

/* Takes away channels that nobody reads; texture instructions deliver all four or are not needed.
 * False: the whole instruction goes. */
static bool keep_live(struct instruction *in, const uint8_t live[REG_COUNT])
{
    if (in->code == OP_TEXKILL) {
        return true;
    }
    unsigned reads = 0, outputs = 0;
    for (unsigned i = in->count; i-- > 0;) {
        reads += live[in->dst[i]] & LIVE_READ;
        outputs += live[in->dst[i]] & LIVE_OUTPUT;
        if (live[in->dst[i]] == 0 && in->code < OP_TEXLD) {
            drop_channel(in, i);
        }
    }
    if (reads == 0 && in->dst[0] >= REG_OC && in->dst[0] < REG_OC + 4) {
        in->saturate = 0; /* outputs are clamped anyway */
    }
    return reads + outputs != 0;
}

static void eliminate(struct program *program)
{
    uint8_t live[REG_COUNT] = {0};
    for (unsigned c = 0; c < 4; c++) {
        live[program->output[c]] |= program->output_negate[c] == 0 ? LIVE_OUTPUT : LIVE_READ;
    }
    live[REG_OD + 3] |= program->writes_depth ? LIVE_READ : 0;
    unsigned at = program->count;
    for (unsigned n = program->count; n-- > 0;) {
        struct instruction *in = &program->code[n];
        if (!keep_live(in, live)) {
            continue;
        }
        for (unsigned i = 0; i < in->count; i++) {
            live[in->dst[i]] = 0;
        }
        for (unsigned o = 0; o < 3; o++) {
            for (unsigned i = instruction_sources(in, o); i-- > 0;) {
                live[in->src[o][i]] |= LIVE_READ;
            }
        }
        program->code[--at] = *in;
    }
    program->count -= at;
    memmove(program->code, program->code + at, program->count * sizeof(program->code[0]));
}

/* What the instructions that are left need. */
static void collect(struct program *program)
{
    uint8_t read[REG_COUNT] = {0};
    program->samplers = 0;
    for (unsigned c = 0; c < 4; c++) {
        read[program->output[c]] = 1;
    }
    for (unsigned n = 0; n < program->count; n++) {
        const struct instruction *in = &program->code[n];
        for (unsigned o = 0; o < 3; o++) {
            for (unsigned i = instruction_sources(in, o); i-- > 0;) {
                read[in->src[o][i]] = 1;
            }
        }
        if (in->code >= OP_TEXLD && in->code != OP_TEXKILL) {
            program->samplers |= (uint16_t)(1u << in->sampler);
        }
    }
    for (unsigned t = 0; t < T_COUNT; t++) {
        program->t_read[t] = 0;
        for (unsigned c = 0; c < 4; c++) {
            program->t_read[t] |= (uint8_t)(read[REG_T + 4 * t + c] << c);
        }
    }
    for (unsigned reg = 0; reg < REG_ZERO; reg++) {
        if (read[reg] && is_input(reg)) {
            program->uniform[program->uniforms++] = (uint16_t)reg;
        }
    }
}

void program_optimise(struct program *program)
{
    propagate(program);
    eliminate(program);
    collect(program);
}
