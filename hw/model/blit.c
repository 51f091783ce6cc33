/* SPDX-License-Identifier: MIT */
#include "hw/model/blit.h"

#include <stdlib.h>

#include "hw/model/blit_pixels.h"
#include "hw/model/blit_run.h"
#include "hw/model/memory.h"

/* Of tiled surfaces: how wide the pieces are that are worked on row by row. */
#define BLOCK_BYTES 512u
/* From here on a blit goes past the caches: what is half as large is found there again. */
#define STREAM_BYTES (16u << 20)
/* The same between rows and columns, which caches help less. */
#define STREAM_TURNED_BYTES (4u << 20)

struct blit_buffers *blit_buffers_create(void)
{
    return calloc(1, sizeof(struct blit_buffers));
}

void blit_buffers_destroy(struct blit_buffers *buffers)
{
    free(buffers);
}

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

static bool key_reads_pattern(const struct blit *blit)
{
    return blit->key == BLIT_KEY_SOURCE && blit->source != BLIT_COLOUR_SOURCE;
}

/* Ways through the rectangle ----------------------------------------------------------------- */

/* A row in pieces of memory; where nothing is, nothing is done. */
static void scattered_row(struct blit_run *run, uint32_t row)
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
            blit_read_source_row(run, row);
            is_read = true;
        }
        n = n > 0 ? n : cpp; /* a pixel that is split between two places */
        blit_piece(run, x, row, n);
        x += n;
    }
}

/* Row by row; overlapping ones from the end that is not overwritten before it is read. */
static void walk_rows(struct blit_run *run)
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
            blit_read_source_row(run, row);
            blit_piece(run, 0, row, run->bytes);
        }
    }
}

/* Whether bytes of both operands lie in the same places of tiles of the same kind. */
static bool are_congruent(const struct blit_operand *a, const struct blit_operand *b)
{
    if (a->walk != BLIT_WALK_TILED || b->walk != BLIT_WALK_TILED ||
        a->band_shift != b->band_shift || a->run_shift != b->run_shift) {
        return false;
    }
    uint32_t rows = 1u << a->band_shift;
    uint32_t width = 4096u >> a->band_shift;
    return a->x % width == b->x % width && a->y % rows == b->y % rows;
}

/* Whole tiles, which are one stretch of memory: how many bytes of the row they are, 0 none. */
static uint32_t tiles_at_once(struct blit_run *run, const struct blit_operand *grid, uint32_t x,
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
    if (run->work == BLIT_WORK_FILL) {
        pixels_fill(to, pixels_rotate(run->fill, x), size);
        return n;
    }
    if (run->work == BLIT_WORK_COPY && congruent) {
        pixels_copy(to, blit_operand_run(&run->from, x, row, n, &span), size, run->stream);
        return n;
    }
    return 0;
}

/*
 * The first of some rows' pieces of n bytes that are *step apart in host memory; NULL if they are
 * not. Rows are in one band.
 */
static uint8_t *strip(const struct blit_operand *operand, uint32_t x, uint32_t row, uint32_t end,
                      uint32_t n, ptrdiff_t *step)
{
    if (operand->walk == BLIT_WALK_LINEAR) {
        *step = (ptrdiff_t)operand->pitch;
    } else if (operand->walk == BLIT_WALK_SCATTERED ||
               (operand->y + row) >> operand->band_shift !=
                   (operand->y + end - 1) >> operand->band_shift) {
        return NULL;
    } else {
        *step = (ptrdiff_t)1 << operand->run_shift;
    }
    return blit_operand_whole(operand, x, row, n);
}

/* Rows [row, end), n bytes of each, without looking each of them up. False: not possible. */
static bool strips(struct blit_run *run, uint32_t x, uint32_t row, uint32_t end, uint32_t n)
{
    uint8_t rop = run->blit->rop;
    ptrdiff_t step;
    ptrdiff_t from_step = 0;
    const uint8_t *from = NULL;
    uint8_t *to = strip(&run->to, x, row, end, n, &step);

    if (to == NULL || run->is_intricate || (run->uses_pattern_pixels && n > BLIT_CHUNK_BYTES)) {
        return false;
    }
    if (run->uses_source_pixels) {
        from = strip(&run->from, x, row, end, n, &from_step);
        if (from == NULL) {
            return false;
        }
    }
    uint32_t colour = pixels_rotate(run->fill, x);
    for (; row < end; row++, to += step, from += from_step) {
        switch (run->work) {
        case BLIT_WORK_FILL:
            pixels_fill(to, colour, n);
            break;
        case BLIT_WORK_COPY:
            pixels_copy(to, from, n, run->stream);
            break;
        case BLIT_WORK_ANY:
            rop_run(rop, run->buffers->solid + (x & 3u), from, to, NULL, to, n);
            break;
        }
    }
    return true;
}

