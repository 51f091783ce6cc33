/* SPDX-License-Identifier: MIT */
#include "bench/lib/futex.h"

#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/lib/clock.h"

/* Two words in shared memory, of their own cache lines: each side waits on its own. */
static struct shared {
    _Alignas(64) uint32_t ping;
    _Alignas(64) uint32_t pong;
} * shared;
static pid_t other;

static void wait_for(uint32_t *word, uint32_t until)
{
    for (uint32_t seen; (seen = __atomic_load_n(word, __ATOMIC_ACQUIRE)) != until;) {
        syscall(SYS_futex, word, FUTEX_WAIT, seen, NULL, NULL, 0);
    }
}

static void set(uint32_t *word, uint32_t to)
{
    __atomic_store_n(word, to, __ATOMIC_RELEASE);
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void answer(void)
{
    for (uint32_t turn = 1;; turn++) {
        wait_for(&shared->ping, turn);
        set(&shared->pong, turn);
    }
}

bool futex_start(void)
{
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    other = shared == MAP_FAILED ? -1 : fork();
    if (other < 0) {
        perror("bench: no second process");
        return false;
    }
    if (other == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        answer();
    }
    return true;
}

void futex_round_trips(unsigned rounds)
{
    static uint32_t turn;

    for (unsigned i = 0; i < rounds; i++) {
        turn++;
        set(&shared->ping, turn);
        wait_for(&shared->pong, turn);
    }
}

double futex_time(unsigned rounds, bool together)
{
    cpu_set_t before, one;

    sched_getaffinity(0, sizeof(before), &before);
    if (together) {
        CPU_ZERO(&one);
        CPU_SET((size_t)sched_getcpu(), &one);
        sched_setaffinity(0, sizeof(one), &one);
        sched_setaffinity(other, sizeof(one), &one);
    }
    double start = clock_now();
    futex_round_trips(rounds);
    double each = (clock_now() - start) / rounds;
    sched_setaffinity(0, sizeof(before), &before);
    sched_setaffinity(other, sizeof(before), &before);
    return each;
}
