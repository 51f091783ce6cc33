/* SPDX-License-Identifier: MIT */
#include "hw/model/blit.h"

#include <stdlib.h>
#include <string.h>

#include "hw/gen3/regs.h"
#include "hw/model/blit_operand.h"
#include "hw/model/blit_pixels.h"
#include "hw/model/memory.h"
#include "hw/model/rop.h"

#define ALL 0xffffffffu
/* Loops over pixels may go on so far behind the end of a buffer's contents. */
#define SLACK 64u
/* Of tiled surfaces: how wide the pieces are that are worked on row by row. */
#define BLOCK_BYTES 512u
/* From here on a blit goes past the caches. */
#define STREAM_BYTES (8u << 20)

struct blit_buffers {
    uint8_t
        source_row[BLIT_ROW_BYTES + SLACK]; /* read whole before an overlapping row is written */
    uint8_t mono[BLIT_CHUNK_BYTES / 8 + SLACK];
    uint8_t source[BLIT_CHUNK_BYTES + SLACK];
    uint8_t source_mask[BLIT_CHUNK_BYTES + SLACK];
    uint8_t destination[BLIT_CHUNK_BYTES + SLACK];
    uint8_t mask[BLIT_CHUNK_BYTES + SLACK];
    uint8_t out[BLIT_CHUNK_BYTES + SLACK];
    uint8_t solid[BLIT_CHUNK_BYTES + SLACK];
    uint8_t solid_mask[BLIT_CHUNK_BYTES + SLACK];
    uint8_t pattern[BLIT_PATTERN][BLIT_CHUNK_BYTES + SLACK];
    uint8_t pattern_mask[BLIT_PATTERN][BLIT_CHUNK_BYTES + SLACK];
    uint8_t pattern_pixels[BLIT_PATTERN * BLIT_PATTERN * 4];
};

struct blit_buffers *blit_buffers_create(void)
{
    return calloc(1, sizeof(struct blit_buffers));
}

void blit_buffers_destroy(struct blit_buffers *buffers)
{
    free(buffers);
}

enum work { WORK_FILL, WORK_COPY, WORK_ANY };

/* A blit at work. */
struct run {
    const struct blit *blit;
    struct model_memory *memory;
    struct blit_buffers *buffers;
    struct blit_operand to, from;
    uint32_t bytes, rows;
    enum work work;
    uint32_t fill; /* WORK_FILL */
    bool stream;
    bool ordered;            /* source and destination may overlap */
    bool uses_source_pixels; /* by the operation or the key */
    bool uses_pattern_pixels;
    unsigned patterns_ready; /* one bit per row of the pattern */
};

bool blit_is_empty(const struct blit *blit)
{
    return blit->x2 <= blit->x1 || blit->y2 <= blit->y1 || blit->mask == 0;
}

static int64_t first_byte(uint32_t address, int32_t pitch, int32_t x, int32_t y, uint32_t cpp)
{
    return (int64_t)address + (int64_t)y * pitch + (int64_t)x * cpp;
}

static int64_t first_written(const struct blit *blit)
{
    return first_byte(blit->address, blit->pitch, blit->x1, blit->y1, blit->cpp);
}

static int64_t first_read(const struct blit *blit)
{
    return first_byte(blit->source_address, blit->source_pitch, blit->source_x, blit->source_y,
                      blit->cpp);
}

static uint64_t pattern_address(const struct blit *blit)
{
    return blit->pattern_address & ~(BLIT_PATTERN * BLIT_PATTERN * blit->cpp - 1);
}

static bool key_reads_pattern(const struct blit *blit)
{
    return blit->key == BLIT_KEY_SOURCE && blit->source != BLIT_COLOUR_SOURCE;
}

static bool reads_source(const struct blit *blit)
{
    switch (blit->source) {
    case BLIT_NO_SOURCE:
        return false;
    case BLIT_COLOUR_SOURCE:
        return rop_uses_source(blit->rop) || blit->key == BLIT_KEY_SOURCE;
    case BLIT_MONO_SOURCE:
        return rop_uses_source(blit->rop) || blit->source_transparent;
    }
    return false;
}

/* The pattern ------------------------------------------------------------------------------- */

