/* SPDX-License-Identifier: MIT */
/*
 * Bends a case: words, fields by name, relocations, buffers, the order of commands, pieces of other
 * cases. Many of the results are still accepted; the rest is close to it.
 */
#ifndef GEMD_TESTS_FUZZ_MUTATE_H
#define GEMD_TESTS_FUZZ_MUTATE_H

#include "tests/fuzz/case.h"
#include "tests/fuzz/random.h"

/* One change. other: where pieces may come from; NULL: from itself. */
void mutate_once(struct fuzz_case *c, struct rng *rng, const struct fuzz_case *other);

/* None for a good part of the cases, else a few. */
void mutate_case(struct fuzz_case *c, struct rng *rng, const struct fuzz_case *other);

/* Changes in place only, which cost little: for millions of them. */
void mutate_in_place(struct fuzz_case *c, struct rng *rng);

#endif
