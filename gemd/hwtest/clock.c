/* SPDX-License-Identifier: MIT */
/* The system's clock. */
#include <poll.h>
#include <time.h>

#include "gemd/hwtest/hwtest.h"

#define NS_PER_S UINT64_C(1000000000)

static uint64_t system_now(void *data)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

static void system_sleep(void *data, uint64_t ns)
{
    struct timespec time = timespec_of(ns);
    nanosleep(&time, NULL);
}

static bool system_await(void *data, int fd, uint64_t ns)
{
    struct pollfd poll = {.fd = fd, .events = POLLIN};
    struct timespec time = timespec_of(ns);
    return ppoll(&poll, 1, &time, NULL) == 1;
}

const struct hwtest_clock hwtest_clock = {system_now, system_sleep, system_await, NULL};
