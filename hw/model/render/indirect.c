/* SPDX-License-Identifier: MIT */
/*
 * LOAD_INDIRECT (gen3.md E.11): blocks of state commands that the pipeline reads from memory, by
 * graphics or by physical address. A block's length is its dwords - 1; the dynamic block has none
 * and ends at a zero dword or after DYNAMIC_DWORDS.
 */
#include "hw/gen3/command.h"
#include "hw/model/render/state.h"

#define BLOCK_COUNT    6
#define DYNAMIC_BLOCK  1
#define BLOCK_DWORDS   512 /* what 9 bits of length can say */
#define DYNAMIC_DWORDS 16

#define BLOCK_VALID    1u
#define SPACE_GRAPHICS (1u << 14)

struct block {
    uint32_t address;
    uint32_t dwords;
    bool dynamic;
};

static bool read_block(struct render *render, uint32_t header, const struct block *block,
                       uint32_t *dw)
{
    const uint64_t bytes = 4 * (uint64_t)block->dwords;
    if (header & SPACE_GRAPHICS) {
        const uint64_t address = block->address & 0x1ffffffc;
        if (render->watcher != NULL) {
            watcher_touch(render->watcher, MODEL_WATCH_STREAMER, address, bytes, false);
        }
        return model_memory_read(render->memory, address, dw, bytes);
    }
    const uint64_t address = block->address & ~3u;
    if (render->watcher != NULL) {
        watcher_touch_bus(render->watcher, MODEL_WATCH_STREAMER, address, bytes, false);
    }
    return model_memory_physical_read(render->memory, address, dw, bytes);
}

/* Only what sets state can be in a block; zeros are no commands. */
static enum render_status run_block(struct render *render, const struct block *block,
                                    const uint32_t *dw, struct render_error *error)
{
    uint32_t at = 0;
    while (at < block->dwords && !(block->dynamic && dw[at] == 0)) {
        if (dw[at] == 0) {
            at++;
            continue;
        }
        const command_handler handler = dw[at] >> 29 == 3 ? state_command_find(dw[at]) : NULL;
        const struct gen3_command *command = gen3_command_find(dw[at]);
        const uint32_t length = command != NULL ? gen3_command_length(command, dw[at]) : 0;
        REFUSE(handler == NULL || handler == state_indirect || length == 0 ||
                   length > block->dwords - at,
               "LOAD_INDIRECT: 0x%08x in the block at 0x%08x", dw[at], block->address);
        const enum render_status status = handler(render, dw + at, length, error);
        if (status != RENDER_OK) {
            return status;
        }
        at += length;
    }
    return RENDER_OK;
}

static enum render_status load_block(struct render *render, uint32_t header,
                                     const struct block *block, struct render_error *error)
{
    uint32_t dw[BLOCK_DWORDS];
    if (!read_block(render, header, block, dw)) {
        render->worker.fault = PGTBL_ER_CS_INSTR;
        render->worker.fault_address = block->address;
        return render_faulted(render, error);
    }
    return run_block(render, block, dw, error);
}

enum render_status state_indirect(struct render *render, const uint32_t *dw, size_t count,
                                  struct render_error *error)
{
    size_t at = 1;
    for (unsigned i = 0; i < BLOCK_COUNT; i++) {
        if (!(dw[0] & 0x100u << i)) {
            continue;
        }
        struct block block = {.dynamic = i == DYNAMIC_BLOCK, .dwords = DYNAMIC_DWORDS};
        REFUSE(count - at < (block.dynamic ? 1u : 2u), "LOAD_INDIRECT: 0x%08x with %zu dwords",
               dw[0], count);
        block.address = dw[at++];
        if (!block.dynamic) {
            block.dwords = (dw[at++] & (BLOCK_DWORDS - 1)) + 1;
        }
        if (!(block.address & BLOCK_VALID)) {
            continue;
        }
        const enum render_status status = load_block(render, dw[0], &block, error);
        if (status != RENDER_OK) {
            return status;
        }
    }
    /* the form that switches indirect state off may carry a zero behind it */
    REFUSE(count - at > 1 || (count - at == 1 && dw[at] != 0),
           "LOAD_INDIRECT: 0x%08x with %zu dwords", dw[0], count);
    return RENDER_OK;
}
