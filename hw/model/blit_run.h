/* SPDX-License-Identifier: MIT */
/* A blit at work: what blit.c (the way through the rectangle) and blit_piece.c (rows) share. */
#ifndef GEMD_HW_MODEL_BLIT_RUN_H
#define GEMD_HW_MODEL_BLIT_RUN_H

#include "hw/model/blit.h"
#include "hw/model/blit_operand.h"
#include "hw/model/rop.h"

/* Loops over pixels may go on so far behind the end of a buffer's contents. */
#define BLIT_SLACK 64u
#define BLIT_ALL   0xffffffffu

struct blit_buffers {
    /* A row that is read whole before the one that it overlaps is written. */
    uint8_t source_row[BLIT_ROW_BYTES + BLIT_SLACK];
    uint8_t mono[BLIT_CHUNK_BYTES / 8 + BLIT_SLACK];
    uint8_t source[BLIT_CHUNK_BYTES + BLIT_SLACK];
    uint8_t source_mask[BLIT_CHUNK_BYTES + BLIT_SLACK];
    uint8_t destination[BLIT_CHUNK_BYTES + BLIT_SLACK];
    uint8_t mask[BLIT_CHUNK_BYTES + BLIT_SLACK];
    uint8_t out[BLIT_CHUNK_BYTES + BLIT_SLACK];
    uint8_t solid[BLIT_CHUNK_BYTES + BLIT_SLACK];
    uint8_t solid_mask[BLIT_CHUNK_BYTES + BLIT_SLACK];
    uint8_t pattern[BLIT_PATTERN][BLIT_CHUNK_BYTES + BLIT_SLACK];
    uint8_t pattern_mask[BLIT_PATTERN][BLIT_CHUNK_BYTES + BLIT_SLACK];
    uint8_t pattern_pixels[BLIT_PATTERN * BLIT_PATTERN * 4];
};

enum blit_work { BLIT_WORK_FILL, BLIT_WORK_COPY, BLIT_WORK_ANY };

struct blit_run {
    const struct blit *blit;
    struct model_memory *memory;
    struct blit_buffers *buffers;
    struct watcher *watcher; /* NULL: nobody watches */
    struct blit_operand to, from;
    uint32_t bytes, rows;
    enum blit_work work;
    uint32_t fill;              /* BLIT_WORK_FILL */
    bool stream, stream_turned; /* past the caches: rows; what goes between rows and columns */
    bool masked;                /* not all bytes of the rectangle are written */
    bool is_intricate;          /* pieces of rows must be put together */
    bool ordered;               /* source and destination may overlap */
    bool uses_source_pixels;    /* by the operation or the key */
    bool uses_pattern_pixels;
    unsigned patterns_ready; /* one bit per row of the pattern */
};

static inline bool blit_reads_source(const struct blit *blit)
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

/* Patterns are aligned to their size. */
static inline uint64_t blit_pattern_address(const struct blit *blit)
{
    return blit->pattern_address & ~(BLIT_PATTERN * BLIT_PATTERN * blit->cpp - 1);
}

/* Before the first piece. */
void blit_prepare(struct blit_run *run);

/* With an overlapping source: before the first piece of a row. */
void blit_read_source_row(struct blit_run *run, uint32_t row);

/* n bytes of a row from byte x on: whole pixels, unless it is a fill or a copy. */
void blit_piece(struct blit_run *run, uint32_t x, uint32_t row, uint32_t n);

/*
 * A copy between two surfaces that are plainly there and apart, which can be made in parts, in any
 * order and at the same time. init: false if the blit is none. part: of the destination.
 */
struct blit_job {
    struct blit blit;
    struct blit_run run;
};
bool blit_job_init(struct blit_job *job, struct model_memory *memory, const struct blit *blit);
void blit_job_part(const void *job, int32_t x1, int32_t y1, int32_t x2, int32_t y2);

#endif
