/* SPDX-License-Identifier: MIT */
/*
 * What an ioctl of a DRM file costs a program, beside a system call that does nothing: both in
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
#include <unistd.h>

#include <drm.h>
#include <i915_drm.h>

#include "bench/lib/clock.h"

#define ROUNDS 21

static double ioctl_ns(int fd, unsigned count)
{
    const double begin = clock_now();

    for (unsigned i = 0; i < count; i++) {
        int value;
        drm_i915_getparam_t param = {.param = I915_PARAM_CHIPSET_ID, .value = &value};
        if (ioctl(fd, DRM_IOCTL_I915_GETPARAM, &param) != 0) {
            fprintf(stderr, "drm-speed: GETPARAM: %s\n", strerror(errno));
            exit(1);
        }
    }
    return (clock_now() - begin) / count;
}

static double syscall_ns(unsigned count)
{
    const double begin = clock_now();

    for (unsigned i = 0; i < count; i++) {
        syscall(SYS_getppid);
    }
    return (clock_now() - begin) / count;
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
    const int fd = open("/dev/dri/renderD128", O_RDWR | O_CLOEXEC);
    double ioctls[ROUNDS], bare[ROUNDS];

    if (fd < 0 || count == 0) {
        fprintf(stderr, "drm-speed: /dev/dri/renderD128: %s\n", strerror(errno));
        return 1;
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        ioctls[i] = ioctl_ns(fd, count);
        bare[i] = syscall_ns(count);
    }
    const double one = median(ioctls), other = median(bare);
    printf("ioctl_ns=%.0f syscall_ns=%.0f ioctl_vs_syscall=%.1f\n", one, other, one / other);
    return 0;
}
