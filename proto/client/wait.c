/* SPDX-License-Identifier: MIT */
/*
 * Waiting on the status page: one shared futex, nothing polled. A daemon that was killed wakes
 * nobody, so a wait looks at the socket each time a slice of it has passed.
 *
 * There is no spinning before the futex: on two busy cores 5, 20 and 50 microseconds of it made the
 * round trip of an empty batch no shorter, for the daemon and the GPU's thread want the core.
 */
#include "proto/client/session.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000LL
#define SLICE_NS  100000000LL

int64_t wait_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

/* Sleeps while *word is 'seen', for at most 'ns'. True when the time has passed. */
static bool futex_sleep(const uint32_t *word, uint32_t seen, int64_t ns)
{
    struct timespec timeout = {.tv_sec = ns / SECOND_NS, .tv_nsec = ns % SECOND_NS};
    long result = syscall(SYS_futex, word, FUTEX_WAIT, seen, &timeout, NULL, 0);
    return result < 0 && errno == ETIMEDOUT;
}

/* Where the daemon sees that somebody sleeps on a word; NULL: it wakes in any case. */
static uint32_t *waits_of(struct gemd_session *session, const uint32_t *word)
{
    const struct gemd_status_page *status = session->status;
    return word == &status->retired_changes  ? &session->ring->retired_waits
           : word == &status->ring_changes   ? &session->ring->ring_waits
           : word == &status->vblank_changes ? &session->ring->vblank_waits
                                             : NULL;
}

static void begin_sleep(uint32_t *waits)
{
    if (waits != NULL) {
        __atomic_add_fetch(waits, 1, __ATOMIC_SEQ_CST);
    }
}

/* Not below 0: after a loss the ring may be another one than when the sleep began. */
static void end_sleep(uint32_t *waits)
{
    uint32_t count = waits != NULL ? __atomic_load_n(waits, __ATOMIC_RELAXED) : 0;
    while (count != 0 && !__atomic_compare_exchange_n(waits, &count, count - 1, false,
                                                      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
    }
}

static int wait_asleep(struct gemd_session *session, const uint32_t *word, wait_condition condition,
                       const void *data, int64_t deadline)
{
    for (;;) {
        uint32_t seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
        if (condition(session, data)) {
            return 0;
        }
        if (session_gone(session)) {
            return -EIO;
        }
        int64_t left = SLICE_NS;
        if (deadline != GEMD_FOREVER) {
            int64_t now = wait_now_ns();
            if (deadline <= now) {
                return -ETIME;
            }
            left = deadline - now < SLICE_NS ? deadline - now : SLICE_NS;
        }
        if (futex_sleep(word, seen, left)) {
            gemd_session_dispatch(session);
        }
    }
}

int wait_until(struct gemd_session *session, const uint32_t *word, wait_condition condition,
               const void *data, int64_t deadline)
{
    if (condition(session, data)) {
        return 0;
    }
    uint32_t *waits = waits_of(session, word);
    begin_sleep(waits);
    int result = wait_asleep(session, word, condition, data, deadline);
    end_sleep(waits);
    return result;
}

bool seqno_retired(struct gemd_session *session, uint64_t seqno)
{
    /* In this order: a base that has moved makes all older ones retired, whatever the page says. */
    uint64_t retired = __atomic_load_n(&session->status->retired, __ATOMIC_ACQUIRE);
    return seqno <= __atomic_load_n(&session->seqno_base, __ATOMIC_ACQUIRE) + retired;
}

uint64_t seqno_on_wire(struct gemd_session *session, uint64_t seqno)
{
    uint64_t base = __atomic_load_n(&session->seqno_base, __ATOMIC_ACQUIRE);
    return seqno > base ? seqno - base : 0;
}

bool gemd_seqno_passed(struct gemd_session *session, uint64_t seqno)
{
    return seqno_retired(session, seqno) || session_gone(session);
}

static bool seqno_condition(struct gemd_session *session, const void *data)
{
    return seqno_retired(session, *(const uint64_t *)data);
}

int gemd_seqno_wait(struct gemd_session *session, uint64_t seqno, int64_t deadline)
{
    return wait_until(session, &session->status->retired_changes, seqno_condition, &seqno,
                      deadline);
}
