/* SPDX-License-Identifier: MIT */
/* Pieces of rows: what their operands are, what of them is written, and what a watcher hears. */
#include "hw/model/blit_run.h"

#include <string.h>

#include "hw/gen3/regs.h"
#include "hw/model/blit_pixels.h"
#include "hw/model/memory.h"
#include "hw/model/watcher.h"

/* What is touched ---------------------------------------------------------------------------- */

static void tell(struct blit_run *run, uint64_t address, uint64_t size, bool write)
{
    if (run->watcher != NULL) {
        watcher_touch(run->watcher, MODEL_WATCH_BLITTER, address, size, write);
    }
}

/* n bytes of a row, where they are in the GTT, as far as something is there. */
static void tell_row(struct blit_run *run, const struct blit_operand *operand, uint32_t x,
                     uint32_t row, uint32_t n, bool write)
{
    while (run->watcher != NULL && n > 0) {
        uint64_t address = (uint64_t)(operand->first + operand->pitch * (int64_t)row + (int64_t)x);
        uint64_t behind;
        uint64_t part;
        behind = model_memory_fenced_address(run->memory, address, &part);
        part = part < n ? part : n;
        uint64_t missing = model_memory_missing(run->memory, behind, part);
        uint64_t page = 4096 - (behind & 4095);
        part = missing > 0 ? missing : part < page ? part : page;
        if (missing == 0) {
            tell(run, behind, part, write);
        }
        x += (uint32_t)part;
        n -= (uint32_t)part;
    }
}

/* The bytes of a piece that a mask lets through. */
static void tell_written(struct blit_run *run, uint32_t x, uint32_t row, uint32_t n,
                         const uint8_t *mask)
{
    if (mask == NULL || run->watcher == NULL) {
        tell_row(run, &run->to, x, row, n, true);
        return;
    }
    for (uint32_t i = 0; i < n;) {
        uint32_t end = i;
        while (end < n && mask[end] != 0) {
            end++;
        }
        tell_row(run, &run->to, x + i, row, end - i, true);
        i = end + (end < n);
    }
}

/* Patterns and bits; zeros if not all of it is there. */
static void read_memory(struct blit_run *run, uint64_t address, uint8_t *to, size_t size)
{
    if (model_memory_read(run->memory, address, to, size)) {
        tell(run, address, size, false);
    } else {
        memset(to, 0, size);
        model_memory_note_fault(run->memory, PGTBL_ER_LC_PTE, address);
    }
}

/* The pattern -------------------------------------------------------------------------------- */

void blit_prepare(struct blit_run *run)
{
    const struct blit *blit = run->blit;
    struct blit_buffers *buffers = run->buffers;
    uint32_t size = BLIT_PATTERN * BLIT_PATTERN * blit->cpp;
    uint32_t bytes = run->bytes < BLIT_CHUNK_BYTES ? run->bytes : BLIT_CHUNK_BYTES;

    if (run->work == BLIT_WORK_FILL && run->to.walk != BLIT_WALK_LINEAR) {
        pixels_fill(buffers->solid, run->fill, bytes + 4);
    }
    if (blit->mask != BLIT_ALL) {
        pixels_fill(buffers->solid_mask, blit->mask, bytes + 4);
    }
    if (!run->uses_pattern_pixels) {
        return;
    }
    if (blit->pattern == BLIT_SOLID) {
        pixels_fill(buffers->solid, blit->pattern_colour[1], bytes + 4);
    } else if (blit->pattern == BLIT_COLOUR_PATTERN && blit->pattern_data != NULL) {
        memcpy(buffers->pattern_pixels, blit->pattern_data, size);
    } else if (blit->pattern == BLIT_COLOUR_PATTERN) {
        read_memory(run, blit_pattern_address(blit), buffers->pattern_pixels, size);
    }
}

/* Eight pixels, again and again. */
static void repeat(uint8_t *row, uint32_t period, uint32_t bytes)
{
    for (uint32_t have = period; have < bytes; have *= 2) {
        memcpy(row + have, row, have < bytes - have ? have : bytes - have);
    }
}

static void prepare_pattern_row(struct blit_run *run, unsigned r)
{
    const struct blit *blit = run->blit;
    struct blit_buffers *buffers = run->buffers;
    uint32_t period = BLIT_PATTERN * blit->cpp;
    uint32_t bytes = (run->bytes < BLIT_CHUNK_BYTES ? run->bytes : BLIT_CHUNK_BYTES) + period;

    if (blit->pattern == BLIT_COLOUR_PATTERN) {
        memcpy(buffers->pattern[r], buffers->pattern_pixels + r * period, period);
        repeat(buffers->pattern[r], period, bytes);
    } else {
        pixels_spread(buffers->pattern_mask[r], &blit->pattern_bits[r], 0, BLIT_PATTERN, blit->cpp);
        repeat(buffers->pattern_mask[r], period, bytes);
        pixels_choose(buffers->pattern[r], buffers->pattern_mask[r], blit->pattern_colour, bytes);
    }
    run->patterns_ready |= 1u << r;
}

