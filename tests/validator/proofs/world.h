/* SPDX-License-Identifier: MIT */
/*
 * A job of any content, and a walk that stands at any command of it. Words and relocations lie at
 * the end of their arrays, so that the checker sees what is read behind them.
 */
#ifndef GEMD_TESTS_WORLD_H
#define GEMD_TESTS_WORLD_H

#include "proof.h"

#include "gemd/validator/internal.h"

#ifndef WORLD_WORDS
#define WORLD_WORDS 16u
#endif
#define WORLD_RELOCS  3u
#define WORLD_BUFFERS 2u

extern struct check world; /* the walk; its job has any content within these numbers */

/* Any job, and the walk before the command at any of its words; length: 1 to what is left. */
void world_make(void);

/* A place that check_address() has given. */
struct place world_place(uint64_t reach);

/* In an audit objections are passed over; the harnesses try both. */
extern bool proof_audit;

#endif
