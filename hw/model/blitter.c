/* SPDX-License-Identifier: MIT */
#include "hw/model/blitter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hw/gen3/command.h"
#include "hw/gen3/regs.h"
#include "hw/model/blit.h"
#include "hw/model/blit_pixels.h"
#include "hw/model/blit_run.h"
#include "hw/model/core.h"
#include "hw/model/mi.h"
#include "hw/model/physical.h"
#include "hw/model/rop.h"

#define OPCODE(header)           ((header) >> 22 & 0x7fu)
#define WRITE_ALPHA              (1u << 21)
#define WRITE_RGB                (1u << 20)
#define HEADER_FIRST_BIT(header) ((header) >> 17 & 7u) /* of a mono source */
#define HEADER_KEY(header)       ((header) >> 17 & 7u) /* of chroma-keyed blits */
#define HEADER_HATCH(header)     ((header) >> 15 & 15u)
#define HEADER_SEED_X(header)    ((uint8_t)((header) >> 12 & 7u))
#define HEADER_SEED_Y(header)    ((uint8_t)((header) >> 8 & 7u))
#define HEADER_BYTE_PACKED       (1u << 16) /* of text */
#define BR13_SOLID               (1u << 31)
#define BR13_CLIP                (1u << 30)
#define BR13_BACKWARDS           (1u << 30) /* of SRC_COPY_BLT */
#define BR13_SOURCE_TRANSPARENT  (1u << 29)
#define BR13_PATTERN_TRANSPARENT (1u << 28)
#define BR13_RESERVED            (3u << 26)
#define BR13_DEPTH(br13)         ((br13) >> 24 & 3u)
#define BR13_ROP(br13)           ((uint8_t)((br13) >> 16))
#define DEPTH_1555               2u
#define KEY_ENABLE               1u
#define KEY_ALPHA                2u
#define KEY_DESTINATION          4u
/* Smaller copies are not worth to end a scene that draws to other surfaces. */
#define COPY_MIN (512u << 10)

/* doc/gen3.md D.2: the dwords of a command that is described by itself; 0: it has none. */
struct shape {
    uint8_t colour;                      /* solid pattern */
    uint8_t source_xy, source_pitch;     /* of a coloured source */
    uint8_t source;                      /* its address */
    uint8_t mono_source, mono_immediate; /* address, or first dword of data */
    uint8_t source_colours;              /* background, foreground */
    uint8_t pattern, pattern_immediate;  /* coloured: address, or first dword of data */
    uint8_t pattern_colours;             /* mono: background, foreground */
    uint8_t pattern_bits;                /* mono: two dwords */
    bool hatched;                        /* mono: one of the fixed ones */
    uint8_t key;                         /* low, high */
};

static const struct shape shapes[128] = {
    [0x50] = {.colour = 5},
    [0x51] = {.pattern = 5},
    [0x52] = {.pattern_colours = 5, .pattern_bits = 7},
    [0x53] = {.source_xy = 5, .source_pitch = 6, .source = 7},
    [0x54] = {.mono_source = 5, .source_colours = 6},
    [0x55] = {.source_pitch = 5, .source_xy = 6, .source = 7, .pattern = 8},
    [0x56] = {.mono_source = 5, .source_colours = 6, .pattern = 8},
    [0x57] =
        {.source_pitch = 5, .source_xy = 6, .source = 7, .pattern_colours = 8, .pattern_bits = 10},
    [0x58] = {.mono_source = 5, .source_colours = 6, .pattern_colours = 8, .pattern_bits = 10},
    [0x59] = {.pattern_colours = 5, .hatched = true},
    [0x71] = {.source_colours = 5, .mono_immediate = 7},
    [0x72] = {.pattern_immediate = 5},
    [0x73] = {.source_xy = 5, .source_pitch = 6, .source = 7, .key = 8},
    [0x74] = {.source_pitch = 5, .source_xy = 6, .source = 7, .pattern_immediate = 8},
    [0x75] = {.mono_source = 5, .source_colours = 6, .pattern_immediate = 8},
    [0x76] = {.pattern = 5, .key = 6},
    [0x77] = {.key = 5, .pattern_immediate = 7},
};

