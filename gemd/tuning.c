/* SPDX-License-Identifier: MIT */
#include "gemd/tuning.h"

#include "hw/gen3/regs.h"

static bool is_pineview(const struct hw_identity *chip)
{
    return chip->has_pineview_pll;
}

/* clang-format off */
static const struct tuning_row rows[] = {
    {"PRB1_CTL", PRB1_CTL, 0, 0, false, true, NULL},
    {"PRB1_HEAD", PRB1_HEAD, 0, 0, false, true, NULL},
    {"PRB1_TAIL", PRB1_TAIL, 0, 0, false, true, NULL},
    {"PRB1_START", PRB1_START, 0, 0, false, true, NULL},
    {"PRB2_CTL", PRB2_CTL, 0, 0, false, true, NULL},
    {"PRB2_HEAD", PRB2_HEAD, 0, 0, false, true, NULL},
    {"PRB2_TAIL", PRB2_TAIL, 0, 0, false, true, NULL},
    {"PRB2_START", PRB2_START, 0, 0, false, true, NULL},
    {"D_STATE", D_STATE, D_STATE_PLL_OFF_IN_D3 | D_STATE_GFX_GATING | D_STATE_DOT_GATING, 0,
     false, false, NULL},
    {"INSTPM", INSTPM, INSTPM_AGPBUSY_INTERRUPTS, 0, true, false, NULL},
    {"MI_ARB_STATE", MI_ARB_STATE, MI_ARB_C3_WRITES | MI_ARB_NO_TRICKLE_FEED, 0, true, false, NULL},
    {"ECOSKPD", ECOSKPD, 0, ECO_FLIP_DONE, true, false, NULL},
    {"ECOSKPD", ECOSKPD, ECO_GATING_CX_ONLY, 0, true, false, is_pineview},
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

const struct tuning_row *tuning_rows(size_t *count)
{
    *count = ROWS;
    return rows;
}

static uint32_t value_of(struct hw_device *dev, const struct tuning_row *row)
{
    if (row->masked) {
        return MASKED_SET(row->set) | MASKED_CLEAR(row->clear);
    }
    return row->whole ? row->set : hw_read(dev, row->reg) | row->set;
}

void tuning_apply(struct hw_device *dev)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].exists == NULL || rows[i].exists(&dev->identity)) {
            hw_write(dev, rows[i].reg, value_of(dev, &rows[i]));
        }
    }
}

void tuning_wake_for_vblanks(struct hw_device *dev, bool enable)
{
    static const uint16_t chips[] = {0x2592, 0x27a2, 0x27ae};
    for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
        if (dev->identity.pci_device == chips[i]) {
            hw_write(dev, MI_MODE,
                     enable ? MASKED_SET(MI_MODE_NO_C_GATING) : MASKED_CLEAR(MI_MODE_NO_C_GATING));
        }
    }
}
