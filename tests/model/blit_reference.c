/* SPDX-License-Identifier: MIT */
#include "tests/model/blit_reference.h"

#include <string.h>

static uint64_t tiled(const struct reference *r, const struct reference_fence *fence, uint64_t at)
{
    uint64_t x = at % fence->pitch;
    uint64_t y = at / fence->pitch;
    uint64_t rows = fence->walk_y && !r->wide_y_tiles ? 32 : 8;
    uint64_t width = 4096 / rows;
    uint64_t tile = y / rows * (fence->pitch / width) + x / width;
    uint64_t tx = x % width;
    uint64_t ty = y % rows;

    return tile * 4096 + (fence->walk_y ? tx / 16 * 16 * rows + ty * 16 + tx % 16 : ty * 512 + tx);
}

/* The index of a byte, or -1. */
static int64_t place(struct reference *r, int64_t address, bool fenced)
{
    for (unsigned i = 0; fenced && i < REFERENCE_FENCES; i++) {
        const struct reference_fence *fence = &r->fence[i];
        if (fence->pitch != 0 && address >= fence->start && address < fence->start + 0x100000) {
            address = fence->start + (int64_t)tiled(r, fence, (uint64_t)address - fence->start);
            break;
        }
    }
    if (address < r->address || address >= (int64_t)r->address + r->size) {
        r->missed = true;
        return -1;
    }
    if (r->hole != 0 && address >= r->hole && address < (int64_t)r->hole + 4096) {
        return -1;
    }
    return address - r->address;
}

static uint32_t read_pixel(struct reference *r, int64_t address, uint32_t cpp, bool fenced)
{
    uint32_t value = 0;

    for (uint32_t i = 0; i < cpp; i++) {
        int64_t at = place(r, address + i, fenced);
        value |= at >= 0 ? (uint32_t)r->before[at] << 8 * i : 0;
    }
    return value;
}

static void write_byte(struct reference *r, int64_t at, uint32_t value)
{
    r->after[at] = (uint8_t)value;
    if (r->written != NULL) {
        r->written[at] = 1;
    }
}

static uint32_t rop_pixel(uint32_t rop, uint32_t p, uint32_t s, uint32_t d)
{
    uint32_t result = 0;

    for (unsigned bit = 0; bit < 32; bit++) {
        unsigned index = (p >> bit & 1u) << 2 | (s >> bit & 1u) << 1 | (d >> bit & 1u);
        result |= (rop >> index & 1u) << bit;
    }
    return result;
}

/* A blit as the reference understands it. */
struct op {
    uint32_t header, control;
    int x1, y1, x2, y2;
    int64_t address;
    uint32_t cpp;
    enum { NONE, COLOUR, MONO } source, pattern; /* pattern NONE: solid */
    int sx, sy;
    int source_pitch;
    int64_t source_address;
    const uint8_t *bits; /* mono from the stream */
    uint32_t first_bit, unit;
    uint32_t source_bg, source_fg;
    uint32_t solid, pattern_bg, pattern_fg;
    const uint8_t *pattern_bits, *pattern_data;
    int64_t pattern_address;
    uint32_t seeds; /* header with the seeds */
    uint32_t key, key_low, key_high;
};

static bool mono_bit(struct reference *r, const struct op *op, int x, int y)
{
    uint32_t width = (uint32_t)(op->x2 - op->x1);
    uint64_t row = ((uint64_t)op->first_bit + width + op->unit - 1) / op->unit * op->unit;
    uint64_t bit = row * (uint64_t)(y - op->y1) + op->first_bit + (uint64_t)(x - op->x1);
    uint32_t byte;

    if (op->bits != NULL) {
        byte = op->bits[bit / 8];
    } else {
        byte = read_pixel(r, op->source_address + (int64_t)(bit / 8), 1, false);
    }
    return byte >> (7 - bit % 8) & 1u;
}

static uint32_t source_pixel(struct reference *r, const struct op *op, int x, int y, bool bit)
{
    switch (op->source) {
    case NONE:
        return 0;
    case COLOUR:
        return read_pixel(r,
                          op->source_address + (int64_t)(op->sy + y - op->y1) * op->source_pitch +
                              (int64_t)(op->sx + x - op->x1) * op->cpp,
                          op->cpp, true);
    case MONO:
        return bit ? op->source_fg : op->source_bg;
    }
    return 0;
}

