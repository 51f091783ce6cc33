/* SPDX-License-Identifier: MIT */
/*
 * What ioctls of a DRM file cost a program, beside a system call that does nothing: all in
 * interleaved rounds of one run, the median of the rounds. Runs under gemd-run --drm.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <drm.h>
#include <i915_drm.h>

#include "bench/lib/clock.h"

#define ROUNDS   21
#define WRITTEN  4096u
#define PAUSE_NS 1000000 /* so long that everybody sleeps */
#define PAUSES   10u

static int device;
static uint32_t buffer;
static uint8_t written[WRITTEN];

static void call(unsigned long request, void *argument, const char *name)
{
    if (ioctl(device, request, argument) != 0) {
        fprintf(stderr, "drm-speed: %s: %s\n", name, strerror(errno));
        exit(1);
    }
}

static void bare(void)
{
    syscall(SYS_getppid);
}

static void get_param(void)
{
    int value;
    drm_i915_getparam_t param = {.param = I915_PARAM_CHIPSET_ID, .value = &value};

    call(DRM_IOCTL_I915_GETPARAM, &param, "GETPARAM");
}

static void ask_busy(void)
{
    struct drm_i915_gem_busy busy = {.handle = buffer};

    call(DRM_IOCTL_I915_GEM_BUSY, &busy, "GEM_BUSY");
}

static void write_page(void)
{
    struct drm_i915_gem_pwrite write = {
        .handle = buffer, .size = WRITTEN, .data_ptr = (uintptr_t)written};

    call(DRM_IOCTL_I915_GEM_PWRITE, &write, "GEM_PWRITE");
}

/* Nanoseconds of one call. */
static double in_a_row(void (*one)(void), unsigned count)
{
    const double begin = clock_now();

    for (unsigned i = 0; i < count; i++) {
        one();
    }
    return (clock_now() - begin) / count;
}

/* As of a program that calls once in a while: both ends have to be woken. */
static double now_and_then(void (*one)(void))
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    double sum = 0;

    for (unsigned i = 0; i < PAUSES; i++) {
        nanosleep(&pause, NULL);
        sum += in_a_row(one, 1);
    }
    return sum / PAUSES;
}

static int compare(const void *one, const void *two)
{
    const double a = *(const double *)one, b = *(const double *)two;

    return (a > b) - (a < b);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof(values[0]), compare);
    return values[ROUNDS / 2];
}

int main(int argc, char **argv)
{
    const unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 2000;
    struct drm_i915_gem_create create = {.size = WRITTEN};
    double params[ROUNDS], bares[ROUNDS], busies[ROUNDS], writes[ROUNDS], rares[ROUNDS];

    device = open("/dev/dri/renderD128", O_RDWR | O_CLOEXEC);
    if (device < 0 || count == 0) {
        fprintf(stderr, "drm-speed: /dev/dri/renderD128: %s\n", strerror(errno));
        return 1;
    }
    call(DRM_IOCTL_I915_GEM_CREATE, &create, "GEM_CREATE");
    buffer = create.handle;
    for (unsigned i = 0; i < ROUNDS; i++) {
        params[i] = in_a_row(get_param, count);
        bares[i] = in_a_row(bare, count);
        busies[i] = in_a_row(ask_busy, count);
        writes[i] = in_a_row(write_page, count);
        rares[i] = now_and_then(get_param);
    }
    const double one = median(params), other = median(bares);
    printf("ioctl_ns=%.0f ioctl_min_ns=%.0f syscall_ns=%.0f ioctl_vs_syscall=%.1f busy_ns=%.0f"
           " pwrite_4k_ns=%.0f rare_ioctl_ns=%.0f\n",
           one, params[0], other, one / other, median(busies), median(writes), median(rares));
    return 0;
}