/* Where a piece of a row begins in the pattern's prepared rows; *r says in which. */
static uint32_t pattern_place(struct blit_run *run, uint32_t x, uint32_t row, unsigned *r)
{
    const struct blit *blit = run->blit;
    unsigned column = ((unsigned)blit->x1 + x / blit->cpp + blit->seed_x) % BLIT_PATTERN;

    *r = ((unsigned)blit->y1 + row + blit->seed_y) % BLIT_PATTERN;
    if (!(run->patterns_ready >> *r & 1u)) {
        prepare_pattern_row(run, *r);
    }
    return column * blit->cpp;
}

static const uint8_t *pattern_pixels(struct blit_run *run, uint32_t x, uint32_t row)
{
    unsigned r;

    if (run->blit->pattern == BLIT_SOLID) {
        return run->buffers->solid + (x & 3u);
    }
    uint32_t place = pattern_place(run, x, row, &r);
    return run->buffers->pattern[r] + place;
}

/* The source --------------------------------------------------------------------------------- */

/* The bits of a piece of a mono source's row, as a mask of pixels in buffers->source_mask. */
static void mono_mask(struct blit_run *run, uint32_t x, uint32_t row, uint32_t n)
{
    const struct blit *blit = run->blit;
    struct blit_buffers *buffers = run->buffers;
    uint64_t bit = (uint64_t)(blit->source_y + (int64_t)row) * (uint64_t)blit->source_row_bits +
                   (uint64_t)blit->source_x + x / blit->cpp;
    uint32_t count = n / blit->cpp;
    uint64_t first = bit / 8;
    size_t size = (size_t)((bit % 8 + count + 7) / 8);
    const uint8_t *bits = buffers->mono;

    if (blit->source_data == NULL) {
        read_memory(run, (uint64_t)blit->source_address + first, buffers->mono, size);
    } else if (first + size <= blit->source_size) {
        bits = blit->source_data + first;
    } else {
        memset(buffers->mono, 0, size); /* the decoder does not let it come so far */
    }
    pixels_spread(buffers->source_mask, bits, (uint32_t)(bit % 8), count, blit->cpp);
}

static const uint8_t *source_pixels(struct blit_run *run, uint32_t x, uint32_t row, uint32_t n)
{
    struct blit_buffers *buffers = run->buffers;

    if (run->blit->source == BLIT_MONO_SOURCE) {
        pixels_choose(buffers->source, buffers->source_mask, run->blit->source_colour, n);
        return buffers->source;
    }
    if (run->ordered) {
        return buffers->source_row + x;
    }
    tell_row(run, &run->from, x, row, n, false);
    const uint8_t *whole = blit_operand_whole(&run->from, x, row, n);
    if (whole == NULL) {
        blit_operand_gather(&run->from, x, row, buffers->source, n);
        whole = buffers->source;
    }
    return whole;
}

/* Which bytes are written -------------------------------------------------------------------- */

static const struct pixels_field fields[4][4] = {
    {{0, 0xff}},
    {{0, 0x1f}, {5, 0x3f}, {11, 0x1f}},
    {{0, 0x1f}, {5, 0x1f}, {10, 0x1f}, {15, 1}},
    {{0, 0xff}, {8, 0xff}, {16, 0xff}, {24, 0xff}},
};
static const uint8_t field_count[4][2] = {{1, 1}, {3, 3}, {3, 4}, {3, 4}}; /* [1]: with alpha */

static void key_mask(struct blit_run *run, const uint8_t *pixels, uint8_t *mask, uint32_t n)
{
    const struct blit *blit = run->blit;
    unsigned depth = blit->cpp == 4 ? 3 : blit->cpp == 1 ? 0 : blit->is_1555 ? 2 : 1;

    pixels_in_range(mask, pixels, n / blit->cpp, blit->cpp, fields[depth],
                    field_count[depth][blit->key_alpha], blit->key_low, blit->key_high,
                    blit->key == BLIT_KEY_SOURCE);
}

/* Adds a mask to those so far; the first is taken as it is. */
static const uint8_t *and_mask(struct blit_run *run, const uint8_t *so_far, const uint8_t *mask,
                               uint32_t n)
{
    if (so_far == NULL) {
        return mask;
    }
    if (so_far != run->buffers->mask) {
        memcpy(run->buffers->mask, so_far, n);
    }
    pixels_and(run->buffers->mask, mask, n);
    return run->buffers->mask;
}

static const uint8_t *write_mask(struct blit_run *run, uint32_t x, uint32_t row, uint32_t n,
                                 const uint8_t *key)
{
    const struct blit *blit = run->blit;
    const uint8_t *mask = blit->mask != BLIT_ALL ? run->buffers->solid_mask + (x & 3u) : NULL;

    if (blit->source == BLIT_MONO_SOURCE && blit->source_transparent) {
        mask = and_mask(run, mask, run->buffers->source_mask, n);
    }
    if (blit->pattern == BLIT_MONO_PATTERN && blit->pattern_transparent) {
        unsigned r;
        uint32_t place = pattern_place(run, x, row, &r);
        mask = and_mask(run, mask, run->buffers->pattern_mask[r] + place, n);
    }
    return key != NULL ? and_mask(run, mask, key, n) : mask;
}

