/* SPDX-License-Identifier: MIT */
/*
 * Random states of the colour merge against plain scalar arithmetic in double precision: blending
 * with all functions and factors, logic operations, dither and write masks, in every colour format.
 * Exact but for values within EPSILON of where rounding turns.
 */
#include "tests/render/bed.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SIZE    16
#define EPSILON 2e-3 /* of a step of the format */

struct format {
    uint32_t code, bytes;
    struct {
        int shift, bits;
    } channel[4]; /* r g b a; bits 0: not stored */
};

static const struct format formats[] = {
    {0, 1, {{0, 0}, {0, 8}, {0, 0}, {0, 0}}},        {1, 2, {{10, 5}, {5, 5}, {0, 5}, {15, 1}}},
    {2, 2, {{11, 5}, {5, 6}, {0, 5}, {0, 0}}},       {3, 4, {{16, 8}, {8, 8}, {0, 8}, {24, 8}}},
    {8, 2, {{8, 4}, {4, 4}, {0, 4}, {12, 4}}},       {9, 2, {{10, 5}, {5, 5}, {0, 5}, {15, 1}}},
    {10, 4, {{20, 10}, {10, 10}, {0, 10}, {30, 2}}},
};
#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

/* What one draw is set to do. */
struct setting {
    const struct format *format;
    bool blend, independent, logic, dither;
    uint32_t rgb[3], alpha[3]; /* function, source factor, destination factor */
    uint32_t code;             /* of the logic operation */
    uint32_t disabled;         /* bits 0..3: b g r a, as S5 has them */
    uint32_t constant, source; /* ARGB */
    uint32_t dither_x, dither_y;
};

static double of_argb(uint32_t argb, int c)
{
    static const int shifts[4] = {16, 8, 0, 24};
    return (argb >> shifts[c] & 255) / 255.0;
}

static uint32_t most(const struct format *format, int c)
{
    return (1u << format->channel[c].bits) - 1;
}

/* The stored pixel as blending sees it. */
static void decode(const struct format *format, uint32_t raw, double out[4])
{
    for (int c = 0; c < 4; c++) {
        const uint32_t max = most(format, c);
        out[c] = max != 0 ? (raw >> format->channel[c].shift & max) / (double)max : 1.0;
    }
    if (format->code == 0) {
        out[0] = out[2] = out[3] = out[1];
    } else if (format->code == 1) {
        out[3] = 1.0;
    }
}

static double factor(uint32_t code, int c, const double s[4], const double d[4], const double k[4])
{
    const double saturate = c == 3 ? 1 : fmin(s[3], 1 - d[3]);
    const double direct[16] = {[2] = 1,    [3] = s[c],      [5] = s[3],  [7] = d[3],
                               [9] = d[c], [11] = saturate, [12] = k[c], [14] = k[3]};
    const bool inverted = code == 4 || code == 6 || code == 8 || code == 10 || code > 11;
    if (code < 11) {
        return inverted ? 1 - direct[code - 1] : direct[code];
    }
    return code == 13 || code == 15 ? 1 - direct[code - 1] : direct[code];
}

static double blended(const uint32_t e[3], int c, const double s[4], const double d[4],
                      const double k[4])
{
    const double a = s[c] * factor(e[1], c, s, d, k), b = d[c] * factor(e[2], c, s, d, k);
    const double results[5] = {a + b, a - b, b - a, fmin(s[c], d[c]), fmax(s[c], d[c])};
    return fmin(fmax(results[e[0]], 0), 1);
}

/* The threshold of a pixel's place in the 4x4 matrix, built as Bayer's is. */
static double threshold(int x, int y)
{
    int value = 0;
    for (int bit = 0; bit < 2; bit++) {
        const int bx = x >> bit & 1, by = y >> bit & 1;
        value |= ((bx ^ by) << 1 | by) << 2 * (1 - bit);
    }
    return (value + 0.5) / 16;
}

static uint32_t logic(uint32_t code, uint32_t s, uint32_t d)
{
    const uint32_t results[16] = {0,     ~(s | d), ~s & d, ~s,     s & ~d, ~d,     s ^ d, ~(s & d),
                                  s & d, ~(s ^ d), d,      ~s | d, s,      s | ~d, s | d, ~0u};
    return results[code];
}