static void prepare_pattern(struct run *run)
{
    const struct blit *blit = run->blit;
    struct blit_buffers *buffers = run->buffers;
    uint32_t size = BLIT_PATTERN * BLIT_PATTERN * blit->cpp;
    uint32_t bytes = run->bytes < BLIT_CHUNK_BYTES ? run->bytes : BLIT_CHUNK_BYTES;

    if (blit->mask != ALL) {
        pixels_fill(buffers->solid_mask, blit->mask, bytes + 4, false);
    }
    if (!run->uses_pattern_pixels) {
        return;
    }
    if (blit->pattern == BLIT_SOLID) {
        pixels_fill(buffers->solid, blit->pattern_colour[1], bytes + 4, false);
    } else if (blit->pattern == BLIT_COLOUR_PATTERN && blit->pattern_data != NULL) {
        memcpy(buffers->pattern_pixels, blit->pattern_data, size);
    } else if (blit->pattern == BLIT_COLOUR_PATTERN &&
               !model_memory_read(run->memory, pattern_address(blit), buffers->pattern_pixels,
                                  size)) {
        memset(buffers->pattern_pixels, 0, size);
        model_memory_note_fault(run->memory, PGTBL_ER_LC_PTE, pattern_address(blit));
    }
}

/* Eight pixels, again and again. */
static void repeat(uint8_t *row, uint32_t period, uint32_t bytes)
{
    for (uint32_t have = period; have < bytes; have *= 2) {
        memcpy(row + have, row, have < bytes - have ? have : bytes - have);
    }
}

static void prepare_pattern_row(struct run *run, unsigned r)
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
static uint32_t pattern_place(struct run *run, uint32_t x, uint32_t row, unsigned *r)
{
    const struct blit *blit = run->blit;
    unsigned column = ((unsigned)blit->x1 + x / blit->cpp + blit->seed_x) % BLIT_PATTERN;

    *r = ((unsigned)blit->y1 + row + blit->seed_y) % BLIT_PATTERN;
    if (!(run->patterns_ready >> *r & 1u)) {
        prepare_pattern_row(run, *r);
    }
    return column * blit->cpp;
}

static const uint8_t *pattern_pixels(struct run *run, uint32_t x, uint32_t row)
{
    unsigned r;

    if (run->blit->pattern == BLIT_SOLID) {
        return run->buffers->solid + (x & 3u);
    }
    uint32_t place = pattern_place(run, x, row, &r);
    return run->buffers->pattern[r] + place;
}

/* The source -------------------------------------------------------------------------------- */

/* The bits of a piece of a mono source's row, as a mask of pixels in buffers->source_mask. */
static void mono_mask(struct run *run, uint32_t x, uint32_t row, uint32_t n)
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
        uint64_t address = (uint64_t)blit->source_address + first;
        if (!model_memory_read(run->memory, address, buffers->mono, size)) {
            memset(buffers->mono, 0, size);
            model_memory_note_fault(run->memory, PGTBL_ER_LC_PTE, address);
        }
    } else if (first + size <= blit->source_size) {
        bits = blit->source_data + first;
    } else {
        memset(buffers->mono, 0, size); /* the decoder does not let it come so far */
    }
    pixels_spread(buffers->source_mask, bits, (uint32_t)(bit % 8), count, blit->cpp);
}

static const uint8_t *source_pixels(struct run *run, uint32_t x, uint32_t row, uint32_t n)
{
    struct blit_buffers *buffers = run->buffers;

    if (run->blit->source == BLIT_MONO_SOURCE) {
        pixels_choose(buffers->source, buffers->source_mask, run->blit->source_colour, n);
        return buffers->source;
    }
    if (run->ordered) {
        return buffers->source_row + x;
    }
    const uint8_t *whole = blit_operand_whole(&run->from, x, row, n);
    if (whole == NULL) {
        blit_operand_gather(&run->from, x, row, buffers->source, n);
        whole = buffers->source;
    }
    return whole;
}

/* Which bytes are written ------------------------------------------------------------------- */

static const struct pixels_field fields[4][4] = {
    {{0, 0xff}},
    {{0, 0x1f}, {5, 0x3f}, {11, 0x1f}},
    {{0, 0x1f}, {5, 0x1f}, {10, 0x1f}, {15, 1}},
    {{0, 0xff}, {8, 0xff}, {16, 0xff}, {24, 0xff}},
};
static const uint8_t field_count[4][2] = {{1, 1}, {3, 3}, {3, 4}, {3, 4}}; /* [1]: with alpha */

