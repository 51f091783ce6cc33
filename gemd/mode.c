/* SPDX-License-Identifier: MIT */
#include "gemd/mode.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define REFERENCE_KHZ 96000u
#define REFRESH_HZ    60u
#define HBLANK        160u
#define HSYNC_BACK    80u
#define HSYNC_WIDTH   32u
#define VFRONT        3u
#define VSYNC_WIDTH   5u
#define VBACK_MIN     6u
#define VBLANK_MIN_US 460u
#define LINES_TRIED   24u
#define STRETCHED     512u /* lines, at least, of a size that is made slower */
#define ERROR_PARTS   200u /* a clock may be wrong by one of so many */

#define P1_MAX           8u
#define P2_SLOW          10u
#define P2_FAST          5u
#define P2_FAST_FROM_KHZ 200000u

/* What the DAC's PLL can do [kernel: i9xx and Pineview limits]. */
struct pll_limits {
    uint32_t vco_min_khz, vco_max_khz;
    uint32_t n_min, n_max;
    uint32_t m1_min, m1_max;
    uint32_t m2_min, m2_max;
    uint32_t m_min, m_max;
};

static const struct pll_limits limits_of[] = {
    [MODE_PLL_GEN3] = {1400000, 2800000, 1, 6, 8, 18, 3, 7, 70, 120},
    [MODE_PLL_PINEVIEW] = {1700000, 3500000, 3, 6, 0, 0, 0, 254, 2, 256},
};

/* What the reference is multiplied with and divided by, before p1 and p2. */
static uint32_t multiplier(const struct mode_pll *pll)
{
    return pll->kind == MODE_PLL_PINEVIEW ? pll->m2 + 2 : 5 * (pll->m1 + 2) + pll->m2 + 2;
}

static uint32_t divider(const struct mode_pll *pll)
{
    return pll->kind == MODE_PLL_PINEVIEW ? pll->n : pll->n + 2;
}

uint32_t mode_pll_clock(const struct mode_pll *pll)
{
    const uint32_t p = divider(pll) * pll->p1 * pll->p2;
    return p != 0 ? (uint32_t)(((uint64_t)REFERENCE_KHZ * multiplier(pll) + p / 2) / p) : 0;
}