/* The hatches by code, a row per byte; what is left out has no pixels (D.2). */
static const uint8_t hatches[16][8] = {
    {0x00, 0x00, 0x00, 0xff, 0x00, 0x00, 0x00, 0x00},        /* horizontal */
    {0x08, 0x08, 0x08, 0x08, 0x08, 0x08, 0x08, 0x08},        /* vertical */
    {0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01},        /* downwards to the right */
    {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80},        /* upwards to the right */
    {0x08, 0x08, 0x08, 0xff, 0x08, 0x08, 0x08, 0x08},        /* cross */
    {0x81, 0x42, 0x24, 0x18, 0x18, 0x24, 0x42, 0x81},        /* diagonal cross */
    [8] = {0x55, 0xaa, 0x55, 0xaa, 0x55, 0xaa, 0x55, 0xaa},  /* screen door */
    [9] = {0xcc, 0xcc, 0x33, 0x33, 0xcc, 0xcc, 0x33, 0x33},  /* wide screen door */
    [10] = {0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01}, /* walking one */
    [11] = {0x7f, 0xbf, 0xdf, 0xef, 0xf7, 0xfb, 0xfd, 0xfe}, /* walking zero */
};

int blitter_init(struct blitter *blitter)
{
    blitter->buffers = blit_buffers_create();
    return blitter->buffers != NULL ? 0 : -ENOMEM;
}

void blitter_finish(struct blitter *blitter)
{
    blit_buffers_destroy(blitter->buffers);
}

void blitter_reset(struct blitter *blitter)
{
    blitter->setup = (struct blitter_setup){0};
}

static int32_t low16(uint32_t dword)
{
    return (int16_t)(dword & 0xffffu);
}

static int32_t high16(uint32_t dword)
{
    return (int16_t)(dword >> 16);
}

static void set_colours(uint32_t colours[2], uint32_t background, uint32_t foreground, uint32_t cpp)
{
    colours[0] = pixels_repeat(background, cpp);
    colours[1] = pixels_repeat(foreground, cpp);
}

/* Raises what the blit has missed; the engine goes on (doc/gen3.md A.5). */
static void report_faults(struct model *model, uint32_t header)
{
    uint64_t address;
    uint32_t faults = model_memory_take_faults(model->memory, &address);

    if (faults == 0) {
        return;
    }
    model_lock(model);
    model_interrupt_page_fault(model, faults);
    model_log(model, "blit 0x%08x: no memory behind 0x%08" PRIx64, header, address);
    model_unlock(model);
}

/* Bytes of the rectangle, which is not empty. */
static uint64_t blit_size(const struct blit *blit)
{
    return (uint64_t)(blit->x2 - blit->x1) * (uint64_t)(blit->y2 - blit->y1) * blit->cpp;
}

/* Where a blit writes, if that is one surface that is either linear or fenced as the blit says. */
static bool find_area(struct model *model, const struct blit *blit, const struct blit_range *range,
                      struct render_area *area)
{
    struct model_fence fence = {0};

    *area = (struct render_area){
        .address = blit->address,
        .pitch = (uint32_t)blit->pitch,
        .cpp = blit->cpp,
        .x1 = blit->x1,
        .y1 = blit->y1,
        .x2 = blit->x2,
        .y2 = blit->y2,
    };
    if (blit->pitch <= 0) {
        return false;
    }
    switch (model_memory_view(model->memory, range->low, range->high, &fence)) {
    case MODEL_VIEW_LINEAR:
        return true;
    case MODEL_VIEW_FENCED:
        area->tiling = fence.tiling;
        return fence.start == blit->address && fence.pitch == (uint32_t)blit->pitch;
    case MODEL_VIEW_MIXED:
        break;
    }
    return false;
}

static bool leave_fill(struct model *model, const struct blit *blit, const struct blit_range *range)
{
    struct render_fill fill = {.value = blit->pattern_colour[1], .mask = blit->mask};

    return blit->rop == ROP_FILL && blit->source == BLIT_NO_SOURCE && blit->pattern == BLIT_SOLID &&
           blit->key == BLIT_NO_KEY && find_area(model, blit, range, &fill.to) &&
           render_fill(model->render, &fill);
}