static void key_mask(struct run *run, const uint8_t *pixels, uint8_t *mask, uint32_t n)
{
    const struct blit *blit = run->blit;
    unsigned depth = blit->cpp == 4 ? 3 : blit->cpp == 1 ? 0 : blit->is_1555 ? 2 : 1;

    pixels_in_range(mask, pixels, n / blit->cpp, blit->cpp, fields[depth],
                    field_count[depth][blit->key_alpha], blit->key_low, blit->key_high,
                    blit->key == BLIT_KEY_SOURCE);
}

/* Adds a mask to those so far; the first is taken as it is. */
static const uint8_t *and_mask(struct run *run, const uint8_t *so_far, const uint8_t *mask,
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

static const uint8_t *write_mask(struct run *run, uint32_t x, uint32_t row, uint32_t n,
                                 const uint8_t *key)
{
    const struct blit *blit = run->blit;
    const uint8_t *mask = blit->mask != ALL ? run->buffers->solid_mask + (x & 3u) : NULL;

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

/* Pieces of rows ---------------------------------------------------------------------------- */

static void fill_piece(struct run *run, uint32_t x, uint32_t row, uint32_t n)
{
    uint8_t *to = blit_operand_whole(&run->to, x, row, n);

    if (to != NULL) {
        pixels_fill(to, pixels_rotate(run->fill, x), n, run->stream);
        return;
    }
    while (n > 0) {
        uint32_t part = n < BLIT_CHUNK_BYTES ? n : BLIT_CHUNK_BYTES;
        blit_operand_scatter(&run->to, x, row, run->buffers->solid + (x & 3u), part);
        x += part;
        n -= part;
    }
}

static void copy_piece(struct run *run, uint32_t x, uint32_t row, uint32_t n)
{
    uint8_t *to = blit_operand_whole(&run->to, x, row, n);
    const uint8_t *from =
        run->ordered ? run->buffers->source_row + x : blit_operand_whole(&run->from, x, row, n);

    if (to != NULL && from != NULL) {
        pixels_copy(to, from, n, run->stream);
    } else if (to != NULL) {
        blit_operand_gather(&run->from, x, row, to, n);
    } else if (from != NULL) {
        blit_operand_scatter(&run->to, x, row, from, n);
    } else {
        while (n > 0) {
            uint32_t part = n < BLIT_CHUNK_BYTES ? n : BLIT_CHUNK_BYTES;
            blit_operand_gather(&run->from, x, row, run->buffers->source, part);
            blit_operand_scatter(&run->to, x, row, run->buffers->source, part);
            x += part;
            n -= part;
        }
    }
}

/* At most BLIT_CHUNK_BYTES, whole pixels. */
static void any_piece(struct run *run, uint32_t x, uint32_t row, uint32_t n)
{
    const struct blit *blit = run->blit;
    struct blit_buffers *buffers = run->buffers;
    uint8_t *to = blit_operand_whole(&run->to, x, row, n);
    const uint8_t *destination = to;
    const uint8_t *pattern = run->uses_pattern_pixels ? pattern_pixels(run, x, row) : NULL;
    const uint8_t *source = NULL;
    const uint8_t *key = NULL;

    if (blit->source == BLIT_MONO_SOURCE && reads_source(blit)) {
        mono_mask(run, x, row, n);
    }
    if (run->uses_source_pixels) {
        source = source_pixels(run, x, row, n);
    }
    bool masked = blit->mask != ALL || blit->key != BLIT_NO_KEY ||
                  (blit->source == BLIT_MONO_SOURCE && blit->source_transparent) ||
                  (blit->pattern == BLIT_MONO_PATTERN && blit->pattern_transparent);
    if (to == NULL && (masked || rop_uses_destination(blit->rop))) {
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
    const uint8_t *mask = masked ? write_mask(run, x, row, n, key) : NULL;
    rop_run(blit->rop, pattern, source, destination, mask, to != NULL ? to : buffers->out, n);
    if (to == NULL) {
        blit_operand_scatter(&run->to, x, row, buffers->out, n);
    }
}

static void piece(struct run *run, uint32_t x, uint32_t row, uint32_t n)
{
    switch (run->work) {
    case WORK_FILL:
        fill_piece(run, x, row, n);
        return;
    case WORK_COPY:
        copy_piece(run, x, row, n);
        return;
    case WORK_ANY:
        while (n > BLIT_CHUNK_BYTES) {
            any_piece(run, x, row, BLIT_CHUNK_BYTES);
            x += BLIT_CHUNK_BYTES;
            n -= BLIT_CHUNK_BYTES;
        }
        any_piece(run, x, row, n);
        return;
    }
}

/* Ways through the rectangle ---------------------------------------------------------------- */

/* An overlapping source is read whole before the row is written. */
static void read_source_row(struct run *run, uint32_t row)
{
    if (run->ordered) {
        blit_operand_gather(&run->from, 0, row, run->buffers->source_row, run->bytes);
    }
}

/* A row in pieces of memory; where nothing is, nothing is done. */
static void scattered_row(struct run *run, uint32_t row)
{
    uint32_t cpp = run->blit->cpp;
    bool is_read = false;

    for (uint32_t x = 0; x < run->bytes;) {
        uint32_t span;
        uint8_t *to = blit_operand_lookup(&run->to, x, row, run->bytes - x, &span);
        uint32_t n = span < BLIT_CHUNK_BYTES || to == NULL ? span : BLIT_CHUNK_BYTES;
        n -= n % cpp;
        if (to == NULL && n > 0) {
            x += n;
            continue;
        }
        if (!is_read) {
            read_source_row(run, row);
            is_read = true;
        }
        n = n > 0 ? n : cpp; /* a pixel that is split between two places */
        piece(run, x, row, n);
        x += n;
    }
}

/* Row by row; overlapping ones from the end that is not overwritten before it is read. */
static void walk_rows(struct run *run)
{
    bool upwards = false;

    if (run->ordered) {
        int64_t ahead = run->from.first - run->to.first;
        upwards = run->to.pitch >= 0 ? ahead < 0 : ahead > 0;
    }
    for (uint32_t i = 0; i < run->rows; i++) {
        uint32_t row = upwards ? run->rows - 1 - i : i;
        if (run->to.walk == BLIT_WALK_SCATTERED) {
            scattered_row(run, row);
        } else {
            read_source_row(run, row);
            piece(run, 0, row, run->bytes);
        }
    }
}

/* Whether bytes of both operands lie in the same places of tiles of the same kind. */
static bool are_congruent(const struct blit_operand *a, const struct blit_operand *b)
{
    uint32_t rows = 1u << a->band_shift;
    uint32_t width = 4096u >> a->band_shift;

    return a->walk == BLIT_WALK_TILED && b->walk == BLIT_WALK_TILED &&
           a->band_shift == b->band_shift && a->run_shift == b->run_shift &&
           a->x % width == b->x % width && a->y % rows == b->y % rows;
}

/* Whole tiles, which are one stretch of memory: how many bytes of the row they are, 0 none. */
static uint32_t tiles_at_once(struct run *run, const struct blit_operand *grid, uint32_t x,
                              uint32_t row, bool congruent)
{
    uint32_t width = 4096u >> grid->band_shift;
    uint32_t n = (run->bytes - x) / width * width;
    size_t size = (size_t)n << grid->band_shift;
    uint32_t span;

    if ((grid->x + x) % width != 0 || n == 0 || grid != &run->to) {
        return 0;
    }
    uint8_t *to = blit_operand_run(&run->to, x, row, n, &span);
    if (run->work == WORK_FILL) {
        pixels_fill(to, pixels_rotate(run->fill, x), size, run->stream);
        return n;
    }
    if (run->work == WORK_COPY && congruent) {
        pixels_copy(to, blit_operand_run(&run->from, x, row, n, &span), size, run->stream);
        return n;
    }
    return 0;
}

/* Tile by tile of 'grid', which is one of the operands. */
static void walk_tiles(struct run *run, const struct blit_operand *grid)
{
    uint32_t band = 1u << grid->band_shift;
    bool congruent = run->work == WORK_COPY && are_congruent(&run->to, &run->from);

    for (uint32_t row = 0, end; row < run->rows; row = end) {
        end = row + band - ((grid->y + row) & (band - 1));
        end = end < run->rows ? end : run->rows;
        for (uint32_t x = 0; x < run->bytes;) {
            uint32_t n = end - row == band ? tiles_at_once(run, grid, x, row, congruent) : 0;
            if (n > 0) {
                x += n;
                continue;
            }
            n = BLOCK_BYTES - (grid->x + x) % BLOCK_BYTES;
            n = n < run->bytes - x ? n : run->bytes - x;
            for (uint32_t y = row; y < end; y++) {
                piece(run, x, y, n);
            }
            x += n;
        }
    }
}

/* Rows that follow each other without gaps are one. */
static bool walk_whole(struct run *run)
{
    size_t size = (size_t)run->bytes * run->rows;

    if (run->to.walk != BLIT_WALK_LINEAR || run->to.pitch != (int64_t)run->bytes) {
        return false;
    }
    if (run->work == WORK_FILL && run->bytes % 4 == 0) {
        pixels_fill(run->to.host, run->fill, size, run->stream);
        return true;
    }
    if (run->work == WORK_COPY && !run->ordered && run->from.walk == BLIT_WALK_LINEAR &&
        run->from.pitch == (int64_t)run->bytes) {
        pixels_copy(run->to.host, run->from.host, size, run->stream);
        return true;
    }
    return false;
}

static void walk(struct run *run)
{
    uint32_t cpp = run->blit->cpp;

    if (walk_whole(run)) {
        return;
    }
    /* Tiles must end between pixels. */
    if (!run->ordered && run->to.walk == BLIT_WALK_TILED && run->to.x % cpp == 0) {
        walk_tiles(run, &run->to);
    } else if (!run->ordered && run->to.walk == BLIT_WALK_LINEAR &&
               run->blit->source == BLIT_COLOUR_SOURCE && run->from.walk == BLIT_WALK_TILED &&
               run->from.x % cpp == 0) {
        walk_tiles(run, &run->from);
    } else {
        walk_rows(run);
    }
}

/* The whole blit ---------------------------------------------------------------------------- */

/* Two rectangles of one pitch that share no byte although their rows interleave. */
static bool are_apart(const struct run *run, int64_t to, int64_t from)
{
    int64_t pitch = run->to.pitch;
    int64_t low = to < from ? to : from;
    int64_t distance = (to < from ? from : to) - low;

    if (pitch != run->from.pitch || pitch < (int64_t)run->bytes) {
        return false;
    }
    /* Seen from the lower one, the other begins so many rows down and bytes to the right. */
    int64_t down = distance / pitch;
    int64_t right = distance % pitch;
    if (down >= run->rows) {
        return true;
    }
    return right >= run->bytes && right + run->bytes <= pitch;
}

static bool may_overlap(const struct run *run)
{
    int64_t low[2];
    int64_t high[2];
    int64_t to = run->to.first;
    int64_t from = run->from.first;

    blit_operand_extent(to, run->to.pitch, run->bytes, run->rows, &low[0], &high[0]);
    blit_operand_extent(from, run->from.pitch, run->bytes, run->rows, &low[1], &high[1]);
    return low[0] < high[1] && low[1] < high[0] && !are_apart(run, to, from);
}

/* What becomes of a blit whose result is one colour, or its source. */
static void choose_work(struct run *run)
{
    const struct blit *blit = run->blit;
    bool masked = blit->mask != ALL || blit->key != BLIT_NO_KEY ||
                  (blit->source == BLIT_MONO_SOURCE && blit->source_transparent) ||
                  (blit->pattern == BLIT_MONO_PATTERN && blit->pattern_transparent);

    run->work = WORK_ANY;
    if (masked || rop_uses_destination(blit->rop)) {
        return;
    }
    if (!rop_uses_source(blit->rop) &&
        (blit->pattern == BLIT_SOLID || !rop_uses_pattern(blit->rop))) {
        uint32_t colour = blit->pattern_colour[1];
        run->work = WORK_FILL;
        run->fill = (blit->rop & 0x10 ? colour : 0) | (blit->rop & 0x01 ? ~colour : 0);
    } else if (blit->rop == ROP_COPY && blit->source == BLIT_COLOUR_SOURCE) {
        run->work = WORK_COPY;
    }
}

void blit_run(struct model_memory *memory, struct blit_buffers *buffers, const struct blit *blit)
{
    struct run run;

    if (blit_is_empty(blit)) {
        return;
    }
    run.blit = blit;
    run.memory = memory;
    run.buffers = buffers;
    run.bytes = (uint32_t)(blit->x2 - blit->x1) * blit->cpp;
    run.rows = (uint32_t)(blit->y2 - blit->y1);
    run.ordered = false;
    run.patterns_ready = 0;
    choose_work(&run);
    run.stream = run.work != WORK_ANY && (uint64_t)run.bytes * run.rows >= STREAM_BYTES;
    run.uses_source_pixels = blit->source == BLIT_COLOUR_SOURCE
                                 ? reads_source(blit)
                                 : blit->source == BLIT_MONO_SOURCE && rop_uses_source(blit->rop);
    run.uses_pattern_pixels =
        run.work == WORK_ANY && (rop_uses_pattern(blit->rop) || key_reads_pattern(blit));
    blit_operand_init(&run.to, memory, first_written(blit), blit->pitch, run.bytes, run.rows);
    if (blit->source == BLIT_COLOUR_SOURCE && run.uses_source_pixels) {
        blit_operand_init(&run.from, memory, first_read(blit), blit->source_pitch, run.bytes,
                          run.rows);
        run.ordered = may_overlap(&run);
    } else {
        run.from.walk = BLIT_WALK_SCATTERED;
    }
    if (run.work == WORK_ANY) {
        prepare_pattern(&run);
    } else if (run.work == WORK_FILL && run.to.walk != BLIT_WALK_LINEAR) {
        uint32_t bytes = run.bytes < BLIT_CHUNK_BYTES ? run.bytes : BLIT_CHUNK_BYTES;
        pixels_fill(buffers->solid, run.fill, bytes + 4, false);
    }
    walk(&run);
    if (run.stream) {
        pixels_stream_end();
    }
}

/* Ranges ------------------------------------------------------------------------------------ */

static struct blit_range surface_range(struct model_memory *memory, int64_t first, int32_t pitch,
                                       uint32_t bytes, uint32_t rows, bool written)
{
    struct model_fence fence;
    int64_t low;
    int64_t high;

    blit_operand_extent(first, pitch, bytes, rows, &low, &high);
    low = low > 0 ? low : 0;
    high = high > 0 ? high : 0;
    struct blit_range range = {(uint64_t)low, (uint64_t)high, written};
    switch (model_memory_view(memory, range.low, range.high, &fence)) {
    case MODEL_VIEW_LINEAR:
        break;
    case MODEL_VIEW_FENCED: {
        /* A row of tiles of either kind is at most this high. */
        uint64_t band = (uint64_t)fence.pitch * 32;
        range.low = fence.start + (range.low - fence.start) / band * band;
        range.high = fence.start + (range.high - fence.start + band - 1) / band * band;
        break;
    }
    case MODEL_VIEW_MIXED:
        range.low = 0;
        range.high = UINT64_MAX;
        break;
    }
    return range;
}

unsigned blit_ranges(struct model_memory *memory, const struct blit *blit,
                     struct blit_range ranges[BLIT_RANGES])
{
    unsigned count = 0;

    if (blit_is_empty(blit)) {
        return 0;
    }
    uint32_t bytes = (uint32_t)(blit->x2 - blit->x1) * blit->cpp;
    uint32_t rows = (uint32_t)(blit->y2 - blit->y1);
    ranges[count++] = surface_range(memory, first_written(blit), blit->pitch, bytes, rows, true);
    if (blit->source == BLIT_COLOUR_SOURCE && reads_source(blit)) {
        ranges[count++] =
            surface_range(memory, first_read(blit), blit->source_pitch, bytes, rows, false);
    }
    if (blit->source == BLIT_MONO_SOURCE && reads_source(blit) && blit->source_data == NULL) {
        uint64_t bits =
            (uint64_t)blit->source_x +
            (uint64_t)(blit->source_y + (int64_t)rows) * (uint64_t)blit->source_row_bits +
            bytes / blit->cpp;
        ranges[count++] =
            (struct blit_range){blit->source_address, blit->source_address + bits / 8 + 1, false};
    }
    if (blit->pattern == BLIT_COLOUR_PATTERN && blit->pattern_data == NULL) {
        uint64_t at = pattern_address(blit);
        ranges[count++] =
            (struct blit_range){at, at + (uint64_t)BLIT_PATTERN * BLIT_PATTERN * blit->cpp, false};
    }
    return count;
}