static uint32_t distance(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

/* Tries every feedback divider for one n and p1. */
static void try_feedback(struct mode_pll *best, struct mode_pll candidate, uint32_t target)
{
    const struct pll_limits *limits = &limits_of[candidate.kind];
    for (candidate.m1 = limits->m1_min; candidate.m1 <= limits->m1_max; candidate.m1++) {
        for (candidate.m2 = limits->m2_min; candidate.m2 <= limits->m2_max; candidate.m2++) {
            uint32_t m = multiplier(&candidate);
            uint32_t vco = (uint32_t)((uint64_t)REFERENCE_KHZ * m / divider(&candidate));
            if (m < limits->m_min || m > limits->m_max || vco < limits->vco_min_khz ||
                vco > limits->vco_max_khz) {
                continue;
            }
            uint32_t p = candidate.p1 * candidate.p2;
            candidate.clock_khz = (vco + p / 2) / p;
            if (best->clock_khz == 0 ||
                distance(candidate.clock_khz, target) < distance(best->clock_khz, target)) {
                *best = candidate;
            }
        }
    }
}

static struct mode_pll find_pll(enum mode_pll_kind kind, uint32_t target_khz)
{
    const struct pll_limits *limits = &limits_of[kind];
    struct mode_pll best = {0};
    struct mode_pll candidate = {.kind = kind,
                                 .p2 = target_khz < P2_FAST_FROM_KHZ ? P2_SLOW : P2_FAST};
    for (candidate.n = limits->n_min; candidate.n <= limits->n_max; candidate.n++) {
        for (candidate.p1 = 1; candidate.p1 <= P1_MAX; candidate.p1++) {
            try_feedback(&best, candidate, target_khz);
        }
    }
    return best;
}

static bool size_is_fine(uint32_t size)
{
    return size >= MODE_SIZE_MIN && size <= MODE_SIZE_MAX;
}

/* The lines that give at least VBLANK_MIN_US of blanking at REFRESH_HZ. */
static uint32_t vblank_lines(uint32_t height)
{
    /* A frame lasts 1e6 / REFRESH_HZ us, of which VBLANK_MIN_US are not for its 'height' lines. */
    uint32_t active_us = 1000000u / REFRESH_HZ - VBLANK_MIN_US;
    uint32_t lines = VBLANK_MIN_US * height / active_us + 1;
    uint32_t least = VFRONT + VSYNC_WIDTH + VBACK_MIN;
    return lines > least ? lines : least;
}

/*
 * The PLL has a lowest clock (17.5 MHz), too fast for small sizes: their blanking grows until the
 * rate is near 60 Hz again. The pipe's totals are 13 bits wide.
 */
static void stretch(struct mode *mode, uint32_t least_khz)
{
    uint64_t wanted = (uint64_t)least_khz * 1000u / REFRESH_HZ;
    if ((uint64_t)mode->htotal * mode->vtotal >= wanted) {
        return;
    }
    mode->vtotal = mode->vtotal < STRETCHED ? STRETCHED : mode->vtotal;
    if ((uint64_t)mode->htotal * mode->vtotal < wanted) {
        mode->htotal = ((uint32_t)(wanted / mode->vtotal) + 8) & ~7u;
    }
}

/* Of the clock that the PLL gives. */
static uint32_t refresh_of(const struct mode *mode)
{
    const struct mode_pll *pll = &mode->pll;
    uint64_t pixels = (uint64_t)mode->htotal * mode->vtotal;
    uint64_t p = (uint64_t)pll->p1 * pll->p2 * divider(pll);
    return (uint32_t)((REFERENCE_KHZ * 1000000ull * multiplier(pll) / p + pixels / 2) / pixels);
}

/* The PLL's steps are coarse; a few lines more of blanking may come nearer to 60 Hz. */
static void choose_clock(enum mode_pll_kind kind, struct mode *mode)
{
    struct mode best = {0};
    for (uint32_t lines = 0; lines < LINES_TRIED; lines++) {
        struct mode candidate = *mode;
        candidate.vtotal += lines;
        uint64_t pixels = (uint64_t)candidate.htotal * candidate.vtotal;
        candidate.pll = find_pll(kind, (uint32_t)(pixels * REFRESH_HZ / 1000u));
        if (candidate.pll.clock_khz == 0) {
            continue;
        }
        candidate.refresh_millihertz = refresh_of(&candidate);
        if (best.pll.clock_khz == 0 || distance(candidate.refresh_millihertz, REFRESH_HZ * 1000u) <
                                           distance(best.refresh_millihertz, REFRESH_HZ * 1000u)) {
            best = candidate;
        }
    }
    if (best.pll.clock_khz != 0) {
        *mode = best;
    }
}

static void take_timing(struct mode *mode, const struct timing *timing)
{
    mode->hsync_start = timing->hsync_start;
    mode->hsync_end = timing->hsync_end;
    mode->htotal = timing->htotal;
    mode->vsync_start = timing->vsync_start;
    mode->vsync_end = timing->vsync_end;
    mode->vtotal = timing->vtotal;
    mode->hsync_high = timing->hsync_high;
    mode->vsync_high = timing->vsync_high;
}

int mode_compute(enum mode_pll_kind pll, uint32_t width, uint32_t height, struct mode *mode)
{
    if (!size_is_fine(width) || !size_is_fine(height)) {
        return -EINVAL;
    }
    *mode = (struct mode){.width = width, .height = height, .hsync_high = true};
    mode->htotal = width + HBLANK;
    mode->hsync_end = width + HBLANK - HSYNC_BACK;
    mode->hsync_start = mode->hsync_end - HSYNC_WIDTH;
    mode->vtotal = height + vblank_lines(height);
    mode->vsync_start = height + VFRONT;
    mode->vsync_end = mode->vsync_start + VSYNC_WIDTH;
    stretch(mode, find_pll(pll, 0).clock_khz);
    choose_clock(pll, mode);
    mode->hblank_start = width;
    mode->hblank_end = mode->htotal;
    mode->vblank_start = height;
    mode->vblank_end = mode->vtotal;
    return mode->pll.clock_khz != 0 && mode->pll.clock_khz <= MODE_CLOCK_MAX_KHZ ? 0 : -ERANGE;
}

__attribute__((format(printf, 3, 4))) static int refuse(char *reason, int error, const char *format,
                                                        ...)
{
    va_list args;
    va_start(args, format);
    if (reason != NULL) {
        vsnprintf(reason, MODE_REASON_MAX, format, args);
    }
    va_end(args);
    return error;
}

/* The picture in the middle: what is before it in the timing now comes last, in the blanking. */
static void centre(struct mode *mode, const struct timing *timing)
{
    const uint32_t left = (timing->width - mode->width) / 2;
    const uint32_t top = (timing->height - mode->height) / 2;
    mode->hsync_start -= left;
    mode->hsync_end -= left;
    mode->hblank_start = timing->width - left;
    mode->hblank_end = timing->htotal - left;
    mode->vsync_start -= top;
    mode->vsync_end -= top;
    mode->vblank_start = timing->height - top;
    mode->vblank_end = timing->vtotal - top;
}

int mode_of_timing(enum mode_pll_kind pll, const struct timing *timing, uint32_t width,
                   uint32_t height, struct mode *mode, char reason[MODE_REASON_MAX])
{
    if (!timing_is_sane(timing)) {
        return refuse(reason, -EINVAL, "%ux%u: the timing contradicts itself", timing->width,
                      timing->height);
    }
    if (!size_is_fine(timing->width) || !size_is_fine(timing->height)) {
        return refuse(reason, -EINVAL, "%ux%u: the pipe shows %u to %u pixels each way",
                      timing->width, timing->height, MODE_SIZE_MIN, MODE_SIZE_MAX);
    }
    if (!size_is_fine(width) || !size_is_fine(height) || width > timing->width ||
        height > timing->height) {
        return refuse(reason, -EINVAL, "%ux%u does not fit into a screen of %ux%u", width, height,
                      timing->width, timing->height);
    }
    if (timing->clock_khz > MODE_CLOCK_MAX_KHZ) {
        return refuse(reason, -ERANGE, "%ux%u: a dot clock of %u kHz, the DAC has %u",
                      timing->width, timing->height, timing->clock_khz, MODE_CLOCK_MAX_KHZ);
    }
    *mode = (struct mode){.width = width, .height = height};
    take_timing(mode, timing);
    centre(mode, timing);
    mode->pll = find_pll(pll, timing->clock_khz);
    if (mode->pll.clock_khz == 0 ||
        distance(mode->pll.clock_khz, timing->clock_khz) > timing->clock_khz / ERROR_PARTS) {
        return refuse(reason, -ERANGE,
                      "%ux%u: a dot clock of %u kHz, the nearest that the PLL has is %u",
                      timing->width, timing->height, timing->clock_khz, mode->pll.clock_khz);
    }
    mode->refresh_millihertz = refresh_of(mode);
    return 0;
}

void mode_timing(const struct mode *mode, struct timing *timing)
{
    *timing = (struct timing){.width = mode->width,
                              .hsync_start = mode->hsync_start,
                              .hsync_end = mode->hsync_end,
                              .htotal = mode->htotal,
                              .height = mode->height,
                              .vsync_start = mode->vsync_start,
                              .vsync_end = mode->vsync_end,
                              .vtotal = mode->vtotal,
                              .clock_khz = mode->pll.clock_khz,
                              .hsync_high = mode->hsync_high,
                              .vsync_high = mode->vsync_high};
}

bool mode_parse(const char *text, uint32_t *width, uint32_t *height)
{
    unsigned w = 0;
    unsigned h = 0;
    int used = 0;
    if (sscanf(text, "%4ux%4u%n", &w, &h, &used) != 2 || text[used] != '\0' || !size_is_fine(w) ||
        !size_is_fine(h)) {
        return false;
    }
    *width = w;
    *height = h;
    return true;
}