/* 'ranges': what is written and what is read. */
static bool leave_copy(struct model *model, const struct blit *blit,
                       const struct blit_range ranges[2])
{
    struct blit_job job;
    struct render_copy copy = {
        .low = ranges[1].low,
        .high = ranges[1].high,
        .job = &job,
        .size = sizeof(job),
        .part = blit_job_part,
    };

    return blit->rop == ROP_COPY && blit_size(blit) >= COPY_MIN &&
           find_area(model, blit, &ranges[0], &copy.to) &&
           blit_job_init(&job, model->memory, blit) && render_copy(model->render, &copy);
}

/* Fills and large copies of what is plainly there wait for what is drawn, and threads share them.
 */
static bool leave_to_render(struct model *model, const struct blit *blit,
                            const struct blit_range *ranges, unsigned count)
{
    if (model->watcher != NULL) {
        return false;
    }
    return (count == 1 && leave_fill(model, blit, ranges)) ||
           (count == 2 && leave_copy(model, blit, ranges));
}

/* What is drawn before a blit is done before it, as far as it matters. True: so is the blit. */
static bool keep_order(struct model *model, const struct blit *blit)
{
    struct blit_range ranges[BLIT_RANGES];
    const unsigned count = blit_ranges(model->memory, blit, ranges);

    if (leave_to_render(model, blit, ranges, count)) {
        return true;
    }
    for (unsigned i = 0; i < count; i++) {
        render_finish_range(model->render, ranges[i].low, ranges[i].high, ranges[i].written);
    }
    return false;
}

/*
 * The one way to memory: every blit of every command passes here, and nothing has been read or
 * written for it yet. blit_ranges() says what it will touch.
 */
static void execute(struct model *model, struct blit *blit, uint32_t header)
{
    if (blit->source == BLIT_NO_SOURCE) {
        /* Its bits are zeros: what the operation says of ones does not matter. */
        blit->rop = (uint8_t)((blit->rop & 0x33u) * 5u);
    }
    if (keep_order(model, blit)) {
        return;
    }
    blit_run(model->memory, model->blitter.buffers, model->watcher, blit);
    report_faults(model, header);
}

/* What BR13 and the header say of every blit. False: stops. */
static bool decode_control(uint32_t header, uint32_t control, struct blit *blit,
                           struct outcome *outcome)
{
    static const uint8_t bytes[4] = {1, 2, 2, 4};

    if ((control & BR13_RESERVED) != 0) {
        outcome_unknown(outcome, "blit with reserved bits: header 0x%08x BR13 0x%08x", header,
                        control);
        return false;
    }
    blit->cpp = bytes[BR13_DEPTH(control)];
    blit->is_1555 = BR13_DEPTH(control) == DEPTH_1555;
    blit->rop = BR13_ROP(control);
    blit->pitch = low16(control);
    blit->source_transparent = control & BR13_SOURCE_TRANSPARENT;
    blit->pattern_transparent = control & BR13_PATTERN_TRANSPARENT;
    blit->mask = 0xffffffffu;
    if (blit->cpp == 4) {
        blit->mask =
            (header & WRITE_ALPHA ? 0xff000000u : 0) | (header & WRITE_RGB ? 0x00ffffffu : 0);
    }
    return true;
}

static void decode_rectangle(struct blit *blit, uint32_t from, uint32_t to)
{
    blit->x1 = low16(from);
    blit->y1 = high16(from);
    blit->x2 = low16(to);
    blit->y2 = high16(to);
}

static void clip(const struct blitter_setup *setup, struct blit *blit)
{
    int32_t x1 = blit->x1;
    int32_t y1 = blit->y1;

    blit->x1 = x1 > setup->clip_x1 ? x1 : setup->clip_x1;
    blit->y1 = y1 > setup->clip_y1 ? y1 : setup->clip_y1;
    blit->x2 = blit->x2 < setup->clip_x2 ? blit->x2 : setup->clip_x2;
    blit->y2 = blit->y2 < setup->clip_y2 ? blit->y2 : setup->clip_y2;
    blit->source_x += blit->x1 - x1;
    blit->source_y += blit->y1 - y1;
}

/* Solid pattern select: the bits count as zeros, the pattern is its background (D.1). */
static void set_pattern_bits(struct blit *blit, const void *bits, uint32_t control)
{
    blit->pattern = BLIT_MONO_PATTERN;
    if (control & BR13_SOLID) {
        memset(blit->pattern_bits, 0, sizeof(blit->pattern_bits));
    } else {
        memcpy(blit->pattern_bits, bits, sizeof(blit->pattern_bits));
    }
}

