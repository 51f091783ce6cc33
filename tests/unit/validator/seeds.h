/* SPDX-License-Identifier: MIT */
/* What fuzzers start from: samples that are accepted, as records of gemd/validator/stream_file.h.
 */
#ifndef GEMD_TEST_SEEDS_H
#define GEMD_TEST_SEEDS_H

#include "stream.h"

/*
 * The n-th seed, as a complete stream: first the samples by command, then all others that are
 * accepted. Its name is good for a file. False: there are no more.
 */
bool seed_build(size_t n, struct stream *s, char name[64]);

/* As a record, malloc'ed; NULL: out of memory. */
uint8_t *seed_record(struct stream *s, size_t *size);

/* Writes each to a file of its own in a directory that exists. How many; -errno. */
int seeds_write(const char *directory);

#endif
