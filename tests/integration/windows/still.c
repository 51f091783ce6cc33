/* SPDX-License-Identifier: MIT */
/*
 * Preloaded, it has a program stay at a frame (FRAMES): two runs of one program show the same
 * picture, however fast each of them is. What the program itself takes for the time of day is the
 * number of its frames, 60 of which are a second; libraries have the real one. After the last
 * frame the thread that showed it says so on standard error and waits for ever, others go on.
 */
#include "bench/lib/swap_hook.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
    FRAMES_PER_S = 60,
    BEGIN_S = 1700000000, /* any time will do */
};

static atomic_uint frames;

void swap_hook_shown(EGLDisplay display)
{
    static const char done[] = "still: the picture stays\n";

    (void)display;
    if (atomic_fetch_add(&frames, 1) + 1 < FRAMES) {
        return;
    }
    if (write(STDERR_FILENO, done, sizeof(done) - 1) < 0) {
        abort();
    }
    for (;;) {
        pause();
    }
}

static struct timespec frame_time(void)
{
    unsigned frame = atomic_load(&frames);

    return (struct timespec){
        .tv_sec = BEGIN_S + frame / FRAMES_PER_S,
        .tv_nsec = frame % FRAMES_PER_S * (1000000000L / FRAMES_PER_S),
    };
}

SWAP_HOOK_EXPORT int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*next)(clockid_t, struct timespec *);

    if (swap_hook_is_program(__builtin_return_address(0))) {
        *now = frame_time();
        return 0;
    }
    if (!next) {
        next = (int (*)(clockid_t, struct timespec *))swap_hook_find(RTLD_NEXT, "clock_gettime");
    }
    return next(clock, now);
}

SWAP_HOOK_EXPORT int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    static int (*next)(struct timeval *, void *);

    if (swap_hook_is_program(__builtin_return_address(0))) {
        struct timespec time = frame_time();

        *now = (struct timeval){.tv_sec = time.tv_sec, .tv_usec = time.tv_nsec / 1000};
        return 0;
    }
    if (!next) {
        next = (int (*)(struct timeval *, void *))swap_hook_find(RTLD_NEXT, "gettimeofday");
    }
    return next(now, zone);
}
