/* SPDX-License-Identifier: MIT */
/* Instructions of pixel programs, and the dwords of vertices (doc/gen3.md E.4, E.8, F.1). */
#include "hw/gen3/disasm_text.h"

#include <string.h>

static const struct opcode {
    const char *name;
    uint8_t sources;
} opcodes[] = {
    {"NOP", 0}, {"ADD", 2}, {"MOV", 1}, {"MUL", 2}, {"MAD", 3}, {"DP2ADD", 3}, {"DP3", 2},
    {"DP4", 2}, {"FRC", 1}, {"RCP", 1}, {"RSQ", 1}, {"EXP", 1}, {"LOG", 1},    {"CMP", 3},
    {"MIN", 2}, {"MAX", 2}, {"FLR", 1}, {"MOD", 1}, {"TRC", 1}, {"SGE", 2},    {"SLT", 2},
};

#define OP_TEXLD   0x15u
#define OP_TEXKILL 0x18u
#define OP_DCL     0x19u

static void add_register(struct disasm_text *text, uint32_t type, uint32_t number)
{
    static const char *const letters[8] = {"R", "T", "C", "S", NULL, NULL, "U", "?"};

    if (type == 4 || type == 5) {
        disasm_add(text, type == 4 ? "oC" : "oD");
    } else {
        disasm_add(text, "%s%u", letters[type], number);
    }
}

static void add_mask(struct disasm_text *text, uint32_t mask)
{
    if (mask == 15) {
        return;
    }
    disasm_add(text, ".");
    for (unsigned i = 0; i < 4; i++) {
        if ((mask & 1u << i) != 0) {
            disasm_add(text, "%c", "xyzw"[i]);
        }
    }
}

/* 'selects' has four nibbles, x first: bit 3 negates. */
static void add_source(struct disasm_text *text, uint32_t type, uint32_t number, uint32_t selects)
{
    bool negated = (selects & 0x8888) == 0x8888;
    uint32_t plain = negated ? selects & 0x7777 : selects;

    disasm_add(text, "%s", negated ? "-" : "");
    add_register(text, type, number);
    if (plain == 0x0123) {
        return;
    }
    disasm_add(text, ".");
    for (int shift = 12; shift >= 0; shift -= 4) {
        uint32_t select = plain >> shift & 15;

        disasm_add(text, "%s%c", select >= 8 ? "-" : "", "xyzw01??"[select & 7]);
        if (plain == (select | select << 4 | select << 8 | select << 12)) {
            return;
        }
    }
}

static void add_arithmetic(struct disasm_text *text, const uint32_t dw[3])
{
    const struct opcode *opcode = &opcodes[dw[0] >> 24];
    uint32_t selects[3] = {dw[1] >> 16, (dw[1] & 0xff) << 8 | dw[2] >> 24, dw[2] & 0xffff};
    uint32_t types[3] = {dw[0] >> 7 & 7, dw[1] >> 13 & 7, dw[2] >> 21 & 7};
    uint32_t numbers[3] = {dw[0] >> 2 & 31, dw[1] >> 8 & 31, dw[2] >> 16 & 31};

    disasm_add(text, "%s%s", opcode->name, (dw[0] & 1u << 22) != 0 ? ".sat" : "");
    if (opcode->sources == 0) {
        return;
    }
    disasm_add(text, " ");
    add_register(text, dw[0] >> 19 & 7, dw[0] >> 14 & 15);
    add_mask(text, dw[0] >> 10 & 15);
    for (unsigned i = 0; i < opcode->sources; i++) {
        disasm_add(text, ", ");
        add_source(text, types[i], numbers[i], selects[i]);
    }
}

