/* SPDX-License-Identifier: MIT */
/*
 * One thread that sleeps beside a lock, and those who wake it.
 *
 * Like a condition variable for a single waiter, but nobody who is awake costs a system call, and
 * a woken thread does not leave its mutex marked as contended, which would cost another.
 */
#ifndef GEMD_HW_MODEL_SLEEPER_H
#define GEMD_HW_MODEL_SLEEPER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct sleeper {
    _Atomic uint32_t word; /* counts calls */
    bool asleep;           /* guarded by the lock */
};

/* Sleeps without the lock until called, or until a time of CLOCK_MONOTONIC; NULL: no such time. */
void sleeper_sleep(struct sleeper *sleeper, pthread_mutex_t *lock, const struct timespec *until);

/* With the lock: whether somebody sleeps and is now to be woken, by sleeper_wake(), once. */
bool sleeper_call(struct sleeper *sleeper);
/* Without the lock. */
void sleeper_wake(struct sleeper *sleeper);

#endif
