/* SPDX-License-Identifier: MIT */
/*
 * Waiting on the status page: one shared futex, nothing polled. A daemon that was killed wakes
 * nobody, so a wait looks at the socket each time a slice of it has passed.
 *
 * Before it sleeps for a batch it looks for a moment, as the daemon does between batches: a short
 * one is done sooner than a thread is woken. When that was in vain, the next waits do without, up
 * to SPIN_SKIP_MAX of them.
 */
#include "proto/client/session.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "proto/pause.h"

#define SECOND_NS 1000000000LL
#define SLICE_NS  100000000LL
#define SPIN_NS   20000LL

#define SPIN_LOOKS    16u /* between two looks at the clock */
#define SPIN_SKIP_MAX 63u

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

static bool seqno_condition(struct gemd_session *session, const void *data)
{
    return seqno_retired(session, *(const uint64_t *)data);
}

/* Says which batch the first of those who sleep waits for. waits_lock is held. */
static void say_seqno(struct gemd_session *session, uint64_t seqno, bool is_first)
{
    uint64_t *at = &session->ring->retired_at;
    uint64_t wire = seqno_on_wire(session, seqno);
    if (is_first || wire < __atomic_load_n(at, __ATOMIC_RELAXED)) {
        __atomic_store_n(at, wire, __ATOMIC_SEQ_CST);
    }
}

static void begin_sleep(struct gemd_session *session, uint32_t *waits, wait_condition condition,
                        const void *data)
{
    if (waits == NULL) {
        return;
    }
    pthread_mutex_lock(&session->waits_lock);
    uint32_t before = __atomic_load_n(waits, __ATOMIC_RELAXED);
    if (condition == seqno_condition) {
        say_seqno(session, *(const uint64_t *)data, before == 0);
    }
    __atomic_store_n(waits, before + 1, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&session->waits_lock);
}

/* Not below 0: after a loss the ring may be another one than when the sleep began. */
static void end_sleep(struct gemd_session *session, uint32_t *waits)
{
    if (waits == NULL) {
        return;
    }
    pthread_mutex_lock(&session->waits_lock);
    uint32_t before = __atomic_load_n(waits, __ATOMIC_RELAXED);
    __atomic_store_n(waits, before > 0 ? before - 1 : 0, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&session->waits_lock);
}

static bool comes_soon(struct gemd_session *session, wait_condition condition, const void *data,
                       int64_t until)
{
    do {
        for (unsigned i = 0; i < SPIN_LOOKS; i++) {
            if (condition(session, data)) {
                return true;
            }
            pause_briefly();
        }
    } while (wait_now_ns() < until);
    return false;
}

/* Looks for a moment. The counts are shared by threads, and need not be right. */
static bool spin(struct gemd_session *session, wait_condition condition, const void *data,
                 int64_t deadline)
{
    struct spin *counts = &session->spin;
    unsigned skip = __atomic_load_n(&counts->skip, __ATOMIC_RELAXED);
    int64_t until = wait_now_ns() + SPIN_NS;
    if (!session->may_spin || deadline < until) {
        return false;
    }
    if (skip > 0) {
        __atomic_store_n(&counts->skip, skip - 1, __ATOMIC_RELAXED);
        return false;
    }
    bool came = comes_soon(session, condition, data, until);
    unsigned misses = __atomic_load_n(&counts->misses, __ATOMIC_RELAXED) * 2 + 1;
    misses = came ? 0 : misses < SPIN_SKIP_MAX ? misses : SPIN_SKIP_MAX;
    __atomic_store_n(&counts->misses, misses, __ATOMIC_RELAXED);
    __atomic_store_n(&counts->skip, misses, __ATOMIC_RELAXED);
    return came;
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
    if (condition(session, data) ||
        (word == &session->status->retired_changes && spin(session, condition, data, deadline))) {
        return 0;
    }
    uint32_t *waits = waits_of(session, word);
    begin_sleep(session, waits, condition, data);
    int result = wait_asleep(session, word, condition, data, deadline);
    end_sleep(session, waits);
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

int gemd_seqno_wait(struct gemd_session *session, uint64_t seqno, int64_t deadline)
{
    return wait_until(session, &session->status->retired_changes, seqno_condition, &seqno,
                      deadline);
}
