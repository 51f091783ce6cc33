/* SPDX-License-Identifier: MIT */
/*
 * MI_SET_CONTEXT: the 3D pipeline's state goes to the memory of the context that was current, and
 * comes from that of the new one.
 */
#include "hw/gen3/command.h"
#include "hw/gen3/regs.h"
#include "hw/model/core.h"
#include "hw/model/mi.h"

#define CONTEXT_GTT     (1u << 8)
#define CONTEXT_FORCE   (1u << 1)
#define CONTEXT_INHIBIT (1u << 0)
#define CONTEXT_FLAGS   (CONTEXT_GTT | 3u << 2 | CONTEXT_FORCE | CONTEXT_INHIBIT)
#define CONTEXT_BYTES   (4u * RENDER_CONTEXT_DWORDS)

static void touch(struct model *model, uint32_t address, bool write)
{
    if (model->watcher != NULL) {
        watcher_touch(model->watcher, MODEL_WATCH_STREAMER, address, CONTEXT_BYTES, write);
    }
}

static void fault(struct model *model, uint32_t address)
{
    model_lock(model);
    model_log(model, "no memory behind the context at 0x%08x", address);
    model_interrupt_page_fault(model, PGTBL_ER_CS_GTT);
    model_unlock(model);
}

static void save(struct model *model, uint32_t address)
{
    uint32_t words[RENDER_CONTEXT_DWORDS];

    render_save_context(model->render, words);
    touch(model, address, true);
    if (!model_memory_write(model->memory, address, words, sizeof(words))) {
        fault(model, address);
    }
}

/* State commands and nothing else: no primitive, and none that reads commands elsewhere. */
static bool is_state(uint32_t header)
{
    return header >> 29 == 3 && header >> 24 != 0x7f && header >> 16 != 0x7d07;
}

static void restore(struct model *model, uint32_t address, struct outcome *outcome)
{
    uint32_t words[RENDER_CONTEXT_DWORDS];
    struct render_error error;

    touch(model, address, false);
    if (!model_memory_read(model->memory, address, words, sizeof(words))) {
        fault(model, address);
        return;
    }
    for (size_t at = 0; at < RENDER_CONTEXT_DWORDS;) {
        if (words[at] == 0) {
            at++;
            continue;
        }
        const struct gen3_command *command = gen3_command_find(words[at]);
        size_t length = command != NULL ? gen3_command_length(command, words[at]) : 0;
        error.text[0] = '\0';
        if (!is_state(words[at]) || length == 0 || length > RENDER_CONTEXT_DWORDS - at ||
            render_command(model->render, words + at, length, &error) != RENDER_OK) {
            outcome_unknown(outcome, "context at 0x%08x, dword %zu: 0x%08x %s", address, at,
                            words[at], error.text);
            return;
        }
        at += length;
    }
}

void mi_set_context(struct model *model, const uint32_t *dw, size_t count, struct outcome *outcome)
{
    uint32_t address = dw[1] & CCID_ADDRESS_MASK;

    if ((dw[1] & ~(uint32_t)(CCID_ADDRESS_MASK | CONTEXT_FLAGS)) != 0 || !(dw[1] & CONTEXT_GTT)) {
        outcome_unknown(outcome, "MI_SET_CONTEXT 0x%08x: reserved bits, or not in the GTT", dw[1]);
        return;
    }
    model_lock(model);
    uint32_t current = mmio_get(&model->mmio, CCID);
    mmio_set(&model->mmio, CCID, address | CCID_VALID);
    model_unlock(model);
    bool same = current == (address | CCID_VALID);
    if (same && !(dw[1] & CONTEXT_FORCE)) {
        return;
    }
    if ((current & CCID_VALID) && !same) {
        save(model, current & CCID_ADDRESS_MASK);
    }
    if (!(dw[1] & CONTEXT_INHIBIT)) {
        restore(model, address, outcome);
    }
}
