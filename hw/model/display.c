/* SPDX-License-Identifier: MIT */
/* What time does to the display, and the thread that sees to it. */
#include "hw/model/display.h"

#include <errno.h>
#include <sys/prctl.h>

#include "hw/gen3/regs.h"
#include "hw/model/core.h"
#include "hw/model/thread.h"
#include "hw/model/timing.h"

#define NS_PER_S 1000000000u

/* By pipe or plane. */
static const uint32_t event_bits[DISPLAY_PIPES] = {INT_PIPE_A_EVENT, INT_PIPE_B_EVENT};
static const uint32_t vblank_bits[DISPLAY_PIPES] = {INT_PIPE_A_VBLANK, INT_PIPE_B_VBLANK};
static const uint32_t flip_bits[DISPLAY_PLANES] = {INT_PLANE_A_FLIP, INT_PLANE_B_FLIP,
                                                   INT_PLANE_C_FLIP};

/* What PIPESTAT says of a mark. */
static const uint32_t mark_status[DISPLAY_MARKS] = {
    [MARK_LATCH] = 0,
    [MARK_FRAME] = PIPESTAT_VBLANK | PIPESTAT_ODD_FIELD | PIPESTAT_EVEN_FIELD,
    [MARK_VSYNC] = PIPESTAT_VSYNC,
    [MARK_WINDOW] = PIPESTAT_LINE_COMPARE,
};

static uint32_t pipestat(struct model *model, unsigned index)
{
    return mmio_get(&model->mmio, PIPESTAT_A + index * PIPE_STRIDE);
}

uint32_t model_display_mark_line(const struct display_pipe *pipe, enum display_mark mark)
{
    switch (mark) {
    case MARK_LATCH:
        return pipe->vblank_line;
    case MARK_FRAME:
        return pipe->event_line;
    case MARK_VSYNC:
        return pipe->vsync_line < pipe->lines ? pipe->vsync_line : UINT32_MAX;
    default: {
        uint32_t line = pipe->scan_exclusive ? pipe->scan_end + 1 : pipe->scan_start;
        bool is_set = pipe->scan_start != 0 || pipe->scan_end != 0;
        return is_set && line < pipe->lines ? line : UINT32_MAX;
    }
    }
}

void model_display_raise(struct model *model, unsigned index, uint32_t status)
{
    mmio_set(&model->mmio, PIPESTAT_A + index * PIPE_STRIDE, pipestat(model, index) | status);
    model_interrupt_update(model);
}

static void reach(struct model *model, unsigned index, enum display_mark mark)
{
    const struct display_pipe *pipe = &model->display.pipes[index];
    uint32_t status = mark_status[mark];

    if (mark == MARK_LATCH) {
        model_display_latch_pipe(model, index);
        return;
    }
    if (mark == MARK_FRAME) {
        status = PIPESTAT_VBLANK;
        if (pipe->interlaced) {
            status |= (pipe->frame_base + pipe->done[MARK_FRAME]) % 2 != 0 ? PIPESTAT_EVEN_FIELD
                                                                           : PIPESTAT_ODD_FIELD;
        }
        model_interrupt_raise(model, vblank_bits[index]);
    }
    model_display_raise(model, index, status);
    model->wakes |= model->streamer.waits != 0 ? MODEL_WAKE_STREAMER : 0;
}

static void pass_marks(struct model *model, unsigned index, uint64_t pixels)
{
    struct display_pipe *pipe = &model->display.pipes[index];

    for (enum display_mark mark = 0; mark < DISPLAY_MARKS; mark++) {
        uint32_t line = model_display_mark_line(pipe, mark);
        uint64_t passes = line != UINT32_MAX ? model_timing_passes(pipe, pixels, line) : 0;
        if (passes > pipe->done[mark]) {
            pipe->done[mark] = passes;
            reach(model, index, mark);
        }
    }
}

/* A frame is over after which another timing was to be taken. */
static void retime(struct model *model, unsigned index)
{
    struct display_pipe *pipe = &model->display.pipes[index];
    struct display_pipe next = *pipe;

    pipe->retimes = false;
    if (!model_display_take_timing(model, index, &next)) {
        return;
    }
    next.retimes = false;
    next.begin = model_timing_when(pipe, pipe->retime_pixels);
    next.frame_base += pipe->retime_pixels / model_timing_frame_pixels(pipe);
    for (unsigned i = 0; i < DISPLAY_MARKS; i++) {
        next.done[i] = 0;
    }
    next.wait_events = 0;
    next.wait_entries = 0;
    *pipe = next;
}

void model_display_catch_up(struct model *model)
{
    for (unsigned i = 0; i < DISPLAY_PIPES; i++) {
        struct display_pipe *pipe = &model->display.pipes[i];
        if (!pipe->ticks) {
            continue;
        }
        uint64_t now = model_now(model);
        uint64_t pixels = model_timing_pixels(pipe, now);
        if (pipe->retimes && pixels >= pipe->retime_pixels) {
            pass_marks(model, i, pipe->retime_pixels - 1);
            retime(model, i);
            pixels = model_timing_pixels(pipe, now);
        }
        pass_marks(model, i, pixels);
    }
}

uint64_t model_display_pixels(struct model *model, unsigned index)
{
    return model_timing_pixels(&model->display.pipes[index], model_now(model));
}

