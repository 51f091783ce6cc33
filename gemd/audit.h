/* SPDX-License-Identifier: MIT */
/*
 * Audit of one session (doc/validator.md): what is wrong with its batches is logged and counted,
 * and they run as far as they can be followed. Switched by an operator; it gives up isolation.
 */
#ifndef GEMD_AUDIT_H
#define GEMD_AUDIT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "gemd/validator/validator.h"

struct session;

/* Part of a session; zeroed at start. The counts stay when it is switched off. */
struct audit {
    bool on;
    bool was_on; /* at any time */
    uint64_t counts[VALIDATOR_RULES];
};

/* For status: "session.N.audit.state: on", and how often each rule was broken. */
void audit_print(FILE *out, const struct session *session);

/* Switches it, with a line in the log that says by whom. */
void audit_switch(struct session *session, bool on, const struct session *operator_session);

#endif
