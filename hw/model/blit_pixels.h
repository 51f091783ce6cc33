/* SPDX-License-Identifier: MIT */
/* Loops over the bytes of a row that blits are made of. Nothing need be aligned. */
#ifndef GEMD_HW_MODEL_BLIT_PIXELS_H
#define GEMD_HW_MODEL_BLIT_PIXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The value whose repetition goes on where 'value's is after 'bytes'. */
static inline uint32_t pixels_rotate(uint32_t value, uint32_t bytes)
{
    uint32_t bits = (bytes & 3u) * 8;

    return bits == 0 ? value : value >> bits | value << (32 - bits);
}

/* A pixel's value in all four bytes that it repeats in. */
static inline uint32_t pixels_repeat(uint32_t value, uint32_t cpp)
{
    return cpp == 4   ? value
           : cpp == 2 ? (value & 0xffffu) * 0x10001u
                      : (value & 0xffu) * 0x1010101u;
}

void pixels_fill(uint8_t *to, uint32_t value, size_t size);

/* The same for the bits of a mask; 'size' is a multiple of 4. */
void pixels_merge(uint8_t *to, uint32_t value, uint32_t mask, size_t size);

/*
 * 'stream': past the caches, for what is much larger than they are; then pixels_stream_end() before
 * anybody else is told.
 */
void pixels_copy(uint8_t *to, const uint8_t *from, size_t size, bool stream);

/*
 * Four rows that are 'pitch' apart, to or from columns of 16 bytes that are 'stride' apart and have
 * the four rows one behind the other. 'size' of a row: a multiple of 64; columns are 64-byte
 * aligned.
 */
void pixels_turn(uint8_t *columns, size_t stride, uint8_t *rows, ptrdiff_t pitch, size_t size,
                 bool to_columns, bool stream);
void pixels_stream_end(void);

/*
 * All bits of a pixel for each of 'count' bits, beginning with bit 'first' of 'bits', the highest
 * of each byte first. Writes up to 32 bytes more.
 */
void pixels_spread(uint8_t *to, const uint8_t *bits, uint32_t first, uint32_t count, uint32_t cpp);

/* colour[1] where the mask has ones, colour[0] elsewhere; repeated from 'to' on. */
void pixels_choose(uint8_t *to, const uint8_t *mask, const uint32_t colour[2], size_t size);

/* to &= with */
void pixels_and(uint8_t *to, const uint8_t *with, size_t size);

/* A component of a pixel that a chroma key compares. */
struct pixels_field {
    uint8_t shift;
    uint32_t mask; /* after the shift */
};

/* All bits of those pixels whose fields all lie in [low, high]; the others' with 'invert'. */
void pixels_in_range(uint8_t *to, const uint8_t *pixels, size_t count, uint32_t cpp,
                     const struct pixels_field *fields, unsigned field_count, uint32_t low,
                     uint32_t high, bool invert);

#endif
