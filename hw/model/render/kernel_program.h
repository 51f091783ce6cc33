/* SPDX-License-Identifier: MIT */
/* Runs a translated pixel program on one block: each instruction is decoded once for 16 pixels. */
#ifndef GEMD_HW_MODEL_RENDER_KERNEL_PROGRAM_H
#define GEMD_HW_MODEL_RENDER_KERNEL_PROGRAM_H

#include "hw/model/render/kernel_sample.h"

SIMD v16f operand(const v16f *reg, const struct instruction *in, unsigned o, unsigned i)
{
    return (v16f)((v16u)reg[in->src[o][i]] ^ in->negate[o][i]);
}

/* A loop over the written channels, with operands a, b and c. */
#define EACH(expression)                                                                           \
    for (unsigned i = 0; i < in->count; i++) {                                                     \
        const v16f a = operand(reg, in, 0, i);                                                     \
        result[i] = (expression);                                                                  \
    }                                                                                              \
    break
#define B operand(reg, in, 1, i)
#define C operand(reg, in, 2, i)

/* One value for all written channels. */
#define ALL(...)                                                                                   \
    {                                                                                              \
        const v16f a = operand(reg, in, 0, 0);                                                     \
        const v16f value = (__VA_ARGS__);                                                          \
        for (unsigned i = 0; i < in->count; i++) {                                                 \
            result[i] = value;                                                                     \
        }                                                                                          \
        break;                                                                                     \
    }

SIMD v16f dot(const v16f *reg, const struct instruction *in, unsigned components)
{
    v16f sum = operand(reg, in, 0, 0) * operand(reg, in, 1, 0);
    for (unsigned i = 1; i < components; i++) {
        sum += operand(reg, in, 0, i) * operand(reg, in, 1, i);
    }
    return sum;
}

SIMD v16f truth(v16i mask)
{
    return (v16f)(v_bits(v_float(1.0f)) & mask);
}

static void execute(const v16f *reg, const struct instruction *in, v16f result[4])
{
    switch (in->code) {
    case OP_ADD:
        EACH(a + B);
    case OP_MOV:
        EACH(a);
    case OP_MUL:
        EACH(a * B);
    case OP_MAD:
        EACH(a * B + C);
    case OP_DP2ADD:
        ALL(a * operand(reg, in, 1, 0) + operand(reg, in, 0, 1) * operand(reg, in, 1, 1) +
            operand(reg, in, 2, 0))
    case OP_DP3:
        ALL((void)a, dot(reg, in, 3))
    case OP_DP4:
        ALL((void)a, dot(reg, in, 4))
    case OP_FRC:
        EACH(a - v_floor(a));
    case OP_RCP:
        ALL(1.0f / a)
    case OP_RSQ:
        ALL(1.0f / v_sqrt(v_abs(a)))
    case OP_EXP:
        ALL(v_exp2(a))
    case OP_LOG:
        ALL(v_log2(a))
    case OP_CMP:
        EACH(v_select(v_ge(a, v_float(0.0f)), B, C));
    case OP_MIN:
        EACH(v_min(a, B));
    case OP_MAX:
        EACH(v_select(v_ge(a, B), a, B));
    case OP_FLR:
        EACH(v_floor(a));
    case OP_MOD:
        EACH(a - v_truncate(a));
    case OP_TRC:
        EACH(v_truncate(a));
    case OP_SGE:
        EACH(truth(v_ge(a, B)));
    case OP_SLT:
        EACH(truth(v_lt(a, B)));
    default:
        break;
    }
}

#undef EACH
#undef ALL
#undef B
#undef C

/* Which pixels TEXKILL lets live: no channel negative. */
SIMD uint32_t texkill(const struct worker *worker, const struct instruction *in)
{
    const unsigned channels = worker->draw->pixel.texkill_4d ? 4 : 3;
    v16i negative = {0};
    for (unsigned c = 0; c < channels; c++) {
        negative |= v_lt(worker->reg[in->src[0][c]], v_float(0.0f));
    }
    return ~v_signs(negative);
}

/* Returns the pixels of the mask that were not killed. */
static uint32_t run_program(struct worker *worker, uint32_t mask)
{
    const struct program *program = worker->draw->program;
    v16f *reg = worker->reg;
    for (unsigned n = 0; n < program->count; n++) {
        const struct instruction *in = &program->code[n];
        v16f result[4];
        if (in->code < OP_TEXLD) {
            execute(reg, in, result);
        } else if (in->code == OP_TEXKILL) {
            mask &= texkill(worker, in);
            if (mask == 0) {
                return 0;
            }
            continue;
        } else {
            mask = sample(worker, in, mask, result);
            if (mask == 0) {
                return 0;
            }
        }
        for (unsigned i = 0; i < in->count; i++) {
            reg[in->dst[i]] = in->saturate ? v_saturate(result[i]) : result[i];
        }
    }
    return mask;
}

#endif
