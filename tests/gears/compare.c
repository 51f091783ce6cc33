/* SPDX-License-Identifier: MIT */
#include "tests/gears/compare.h"

#include <stdlib.h>

static const uint8_t *pixel_at(const struct picture *picture, uint32_t x, uint32_t y)
{
    return picture->pixels + (size_t)y * picture->stride + 4 * (size_t)x;
}

static bool is_edge(const struct picture *picture, uint32_t x, uint32_t y)
{
    uint8_t low[3] = {255, 255, 255}, high[3] = {0, 0, 0};
    for (uint32_t ny = y > 0 ? y - 1 : 0; ny <= y + 1 && ny < picture->height; ny++) {
        for (uint32_t nx = x > 0 ? x - 1 : 0; nx <= x + 1 && nx < picture->width; nx++) {
            const uint8_t *at = pixel_at(picture, nx, ny);
            for (unsigned c = 0; c < 3; c++) {
                low[c] = at[c] < low[c] ? at[c] : low[c];
                high[c] = at[c] > high[c] ? at[c] : high[c];
            }
        }
    }
    return high[0] - low[0] > COMPARE_EDGE || high[1] - low[1] > COMPARE_EDGE ||
           high[2] - low[2] > COMPARE_EDGE;
}

bool compare_pictures(const struct picture *reference, const struct picture *other,
                      struct difference *difference)
{
    uint64_t sum = 0;
    *difference = (struct difference){0};
    if (reference->width != other->width || reference->height != other->height) {
        return false;
    }
    for (uint32_t y = 0; y < reference->height; y++) {
        for (uint32_t x = 0; x < reference->width; x++) {
            const uint8_t *a = pixel_at(reference, x, y), *b = pixel_at(other, x, y);
            const bool edge = is_edge(reference, x, y);
            unsigned worst = 0;
            for (unsigned c = 0; c < 3; c++) {
                unsigned levels = (unsigned)abs(a[c] - b[c]);
                sum += levels;
                worst = levels > worst ? levels : worst;
            }
            difference->edges += edge;
            difference->off_edges += edge && worst > COMPARE_NOTICED;
            difference->off_inside += !edge && worst > COMPARE_NOTICED;
            difference->worst = worst > difference->worst ? worst : difference->worst;
        }
    }
    const double pixels = (double)reference->width * reference->height;
    difference->mean = (double)sum / (3 * pixels);
    difference->off_inside_ppm = 1e6 * (double)difference->off_inside / pixels;
    if (difference->edges != 0) {
        difference->off_edges_percent =
            100.0 * (double)difference->off_edges / (double)difference->edges;
    }
    return true;
}
