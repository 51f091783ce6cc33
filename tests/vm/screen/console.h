/* SPDX-License-Identifier: MIT */
/* A text console as a guest tells it (judge/console.c): what its screen should look like. */
#ifndef GEMD_TESTS_VM_SCREEN_CONSOLE_H
#define GEMD_TESTS_VM_SCREEN_CONSOLE_H

#include <stdint.h>
#include <stdio.h>

#define CONSOLE_GLYPHS_MAX   512u
#define CONSOLE_GLYPH_HEIGHT 32u
#define CONSOLE_GLYPH_WIDTH  8u
#define CONSOLE_COLUMNS_MAX  256u
#define CONSOLE_ROWS_MAX     256u

struct console {
    unsigned columns, rows; /* cells; 0: none was told */
    unsigned glyphs, height;
    uint8_t font[CONSOLE_GLYPHS_MAX][CONSOLE_GLYPH_HEIGHT];
    uint8_t cells[CONSOLE_ROWS_MAX][CONSOLE_COLUMNS_MAX][2]; /* glyph, colours */
};

/* The last console in a guest's lines. -EINVAL: a line of it is wrong; -ENODATA: there is none. */
int console_parse(struct console *console, FILE *lines);
/* 0xRRGGBB of a pixel, 0 beyond the cells. */
uint32_t console_pixel(const struct console *console, unsigned x, unsigned y);
/* Cells that show more than their background. */
unsigned console_text(const struct console *console);

#endif
