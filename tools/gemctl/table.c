/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/table.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tools/gemctl/report.h"

enum { CELL_MAX = 256, COLUMNS_MAX = 32 };

static void put_cell(char cell[CELL_MAX], const json_t *value)
{
    if (json_is_integer(value)) {
        snprintf(cell, CELL_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_string(value)) {
        report_printable(cell, CELL_MAX, json_string_value(value));
    } else {
        strcpy(cell, "-");
    }
}

static void put_title(char title[CELL_MAX], const json_t *column)
{
    snprintf(title, CELL_MAX, "%s", json_string_value(column));
    for (char *c = title; *c != '\0'; c++) {
        *c = *c == '_' ? ' ' : (char)toupper((unsigned char)*c);
    }
}

static void print_line(FILE *to, char cells[][CELL_MAX], const int *widths, const bool *right,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i + 1 == count && !right[i]) {
            fputs(cells[i], to);
        } else {
            fprintf(to, right[i] ? "%*s" : "%-*s", widths[i], cells[i]);
        }
        fputs(i + 1 < count ? "  " : "\n", to);
    }
}

void table_print(FILE *to, const json_t *rows, const json_t *columns)
{
    char cells[COLUMNS_MAX][CELL_MAX];
    int widths[COLUMNS_MAX] = {0};
    bool right[COLUMNS_MAX] = {false};
    size_t count = json_array_size(columns);
    size_t i, j;
    const json_t *row, *column;
    count = count < COLUMNS_MAX ? count : COLUMNS_MAX;
    for (j = 0; j < count; j++) {
        put_title(cells[j], json_array_get(columns, j));
        widths[j] = (int)strlen(cells[j]);
    }
    json_array_foreach(rows, i, row)
    {
        for (j = 0; j < count; j++) {
            char cell[CELL_MAX];
            column = json_array_get(columns, j);
            const json_t *value = json_object_get(row, json_string_value(column));
            put_cell(cell, value);
            right[j] = right[j] || json_is_integer(value);
            widths[j] = (int)strlen(cell) > widths[j] ? (int)strlen(cell) : widths[j];
        }
    }
    print_line(to, cells, widths, right, count);
    json_array_foreach(rows, i, row)
    {
        for (j = 0; j < count; j++) {
            column = json_array_get(columns, j);
            put_cell(cells[j], json_object_get(row, json_string_value(column)));
        }
        print_line(to, cells, widths, right, count);
    }
}
