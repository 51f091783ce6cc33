/* SPDX-License-Identifier: MIT */
/* Tables for people: columns as wide as what is in them, numbers to the right. */
#ifndef GEMD_TOOLS_GEMCTL_TABLE_H
#define GEMD_TOOLS_GEMCTL_TABLE_H

#include <jansson.h>
#include <stdio.h>

/* rows: objects; columns: names of members, in order. The last column is not padded. */
void table_print(FILE *to, const json_t *rows, const json_t *columns);

#endif