static unsigned pattern_index(const struct op *op, int x, int y)
{
    unsigned px = ((unsigned)x + (op->seeds >> 12 & 7u)) & 7u;
    unsigned py = ((unsigned)y + (op->seeds >> 8 & 7u)) & 7u;

    return py * 8 + px;
}

static bool pattern_bit(const struct op *op, int x, int y)
{
    unsigned i = pattern_index(op, x, y);

    return !(op->control >> 31) && (op->pattern_bits[i / 8] >> (7 - i % 8) & 1);
}

static uint32_t pattern_pixel(struct reference *r, const struct op *op, int x, int y)
{
    unsigned i = pattern_index(op, x, y);

    if (op->pattern == NONE) {
        return op->solid;
    }
    if (op->pattern == MONO) {
        return pattern_bit(op, x, y) ? op->pattern_fg : op->pattern_bg;
    }
    if (op->pattern_data != NULL) {
        uint32_t value = 0;
        memcpy(&value, op->pattern_data + i * op->cpp, op->cpp);
        return value;
    }
    int64_t size = 64 * op->cpp;
    return read_pixel(r, op->pattern_address / size * size + i * op->cpp, op->cpp, false);
}

static bool in_range(const struct op *op, uint32_t pixel)
{
    static const uint8_t shifts[4][5] = {
        {0, 8, 8, 8, 8}, {0, 5, 11, 16, 16}, {0, 5, 10, 15, 16}, {0, 8, 16, 24, 32}};
    unsigned depth = op->control >> 24 & 3u;

    for (unsigned c = 0; c < (op->key & 2u ? 4u : 3u); c++) {
        unsigned shift = shifts[depth][c];
        unsigned width = shifts[depth][c + 1] - shift;
        uint32_t mask = width == 0 ? 0 : (1u << width) - 1;
        uint32_t value = shift < 32 ? pixel >> shift & mask : 0;
        uint32_t low = shift < 32 ? op->key_low >> shift & mask : 0;
        uint32_t high = shift < 32 ? op->key_high >> shift & mask : 0;
        if (value < low || value > high) {
            return false;
        }
    }
    return true;
}

static void pixel(struct reference *r, const struct op *op, int x, int y)
{
    int pitch = (int16_t)op->control;
    int64_t at = op->address + (int64_t)y * pitch + (int64_t)x * op->cpp;
    uint32_t d = read_pixel(r, at, op->cpp, true);
    bool bit = op->source == MONO && mono_bit(r, op, x, y);
    uint32_t s = source_pixel(r, op, x, y, bit);
    uint32_t p = pattern_pixel(r, op, x, y);

    if (op->source == MONO && !bit && op->control & 1u << 29) {
        return;
    }
    if (op->pattern == MONO && op->control & 1u << 28 && !pattern_bit(op, x, y)) {
        return;
    }
    if (op->key & 1u) {
        bool inside = in_range(op, op->key & 4u ? d : op->source == COLOUR ? s : p);
        if (op->key & 4u ? !inside : inside) {
            return;
        }
    }
    uint32_t result = rop_pixel(op->control >> 16 & 0xff, p, s, d);
    for (uint32_t i = 0; i < op->cpp; i++) {
        bool written = op->cpp < 4 || op->header & (i == 3 ? 1u << 21 : 1u << 20);
        int64_t to = place(r, at + i, true);
        if (written && to >= 0) {
            write_byte(r, to, result >> 8 * i);
        }
    }
}

static void run(struct reference *r, const struct op *op)
{
    for (int y = op->y1; y < op->y2; y++) {
        for (int x = op->x1; x < op->x2; x++) {
            if (!(op->control & 1u << 30) ||
                (x >= r->clip[0] && y >= r->clip[1] && x < r->clip[2] && y < r->clip[3])) {
                pixel(r, op, x, y);
            }
        }
    }
}

static void set_rect(struct op *op, const uint32_t *dw)
{
    op->x1 = (int16_t)dw[0];
    op->y1 = (int16_t)(dw[0] >> 16);
    op->x2 = (int16_t)dw[1];
    op->y2 = (int16_t)(dw[1] >> 16);
}

