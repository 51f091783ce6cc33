/* SPDX-License-Identifier: MIT */
#include "hw/model/display.h"

#include <errno.h>
#include <sys/prctl.h>

#include "hw/gen3/regs.h"
#include "hw/model/core.h"
#include "hw/model/timing.h"

#define NS_PER_S                   1000000000u
#define PIPECONF_START_DELAY(conf) ((conf) >> 27 & 3u)
#define PIPESTAT_ENABLES           0x3ff70000u
#define PIPESTAT_EVENTS            0x00003ff7u
#define PLANE_PIPE(control)        ((control) >> 24 & 3u)

/* By pipe or plane. */
static const uint32_t event_bits[DISPLAY_PIPES] = {INT_PIPE_A_EVENT, INT_PIPE_B_EVENT};
static const uint32_t vblank_bits[DISPLAY_PIPES] = {INT_PIPE_A_VBLANK, INT_PIPE_B_VBLANK};
static const uint32_t flip_bits[DISPLAY_PIPES] = {INT_PLANE_A_FLIP, INT_PLANE_B_FLIP};
static const uint32_t fault_bits[DISPLAY_PIPES] = {PGTBL_ER_DISPLAY_A, PGTBL_ER_DISPLAY_B};

static uint32_t pipe_get(struct model *model, uint32_t reg_a, unsigned index)
{
    return mmio_get(&model->mmio, reg_a + index * PIPE_STRIDE);
}

static uint32_t wait_bit(uint32_t bit_a, unsigned index)
{
    return bit_a << (index * MI_WAIT_PIPE_B_SHIFT);
}

/* Whether every page that the plane will read is there. */
static void check_pages(struct model *model, unsigned index)
{
    const struct display_scanout *live = &model->display.planes[index].live;
    uint64_t size = (uint64_t)live->stride * ((live->source & 0xfffu) + 1);
    uint64_t end = (uint64_t)live->address + size;

    if (!(live->control & DSPCNTR_ENABLE)) {
        return;
    }
    for (uint64_t at = live->address & ~(uint64_t)(HW_PAGE_SIZE - 1); at < end;) {
        uint64_t span;
        if (model_memory_at(model->memory, at, end - at, &span) == NULL) {
            model_log(model, "plane %c: no memory behind 0x%08llx", 'A' + (int)index,
                      (unsigned long long)at);
            model_interrupt_page_fault(model, fault_bits[index]);
            return;
        }
        at += span;
    }
}

/* Takes the written registers over. */
void model_display_latch_plane(struct model *model, unsigned index)
{
    struct display_plane *plane = &model->display.planes[index];
    uint32_t control = pipe_get(model, DSPCNTR_A, index);
    unsigned pipe = PLANE_PIPE(control) & 1u;

    plane->live.source = pipe_get(model, PIPESRC_A, pipe);
    if (!plane->armed) {
        return;
    }
    plane->armed = false;
    plane->live.control = control;
    plane->live.address = pipe_get(model, DSPADDR_A, index);
    plane->live.stride = pipe_get(model, DSPSTRIDE_A, index);
    check_pages(model, index);
    if (plane->flip_pending) {
        plane->flip_pending = false;
        if (mmio_get(&model->mmio, ECOSKPD) & ECO_FLIP_DONE) {
            model_interrupt_raise(model, flip_bits[index]);
        }
    }
    model->wakes |= model->streamer.waits != 0 ? MODEL_WAKE_STREAMER : 0;
}

void model_display_latch_if_off(struct model *model, unsigned index)
{
    unsigned pipe = PLANE_PIPE(pipe_get(model, DSPCNTR_A, index));

    if (pipe >= DISPLAY_PIPES || !model->display.pipes[pipe].ticks) {
        model_display_latch_plane(model, index);
    }
}

/* The planes that a pipe carries, by what is written, which is what will be latched. */
static void latch_pipe(struct model *model, unsigned pipe)
{
    for (unsigned i = 0; i < DISPLAY_PIPES; i++) {
        if (PLANE_PIPE(pipe_get(model, DSPCNTR_A, i)) == pipe) {
            model_display_latch_plane(model, i);
        }
    }
}

static void raise_vblank(struct model *model, unsigned index)
{
    uint32_t reg = PIPESTAT_A + index * PIPE_STRIDE;

    mmio_set(&model->mmio, reg, mmio_get(&model->mmio, reg) | PIPESTAT_VBLANK);
    model_interrupt_raise(model, vblank_bits[index]);
    model->wakes |= model->streamer.waits != 0 ? MODEL_WAKE_STREAMER : 0;
}

void model_display_catch_up(struct model *model)
{
    uint64_t now = 0;

    for (unsigned i = 0; i < DISPLAY_PIPES; i++) {
        struct display_pipe *pipe = &model->display.pipes[i];
        if (!pipe->ticks) {
            continue;
        }
        now = now != 0 ? now : model_now(model);
        uint64_t pixels = model_timing_pixels(pipe, now);
        uint64_t latches = model_timing_passes(pipe, pixels, pipe->vblank_line);
        uint64_t events = model_timing_passes(pipe, pixels, pipe->event_line);
        if (latches > pipe->latches) {
            pipe->latches = latches;
            latch_pipe(model, i);
        }
        if (events > pipe->events) {
            pipe->events = events;
            raise_vblank(model, i);
        }
    }
}

