/* SPDX-License-Identifier: MIT */
/*
 * What the blitter's commands have in common: BR13, rectangles in signed 16-bit coordinates, and
 * how far they reach from an address.
 */
#ifndef GEMD_VALIDATOR_BLIT_H
#define GEMD_VALIDATOR_BLIT_H

#include "gemd/validator/internal.h"

#define BR13_CLIP    (1u << 30)
#define PATTERN_SIDE 8u
#define MONO_WORD    16u /* bits: rows of a mono source begin at such */
#define MONO_BYTE    8u

/* x1, y1 inclusive; x2, y2 exclusive. */
struct blit_rect {
    int64_t x1, y1, x2, y2;
};

/* What a raster operation may look at, beside the destination. */
enum blit_operands { BLIT_SOURCE = 1, BLIT_PATTERN = 2 };

static inline int64_t blit_low(uint32_t dword)
{
    return (int16_t)(dword & 0xffff);
}

static inline int64_t blit_high(uint32_t dword)
{
    return (int16_t)(dword >> 16);
}

static inline struct blit_rect blit_corners(uint32_t from, uint32_t to)
{
    return (struct blit_rect){blit_low(from), blit_high(from), blit_low(to), blit_high(to)};
}

/* Bytes per pixel of a BR13. */
uint32_t blit_bytes(uint32_t control);

/* The operation must not depend on an operand that the command has not. */
bool blit_check_operation(struct check *check, uint32_t control, uint32_t operands);

/* No negative size; 'inside': no negative place, either. */
bool blit_check_rect(struct check *check, uint32_t offset, const struct blit_rect *rect,
                     bool inside);

/* What of it is drawn: with BR13 30 inside the clip of this stream's setup only. */
bool blit_clip(struct check *check, uint32_t control, struct blit_rect *rect);

/* Whether the buffer holds what a surface's rectangle touches; the pitch is signed. */
bool blit_check_span(struct check *check, uint32_t offset, const struct blit_rect *rect,
                     const struct place *place, int64_t pitch, uint32_t bytes);

/* A destination: its rectangle, clipped, and the span of that. Adds to the cost. */
bool blit_check_target(struct check *check, uint32_t offset, uint32_t control,
                       const struct blit_rect *rect, const struct place *place);

/* 8 x 8 pixels in memory. */
bool blit_check_pattern(struct check *check, uint32_t offset, const struct place *place,
                        uint32_t bytes);

/* A bit for each pixel of a rectangle, in memory; rows begin at multiples of 'unit' bits. */
bool blit_check_bits(struct check *check, uint32_t offset, const struct place *place,
                     const struct blit_rect *rect, uint32_t first_bit, uint32_t unit);

/* The same in the stream, from dword 'offset' to the command's end. */
bool blit_check_immediate(struct check *check, uint32_t offset, const struct blit_rect *rect,
                          uint32_t first_bit, uint32_t unit);

#endif
