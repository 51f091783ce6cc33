/* SPDX-License-Identifier: MIT */
#include "gemd/compression.h"

#include <time.h>

#include "hw/gen3/regs.h"

#define STEP_NS 500000
#define STEPS   20 /* 10 ms */

static bool has_compression(const struct hw_device *dev)
{
    static const uint16_t chips[] = {0x2592, 0x27a2, 0x27ae};
    for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
        if (chips[i] == dev->identity.pci_device) {
            return true;
        }
    }
    return false;
}

void compression_stop(struct hw_device *dev)
{
    const struct timespec step = {.tv_nsec = STEP_NS};
    if (!has_compression(dev)) {
        return;
    }
    uint32_t control = hw_read(dev, FBC_CONTROL);
    if ((control & FBC_CONTROL_ENABLE) == 0) {
        return;
    }
    hw_write(dev, FBC_CONTROL, control & ~FBC_CONTROL_ENABLE);
    for (int i = 0; i < STEPS && (hw_read(dev, FBC_STATUS) & FBC_STATUS_BUSY) != 0; i++) {
        nanosleep(&step, NULL);
    }
}