static void set_clip(struct reference *r, const uint32_t *dw)
{
    r->clip[0] = (int16_t)dw[0];
    r->clip[1] = (int16_t)(dw[0] >> 16);
    r->clip[2] = (int16_t)dw[1];
    r->clip[3] = (int16_t)(dw[1] >> 16);
}

static void set_control(struct op *op, uint32_t header, uint32_t control)
{
    static const uint8_t bytes[4] = {1, 2, 2, 4};

    op->header = header;
    op->control = control;
    op->cpp = bytes[control >> 24 & 3u];
}

/* COLOR_BLT and SRC_COPY_BLT: bytes, colours and byte masks counted from the left edge. */
static void byte_blit(struct reference *r, const uint32_t *dw, bool copy)
{
    struct op op = {0};
    int width = (int)(dw[2] & 0xffff);
    int height = (int)(dw[2] >> 16);
    int pitch = (int16_t)dw[1];

    set_control(&op, dw[0], dw[1]);
    int back = copy && dw[1] & 1u << 30 ? width - 1 : 0;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            uint32_t lane = (uint32_t)x % op.cpp;
            int64_t to = place(r, (int64_t)dw[3] + y * pitch + x - back, true);
            uint32_t s = 0;
            if (copy) {
                s = read_pixel(r, (int64_t)dw[5] + y * (int16_t)dw[4] + x - back, 1, true);
            }
            uint32_t p = copy ? 0 : dw[4] >> 8 * lane & 0xff;
            bool written = op.cpp < 4 || dw[0] & (lane == 3 ? 1u << 21 : 1u << 20);
            if (written && to >= 0) {
                write_byte(r, to, rop_pixel(dw[1] >> 16 & 0xff, p, s, r->before[to]));
            }
        }
    }
}

static void hatch(uint32_t header, uint8_t bits[8])
{
    memset(bits, 0, 8);
    for (unsigned y = 0; y < 8; y++) {
        switch (header >> 15 & 15u) {
        case 0:
            bits[y] = y == 3 ? 0xff : 0;
            break;
        case 1:
            bits[y] = 1u << 3;
            break;
        case 2:
        case 10:
            bits[y] = (uint8_t)(0x80u >> y);
            break;
        case 3:
            bits[y] = (uint8_t)(1u << y);
            break;
        case 4:
            bits[y] = y == 3 ? 0xff : 1u << 3;
            break;
        case 5:
            bits[y] = (uint8_t)(0x80u >> y | 1u << y);
            break;
        case 8:
            bits[y] = y % 2 == 0 ? 0x55 : 0xaa;
            break;
        case 9:
            bits[y] = y / 2 % 2 == 0 ? 0xcc : 0x33;
            break;
        case 11:
            bits[y] = (uint8_t) ~(0x80u >> y);
            break;
        default:
            break;
        }
    }
}

static void colour_source(struct op *op, uint32_t xy, uint32_t pitch, uint32_t address)
{
    op->source = COLOUR;
    op->sx = (int16_t)xy;
    op->sy = (int16_t)(xy >> 16);
    op->source_pitch = (int16_t)pitch;
    op->source_address = address;
}

static void mono_source(struct op *op, uint32_t bg, uint32_t fg)
{
    op->source = MONO;
    op->source_bg = bg;
    op->source_fg = fg;
    op->first_bit = op->header >> 17 & 7u;
    op->unit = 16;
}

static void mono_pattern(struct op *op, uint32_t bg, uint32_t fg, const void *bits)
{
    op->pattern = MONO;
    op->pattern_bg = bg;
    op->pattern_fg = fg;
    op->pattern_bits = bits;
}

static void colour_pattern(struct op *op, const uint32_t *address, const uint32_t *data)
{
    op->pattern = COLOUR;
    op->pattern_address = address != NULL ? *address : 0;
    op->pattern_data = (const uint8_t *)data;
}

static void set_key(struct op *op, const uint32_t *dw)
{
    op->key = op->header >> 17 & 7u;
    op->key_low = dw[0];
    op->key_high = dw[1];
}

