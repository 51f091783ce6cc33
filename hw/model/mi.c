/* SPDX-License-Identifier: MIT */
#include "hw/model/mi.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "hw/gen3/regs.h"
#include "hw/model/core.h"

#define OPCODE_SHIFT     23
#define OPCODES          64u
#define NOOP_SETS_NOPID  (1u << 22)
#define NOPID_MASK       0x003fffffu
#define STORE_GTT        (1u << 22)
#define FLIP_PLANE_SHIFT 20
#define FLIP_ASYNC       (1u << 22)
#define BATCH_SPACE_MASK (3u << 6)
#define STATUS_PAGE_SIZE 4096u
#define HEAD_REPORT_BYTE 16u /* dword 4 of the status page */

typedef void (*mi_fn)(struct model *model, const uint32_t *dw, size_t count,
                      struct outcome *outcome);

struct mi_row {
    mi_fn execute;
    uint32_t flags; /* header bits beside opcode and length that the model knows */
    uint32_t length_mask;
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

static void store(struct model *model, uint64_t address, uint32_t value, struct outcome *outcome)
{
    if (model->watcher != NULL) {
        watcher_touch(model->watcher, MODEL_WATCH_STREAMER, address, 4, true);
    }
    if (!model_memory_store(model->memory, address, value)) {
        outcome_fault(outcome, PGTBL_ER_CS_GTT, "no memory behind store address 0x%08" PRIx64,
                      address);
    }
}

static uint32_t status_page(struct model *model)
{
    model_lock(model);
    uint32_t page = mmio_get(&model->mmio, HWS_PGA);
    model_unlock(model);
    return page;
}

/* HWS_PGA names the page in the GTT, or on 915 and 945 in memory (doc/gen3.md A.6). */
static void store_status(struct model *model, uint32_t byte, uint32_t value,
                         struct outcome *outcome)
{
    uint64_t address = (uint64_t)status_page(model) + byte;

    if (!model->chipset->class->needs_physical) {
        store(model, address, value, outcome);
        return;
    }
    if (model->watcher != NULL) {
        watcher_touch_bus(model->watcher, MODEL_WATCH_STREAMER, address, 4, true);
    }
    if (!model_memory_store_bus(model->memory, address, value)) {
        outcome_fault(outcome, PGTBL_ER_CS_GTT, "no memory behind bus address 0x%08" PRIx64,
                      address);
    }
}

static void mi_noop(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome)
{
    if (dw[0] & NOOP_SETS_NOPID) {
        model_lock(model);
        mmio_set(&model->mmio, NOPID, dw[0] & NOPID_MASK);
        model_unlock(model);
    }
}

static void mi_user_interrupt(struct model *model, const uint32_t *dw, size_t count,
                              struct outcome *outcome)
{
    model_lock(model);
    model_interrupt_raise(model, INT_USER);
    model_unlock(model);
}

static void mi_wait_for_event(struct model *model, const uint32_t *dw, size_t count,
                              struct outcome *outcome)
{
    uint32_t events = dw[0] & MI_WAIT_EVENTS;

    if (events == 0) {
        return;
    }
    model_lock(model);
    model_display_catch_up(model);
    model->streamer.waits = events;
    model_display_wait_begins(model);
    model_unlock(model);
    outcome->step = STEP_WAIT;
}

/* Of caches the model has only the 3D pipeline's: what addresses it has looked up. */
static void mi_flush(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome)
{
    render_flush(model->render);
}

static void mi_nothing(struct model *model, const uint32_t *dw, size_t count,
                       struct outcome *outcome)
{
}

void mi_report_head(struct model *model, struct outcome *outcome)
{
    store_status(model, HEAD_REPORT_BYTE, atomic_load(&model->streamer.head), outcome);
}

static void mi_report(struct model *model, const uint32_t *dw, size_t count,
                      struct outcome *outcome)
{
    mi_report_head(model, outcome);
}

static void mi_batch_end(struct model *model, const uint32_t *dw, size_t count,
                         struct outcome *outcome)
{
    if (!model->streamer.in_batch) {
        outcome_unknown(outcome, "MI_BATCH_BUFFER_END in the ring");
        return;
    }
    streamer_jump(&model->streamer, false, 0, 0);
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
    streamer_jump(&model->streamer, true, dw[1] & ~3u, UINT64_MAX);
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
    /* The end address names the last quadword (as software for gen2 and gen3 writes it). */
    streamer_jump(&model->streamer, true, start, (uint64_t)end + 8);
    outcome->step = STEP_JUMP;
}

static void mi_store_data_imm(struct model *model, const uint32_t *dw, size_t count,
                              struct outcome *outcome)
{
    if (!(dw[0] & STORE_GTT)) {
        outcome_unknown(outcome, "MI_STORE_DATA_IMM to physical memory at 0x%08x", dw[1]);
        return;
    }
    if (dw[1] & 3u) {
        outcome_unknown(outcome, "MI_STORE_DATA_IMM at unaligned address 0x%08x", dw[1]);
        return;
    }
    store(model, dw[1], dw[2], outcome);
}

static void mi_store_data_index(struct model *model, const uint32_t *dw, size_t count,
                                struct outcome *outcome)
{
    if ((dw[1] & 3u) != 0 || dw[1] >= STATUS_PAGE_SIZE) {
        outcome_unknown(outcome, "MI_STORE_DATA_INDEX at byte 0x%x of the status page", dw[1]);
        return;
    }
    store_status(model, dw[1], dw[2], outcome);
}

static void mi_load_register_imm(struct model *model, const uint32_t *dw, size_t count,
                                 struct outcome *outcome)
{
    if (count % 2 == 0) {
        outcome_unknown(outcome, "MI_LOAD_REGISTER_IMM with half a pair");
        return;
    }
    for (size_t i = 1; i + 1 < count; i += 2) {
        mmio_write(model, dw[i], dw[i + 1]);
    }
}

static void mi_store_register_mem(struct model *model, const uint32_t *dw, size_t count,
                                  struct outcome *outcome)
{
    if (!(dw[0] & STORE_GTT) || (dw[2] & 3u) != 0) {
        outcome_unknown(outcome, "MI_STORE_REGISTER_MEM to 0x%08x%s", dw[2],
                        dw[0] & STORE_GTT ? ": unaligned" : " in physical memory");
        return;
    }
    store(model, dw[2], mmio_read(model, dw[1]), outcome);
}

static void mi_display_flip(struct model *model, const uint32_t *dw, size_t count,
                            struct outcome *outcome)
{
    unsigned plane = dw[0] >> FLIP_PLANE_SHIFT & 3u;

