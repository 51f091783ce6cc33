/* SPDX-License-Identifier: MIT */
/*
 * Text that tools read: how values are written, and memory files that hold it.
 *
 * Numbers stand as they are. So does text, unless it could be taken for a number, is empty or
 * begins with a quote: then it is quoted, with \ before " and \. No control character comes
 * through, whatever a client calls itself.
 */
#ifndef GEMD_REPORT_H
#define GEMD_REPORT_H

#include <stdint.h>
#include <stdio.h>

struct report {
    FILE *out;
    char *text;
    size_t size;
};

/* 0 or -ENOMEM. */
int report_begin(struct report *report);
/* A sealed memory file with what was written to 'out', the caller's to close; or a negative errno.
 */
int report_end(struct report *report, uint64_t *bytes);

void report_put_text(FILE *out, const char *text);

#endif
