/* SPDX-License-Identifier: MIT */
/* What the parts of the disassembler share: a line of text that grows, and fields of a dword. */
#ifndef GEMD_HW_GEN3_DISASM_TEXT_H
#define GEMD_HW_GEN3_DISASM_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "hw/gen3/command.h"

#define DISASM_TEXT_MAX 256

/* Cut where it is full. */
struct disasm_text {
    char chars[DISASM_TEXT_MAX];
    size_t used;
};

void disasm_add(struct disasm_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* How a field's value is shown, as " name=value". */
enum disasm_kind {
    DISASM_END, /* of a list */
    DISASM_DECIMAL,
    DISASM_HEX,
    DISASM_SIGNED,
    DISASM_PLUS_ONE,
    DISASM_WORDS_PLUS_ONE, /* a pitch in dwords - 1, shown in bytes */
    DISASM_FLAG,           /* the name alone, when set */
    DISASM_NAME,           /* one of 'names' */
    DISASM_FLOAT,
    DISASM_QUARTERS,   /* unsigned, two bits of fraction */
    DISASM_SIXTEENTHS, /* unsigned, four bits of fraction */
    DISASM_SIGNED_SIXTEENTHS,
};

struct disasm_field {
    enum disasm_kind kind;
    uint8_t shift, bits;
    const char *name;
    const char *const *names; /* 1 << bits of them; NULL where undefined */
};

/* A dword and its fields, up to DISASM_END. */
struct disasm_dword {
    const char *name; /* "MS3"; NULL: its number */
    const struct disasm_field *fields;
};

void disasm_fields(struct disasm_text *text, const struct disasm_field *fields, uint32_t value);

/* Dword 'index' of a command with a fixed layout; header included. NULL: none is known. */
const struct disasm_dword *disasm_layout(enum gen3_command_id id, uint32_t index);

/* Dwords of the commands that repeat: maps and samplers by index 0 to 2, S0 to S7. */
extern const struct disasm_dword disasm_map[3], disasm_sampler[3], disasm_registers[8];

/* One instruction of a pixel program as text: "MAD R0.xyz, T0, C1.x, -R2". */
void disasm_instruction(struct disasm_text *text, const uint32_t dw[3]);

/* What vertex dword 'index' is, by S2 and S4: "v1.t0.x 0.5". */
void disasm_vertex(struct disasm_text *text, uint32_t s2, uint32_t s4, uint32_t index,
                   uint32_t value);

#endif