/*
 * Between columns of a Y tile and rows, four lines at a time: how many rows are done of a block, 0
 * if it is not such a block.
 */
static uint32_t turn_rows(struct blit_run *run, uint32_t x, uint32_t row, uint32_t end, uint32_t n)
{
    bool to_columns = blit_operand_is_columns(&run->to);
    const struct blit_operand *columns = to_columns ? &run->to : &run->from;
    const struct blit_operand *rows = to_columns ? &run->from : &run->to;
    uint32_t span;

    if (run->work != BLIT_WORK_COPY || !blit_operand_is_columns(columns) ||
        rows->walk != BLIT_WALK_LINEAR || (columns->x + x) % 16 != 0 || n % 64 != 0 ||
        (columns->y + row) % 4 != 0) {
        return 0;
    }
    uint32_t done = (end - row) / 4 * 4;
    for (uint32_t y = row; y < row + done; y += 4) {
        pixels_turn(blit_operand_run(columns, x, y, n, &span), (size_t)1 << columns->stride_shift,
                    blit_operand_run(rows, x, y, n, &span), (ptrdiff_t)rows->pitch, n, to_columns,
                    run->stream_turned);
    }
    return done;
}

/* Tile by tile of 'grid', which is one of the operands. */
static void walk_tiles(struct blit_run *run, const struct blit_operand *grid)
{
    uint32_t band = 1u << grid->band_shift;
    bool congruent = run->work == BLIT_WORK_COPY && are_congruent(&run->to, &run->from);

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
            if (strips(run, x, row, end, n)) {
                x += n;
                continue;
            }
            for (uint32_t y = row + turn_rows(run, x, row, end, n); y < end; y++) {
                blit_piece(run, x, y, n);
            }
            x += n;
        }
    }
}

/* Rows that follow each other without gaps are one. */
static bool walk_whole(struct blit_run *run)
{
    size_t size = (size_t)run->bytes * run->rows;

    if (run->to.walk != BLIT_WALK_LINEAR || run->to.pitch != (int64_t)run->bytes) {
        return false;
    }
    if (run->work == BLIT_WORK_FILL && run->bytes % 4 == 0) {
        pixels_fill(run->to.host, run->fill, size);
        return true;
    }
    if (run->work == BLIT_WORK_COPY && !run->ordered && run->from.walk == BLIT_WALK_LINEAR &&
        run->from.pitch == (int64_t)run->bytes) {
        pixels_copy(run->to.host, run->from.host, size, run->stream);
        return true;
    }
    return false;
}

