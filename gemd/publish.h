/* SPDX-License-Identifier: MIT */
/* Writing to a page that clients read, and waking those who wait on it. */
#ifndef GEMD_PUBLISH_H
#define GEMD_PUBLISH_H

#include <limits.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Stores a value whole, after all that was stored before it; whether it is another one. */
static inline bool publish_u64(uint64_t *field, uint64_t value)
{
    bool changed = __atomic_load_n(field, __ATOMIC_RELAXED) != value;
    __atomic_store_n(field, value, __ATOMIC_RELEASE);
    return changed;
}

static inline bool publish_u32(uint32_t *field, uint32_t value)
{
    bool changed = __atomic_load_n(field, __ATOMIC_RELAXED) != value;
    __atomic_store_n(field, value, __ATOMIC_RELEASE);
    return changed;
}

/* Counts a futex word up, and wakes unless 'waits' says that nobody sleeps (protocol.h). */
static inline void publish_change_to(uint32_t *word, const uint32_t *waits)
{
    __atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(waits, __ATOMIC_SEQ_CST) != 0) {
        syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    }
}

/* Counts a futex word up and wakes everybody, in any process. */
static inline void publish_change(uint32_t *word)
{
    __atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

#endif
