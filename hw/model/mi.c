/* SPDX-License-Identifier: MIT */
/* The table of MI commands, and those that steer the streamer itself. */
#include "hw/model/mi.h"

#include <stdarg.h>
#include <stdio.h>

#include "hw/gen3/regs.h"
#include "hw/model/core.h"

#define OPCODES          64u
#define FLAGS            ((1u << MI_OPCODE_SHIFT) - 1)
#define NOOP_SETS_NOPID  (1u << 22)
#define NOPID_MASK       0x003fffffu
#define BATCH_SPACE_MASK (3u << 6)
#define NONE             0u
#define LENGTH           0x3fu

enum { ANYBODY, PRIVILEGED };

struct mi_row {
    mi_fn execute;
    uint32_t flags; /* header bits beside opcode and length that gen3 knows */
    uint32_t length_mask;
    uint8_t who; /* PRIVILEGED: in a non-secure batch it is MI_NOOP */
};

void outcome_unknown(struct outcome *outcome, const char *format, ...)
{
    va_list arguments;

    outcome->step = STEP_UNKNOWN;
    va_start(arguments, format);
    vsnprintf(outcome->text, sizeof(outcome->text), format, arguments);
    va_end(arguments);
}

void outcome_fault(struct outcome *outcome, uint32_t pgtbl_er, const char *format, ...)
{
    va_list arguments;

    outcome->step = STEP_FAULT;
    outcome->pgtbl_er = pgtbl_er;
    va_start(arguments, format);
    vsnprintf(outcome->text, sizeof(outcome->text), format, arguments);
    va_end(arguments);
}

static void mi_noop(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome)
{
    if (dw[0] & NOOP_SETS_NOPID) {
        model_lock(model);
        mmio_set(&model->mmio, NOPID, dw[0] & NOPID_MASK);
        model_unlock(model);
    }
}

static void raise_user_interrupt(void *owner, const struct render_note *note)
{
    struct model *model = owner;

    model_lock(model);
    model_interrupt_raise(model, INT_USER);
    model_unlock(model);
}

static void mi_user_interrupt(struct model *model, const uint32_t *dw, size_t count,
                              struct outcome *outcome)
{
    const struct render_note note = {.deliver = raise_user_interrupt, .owner = model};

    render_notify(model->render, &note);
}

/*
 * Of caches the model has only the 3D pipeline's: what addresses it has looked up. Each of the
 * command's bits asks for less than that.
 */
static void mi_flush(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome)
{
    render_flush(model->render);
}

static void mi_arb_check(struct model *model, const uint32_t *dw, size_t count,
                         struct outcome *outcome)
{
    if (model->streamer.contended) {
        model->streamer.may_switch = true;
        outcome->step = STEP_YIELD;
    }
}

static void mi_arb_on_off(struct model *model, const uint32_t *dw, size_t count,
                          struct outcome *outcome)
{
    model->streamer.arbitration_off = !(dw[0] & 1u);
    outcome->step = STEP_YIELD;
}

static void mi_suspend_flush(struct model *model, const uint32_t *dw, size_t count,
                             struct outcome *outcome)
{
    model->streamer.flush_suspended = dw[0] & 1u;
    outcome->step = STEP_YIELD; /* a flush may have been held up */
}

static void mi_report(struct model *model, const uint32_t *dw, size_t count,
                      struct outcome *outcome)
{
    mi_report_head(model, outcome);
}

static void mi_batch_end(struct model *model, const uint32_t *dw, size_t count,
                         struct outcome *outcome)
{
    if (!model->streamer.ring->in_batch) {
        outcome_unknown(outcome, "MI_BATCH_BUFFER_END in the ring");
        return;
    }
    streamer_end_batch(&model->streamer);
    outcome->step = STEP_JUMP;
}

