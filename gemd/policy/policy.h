/* SPDX-License-Identifier: MIT */
/*
 * Who may do what: the rules of a policy file (doc/man/gemd-policy.5), and what they grant a peer.
 *
 * A policy is read whole or not at all, and never changes afterwards. Peers are known by what the
 * kernel says of their socket: user and groups. What program they run is not asked for: a client
 * chooses that itself.
 */
#ifndef GEMD_POLICY_POLICY_H
#define GEMD_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "gemd/ban_rule.h"
#include "gemd/class.h"
#include "gemd/limits.h"

#define POLICY_PATH         "/etc/gemd/policy.conf"
#define POLICY_TEXT_MAX     65536u /* bytes of a file */
#define POLICY_LINE_MAX     1024u  /* bytes of a line */
#define POLICY_RULES_MAX    1024u
#define POLICY_CONDITIONS   8u /* of one rule */
#define POLICY_REASON_MAX   256u
#define POLICY_SESSIONS_MAX 65536u

/* What a rule gives to whom it matches. */
struct policy_grant {
    bool connects; /* false: nothing else counts */
    bool operates; /* may open an operator's session */
    bool sees_all; /* sessions of others, too */
    bool views;    /* what is on the screen, whose ever it is; as an operator */
    enum sched_class class;
    uint32_t weight;   /* share of the GPU within the class, 1 to SCHED_WEIGHT_MAX */
    uint32_t sessions; /* that its user may have at once */
    struct limits limits;
    bool has_ban; /* else what holds for its processes is the daemon's */
    struct ban_rule ban, user_ban;
    unsigned line; /* of the rule; 0: no rule matched */
};

struct policy_peer {
    uid_t uid;
    gid_t gid;
    const gid_t *groups; /* more groups of it */
    size_t group_count;
};

/* Where names come from; each answers 0, -ENOENT or another negative errno. */
struct policy_names {
    int (*user)(const char *name, uid_t *uid);
    int (*group)(const char *name, gid_t *gid);
    uid_t self; /* who "self" is: the daemon's user */
};

/* The system's user data base. */
extern const struct policy_names policy_system_names;

struct policy;

/*
 * Reads rules from 'size' bytes of text; 'source' is a name for reasons and is copied. NULL with a
 * reason ("FILE:LINE: ...") and *error, -EINVAL for a mistake in the text, or -ENOMEM.
 */
struct policy *policy_parse(const char *source, const char *text, size_t size,
                            const struct policy_names *names, int *error,
                            char reason[POLICY_REASON_MAX]);

/* The same from a file; other values of *error are those of reading it. */
struct policy *policy_load(const char *path, const struct policy_names *names, int *error,
                           char reason[POLICY_REASON_MAX]);

/*
 * What an option says: a path; POLICY_NONE: no file; NULL: POLICY_PATH, if that exists. Without a
 * file the built-in policy holds: everybody whom the socket's mode lets in, and root and the
 * daemon's user as operators.
 */
#define POLICY_NONE     "none"
#define POLICY_BUILT_IN "the built-in policy"
struct policy *policy_open(const char *option, const struct policy_names *names, int *error,
                           char reason[POLICY_REASON_MAX]);

void policy_free(struct policy *policy);

const char *policy_source(const struct policy *policy);
size_t policy_rule_count(const struct policy *policy);

/* What the first rule that matches gives; without one nobody connects. */
void policy_match(const struct policy *policy, const struct policy_peer *peer,
                  struct policy_grant *grant);

/* One "key: value" a line. */
void policy_print_grant(FILE *to, const struct policy_grant *grant);

#endif
