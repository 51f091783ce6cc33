/* SPDX-License-Identifier: MIT */
#include "hw/model/mmio.h"

#include <errno.h>
#include <stdlib.h>

#include "hw/gen3/regs.h"
#include "hw/model/core.h"

#define MMIO_ROW_LOGGED 0xffu

int mmio_init(struct model *model)
{
    struct mmio *mmio = &model->mmio;

    mmio->values = calloc(MMIO_SIZE / 4, sizeof(*mmio->values));
    mmio->rows = calloc(MMIO_SIZE / 4, sizeof(*mmio->rows));
    if (mmio->values == NULL || mmio->rows == NULL) {
        return -ENOMEM;
    }
    mmio->table = mmio_rows(&mmio->row_count);
    for (size_t r = 0; r < mmio->row_count; r++) {
        for (unsigned i = 0; i < mmio->table[r].count; i++) {
            mmio->rows[(mmio->table[r].offset + i * mmio->table[r].stride) / 4] = (uint8_t)(r + 1);
        }
    }
    mmio_reset(model, true);
    return 0;
}

void mmio_finish(struct model *model)
{
    free(model->mmio.values);
    free(model->mmio.rows);
}

void mmio_reset(struct model *model, bool all)
{
    for (size_t r = 0; r < model->mmio.row_count; r++) {
        const struct mmio_row *row = &model->mmio.table[r];
        for (unsigned i = 0; (all || !row->display) && i < row->count; i++) {
            mmio_set(&model->mmio, row->offset + i * row->stride, row->reset);
        }
    }
    mmio_set(&model->mmio, PGTBL_CTL, model->chipset->pgtbl_ctl);
}

/* The row of a register; unknown ones are logged at their first use. */
static const struct mmio_row *find_row(struct model *model, uint32_t reg, const char *access)
{
    if (reg >= MMIO_SIZE || reg % 4 != 0) {
        model_log(model, "%s of register 0x%x: outside of the registers or unaligned", access, reg);
        return NULL;
    }
    uint8_t *number = &model->mmio.rows[reg / 4];
    if (*number == 0) {
        *number = MMIO_ROW_LOGGED;
        model_log(model, "%s of unknown register 0x%05x", access, reg);
    }
    return *number == MMIO_ROW_LOGGED ? NULL : &model->mmio.table[*number - 1];
}

uint32_t mmio_read(struct model *model, uint32_t reg)
{
    model_lock(model);
    const struct mmio_row *row = find_row(model, reg, "read");
    uint32_t value = 0;
    if (row != NULL && row->read != NULL) {
        value = row->read(model, reg, (reg - row->offset) / row->stride);
    } else if (row != NULL) {
        value = mmio_get(&model->mmio, reg);
    }
    model_unlock(model);
    return value;
}

void mmio_write(struct model *model, uint32_t reg, uint32_t value)
{
    model_lock(model);
    const struct mmio_row *row = find_row(model, reg, "write");
    if (row != NULL) {
        if (row->display) {
            /* A vblank that has passed unseen latched what stood before this write. */
            model_display_catch_up(model);
        }
        uint32_t change = row->writable;
        if (row->kind == MMIO_MASKED) {
            change &= value >> 16;
        }
        mmio_set(&model->mmio, reg, (mmio_get(&model->mmio, reg) & ~change) | (value & change));
        if (row->write != NULL) {
            row->write(model, reg, (reg - row->offset) / row->stride, value);
        }
    }
    model_unlock(model);
}
