/* SPDX-License-Identifier: MIT */
/*
 * One blit, decoded and clipped, and its execution. Commands become it in blitter.c; nothing here
 * knows their layouts (doc/gen3.md D.1 says what the fields mean).
 *
 * Coordinates are pixels, addresses and pitches bytes. Colours and masks repeat every four bytes,
 * beginning with the rectangle's left edge.
 */
#ifndef GEMD_HW_MODEL_BLIT_H
#define GEMD_HW_MODEL_BLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model_memory;
struct watcher;

/* Coordinates are signed 16 bit: no row is longer. */
#define BLIT_ROW_PIXELS 65535u
#define BLIT_ROW_BYTES  (BLIT_ROW_PIXELS * 4u)
/* How much of a row the general case works on at a time. */
#define BLIT_CHUNK_BYTES 4096u

/* A pattern has 8 x 8 pixels. */
#define BLIT_PATTERN 8u

enum blit_source { BLIT_NO_SOURCE, BLIT_COLOUR_SOURCE, BLIT_MONO_SOURCE };
enum blit_pattern { BLIT_SOLID, BLIT_COLOUR_PATTERN, BLIT_MONO_PATTERN };

/* Which pixels a chroma key leaves out (header bits 19:17). */
enum blit_key {
    BLIT_NO_KEY,
    BLIT_KEY_SOURCE,      /* those whose source (pattern) is in the range */
    BLIT_KEY_DESTINATION, /* those whose destination is not */
};

struct blit {
    int32_t x1, y1, x2, y2; /* of the destination; x2, y2 exclusive */
    uint32_t cpp;           /* 1, 2, 4 */
    bool is_1555;           /* of the two 16-bit depths; matters to chroma keys */
    uint8_t rop;
    uint32_t mask; /* bits that are written */
    uint32_t address;
    int32_t pitch;

    enum blit_source source;
    uint32_t source_address;
    int32_t source_pitch;
    int32_t source_x, source_y; /* colour: pixels; mono: bits from the first row's first byte */
    int32_t source_row_bits;    /* mono: from row to row */
    const uint8_t *source_data; /* mono: from the stream instead of memory, source_size bytes */
    size_t source_size;
    uint32_t source_colour[2]; /* mono: background, foreground */
    bool source_transparent;   /* mono: 0 is not drawn */

    enum blit_pattern pattern;
    uint32_t pattern_colour[2];  /* mono: background, foreground; solid: [1] */
    uint8_t pattern_bits[8];     /* mono: a row each, the leftmost pixel in bit 7 */
    bool pattern_transparent;    /* mono: 0 is not drawn */
    const uint8_t *pattern_data; /* colour: from the stream instead of memory */
    uint32_t pattern_address;
    uint8_t seed_x, seed_y; /* pattern pixel at destination (0, 0) */

    enum blit_key key;
    bool key_alpha; /* alpha is compared, too */
    uint32_t key_low, key_high;
};

/* Bytes [low, high) of the GTT. Fenced accesses: rounded to what the tiles can touch. */
struct blit_range {
    uint64_t low, high;
    bool written;
};
#define BLIT_RANGES 4

/* Buffers of one blitter, allocated once. */
struct blit_buffers;
/* NULL: out of memory. */
struct blit_buffers *blit_buffers_create(void);
void blit_buffers_destroy(struct blit_buffers *buffers);

/* Whether it touches no memory at all. */
bool blit_is_empty(const struct blit *blit);

/* What it reads and writes at most; returns how many ranges there are. */
unsigned blit_ranges(struct model_memory *memory, const struct blit *blit,
                     struct blit_range ranges[BLIT_RANGES]);

/*
 * Does it. Pages that are not there read as zeros and swallow what is written; they are noted in
 * the memory (model_memory_note_fault()). 'watcher' may be NULL; it is told what is touched.
 */
void blit_run(struct model_memory *memory, struct blit_buffers *buffers, struct watcher *watcher,
              const struct blit *blit);

#endif