/* The rows of a mono source, of the rectangle before it is clipped. 'unit': they begin at such
 * bits. */
static void set_mono_rows(struct blit *blit, uint32_t first_bit, uint32_t unit)
{
    uint32_t width = blit->x2 > blit->x1 ? (uint32_t)(blit->x2 - blit->x1) : 0;

    blit->source = BLIT_MONO_SOURCE;
    blit->source_x = (int32_t)first_bit;
    blit->source_y = 0;
    blit->source_row_bits = (int32_t)((first_bit + width + unit - 1) / unit * unit);
}

/* Whether the stream has all the bits of the rectangle, before it is clipped, in whole qwords. */
static bool has_mono_data(const struct blit *blit, struct outcome *outcome)
{
    uint64_t rows = blit->y2 > blit->y1 ? (uint64_t)(blit->y2 - blit->y1) : 0;
    uint64_t need = (rows * (uint64_t)blit->source_row_bits + 7) / 8;

    if (need <= blit->source_size && blit->source_size % 8 == 0) {
        return true;
    }
    outcome_unknown(outcome, "mono source of %" PRIu64 " bytes, only %zu in the command", need,
                    blit->source_size);
    return false;
}

static bool decode_source(const struct shape *shape, const uint32_t *dw, size_t count,
                          struct blit *blit, struct outcome *outcome)
{
    if (shape->source != 0) {
        blit->source = BLIT_COLOUR_SOURCE;
        blit->source_x = low16(dw[shape->source_xy]);
        blit->source_y = high16(dw[shape->source_xy]);
        blit->source_pitch = low16(dw[shape->source_pitch]);
        blit->source_address = dw[shape->source];
    }
    if (shape->source_colours != 0) {
        set_colours(blit->source_colour, dw[shape->source_colours], dw[shape->source_colours + 1],
                    blit->cpp);
        set_mono_rows(blit, HEADER_FIRST_BIT(dw[0]), 16);
    }
    if (shape->mono_source != 0) {
        blit->source_address = dw[shape->mono_source];
    }
    if (shape->mono_immediate != 0) {
        blit->source_data = (const uint8_t *)(dw + shape->mono_immediate);
        blit->source_size = count > shape->mono_immediate ? (count - shape->mono_immediate) * 4 : 0;
        return has_mono_data(blit, outcome);
    }
    return true;
}

static bool decode_pattern(const struct shape *shape, const uint32_t *dw, size_t count,
                           struct blit *blit, struct outcome *outcome)
{
    blit->seed_x = HEADER_SEED_X(dw[0]);
    blit->seed_y = HEADER_SEED_Y(dw[0]);
    if (shape->colour != 0) {
        blit->pattern_colour[1] = pixels_repeat(dw[shape->colour], blit->cpp);
    }
    if (shape->pattern_colours != 0) {
        set_colours(blit->pattern_colour, dw[shape->pattern_colours],
                    dw[shape->pattern_colours + 1], blit->cpp);
        set_pattern_bits(blit,
                         shape->hatched ? (const void *)hatches[HEADER_HATCH(dw[0])]
                                        : (const void *)(dw + shape->pattern_bits),
                         dw[1]);
    }
    if (shape->pattern != 0) {
        blit->pattern = BLIT_COLOUR_PATTERN;
        blit->pattern_address = dw[shape->pattern];
    }
    if (shape->pattern_immediate != 0) {
        size_t need = shape->pattern_immediate + BLIT_PATTERN * BLIT_PATTERN * blit->cpp / 4;
        if (count < need) {
            outcome_unknown(outcome, "pattern cut: %zu dwords, not %zu", count, need);
            return false;
        }
        blit->pattern = BLIT_COLOUR_PATTERN;
        blit->pattern_data = (const uint8_t *)(dw + shape->pattern_immediate);
    }
    return true;
}

