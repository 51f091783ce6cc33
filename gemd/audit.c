/* SPDX-License-Identifier: MIT */
#include "gemd/audit.h"

#include <inttypes.h>

#include "gemd/session.h"

void audit_print(FILE *out, const struct session *session)
{
    const struct audit *audit = &session->audit;
    if (!audit->was_on) {
        return;
    }
    fprintf(out, "session.%u.audit.state: %s\n", session->id, audit->on ? "on" : "off");
    for (size_t rule = 1; rule < VALIDATOR_RULES; rule++) {
        if (audit->counts[rule] != 0) {
            fprintf(out, "session.%u.audit.%s: %" PRIu64 "\n", session->id,
                    validator_rule_name((enum validator_rule)rule), audit->counts[rule]);
        }
    }
}

void audit_switch(struct session *session, bool on, const struct session *operator_session)
{
    session->audit.on = on;
    session->audit.was_on |= on;
    log_warning(SESSION_FIELDS ": audit %s by pid %d: its batches are %s", SESSION_VALUES(session),
                on ? "on" : "off", operator_session->pid,
                on ? "not held to its own buffers any more" : "refused again");
}
