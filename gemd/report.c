/* SPDX-License-Identifier: MIT */
#include "gemd/report.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gemd/chaos.h"
#include "proto/memfile.h"

int report_begin(struct report *report)
{
    *report = (struct report){0};
    report->out =
        chaos_hits(CHAOS_ALLOC_STATUS_TEXT) ? NULL : open_memstream(&report->text, &report->size);
    return report->out != NULL ? 0 : -ENOMEM;
}

static int write_file(const char *text, size_t size)
{
    int fd = chaos_hits(CHAOS_ALLOC_REPORT) ? -ENOMEM
                                            : memfile_create("gemd-report", size > 0 ? size : 1);
    if (fd >= 0 && (chaos_hits(CHAOS_WRITE_REPORT) || pwrite(fd, text, size, 0) != (ssize_t)size)) {
        close(fd);
        return -EIO;
    }
    return fd;
}

int report_end(struct report *report, uint64_t *bytes)
{
    int fd = fclose(report->out) == 0 ? write_file(report->text, report->size) : -ENOMEM;
    *bytes = report->size;
    free(report->text);
    *report = (struct report){0};
    return fd;
}

static bool must_be_quoted(const char *text)
{
    return text[0] == '\0' || text[0] == '"' || text[strspn(text, "+-.0123456789")] == '\0';
}

void report_put_text(FILE *out, const char *text)
{
    const bool quoted = must_be_quoted(text);
    if (quoted) {
        fputc('"', out);
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (quoted && (*c == '"' || *c == '\\')) {
            fputc('\\', out);
        }
        fputc((unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c, out);
    }
    if (quoted) {
        fputc('"', out);
    }
}
