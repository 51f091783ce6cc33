/* SPDX-License-Identifier: MIT */
/* MI commands that move data between the stream, memory, registers and the page table. */
#include <inttypes.h>

#include "hw/gen3/regs.h"
#include "hw/model/core.h"
#include "hw/model/mi.h"

#define STATUS_PAGE_SIZE 4096u
#define HEAD_REPORT_BYTE 16u /* dword 4 of the status page: PRB0's; PRB1's follows */
#define LRI_BYTES_SHIFT  8   /* 11:8 bytes of the register that are not written */

/* One dword to the GTT, or to physical memory. False without memory there. */
static bool put(struct model *model, bool physical, uint64_t address, uint32_t value)
{
    if (model->watcher != NULL && physical) {
        watcher_touch_bus(model->watcher, MODEL_WATCH_STREAMER, address, 4, true);
    } else if (model->watcher != NULL) {
        watcher_touch(model->watcher, MODEL_WATCH_STREAMER, address, 4, true);
    }
    return physical ? model_memory_store_bus(model->memory, address, value)
                    : model_memory_store(model->memory, address, value);
}

static void store(struct model *model, bool physical, uint64_t address, uint32_t value)
{
    if (!put(model, physical, address, value)) {
        model_lock(model);
        model_log(model, "no memory behind %s address 0x%08" PRIx64 " of a store",
                  physical ? "bus" : "GTT", address);
        model_interrupt_page_fault(model, PGTBL_ER_CS_GTT);
        model_unlock(model);
    }
}

/* HWS_PGA names the page in the GTT, or on 915 and 945 in memory (doc/gen3.md A.6). */
static uint64_t status_address(const struct model *model, uint32_t byte)
{
    return (uint64_t)atomic_load(&model->streamer.status_page) + byte;
}

static void store_status(struct model *model, uint32_t byte, uint32_t value)
{
    store(model, model->device.identity.needs_physical, status_address(model, byte), value);
}

bool mi_mirror_status(struct model *model, uint32_t value)
{
    bool physical = model->device.identity.needs_physical;
    uint64_t address = status_address(model, 0);

    /* What the display's clock brings about is no command's doing. */
    if (pthread_equal(pthread_self(), model->streamer.thread)) {
        return put(model, physical, address, value);
    }
    return physical ? model_memory_store_bus(model->memory, address, value)
                    : model_memory_store(model->memory, address, value);
}

void mi_report_head(struct model *model, struct outcome *outcome)
{
    const struct ring *ring = model->streamer.ring;

    store_status(model, HEAD_REPORT_BYTE + 4 * streamer_ring_index(&model->streamer),
                 atomic_load(&ring->head));
}

void mi_store_data_imm(struct model *model, const uint32_t *dw, size_t count,
                       struct outcome *outcome)
{
    if (dw[1] & 3u) {
        outcome_unknown(outcome, "MI_STORE_DATA_IMM at unaligned address 0x%08x", dw[1]);
        return;
    }
    store(model, !(dw[0] & MI_STORE_GTT), dw[1], dw[2]);
}

static void deliver_status(void *owner, const struct render_note *note)
{
    store_status(owner, note->place, note->value);
}

/* What drivers tell by that a batch is done: the streamer does not wait until it is. */
void mi_store_data_index(struct model *model, const uint32_t *dw, size_t count,
                         struct outcome *outcome)
{
    if ((dw[1] & 3u) != 0 || dw[1] >= STATUS_PAGE_SIZE) {
        outcome_unknown(outcome, "MI_STORE_DATA_INDEX at byte 0x%x of the status page", dw[1]);
        return;
    }
    uint64_t at = status_address(model, dw[1]);
    struct render_note note = {
        .deliver = deliver_status, .owner = model, .place = dw[1], .value = dw[2]};
    if (!model->device.identity.needs_physical) {
        note.low = at;
        note.high = at + 4;
    }
    render_notify(model->render, &note);
}

/* A bit for each of four bytes as a mask of bits. */
static uint32_t byte_mask(uint32_t bytes)
{
    uint32_t mask = 0;

    for (unsigned i = 0; i < 4; i++) {
        mask |= bytes >> i & 1u ? 0xffu << 8 * i : 0;
    }
    return mask;
}

void mi_load_register_imm(struct model *model, const uint32_t *dw, size_t count,
                          struct outcome *outcome)
{
    uint32_t mask = ~byte_mask(dw[0] >> LRI_BYTES_SHIFT & 15u);

    if (count % 2 == 0) {
        outcome_unknown(outcome, "MI_LOAD_REGISTER_IMM with half a pair");
        return;
    }
    for (size_t i = 1; i + 1 < count; i += 2) {
        mmio_write_bytes(model, dw[i], dw[i + 1], mask);
    }
}

void mi_update_gtt(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome)
{
    uint32_t entry = dw[1] / HW_PAGE_SIZE;

    if (dw[1] % HW_PAGE_SIZE != 0 ||
        entry + (uint64_t)count - 2 > model->device.identity.gtt_entries) {
        outcome_unknown(outcome, "MI_UPDATE_GTT of %zu entries from address 0x%08x on", count - 2,
                        dw[1]);
        return;
    }
    render_flush(model->render);
    for (size_t i = 2; i < count; i++) {
        model_memory_set_pte(model->memory, entry + (uint32_t)(i - 2), dw[i]);
    }
    render_flush(model->render);
    streamer_forget_memory(&model->streamer);
}

void mi_store_register_mem(struct model *model, const uint32_t *dw, size_t count,
                           struct outcome *outcome)
{
    if ((dw[2] & 3u) != 0) {
        outcome_unknown(outcome, "MI_STORE_REGISTER_MEM to unaligned address 0x%08x", dw[2]);
        return;
    }
    store(model, !(dw[0] & MI_STORE_GTT), dw[2], mmio_read(model, dw[1]));
}
