/* SPDX-License-Identifier: MIT */
/* Grants as text. */
#include <inttypes.h>

#include "gemd/policy/internal.h"

static void write_amount(FILE *to, uint64_t amount)
{
    if (amount == LIMIT_NONE) {
        fputs("none", to);
    } else {
        fprintf(to, "%" PRIu64, amount);
    }
}

static void write_limit(FILE *to, const struct limit *limit)
{
    if (limit->soft != LIMIT_NONE) {
        write_amount(to, limit->soft);
        fputc(':', to);
    }
    write_amount(to, limit->hard);
}

void policy_print_grant(FILE *to, const struct policy_grant *grant)
{
    if (grant->line == 0) {
        fputs("rule: none\n", to);
    } else {
        fprintf(to, "rule: line %u\n", grant->line);
    }
    fprintf(to, "connect: %s\n", grant->connects ? "allowed" : "denied");
    if (!grant->connects) {
        return;
    }
    fprintf(to, "role: %s\nsees: %s\nview: %s\nclass: %s\nweight: %" PRIu32 "\nsessions: %" PRIu32 "\n",
            grant->operates ? "operator" : "client", grant->sees_all ? "all" : "own",
            grant->views ? "yes" : "no",
            sched_class_info(grant->class)->name, grant->weight, grant->sessions);
    for (unsigned kind = 0; kind < LIMIT_KINDS; kind++) {
        fprintf(to, "%s: ", limit_kind_name(kind));
        write_limit(to, &grant->limits.session[kind]);
        fprintf(to, "\nuser-%s: ", limit_kind_name(kind));
        write_limit(to, &grant->limits.uid[kind]);
        fputc('\n', to);
    }
    fputs("hang_ban: ", to);
    if (grant->has_ban) {
        ban_rule_print(to, &grant->ban);
    } else {
        fputs("the daemon's", to);
    }
    fputs("\nuser-hang_ban: ", to);
    ban_rule_print(to, &grant->user_ban);
    fputc('\n', to);
}
