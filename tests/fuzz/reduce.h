/* SPDX-License-Identifier: MIT */
/* Makes a case that fails small: fewer commands, relocations and buffers, simpler words. */
#ifndef GEMD_TESTS_FUZZ_REDUCE_H
#define GEMD_TESTS_FUZZ_REDUCE_H

#include "tests/fuzz/oracle.h"

/* What says whether a case fails; it may change the case. */
struct reduce_judge {
    enum oracle_result (*judge)(void *user, struct fuzz_case *c, struct oracle_report *report);
    void *user;
};

/* oracle_judge() */
struct reduce_judge reduce_by_oracle(struct oracle *oracle);

/*
 * *c fails with 'report'; afterwards it is a smaller case that fails alike (the same result, of the
 * same command), as it was before it was judged, and 'report' is its own. Returns how many cases
 * were tried.
 */
unsigned reduce_case(const struct reduce_judge *judge, struct fuzz_case *c,
                     struct oracle_report *report);

#endif
