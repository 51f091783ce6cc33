/* SPDX-License-Identifier: MIT */
#include "gemd/ban_rule.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S        UINT64_C(1000000000)
#define BAN_SECONDS_MAX 86400ul

/* One number and what ends it: a comma, or the end. */
static bool parse_part(const char **text, unsigned long most, unsigned long *number)
{
    char *end = NULL;
    if (**text < '1' || **text > '9') {
        return false;
    }
    errno = 0;
    *number = strtoul(*text, &end, 10);
    bool fine = errno == 0 && *number <= most && (*end == '\0' || (*end == ',' && end[1] != '\0'));
    *text = *end == ',' ? end + 1 : end;
    return fine;
}

bool ban_rule_parse(const char *text, struct ban_rule *rule)
{
    unsigned long hangs = 0;
    unsigned long window = 60;
    unsigned long duration = 60;
    if (strcmp(text, "off") == 0) {
        rule->hangs = 0;
        return true;
    }
    if (!parse_part(&text, BAN_HANGS_MAX, &hangs) ||
        (*text != '\0' && !parse_part(&text, BAN_SECONDS_MAX, &window)) ||
        (*text != '\0' && !parse_part(&text, BAN_SECONDS_MAX, &duration)) || *text != '\0') {
        return false;
    }
    rule->hangs = (uint32_t)hangs;
    rule->window_ns = window * NS_PER_S;
    rule->duration_ns = duration * NS_PER_S;
    return true;
}

void ban_rule_print(FILE *to, const struct ban_rule *rule)
{
    if (rule->hangs == 0) {
        fputs("off", to);
    } else {
        fprintf(to, "%" PRIu32 ",%" PRIu64 ",%" PRIu64, rule->hangs, rule->window_ns / NS_PER_S,
                rule->duration_ns / NS_PER_S);
    }
}
