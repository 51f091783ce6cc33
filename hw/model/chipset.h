/* SPDX-License-Identifier: MIT */
/* What differs between the chips that the model can be. Only chips that work are rows. */
#ifndef GEMD_HW_MODEL_CHIPSET_H
#define GEMD_HW_MODEL_CHIPSET_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/device.h"

struct model_chipset {
    struct hw_identity identity;
    bool is_945_class;        /* texture layouts and tile widths */
    uint32_t pgtbl_ctl;       /* what the firmware left there: the GTT's size */
    uint32_t gtt_bar_size;    /* BAR 3, bytes */
    uint16_t gmch;            /* GMCH_CTRL: stolen memory and VGA disable */
    uint32_t reference_clock; /* of the display PLLs, Hz */
};

/* NULL for a name that is no row; a NULL name is the first row. */
const struct model_chipset *model_chipset_find(const char *name);

#endif
