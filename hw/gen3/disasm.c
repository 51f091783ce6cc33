/* SPDX-License-Identifier: MIT */
/* The walk over a stream; what a dword means is in the other files of the disassembler. */
#include "hw/gen3/disasm.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hw/gen3/disasm_text.h"

#define TYPE_CLEAR_RECT 10u

struct walk {
    const uint32_t *words; /* of the command */
    size_t start;          /* its index in the stream */
    uint32_t length;       /* dwords of it that are there */
    const struct gen3_command *command;
    uint32_t s2, s4; /* the vertex format, as far as the stream has set it */
    gen3_disasm_line line;
    void *data;
};

void disasm_add(struct disasm_text *text, const char *format, ...)
{
    va_list arguments;
    size_t room = sizeof(text->chars) - text->used;

    va_start(arguments, format);
    int length = vsnprintf(text->chars + text->used, room, format, arguments);
    va_end(arguments);
    if (length > 0) {
        text->used += (size_t)length < room ? (size_t)length : room - 1;
    }
}

/* "3DSTATE_MAP_STATE" as the others of its dwords call it: "MAP_STATE". */
static const char *short_name(const struct gen3_command *command)
{
    static const char prefix[] = "3DSTATE_";

    return strncmp(command->name, prefix, sizeof(prefix) - 1) == 0
               ? command->name + sizeof(prefix) - 1
               : command->name;
}

static void say(const struct walk *walk, uint32_t index, const struct disasm_text *text)
{
    walk->line(walk->data, walk->start + index, walk->words[index], text->chars);
}

static void say_dword(const struct walk *walk, uint32_t index, const char *unit,
                      const struct disasm_dword *dword)
{
    struct disasm_text text = {0};

    disasm_add(&text, "%s", short_name(walk->command));
    if (unit != NULL) {
        disasm_add(&text, "%s", unit);
    }
    if (dword != NULL && dword->name != NULL) {
        disasm_add(&text, ".%s", dword->name);
    } else {
        disasm_add(&text, ".DW%u", index);
    }
    if (dword != NULL) {
        disasm_fields(&text, dword->fields, walk->words[index]);
    }
    say(walk, index, &text);
}

/* From 'first' on, three dwords for each bit of the mask in dword 1. */
static void say_triples(const struct walk *walk, const struct disasm_dword *dwords)
{
    uint32_t left = walk->length > 1 ? walk->words[1] : 0;

    if (walk->length > 1) {
        say_dword(walk, 1, NULL, disasm_layout(walk->command->id, 1));
    }
    for (uint32_t i = 2; i < walk->length; i++) {
        char unit[16] = "[?]";

        if (left != 0) {
            snprintf(unit, sizeof(unit), "[%d]", __builtin_ctz(left));
        }
        say_dword(walk, i, unit, &dwords[(i - 2) % 3]);
        if ((i - 2) % 3 == 2) {
            left &= left - 1;
        }
    }
}

static void say_registers(struct walk *walk)
{
    uint32_t index = 1;

    for (uint32_t i = 0; i < 8 && index < walk->length; i++) {
        if ((walk->words[0] & 1u << (4 + i)) != 0) {
            say_dword(walk, index, NULL, &disasm_registers[i]);
            walk->s2 = i == 2 ? walk->words[index] : walk->s2;
            walk->s4 = i == 4 ? walk->words[index] : walk->s4;
            index++;
        }
    }
    for (; index < walk->length; index++) {
        say_dword(walk, index, NULL, NULL);
    }
}

static void say_program(const struct walk *walk)
{
    for (uint32_t i = 1; i < walk->length; i++) {
        struct disasm_text text = {0};
        uint32_t part = (i - 1) % 3;

        disasm_add(&text, "%s.%u.%u", short_name(walk->command), (i - 1) / 3, part);
        if (part == 0 && walk->length - i >= 3) {
            disasm_add(&text, " ");
            disasm_instruction(&text, &walk->words[i]);
        }
        say(walk, i, &text);
    }
}

