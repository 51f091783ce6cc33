/* SPDX-License-Identifier: MIT */
#include "gemd/cursor_picture.h"

#include "gemd/window.h"

static uint32_t blend(uint32_t below, uint32_t argb)
{
    const uint32_t rest = 255 - (argb >> 24);
    uint32_t result = below & 0xff000000u;
    for (unsigned shift = 0; shift < 24; shift += 8) {
        uint32_t sum = (argb >> shift & 255u) + ((below >> shift & 255u) * rest + 127) / 255;
        result |= (sum < 255 ? sum : 255) << shift;
    }
    return result;
}

/* Its alpha stays. */
static uint32_t coloured(const struct palette *palette, uint32_t argb)
{
    uint32_t colour = argb;
    if (palette->depth != 0) {
        palette_decode_line(palette, GEMD_FORMAT_XRGB8888, &argb, &colour, 1);
    }
    return (argb & 0xff000000u) | (colour & 0x00ffffffu);
}

void cursor_draw(const struct window_cursor *cursor, const struct palette *palette,
                 uint32_t *pixels, uint32_t width, uint32_t height)
{
    const int32_t side = (int32_t)cursor->side;
    for (int32_t row = 0; row < side; row++) {
        const int64_t y = (int64_t)cursor->y + row;
        for (int32_t column = 0; column < side && y >= 0 && y < (int64_t)height; column++) {
            const int64_t x = (int64_t)cursor->x + column;
            if (x >= 0 && x < (int64_t)width) {
                uint32_t *pixel = &pixels[(uint64_t)y * width + (uint64_t)x];
                *pixel = blend(*pixel, coloured(palette, cursor->image[row * side + column]));
            }
        }
    }
}
