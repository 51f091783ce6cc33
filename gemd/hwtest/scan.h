/* SPDX-License-Identifier: MIT */
/* Where a pipe is in its frame, and how long a frame takes, by its own counters (gen3.md B.5). */
#ifndef GEMD_HWTEST_SCAN_H
#define GEMD_HWTEST_SCAN_H

#include "gemd/hwtest/item.h"

/* A pipe's timing, and the clock that its PLL is set to. */
struct scan_timing {
    uint32_t htotal, vtotal, width, height;
    uint32_t clock_khz; /* 0: the registers do not say */
};

/* pipe: 0 (A) or 1 (B). */
void scan_read_timing(struct hw_device *dev, unsigned pipe, struct scan_timing *timing);

struct scan_sample {
    uint64_t ns, slack_ns; /* the middle of the look, and how long it took */
    uint32_t frames, pixel;
};

void scan_take(struct hwtest *test, unsigned pipe, struct scan_sample *sample);

/* Nanoseconds of a frame by looks 'ns' apart, and how far that may be off; 0: the counters stand.
 */
uint64_t scan_measure(struct hwtest *test, unsigned pipe, const struct scan_timing *timing,
                      uint64_t ns, uint64_t *slack_ns);

/* What the timing says of it; 0: nothing. */
uint64_t scan_expected_ns(const struct scan_timing *timing);

/* Measures, notes, and judges within a hundredth. */
enum hwtest_result scan_judge(struct hwtest *test, unsigned pipe, const struct scan_timing *timing);

/* The line of the pixel counter less (PIPEDSL + 1): notes the least and the most of many looks. */
void scan_compare_lines(struct hwtest *test, unsigned pipe, const struct scan_timing *timing,
                        int32_t *least, int32_t *most);

#endif
