/* SPDX-License-Identifier: MIT */
/* What one futex round trip between two processes takes: the unit of the validator's budget. */
#ifndef GEMD_BENCH_FUTEX_H
#define GEMD_BENCH_FUTEX_H

#include <stdbool.h>

/* Starts the other process; it ends with this one. False with a line on standard error. */
bool futex_start(void);

/*
 * Nanoseconds for each of 'rounds' round trips. together: both on one processor, where waking is
 * a mere switch; else where the kernel puts them.
 */
double futex_round_trip(unsigned rounds, bool together);

#endif
