/* SPDX-License-Identifier: MIT */
#include "gemd/validator/validator.h"

static const char *const names[] = {
    [VALIDATOR_ACCEPTED] = "ACCEPTED",
#define VALIDATOR_RULE(id, text) [VALIDATOR_##id] = #id,
#include "gemd/validator/rules.def"
#undef VALIDATOR_RULE
};

const char *validator_rule_name(enum validator_rule rule)
{
    return (size_t)rule < sizeof(names) / sizeof(names[0]) ? names[rule] : "?";
}
