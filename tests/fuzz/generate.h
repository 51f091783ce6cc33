/* SPDX-License-Identifier: MIT */
/*
 * Makes streams that a driver might send: drawing with all formats, layouts and sources of
 * vertices, clears, and blits of every kind that clients may send. Buffers are mostly as large as
 * need be, to the byte, so that whatever goes further is seen.
 */
#ifndef GEMD_TESTS_FUZZ_GENERATE_H
#define GEMD_TESTS_FUZZ_GENERATE_H

#include "tests/fuzz/case.h"
#include "tests/fuzz/random.h"

/* pci_device 0: any chip. */
void generate_case(struct fuzz_case *c, struct rng *rng, uint16_t pci_device);

/* One case for a row of the table that clients may send: the least that has the command in it. */
bool generate_command(struct fuzz_case *c, struct rng *rng, const struct gen3_command *row);

#endif
