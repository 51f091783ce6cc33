/* SPDX-License-Identifier: MIT */
/*
 * Refusals that can be switched off, one at a time, by the environment: each is a mutant of the
 * validator, and some test must notice. internal.h includes this in the tests' own build of the
 * validator, never in the library that the daemon links.
 *
 *   GEMD_MUTANT=rule:NAME    the rule is never broken
 *   GEMD_MUTANT=site:NUMBER  that call, by its place in the list, refuses nothing
 */
#ifndef GEMD_TEST_MUTATION_H
#define GEMD_TEST_MUTATION_H

#include <stdbool.h>
#include <stddef.h>

#include "gemd/validator/validator.h"

/* A call that refuses; the linker collects them all. */
struct mutation_site {
    const char *file;
    const char *text; /* the call's arguments */
    unsigned line;
};

/* The sites, in an order that is the build's. */
const struct mutation_site *const *mutation_sites(size_t *count);

/* Whether the mutant that runs has not this rule, or not this site. */
bool mutation_is_off(const struct mutation_site *site, enum validator_rule rule);

#define MUTATION_SITE(call, rule, ...)                                                             \
    ({                                                                                             \
        static const struct mutation_site site_ = {__FILE__, #rule ", " #__VA_ARGS__, __LINE__};   \
        static const struct mutation_site *const listed_                                           \
            __attribute__((section("mutation_sites"), used)) = &site_;                             \
        bool result_ = mutation_is_off(listed_, rule) || (call);                                   \
        result_;                                                                                   \
    })

/* Within its own expansion a name is the function. */
#define check_refuse(check, rule, ...)                                                             \
    MUTATION_SITE(check_refuse(check, rule, __VA_ARGS__), rule, __VA_ARGS__)
#define check_object(check, rule, ...)                                                             \
    MUTATION_SITE(check_object(check, rule, __VA_ARGS__), rule, __VA_ARGS__)

#endif
