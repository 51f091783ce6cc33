/* SPDX-License-Identifier: MIT */
#include "hw/model/layer.h"

#include <string.h>

#include "hw/gen3/regs.h"
#include "hw/model/physical.h"

#define ROW_BYTES_MAX (4096u * 4)

/* Where a format has its channels, from its least significant bit on. */
struct format {
    uint8_t bytes;
    uint8_t bits[3], shift[3]; /* red, green, blue */
    uint8_t alpha_bits, alpha_shift;
};

/* By DSPCNTR 29:26. An index takes the same place in the palette for all three. */
static const struct format formats[16] = {
    [2] = {1, {8, 8, 8}, {0, 0, 0}, 0, 0},       [3] = {2, {5, 5, 5}, {10, 5, 0}, 1, 15},
    [4] = {2, {5, 5, 5}, {10, 5, 0}, 0, 0},      [5] = {2, {5, 6, 5}, {11, 5, 0}, 0, 0},
    [6] = {4, {8, 8, 8}, {16, 8, 0}, 0, 0},      [7] = {4, {8, 8, 8}, {16, 8, 0}, 8, 24},
    [8] = {4, {10, 10, 10}, {0, 10, 20}, 0, 0},  [9] = {4, {10, 10, 10}, {0, 10, 20}, 2, 30},
    [10] = {4, {10, 10, 10}, {20, 10, 0}, 0, 0}, [11] = {4, {10, 10, 10}, {20, 10, 0}, 2, 30},
    [14] = {4, {8, 8, 8}, {0, 8, 16}, 0, 0},     [15] = {4, {8, 8, 8}, {0, 8, 16}, 8, 24},
};

static const struct format *format_of(uint32_t control)
{
    return &formats[(control & DSPCNTR_FORMAT_MASK) >> DSPCNTR_FORMAT_SHIFT];
}

/* A channel of n bits, its upper ones repeated below, as one of 'to' bits. */
static uint32_t widen(uint32_t value, unsigned bits, unsigned to)
{
    uint32_t wide = 0;

    for (int shift = (int)to - (int)bits; shift > -(int)bits; shift -= (int)bits) {
        wide |= shift >= 0 ? value << shift : value >> -shift;
    }
    return wide;
}

static uint16_t gamma_channel(const struct layer_gamma *gamma, uint16_t value, unsigned channel)
{
    unsigned shift = 16 - 8 * channel;

    if (!gamma->is_10_bit) {
        return (uint16_t)widen(gamma->palette[value >> 2] >> shift & 0xffu, 8, 10);
    }
    /* Two dwords a segment: low byte, then two more bits, mantissa and exponent of the slope. */
    uint32_t low = gamma->palette[value >> 3 << 1] >> shift & 0xffu;
    uint32_t high = gamma->palette[(value >> 3 << 1) + 1] >> shift & 0xffu;
    uint32_t rise = (high >> 2 & 15u) << (3 - (high >> 6));
    uint32_t result = ((high & 3u) << 8 | low) + rise * (value & 7u) / 8;
    return (uint16_t)(result < 1023 ? result : 1023);
}

static struct layer_pixel gamma_pixel(const struct layer_gamma *gamma, struct layer_pixel pixel)
{
    for (unsigned c = 0; c < 3; c++) {
        pixel.channel[c] = gamma_channel(gamma, pixel.channel[c], c);
    }
    return pixel;
}

static struct layer_pixel decode(const struct format *format, uint32_t word)
{
    struct layer_pixel pixel;

    for (unsigned c = 0; c < 3; c++) {
        uint32_t mask = (1u << format->bits[c]) - 1;
        pixel.channel[c] = (uint16_t)widen(word >> format->shift[c] & mask, format->bits[c], 10);
    }
    return pixel;
}

/* Of 255; formats without alpha are opaque. */
static uint32_t alpha_of(const struct format *format, uint32_t word)
{
    if (format->alpha_bits == 0) {
        return 255;
    }
    uint32_t mask = (1u << format->alpha_bits) - 1;
    return widen(word >> format->alpha_shift & mask, format->alpha_bits, 8);
}

/* The source is multiplied by its alpha already. */
static void blend(struct layer_pixel *to, const struct layer_pixel *from, uint32_t alpha)
{
    for (unsigned c = 0; c < 3; c++) {
        uint32_t sum = from->channel[c] + (to->channel[c] * (255 - alpha) + 127) / 255;
        to->channel[c] = (uint16_t)(sum < 1023 ? sum : 1023);
    }
}

