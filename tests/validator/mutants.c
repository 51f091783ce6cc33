/* SPDX-License-Identifier: MIT */
/* Lists the mutants, one a line: "rule NAME" and "site NUMBER FILE:LINE ARGUMENTS". */
#include <stdio.h>
#include <string.h>

#include "tests/validator/mutation.h"

/* A file below the source tree, by that. */
static const char *below_source(const char *file)
{
    size_t length = strlen(GEMD_SOURCE_DIR "/");

    return strncmp(file, GEMD_SOURCE_DIR "/", length) == 0 ? file + length : file;
}

int main(void)
{
    size_t count;
    const struct mutation_site *const *sites = mutation_sites(&count);

    for (int rule = VALIDATOR_ACCEPTED + 1; rule < VALIDATOR_RULES; rule++) {
        printf("rule %s\n", validator_rule_name((enum validator_rule)rule));
    }
    for (size_t i = 0; i < count; i++) {
        printf("site %zu %s:%u %s\n", i, below_source(sites[i]->file), sites[i]->line,
               sites[i]->text);
    }
    return 0;
}
