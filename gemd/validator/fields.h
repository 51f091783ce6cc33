/* SPDX-License-Identifier: MIT */
/*
 * Bits that must be zero in the dwords of commands: what has no known meaning (doc/gen3.md D.1,
 * E.3 to E.11), and what has one that no client may use. Headers have theirs in the table of
 * commands, instructions of programs in program.c.
 */
#ifndef GEMD_VALIDATOR_FIELDS_H
#define GEMD_VALIDATOR_FIELDS_H

#include <stdint.h>

#include "hw/gen3/command.h"

#define FIELDS_DWORDS 8 /* of the longest command in the table */

/* By dword; those of a command that is shorter are 0. NULL: the command has none. */
const uint32_t *fields_reserved(enum gen3_command_id id);

/* Of S0 to S7, and of SS2, SS3 and SS4. */
extern const uint32_t fields_reserved_s[8];
extern const uint32_t fields_reserved_sampler[3];

/* The same for dword 'offset' of the command at 'dw', whatever its kind. */
uint32_t fields_reserved_at(const struct gen3_command *command, const uint32_t *dw,
                            uint32_t offset);

#endif
