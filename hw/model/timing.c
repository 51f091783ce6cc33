/* SPDX-License-Identifier: MIT */
#include "hw/model/timing.h"

#include "hw/gen3/regs.h"

#define DPLL_HIGH_SPEED       (1u << 30)
#define DPLL_MODE(dpll)       ((dpll) >> 26 & 3u)
#define DPLL_MODE_DAC         1u
#define DPLL_MODE_LVDS        2u
#define DPLL_P2(dpll)         ((dpll) >> 24 & 3u)
#define DPLL_P1(dpll)         ((dpll) >> 16 & 0xffu)
#define DPLL_REFERENCE(dpll)  ((dpll) >> 13 & 3u)
#define DPLL_REFERENCE_SSC    3u
#define DPLL_MULTIPLIER(dpll) (((dpll) >> 4 & 15u) + 1)
#define SSC_CLOCK             100000000u
#define FP_N(fp)              ((fp) >> 16 & 0x3fu)
#define FP_M1(fp)             ((fp) >> 8 & 0x3fu)
#define FP_M2(fp)             ((fp)&0x3fu)
#define PNV_DPLL_P1(dpll)     ((dpll) >> 15 & 0x1ffu)
#define PNV_FP_N(fp)          ((fp) >> 16 & 0xffu)
#define PNV_FP_M2(fp)         ((fp)&0xffu)
#define NS_PER_S              1000000000u

typedef unsigned __int128 u128;

/* P2 by mode and selection. */
static uint32_t p2_divider(uint32_t dpll)
{
    static const uint8_t dividers[2][2] = {{10, 5}, {14, 7}};

    if (DPLL_P2(dpll) > 1) {
        return 0;
    }
    switch (DPLL_MODE(dpll)) {
    case DPLL_MODE_DAC:
        return dividers[0][DPLL_P2(dpll)];
    case DPLL_MODE_LVDS:
        return dividers[1][DPLL_P2(dpll)];
    default:
        return 0;
    }
}

/* 5 * (m1 + 2) + m2 + 2 over n + 2; false when a divider is none. */
static bool feedback(uint32_t fp, uint32_t dpll, uint32_t *m, uint32_t *n, uint32_t *p1_bits)
{
    *m = 5 * (FP_M1(fp) + 2) + FP_M2(fp) + 2;
    *n = FP_N(fp) + 2;
    *p1_bits = DPLL_P1(dpll);
    return true;
}

/* m2 + 2 over n, with n one-hot; p1 has a bit more, below. */
static bool feedback_pineview(uint32_t fp, uint32_t dpll, uint32_t *m, uint32_t *n,
                              uint32_t *p1_bits)
{
    uint32_t n_bits = PNV_FP_N(fp);

    *m = PNV_FP_M2(fp) + 2;
    *n = n_bits != 0 ? (uint32_t)__builtin_ctz(n_bits) : 0;
    *p1_bits = PNV_DPLL_P1(dpll);
    return *n != 0 && (n_bits & (n_bits - 1)) == 0;
}

bool model_timing_dot_clock(const struct model_class *class, uint32_t dpll, uint32_t fp,
                            uint64_t *numerator, uint64_t *denominator)
{
    uint32_t reference = MODEL_REFERENCE_CLOCK;
    uint32_t p2 = p2_divider(dpll);
    uint32_t m, n, p1_bits;

    if (!(class->has_pineview_pll ? feedback_pineview : feedback)(fp, dpll, &m, &n, &p1_bits) ||
        !(dpll & DPLL_VCO_ENABLE) || p1_bits == 0 || (p1_bits & (p1_bits - 1)) != 0 || p2 == 0) {
        return false;
    }
    if (DPLL_REFERENCE(dpll) == DPLL_REFERENCE_SSC) {
        reference = SSC_CLOCK;
    } else if (DPLL_REFERENCE(dpll) != 0) {
        return false;
    }
    uint32_t p1 = (uint32_t)__builtin_ctz(p1_bits) + 1;
    uint32_t multiplier = dpll & DPLL_HIGH_SPEED ? DPLL_MULTIPLIER(dpll) : 1;
    *numerator = (uint64_t)reference * m;
    *denominator = (uint64_t)n * p1 * p2 * multiplier;
    return true;
}

uint64_t model_timing_pixels(const struct display_pipe *pipe, uint64_t now)
{
    uint64_t elapsed = now > pipe->begin ? now - pipe->begin : 0;

    return (uint64_t)((u128)elapsed * pipe->rate_num / ((u128)pipe->rate_den * NS_PER_S));
}

uint64_t model_timing_when(const struct display_pipe *pipe, uint64_t pixels)
{
    u128 scaled = (u128)pixels * pipe->rate_den * NS_PER_S;

    return pipe->begin + (uint64_t)((scaled + pipe->rate_num - 1) / pipe->rate_num);
}

uint64_t model_timing_passes(const struct display_pipe *pipe, uint64_t pixels, uint32_t line)
{
    uint64_t first = (uint64_t)line * pipe->line_pixels;

    return pixels < first ? 0 : (pixels - first) / model_timing_frame_pixels(pipe) + 1;
}

uint64_t model_timing_pass_at(const struct display_pipe *pipe, uint64_t pass, uint32_t line)
{
    return pass * model_timing_frame_pixels(pipe) + (uint64_t)line * pipe->line_pixels;
}

uint32_t model_timing_line(const struct display_pipe *pipe, uint64_t pixels)
{
    return (uint32_t)(pixels % model_timing_frame_pixels(pipe) / pipe->line_pixels);
}
