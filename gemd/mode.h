/* SPDX-License-Identifier: MIT */
/*
 * Display modes: what pipe and clock are set to, for a timing of the monitor's or for any size.
 *
 * A picture that is smaller than the timing lies in its middle, between black borders: the blanking
 * begins behind the right one and ends before the left one. The PLL's values are those of gen3.md
 * B.8. Units: pixels, lines, kHz.
 */
#ifndef GEMD_MODE_H
#define GEMD_MODE_H

#include <stdbool.h>
#include <stdint.h>

#include "gemd/timing.h"

#define MODE_SIZE_MIN      16u
#define MODE_SIZE_MAX      2048u
#define MODE_CLOCK_MAX_KHZ 400000u /* of gen3's DAC */
#define MODE_REASON_MAX    160u

/*
 * Dividers: clock = 96 MHz * (5 * (m1 + 2) + (m2 + 2)) / (n + 2) / (p1 * p2), and on Pineview
 * 96 MHz * (m2 + 2) / n / (p1 * p2).
 */
enum mode_pll_kind { MODE_PLL_GEN3, MODE_PLL_PINEVIEW };

struct mode_pll {
    enum mode_pll_kind kind;
    uint32_t n, m1, m2, p1, p2;
    uint32_t clock_khz; /* what they give, rounded */
};

struct mode {
    uint32_t width, height;
    uint32_t hsync_start, hsync_end, htotal;
    uint32_t vsync_start, vsync_end, vtotal;
    uint32_t hblank_start, hblank_end, vblank_start, vblank_end;
    bool hsync_high, vsync_high; /* polarity */
    struct mode_pll pll;
    uint32_t refresh_millihertz; /* of the clock that the PLL gives */
};

/*
 * A picture of that size in the middle of the timing. -EINVAL: a size beyond the pipe or the
 * timing; -ERANGE: no clock within half a percent, or more than the DAC's. Both with the reason,
 * and numbers in it; it may be NULL.
 */
int mode_of_timing(enum mode_pll_kind pll, const struct timing *timing, uint32_t width,
                   uint32_t height, struct mode *mode, char reason[MODE_REASON_MAX]);

/*
 * Some timing for that size, near 60 Hz, for monitors that nobody asked: the reduced blanking of
 * CVT 1.2, and more of it for sizes so small that the PLL has no clock as slow. -EINVAL: a size
 * beyond the pipe; -ERANGE: no clock for it.
 */
int mode_compute(enum mode_pll_kind pll, uint32_t width, uint32_t height, struct mode *mode);

/* kHz of these dividers. */
uint32_t mode_pll_clock(const struct mode_pll *pll);

/* What the monitor gets of it. */
void mode_timing(const struct mode *mode, struct timing *timing);

/* "1024x768"; false when the text is not a size that mode_compute() takes. */
bool mode_parse(const char *text, uint32_t *width, uint32_t *height);

#endif
