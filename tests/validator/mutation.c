/* SPDX-License-Identifier: MIT */
#include "tests/validator/mutation.h"

#include <stdlib.h>
#include <string.h>

extern const struct mutation_site *const __start_mutation_sites[];
extern const struct mutation_site *const __stop_mutation_sites[];

const struct mutation_site *const *mutation_sites(size_t *count)
{
    *count = (size_t)(__stop_mutation_sites - __start_mutation_sites);
    return __start_mutation_sites;
}

bool mutation_is_off(const struct mutation_site *site, enum validator_rule rule)
{
    static const struct mutation_site *off_site;
    static const char *off_rule;
    static bool known;

    if (!known) {
        const char *mutant = getenv("GEMD_MUTANT");
        size_t count;
        const struct mutation_site *const *sites = mutation_sites(&count);

        known = true;
        if (mutant != NULL && strncmp(mutant, "rule:", 5) == 0) {
            off_rule = mutant + 5;
        } else if (mutant != NULL && strncmp(mutant, "site:", 5) == 0) {
            size_t number = strtoul(mutant + 5, NULL, 10);

            off_site = number < count ? sites[number] : NULL;
        }
    }
    return site == off_site ||
           (off_rule != NULL && strcmp(off_rule, validator_rule_name(rule)) == 0);
}