/* True when 'after' is what 'before' may become at (x, y). */
static bool allowed(const struct setting *set, int x, int y, uint32_t before, uint32_t after)
{
    const struct format *format = set->format;
    double s[4], d[4], k[4];
    decode(format, before, d);
    for (int c = 0; c < 4; c++) {
        s[c] = of_argb(set->source, c);
        k[c] = of_argb(set->constant, c);
    }
    for (int c = 0; c < 4; c++) {
        const uint32_t max = most(format, c);
        const uint32_t was = before >> format->channel[c].shift & max;
        const uint32_t is = after >> format->channel[c].shift & max;
        static const uint32_t disable[4] = {2, 1, 0, 3};
        if (set->disabled >> disable[c] & 1) {
            if (is != was) {
                return false;
            }
            continue;
        }
        const uint32_t *e = c == 3 && set->independent ? set->alpha : set->rgb;
        const double value = set->blend && !set->logic ? blended(e, c, s, d, k) : s[c];
        const bool coarse = max < 255 && set->dither;
        const double t =
            coarse ? threshold((x + (int)set->dither_x) & 3, (y + (int)set->dither_y) & 3) : 0.5;
        uint32_t low = (uint32_t)fmax(floor(value * max + t - EPSILON), 0);
        uint32_t high = (uint32_t)floor(value * max + t + EPSILON);
        bool found = false;
        for (; low <= high; low++) {
            found |= is == (set->logic ? logic(set->code, low, was) & max : low);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static uint32_t seed;

static uint32_t pick(uint32_t count)
{
    return bed_random(&seed) % count;
}

static uint32_t pick_color(void)
{
    uint32_t color = 0;
    for (int i = 0; i < 4; i++) {
        static const uint32_t ends[4] = {0, 255, 128, 127};
        color = color << 8 | (pick(3) == 0 ? ends[pick(4)] : pick(256));
    }
    return color;
}

static struct setting pick_setting(void)
{
    struct setting set = {.format = &formats[pick(FORMAT_COUNT)],
                          .blend = pick(8) != 0,
                          .independent = pick(2) != 0,
                          .logic = pick(6) == 0,
                          .dither = pick(2) != 0,
                          .code = pick(16),
                          .disabled = pick(2) != 0 ? 0 : pick(15),
                          .constant = pick_color(),
                          .source = pick_color(),
                          .dither_x = pick(4),
                          .dither_y = pick(4)};
    for (int i = 0; i < 3; i++) {
        set.rgb[i] = i == 0 ? pick(5) : 1 + pick(15);
        set.alpha[i] = i == 0 ? pick(5) : 1 + pick(15);
    }
    return set;
}

static void apply(struct bed *bed, const struct setting *set)
{
    const uint32_t corner = (SIZE - 1) << 16 | (SIZE - 1);
    SEND(bed, 0x7d850000, 0x10880008 | set->format->code << 8);
    SEND(bed, 0x7d8e0001, 0x03000000 | SIZE * set->format->bytes, COLOR_AT);
    SEND(bed, 0x7d800003, 0x40000000 | set->dither_x << 26 | set->dither_y << 24, 0, corner, 0);
    SEND(bed, 0x7d880000, set->constant);
    SEND(bed, 0x6b000000 | 1u << 23 | (uint32_t)set->independent << 22 | 1u << 21 |
                  set->alpha[0] << 16 | 1u << 11 | set->alpha[1] << 6 | 1u << 5 | set->alpha[2]);
    SEND(bed, 0x6d000000 | 1u << 23 | set->code << 18);
    bed_state(bed, 0xffffffff, S4_PLAIN,
              set->disabled << 28 | (uint32_t)set->dither << 1 | (uint32_t)set->logic,
              S6_COLOR | (uint32_t)set->blend << 15 | set->rgb[0] << 12 | set->rgb[1] << 8 |
                  set->rgb[2] << 4);
}

static void explain(const struct setting *set, int x, int y, uint32_t before, uint32_t after)
{
    fail_msg("format %u blend %d (%u %u %u) alpha %d (%u %u %u) logic %d %u dither %d off %x: "
             "source %08x constant %08x at %d,%d: %x became %x",
             set->format->code, set->blend, set->rgb[0], set->rgb[1], set->rgb[2], set->independent,
             set->alpha[0], set->alpha[1], set->alpha[2], set->logic, set->code, set->dither,
             set->disabled, set->source, set->constant, x, y, before, after);
}

static uint32_t stored(const uint8_t *bytes, const struct format *format, int x, int y)
{
    uint32_t raw = 0;
    memcpy(&raw, bytes + ((uint32_t)y * SIZE + (uint32_t)x) * format->bytes, format->bytes);
    return raw;
}

static void test_random_merges(void **state)
{
    struct bed *bed = *state;
    uint8_t before[SIZE * SIZE * 4];
    seed = 11;
    bed_target(bed, SIZE, SIZE);
    bed_diffuse_program(bed);
    for (int round = 0; round < 4000; round++) {
        const struct setting set = pick_setting();
        for (size_t i = 0; i < sizeof(before); i++) {
            before[i] = (uint8_t)(pick(4) == 0 ? (pick(2) != 0 ? 255 : 0) : pick(256));
        }
        memcpy(bed_bytes(bed, COLOR_AT), before, sizeof(before));
        apply(bed, &set);
        const int x0 = (int)pick(8), y0 = (int)pick(8);
        const int x1 = x0 + 1 + (int)pick(8), y1 = y0 + 1 + (int)pick(8);
        bed_fill(bed, (float)x0, (float)y0, (float)x1, (float)y1, 0, set.source);
        for (int i = 0; i < SIZE * SIZE; i++) {
            const int x = i % SIZE, y = i / SIZE;
            const uint32_t was = stored(before, set.format, x, y);
            const uint32_t is = stored(bed_bytes(bed, COLOR_AT), set.format, x, y);
            const bool drawn = x >= x0 && x < x1 && y >= y0 && y < y1;
            if (drawn ? !allowed(&set, x, y, was, is) : was != is) {
                explain(&set, x, y, was, is);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {EVERY_KERNEL(test_random_merges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
