/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/trace_file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "tools/gemctl/trace_registers.h"

#define LINE_BYTES  128
#define ENTRIES_MAX (1u << 19)

bool trace_file_open(struct trace_file *trace, const char *path)
{
    *trace = (struct trace_file){.path = path, .file = fopen(path, "re")};
    if (trace->file == NULL) {
        fprintf(stderr, "gemctl: %s: %s\n", path, strerror(errno));
    }
    return trace->file != NULL;
}

void trace_file_close(struct trace_file *trace)
{
    if (trace->file != NULL) {
        fclose(trace->file);
    }
    trace->file = NULL;
}

static bool is_end(const char *text, int used)
{
    return used > 0 && (text[used] == '\0' || text[used] == '\n');
}

static bool parse_header(const char *text, struct trace_line *line)
{
    int used = 0;
    line->what = TRACE_BEGIN;
    return sscanf(text, "# gemd-trace 1 %31s 8086:%" SCNx32 "%n", line->chip, &line->value,
                  &used) == 2 &&
           is_end(text, used);
}

static bool parse_register(const char *text, struct trace_line *line)
{
    int used = 0;
    line->count = 4;
    line->mask = UINT32_MAX;
    if (sscanf(text, "%" SCNx64 " %" SCNx32 "%n", &line->where, &line->value, &used) != 2) {
        used = 0;
        if (line->what != 'w' || sscanf(text, "%" SCNx64 "&%" SCNx32 " %" SCNx32 "%n", &line->where,
                                        &line->mask, &line->value, &used) != 3) {
            return false;
        }
    }
    return is_end(text, used) && line->where < TRACE_MMIO && line->where % 4 == 0;
}

static bool parse_config(const char *text, struct trace_line *line)
{
    int used = 0;
    return sscanf(text, "%" SCNx64 "+%" SCNu64 " %" SCNx32 "%n", &line->where, &line->count,
                  &line->value, &used) == 3 &&
           is_end(text, used) && (line->count == 1 || line->count == 2 || line->count == 4) &&
           line->where <= TRACE_CONFIG - line->count && line->where % line->count == 0;
}

static bool parse_entries(const char *text, struct trace_line *line)
{
    int used = 0;
    if (sscanf(text, "%" SCNx64 "+%" SCNu64 " %" SCNx32 "%n", &line->where, &line->count,
               &line->value, &used) != 3) {
        return false;
    }
    return is_end(text, used) && line->count <= ENTRIES_MAX &&
           line->where <= ENTRIES_MAX - line->count;
}

static bool parse_aperture(const char *text, struct trace_line *line)
{
    int used = 0;
    return sscanf(text, "%" SCNx64 "+%" SCNu64 "%n", &line->where, &line->count, &used) == 2 &&
           is_end(text, used);
}

/* The rest of a line behind time and letter. */
static bool parse_rest(const char *text, struct trace_line *line)
{
    switch (line->what) {
    case 'r':
    case 'w':
        return parse_register(text, line);
    case 'c':
    case 'C':
        return parse_config(text, line);
    case 'g':
    case 'G':
        return parse_entries(text, line);
    case 'a':
    case 'A':
        return parse_aperture(text, line);
    case 'i':
    case 'u':
    case 'f':
        return text[0] == '\0' || text[0] == '\n';
    default:
        return false;
    }
}

static bool parse(const char *text, struct trace_line *line)
{
    int used = 0;
    *line = (struct trace_line){0};
    if (text[0] == TRACE_BEGIN) {
        return parse_header(text, line);
    }
    return sscanf(text, "%" SCNu64 " %c%n", &line->time_ns, &line->what, &used) == 2 && used > 0 &&
           parse_rest(text + used, line);
}

int trace_file_next(struct trace_file *trace, struct trace_line *line)
{
    char text[LINE_BYTES];
    if (fgets(text, sizeof(text), trace->file) == NULL) {
        return 0;
    }
    trace->number++;
    if (!parse(text, line) || (trace->number == 1 && line->what != TRACE_BEGIN)) {
        fprintf(stderr, "gemctl: %s:%" PRIu64 ": no line of a trace\n", trace->path, trace->number);
        return -1;
    }
    return 1;
}