static void decode_key(const struct shape *shape, const uint32_t *dw, struct blit *blit)
{
    uint32_t mode = shape->key != 0 ? HEADER_KEY(dw[0]) : 0;

    if (mode & KEY_ENABLE) {
        blit->key = mode & KEY_DESTINATION ? BLIT_KEY_DESTINATION : BLIT_KEY_SOURCE;
        blit->key_alpha = mode & KEY_ALPHA;
        blit->key_low = dw[shape->key];
        blit->key_high = dw[shape->key + 1];
    }
}

/* A command that says all of its blit itself. */
static void shaped_blt(struct model *model, const uint32_t *dw, size_t count,
                       struct outcome *outcome)
{
    const struct shape *shape = &shapes[OPCODE(dw[0])];
    struct blit blit = {.address = count > 4 ? dw[4] : 0};

    if (!decode_control(dw[0], dw[1], &blit, outcome)) {
        return;
    }
    decode_rectangle(&blit, dw[2], dw[3]);
    if (!decode_source(shape, dw, count, &blit, outcome) ||
        !decode_pattern(shape, dw, count, &blit, outcome)) {
        return;
    }
    decode_key(shape, dw, &blit);
    if (dw[1] & BR13_CLIP) {
        clip(&model->blitter.setup, &blit);
    }
    execute(model, &blit, dw[0]);
}

/* The first two: height and width in bytes, no coordinates. */
static bool decode_bytes(const uint32_t *dw, struct blit *blit, struct outcome *outcome)
{
    if (!decode_control(dw[0], dw[1], blit, outcome)) {
        return false;
    }
    blit->x2 = (int32_t)(dw[2] & 0xffffu);
    blit->y2 = (int32_t)(dw[2] >> 16);
    blit->address = dw[3];
    return true;
}

static void color_blt(struct model *model, const uint32_t *dw, size_t count,
                      struct outcome *outcome)
{
    struct blit blit = {0};

    (void)count;
    if (!decode_bytes(dw, &blit, outcome)) {
        return;
    }
    blit.pattern_colour[1] = pixels_repeat(dw[4], blit.cpp);
    blit.cpp = 1;
    execute(model, &blit, dw[0]);
}

/* Backwards, the addresses are those of the rows' last bytes. */
static void src_copy_blt(struct model *model, const uint32_t *dw, size_t count,
                         struct outcome *outcome)
{
    struct blit blit = {
        .source = BLIT_COLOUR_SOURCE, .source_pitch = low16(dw[4]), .source_address = dw[5]};

    (void)count;
    if (!decode_bytes(dw, &blit, outcome)) {
        return;
    }
    blit.cpp = 1;
    if (dw[1] & BR13_BACKWARDS && blit.x2 > 0) {
        blit.x1 = 1 - blit.x2;
        blit.source_x = blit.x1;
        blit.x2 = 1;
    }
    execute(model, &blit, dw[0]);
}

static void set_clip(struct blitter_setup *setup, uint32_t from, uint32_t to)
{
    setup->clip_x1 = low16(from);
    setup->clip_y1 = high16(from);
    setup->clip_x2 = low16(to);
    setup->clip_y2 = high16(to);
}

/* Both kinds of setup: colours, and a pattern by its address or its bits. */
static void setup_blt(struct model *model, const uint32_t *dw, size_t count,
                      struct outcome *outcome)
{
    struct blitter_setup *setup = &model->blitter.setup;

    (void)outcome;
    setup->header = dw[0];
    setup->control = dw[1];
    set_clip(setup, dw[2], dw[3]);
    setup->address = dw[4];
    setup->background = dw[5];
    setup->foreground = dw[6];
    setup->mono_pattern = count > 8;
    if (setup->mono_pattern) {
        setup->pattern[0] = dw[7];
        setup->pattern[1] = dw[8];
    } else {
        setup->pattern_address = dw[7];
    }
}

static void setup_clip_blt(struct model *model, const uint32_t *dw, size_t count,
                           struct outcome *outcome)
{
    (void)count;
    (void)outcome;
    set_clip(&model->blitter.setup, dw[1], dw[2]);
}

/* A blit of what was set up. */
static bool decode_setup(struct model *model, struct blit *blit, struct outcome *outcome)
{
    const struct blitter_setup *setup = &model->blitter.setup;

    blit->address = setup->address;
    return decode_control(setup->header, setup->control, blit, outcome);
}

