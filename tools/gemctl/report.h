/* SPDX-License-Identifier: MIT */
/*
 * The daemon's reports (gemd/report.h) as JSON, by their shape: no list of keys is kept here.
 *
 * Status: "[group]" starts an object, in which "group_key" is "key" and "group" itself is "value";
 * "noun.N.rest" is "rest" of the element with "id" N of the array "nouns" at the top.
 * Lists: an array of objects with the columns as keys, null where a cell does not apply.
 * All text becomes sound UTF-8. Values are the caller's (json_decref); NULL: out of memory.
 */
#ifndef GEMD_TOOLS_GEMCTL_REPORT_H
#define GEMD_TOOLS_GEMCTL_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 'text' is changed. Always has "sessions", each of which has "windows". */
json_t *report_status(char *text);

/* 'text' is changed. *columns: an array of the names in order, the caller's too. */
json_t *report_list(char *text, json_t **columns);

/* A number, or text without its quotes. */
json_t *report_value(char *text);

/* The integer of a key; 0 when there is none. Whether there is one. */
int64_t report_number(const json_t *object, const char *key);
bool report_has(const json_t *object, const char *key);
/* The text of a key; "" when there is none. */
const char *report_text(const json_t *object, const char *key);

/*
 * Copies text for a terminal: what could move the cursor or turn the writing becomes '?', and so
 * does what is not ASCII unless the locale is UTF-8. size: at least 1.
 */
void report_printable(char *to, size_t size, const char *text);

#endif
