/* SPDX-License-Identifier: MIT */
#include "hw/model/mmio.h"

#include <errno.h>
#include <stdlib.h>

#include "hw/gen3/regs.h"
#include "hw/model/core.h"

/* Stands where no register is and that has been said. */
static const struct mmio_row logged;

const struct mmio_row *mmio_rows(unsigned table, size_t *count)
{
    static const struct mmio_row *(*const tables[])(size_t * count) = {mmio_core_rows,
                                                                       mmio_display_rows};

    return table < sizeof(tables) / sizeof(tables[0]) ? tables[table](count) : NULL;
}

static void for_each(struct model *model,
                     void (*visit)(struct model *model, const struct mmio_row *row, uint32_t reg))
{
    const struct mmio_row *rows;
    size_t count;

    for (unsigned table = 0; (rows = mmio_rows(table, &count)) != NULL; table++) {
        for (const struct mmio_row *row = rows; row < rows + count; row++) {
            if (row->exists != NULL && !row->exists(model->chipset)) {
                continue;
            }
            for (unsigned i = 0; i < row->count; i++) {
                visit(model, row, row->offset + i * row->stride);
            }
        }
    }
}

static void enter(struct model *model, const struct mmio_row *row, uint32_t reg)
{
    model->mmio.rows[reg / 4] = row;
}

int mmio_init(struct model *model)
{
    struct mmio *mmio = &model->mmio;

    mmio->values = calloc(MMIO_SIZE / 4, sizeof(*mmio->values));
    mmio->rows = calloc(MMIO_SIZE / 4, sizeof(*mmio->rows));
    if (mmio->values == NULL || mmio->rows == NULL) {
        return -ENOMEM;
    }
    for_each(model, enter);
    mmio_reset(model, true);
    return 0;
}

void mmio_finish(struct model *model)
{
    free(model->mmio.values);
    free(model->mmio.rows);
}

static void reset_row(struct model *model, const struct mmio_row *row, uint32_t reg)
{
    if (!row->display) {
        mmio_set(&model->mmio, reg, row->reset);
    }
}

static void reset_display_row(struct model *model, const struct mmio_row *row, uint32_t reg)
{
    if (row->display) {
        mmio_set(&model->mmio, reg, row->reset);
    }
}

void mmio_reset(struct model *model, bool all)
{
    for_each(model, reset_row);
    if (all) {
        for_each(model, reset_display_row);
        mmio_set(&model->mmio, DSPARB, model->chipset->class->dsparb);
        mmio_set(&model->mmio, PGTBL_CTL, model->chipset->pgtbl_ctl);
        model_memory_enable(model->memory, !model->chipset->class->has_gtt_enable);
    }
}

/* The row of a register; unknown ones are logged at their first use. */
static const struct mmio_row *find_row(struct model *model, uint32_t reg, const char *access)
{
    if (reg >= MMIO_SIZE || reg % 4 != 0) {
        model_log(model, "%s of register 0x%x: outside of the registers or unaligned", access, reg);
        return NULL;
    }
    const struct mmio_row **row = &model->mmio.rows[reg / 4];
    if (*row == NULL) {
        *row = &logged;
        model_log(model, "%s of unknown register 0x%05x", access, reg);
    }
    return *row == &logged ? NULL : *row;
}

/* What software reads. Locked. */
static uint32_t read_row(struct model *model, const struct mmio_row *row, uint32_t reg)
{
    return row->read != NULL ? row->read(model, reg, (reg - row->offset) / row->stride)
                             : mmio_get(&model->mmio, reg);
}

uint32_t mmio_read(struct model *model, uint32_t reg)
{
    model_lock(model);
    const struct mmio_row *row = find_row(model, reg, "read");
    uint32_t value = row != NULL ? read_row(model, row, reg) : 0;
    model_unlock(model);
    return value;
}

/* A whole value of which only the bytes in 'mask' make a difference. Locked. */
static uint32_t complete(struct model *model, const struct mmio_row *row, uint32_t reg,
                         uint32_t value, uint32_t mask)
{
    if (mask == 0xffffffffu || row->kind == MMIO_MASKED) {
        return value & mask;
    }
    return (value & mask) | (read_row(model, row, reg) & ~mask & ~row->clears);
}

void mmio_write_bytes(struct model *model, uint32_t reg, uint32_t value, uint32_t mask)
{
    model_lock(model);
    const struct mmio_row *row = find_row(model, reg, "write");
    if (row != NULL) {
        if (row->display) {
            /* A vblank that has passed unseen latched what stood before this write. */
            model_display_catch_up(model);
        }
        value = complete(model, row, reg, value, mask);
        uint32_t change = row->writable;
        if (row->kind == MMIO_MASKED) {
            change &= value >> 16;
        }
        mmio_set(&model->mmio, reg, (mmio_get(&model->mmio, reg) & ~change) | (value & change));
        if (row->write != NULL) {
            row->write(model, reg, (reg - row->offset) / row->stride, value);
        }
    }
    bool is_short = model->streamer.short_asked;
    model_unlock(model);
    if (is_short) {
        streamer_run_short(model);
    }
}

void mmio_write(struct model *model, uint32_t reg, uint32_t value)
{
    mmio_write_bytes(model, reg, value, 0xffffffffu);
}
