/* SPDX-License-Identifier: MIT */
/* Components of registers: who has written them, and zeros for those that nobody has. */
#include "gemd/validator/program.h"

#define DEST_TYPE(dw)   ((dw)[0] >> 19 & 7u)
#define DEST_NUMBER(dw) ((dw)[0] >> 14 & 15u)
#define DEST_MASK(dw)   ((dw)[0] >> 10 & ALL_COMPONENTS)
#define DEST_BITS(dw)   ((dw)[0] & (7u << 19 | 15u << 14))
#define MASK_SHIFT      10

#define SELECT_REGISTER 3u /* the greatest select that names a component of the register */
#define SELECT_ZERO     4u
#define SELECT_BITS     7u
#define SIGN_BIT        8u

#define OP_MOV      (0x02u << 24)
#define ZEROS       0x44440000u /* A1: all of operand 0 */
#define ALL_WRITTEN (ALL_COMPONENTS << MASK_SHIFT)

/* Where operand 'o' says which component feeds component 'c' of the result. */
static const struct {
    uint8_t dword, shift;
} selects[3][4] = {
    {{1, 28}, {1, 24}, {1, 20}, {1, 16}},
    {{1, 4}, {1, 0}, {2, 28}, {2, 24}},
    {{2, 12}, {2, 8}, {2, 4}, {2, 0}},
};

/* In the row of all registers; FILE_COUNT: none of them. */
static unsigned file_index(uint32_t type, uint32_t number)
{
    switch (type) {
    case TYPE_R:
        return number < FILE_U ? number : FILE_COUNT;
    case TYPE_U:
        return number < FILE_OC - FILE_U ? FILE_U + number : FILE_COUNT;
    case TYPE_OC:
        return FILE_OC;
    case TYPE_OD:
        return FILE_OD;
    default:
        return FILE_COUNT;
    }
}

static unsigned operand_register(const uint32_t *dw, unsigned operand)
{
    switch (operand) {
    case 0:
        return file_index(dw[0] >> 7 & 7, dw[0] >> 2 & 31);
    case 1:
        return file_index(dw[1] >> 13 & 7, dw[1] >> 8 & 31);
    default:
        return file_index(dw[2] >> 21 & 7, dw[2] >> 16 & 31);
    }
}

/* 'bits': of the select that are replaced; the sign is above those that say where from. */
static void select_zero(struct program_walk *walk, uint32_t *dw, unsigned operand,
                        unsigned component, uint32_t bits)
{
    uint32_t *select = &dw[selects[operand][component].dword];
    unsigned shift = selects[operand][component].shift;

    walk->mended = true;
    *select = (*select & ~(bits << shift)) | SELECT_ZERO << shift;
}

/* 'components': of the result; the others' selects say nothing. */
static void read_operand(struct program_walk *walk, uint32_t *dw, unsigned operand,
                         uint32_t components)
{
    unsigned reg = operand_register(dw, operand);

    if (reg == FILE_COUNT || walk->written[reg].components == ALL_COMPONENTS) {
        return;
    }
    for (unsigned c = 0; c < 4; c++) {
        uint32_t select = dw[selects[operand][c].dword] >> selects[operand][c].shift & SELECT_BITS;

        if ((components & 1u << c) != 0 && select <= SELECT_REGISTER &&
            (walk->written[reg].components & 1u << select) == 0) {
            select_zero(walk, dw, operand, c, SELECT_BITS);
        }
    }
}

void written_arithmetic(struct program_walk *walk, uint32_t *dw, unsigned operands, bool vector)
{
    unsigned to = file_index(DEST_TYPE(dw), DEST_NUMBER(dw));

    for (unsigned operand = 0; operand < operands; operand++) {
        read_operand(walk, dw, operand, vector ? DEST_MASK(dw) : ALL_COMPONENTS);
    }
    if (to == FILE_COUNT) {
        return;
    }
    struct written *written = &walk->written[to];
    written->components |= (uint8_t)DEST_MASK(dw);
    written->phase = walk->phase;
    if (written->operands == 0) {
        written->writer = walk->offset;
        written->operands = vector ? (uint8_t)operands : 0;
    }
}

/*
 * Has an instruction that writes the register write the rest of it as well: zeros, if it can.
 * Nobody has seen that it was not written: reads in between are of zeros already.
 */
static void widen(struct program_walk *walk, struct written *written, uint32_t missing)
{
    uint32_t *dw = &walk->check->dw[written->writer];

    walk->mended = true;
    dw[0] |= missing << MASK_SHIFT;
    for (unsigned c = 0; c < 4; c++) {
        for (unsigned o = 0; (missing & 1u << c) != 0 && o < written->operands; o++) {
            select_zero(walk, dw, o, c, SELECT_BITS | SIGN_BIT);
        }
    }
    written->components |= (uint8_t)missing;
}

static void begin_phase(struct program_walk *walk)
{
    /* The U registers do not live as long as this (doc/gen3.md E.8). */
    walk->phase++;
    for (unsigned u = FILE_U; u < FILE_OC; u++) {
        walk->written[u] = (struct written){0};
    }
}

bool written_texture(struct program_walk *walk, uint32_t *dw, uint32_t needed, bool kills)
{
    unsigned from = file_index(dw[1] >> 24 & 7, dw[1] >> 17 & 15);
    unsigned to = kills ? FILE_COUNT : file_index(DEST_TYPE(dw), DEST_NUMBER(dw));
    bool nothing = false;

    if (from != FILE_COUNT) {
        struct written *address = &walk->written[from];
        uint32_t missing = needed & ~(uint32_t)address->components;

        nothing = missing != 0 && (address->writer == 0 || from == FILE_OD);
        if (missing != 0 && !nothing) {
            widen(walk, address, missing);
        }
        if (from < FILE_U && address->phase == walk->phase) {
            begin_phase(walk);
        }
    }
    if (to == FILE_OC || to == FILE_OD) {
        begin_phase(walk);
    }
    if (nothing) {
        walk->mended = true;
        dw[0] = kills ? 0 : OP_MOV | DEST_BITS(dw) | ALL_WRITTEN;
        dw[1] = kills ? 0 : ZEROS;
    }
    if (to != FILE_COUNT) {
        walk->written[to] = (struct written){.components = ALL_COMPONENTS, .phase = walk->phase};
    }
    return !nothing;
}

bool written_colour(struct program_walk *walk)
{
    struct written *colour = &walk->written[FILE_OC];
    uint32_t missing = ALL_COMPONENTS & ~(uint32_t)colour->components;

    if (missing != 0 && colour->writer != 0) {
        widen(walk, colour, missing);
    }
    return colour->components == ALL_COMPONENTS;
}
