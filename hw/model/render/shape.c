/* SPDX-License-Identifier: MIT */
/* What an instruction reads; for the model and for the plugin that compiles. */
#include "hw/model/render/internal.h"

/* How many operands an instruction has, and how many channels of each: 0, one per written one. */
static const struct {
    uint8_t operands, channels;
} shapes[] = {
    [OP_ADD] = {2, 0},    [OP_MOV] = {1, 0},    [OP_MUL] = {2, 0},    [OP_MAD] = {3, 0},
    [OP_DP2ADD] = {3, 2}, [OP_DP3] = {2, 3},    [OP_DP4] = {2, 4},    [OP_FRC] = {1, 0},
    [OP_RCP] = {1, 1},    [OP_RSQ] = {1, 1},    [OP_EXP] = {1, 1},    [OP_LOG] = {1, 1},
    [OP_CMP] = {3, 0},    [OP_MIN] = {2, 0},    [OP_MAX] = {2, 0},    [OP_FLR] = {1, 0},
    [OP_MOD] = {1, 0},    [OP_TRC] = {1, 0},    [OP_SGE] = {2, 0},    [OP_SLT] = {2, 0},
    [OP_TEXLD] = {1, 3},  [OP_TEXLDP] = {1, 4}, [OP_TEXLDB] = {1, 4}, [OP_TEXKILL] = {1, 4},
};

unsigned instruction_sources(const struct instruction *in, unsigned operand)
{
    if (operand >= shapes[in->code].operands) {
        return 0;
    }
    if (in->code == OP_DP2ADD && operand == 2) {
        return 1;
    }
    return shapes[in->code].channels != 0 ? shapes[in->code].channels : in->count;
}

bool instruction_is_vector(const struct instruction *in)
{
    return shapes[in->code].channels == 0;
}
