/* SPDX-License-Identifier: MIT */
/*
 * After how many hangs of the GPU who is to blame gets no new session, and for how long. Times are
 * nanoseconds.
 */
#ifndef GEMD_BAN_RULE_H
#define GEMD_BAN_RULE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define BAN_HANGS_MAX 16u /* of ban_rule.hangs */

struct ban_rule {
    uint32_t hangs; /* so many, 0: nobody is ever banned */
    uint64_t window_ns;
    uint64_t duration_ns;
    bool of_user; /* hangs of all its processes count together, and all are banned */
};

/*
 * "N", "N,WINDOW" or "N,WINDOW,DURATION" in seconds, "off"; false for anything else. of_user stays
 * as it is.
 */
bool ban_rule_parse(const char *text, struct ban_rule *rule);

/* The same text. */
void ban_rule_print(FILE *to, const struct ban_rule *rule);

#endif
