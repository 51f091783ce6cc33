/* SPDX-License-Identifier: MIT */
/* Planes and cursors: from what is written to what is scanned out. */
#include "hw/gen3/regs.h"
#include "hw/model/core.h"

#define PLANE_PIPE(control)  ((control) >> 24 & 3u)
#define CURSOR_PIPE(control) ((control) >> 28 & 3u)

static const uint32_t flip_bits[DISPLAY_PLANES] = {INT_PLANE_A_FLIP, INT_PLANE_B_FLIP,
                                                   INT_PLANE_C_FLIP};
static const uint32_t fault_bits[DISPLAY_PLANES] = {PGTBL_ER_DISPLAY_A, PGTBL_ER_DISPLAY_B,
                                                    PGTBL_ER_DISPLAY_C};

static uint32_t get(struct model *model, uint32_t reg_a, unsigned index, uint32_t stride)
{
    return mmio_get(&model->mmio, reg_a + index * stride);
}

/* Whether every page that the plane will read is there; a fence keeps it inside its own range. */
static void check_pages(struct model *model, unsigned index)
{
    const struct display_scanout *live = &model->display.planes[index].live;
    uint32_t rows = (index == 0 ? live->source & 0xfffu : live->size >> 16 & 0xfffu) + 1;
    uint64_t size = (uint64_t)live->stride * rows;
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
    struct display_scanout *live = &plane->live;
    uint32_t control = get(model, DSPCNTR_A, index, PIPE_STRIDE);

    live->source = get(model, PIPESRC_A, PLANE_PIPE(control) & 1u, PIPE_STRIDE);
    if (!plane->armed) {
        return;
    }
    plane->armed = false;
    live->control = control;
    live->address = get(model, DSPADDR_A, index, PIPE_STRIDE);
    live->stride = get(model, DSPSTRIDE_A, index, PIPE_STRIDE);
    live->position = get(model, DSPPOS_A, index, PIPE_STRIDE);
    live->size = get(model, DSPSIZE_A, index, PIPE_STRIDE);
    live->key_value = get(model, DSPKEYVAL_A, index, PIPE_STRIDE);
    live->key_mask = get(model, DSPKEYMSK_A, index, PIPE_STRIDE);
    check_pages(model, index);
    if (plane->flip_pending) {
        plane->flip_pending = false;
        if (mmio_get(&model->mmio, ECOSKPD) & ECO_FLIP_DONE) {
            model_interrupt_raise(model, flip_bits[index]);
        }
    }
    model->wakes |= model->streamer.waits != 0 ? MODEL_WAKE_STREAMER : 0;
}

static bool is_pipe_off(struct model *model, unsigned pipe)
{
    return pipe >= DISPLAY_PIPES || !model->display.pipes[pipe].ticks;
}

void model_display_latch_if_off(struct model *model, unsigned index)
{
    if (is_pipe_off(model, PLANE_PIPE(get(model, DSPCNTR_A, index, PIPE_STRIDE)))) {
        model_display_latch_plane(model, index);
    }
}

static void latch_cursor(struct model *model, unsigned index)
{
    struct display_cursor *cursor = &model->display.cursors[index];

    if (cursor->armed) {
        *cursor = (struct display_cursor){
            .control = get(model, CURCNTR_A, index, CURSOR_STRIDE),
            .base = get(model, CURBASE_A, index, CURSOR_STRIDE),
            .position = get(model, CURPOS_A, index, CURSOR_STRIDE),
        };
    }
}

void model_display_latch_pipe(struct model *model, unsigned pipe)
{
    for (unsigned i = 0; i < DISPLAY_PLANES; i++) {
        if (PLANE_PIPE(get(model, DSPCNTR_A, i, PIPE_STRIDE)) == pipe) {
            model_display_latch_plane(model, i);
        }
    }
    for (unsigned i = 0; i < DISPLAY_CURSORS; i++) {
        if (CURSOR_PIPE(get(model, CURCNTR_A, i, CURSOR_STRIDE)) == pipe) {
            latch_cursor(model, i);
        }
    }
}

void model_display_source_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    for (unsigned i = 0; i < DISPLAY_PLANES; i++) {
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

/* CURBASE arms the rest. */
void model_display_cursor_written(struct model *model, uint32_t reg, unsigned index, uint32_t value)
{
    model->display.cursors[index].armed = true;
    if (is_pipe_off(model, CURSOR_PIPE(get(model, CURCNTR_A, index, CURSOR_STRIDE)))) {
        latch_cursor(model, index);
    }
}
