/* SPDX-License-Identifier: MIT */
/* Keeps a case that failed: NAME.stream for gemctl check and decode, NAME.txt for people. */
#ifndef GEMD_TESTS_FUZZ_FINDING_H
#define GEMD_TESTS_FUZZ_FINDING_H

#include "tests/fuzz/oracle.h"

/* False, with a line on standard error, when it cannot be written. */
bool finding_keep(const char *directory, const char *name, const struct fuzz_case *c,
                  const struct oracle_report *report);

#endif
