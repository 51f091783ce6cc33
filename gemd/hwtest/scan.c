/* SPDX-License-Identifier: MIT */
#include "gemd/hwtest/scan.h"

#include "hw/gen3/regs.h"

#define TRIES           64u
#define GOOD_SLACK_NS   20000u
#define MEASURE_NS      500000000u
#define COUNT_MASK      0xffffffu
#define LOOKS           400u
#define LOOK_STEP_NS    370000u
#define TOLERANCE       100u /* one part of */
#define DPLL_MODE_LVDS  2u
#define DPLL_SSC        3u
#define DPLL_HIGH_SPEED (1u << 30) /* of SDVO: 7:4 say how much faster the PLL runs, less one */

/* doc/gen3.md B.8 */
static uint32_t clock_of(const struct hw_device *dev, uint32_t dpll, uint32_t fp)
{
    bool is_pineview = dev->identity.has_pineview_pll;
    bool is_lvds = (dpll >> 26 & 3u) == DPLL_MODE_LVDS;
    uint32_t p1_bits = is_pineview ? dpll >> 15 & 0x1ffu : dpll >> 16 & 0xffu;
    if (p1_bits == 0 || (dpll & DPLL_VGA_DISABLE) == 0 || (dpll & DPLL_VCO_ENABLE) == 0) {
        return 0;
    }
    uint32_t p1 = (uint32_t)__builtin_ctz(p1_bits) + 1;
    bool is_fast = (dpll >> 24 & 3u) == 1;
    uint32_t p2 = is_lvds ? (is_fast ? 7 : 14) : is_fast ? 5 : 10;
    uint64_t reference = (dpll >> 13 & 3u) == DPLL_SSC ? 100000 : 96000;
    uint32_t multiplier = (dpll & DPLL_HIGH_SPEED) != 0 ? (dpll >> 4 & 15u) + 1 : 1;
    uint32_t m2 = is_pineview ? fp & 0xffu : fp & 0x3fu;
    uint32_t m = is_pineview ? m2 + 2 : 5 * ((fp >> 8 & 0x3fu) + 2) + m2 + 2;
    uint32_t n_bits = fp >> 16 & 0xffu;
    uint32_t n =
        is_pineview ? (n_bits != 0 ? (uint32_t)__builtin_ctz(n_bits) : 0) : (n_bits & 0x3fu) + 2;
    return n != 0 ? (uint32_t)(reference * m / n / (p1 * p2 * multiplier)) : 0;
}

void scan_read_timing(struct hw_device *dev, unsigned pipe, struct scan_timing *timing)
{
    uint32_t base = pipe * PIPE_STRIDE;
    uint32_t htotal = hw_read(dev, HTOTAL_A + base), vtotal = hw_read(dev, VTOTAL_A + base);
    uint32_t dpll = hw_read(dev, pipe == 0 ? DPLL_A : DPLL_B);
    bool is_second = (dpll & DPLL_FP1_SELECT) != 0;
    uint32_t fp = hw_read(dev, pipe == 0 ? (is_second ? FPA1 : FPA0) : is_second ? FPB1 : FPB0);
    *timing = (struct scan_timing){
        .htotal = (htotal >> 16) + 1,
        .vtotal = (vtotal >> 16) + 1,
        .width = (htotal & 0xffffu) + 1,
        .height = (vtotal & 0xffffu) + 1,
        .clock_khz = clock_of(dev, dpll, fp),
    };
}

/* Both halves of the counter as of one moment. */
static void read_counter(struct hw_device *dev, uint32_t base, struct scan_sample *sample)
{
    uint32_t high = hw_read(dev, FRAMEHIGH_A + base) & 0xffffu, again = ~0u, low = 0;
    for (unsigned i = 0; i < TRIES && again != high; i++) {
        high = again != ~0u ? again : high;
        low = hw_read(dev, FRAMEPIXEL_A + base);
        again = hw_read(dev, FRAMEHIGH_A + base) & 0xffffu;
    }
    sample->frames = high << 8 | low >> 24;
    sample->pixel = low & COUNT_MASK;
}

/* The look during which least happened beside it. */
void scan_take(struct hwtest *test, unsigned pipe, struct scan_sample *sample)
{
    sample->slack_ns = UINT64_MAX;
    for (unsigned i = 0; i < TRIES && sample->slack_ns > GOOD_SLACK_NS; i++) {
        struct scan_sample look;
        uint64_t began = hwtest_now(test);
        read_counter(test->dev, pipe * PIPE_STRIDE, &look);
        uint64_t slack = hwtest_now(test) - began;
        if (slack < sample->slack_ns) {
            *sample = look;
            sample->slack_ns = slack;
            sample->ns = began + slack / 2;
        }
    }
}

