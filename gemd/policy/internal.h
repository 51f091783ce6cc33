/* SPDX-License-Identifier: MIT */
/* What the files of the policy share: rules as they are kept. */
#ifndef GEMD_POLICY_INTERNAL_H
#define GEMD_POLICY_INTERNAL_H

#include "gemd/policy/policy.h"

enum policy_condition_kind { POLICY_ANY, POLICY_UID, POLICY_GID };

/* A user or a group by a range of numbers. */
struct policy_condition {
    enum policy_condition_kind kind;
    uint32_t first, last;
};

/* All conditions must hold. */
struct policy_rule {
    struct policy_condition conditions[POLICY_CONDITIONS];
    unsigned condition_count;
    struct policy_grant grant;
};

struct policy {
    char source[POLICY_REASON_MAX / 2];
    struct policy_rule *rules;
    size_t count, room;
};

#endif
