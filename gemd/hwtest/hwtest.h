/* SPDX-License-Identifier: MIT */
/*
 * What only silicon can tell of a gen3 GPU: a list of measurements, each with what is assumed and a
 * verdict, written to one report (doc/hardware.md, "What only silicon can tell").
 *
 * It needs the device for itself: entries, ring, interrupts and pipe A are used and put back. Runs
 * on any device; what cannot be judged there is skipped, with the reason.
 */
#ifndef GEMD_HWTEST_HWTEST_H
#define GEMD_HWTEST_HWTEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "hw/device.h"

enum hwtest_result {
    HWTEST_OK,
    HWTEST_DIFFERS, /* it works, and otherwise than was assumed */
    HWTEST_FAILED,  /* it does not work */
    HWTEST_SKIPPED,
    HWTEST_RESULTS
};

/* Time, in nanoseconds; tests move their own. */
struct hwtest_clock {
    uint64_t (*now)(void *data);
    void (*sleep)(void *data, uint64_t ns);
    /* Whether the descriptor is readable within that time. */
    bool (*await)(void *data, int fd, uint64_t ns);
    void *data;
};

extern const struct hwtest_clock hwtest_clock; /* CLOCK_MONOTONIC */

struct hwtest_options {
    const char *device; /* as --device names it */
    bool has_files;     /* the kernel's files tell of it: it is on this machine's bus */
    const char *root;   /* before /proc and /sys; "" but in tests */
    const char *only;   /* names with commas between; NULL: all */
    const char *skip;   /* the same; NULL: none */
    bool dangerous;     /* also what may hang the machine */
    bool judges_time;   /* the clock is the device's; else only where it is silicon */
    FILE *report;
    FILE *progress; /* NULL: none */
    const struct hwtest_clock *clock;
};

struct hwtest_summary {
    unsigned items, counts[HWTEST_RESULTS];
};

/* 0, whatever the results are; -ENOMEM or -EIO (the report could not be written). */
__attribute__((warn_unused_result)) int hwtest_run(struct hw_device *dev,
                                                   const struct hwtest_options *options,
                                                   struct hwtest_summary *summary);

/* A line for each item: number, name, what it is. */
void hwtest_list(FILE *to);

/* Whether all names, with commas between, are those or numbers of items; else the first that is
 * not, cut to 'size'. */
bool hwtest_names_are_known(const char *names, char *unknown, size_t size);

#endif
