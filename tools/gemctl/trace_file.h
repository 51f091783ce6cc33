/* SPDX-License-Identifier: MIT */
/* Traces of registers, as gemd and gma-vfio-user write them: doc/tracing.md has the format. */
#ifndef GEMD_TOOLS_GEMCTL_TRACE_FILE_H
#define GEMD_TOOLS_GEMCTL_TRACE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TRACE_CHIP_MAX 32

/* Letters of lines, and the header's. */
#define TRACE_BEGIN '#'

struct trace_line {
    char what; /* the letter, or TRACE_BEGIN */
    char chip[TRACE_CHIP_MAX];
    uint64_t time_ns;
    uint64_t where; /* register, entry or offset */
    uint64_t count; /* bytes, or entries */
    uint32_t mask;  /* of 'w': the bytes that were written */
    uint32_t value;
};

struct trace_file {
    const char *path;
    FILE *file;
    uint64_t number; /* of the line that was read last, from 1 */
};

/* False after one line on stderr. */
bool trace_file_open(struct trace_file *trace, const char *path);
void trace_file_close(struct trace_file *trace);

/* 1: *line is the next one; 0: there is none; -1: it is no line of a trace, which has been said. */
int trace_file_next(struct trace_file *trace, struct trace_line *line);

#endif
