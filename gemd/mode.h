/* SPDX-License-Identifier: MIT */
/*
 * Display modes: timings and dot clock for a size, near 60 Hz.
 *
 * Blanking follows the reduced form of VESA's Coordinated Video Timings 1.2: fixed horizontal
 * blanking and at least 460 us of vertical blanking. The PLL's values are those of gen3.md B.8.
 * Units: pixels, lines, kHz.
 */
#ifndef GEMD_MODE_H
#define GEMD_MODE_H

#include <stdbool.h>
#include <stdint.h>

#define MODE_SIZE_MIN 16u
#define MODE_SIZE_MAX 2048u

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
    struct mode_pll pll;
    uint32_t refresh_millihertz; /* of the clock that the PLL gives */
};

/* -EINVAL: a size beyond the pipe; -ERANGE: no clock for it. */
int mode_compute(enum mode_pll_kind pll, uint32_t width, uint32_t height, struct mode *mode);

/* "1024x768"; false when the text is not a size that mode_compute() takes. */
bool mode_parse(const char *text, uint32_t *width, uint32_t *height);

#endif
