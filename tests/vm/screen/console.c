/* SPDX-License-Identifier: MIT */
#include "tests/vm/screen/console.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define LINE_MAX_BYTES 2048
#define BLANK          ' '

static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(uint8_t *to, size_t size, const char *from)
{
    for (size_t i = 0; i < size; i++, from += 2) {
        int high = digit(from[0]);
        int low = high < 0 ? -1 : digit(from[1]);
        if (low < 0) {
            return false;
        }
        to[i] = (uint8_t)(high << 4 | low);
    }
    return digit(from[0]) < 0;
}

static bool parse_font(struct console *console, const char *text)
{
    unsigned width = 0;

    return sscanf(text, "%u %u %u", &width, &console->height, &console->glyphs) == 3 &&
           width == CONSOLE_GLYPH_WIDTH && console->height > 0 &&
           console->height <= CONSOLE_GLYPH_HEIGHT && console->glyphs > 0 &&
           console->glyphs <= CONSOLE_GLYPHS_MAX;
}

static bool parse_glyph(struct console *console, const char *text)
{
    unsigned number = 0;
    int hex = 0;

    return sscanf(text, "%u %n", &number, &hex) == 1 && number < console->glyphs &&
           read_hex(console->font[number], console->height, text + hex);
}

static bool parse_cells(struct console *console, const char *text)
{
    return sscanf(text, "%u %u", &console->columns, &console->rows) == 2 && console->columns > 0 &&
           console->columns <= CONSOLE_COLUMNS_MAX && console->rows > 0 &&
           console->rows <= CONSOLE_ROWS_MAX;
}

static bool parse_row(struct console *console, const char *text)
{
    unsigned number = 0;
    int hex = 0;

    return sscanf(text, "%u %n", &number, &hex) == 1 && number < console->rows &&
           read_hex(&console->cells[number][0][0], (size_t)2 * console->columns, text + hex);
}

static const struct {
    const char *name;
    bool (*parse)(struct console *console, const char *text);
} kinds[] = {
    {"font ", parse_font},
    {"glyph ", parse_glyph},
    {"cells ", parse_cells},
    {"row ", parse_row},
};

static bool parse_line(struct console *console, const char *text)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t length = strlen(kinds[i].name);
        if (strncmp(text, kinds[i].name, length) == 0) {
            return kinds[i].parse(console, text + length);
        }
    }
    return false;
}

int console_parse(struct console *console, FILE *lines)
{
    static const char prefix[] = "console: ";
    char line[LINE_MAX_BYTES];

    memset(console, 0, sizeof(*console));
    while (fgets(line, sizeof(line), lines) != NULL) {
        if (strncmp(line, prefix, sizeof(prefix) - 1) == 0 &&
            !parse_line(console, line + sizeof(prefix) - 1)) {
            return -EINVAL;
        }
    }
    return console->columns > 0 && console->glyphs > 0 ? 0 : -ENODATA;
}

/* The text console's 16 colours: bits blue, green, red, bright; dark yellow is brown. */
static uint32_t colour(unsigned index)
{
    uint32_t value = (index & 8u) != 0 ? 0x555555u : 0;

    value += (index & 4u) != 0 ? 0xaa0000u : 0;
    value += (index & 2u) != 0 ? 0x00aa00u : 0;
    value += (index & 1u) != 0 ? 0x0000aau : 0;
    return index == 6 ? 0xaa5500u : value;
}

uint32_t console_pixel(const struct console *console, unsigned x, unsigned y)
{
    unsigned column = x / CONSOLE_GLYPH_WIDTH;
    unsigned row = y / console->height;

    if (column >= console->columns || row >= console->rows) {
        return 0;
    }
    const uint8_t *cell = console->cells[row][column];
    uint8_t bits = console->font[cell[0]][y % console->height];
    bool lit = (bits >> (CONSOLE_GLYPH_WIDTH - 1 - x % CONSOLE_GLYPH_WIDTH) & 1u) != 0;
    return colour(lit ? cell[1] & 15u : cell[1] >> 4 & 7u);
}

unsigned console_text(const struct console *console)
{
    unsigned count = 0;

    for (unsigned y = 0; y < console->rows; y++) {
        for (unsigned x = 0; x < console->columns; x++) {
            count += console->cells[y][x][0] != BLANK && console->cells[y][x][0] != 0;
        }
    }
    return count;
}