static void whole_blit(struct reference *r, const uint32_t *dw)
{
    struct op op = {.address = dw[4], .seeds = dw[0]};
    uint8_t bits[8];

    set_control(&op, dw[0], dw[1]);
    set_rect(&op, dw + 2);
    switch (dw[0] >> 22 & 127u) {
    case 0x50:
        op.solid = dw[5];
        break;
    case 0x51:
        colour_pattern(&op, &dw[5], NULL);
        break;
    case 0x76:
        colour_pattern(&op, &dw[5], NULL);
        set_key(&op, dw + 6);
        break;
    case 0x72:
        colour_pattern(&op, NULL, dw + 5);
        break;
    case 0x77:
        set_key(&op, dw + 5);
        colour_pattern(&op, NULL, dw + 7);
        break;
    case 0x52:
        mono_pattern(&op, dw[5], dw[6], dw + 7);
        break;
    case 0x59:
        hatch(dw[0], bits);
        mono_pattern(&op, dw[5], dw[6], bits);
        break;
    case 0x53:
        colour_source(&op, dw[5], dw[6], dw[7]);
        break;
    case 0x73:
        colour_source(&op, dw[5], dw[6], dw[7]);
        set_key(&op, dw + 8);
        break;
    case 0x54:
        mono_source(&op, dw[6], dw[7]);
        op.source_address = dw[5];
        break;
    case 0x71:
        mono_source(&op, dw[5], dw[6]);
        op.bits = (const uint8_t *)(dw + 7);
        break;
    case 0x55:
        colour_source(&op, dw[6], dw[5], dw[7]);
        colour_pattern(&op, &dw[8], NULL);
        break;
    case 0x74:
        colour_source(&op, dw[6], dw[5], dw[7]);
        colour_pattern(&op, NULL, dw + 8);
        break;
    case 0x56:
        mono_source(&op, dw[6], dw[7]);
        op.source_address = dw[5];
        colour_pattern(&op, &dw[8], NULL);
        break;
    case 0x75:
        mono_source(&op, dw[6], dw[7]);
        op.source_address = dw[5];
        colour_pattern(&op, NULL, dw + 8);
        break;
    case 0x57:
        colour_source(&op, dw[6], dw[5], dw[7]);
        mono_pattern(&op, dw[8], dw[9], dw + 10);
        break;
    case 0x58:
        mono_source(&op, dw[6], dw[7]);
        op.source_address = dw[5];
        mono_pattern(&op, dw[8], dw[9], dw + 10);
        break;
    default:
        break;
    }
    run(r, &op);
}

/* What draws with the setup: pixels, scan lines, text. */
static void setup_blit(struct reference *r, const uint32_t *dw)
{
    struct op op = {.address = r->setup[4], .seeds = dw[0]};

    set_control(&op, r->setup[0], r->setup[1]);
    switch (dw[0] >> 22 & 127u) {
    case 0x24:
        set_rect(&op, (const uint32_t[]){dw[1], dw[1]});
        op.x2++;
        op.y2++;
        op.solid = r->setup[6];
        break;
    case 0x25:
        set_rect(&op, dw + 1);
        if (r->mono_setup) {
            mono_pattern(&op, r->setup[5], r->setup[6], r->setup + 7);
        } else {
            colour_pattern(&op, &r->setup[7], NULL);
        }
        break;
    default:
        set_rect(&op, dw + 1);
        mono_source(&op, r->setup[5], r->setup[6]);
        op.first_bit = 0;
        op.unit = dw[0] & 1u << 16 ? 8 : 1;
        op.source_address = dw[3];
        op.bits = (dw[0] >> 22 & 127u) == 0x31 ? (const uint8_t *)(dw + 3) : NULL;
        break;
    }
    run(r, &op);
}

void reference_execute(struct reference *r, const uint32_t *dw, size_t count)
{
    switch (dw[0] >> 22 & 127u) {
    case 0x01:
    case 0x11:
        memcpy(r->setup, dw, count * 4);
        r->mono_setup = count == 9;
        set_clip(r, dw + 2);
        return;
    case 0x03:
        set_clip(r, dw + 1);
        return;
    case 0x24:
    case 0x25:
    case 0x26:
    case 0x31:
        setup_blit(r, dw);
        return;
    case 0x40:
        byte_blit(r, dw, false);
        return;
    case 0x43:
        byte_blit(r, dw, true);
        return;
    default:
        whole_blit(r, dw);
    }
}