static void mi_batch_start(struct model *model, const uint32_t *dw, size_t count,
                           struct outcome *outcome)
{
    if ((dw[0] & BATCH_SPACE_MASK) != MI_BATCH_GTT) {
        outcome_unknown(outcome, "MI_BATCH_BUFFER_START outside of the GTT: 0x%08x", dw[0]);
        return;
    }
    if (dw[1] & 2u) {
        outcome_unknown(outcome, "MI_BATCH_BUFFER_START at 0x%08x: bit 1 set", dw[1]);
        return;
    }
    render_flush(model->render);
    streamer_call_batch(&model->streamer, dw[1] & ~3u, UINT64_MAX, dw[1] & MI_BATCH_NON_SECURE);
    outcome->step = STEP_JUMP;
}

static void mi_batch(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome)
{
    uint32_t start = dw[1] & ~7u;
    uint32_t end = dw[2] & ~7u;

    if ((dw[1] & 6u) != 0 || (dw[2] & 3u) != 0 || end < start) {
        outcome_unknown(outcome, "MI_BATCH_BUFFER from 0x%08x to 0x%08x", dw[1], dw[2]);
        return;
    }
    render_flush(model->render);
    /* The end address names the last quadword (as software for gen2 and gen3 writes it). */
    streamer_call_batch(&model->streamer, start, (uint64_t)end + 8, dw[1] & MI_BATCH_NON_SECURE);
    outcome->step = STEP_JUMP;
}

/*
 * Privileged is what writes memory or registers by an address of its own, or changes what others
 * see (doc/gen3.md C).
 */
static const struct mi_row rows[OPCODES] = {
    [0x00] = {mi_noop, NOOP_SETS_NOPID | NOPID_MASK, NONE, ANYBODY},
    [0x02] = {mi_user_interrupt, 0, NONE, ANYBODY},
    [0x03] = {mi_wait_for_event, MI_WAIT_EVENTS, NONE, ANYBODY},
    [0x04] = {mi_flush, MI_FLUSH_BITS, NONE, ANYBODY},
    [0x05] = {mi_arb_check, 0, NONE, ANYBODY},
    [0x07] = {mi_report, 0, NONE, PRIVILEGED},
    [0x08] = {mi_arb_on_off, 1, NONE, PRIVILEGED},
    [0x0a] = {mi_batch_end, 0, NONE, ANYBODY},
    [0x0b] = {mi_suspend_flush, 1, NONE, PRIVILEGED},
    [0x11] = {mi_overlay_flip, 3u << 21, LENGTH, PRIVILEGED},
    [0x12] = {mi_load_scan_lines, 3u << MI_PLANE_SHIFT, LENGTH, ANYBODY},
    [0x13] = {mi_load_scan_lines, 3u << MI_PLANE_SHIFT, LENGTH, ANYBODY},
    [0x14] = {mi_display_flip, 3u << MI_PLANE_SHIFT | MI_FLIP_ASYNC, LENGTH, PRIVILEGED},
    [0x18] = {mi_set_context, 0, LENGTH, PRIVILEGED},
    [0x20] = {mi_store_data_imm, MI_STORE_GTT, LENGTH, PRIVILEGED},
    [0x21] = {mi_store_data_index, 0, LENGTH, PRIVILEGED},
    [0x22] = {mi_load_register_imm, 0xf00, LENGTH, PRIVILEGED},
    [0x23] = {mi_update_gtt, 0, LENGTH, PRIVILEGED},
    [0x24] = {mi_store_register_mem, MI_STORE_GTT, LENGTH, PRIVILEGED},
    [0x30] = {mi_batch, 0, LENGTH, ANYBODY},
    [0x31] = {mi_batch_start, BATCH_SPACE_MASK, LENGTH, ANYBODY},
};

void mi_execute(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome)
{
    unsigned opcode = dw[0] >> MI_OPCODE_SHIFT & (OPCODES - 1);
    const struct mi_row *row = &rows[opcode];
    uint32_t stray = dw[0] & FLAGS & ~row->length_mask & ~row->flags;

    if (row->execute == NULL) {
        outcome_unknown(outcome, "MI opcode 0x%02x is not of the model", opcode);
    } else if (stray != 0) {
        outcome_unknown(outcome, "MI opcode 0x%02x with unknown bits 0x%06x", opcode, stray);
    } else if (row->who == ANYBODY || !model->streamer.ring->non_secure) {
        row->execute(model, dw, count, outcome);
    }
}
