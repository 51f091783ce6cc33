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

static int64_t now_ns(void)
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

int wait_until(struct gemd_session *session, const uint32_t *word, wait_condition condition,
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
            int64_t now = now_ns();
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
