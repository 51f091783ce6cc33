/* SPDX-License-Identifier: MIT */
/* The pipes' registers: timing, enabling, and PIPESTAT. */
#include "hw/gen3/regs.h"
#include "hw/model/core.h"
#include "hw/model/timing.h"

#define PIPECONF_START_DELAY(conf) ((conf) >> 27 & 3u)
#define PIPECONF_INTERLACE(conf)   ((conf) >> 21 & 7u)
#define INTERLACE_FIELDS           6u /* and 7: the first field only */
#define SLC_INCLUSIVE              (1u << 31)
#define SLC_START(slc)             ((slc) >> 16 & 0x1fffu)
#define SLC_END(slc)               ((slc)&0x1fffu)

static uint32_t pipe_get(struct model *model, uint32_t reg_a, unsigned index)
{
    return mmio_get(&model->mmio, reg_a + index * PIPE_STRIDE);
}

/*
 * Half the lines, each field; to the total that the register has, the hardware adds two half lines
 * (doc/gen3.md B.5).
 */
static void split_fields(struct display_pipe *pipe)
{
    uint32_t total = pipe->lines + 1;

    pipe->lines = total / 2;
    pipe->extra_pixels = total % 2 != 0 ? pipe->line_pixels / 2 : 0;
    pipe->vblank_line /= 2;
    pipe->vblank_end /= 2;
    pipe->vsync_line /= 2;
}

bool model_display_take_timing(struct model *model, unsigned index, struct display_pipe *pipe)
{
    uint32_t dpll = mmio_get(&model->mmio, DPLL_A + 4 * index);
    uint32_t fp = mmio_get(&model->mmio, FPA0 + 8 * index + (dpll & DPLL_FP1_SELECT ? 4 : 0));
    uint32_t blank = pipe_get(model, VBLANK_A, index);
    uint32_t conf = pipe_get(model, PIPECONF_A, index);

    pipe->line_pixels = (pipe_get(model, HTOTAL_A, index) >> 16) + 1;
    pipe->lines = (pipe_get(model, VTOTAL_A, index) >> 16) + 1;
    pipe->extra_pixels = 0;
    pipe->vblank_line = (blank & 0xffffu) + 1;
    pipe->vblank_end = (blank >> 16) + 1;
    pipe->vsync_line = (pipe_get(model, VSYNC_A, index) & 0xffffu) + 1;
    pipe->interlaced = PIPECONF_INTERLACE(conf) >= INTERLACE_FIELDS;
    if (pipe->interlaced) {
        split_fields(pipe);
    }
    pipe->event_line = pipe->vblank_line + 1 + PIPECONF_START_DELAY(conf);
    if (!model_timing_dot_clock(model->chipset->class, dpll, fp, &pipe->rate_num,
                                &pipe->rate_den)) {
        model_log(model, "pipe %c enabled without a clock: DPLL 0x%08x FP 0x%08x", 'A' + (int)index,
                  dpll, fp);
        return false;
    }
    if (pipe->event_line >= pipe->lines) {
        model_log(model, "pipe %c enabled with vblank from line %u of %u", 'A' + (int)index,
                  pipe->vblank_line, pipe->lines);
        return false;
    }
    return true;
}

static void start(struct model *model, unsigned index)
{
    struct display_pipe *pipe = &model->display.pipes[index];

    pipe->ticks = model_display_take_timing(model, index, pipe);
    pipe->begin = model_now(model);
    pipe->retimes = false;
    pipe->wait_events = 0;
    pipe->wait_entries = 0;
    for (unsigned i = 0; i < DISPLAY_MARKS; i++) {
        pipe->done[i] = 0;
    }
}

/* What is written while the pipe runs counts from its next frame on. */
static void take_later(struct model *model, unsigned index)
{
    struct display_pipe *pipe = &model->display.pipes[index];

    if (!pipe->enabled) {
        return;
    }
    if (!pipe->ticks) {
        start(model, index);
    } else if (!pipe->retimes) {
        uint64_t frame = model_timing_frame_pixels(pipe);
        pipe->retimes = true;
        pipe->retime_pixels = (model_display_pixels(model, index) / frame + 1) * frame;
    }
    model_display_interest_changed(model);
}

void model_display_timing_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    take_later(model, index);
}

/* DPLL and FP registers: one or two for each pipe. */
void model_display_clock_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    take_later(model, reg >= FPA0 && reg <= FPB1 ? index / 2 : index);
}

void model_display_pipeconf_written(struct model *model, uint32_t reg, unsigned index,
                                    uint32_t value)
{
    struct display_pipe *pipe = &model->display.pipes[index];
    bool enable = value & PIPECONF_ENABLE;

    if (enable && !pipe->enabled) {
        pipe->enabled = true;
        start(model, index);
    } else if (enable) {
        take_later(model, index);
    } else if (pipe->enabled) {
        if (pipe->ticks) {
            pipe->frame_base +=
                model_display_pixels(model, index) / model_timing_frame_pixels(pipe);
        }
        pipe->enabled = false;
        pipe->ticks = false;
        pipe->retimes = false;
        model_display_latch_pipe(model, index);
    }
    model_display_interest_changed(model);
}

void model_display_pipestat_written(struct model *model, uint32_t reg, unsigned index,
                                    uint32_t value)
{
    uint32_t status = mmio_get(&model->mmio, reg) & ~PIPESTAT_ENABLES;

    status &= ~(value & (PIPESTAT_EVENTS | PIPESTAT_UNDERRUN));
    mmio_set(&model->mmio, reg, status | (value & PIPESTAT_ENABLES));
    model_interrupt_update(model);
    model_display_interest_changed(model);
}

uint32_t model_display_pipestat_read(struct model *model, uint32_t reg, unsigned index)
{
    model_display_catch_up(model);
    return mmio_get(&model->mmio, reg);
}

/* A window that begins in the middle of a frame does not count what was before. */
static void forget_entries(struct model *model, unsigned index)
{
    struct display_pipe *pipe = &model->display.pipes[index];
    uint32_t line = model_display_mark_line(pipe, MARK_WINDOW);

    pipe->done[MARK_WINDOW] = 0;
    if (pipe->ticks && line != UINT32_MAX) {
        pipe->done[MARK_WINDOW] =
            model_timing_passes(pipe, model_display_pixels(model, index), line);
    }
    model_display_interest_changed(model);
}

void model_display_window_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    struct display_pipe *pipe = &model->display.pipes[index];

    pipe->scan_start = SLC_START(value);
    pipe->scan_end = SLC_END(value);
    pipe->scan_exclusive = !(value & SLC_INCLUSIVE);
    forget_entries(model, index);
}

void model_display_set_scan_window(struct model *model, unsigned index, uint32_t start_line,
                                   uint32_t end_line, bool exclusive)
{
    struct display_pipe *pipe = &model->display.pipes[index];

    pipe->scan_start = start_line;
    pipe->scan_end = end_line;
    pipe->scan_exclusive = exclusive;
    mmio_set(&model->mmio, SLC_A + index * PIPE_STRIDE,
             (exclusive ? 0 : SLC_INCLUSIVE) | (start_line & 0x1fffu) << 16 | (end_line & 0x1fffu));
    forget_entries(model, index);
}