static void walk(struct blit_run *run)
{
    uint32_t cpp = run->blit->cpp;

    if (walk_whole(run) || (!run->ordered && strips(run, 0, 0, run->rows, run->bytes))) {
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

/* The whole blit ----------------------------------------------------------------------------- */

/* Two rectangles of one pitch that share no byte although their rows interleave. */
static bool are_apart(const struct blit_run *run, int64_t to, int64_t from)
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

static bool may_overlap(const struct blit_run *run)
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
static void choose_work(struct blit_run *run)
{
    const struct blit *blit = run->blit;

    run->masked = blit->mask != BLIT_ALL || blit->key != BLIT_NO_KEY ||
                  (blit->source == BLIT_MONO_SOURCE && blit->source_transparent) ||
                  (blit->pattern == BLIT_MONO_PATTERN && blit->pattern_transparent);
    /* More than an operation on a colour and two surfaces. */
    run->is_intricate = run->masked || (blit->source == BLIT_MONO_SOURCE) ||
                        (blit->pattern != BLIT_SOLID && rop_uses_pattern(blit->rop));
    run->work = BLIT_WORK_ANY;
    run->fill = 0;
    if (run->masked || rop_uses_destination(blit->rop)) {
        return;
    }
    if (!rop_uses_source(blit->rop) &&
        (blit->pattern == BLIT_SOLID || !rop_uses_pattern(blit->rop))) {
        uint32_t colour = blit->pattern_colour[1];
        run->work = BLIT_WORK_FILL;
        run->fill = (blit->rop & 0x10 ? colour : 0) | (blit->rop & 0x01 ? ~colour : 0);
    } else if (blit->rop == ROP_COPY && blit->source == BLIT_COLOUR_SOURCE) {
        run->work = BLIT_WORK_COPY;
    }
}

/* What a blit is, and where; not its buffers. */
static void plan(struct blit_run *run, struct model_memory *memory, struct watcher *watcher,
                 const struct blit *blit)
{
    run->blit = blit;
    run->memory = memory;
    run->buffers = NULL;
    run->watcher = watcher;
    run->bytes = (uint32_t)(blit->x2 - blit->x1) * blit->cpp;
    run->rows = (uint32_t)(blit->y2 - blit->y1);
    const uint64_t size = (uint64_t)run->bytes * run->rows;
    run->ordered = false;
    run->patterns_ready = 0;
    choose_work(run);
    run->stream = run->work == BLIT_WORK_COPY && size >= STREAM_BYTES;
    run->stream_turned = run->work == BLIT_WORK_COPY && size >= STREAM_TURNED_BYTES;
    run->uses_source_pixels = blit->source == BLIT_COLOUR_SOURCE
                                  ? blit_reads_source(blit)
                                  : blit->source == BLIT_MONO_SOURCE && rop_uses_source(blit->rop);
    run->uses_pattern_pixels =
        run->work == BLIT_WORK_ANY && (rop_uses_pattern(blit->rop) || key_reads_pattern(blit));
    blit_operand_init(&run->to, memory, first_written(blit), blit->pitch, run->bytes, run->rows,
                      watcher != NULL);
    if (blit->source == BLIT_COLOUR_SOURCE && run->uses_source_pixels) {
        blit_operand_init(&run->from, memory, first_read(blit), blit->source_pitch, run->bytes,
                          run->rows, watcher != NULL);
        run->ordered = may_overlap(run);
    } else {
        run->from.walk = BLIT_WALK_SCATTERED;
    }
}

void blit_run(struct model_memory *memory, struct blit_buffers *buffers, struct watcher *watcher,
              const struct blit *blit)
{
    struct blit_run run;

    if (blit_is_empty(blit)) {
        return;
    }
    plan(&run, memory, watcher, blit);
    run.buffers = buffers;
    blit_prepare(&run);
    walk(&run);
    if (run.stream_turned) {
        pixels_stream_end();
    }
}

/* Parts ------------------------------------------------------------------------------------- */

bool blit_job_init(struct blit_job *job, struct model_memory *memory, const struct blit *blit)
{
    if (blit_is_empty(blit) || blit->rop != ROP_COPY || blit->source != BLIT_COLOUR_SOURCE) {
        return false;
    }
    plan(&job->run, memory, NULL, blit);
    job->blit = *blit;
    return job->run.work == BLIT_WORK_COPY && !job->run.ordered &&
           job->run.to.walk != BLIT_WALK_SCATTERED && job->run.from.walk != BLIT_WALK_SCATTERED;
}

void blit_job_part(const void *data, int32_t x1, int32_t y1, int32_t x2, int32_t y2)
{
    const struct blit_job *job = data;
    struct blit_run run = job->run;
    const uint32_t x = (uint32_t)(x1 - job->blit.x1) * job->blit.cpp;
    const uint32_t row = (uint32_t)(y1 - job->blit.y1);

    run.blit = &job->blit;
    run.bytes = (uint32_t)(x2 - x1) * job->blit.cpp;
    run.rows = (uint32_t)(y2 - y1);
    blit_operand_skip(&run.to, x, row);
    blit_operand_skip(&run.from, x, row);
    walk(&run);
    if (run.stream_turned) {
        pixels_stream_end();
    }
}

/* Ranges ------------------------------------------------------------------------------------- */

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
    if (blit->source == BLIT_COLOUR_SOURCE && blit_reads_source(blit)) {
        ranges[count++] =
            surface_range(memory, first_read(blit), blit->source_pitch, bytes, rows, false);
    }
    if (blit->source == BLIT_MONO_SOURCE && blit_reads_source(blit) && blit->source_data == NULL) {
        uint64_t bits =
            (uint64_t)blit->source_x +
            (uint64_t)(blit->source_y + (int64_t)rows) * (uint64_t)blit->source_row_bits +
            bytes / blit->cpp;
        ranges[count++] =
            (struct blit_range){blit->source_address, blit->source_address + bits / 8 + 1, false};
    }
    if (blit->pattern == BLIT_COLOUR_PATTERN && blit->pattern_data == NULL) {
        uint64_t at = blit_pattern_address(blit);
        ranges[count++] =
            (struct blit_range){at, at + (uint64_t)BLIT_PATTERN * BLIT_PATTERN * blit->cpp, false};
    }
    return count;
}
