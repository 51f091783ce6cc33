/* SPDX-License-Identifier: MIT */
/* MI commands of flips and of what a ring may wait for. */
#include "hw/gen3/regs.h"
#include "hw/model/core.h"
#include "hw/model/mi.h"

#define OVERLAY_MODE(header) ((header) >> 21 & 3u)
#define OVERLAY_MODES        3u /* continue, on, off */
#define OPCODE_EXCLUSIVE     0x13u

void mi_wait_for_event(struct model *model, const uint32_t *dw, size_t count,
                       struct outcome *outcome)
{
    struct streamer *streamer = &model->streamer;
    struct wait *wait = &streamer->ring->wait;
    uint32_t events = dw[0] & MI_WAIT_EVENTS;

    if (!wait_is_known(events)) {
        outcome_unknown(outcome, "MI_WAIT_FOR_EVENT 0x%08x", dw[0]);
        return;
    }
    model_lock(model);
    wait_begin(model, wait, events);
    streamer_count_waits(streamer);
    model_display_wait_begins(model);
    if (wait_is_over(model, wait)) {
        wait->events = 0;
        streamer_count_waits(streamer);
    } else {
        outcome->step = STEP_YIELD;
    }
    model_unlock(model);
}

/*
 * The overlay takes its registers over at once, so that nothing has to wait for a blank: its flip
 * is over when the command is, and OVADD reads what it was told.
 */
void mi_overlay_flip(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome)
{
    if (OVERLAY_MODE(dw[0]) >= OVERLAY_MODES) {
        outcome_unknown(outcome, "MI_OVERLAY_FLIP 0x%08x", dw[0]);
        return;
    }
    model_lock(model);
    mmio_set(&model->mmio, OVADD, dw[1]);
    model_overlay_flip(model, (enum overlay_mode)OVERLAY_MODE(dw[0]), dw[1]);
    model_interrupt_raise(model, INT_OVERLAY_FLIP);
    model_unlock(model);
}

void mi_load_scan_lines(struct model *model, const uint32_t *dw, size_t count,
                        struct outcome *outcome)
{
    unsigned pipe = dw[0] >> MI_PLANE_SHIFT & 3u;

    if (pipe >= DISPLAY_PIPES) {
        outcome_unknown(outcome, "MI_LOAD_SCAN_LINES for pipe %u", pipe);
        return;
    }
    bool exclusive = (dw[0] >> MI_OPCODE_SHIFT) == OPCODE_EXCLUSIVE;
    model_lock(model);
    model_display_set_scan_window(model, pipe, dw[1] >> 16, dw[1] & 0xffffu, exclusive);
    model_unlock(model);
}

void mi_display_flip(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome)
{
    unsigned plane = dw[0] >> MI_PLANE_SHIFT & 3u;

    if (plane >= DISPLAY_PIPES) {
        outcome_unknown(outcome, "MI_DISPLAY_FLIP of plane %u", plane);
        return;
    }
    model_lock(model);
    model_display_flip(model, plane, dw[1], dw[2], (dw[0] & MI_FLIP_ASYNC) != 0);
    model_unlock(model);
}
