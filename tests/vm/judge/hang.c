/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <time.h>

#include "tests/vm/judge/gem.h"
#include "tests/vm/judge/judgement.h"

/* doc/gen3.md C.2: through the GTT, and the target stays non-secure. */
#define MI_BATCH_BUFFER_START 0x18800080u
#define NON_SECURE            1u

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int judge_hang(int fd, unsigned long seconds)
{
    struct gem_batch loop = {0};
    uint32_t handle = 0;
    uint32_t active = 0;
    uint32_t pending = 0;
    double begin = now();

    gem_emit(&loop, MI_BATCH_BUFFER_START);
    gem_emit_address(&loop, 0, NON_SECURE, false);
    int error = gem_submit(fd, &loop, &handle);
    int waited = error != 0 ? error : gem_wait(fd, handle, (unsigned)seconds);
    if (error == 0) {
        error = gem_reset_stats(fd, &active, &pending);
    }
    printf("vm: hang_error=%d hang_wait=%d hang_blamed=%u hang_seconds=%.1f\n", -error, -waited,
           active, now() - begin);
    gem_close(fd, handle);
    return error != 0 ? error : waited != 0 || active != 1;
}
