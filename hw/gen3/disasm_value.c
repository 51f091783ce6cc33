/* SPDX-License-Identifier: MIT */
/* The value of a field as text. */
#include "hw/gen3/disasm_text.h"

#include <string.h>

/* Formats by surface type and code; a map's MS3 shows the code, this says its name. */
static const char *const map_format[8][16] = {
    [1] = {"i8", "l8", "a4p4", "p4a4", "a8", "mono8"},
    [2] = {"rgb565", "argb1555", "argb4444", "ay88", NULL, "88dvdu", "bump655", "i16", "l16",
           "a16"},
    [3] = {"argb8888", "abgr8888", "xrgb8888", "xbgr8888", "qwvu8888", "axvu8888", "lxvu8888",
           "xlvu8888", "argb2101010", "abgr2101010", "awvu2101010", "gr1616", "vu1616", "xi824",
           "xl824", "xa824"},
    [5] = {"uyvy", "yuyv", "yvyu", "vyuy"},
    [6] = {"dxt1", "dxt2_3", "dxt4_5", "fxt1", "dxt1_rgb"},
    [7] = {[7] = "p4"},
};

static int32_t signed_value(uint32_t value, unsigned bits)
{
    return (int32_t)(value << (32 - bits)) >> (32 - bits);
}

static void add_field(struct disasm_text *text, const struct disasm_field *field, uint32_t value)
{
    double number = value;
    float real_value;

    switch (field->kind) {
    case DISASM_DECIMAL:
        disasm_add(text, " %s=%u", field->name, value);
        return;
    case DISASM_HEX:
        disasm_add(text, " %s=0x%0*x", field->name, (field->bits + 3) / 4, value);
        return;
    case DISASM_SIGNED:
        disasm_add(text, " %s=%d", field->name, signed_value(value, field->bits));
        return;
    case DISASM_PLUS_ONE:
        disasm_add(text, " %s=%u", field->name, value + 1);
        return;
    case DISASM_WORDS_PLUS_ONE:
        disasm_add(text, " %s=%u", field->name, (value + 1) * 4);
        return;
    case DISASM_FLAG:
        if (value != 0) {
            disasm_add(text, " %s", field->name);
        }
        return;
    case DISASM_NAME:
        if (field->names[value] != NULL) {
            disasm_add(text, " %s=%s", field->name, field->names[value]);
        } else {
            disasm_add(text, " %s=%u?", field->name, value);
        }
        return;
    case DISASM_FLOAT:
        memcpy(&real_value, &value, sizeof(real_value));
        disasm_add(text, " %s=%g", field->name, (double)real_value);
        return;
    case DISASM_QUARTERS:
        disasm_add(text, " %s=%g", field->name, number / 4);
        return;
    case DISASM_SIXTEENTHS:
        disasm_add(text, " %s=%g", field->name, number / 16);
        return;
    case DISASM_SIGNED_SIXTEENTHS:
        disasm_add(text, " %s=%g", field->name, signed_value(value, field->bits) / 16.0);
        return;
    case DISASM_END:
        return;
    }
}

void disasm_fields(struct disasm_text *text, const struct disasm_field *fields, uint32_t value)
{
    for (const struct disasm_field *field = fields; field->kind != DISASM_END; field++) {
        uint32_t mask = field->bits == 32 ? UINT32_MAX : (1u << field->bits) - 1;

        add_field(text, field, value >> field->shift & mask);
    }
    if (fields == disasm_map[1].fields) {
        const char *name = map_format[value >> 7 & 7][value >> 3 & 15];

        disasm_add(text, " (%s)", name != NULL ? name : "undefined");
    }
}
