/* SPDX-License-Identifier: MIT */
#ifndef GEMD_BENCH_CLOCK_H
#define GEMD_BENCH_CLOCK_H

#include <time.h>

/* Nanoseconds of a clock that only goes forward. */
static inline double clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Nanoseconds of processor time of this thread: what others do on the machine does not count. */
static inline double clock_processor(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

#endif
