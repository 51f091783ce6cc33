/* SPDX-License-Identifier: MIT */
#include "gemd/watermark.h"

#include "hw/gen3/regs.h"

#define LINE_BYTES      64u
#define PIXEL_BYTES     4u
#define GUARD_LINES     2u
#define LEVEL_MIN       8u /* lines: a request takes as many */
#define LEVEL_MAX       0x3fu
#define OVERLAY_LEVEL   2u /* plane C is off; firmware's usual value */
#define LATENCY_NS      5000u
#define SELF_LATENCY_NS 6000u /* while memory refreshes itself */
#define FIFO_915        95u   /* lines in all, where no chip has fewer */

/* How a chip is told that memory may refresh itself while a picture is shown. */
enum self_refresh { SELF_NONE, SELF_FW_BLC, SELF_INSTPM, SELF_DSPFW };

static const struct {
    uint16_t pci_device;
    enum self_refresh how;
} switches[] = {
    {0x2772, SELF_FW_BLC}, {0x27a2, SELF_FW_BLC}, {0x27ae, SELF_FW_BLC},
    {0x2592, SELF_INSTPM}, {0xa001, SELF_DSPFW},  {0xa011, SELF_DSPFW},
};

static enum self_refresh self_refresh_of(const struct hw_device *dev)
{
    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
        if (switches[i].pci_device == dev->identity.pci_device) {
            return switches[i].how;
        }
    }
    return SELF_NONE;
}

/* Firmware may have it on, with levels for its own mode. */
static void forbid_self_refresh(struct hw_device *dev)
{
    switch (self_refresh_of(dev)) {
    case SELF_FW_BLC:
        hw_write(dev, FW_BLC_SELF, FW_BLC_SELF_MASK);
        (void)hw_read(dev, FW_BLC_SELF);
        break;
    case SELF_INSTPM:
        hw_write(dev, INSTPM, MASKED_CLEAR(INSTPM_SELF_REFRESH));
        (void)hw_read(dev, INSTPM);
        break;
    case SELF_DSPFW:
        hw_write(dev, DSPFW3, hw_read(dev, DSPFW3) & ~DSPFW3_SELF_REFRESH);
        (void)hw_read(dev, DSPFW3);
        break;
    case SELF_NONE:
        break;
    }
}

uint32_t watermark_level(uint32_t fifo, uint32_t clock_khz, uint32_t bytes)
{
    uint64_t drained = ((uint64_t)clock_khz * bytes * LATENCY_NS + 999999) / 1000000;
    uint64_t lines = (drained + LINE_BYTES - 1) / LINE_BYTES + GUARD_LINES;
    uint64_t level = lines < fifo ? fifo - lines : 0;
    return level < LEVEL_MIN ? LEVEL_MIN : level > LEVEL_MAX ? LEVEL_MAX : (uint32_t)level;
}

/* Of a plane that is off: as high as it goes. */
static uint32_t idle_level(uint32_t fifo)
{
    uint32_t level = fifo > GUARD_LINES ? fifo - GUARD_LINES : 0;
    return level < LEVEL_MAX ? level : LEVEL_MAX;
}

/* What the scan lines take that pass while memory wakes up; 1: more than there is. */
static uint32_t self_level(const struct mode *mode)
{
    uint64_t rows = (uint64_t)mode->pll.clock_khz * SELF_LATENCY_NS / 1000000 / mode->htotal + 1;
    uint64_t lines = (rows * mode->width * PIXEL_BYTES + LINE_BYTES - 1) / LINE_BYTES;
    return lines < FIFO_915 ? (uint32_t)(FIFO_915 - lines) : 1;
}

void watermark_set(struct hw_device *dev, const struct mode *mode, unsigned plane)
{
    forbid_self_refresh(dev);
    if (dev->identity.has_pineview_pll) {
        return; /* firmware's levels are for its memory, whatever the mode */
    }
    const uint32_t split = hw_read(dev, DSPARB);
    const uint32_t a = split & DSPARB_MASK;
    const uint32_t end = split >> DSPARB_C_SHIFT & DSPARB_MASK;
    const uint32_t fifos[] = {a, end > a ? end - a : 0};
    const uint32_t busy = watermark_level(fifos[plane], mode->pll.clock_khz, PIXEL_BYTES);
    const uint32_t level_a = plane == 0 ? busy : idle_level(fifos[0]);
    const uint32_t level_b = plane == 1 ? busy : idle_level(fifos[1]);
    if (self_refresh_of(dev) == SELF_NONE) {
        hw_write(dev, FW_BLC_SELF, self_level(mode) & LEVEL_MAX);
    }
    hw_write(dev, FW_BLC, FW_BLC_BURST_B | level_b << FW_BLC_B_SHIFT | FW_BLC_BURST_A | level_a);
    hw_write(dev, FW_BLC2, FW_BLC_BURST_A | OVERLAY_LEVEL);
}
