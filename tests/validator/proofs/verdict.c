/* SPDX-License-Identifier: MIT */
/*
 * Stands for the two functions that refuse, without the printing: the verdict has no say in what is
 * computed. In an audit an objection is passed over, so both answers are tried everywhere.
 */
#include "proof.h"

#include "gemd/validator/internal.h"

bool proof_audit; /* the harness may leave it at false */

bool(check_refuse)(struct check *check, enum validator_rule rule, uint32_t offset,
                   const char *format, ...)
{
    prove(rule > VALIDATOR_ACCEPTED && rule < VALIDATOR_RULES, "a rule of the list");
    return false;
}

bool(check_object)(struct check *check, enum validator_rule rule, uint32_t offset,
                   const char *format, ...)
{
    prove(rule > VALIDATOR_ACCEPTED && rule < VALIDATOR_RULES, "a rule of the list");
    return proof_audit;
}