static void say_constants(const struct walk *walk)
{
    uint32_t left = walk->length > 1 ? walk->words[1] : 0;

    if (walk->length > 1) {
        say_dword(walk, 1, NULL, disasm_layout(walk->command->id, 1));
    }
    for (uint32_t i = 2; i < walk->length; i++) {
        struct disasm_text text = {0};
        float value;

        memcpy(&value, &walk->words[i], sizeof(value));
        disasm_add(&text, "%s C%d.%c %g", short_name(walk->command),
                   left != 0 ? __builtin_ctz(left) : -1, "xyzw"[(i - 2) % 4], (double)value);
        say(walk, i, &text);
        if ((i - 2) % 4 == 3) {
            left &= left - 1;
        }
    }
}

static void say_vertices(const struct walk *walk)
{
    bool clear = (walk->words[0] >> 18 & 31) == TYPE_CLEAR_RECT;

    for (uint32_t i = 1; i < walk->length; i++) {
        struct disasm_text text = {0};

        disasm_add(&text, "%s ", short_name(walk->command));
        /* A cleared rectangle has pairs, whatever the vertex format says. */
        disasm_vertex(&text, clear ? UINT32_MAX : walk->s2, clear ? 3u << 6 : walk->s4, i - 1,
                      walk->words[i]);
        say(walk, i, &text);
    }
}

static void say_elements(const struct walk *walk)
{
    for (uint32_t i = 1; i < walk->length; i++) {
        struct disasm_text text = {0};

        disasm_add(&text, "%s elements %u %u", short_name(walk->command), walk->words[i] & 0xffff,
                   walk->words[i] >> 16);
        say(walk, i, &text);
    }
}

static void say_body(struct walk *walk)
{
    switch (walk->command->id) {
    case GEN3_3DSTATE_MAP_STATE:
        say_triples(walk, disasm_map);
        return;
    case GEN3_3DSTATE_SAMPLER_STATE:
        say_triples(walk, disasm_sampler);
        return;
    case GEN3_3DSTATE_LOAD_STATE_IMMEDIATE_1:
        say_registers(walk);
        return;
    case GEN3_3DSTATE_PIXEL_SHADER_PROGRAM:
        say_program(walk);
        return;
    case GEN3_3DSTATE_PIXEL_SHADER_CONSTANTS:
        say_constants(walk);
        return;
    case GEN3_3DPRIMITIVE:
        say_vertices(walk);
        return;
    case GEN3_3DPRIMITIVE_ELEMENTS:
        say_elements(walk);
        return;
    default:
        for (uint32_t i = 1; i < walk->length; i++) {
            say_dword(walk, i, NULL, disasm_layout(walk->command->id, i));
        }
    }
}

static void say_header(const struct walk *walk, uint32_t length)
{
    const struct disasm_dword *header = disasm_layout(walk->command->id, 0);
    struct disasm_text text = {0};

    disasm_add(&text, "%s", walk->command->name);
    if (header != NULL) {
        disasm_fields(&text, header->fields, walk->words[0]);
    }
    if (length == 0) {
        disasm_add(&text, " (wrong length)");
    } else if (length > walk->length) {
        disasm_add(&text, " (truncated: %u of %u dwords)", walk->length, length);
    }
    say(walk, 0, &text);
}

size_t gen3_disasm(const uint32_t *words, size_t count, gen3_disasm_line line, void *data)
{
    struct walk walk = {.s2 = UINT32_MAX, .line = line, .data = data};
    size_t bad = 0;

    for (size_t i = 0; i < count; i += walk.length) {
        size_t left = count - i;

        walk.words = &words[i];
        walk.start = i;
        walk.length = 1;
        walk.command = gen3_command_find(words[i]);
        if (walk.command == NULL) {
            line(data, i, words[i], "unknown");
            bad++;
            continue;
        }
        uint32_t length = gen3_command_length(walk.command, words[i]);
        walk.length = length == 0 ? 1 : length < left ? length : (uint32_t)left;
        if (length == 0 || length > left) {
            bad += walk.length;
        }
        say_header(&walk, length);
        say_body(&walk);
    }
    return bad;
}