uint64_t scan_measure(struct hwtest *test, unsigned pipe, const struct scan_timing *timing,
                      uint64_t ns, uint64_t *slack_ns)
{
    struct scan_sample first, last;
    const int64_t total = (int64_t)timing->htotal * timing->vtotal;
    scan_take(test, pipe, &first);
    hwtest_sleep(test, ns);
    scan_take(test, pipe, &last);
    int64_t pixels = (int64_t)((last.frames - first.frames) & COUNT_MASK) * total +
                     (int64_t)last.pixel - (int64_t)first.pixel;
    if (pixels <= 0) {
        return 0;
    }
    *slack_ns = (first.slack_ns + last.slack_ns) * (uint64_t)total / (uint64_t)pixels;
    return (uint64_t)((double)(last.ns - first.ns) * (double)total / (double)pixels + 0.5);
}

uint64_t scan_expected_ns(const struct scan_timing *timing)
{
    return timing->clock_khz == 0
               ? 0
               : (uint64_t)timing->htotal * timing->vtotal * 1000000u / timing->clock_khz;
}

enum hwtest_result scan_judge(struct hwtest *test, unsigned pipe, const struct scan_timing *timing)
{
    uint64_t slack = 0, expected = scan_expected_ns(timing);
    uint64_t period = scan_measure(test, pipe, timing, MEASURE_NS, &slack);
    hwtest_note(test, "timing", "pipe %c %ux%u of %ux%u", 'A' + (int)pipe, timing->width,
                timing->height, timing->htotal, timing->vtotal);
    hwtest_note(test, "clock_khz", "%u", timing->clock_khz);
    hwtest_note(test, "frame_ns_computed", "%llu", (unsigned long long)expected);
    hwtest_note(test, "frame_ns_measured", "%llu give or take %llu", (unsigned long long)period,
                (unsigned long long)slack);
    if (period == 0) {
        return hwtest_conclude(test, HWTEST_FAILED, "pipe %c's frame counter stands",
                               'A' + (int)pipe);
    }
    if (expected == 0) {
        return hwtest_conclude(test, HWTEST_OK,
                               "pipe %c takes %llu us for a frame; its clock is not computed",
                               'A' + (int)pipe, (unsigned long long)period / 1000);
    }
    uint64_t off = period > expected ? period - expected : expected - period;
    return hwtest_conclude(test, off <= expected / TOLERANCE + slack ? HWTEST_OK : HWTEST_DIFFERS,
                           "pipe %c: a frame takes %llu us, computed %llu us", 'A' + (int)pipe,
                           (unsigned long long)period / 1000, (unsigned long long)expected / 1000);
}

/* False: the pixel counter has gone to another line meanwhile. */
static bool compare_line(struct hw_device *dev, uint32_t base, const struct scan_timing *timing,
                         int32_t *off)
{
    uint32_t before = (hw_read(dev, FRAMEPIXEL_A + base) & COUNT_MASK) / timing->htotal;
    uint32_t line = (hw_read(dev, PIPEDSL_A + base) + 1) % timing->vtotal;
    uint32_t after = (hw_read(dev, FRAMEPIXEL_A + base) & COUNT_MASK) / timing->htotal;
    int32_t total = (int32_t)timing->vtotal;
    *off = ((int32_t)before - (int32_t)line + total) % total;
    *off = *off > total / 2 ? *off - total : *off;
    return before == after;
}

void scan_compare_lines(struct hwtest *test, unsigned pipe, const struct scan_timing *timing,
                        int32_t *least, int32_t *most)
{
    uint32_t counted = 0;
    *least = INT32_MAX;
    *most = INT32_MIN;
    for (uint32_t i = 0; i < LOOKS; i++) {
        int32_t off;
        hwtest_sleep(test, LOOK_STEP_NS);
        if (compare_line(test->dev, pipe * PIPE_STRIDE, timing, &off)) {
            counted++;
            *least = off < *least ? off : *least;
            *most = off > *most ? off : *most;
        }
    }
    hwtest_note(test, "looks", "%u of %u within one line", counted, LOOKS);
    if (counted > 0) {
        hwtest_note(test, "pixel_line_less_dsl_plus_1", "least %d most %d", *least, *most);
    }
}
