/* SPDX-License-Identifier: MIT */
/*
 * The register file: one table says which registers exist, which bits can be written and who wants
 * to know. A register without a row reads 0, ignores writes, and is named once in the log.
 */
#ifndef GEMD_HW_MODEL_MMIO_H
#define GEMD_HW_MODEL_MMIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MMIO_SIZE (512u << 10)

struct model;
struct model_chipset;

enum mmio_kind {
    MMIO_PLAIN,  /* bits of 'writable' change */
    MMIO_MASKED, /* bits 31:16 enable writes to 15:0 */
};

/* Hooks run locked. 'index' counts inside the row. */
struct mmio_row {
    const char *name;
    uint32_t offset;
    uint16_t count;
    uint16_t stride; /* bytes between two of the row */
    enum mmio_kind kind;
    uint32_t writable;
    uint32_t reset;
    uint32_t clears; /* writing 1 clears them: a write of other bytes leaves them alone */
    bool display;    /* the display's, or the page table's: a render reset leaves it alone */
    /* NULL: every chipset has it. */
    bool (*exists)(const struct model_chipset *chipset);
    /* NULL: the stored value. */
    uint32_t (*read)(struct model *model, uint32_t reg, unsigned index);
    /* After the value has been stored by mask and kind; 'value' is what was written. */
    void (*write)(struct model *model, uint32_t reg, unsigned index, uint32_t value);
};

struct mmio {
    uint32_t *values;             /* by dword */
    const struct mmio_row **rows; /* by dword; NULL: none */
};

/* 0 or -ENOMEM. */
int mmio_init(struct model *model);
void mmio_finish(struct model *model);

/* Reset values; all = false leaves the display's rows alone. Locked. */
void mmio_reset(struct model *model, bool all);

/* As software sees them. They take the lock. */
uint32_t mmio_read(struct model *model, uint32_t reg);
void mmio_write(struct model *model, uint32_t reg, uint32_t value);
/* Only the bytes whose bits are in 'mask', as MI_LOAD_REGISTER_IMM can. */
void mmio_write_bytes(struct model *model, uint32_t reg, uint32_t value, uint32_t mask);

/* The stored value, for the model's parts. Locked. */
static inline uint32_t mmio_get(const struct mmio *mmio, uint32_t reg)
{
    return mmio->values[reg / 4];
}

static inline void mmio_set(struct mmio *mmio, uint32_t reg, uint32_t value)
{
    mmio->values[reg / 4] = value;
}

/* The tables, for walks: mmio_rows(0), mmio_rows(1) ... until NULL. */
const struct mmio_row *mmio_rows(unsigned table, size_t *count);

/* Where they are. */
const struct mmio_row *mmio_core_rows(size_t *count);
const struct mmio_row *mmio_display_rows(size_t *count);

#endif
