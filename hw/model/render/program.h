/* SPDX-License-Identifier: MIT */
/* The pixel program as the inner loops run it, and the registers that it works on. */
#ifndef GEMD_HW_MODEL_RENDER_PROGRAM_H
#define GEMD_HW_MODEL_RENDER_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define MAP_COUNT      16
#define CONSTANT_COUNT 32

/* The file of 16-lane registers that a pixel program works on, one index per channel. */
enum {
    REG_R = 0,
    REG_T = REG_R + 16 * 4,
    REG_OC = REG_T + 11 * 4,
    REG_OD = REG_OC + 4,
    REG_U = REG_OD + 4,
    REG_CONSTANT = REG_U + 3 * 4,
    REG_ZERO = REG_CONSTANT + CONSTANT_COUNT * 4,
    REG_ONE,
    /* interpolated, but not for the program */
    REG_FOG,
    REG_RHW,
    REG_COVER, /* distances from the four edges of an antialiased line, 0..1 at them */
    REG_COUNT = REG_COVER + 4,
};
#define T_DIFFUSE  8
#define T_SPECULAR 9
#define T_FOG      10
#define T_COUNT    11

/* Program, translated: one entry per instruction, all fields decoded (program.c). */
enum op_code {
    OP_ADD = 1,
    OP_MOV,
    OP_MUL,
    OP_MAD,
    OP_DP2ADD,
    OP_DP3,
    OP_DP4,
    OP_FRC,
    OP_RCP,
    OP_RSQ,
    OP_EXP,
    OP_LOG,
    OP_CMP,
    OP_MIN,
    OP_MAX,
    OP_FLR,
    OP_MOD,
    OP_TRC,
    OP_SGE,
    OP_SLT,
    OP_TEXLD,
    OP_TEXLDP,
    OP_TEXLDB,
    OP_TEXKILL,
    OP_DCL,
};

struct instruction {
    uint8_t code;
    uint8_t count; /* channels written; for dot products and scalars all get one value */
    uint8_t saturate;
    uint8_t sampler;
    uint8_t new_phase;     /* U is forgotten before this one */
    uint16_t dst[4];       /* register of each written channel */
    uint16_t src[3][4];    /* operand registers per written channel (dot products: x y z w) */
    uint32_t negate[3][4]; /* 0 or the sign bit */
};

enum sample_type { SAMPLE_2D, SAMPLE_CUBE, SAMPLE_VOLUME };

#define PROGRAM_MAX 123
#define UNIFORM_MAX (4 * (T_COUNT + CONSTANT_COUNT))

/*
 * Immutable once program_find() has returned it. It reads uniforms (T channels that are not
 * interpolated, constants), what is interpolated, and what it has written before.
 */
struct program {
    struct program *next; /* program_cache.c */
    uint64_t used;
    uint32_t hash;
    uint32_t dwords; /* of the command */
    bool kills, writes_depth;
    uint8_t t_read[T_COUNT]; /* channels that the program reads and declares */
    uint16_t samplers;       /* used by a texture instruction */
    uint16_t declared_samplers;
    uint8_t sample_type[MAP_COUNT];
    /* Registers that hold oC's channels at the end; not yet clamped to 0..1. */
    uint16_t output[4];
    uint32_t output_negate[4];
    unsigned uniforms;
    uint16_t uniform[UNIFORM_MAX];      /* T and constant registers that are read */
    uint32_t text[1 + 3 * PROGRAM_MAX]; /* the command */
    unsigned count;
    struct instruction code[PROGRAM_MAX];
};

#endif
