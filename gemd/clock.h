/* SPDX-License-Identifier: MIT */
/* Where time comes from: nanoseconds of CLOCK_MONOTONIC, or what a test says. */
#ifndef GEMD_CLOCK_H
#define GEMD_CLOCK_H

#include <stdint.h>
#include <time.h>

struct clock {
    uint64_t (*now)(void *data); /* NULL: CLOCK_MONOTONIC */
    void *data;
};

static inline uint64_t clock_now(const struct clock *clock)
{
    if (clock->now != NULL) {
        return clock->now(clock->data);
    }
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#endif