uint32_t model_display_pipe_events(struct model *model)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < DISPLAY_PIPES; i++) {
        uint32_t status = pipe_get(model, PIPESTAT_A, i);
        bits |= (status >> 16 & status & PIPESTAT_EVENTS) != 0 ? event_bits[i] : 0;
    }
    return bits;
}

uint32_t model_display_live(struct model *model)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < DISPLAY_PIPES; i++) {
        const struct display_pipe *pipe = &model->display.pipes[i];
        bits |= model->display.planes[i].armed ? flip_bits[i] : 0;
        if (pipe->ticks) {
            uint32_t line = model_timing_line(pipe, model_timing_pixels(pipe, model_now(model)));
            bits |= line >= pipe->vblank_line && line < pipe->vblank_end ? vblank_bits[i] : 0;
        }
    }
    return bits;
}

/* Whether the next vblank of a pipe changes what anybody sees without asking. */
static bool is_noticed(struct model *model, unsigned index)
{
    uint32_t unmasked = mmio_get(&model->mmio, IER) & ~mmio_get(&model->mmio, IMR);
    uint32_t status = pipe_get(model, PIPESTAT_A, index);
    uint32_t waits = wait_bit(MI_WAIT_PIPE_A_VBLANK, index) | MI_WAIT_PLANE_A_FLIP |
                     MI_WAIT_PLANE_A_FLIP << MI_WAIT_PIPE_B_SHIFT;

    if ((model->streamer.waits & waits) != 0) {
        return true;
    }
    for (unsigned i = 0; i < DISPLAY_PIPES; i++) {
        if (model->display.planes[i].flip_pending && (unmasked & flip_bits[i]) != 0) {
            return true;
        }
    }
    /* A level that stands already tells nothing new. */
    return (unmasked & vblank_bits[index]) != 0 ||
           ((unmasked & event_bits[index]) != 0 && (status & PIPESTAT_VBLANK_ENABLE) != 0 &&
            (status & PIPESTAT_VBLANK) == 0);
}

/* When the thread has to look next; UINT64_MAX: when called. */
static uint64_t next_event(struct model *model)
{
    uint64_t next = UINT64_MAX;

    for (unsigned i = 0; i < DISPLAY_PIPES; i++) {
        const struct display_pipe *pipe = &model->display.pipes[i];
        if (!pipe->ticks || !is_noticed(model, i)) {
            continue;
        }
        uint64_t latch = model_timing_pass_at(pipe, pipe->latches, pipe->vblank_line);
        uint64_t event = model_timing_pass_at(pipe, pipe->events, pipe->event_line);
        /* Only a flip is over before the event, and only a streamer waits for it. */
        uint64_t at = model->streamer.waits != 0 && latch < event ? latch : event;
        uint64_t when = model_timing_when(pipe, at);
        next = when < next ? when : next;
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
    int result = pthread_create(&model->display.thread, NULL, display_main, model);
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
    for (unsigned i = 0; i < DISPLAY_PIPES; i++) {
        model->display.pipes[i] = (struct display_pipe){0};
        model->display.planes[i] = (struct display_plane){0};
    }
}

/* Reads clock and timing; false, with a line in the log, when the pipe cannot run with them. */
static bool take_timing(struct model *model, unsigned index, struct display_pipe *pipe)
{
    uint32_t dpll = mmio_get(&model->mmio, DPLL_A + 4 * index);
    uint32_t fp = mmio_get(&model->mmio, FPA0 + 8 * index + (dpll & DPLL_FP1_SELECT ? 4 : 0));
    uint32_t blank = pipe_get(model, VBLANK_A, index);

    pipe->line_pixels = (pipe_get(model, HTOTAL_A, index) >> 16) + 1;
    pipe->lines = (pipe_get(model, VTOTAL_A, index) >> 16) + 1;
    pipe->vblank_line = (blank & 0xffffu) + 1;
    pipe->vblank_end = (blank >> 16) + 1;
    pipe->event_line =
        pipe->vblank_line + 1 + PIPECONF_START_DELAY(pipe_get(model, PIPECONF_A, index));
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

void model_display_pipeconf_written(struct model *model, uint32_t reg, unsigned index,
                                    uint32_t value)
{
    struct display_pipe *pipe = &model->display.pipes[index];
    bool enable = value & PIPECONF_ENABLE;

    if (enable && !pipe->enabled) {
        pipe->enabled = true;
        pipe->ticks = take_timing(model, index, pipe);
        pipe->begin = model_now(model);
        pipe->latches = 0;
        pipe->events = 0;
        pipe->wait_events = 0;
    } else if (!enable && pipe->enabled) {
        if (pipe->ticks) {
            uint64_t pixels = model_timing_pixels(pipe, model_now(model));
            pipe->frame_base += pixels / model_timing_frame_pixels(pipe);
        }
        pipe->enabled = false;
        pipe->ticks = false;
        latch_pipe(model, index);
    }
    model_display_interest_changed(model);
}

void model_display_timing_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    bool is_fp = reg >= FPA0 && reg <= FPB1;

    if (model->display.pipes[is_fp ? index / 2 : index].enabled) {
        model_log(model,
                  "timing register 0x%05x written while its pipe runs: not used before the "
                  "pipe is enabled again",
                  reg);
    }
}

void model_display_source_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    for (unsigned i = 0; i < DISPLAY_PIPES; i++) {
        model_display_latch_if_off(model, i);
    }
}

void model_display_plane_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    if (reg == DSPADDR_A + index * PIPE_STRIDE) {
        model->display.planes[index].armed = true;
    }
    model_display_latch_if_off(model, index);
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