static void execute_setup(struct model *model, struct blit *blit, uint32_t header)
{
    if (model->blitter.setup.control & BR13_CLIP) {
        clip(&model->blitter.setup, blit);
    }
    execute(model, blit, header);
}

static void pixel_blt(struct model *model, const uint32_t *dw, size_t count,
                      struct outcome *outcome)
{
    struct blit blit = {.x1 = low16(dw[1]), .y1 = high16(dw[1])};

    (void)count;
    if (!decode_setup(model, &blit, outcome)) {
        return;
    }
    blit.x2 = blit.x1 + 1;
    blit.y2 = blit.y1 + 1;
    blit.pattern_colour[1] = pixels_repeat(model->blitter.setup.foreground, blit.cpp);
    execute_setup(model, &blit, dw[0]);
}

static void scanlines_blt(struct model *model, const uint32_t *dw, size_t count,
                          struct outcome *outcome)
{
    const struct blitter_setup *setup = &model->blitter.setup;
    struct blit blit = {.seed_x = HEADER_SEED_X(dw[0]), .seed_y = HEADER_SEED_Y(dw[0])};

    (void)count;
    if (!decode_setup(model, &blit, outcome)) {
        return;
    }
    decode_rectangle(&blit, dw[1], dw[2]);
    if (setup->mono_pattern) {
        set_colours(blit.pattern_colour, setup->background, setup->foreground, blit.cpp);
        set_pattern_bits(&blit, setup->pattern, setup->control);
    } else {
        blit.pattern = BLIT_COLOUR_PATTERN;
        blit.pattern_address = setup->pattern_address;
    }
    execute_setup(model, &blit, dw[0]);
}

/* Text: rows of bits that begin at bytes, or follow each other without gaps. */
static void text_blt(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome)
{
    const struct blitter_setup *setup = &model->blitter.setup;
    bool immediate = OPCODE(dw[0]) == 0x31;
    struct blit blit = {0};

    if (count < 3 || !decode_setup(model, &blit, outcome)) {
        return;
    }
    decode_rectangle(&blit, dw[1], dw[2]);
    set_colours(blit.source_colour, setup->background, setup->foreground, blit.cpp);
    set_mono_rows(&blit, 0, dw[0] & HEADER_BYTE_PACKED ? 8 : 1);
    if (immediate) {
        blit.source_data = (const uint8_t *)(dw + 3);
        blit.source_size = (count - 3) * 4;
        if (!has_mono_data(&blit, outcome)) {
            return;
        }
    } else {
        blit.source_address = dw[3];
    }
    execute_setup(model, &blit, dw[0]);
}

typedef void (*blt_fn)(struct model *model, const uint32_t *dw, size_t count,
                       struct outcome *outcome);

static const blt_fn commands[128] = {
    [0x01] = setup_blt,     [0x03] = setup_clip_blt, [0x11] = setup_blt,  [0x24] = pixel_blt,
    [0x25] = scanlines_blt, [0x26] = text_blt,       [0x31] = text_blt,   [0x40] = color_blt,
    [0x43] = src_copy_blt,  [0x50] = shaped_blt,     [0x51] = shaped_blt, [0x52] = shaped_blt,
    [0x53] = shaped_blt,    [0x54] = shaped_blt,     [0x55] = shaped_blt, [0x56] = shaped_blt,
    [0x57] = shaped_blt,    [0x58] = shaped_blt,     [0x59] = shaped_blt, [0x71] = shaped_blt,
    [0x72] = shaped_blt,    [0x73] = shaped_blt,     [0x74] = shaped_blt, [0x75] = shaped_blt,
    [0x76] = shaped_blt,    [0x77] = shaped_blt,
};

void blitter_execute(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome)
{
    const struct gen3_command *command = gen3_command_find(dw[0]);
    blt_fn execute_command = commands[OPCODE(dw[0])];

    if (command == NULL || execute_command == NULL) {
        outcome_unknown(outcome, "blitter opcode 0x%02x is none of gen3's", OPCODE(dw[0]));
        return;
    }
    uint32_t known = command->mask | command->length_mask | command->free_bits;
    if ((dw[0] & ~known) != 0 || count < command->length) {
        outcome_unknown(outcome, "%s with reserved bits or too short: 0x%08x", command->name,
                        dw[0]);
        return;
    }
    execute_command(model, dw, count, outcome);
}