/* An overlapping source has been told when its row was read. */
static void tell_read(struct blit_run *run, uint32_t x, uint32_t row, uint32_t n)
{
    if (!run->ordered) {
        tell_row(run, &run->from, x, row, n, false);
    }
}

/* Pieces of rows ----------------------------------------------------------------------------- */

static void fill_piece(struct blit_run *run, uint32_t x, uint32_t row, uint32_t n)
{
    uint8_t *to = blit_operand_whole(&run->to, x, row, n);

    tell_written(run, x, row, n, NULL);
    if (to != NULL) {
        pixels_fill(to, pixels_rotate(run->fill, x), n);
        return;
    }
    while (n > 0) {
        uint32_t part = n < BLIT_CHUNK_BYTES ? n : BLIT_CHUNK_BYTES;
        blit_operand_scatter(&run->to, x, row, run->buffers->solid + (x & 3u), part);
        x += part;
        n -= part;
    }
}

/* Neither end is in one place. Parts of a copy may be made at the same time: no shared buffer. */
static void copy_scattered(const struct blit_run *run, uint32_t x, uint32_t row, uint32_t n)
{
    uint8_t pixels[BLIT_CHUNK_BYTES];

    while (n > 0) {
        uint32_t part = n < BLIT_CHUNK_BYTES ? n : BLIT_CHUNK_BYTES;
        blit_operand_gather(&run->from, x, row, pixels, part);
        blit_operand_scatter(&run->to, x, row, pixels, part);
        x += part;
        n -= part;
    }
}

static void copy_piece(struct blit_run *run, uint32_t x, uint32_t row, uint32_t n)
{
    uint8_t *to = blit_operand_whole(&run->to, x, row, n);
    const uint8_t *from =
        run->ordered ? run->buffers->source_row + x : blit_operand_whole(&run->from, x, row, n);

    tell_read(run, x, row, n);
    tell_written(run, x, row, n, NULL);
    if (to != NULL && from != NULL) {
        pixels_copy(to, from, n, run->stream);
    } else if (to != NULL) {
        blit_operand_gather(&run->from, x, row, to, n);
    } else if (from != NULL) {
        blit_operand_scatter(&run->to, x, row, from, n);
    } else {
        copy_scattered(run, x, row, n);
    }
}

/* At most BLIT_CHUNK_BYTES, whole pixels. */
static void any_piece(struct blit_run *run, uint32_t x, uint32_t row, uint32_t n)
{
    const struct blit *blit = run->blit;
    struct blit_buffers *buffers = run->buffers;
    uint8_t *to = blit_operand_whole(&run->to, x, row, n);
    const uint8_t *destination = to;
    const uint8_t *pattern = run->uses_pattern_pixels ? pattern_pixels(run, x, row) : NULL;
    const uint8_t *source = NULL;
    const uint8_t *key = NULL;

    if (blit->source == BLIT_MONO_SOURCE && blit_reads_source(blit)) {
        mono_mask(run, x, row, n);
    }
    if (run->uses_source_pixels) {
        source = source_pixels(run, x, row, n);
    }
    if (to == NULL && (run->masked || rop_uses_destination(blit->rop))) {
        blit_operand_gather(&run->to, x, row, buffers->destination, n);
        destination = buffers->destination;
    }
    if (blit->key != BLIT_NO_KEY) {
        const uint8_t *pixels = blit->key == BLIT_KEY_DESTINATION ? destination
                                : source != NULL                  ? source
                                                                  : pattern;
        key_mask(run, pixels, buffers->out, n);
        key = buffers->out;
    }
    const uint8_t *mask = run->masked ? write_mask(run, x, row, n, key) : NULL;
    if (rop_uses_destination(blit->rop) || blit->key == BLIT_KEY_DESTINATION) {
        tell_row(run, &run->to, x, row, n, false);
    }
    tell_written(run, x, row, n, mask);
    rop_run(blit->rop, pattern, source, destination, mask, to != NULL ? to : buffers->out, n);
    if (to == NULL) {
        blit_operand_scatter(&run->to, x, row, buffers->out, n);
    }
}

void blit_piece(struct blit_run *run, uint32_t x, uint32_t row, uint32_t n)
{
    switch (run->work) {
    case BLIT_WORK_FILL:
        fill_piece(run, x, row, n);
        return;
    case BLIT_WORK_COPY:
        copy_piece(run, x, row, n);
        return;
    case BLIT_WORK_ANY:
        while (n > BLIT_CHUNK_BYTES) {
            any_piece(run, x, row, BLIT_CHUNK_BYTES);
            x += BLIT_CHUNK_BYTES;
            n -= BLIT_CHUNK_BYTES;
        }
        any_piece(run, x, row, n);
        return;
    }
}

/* An overlapping source is read whole before the row is written. */
void blit_read_source_row(struct blit_run *run, uint32_t row)
{
    if (run->ordered) {
        tell_row(run, &run->from, 0, row, run->bytes, false);
        blit_operand_gather(&run->from, 0, row, run->buffers->source_row, run->bytes);
    }
}
