/* SPDX-License-Identifier: MIT */
/* What a report that people publish must not tell: which machine it was. */
#ifndef GEMD_HWTEST_REDACT_H
#define GEMD_HWTEST_REDACT_H

/*
 * Blanks MAC addresses, UUIDs, and what follows the word "serial", in one line; nothing becomes
 * longer. Control characters become blanks.
 */
void redact_line(char *line);

#endif
