/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/trace_compare.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 4096
#define CELL_BYTES 64

enum { CELL_WHERE, CELL_NAME, CELL_WHAT, CELL_TEXT, CELLS };

struct explanation {
    char where[CELL_BYTES]; /* of orders */
    char what[CELL_BYTES];
    uint32_t first, last; /* registers */
    uint32_t bits;
};

struct trace_explanations {
    size_t count, room;
    struct explanation *rows;
};

/* ---- the document ---- */

/* The cells of "| a | b | c | d", without blanks and `marks` around them. */
static bool split(char *line, char *cells[CELLS])
{
    if (line[0] != '|') {
        return false;
    }
    char *rest = line + 1;
    for (unsigned i = 0; i < CELLS; i++) {
        char *cell = strsep(&rest, "|");
        if (cell == NULL || rest == NULL) {
            return false;
        }
        cell += strspn(cell, " `");
        size_t length = strlen(cell);
        while (length > 0 && strchr(" `", cell[length - 1]) != NULL) {
            length--;
        }
        cell[length] = '\0';
        cells[i] = cell;
    }
    return true;
}

static bool parse_row(char *line, struct explanation *row)
{
    char *cells[CELLS];
    int used = 0;
    if (!split(line, cells)) {
        return false;
    }
    *row = (struct explanation){.bits = UINT32_MAX};
    snprintf(row->where, sizeof(row->where), "%s", cells[CELL_WHERE]);
    snprintf(row->what, sizeof(row->what), "%s", cells[CELL_WHAT]);
    (void)sscanf(cells[CELL_TEXT], "bits %" SCNx32, &row->bits);
    if (strcmp(row->what, "order") == 0) {
        return true;
    }
    const char *where = cells[CELL_WHERE];
    if (sscanf(where, "%" SCNx32 "-%" SCNx32 "%n", &row->first, &row->last, &used) == 2) {
        return where[used] == '\0';
    }
    used = 0;
    if (sscanf(where, "%" SCNx32 "%n", &row->first, &used) != 1 || where[used] != '\0') {
        return false;
    }
    row->last = row->first;
    return true;
}

static bool add_row(struct trace_explanations *explanations, const struct explanation *row)
{
    if (explanations->count == explanations->room) {
        size_t room = explanations->room * 2 + 16;
        struct explanation *rows = realloc(explanations->rows, room * sizeof(*rows));
        if (rows == NULL) {
            return false;
        }
        explanations->rows = rows;
        explanations->room = room;
    }
    explanations->rows[explanations->count++] = *row;
    return true;
}

struct trace_explanations *trace_explanations_read(const char *path)
{
    struct trace_explanations *explanations = calloc(1, sizeof(*explanations));
    FILE *file = explanations != NULL ? fopen(path, "re") : NULL;
    bool complete = file != NULL;
    char line[LINE_BYTES];
    struct explanation row;
    while (complete && fgets(line, sizeof(line), file) != NULL) {
        complete = !parse_row(line, &row) || add_row(explanations, &row);
    }
    if (!complete) {
        fprintf(stderr, "gemctl: %s: %s\n", path, strerror(errno));
        trace_explanations_free(explanations);
        explanations = NULL;
    }
    if (file != NULL) {
        fclose(file);
    }
    return explanations;
}

void trace_explanations_free(struct trace_explanations *explanations)
{
    if (explanations != NULL) {
        free(explanations->rows);
    }
    free(explanations);
}

