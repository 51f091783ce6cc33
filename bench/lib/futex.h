/* SPDX-License-Identifier: MIT */
/* Futex round trips between two processes: what others are compared with. */
#ifndef GEMD_BENCH_FUTEX_H
#define GEMD_BENCH_FUTEX_H

#include <stdbool.h>

/* Starts the other process; it ends with this one. False with a line on standard error. */
bool futex_start(void);

void futex_round_trips(unsigned rounds);

/*
 * Nanoseconds for each of 'rounds' round trips. together: both on one processor, where waking is
 * a mere switch; else where the kernel puts them.
 */
double futex_time(unsigned rounds, bool together);

#endif