/* Bytes of a row as the display fetches them: through the fences; what is not there is black. */
static void fetch(struct model_memory *memory, uint64_t address, uint8_t *to, uint64_t size)
{
    while (size > 0) {
        uint64_t span;
        const void *from = model_memory_fenced_at(memory, address, size, &span);
        if (from == NULL) {
            span = 4096 - (address & 4095);
        }
        span = span < size ? span : size;
        if (from != NULL) {
            memcpy(to, from, span);
        } else {
            memset(to, 0, span);
        }
        to += span;
        address += span;
        size -= span;
    }
}

static uint32_t word_at(const uint8_t *bytes, unsigned size)
{
    uint32_t word = 0;

    memcpy(&word, bytes, size);
    return word;
}

/* Whether the plane has something in this row, and its columns [first, end). */
static bool window_row(const struct layer_plane *plane, uint32_t y, uint32_t width, uint32_t *first,
                       uint32_t *end)
{
    *first = plane->x;
    *end = plane->x + plane->width < width ? plane->x + plane->width : width;
    return (plane->control & DSPCNTR_ENABLE) != 0 && y - plane->y < plane->height && *first < *end;
}

static uint64_t row_address(const struct layer_plane *plane, uint32_t y)
{
    uint32_t line = y - plane->y;

    line = plane->control & DSPCNTR_LINE_DOUBLE ? line / 2 : line;
    return (uint64_t)plane->address + (uint64_t)line * plane->stride;
}

void layer_draw_plane(struct model_memory *memory, const struct layer_plane *plane,
                      const struct layer_gamma *gamma, bool lowest, uint32_t y,
                      struct layer_pixel *row, uint32_t width)
{
    uint8_t bytes[ROW_BYTES_MAX];
    const struct format *format = format_of(plane->control);
    uint32_t first, end;

    if (!window_row(plane, y, width, &first, &end) || format->bytes == 0) {
        return;
    }
    fetch(memory, row_address(plane, y), bytes, (uint64_t)(end - first) * format->bytes);
    for (uint32_t x = first; x < end; x++) {
        uint32_t word = word_at(bytes + (x - first) * format->bytes, format->bytes);
        bool keyed = (plane->control & DSPCNTR_KEY) != 0 &&
                     ((word ^ plane->key_value) & plane->key_mask) == 0;
        if (keyed && !lowest) {
            continue;
        }
        struct layer_pixel pixel = decode(format, word);
        if (plane->control & DSPCNTR_GAMMA) {
            pixel = gamma_pixel(gamma, pixel);
        }
        if ((plane->control & DSPCNTR_BLEND) != 0 && !lowest) {
            blend(&row[x], &pixel, alpha_of(format, word));
        } else {
            row[x] = pixel;
        }
    }
}

struct layer_pixel layer_fetch_pixel(struct model_memory *memory, unsigned format, uint64_t address)
{
    const struct format *f = &formats[format & 15u];
    uint8_t bytes[4] = {0};

    fetch(memory, address, bytes, f->bytes);
    return decode(f, word_at(bytes, f->bytes));
}

/* ---- cursors ---- */

enum cursor_kind { CURSOR_NONE, CURSOR_2_BIT, CURSOR_AND_XOR, CURSOR_ARGB };

/* By bits 2:0 of CURCNTR; bit 5 makes ARGB of 32 bits with AND and XOR. */
static const struct {
    enum cursor_kind kind;
    uint16_t side;
} cursor_modes[8] = {
    [2] = {CURSOR_AND_XOR, 128}, [3] = {CURSOR_AND_XOR, 256}, [4] = {CURSOR_2_BIT, 64},
    [5] = {CURSOR_2_BIT, 64},    [6] = {CURSOR_2_BIT, 64},    [7] = {CURSOR_AND_XOR, 64},
};

static uint32_t cursor_side(uint32_t control)
{
    return cursor_modes[control & 7u].side;
}

static void fetch_cursor(struct model_memory *memory, const struct layer_cursor *cursor,
                         uint64_t offset, uint8_t *to, uint64_t size)
{
    uint64_t address = (uint64_t)cursor->base + offset;

    while (size > 0) {
        uint64_t span;
        const void *from = cursor->is_physical ? model_memory_bus_at(memory, address, &span)
                                               : model_memory_at(memory, address, size, &span);
        if (from == NULL) {
            memset(to, 0, size);
            return;
        }
        span = span < size ? span : size;
        memcpy(to, from, span);
        to += span;
        address += span;
        size -= span;
    }
}

