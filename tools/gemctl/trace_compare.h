/* SPDX-License-Identifier: MIT */
/*
 * How two who drive a chip differ, by their traces, and which of the differences a document
 * explains.
 *
 * The document's are rows of tables whose first three cells are a register or several (hexadecimal:
 * "020d8", "020d8-020e0"; of an order its name), a name, and what differs: the name of the one who
 * writes it alone, "value", or "order". A fourth one may begin with bits: "bits 0000ffff".
 */
#ifndef GEMD_TOOLS_GEMCTL_TRACE_COMPARE_H
#define GEMD_TOOLS_GEMCTL_TRACE_COMPARE_H

#include <stdio.h>

#include "tools/gemctl/trace_states.h"

struct trace_explanations;

struct trace_compare_options {
    const struct trace_states *states[2];
    const char *names[2];
    struct trace_explanations *explanations; /* NULL: none */
    FILE *out;                               /* a line for each difference */
    bool quiet;                              /* none for those that are explained */
};

struct trace_compare_counts {
    unsigned registers; /* that either writes */
    unsigned differ, unexplained;
    bool shown; /* both have shown a screen: values were compared */
};

/* NULL after one line on stderr. */
struct trace_explanations *trace_explanations_read(const char *path);
void trace_explanations_free(struct trace_explanations *explanations);

void trace_compare(const struct trace_compare_options *options,
                   struct trace_compare_counts *counts);

#endif