    if (plane >= DISPLAY_PIPES) {
        outcome_unknown(outcome, "MI_DISPLAY_FLIP of plane %u", plane);
        return;
    }
    model_lock(model);
    model_display_flip(model, plane, dw[1], dw[2], (dw[0] & FLIP_ASYNC) != 0);
    model_unlock(model);
}

static void mi_load_scan_lines(struct model *model, const uint32_t *dw, size_t count,
                               struct outcome *outcome)
{
    unsigned pipe = dw[0] >> FLIP_PLANE_SHIFT & 3u;

    if (pipe >= DISPLAY_PIPES) {
        outcome_unknown(outcome, "MI_LOAD_SCAN_LINES for pipe %u", pipe);
        return;
    }
    bool exclusive = (dw[0] >> OPCODE_SHIFT) == 0x13;
    model_lock(model);
    model_display_set_scan_window(model, pipe, dw[1] >> 16, dw[1] & 0xffffu, exclusive);
    model_unlock(model);
}

static const struct mi_row rows[OPCODES] = {
    [0x00] = {mi_noop, NOOP_SETS_NOPID | NOPID_MASK, 0},
    [0x02] = {mi_user_interrupt, 0, 0},
    [0x03] = {mi_wait_for_event, MI_WAIT_EVENTS, 0},
    [0x04] = {mi_flush, 0x3f, 0},
    [0x07] = {mi_report, 0, 0},
    [0x08] = {mi_nothing, 1, 0}, /* there is nobody to arbitrate with */
    [0x0a] = {mi_batch_end, 0, 0},
    [0x12] = {mi_load_scan_lines, 3u << FLIP_PLANE_SHIFT, 0x3f},
    [0x13] = {mi_load_scan_lines, 3u << FLIP_PLANE_SHIFT, 0x3f},
    [0x14] = {mi_display_flip, 3u << FLIP_PLANE_SHIFT | FLIP_ASYNC, 0x3f},
    [0x20] = {mi_store_data_imm, STORE_GTT, 0x3f},
    [0x21] = {mi_store_data_index, 0, 0x3f},
    [0x22] = {mi_load_register_imm, 0, 0x3f},
    [0x24] = {mi_store_register_mem, STORE_GTT, 0x3f},
    [0x30] = {mi_batch, 0, 0x3f},
    [0x31] = {mi_batch_start, BATCH_SPACE_MASK, 0x3f},
};

void mi_execute(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome)
{
    unsigned opcode = dw[0] >> OPCODE_SHIFT & (OPCODES - 1);
    const struct mi_row *row = &rows[opcode];
    uint32_t flags = dw[0] & ((1u << OPCODE_SHIFT) - 1) & ~row->length_mask;

    if (row->execute == NULL) {
        outcome_unknown(outcome, "MI opcode 0x%02x is not of the model", opcode);
    } else if ((flags & ~row->flags) != 0) {
        outcome_unknown(outcome, "MI opcode 0x%02x with unknown bits 0x%06x", opcode,
                        flags & ~row->flags);
    } else {
        row->execute(model, dw, count, outcome);
    }
}