static bool is_explained(const struct trace_explanations *explanations, uint32_t reg,
                         const char *what, uint32_t bits)
{
    for (size_t i = 0; explanations != NULL && i < explanations->count; i++) {
        const struct explanation *row = &explanations->rows[i];
        if (reg >= row->first && reg <= row->last && strcmp(row->what, what) == 0) {
            bits &= ~row->bits;
            if (bits == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool is_order_explained(const struct trace_explanations *explanations, const char *name)
{
    for (size_t i = 0; explanations != NULL && i < explanations->count; i++) {
        const struct explanation *row = &explanations->rows[i];
        if (strcmp(row->what, "order") == 0 && strcmp(row->where, name) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- the traces ---- */

static bool count_one(const struct trace_compare_options *options,
                      struct trace_compare_counts *counts, bool explained)
{
    counts->differ++;
    counts->unexplained += !explained;
    return !options->quiet || !explained;
}

static void tell_alone(const struct trace_compare_options *options,
                       struct trace_compare_counts *counts, uint32_t reg, unsigned who)
{
    const struct trace_states *states = options->states[who];
    char name[TRACE_NAME_MAX];
    bool explained = is_explained(options->explanations, reg, options->names[who], UINT32_MAX);
    if (!count_one(options, counts, explained)) {
        return;
    }
    trace_register_name(reg, name);
    fprintf(options->out,
            "%s %05" PRIx32 " %s: only %s writes it, %" PRIu32 " times, last %08" PRIx32 "\n",
            explained ? "explained" : "unexplained", reg, name, options->names[who],
            states->writes[reg / 4], states->now.values[reg / 4]);
}

static void compare_values(const struct trace_compare_options *options,
                           struct trace_compare_counts *counts, uint32_t reg)
{
    uint32_t first = options->states[0]->shown.values[reg / 4];
    uint32_t second = options->states[1]->shown.values[reg / 4];
    uint32_t bits = (first ^ second) & ~trace_register_excused(reg);
    char name[TRACE_NAME_MAX];
    if (bits == 0) {
        return;
    }
    bool explained = is_explained(options->explanations, reg, "value", bits);
    if (!count_one(options, counts, explained)) {
        return;
    }
    trace_register_name(reg, name);
    fprintf(options->out,
            "%s %05" PRIx32 " %s: %s has %08" PRIx32 ", %s %08" PRIx32 ", bits %08" PRIx32 "\n",
            explained ? "explained" : "unexplained", reg, name, options->names[0], first,
            options->names[1], second, bits);
}

/* Where a step stands in an order; -1: nowhere. */
static int place_of(const struct trace_states *states, enum trace_order order, uint8_t step)
{
    for (int i = 0; i < states->order_steps[order]; i++) {
        if (states->orders[order][i] == step) {
            return i;
        }
    }
    return -1;
}

/* Steps that both go through, in the same order. */
static bool is_same_order(const struct trace_states *first, const struct trace_states *second,
                          enum trace_order order)
{
    int last = -1;
    for (unsigned i = 0; i < first->order_steps[order]; i++) {
        int place = place_of(second, order, first->orders[order][i]);
        if (place >= 0 && place < last) {
            return false;
        }
        last = place >= 0 ? place : last;
    }
    return true;
}

static void compare_order(const struct trace_compare_options *options,
                          struct trace_compare_counts *counts, enum trace_order order)
{
    const struct trace_states *const *states = options->states;
    if (is_same_order(states[0], states[1], order)) {
        return;
    }
    bool explained = is_order_explained(options->explanations, trace_order_name(order));
    if (!count_one(options, counts, explained)) {
        return;
    }
    fprintf(options->out, "%s order of %s:", explained ? "explained" : "unexplained",
            trace_order_name(order));
    for (unsigned who = 0; who < 2; who++) {
        fprintf(options->out, "%s %s", who != 0 ? ";" : "", options->names[who]);
        for (unsigned i = 0; i < states[who]->order_steps[order]; i++) {
            fprintf(options->out, " %s", trace_order_step(order, states[who]->orders[order][i]));
        }
    }
    fputc('\n', options->out);
}

void trace_compare(const struct trace_compare_options *options, struct trace_compare_counts *counts)
{
    const struct trace_states *const *states = options->states;
    bool shown = states[0]->has_shown && states[1]->has_shown;
    *counts = (struct trace_compare_counts){.shown = shown};
    for (uint32_t reg = 0; reg < TRACE_MMIO; reg += 4) {
        bool first = states[0]->writes[reg / 4] != 0;
        bool second = states[1]->writes[reg / 4] != 0;
        counts->registers += first || second;
        if (first != second) {
            tell_alone(options, counts, reg, first ? 0 : 1);
        } else if (first && shown) {
            compare_values(options, counts, reg);
        }
    }
    for (enum trace_order order = 0; order < TRACE_ORDERS; order++) {
        compare_order(options, counts, order);
    }
}
