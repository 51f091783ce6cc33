/* SPDX-License-Identifier: MIT */
#include "gemd/palette.h"

#include <string.h>

#include "hw/gen3/regs.h"

#define PALETTE_STRIDE 0x800u /* from pipe A's to pipe B's */

void palette_straighten(struct palette *palette)
{
    palette->depth = 8;
    for (uint32_t i = 0; i < GEMD_PALETTE_WORDS; i++) {
        palette->words[i] = i * 0x010101u;
    }
}

void palette_load(struct hw_device *dev, const struct pipe_head *head,
                  const struct palette *palette, struct palette *loaded)
{
    const uint32_t config = PIPECONF_A + head->pipe * PIPE_STRIDE;
    if (loaded->depth != palette->depth) {
        const uint32_t value = hw_read(dev, config) & ~PIPECONF_10_BIT;
        hw_write(dev, config, value | (palette->depth == 10 ? PIPECONF_10_BIT : 0));
    }
    for (uint32_t i = 0; i < GEMD_PALETTE_WORDS; i++) {
        if (loaded->depth == 0 || loaded->words[i] != palette->words[i]) {
            hw_write(dev, PALETTE_A + head->pipe * PALETTE_STRIDE + i * 4, palette->words[i]);
        }
    }
    *loaded = *palette;
}

/* Of 5 to 8 bits, as one of ten: its upper bits are repeated below. */
static uint16_t widen(uint32_t value, unsigned bits)
{
    uint32_t wide = value << (10 - bits);
    return (uint16_t)(wide | wide >> bits);
}

static uint16_t look_up(const struct palette *palette, uint16_t value, unsigned shift)
{
    if (palette->depth == 8) {
        return widen(palette->words[value >> 2] >> shift & 0xffu, 8);
    }
    const uint32_t *stretch = &palette->words[value >> 3 << 1];
    const uint32_t low = stretch[0] >> shift & 0xffu, high = stretch[1] >> shift & 0xffu;
    const uint32_t rise = (high >> 2 & 15u) << (3 - (high >> 6));
    const uint32_t sum = ((high & 3u) << 8 | low) + rise * (value & 7u) / 8;
    return (uint16_t)(sum < 1023 ? sum : 1023);
}

void palette_look_up(const struct palette *palette, uint16_t channels[3])
{
    for (unsigned i = 0; i < 3 && palette->depth != 0; i++) {
        channels[i] = look_up(palette, channels[i], 16 - 8 * i);
    }
}

/* Where a format has red, green and blue: bits and lowest bit. An index is the same for all. */
static const struct {
    uint8_t bytes, bits[3], shift[3];
} layouts[] = {
    [GEMD_FORMAT_XRGB8888] = {4, {8, 8, 8}, {16, 8, 0}},
    [GEMD_FORMAT_RGB565] = {2, {5, 6, 5}, {11, 5, 0}},
    [GEMD_FORMAT_XRGB1555] = {2, {5, 5, 5}, {10, 5, 0}},
    [GEMD_FORMAT_C8] = {1, {8, 8, 8}, {0, 0, 0}},
};

void palette_decode_line(const struct palette *palette, enum gemd_format format, const void *line,
                         uint32_t *pixels, uint32_t width)
{
    const uint8_t *from = line;
    for (uint32_t x = 0; x < width; x++, from += layouts[format].bytes) {
        uint32_t word = 0;
        uint16_t channels[3];
        memcpy(&word, from, layouts[format].bytes);
        for (unsigned i = 0; i < 3; i++) {
            const unsigned bits = layouts[format].bits[i];
            channels[i] = widen(word >> layouts[format].shift[i] & ((1u << bits) - 1), bits);
        }
        palette_look_up(palette, channels);
        pixels[x] = 0xff000000u | (uint32_t)(channels[0] >> 2) << 16 |
                    (uint32_t)(channels[1] >> 2) << 8 | (uint32_t)channels[2] >> 2;
    }
}