uint32_t model_display_pipe_events(struct model *model)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < DISPLAY_PIPES; i++) {
        uint32_t status = pipestat(model, i);
        bits |= (status >> 16 & status & PIPESTAT_EVENTS) != 0 ? event_bits[i] : 0;
    }
    return bits;
}

uint32_t model_display_live(struct model *model)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < DISPLAY_PLANES; i++) {
        bits |= model->display.planes[i].armed ? flip_bits[i] : 0;
    }
    for (unsigned i = 0; i < DISPLAY_PIPES; i++) {
        const struct display_pipe *pipe = &model->display.pipes[i];
        if (pipe->ticks) {
            uint32_t line = model_timing_line(pipe, model_display_pixels(model, i));
            bits |= line >= pipe->vblank_line && line < pipe->vblank_end ? vblank_bits[i] : 0;
        }
    }
    return bits;
}

/* Whether the latch of a pipe's planes changes what anybody sees without asking. */
static bool is_latch_noticed(struct model *model, uint32_t unmasked)
{
    const uint32_t flips = MI_WAIT_PLANE_A_FLIP | MI_WAIT_PLANE_A_FLIP << MI_WAIT_PIPE_B_SHIFT;

    if ((model->streamer.waits & flips) != 0) {
        return true;
    }
    for (unsigned i = 0; i < DISPLAY_PLANES; i++) {
        if (model->display.planes[i].flip_pending && (unmasked & flip_bits[i]) != 0) {
            return true;
        }
    }
    return false;
}

static bool is_noticed(struct model *model, unsigned index, enum display_mark mark)
{
    uint32_t unmasked = mmio_get(&model->mmio, IER) & ~mmio_get(&model->mmio, IMR);
    uint32_t status = pipestat(model, index);
    uint32_t vblank = (uint32_t)MI_WAIT_PIPE_A_VBLANK << index * MI_WAIT_PIPE_B_SHIFT;

    if (mark == MARK_LATCH && is_latch_noticed(model, unmasked)) {
        return true;
    }
    if (mark == MARK_FRAME &&
        ((unmasked & vblank_bits[index]) != 0 || (model->streamer.waits & vblank) != 0)) {
        return true;
    }
    /* A level that stands already tells nothing new. */
    return (unmasked & event_bits[index]) != 0 && (status >> 16 & ~status & mark_status[mark]) != 0;
}

/* When the thread has to look next; UINT64_MAX: when called. */
static uint64_t next_event(struct model *model)
{
    uint64_t next = UINT64_MAX;

    for (unsigned i = 0; i < DISPLAY_PIPES; i++) {
        const struct display_pipe *pipe = &model->display.pipes[i];
        for (enum display_mark mark = 0; pipe->ticks && mark < DISPLAY_MARKS; mark++) {
            uint32_t line = model_display_mark_line(pipe, mark);
            if (line == UINT32_MAX || !is_noticed(model, i, mark)) {
                continue;
            }
            uint64_t at = model_timing_pass_at(pipe, pipe->done[mark], line);
            at = pipe->retimes && pipe->retime_pixels < at ? pipe->retime_pixels : at;
            uint64_t when = model_timing_when(pipe, at);
            next = when < next ? when : next;
        }
    }
    return next;
}

static void *display_main(void *data)
{
    struct model *model = data;
    struct display *display = &model->display;

    prctl(PR_SET_TIMERSLACK, 1);
    pthread_mutex_lock(&model->lock);
    while (!display->quit) {
        model_display_catch_up(model);
        if (model->wakes != 0) {
            model_unlock(model);
            pthread_mutex_lock(&model->lock);
            continue;
        }
        uint64_t next = next_event(model);
        struct timespec until = {(time_t)(next / NS_PER_S), (long)(next % NS_PER_S)};
        display->sleeps_until = next;
        sleeper_sleep(&display->sleeper, &model->lock, next != UINT64_MAX ? &until : NULL);
    }
    pthread_mutex_unlock(&model->lock);
    return NULL;
}

void model_display_interest_changed(struct model *model)
{
    /* A thread that wakes too early finds that out by itself. */
    if (model->display.started && next_event(model) < model->display.sleeps_until) {
        model->wakes |= MODEL_WAKE_DISPLAY;
    }
}

int model_display_init(struct model *model)
{
    if (model->options.clock != NULL) {
        return 0;
    }
    int result = thread_start(&model->display.thread, display_main, model);
    model_lock(model);
    model->display.started = result == 0;
    model_unlock(model);
    return -result;
}

void model_display_finish(struct model *model)
{
    if (model->display.started) {
        model_lock(model);
        model->display.quit = true;
        model->wakes |= MODEL_WAKE_DISPLAY;
        model_unlock(model);
        pthread_join(model->display.thread, NULL);
    }
}

void model_display_reset(struct model *model)
{
    model_monitor_reset(model);
    model_overlay_reset(model);
    for (unsigned i = 0; i < DISPLAY_PIPES; i++) {
        model->display.pipes[i] = (struct display_pipe){0};
    }
    for (unsigned i = 0; i < DISPLAY_PLANES; i++) {
        model->display.planes[i] = (struct display_plane){0};
    }
    for (unsigned i = 0; i < DISPLAY_CURSORS; i++) {
        model->display.cursors[i] = (struct display_cursor){0};
    }
}
