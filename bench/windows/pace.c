/* SPDX-License-Identifier: MIT */
/*
 * Preloaded, it measures a program's frames. They do not wait for the display (swap interval 0).
 * After the first ones it says "pace: begin" on standard error, and when three seconds have passed
 *
 *   pace: end frames=N ns=TIME cpu_ns=TIME copied=BYTES sent=BYTES
 *
 * and waits for ever, so that others can be looked at. cpu_ns is of the whole process. With
 * COUNT_COPIES: bytes that memcpy() and its like moved in pieces of at least a line of 64 pixels,
 * whoever called them, and bytes that were written to sockets and files.
 */
#include "bench/lib/swap_hook.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
    FIRST = 60, /* shaders are compiled, buffers are there */
    LINE = 256, /* bytes */
};

static const uint64_t DURATION_NS = 3000000000;

struct figures {
    uint64_t ns, cpu_ns, copied, sent;
};

static _Atomic uint64_t copied, sent;

static uint64_t time_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static struct figures look(void)
{
    return (struct figures){
        .ns = time_ns(CLOCK_MONOTONIC),
        .cpu_ns = time_ns(CLOCK_PROCESS_CPUTIME_ID),
        .copied = copied,
        .sent = sent,
    };
}

static void never_wait(EGLDisplay display)
{
    PFNEGLSWAPINTERVALPROC set = (PFNEGLSWAPINTERVALPROC)swap_hook_find_in_egl("eglSwapInterval");

    if (!set || !set(display, 0)) {
        fprintf(stderr, "pace: no swap interval\n");
    }
}

static void end(const struct figures *begin, const struct figures *now, unsigned frames)
{
    fprintf(stderr, "pace: end frames=%u ns=%llu cpu_ns=%llu copied=%llu sent=%llu\n", frames,
            (unsigned long long)(now->ns - begin->ns),
            (unsigned long long)(now->cpu_ns - begin->cpu_ns),
            (unsigned long long)(now->copied - begin->copied),
            (unsigned long long)(now->sent - begin->sent));
    for (;;) {
        pause();
    }
}

void swap_hook_shown(EGLDisplay display)
{
    static struct figures begin;
    static unsigned frames;

    frames++;
    if (frames == 1) {
        never_wait(display);
    } else if (frames == FIRST) {
        begin = look();
        fprintf(stderr, "pace: begin\n");
    } else if (frames > FIRST) {
        struct figures now = look();

        if (now.ns - begin.ns >= DURATION_NS) {
            end(&begin, &now, frames - FIRST);
        }
    }
}

#ifdef COUNT_COPIES
/* ---- what is moved ---- */

typedef void *(*copy_function)(void *, const void *, size_t);

static copy_function next_memcpy, next_memmove;

__attribute__((constructor)) static void find_copies(void)
{
    next_memmove = (copy_function)swap_hook_find(RTLD_NEXT, "memmove");
    next_memcpy = (copy_function)swap_hook_find(RTLD_NEXT, "memcpy");
}

/* Before we are there. */
static void *copy_early(void *to, const void *from, size_t size)
{
    void *result = to;

    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return result;
}

static void count_copy(size_t size)
{
    if (size >= LINE) {
        atomic_fetch_add_explicit(&copied, size, memory_order_relaxed);
    }
}

SWAP_HOOK_EXPORT void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    count_copy(size);
    return next_memcpy ? next_memcpy(to, from, size) : copy_early(to, from, size);
}

SWAP_HOOK_EXPORT void *memmove(void *to, const void *from, size_t size)
{
    count_copy(size);
    return next_memmove ? next_memmove(to, from, size) : copy_early(to, from, size);
}

void *__memcpy_chk(void *restrict to, const void *restrict from, size_t size, size_t room);

SWAP_HOOK_EXPORT void *__memcpy_chk(void *restrict to, const void *restrict from, size_t size,
                                    size_t room)
{
    return size <= room ? memcpy(to, from, size) : NULL;
}

static ssize_t count_sent(ssize_t size)
{
    if (size > 0) {
        atomic_fetch_add_explicit(&sent, (uint64_t)size, memory_order_relaxed);
    }
    return size;
}

SWAP_HOOK_EXPORT ssize_t write(int fd, const void *bytes, size_t size)
{
    static ssize_t (*next)(int, const void *, size_t);

    if (!next) {
        next = (ssize_t(*)(int, const void *, size_t))swap_hook_find(RTLD_NEXT, "write");
    }
    return count_sent(next(fd, bytes, size));
}

SWAP_HOOK_EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    static ssize_t (*next)(int, const struct iovec *, int);

    if (!next) {
        next = (ssize_t(*)(int, const struct iovec *, int))swap_hook_find(RTLD_NEXT, "writev");
    }
    return count_sent(next(fd, parts, count));
}

SWAP_HOOK_EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    static ssize_t (*next)(int, const struct msghdr *, int);

    if (!next) {
        next = (ssize_t(*)(int, const struct msghdr *, int))swap_hook_find(RTLD_NEXT, "sendmsg");
    }
    return count_sent(next(fd, message, flags));
}

SWAP_HOOK_EXPORT ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    static ssize_t (*next)(int, const void *, size_t, int);

    if (!next) {
        next = (ssize_t(*)(int, const void *, size_t, int))swap_hook_find(RTLD_NEXT, "send");
    }
    return count_sent(next(fd, bytes, size, flags));
}
#endif
