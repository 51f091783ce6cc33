/* SPDX-License-Identifier: MIT */
/*
 * A coloured rectangle of memory as a blit sees it: rows of bytes, through fences or not, by one
 * host pointer where memory allows it.
 *
 * Every tiling is bands of rows; in a band a row consists of runs of bytes that are a stride
 * apart, and the next row's run follows each run. Linear memory is runs without end in bands of one
 * row.
 */
#ifndef GEMD_HW_MODEL_BLIT_OPERAND_H
#define GEMD_HW_MODEL_BLIT_OPERAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/model/physical.h"

#define BLIT_COLUMN_SHIFT 4 /* log2 of what a Y tile keeps together of a row */

enum blit_walk { BLIT_WALK_LINEAR, BLIT_WALK_TILED, BLIT_WALK_SCATTERED };

struct blit_operand {
    struct model_memory *memory;
    enum blit_walk walk;
    int64_t first; /* GTT address of the rectangle's first byte, as programmed */
    int64_t pitch;
    uint8_t *host; /* linear: of 'first'; tiled: of the fence's start */

    /* tiled: */
    uint32_t x, y; /* of the first byte in the fenced surface */
    uint32_t fence_pitch;
    unsigned band_shift, run_shift, stride_shift; /* log2 */
};

/* The rectangle of 'bytes' x 'rows'. 'piecewise': scattered in any case. */
void blit_operand_init(struct blit_operand *operand, struct model_memory *memory, int64_t first,
                       int64_t pitch, uint32_t bytes, uint32_t rows, bool piecewise);

/* The GTT addresses [low, high) of a rectangle, as programmed; they may be negative. */
void blit_operand_extent(int64_t first, int64_t pitch, uint32_t bytes, uint32_t rows, int64_t *low,
                         int64_t *high);

/*
 * The host address of byte x of a row and in *span how many bytes are contiguous there ('want' are
 * of interest). NULL: nothing is there for *span bytes, which has been noted as a fault.
 */
uint8_t *blit_operand_lookup(const struct blit_operand *operand, uint32_t x, uint32_t row,
                             uint32_t want, uint32_t *span);

/* The rectangle begins so much later. */
static inline void blit_operand_skip(struct blit_operand *operand, uint32_t x, uint32_t rows)
{
    const int64_t bytes = operand->pitch * (int64_t)rows + (int64_t)x;

    operand->first += bytes;
    operand->host += operand->walk == BLIT_WALK_LINEAR ? bytes : 0;
    operand->x += x;
    operand->y += rows;
}

/* Columns of 16 bytes: a Y tile by one host pointer. */
static inline bool blit_operand_is_columns(const struct blit_operand *operand)
{
    return operand->walk == BLIT_WALK_TILED && operand->run_shift == BLIT_COLUMN_SHIFT;
}

static inline uint8_t *blit_operand_run(const struct blit_operand *operand, uint32_t x,
                                        uint32_t row, uint32_t want, uint32_t *span)
{
    if (operand->walk == BLIT_WALK_LINEAR) {
        *span = UINT32_MAX;
        return operand->host + (int64_t)row * operand->pitch + x;
    }
    if (operand->walk == BLIT_WALK_TILED) {
        uint32_t column = operand->x + x;
        uint32_t line = operand->y + row;
        uint32_t run_mask = (1u << operand->run_shift) - 1;
        uint32_t band = line >> operand->band_shift;
        uint32_t inside = line - (band << operand->band_shift);
        *span = run_mask + 1 - (column & run_mask);
        return operand->host + (((uint64_t)band * operand->fence_pitch) << operand->band_shift) +
               ((uint64_t)(column >> operand->run_shift) << operand->stride_shift) +
               ((uint64_t)inside << operand->run_shift) + (column & run_mask);
    }
    return blit_operand_lookup(operand, x, row, want, span);
}

/* The same when all n bytes are in one place, else NULL. */
static inline uint8_t *blit_operand_whole(const struct blit_operand *operand, uint32_t x,
                                          uint32_t row, uint32_t n)
{
    uint32_t span;

    if (operand->walk == BLIT_WALK_SCATTERED) {
        return NULL; /* a second look would note a fault twice */
    }
    uint8_t *at = blit_operand_run(operand, x, row, n, &span);
    return span >= n ? at : NULL;
}

/* n bytes of a row to or from a buffer. */
void blit_operand_gather(const struct blit_operand *operand, uint32_t x, uint32_t row, uint8_t *to,
                         uint32_t n);
void blit_operand_scatter(const struct blit_operand *operand, uint32_t x, uint32_t row,
                          const uint8_t *from, uint32_t n);

#endif
