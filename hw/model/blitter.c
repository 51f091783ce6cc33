/* SPDX-License-Identifier: MIT */
#include "hw/model/blitter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hw/gen3/regs.h"
#include "hw/model/core.h"
#include "hw/model/mi.h"
#include "hw/model/rop.h"

#define OPCODE(header)   ((header) >> 22 & 0x7fu)
#define WRITE_ALPHA      (1u << 21)
#define WRITE_RGB        (1u << 20)
#define HEADER_FIXED     0xffc000ffu /* client, opcode, length */
#define BR13_CLIP        (1u << 30)
#define BR13_UNKNOWN     0xbc000000u /* solid pattern, transparencies, reserved */
#define BR13_DEPTH(br13) ((br13) >> 24 & 3u)
#define BR13_ROP(br13)   ((uint8_t)((br13) >> 16))
/* Coordinates are signed 16 bit: no row is longer. */
#define MAX_ROW_PIXELS 65535u
#define MAX_ROW_BYTES  (MAX_ROW_PIXELS * 4u + 4u)
#define ROWS           5u

struct rectangle {
    int32_t x1, y1, x2, y2;
};

/* One blit, decoded. */
struct blit {
    struct rectangle to;
    uint32_t cpp;
    uint8_t rop;
    uint32_t mask; /* of a pixel's bits that are written */
    int32_t pitch;
    uint32_t address;
    bool has_source;
    int32_t source_x, source_y;
    int32_t source_pitch;
    uint32_t source_address;
    uint32_t colour;
};

int blitter_init(struct blitter *blitter)
{
    blitter->rows = calloc(ROWS, MAX_ROW_BYTES);
    return blitter->rows != NULL ? 0 : -ENOMEM;
}

void blitter_finish(struct blitter *blitter)
{
    free(blitter->rows);
}

void blitter_reset(struct blitter *blitter)
{
    blitter->clip_x1 = 0;
    blitter->clip_y1 = 0;
    blitter->clip_x2 = 0;
    blitter->clip_y2 = 0;
}

static int32_t low16(uint32_t dword)
{
    return (int16_t)(dword & 0xffffu);
}

static int32_t high16(uint32_t dword)
{
    return (int16_t)(dword >> 16);
}

/* A pixel's value over the whole row. */
static void fill_row(uint8_t *row, uint32_t value, uint32_t cpp, size_t size)
{
    for (size_t i = 0; i < size; i += cpp) {
        memcpy(row + i, &value, cpp);
    }
}

static void clip(const struct blitter *blitter, struct blit *blit)
{
    struct rectangle *to = &blit->to;
    int32_t x1 = to->x1;
    int32_t y1 = to->y1;

    to->x1 = to->x1 > blitter->clip_x1 ? to->x1 : blitter->clip_x1;
    to->y1 = to->y1 > blitter->clip_y1 ? to->y1 : blitter->clip_y1;
    to->x2 = to->x2 < blitter->clip_x2 ? to->x2 : blitter->clip_x2;
    to->y2 = to->y2 < blitter->clip_y2 ? to->y2 : blitter->clip_y2;
    blit->source_x += to->x1 - x1;
    blit->source_y += to->y1 - y1;
}

static int64_t row_address(uint32_t base, int32_t pitch, int32_t x, int32_t y, uint32_t cpp)
{
    return (int64_t)base + (int64_t)y * pitch + (int64_t)x * cpp;
}

/* The buffers of a blit; each holds one row. */
struct row_buffers {
    uint8_t *pattern, *source, *destination, *mask, *before;
};

/* One row: what is written is complete before the next begins. False on a fault. */
static bool blit_row(struct model_memory *memory, const struct blit *blit,
                     const struct row_buffers *rows, int64_t to, int64_t from, size_t size)
{
    const uint8_t *result = rows->pattern;
    bool whole = blit->mask == 0xffffffffu;

    /* Addresses below the base of the GTT become huge, and so faults. */
    if (blit->has_source && rop_uses_source(blit->rop) &&
        !model_memory_fenced_read(memory, (uint64_t)from, rows->source, size)) {
        return false;
    }
    if (whole && blit->rop == ROP_COPY) {
        result = rows->source;
    } else if (!whole || blit->rop != ROP_FILL) {
        if ((!whole || rop_uses_destination(blit->rop)) &&
            !model_memory_fenced_read(memory, (uint64_t)to, rows->destination, size)) {
            return false;
        }
        uint8_t *out = rows->destination;
        if (whole) {
            rop_run(blit->rop, rows->pattern, rows->source, out, size);
        } else {
            memcpy(rows->before, out, size);
            rop_run(blit->rop, rows->pattern, rows->source, out, size);
            for (size_t i = 0; i < size; i++) {
                out[i] = (uint8_t)((out[i] & rows->mask[i]) | (rows->before[i] & ~rows->mask[i]));
            }
        }
        result = out;
    }
    return model_memory_fenced_write(memory, (uint64_t)to, result, size);
}

