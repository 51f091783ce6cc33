/* SPDX-License-Identifier: MIT */
/* Where the pipes are, flips from the ring, and the events that the streamer waits for. */
#include "hw/gen3/regs.h"
#include "hw/model/core.h"
#include "hw/model/timing.h"

#define NS_PER_S         1000000000u
#define FRAME_PIXEL_MASK 0x00ffffffu

static uint32_t wait_bit(uint32_t bit_a, unsigned index)
{
    return bit_a << (index * MI_WAIT_PIPE_B_SHIFT);
}

uint32_t model_display_position_read(struct model *model, uint32_t reg, unsigned index)
{
    model_display_catch_up(model);
    const struct display_pipe *pipe = &model->display.pipes[index];
    uint64_t frames = pipe->frame_base;
    uint64_t pixel = 0;
    uint32_t line = 0;

    if (pipe->ticks) {
        uint64_t pixels = model_timing_pixels(pipe, model_now(model));
        frames += pixels / model_timing_frame_pixels(pipe);
        pixel = pixels % model_timing_frame_pixels(pipe);
        /* gen3 counts from the line before the first (doc/gen3.md B.5). */
        line = (model_timing_line(pipe, pixels) + pipe->lines - 1) % pipe->lines;
    }
    switch (reg - index * PIPE_STRIDE) {
    case FRAMEHIGH_A:
        return (uint32_t)(frames >> 8 & 0xffffu);
    case FRAMEPIXEL_A:
        return (uint32_t)(frames << 24) | (uint32_t)(pixel & FRAME_PIXEL_MASK);
    default:
        return line;
    }
}

void model_display_flip(struct model *model, unsigned index, uint32_t stride, uint32_t address,
                        bool async)
{
    struct display_plane *plane = &model->display.planes[index];
    uint32_t flip_bit = index == 0   ? INT_PLANE_A_FLIP
                        : index == 1 ? INT_PLANE_B_FLIP
                                     : INT_PLANE_C_FLIP;

    model_display_catch_up(model);
    mmio_set(&model->mmio, DSPSTRIDE_A + index * PIPE_STRIDE, stride);
    mmio_set(&model->mmio, DSPADDR_A + index * PIPE_STRIDE, address);
    plane->armed = true;
    plane->flip_pending = true;
    if (!(mmio_get(&model->mmio, ECOSKPD) & ECO_FLIP_DONE)) {
        model_interrupt_raise(model, flip_bit);
    }
    if (async) {
        model_display_latch_plane(model, index);
    } else {
        model_display_latch_if_off(model, index);
    }
    model_display_interest_changed(model);
}

/* The line with which the pipe enters its scan window. */
static uint32_t window_line(const struct display_pipe *pipe)
{
    return pipe->scan_exclusive ? pipe->scan_end + 1 : pipe->scan_start;
}

static uint64_t window_entries(struct model *model, const struct display_pipe *pipe)
{
    return model_timing_passes(pipe, model_timing_pixels(pipe, model_now(model)),
                               window_line(pipe));
}

void model_display_wait_begins(struct model *model)
{
    for (unsigned i = 0; i < DISPLAY_PIPES; i++) {
        struct display_pipe *pipe = &model->display.pipes[i];
        pipe->wait_events = pipe->done[MARK_FRAME];
        pipe->wait_entries = pipe->ticks ? window_entries(model, pipe) : 0;
    }
    model_display_interest_changed(model);
}

/* In the window, or so late that it has been passed since the wait began. */
static bool has_met_window(struct model *model, const struct display_pipe *pipe)
{
    if (!pipe->ticks) {
        return false;
    }
    uint32_t line = model_timing_line(pipe, model_timing_pixels(pipe, model_now(model)));
    bool inside = line >= pipe->scan_start && line <= pipe->scan_end;
    return inside != pipe->scan_exclusive ||
           (window_line(pipe) < pipe->lines && window_entries(model, pipe) > pipe->wait_entries);
}

bool model_display_wait_is_over(struct model *model, uint32_t events)
{
    model_display_catch_up(model);
    for (unsigned i = 0; i < DISPLAY_PIPES; i++) {
        const struct display_pipe *pipe = &model->display.pipes[i];
        if (((events & wait_bit(MI_WAIT_PLANE_A_FLIP, i)) != 0 &&
             !model->display.planes[i].flip_pending) ||
            ((events & wait_bit(MI_WAIT_PIPE_A_VBLANK, i)) != 0 &&
             pipe->done[MARK_FRAME] > pipe->wait_events) ||
            ((events & wait_bit(MI_WAIT_PLANE_A_LINES, i)) != 0 && has_met_window(model, pipe))) {
            return true;
        }
    }
    return false;
}

bool model_display_wait_deadline(struct model *model, uint32_t events, struct timespec *until)
{
    uint64_t next = UINT64_MAX;

    for (unsigned i = 0; i < DISPLAY_PIPES; i++) {
        const struct display_pipe *pipe = &model->display.pipes[i];
        if ((events & wait_bit(MI_WAIT_PLANE_A_LINES, i)) == 0 || !pipe->ticks) {
            continue;
        }
        uint32_t line = window_line(pipe);
        if (line >= pipe->lines) {
            continue;
        }
        uint64_t pixels = model_timing_pixels(pipe, model_now(model));
        uint64_t pass = model_timing_passes(pipe, pixels, line);
        uint64_t when = model_timing_when(pipe, model_timing_pass_at(pipe, pass, line));
        next = when < next ? when : next;
    }
    if (next == UINT64_MAX || model->options.clock != NULL) {
        return false;
    }
    *until = (struct timespec){(time_t)(next / NS_PER_S), (long)(next % NS_PER_S)};
    return true;
}
