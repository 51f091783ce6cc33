/* SPDX-License-Identifier: MIT */
#include "hw/model/wait.h"

#include "hw/gen3/regs.h"
#include "hw/model/core.h"
#include "hw/model/timing.h"

#define NS_PER_S     1000000000u
#define CODE(events) ((events) >> MI_WAIT_CODE_SHIFT & MI_WAIT_CODES)
#define NEVER        UINT64_MAX

/* In the order of struct wait's times. */
static const struct {
    uint32_t event;
    uint8_t pipe;
    bool horizontal;
} timed[WAIT_TIMED] = {
    {MI_WAIT_PIPE_A_HBLANK, 0, true},
    {MI_WAIT_PIPE_B_HBLANK, 1, true},
    {MI_WAIT_PIPE_A_VBLANK_START, 0, false},
    {MI_WAIT_PIPE_B_VBLANK_START, 1, false},
};

bool wait_is_known(uint32_t events)
{
    return (events & ~(uint32_t)MI_WAIT_EVENTS) == 0 && CODE(events) <= EXCC_CODES;
}

/* When the pipe's next line reaches its blank; the timing's, as the pipe took it. */
static uint64_t next_hblank(struct model *model, unsigned index)
{
    const struct display_pipe *pipe = &model->display.pipes[index];
    uint64_t start = (mmio_get(&model->mmio, HBLANK_A + index * PIPE_STRIDE) & 0xffffu) + 1;
    uint64_t pixels = model_timing_pixels(pipe, model_now(model));
    uint64_t line = pixels - pixels % pipe->line_pixels;

    start = start < pipe->line_pixels ? start : 0;
    return model_timing_when(pipe, line + start + (line + start > pixels ? 0 : pipe->line_pixels));
}

static uint64_t next_vblank(struct model *model, unsigned index)
{
    const struct display_pipe *pipe = &model->display.pipes[index];
    uint64_t pixels = model_timing_pixels(pipe, model_now(model));
    uint64_t pass = model_timing_passes(pipe, pixels, pipe->vblank_line);

    return model_timing_when(pipe, model_timing_pass_at(pipe, pass, pipe->vblank_line));
}

/* Fills in times that are not known yet, because the pipe did not run. */
static void find_times(struct model *model, struct wait *wait)
{
    for (unsigned i = 0; i < WAIT_TIMED; i++) {
        if ((wait->events & timed[i].event) != 0 && wait->due[i] == NEVER &&
            model->display.pipes[timed[i].pipe].ticks) {
            wait->due[i] = timed[i].horizontal ? next_hblank(model, timed[i].pipe)
                                               : next_vblank(model, timed[i].pipe);
        }
    }
}

void wait_begin(struct model *model, struct wait *wait, uint32_t events)
{
    wait->events = events;
    for (unsigned i = 0; i < WAIT_TIMED; i++) {
        wait->due[i] = NEVER;
    }
    model_display_catch_up(model);
    find_times(model, wait);
}

bool wait_is_over(struct model *model, struct wait *wait)
{
    uint32_t events = wait->events;
    uint32_t code = CODE(events);

    if (events == 0 || (events & MI_WAIT_NEVER_PENDING) != 0 ||
        (code != 0 && !(mmio_get(&model->mmio, EXCC) >> (code - 1) & 1u))) {
        return true;
    }
    find_times(model, wait);
    for (unsigned i = 0; i < WAIT_TIMED; i++) {
        if ((events & timed[i].event) != 0 && wait->due[i] != NEVER &&
            model_now(model) >= wait->due[i]) {
            return true;
        }
    }
    return model_display_wait_is_over(model, events & MI_WAIT_DISPLAY_EVENTS);
}

bool wait_deadline(struct model *model, struct wait *wait, struct timespec *until)
{
    uint64_t next = NEVER;
    bool is_known = (wait->events & MI_WAIT_DISPLAY_EVENTS) != 0 &&
                    model_display_wait_deadline(model, wait->events, until);

    if (model->options.clock != NULL) {
        return false;
    }
    if (is_known) {
        next = (uint64_t)until->tv_sec * NS_PER_S + (uint64_t)until->tv_nsec;
    }
    find_times(model, wait);
    for (unsigned i = 0; i < WAIT_TIMED; i++) {
        if ((wait->events & timed[i].event) != 0 && wait->due[i] < next) {
            next = wait->due[i];
        }
    }
    *until = (struct timespec){(time_t)(next / NS_PER_S), (long)(next % NS_PER_S)};
    return next != NEVER;
}
