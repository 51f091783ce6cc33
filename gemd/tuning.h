/* SPDX-License-Identifier: MIT */
/*
 * Registers that are no part of any job but must hold certain values for the GPU to be dependable:
 * its interrupts wake the processor, rings of nobody are empty, clocks stop where nothing uses them
 * (doc/registers.md has the reasons). A reset of the engine takes them back.
 */
#ifndef GEMD_TUNING_H
#define GEMD_TUNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/device.h"

/* One write of tuning_apply(). */
struct tuning_row {
    const char *name;
    uint32_t reg;
    uint32_t set;   /* bits that become 1; of a masked register also with its mask */
    uint32_t clear; /* bits of a masked register that become 0 */
    bool masked;    /* 31:16 enable writes to 15:0 */
    bool whole;     /* it becomes 'set', whatever it was */
    /* NULL: every chip has it. */
    bool (*exists)(const struct hw_identity *chip);
};

/* The table, for walks. */
const struct tuning_row *tuning_rows(size_t *count);

/* Before the ring starts. */
void tuning_apply(struct hw_device *dev);

/*
 * While vblanks interrupt: on 915GM and 945GM they do not wake a processor in C2 or below unless
 * the render clock runs on, which costs some power.
 */
void tuning_wake_for_vblanks(struct hw_device *dev, bool enable);

#endif
