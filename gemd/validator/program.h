/* SPDX-License-Identifier: MIT */
/*
 * A pixel program while it is looked through: what its registers hold so far.
 *
 * Silicon does not clear registers between programs, so a component that is read before it is
 * written has what the client before left there. Such reads are mended: they read zero.
 */
#ifndef GEMD_VALIDATOR_PROGRAM_H
#define GEMD_VALIDATOR_PROGRAM_H

#include "gemd/validator/internal.h"

enum { TYPE_R, TYPE_T, TYPE_CONST, TYPE_S, TYPE_OC, TYPE_OD, TYPE_U };

#define ALL_COMPONENTS 15u

/* Registers that a program writes, in one row: R0 to R15, U0 to U2, oC, oD. */
enum { FILE_U = 16, FILE_OC = 19, FILE_OD = 20, FILE_COUNT = 21 };

struct written {
    uint8_t components; /* a bit each */
    uint8_t phase;      /* that wrote it last */
    uint8_t operands;   /* of 'writer', if it computes each component by itself; else 0 */
    uint32_t writer;    /* dword of an arithmetic instruction that writes it; 0: none */
};

struct program_walk {
    struct check *check;
    uint32_t offset; /* of the instruction in the command */
    uint32_t declared_t;
    uint32_t declarations, arithmetic, texture;
    uint8_t phase;
    bool mended; /* its words are no longer those that came */
    struct written written[FILE_COUNT];
    struct program program;
};

/*
 * An arithmetic instruction at 'dw' has read its first 'operands' operands and written: reads of
 * what nobody has written become zero.
 */
void written_arithmetic(struct program_walk *walk, uint32_t *dw, unsigned operands, bool vector);

/*
 * The same for TEXLD and its like, which cannot read zero instead: what is missing of the address's
 * 'needed' components is written before. Where nothing of it is written, a load becomes a move of
 * zeros, and a kill nothing at all. True: it is still a load or a kill.
 */
bool written_texture(struct program_walk *walk, uint32_t *dw, uint32_t needed, bool kills);

/* At the end: what a program leaves out of oC becomes zero. False: it writes nothing of it. */
bool written_colour(struct program_walk *walk);

#endif