static void run(struct model *model, struct blit *blit, struct outcome *outcome)
{
    uint8_t *base = model->blitter.rows;
    const struct row_buffers rows = {base, base + MAX_ROW_BYTES, base + 2 * MAX_ROW_BYTES,
                                     base + 3 * MAX_ROW_BYTES, base + 4 * MAX_ROW_BYTES};
    struct rectangle *to = &blit->to;

    if (to->x2 <= to->x1 || to->y2 <= to->y1 || blit->mask == 0) {
        return;
    }
    size_t size = (size_t)(to->x2 - to->x1) * blit->cpp;
    fill_row(rows.pattern, blit->colour, blit->cpp, size);
    fill_row(rows.mask, blit->mask, blit->cpp, size);
    if (!blit->has_source) {
        memset(rows.source, 0, size);
    }
    int64_t first = row_address(blit->address, blit->pitch, to->x1, to->y1, blit->cpp);
    int64_t source_first = row_address(blit->source_address, blit->source_pitch, blit->source_x,
                                       blit->source_y, blit->cpp);
    int32_t height = to->y2 - to->y1;
    /* Upwards when the rows to be read lie below those that are written. */
    bool upwards = blit->has_source && first > source_first && blit->pitch > 0;
    for (int32_t i = 0; i < height; i++) {
        int32_t y = upwards ? height - 1 - i : i;
        int64_t at = first + (int64_t)y * blit->pitch;
        int64_t from = source_first + (int64_t)y * blit->source_pitch;
        if (!blit_row(model->memory, blit, &rows, at, from, size)) {
            outcome_fault(outcome, PGTBL_ER_LC_PTE,
                          "blit row at 0x%llx from 0x%llx, %zu bytes: no memory",
                          (unsigned long long)at, (unsigned long long)from, size);
            return;
        }
    }
}

/* What the copy and the fill have in common. False when it is not of the model. */
static bool decode(struct model *model, const uint32_t *dw, struct blit *blit,
                   struct outcome *outcome)
{
    static const uint8_t bytes[4] = {1, 2, 2, 4};
    uint32_t known = HEADER_FIXED | WRITE_ALPHA | WRITE_RGB;

    if ((dw[0] & ~known) != 0 || (dw[1] & BR13_UNKNOWN) != 0) {
        outcome_unknown(outcome, "blit with unknown bits: header 0x%08x BR13 0x%08x", dw[0], dw[1]);
        return false;
    }
    blit->cpp = bytes[BR13_DEPTH(dw[1])];
    blit->rop = BR13_ROP(dw[1]);
    blit->pitch = low16(dw[1]);
    blit->to = (struct rectangle){low16(dw[2]), high16(dw[2]), low16(dw[3]), high16(dw[3])};
    blit->address = dw[4];
    blit->mask = 0xffffffffu;
    if (blit->cpp == 4) {
        blit->mask = (dw[0] & WRITE_ALPHA ? 0xff000000u : 0) | (dw[0] & WRITE_RGB ? 0xffffffu : 0);
    }
    return true;
}

static void color_blt(struct model *model, const uint32_t *dw, struct outcome *outcome)
{
    struct blit blit = {.colour = dw[5]};

    if (!decode(model, dw, &blit, outcome)) {
        return;
    }
    if (dw[1] & BR13_CLIP) {
        clip(&model->blitter, &blit);
    }
    run(model, &blit, outcome);
}

static void src_copy_blt(struct model *model, const uint32_t *dw, struct outcome *outcome)
{
    struct blit blit = {
        .has_source = true,
        .source_x = low16(dw[5]),
        .source_y = high16(dw[5]),
        .source_pitch = low16(dw[6]),
        .source_address = dw[7],
    };

    if (!decode(model, dw, &blit, outcome)) {
        return;
    }
    if ((dw[6] & 0xffff0000u) != 0 && (dw[6] & 0xffff8000u) != 0xffff8000u) {
        outcome_unknown(outcome, "XY_SRC_COPY_BLT with source pitch 0x%08x", dw[6]);
        return;
    }
    if (dw[1] & BR13_CLIP) {
        clip(&model->blitter, &blit);
    }
    run(model, &blit, outcome);
}

static void set_clip(struct blitter *blitter, uint32_t from, uint32_t to)
{
    blitter->clip_x1 = low16(from);
    blitter->clip_y1 = high16(from);
    blitter->clip_x2 = low16(to);
    blitter->clip_y2 = high16(to);
}

/* Only its clip is used by commands that the model knows. */
static void setup_blt(struct model *model, const uint32_t *dw, struct outcome *outcome)
{
    set_clip(&model->blitter, dw[2], dw[3]);
}

static void setup_clip_blt(struct model *model, const uint32_t *dw, struct outcome *outcome)
{
    set_clip(&model->blitter, dw[1], dw[2]);
}

typedef void (*blt_fn)(struct model *model, const uint32_t *dw, struct outcome *outcome);

static const blt_fn commands[128] = {
    [0x01] = setup_blt,
    [0x03] = setup_clip_blt,
    [0x50] = color_blt,
    [0x53] = src_copy_blt,
};

void blitter_execute(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome)
{
    blt_fn execute = commands[OPCODE(dw[0])];

    if (execute == NULL) {
        outcome_unknown(outcome, "blitter opcode 0x%02x is not of the model", OPCODE(dw[0]));
        return;
    }
    execute(model, dw, outcome);
}