static void add_texture(struct disasm_text *text, const uint32_t dw[3])
{
    static const char *const names[] = {"TEXLD", "TEXLDP", "TEXLDB", "TEXKILL"};
    uint32_t opcode = dw[0] >> 24;

    disasm_add(text, "%s ", names[opcode - OP_TEXLD]);
    add_register(text, dw[0] >> 19 & 7, dw[0] >> 14 & 15);
    if (opcode != OP_TEXKILL) {
        disasm_add(text, ", S%u", dw[0] & 15);
    }
    disasm_add(text, ", ");
    add_register(text, dw[1] >> 24 & 7, dw[1] >> 17 & 15);
}

static void add_declaration(struct disasm_text *text, const uint32_t dw[3])
{
    static const char *const samples[] = {"2D", "CUBE", "VOLUME", "?"};
    uint32_t type = dw[0] >> 19 & 7;

    disasm_add(text, "DCL ");
    add_register(text, type, dw[0] >> 14 & 15);
    if (type == 3) {
        disasm_add(text, " %s", samples[dw[0] >> 22 & 3]);
    } else {
        add_mask(text, dw[0] >> 10 & 15);
    }
}

void disasm_instruction(struct disasm_text *text, const uint32_t dw[3])
{
    uint32_t opcode = dw[0] >> 24;

    if (opcode < OP_TEXLD) {
        add_arithmetic(text, dw);
    } else if (opcode < OP_DCL) {
        add_texture(text, dw);
    } else if (opcode == OP_DCL) {
        add_declaration(text, dw);
    } else {
        disasm_add(text, "unknown opcode 0x%02x", opcode);
    }
}

/* A part of a vertex: so many dwords under one name. */
struct part {
    const char *name;
    uint8_t dwords;
    bool is_colour;
};

static const struct part texcoords[16] = {
    [0] = {"t", 2, false}, [1] = {"t", 3, false}, [2] = {"t", 4, false},
    [3] = {"t", 1, false}, [4] = {"t", 1, true},  [5] = {"t", 2, true},
};

/* The parts in the order of memory; their count. */
static unsigned vertex_parts(uint32_t s2, uint32_t s4, struct part parts[16])
{
    static const uint8_t position[8] = {[1] = 3, [2] = 4, [3] = 2, [4] = 3};
    unsigned count = 0;

    parts[count++] = (struct part){"position", position[s4 >> 6 & 7], false};
    parts[count++] = (struct part){"width", s4 >> 12 & 1, false};
    parts[count++] = (struct part){"diffuse", s4 >> 10 & 1, true};
    parts[count++] = (struct part){"specular", s4 >> 11 & 1, true};
    parts[count++] = (struct part){"fog", s4 >> 2 & 1, false};
    for (unsigned i = 0; i < 8; i++) {
        static const char *const names[] = {"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"};

        parts[count] = texcoords[s2 >> 4 * i & 15];
        parts[count++].name = names[i];
    }
    return count;
}

void disasm_vertex(struct disasm_text *text, uint32_t s2, uint32_t s4, uint32_t index,
                   uint32_t value)
{
    struct part parts[16];
    unsigned count = vertex_parts(s2, s4, parts);
    uint32_t size = 0;
    float number;

    memcpy(&number, &value, sizeof(number));
    for (unsigned i = 0; i < count; i++) {
        size += parts[i].dwords;
    }
    if (size == 0 || parts[0].dwords == 0) {
        disasm_add(text, "vertex dword %u %g", index, (double)number);
        return;
    }
    uint32_t at = index % size;
    for (unsigned i = 0; i < count; i++) {
        if (at >= parts[i].dwords) {
            at -= parts[i].dwords;
            continue;
        }
        disasm_add(text, "v%u.%s", index / size, parts[i].name);
        if (parts[i].dwords > 1) {
            disasm_add(text, ".%c", (s4 >> 6 & 7) == 4 && i == 0 && at == 2 ? 'w' : "xyzw"[at]);
        }
        if (parts[i].is_colour) {
            disasm_add(text, " 0x%08x", value);
        } else {
            disasm_add(text, " %g", (double)number);
        }
        return;
    }
}
