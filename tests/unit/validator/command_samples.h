/* SPDX-License-Identifier: MIT */
/*
 * For each command that clients may send, a stream that has it and is accepted: what the walk over
 * the table bends, and what fuzzers start from.
 */
#ifndef GEMD_TEST_COMMAND_SAMPLES_H
#define GEMD_TEST_COMMAND_SAMPLES_H

#include "hw/gen3/command.h"
#include "stream.h"

/* Builds the sample; false: clients may not send the command. Without its end. */
bool command_sample(enum gen3_command_id id, struct stream *s);

/* The index of the stream's first command of that kind, and its dwords; false: there is none. */
bool command_find(const struct stream *s, enum gen3_command_id id, size_t *at, uint32_t *length);

#endif
