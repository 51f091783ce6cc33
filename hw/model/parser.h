/* SPDX-License-Identifier: MIT */
/*
 * The walk over rings and batches: fetches commands, hands them to their engines and moves the
 * position. The thread that calls it is streamer.c's; so are the rings.
 */
#ifndef GEMD_HW_MODEL_PARSER_H
#define GEMD_HW_MODEL_PARSER_H

struct model;

/* The longest command: an inline 3DPRIMITIVE with its 17-bit length field. */
#define PARSER_COMMAND_DWORDS (0x1ffffu + 2u)

/* Runs commands of the ring until there is something to see to under the lock. Not locked. */
void parser_run(struct model *model);
/* The same for short commands only (streamer_run_short()), at most so many of them. */
void parser_run_short(struct model *model, unsigned commands);

#endif
