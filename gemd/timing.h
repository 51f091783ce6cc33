/* SPDX-License-Identifier: MIT */
/*
 * Timings as monitors know them: VESA's table of Display Monitor Timings (DMT 1.0 rev. 13), and the
 * formula of Coordinated Video Timings (CVT 1.1) for what is not in it.
 *
 * Units: pixels, lines, kHz, millihertz.
 */
#ifndef GEMD_TIMING_H
#define GEMD_TIMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timing {
    uint32_t width, hsync_start, hsync_end, htotal;
    uint32_t height, vsync_start, vsync_end, vtotal;
    uint32_t clock_khz;
    bool hsync_high, vsync_high; /* polarity */
};

/* The table; one size's rates follow each other. */
const struct timing *timing_dmt(size_t *count);

/* That size at that rate, 1 Hz more or less, from the table; NULL: it is not there. */
const struct timing *timing_find(uint32_t width, uint32_t height, uint32_t hertz);

/*
 * By CVT with the blanking that tubes need, in 8 pixels' steps; width and height are kept as they
 * are. False: no such screen (a size of 0 or more than 4096, a rate that is not 1 to 240 Hz).
 */
bool timing_cvt(uint32_t width, uint32_t height, uint32_t hertz, struct timing *timing);

/* Every edge comes after the one before, there is a clock, totals fit the pipe's registers. */
bool timing_is_sane(const struct timing *timing);

/* 0 for one without totals. */
uint32_t timing_refresh(const struct timing *timing);
uint32_t timing_line_rate(const struct timing *timing); /* hertz */

#endif
