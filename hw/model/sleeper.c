/* SPDX-License-Identifier: MIT */
#include "hw/model/sleeper.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

void sleeper_sleep(struct sleeper *sleeper, pthread_mutex_t *lock, const struct timespec *until)
{
    uint32_t word = atomic_load(&sleeper->word);

    sleeper->asleep = true;
    pthread_mutex_unlock(lock);
    /* Whatever ends it, the caller looks again at what it waits for. */
    syscall(SYS_futex, &sleeper->word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, word, until, NULL,
            FUTEX_BITSET_MATCH_ANY);
    pthread_mutex_lock(lock);
    sleeper->asleep = false;
}

bool sleeper_call(struct sleeper *sleeper)
{
    if (!sleeper->asleep) {
        return false;
    }
    sleeper->asleep = false;
    atomic_fetch_add(&sleeper->word, 1);
    return true;
}

void sleeper_wake(struct sleeper *sleeper)
{
    syscall(SYS_futex, &sleeper->word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
}