static struct layer_pixel colour_of(uint32_t rgb)
{
    return decode(&formats[6], rgb);
}

static void put_colour(const struct layer_cursor *cursor, const struct layer_gamma *gamma,
                       uint32_t rgb, struct layer_pixel *to)
{
    *to = colour_of(rgb);
    if (cursor->control & CURCNTR_GAMMA) {
        *to = gamma_pixel(gamma, *to);
    }
}

static void invert(struct layer_pixel *pixel)
{
    for (unsigned c = 0; c < 3; c++) {
        pixel->channel[c] ^= 1023u;
    }
}

/* A row: 64 bits of the first plane, 64 of the second, the leftmost pixel in the highest bit. */
static void put_2_bit(const struct layer_cursor *cursor, const struct layer_gamma *gamma,
                      const uint8_t *bytes, uint32_t x, struct layer_pixel *to)
{
    unsigned first = bytes[x / 8] >> (7 - x % 8) & 1u;
    unsigned second = bytes[8 + x / 8] >> (7 - x % 8) & 1u;
    unsigned mode = cursor->control & 7u;

    if (mode == 6 || first == 0) {
        put_colour(cursor, gamma, cursor->palette[first * 2 + second], to);
    } else if (second != 0 && mode == 5) {
        invert(to);
    } else if (second != 0) {
        put_colour(cursor, gamma, cursor->palette[2], to);
    }
}

static void put_32_bit(const struct layer_cursor *cursor, const struct layer_gamma *gamma,
                       uint32_t word, struct layer_pixel *to)
{
    if (cursor->control & 0x20u) {
        struct layer_pixel pixel;
        put_colour(cursor, gamma, word, &pixel);
        blend(to, &pixel, word >> 24);
        return;
    }
    /* The upper byte is the mask that each channel is ANDed with before the XOR. */
    struct layer_pixel pixel = colour_of(word);
    uint16_t mask = (uint16_t)widen(word >> 24, 8, 10);
    for (unsigned c = 0; c < 3; c++) {
        to->channel[c] = (uint16_t)((to->channel[c] & mask) ^ pixel.channel[c]);
    }
}

void layer_draw_cursor(struct model_memory *memory, const struct layer_cursor *cursor,
                       const struct layer_gamma *gamma, uint32_t y, struct layer_pixel *row,
                       uint32_t width)
{
    uint8_t bytes[256 * 4];
    uint32_t side = cursor_side(cursor->control);
    bool two_bits = cursor_modes[cursor->control & 7u].kind == CURSOR_2_BIT;
    int64_t line = (int64_t)y - cursor->y;

    if (side == 0 || line < 0 || line >= (int64_t)side) {
        return;
    }
    uint32_t pitch = two_bits ? 16 : side * 4;
    fetch_cursor(memory, cursor, (uint64_t)line * pitch, bytes, pitch);
    for (uint32_t i = 0; i < side; i++) {
        int64_t x = (int64_t)cursor->x + i;
        if (x < 0 || x >= (int64_t)width) {
            continue;
        }
        if (two_bits) {
            put_2_bit(cursor, gamma, bytes, i, &row[x]);
        } else {
            put_32_bit(cursor, gamma, word_at(bytes + 4 * i, 4), &row[x]);
        }
    }
}

bool layer_copy_plane(struct model_memory *memory, const struct layer_plane planes[3],
                      const struct layer_cursor cursors[2], uint32_t y, uint32_t *to,
                      uint32_t width)
{
    const struct layer_plane *plane = NULL;
    uint32_t first, end;

    for (unsigned i = 0; i < 3; i++) {
        if (planes[i].control & DSPCNTR_ENABLE) {
            if (plane != NULL) {
                return false;
            }
            plane = &planes[i];
        }
    }
    if (plane == NULL || format_of(plane->control) != &formats[6] ||
        (plane->control & DSPCNTR_GAMMA) != 0 || cursor_side(cursors[0].control) != 0 ||
        cursor_side(cursors[1].control) != 0 || !window_row(plane, y, width, &first, &end) ||
        first != 0 || end != width) {
        return false;
    }
    fetch(memory, row_address(plane, y), (uint8_t *)to, (uint64_t)width * 4);
    for (uint32_t x = 0; x < width; x++) {
        to[x] |= 0xff000000u;
    }
    return true;
}
